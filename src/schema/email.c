/* email.c: the checks of email-validator 2.2 in its order, since the first one that fails is the
 * answer.
 *
 * Pydantic looks first: it drops a display name and blanks.  Then the text is split at the
 * @-sign (mailbox.c), the part before it is checked, then the part after it (maildomain.c), and
 * at last the lengths are counted: of the address as sent, as it is answered, and as it would
 * travel. */
#include "schema/email.h"

#include "base/utf8.h"
#include "schema/mailbox.h"
#include "schema/maildomain.h"
#include "schema/refusal.h"

static struct str with_at(struct str local, struct str domain, struct arena *a)
{
    return arena_format(a, "%.*s@%.*s", STR_ARG(local), STR_ARG(domain));
}

static size_t longest_rune(struct str text)
{
    size_t longest = 1;

    while (text.len) {
        size_t bytes = utf8_length(text);
        longest = bytes > longest ? bytes : longest;
        text = str_slice(text, bytes ? bytes : 1, text.len);
    }
    return longest;
}

static bool refuse_length(struct arena *a, struct str *reason, struct str detail)
{
    return refuse(reason, arena_format(a, "The email address is too long %.*s.", STR_ARG(detail)));
}

/* As it was sent: how many characters must go is only known between bounds when not all are of
 * one size. */
static bool check_sent_length(struct str sent, struct arena *a, struct str *reason)
{
    if (sent.len <= EMAIL_BYTES_MAX)
        return true;
    size_t over = sent.len - EMAIL_BYTES_MAX, least = over / longest_rune(sent);
    least = least ? least : 1;
    return refuse_length(a, reason, least == over
        ? arena_format(a, "(%zu character%s too many)", over, over > 1 ? "s" : "")
        : arena_format(a, "(%zu-%zu characters too many)", least, over));
}

static bool check_made_length(struct str made, const char *how, struct arena *a, struct str *reason)
{
    if (made.len <= EMAIL_BYTES_MAX)
        return true;
    size_t over = made.len - EMAIL_BYTES_MAX;
    return refuse_length(
        a, reason, arena_format(a, "%s (%zu byte%s too many)", how, over, over > 1 ? "s" : ""));
}

static bool check_parts(const struct mailbox *m, struct arena *a, struct str *out,
                        struct str *reason)
{
    struct str        local;
    struct maildomain domain;

    if (!mailbox_local(m, a, &local, reason) || !maildomain_parse(m->domain, a, &domain, reason))
        return false;
    *out = with_at(local, domain.unicode, a);
    return check_sent_length(with_at(runes_text(m->local, a), runes_text(m->domain, a), a), a,
                             reason) &&
           check_made_length(*out, "after normalization", a, reason) &&
           check_made_length(with_at(local, domain.ascii, a),
                             "when the part after the @-sign is converted to IDNA ASCII", a,
                             reason);
}

static bool normalise(struct str text, struct arena *a, struct str *out, struct str *reason)
{
    struct mailbox m = { 0 };

    if (!utf8_valid(text))
        return refuse(reason, LIT("The email address contains an invalid character."));
    if (utf8_count(text) > EMAIL_CHARS_MAX)
        return refuse(reason, LIT("Length must not exceed 2048 characters"));
    struct runes address = mailbox_without_name(runes_of(text, a));
    if (!mailbox_split(address, &m, a, reason) || !check_parts(&m, a, out, reason))
        return false;
    if (m.named)
        return refuse(
            reason,
            LIT("A display name and angle brackets around the email address are not permitted "
                "here."));
    return true;
}

bool email_normalise(struct str text, struct arena *a, struct str *out, struct str *reason)
{
    struct str normalised = { 0 }, why = { 0 };
    bool       accepted = !a->failed && normalise(text, a, &normalised, &why) && !a->failed;

    if (accepted)
        *out = normalised;
    else
        *reason = a->failed ? (struct str){ 0 } : why;
    return accepted;
}

struct str email_key(struct str normalised, struct arena *a)
{
    size_t     at = str_find_byte(normalised, '@');
    struct str domain = maildomain_ascii(str_slice(normalised, at + 1, normalised.len), a);
    char      *key = arena_alloc(a, normalised.len + domain.len);

    if (a->failed)
        return (struct str){ 0 };
    for (size_t i = 0; i < at; i++)
        key[i] = ascii_lower(normalised.at[i]);
    key[at] = '@';
    memcpy(key + at + 1, domain.at, domain.len);
    return (struct str){ key, at + 1 + domain.len };
}
