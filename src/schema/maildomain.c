/* maildomain.c: the domain is mapped, checked, encoded, compared with reserved names, and
 * decoded again.
 *
 * Deliberately shorter than email-validator: what exactly is wrong with an IP address in
 * brackets, which is refused anyway, is not said. */
#include "schema/maildomain.h"

#include <arpa/inet.h>

#include "schema/idna.h"
#include "schema/refusal.h"

enum { DOMAIN_BYTES_MAX = 253, LABEL_BYTES_MAX = 63 };

static const char invalid_in_domain[] = "The part after the @-sign contains invalid characters";

static bool is_hostname(uint32_t rune)
{
    return rune >= 0x80 || is_alphanumeric(rune) || rune == '-' || rune == '.';
}

static bool is_literal(uint32_t rune)
{
    return rune >= 0x21 && rune <= 0xfa;
}

static bool is_numeric_literal(uint32_t rune)
{
    return rune == '.' || (rune >= '0' && rune <= '9');
}

static const char *const special_domains[] = { "arpa",  "invalid", "local", "localhost",
                                               "onion", "test",    NULL };

static bool is_special(struct str domain)
{
    for (const char *const *name = special_domains; *name; name++) {
        struct str special = str_of(*name);
        if (str_ends(domain, special) &&
            (domain.len == special.len || domain.at[domain.len - special.len - 1] == '.'))
            return true;
    }
    return false;
}

static bool is_ip_address(int family, struct runes r, struct arena *a)
{
    struct in6_addr room;
    struct str      text = runes_text(r, a);

    return memchr(text.at, 0, text.len) == NULL &&
           inet_pton(family, arena_cstr(a, text), &room) == 1;
}

/* An address in brackets is never accepted; this says why. */
static bool refuse_literal(struct runes r, struct arena *a, struct str *reason)
{
    bool v4 = r.len && all_runes(r, is_numeric_literal);
    bool v6 = !v4 && str_starts(runes_text(r, a), LIT("IPv6:"));

    if (v4 && !is_ip_address(AF_INET, r, a))
        return refuse(
            reason,
            LIT("The address in brackets after the @-sign is not valid: It is not an IPv4 address "
                "or is missing an address literal tag."));
    if (v6 && !is_ip_address(AF_INET6, runes_slice(r, 5, r.len), a))
        return refuse(reason, LIT("The IPv6 address in brackets after the @-sign is not valid."));
    if (v4 || v6)
        return refuse(reason, LIT("A bracketed IP address after the @-sign is not allowed here."));
    if (runes_find(r, ':', 0) == r.len)
        return refuse(
            reason,
            LIT("The part after the @-sign in brackets is not an IPv4 address and has no address "
                "literal tag."));
    return check_runes(r, is_literal,
                       "The part after the @-sign contains invalid characters in brackets", a,
                       reason) &&
           refuse(reason, LIT("The part after the @-sign contains an invalid address literal tag "
                              "in brackets."));
}

static bool check_periods(struct runes domain, struct str *reason)
{
    if (domain.at[domain.len - 1] == '.')
        return refuse(reason, LIT("An email address cannot end with a period."));
    if (domain.at[0] == '.')
        return refuse(reason,
                      LIT("An email address cannot have a period immediately after the @-sign."));
    for (size_t i = 0; i + 1 < domain.len; i++)
        if (domain.at[i] == '.' && domain.at[i + 1] == '.')
            return refuse(reason, LIT("An email address cannot have two periods in a row."));
    return true;
}

static bool check_hyphens(struct runes domain, struct str *reason)
{
    if (domain.at[domain.len - 1] == '-')
        return refuse(reason, LIT("An email address cannot end with a hyphen."));
    if (domain.at[0] == '-')
        return refuse(reason,
                      LIT("An email address cannot have a hyphen immediately after the @-sign."));
    for (size_t i = 0; i + 1 < domain.len; i++)
        if ((domain.at[i] == '.' && domain.at[i + 1] == '-') ||
            (domain.at[i] == '-' && domain.at[i + 1] == '.'))
            return refuse(
                reason,
                LIT("An email address cannot have a period and a hyphen next to each other."));
    return true;
}

static bool next_label(struct runes domain, size_t *from, struct runes *label)
{
    if (*from > domain.len)
        return false;
    size_t end = runes_find(domain, '.', *from);
    *label = runes_slice(domain, *from, end);
    *from = end + 1;
    return true;
}

/* Labels like "ab--c" are reserved (RFC 5890 section 2.3.1). */
static bool check_reserved_labels(struct runes domain, struct str *reason)
{
    struct runes label;

    for (size_t at = 0; next_label(domain, &at, &label);)
        if (label.len >= 4 && label.at[2] == '-' && label.at[3] == '-' &&
            !((label.at[0] | 0x20) == 'x' && (label.at[1] | 0x20) == 'n'))
            return refuse(
                reason,
                LIT("An email address cannot have two letters followed by two dashes immediately "
                    "after the @-sign or after a period, except Punycode."));
    return true;
}

static bool map_domain(struct runes *domain, struct arena *a, struct str *reason)
{
    struct str why = { 0 };

    if (!check_runes(*domain, is_hostname, invalid_in_domain, a, reason) ||
        !check_safe(*domain, false, a, reason))
        return false;
    if (!idna_map(*domain, a, domain, &why))
        return refuse(reason, arena_format(a, "%s (%.*s).", invalid_in_domain, STR_ARG(why)));
    return check_runes(
        *domain, is_hostname,
        "The part after the @-sign contains invalid characters after Unicode normalization", a,
        reason);
}

static struct str joined(struct str head, struct str label, struct arena *a)
{
    return head.at ? arena_format(a, "%.*s.%.*s", STR_ARG(head), STR_ARG(label)) : label;
}

static bool encode_domain(struct runes domain, struct arena *a, struct str *out, struct str *reason)
{
    struct str   code, why = { 0 };
    struct runes label;

    *out = (struct str){ 0 };
    for (size_t at = 0; next_label(domain, &at, &label); *out = joined(*out, code, a))
        if (!idna_alabel(label, a, &code, &why))
            return refuse(reason, arena_format(a, "The part after the @-sign is invalid (%.*s).",
                                               STR_ARG(why)));
    return !a->failed;
}

static bool decode_domain(struct str domain, struct arena *a, struct str *out, struct str *reason)
{
    struct str   why = { 0 };
    struct runes label;

    *out = (struct str){ 0 };
    while (domain.at) {
        if (!idna_ulabel(str_cut(&domain, '.'), a, &label, &why))
            return refuse(reason,
                          arena_format(a, "The part after the @-sign is not valid IDNA (%.*s).",
                                       STR_ARG(why)));
        *out = joined(*out, runes_text(label, a), a);
    }
    return !a->failed;
}

/* --- the checks of the encoded name -------------------------------------------------------- */

static struct str over_by(size_t over, struct arena *a)
{
    return arena_format(a, "(%zu character%s too many)", over, over > 1 ? "s" : "");
}

static bool check_domain_length(struct str ascii, bool as_sent, struct arena *a, struct str *reason)
{
    static const char before[] = "The email address is too long after the @-sign";

    if (ascii.len <= DOMAIN_BYTES_MAX)
        return true;
    size_t over = ascii.len - DOMAIN_BYTES_MAX;
    if (as_sent)
        return refuse(reason, arena_format(a, "%s %.*s.", before, STR_ARG(over_by(over, a))));
    return refuse(reason, arena_format(a, "%s (%zu byte%s too many after IDNA encoding).", before,
                                       over, over > 1 ? "s" : ""));
}

static bool check_label_lengths(struct str ascii, struct arena *a, struct str *reason)
{
    while (ascii.at) {
        struct str label = str_cut(&ascii, '.');
        if (label.len > LABEL_BYTES_MAX)
            return refuse(reason,
                          arena_format(a,
                                       "After the @-sign, periods cannot be separated by so many "
                                       "characters %.*s.",
                                       STR_ARG(over_by(label.len - LABEL_BYTES_MAX, a))));
    }
    return true;
}

/* Is it a name that the public DNS can hold? */
static bool check_public(struct str ascii, struct str *reason)
{
    if (str_find_byte(ascii, '.') == ascii.len)
        return refuse(reason,
                      LIT("The part after the @-sign is not valid. It should have a period."));
    if (!ascii_is_alpha(ascii.at[ascii.len - 1]))
        return refuse(
            reason,
            LIT("The part after the @-sign is not valid. It is not within a valid top-level "
                "domain."));
    if (is_special(ascii))
        return refuse(
            reason,
            LIT("The part after the @-sign is a special-use or reserved name that cannot be used "
                "with email."));
    return true;
}

static bool is_ascii(uint32_t rune)
{
    return rune < 0x80;
}

static bool check_mapped(struct runes domain, struct str *reason)
{
    return domain.len == 0 ||
           (check_periods(domain, reason) && check_hyphens(domain, reason) &&
            check_reserved_labels(domain, reason));
}

static bool is_literal_form(struct runes text)
{
    return text.len >= 2 && text.at[0] == '[' && text.at[text.len - 1] == ']';
}

bool maildomain_parse(struct runes text, struct arena *a, struct maildomain *out,
                      struct str *reason)
{
    struct runes domain = text;
    struct str   ascii, unicode;

    if (text.len == 0)
        return refuse(reason, LIT("There must be something after the @-sign."));
    if (is_literal_form(text))
        return refuse_literal(runes_slice(text, 1, text.len - 1), a, reason);
    if (!map_domain(&domain, a, reason) || !check_mapped(domain, reason))
        return false;
    ascii = runes_text(domain, a);
    if ((!domain.len || !all_runes(domain, is_ascii)) && !encode_domain(domain, a, &ascii, reason))
        return false;
    if (!check_domain_length(ascii, str_eq(ascii, runes_text(text, a)), a, reason) ||
        !check_label_lengths(ascii, a, reason) || !check_public(ascii, reason) ||
        !decode_domain(ascii, a, &unicode, reason) || !check_safe(domain, false, a, reason))
        return false;
    *out = (struct maildomain){ ascii, unicode };
    return !a->failed;
}

struct str maildomain_ascii(struct str unicode, struct arena *a)
{
    struct str ascii, unused;

    if (!encode_domain(runes_of(unicode, a), a, &ascii, &unused))
        a->failed = true;
    return a->failed ? (struct str){ 0 } : ascii;
}
