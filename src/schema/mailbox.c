/* mailbox.c: what may stand before the @-sign, and what quotes and angle brackets do to it.
 *
 * Quoted local parts and email-validator's own kind of display name are refused in the end, but
 * not before they have been checked in full: a worse fault is reported first. */
#include "schema/mailbox.h"

#include "schema/refusal.h"

enum { LOCAL_CHARS_MAX = 64, COMBINING_LOOKAHEAD = 32 };

static bool is_local(uint32_t rune)     /* RFC 6531 section 3.3 */
{
    return rune >= 0x80 || is_atext_or_dot(rune);
}

static bool is_local_quoted(uint32_t rune)
{
    return rune >= 0x80 || (rune >= ' ' && rune <= '~');
}

static bool is_display(uint32_t rune)
{
    return is_atext(rune) || rune == ' ';
}

static struct runes stripped(struct runes r)
{
    while (r.len && rune_is_space(r.at[0]))
        r = runes_slice(r, 1, r.len);
    while (r.len && rune_is_space(r.at[r.len - 1]))
        r.len--;
    return r;
}

static bool is_name_or_space(uint32_t rune)
{
    char class = rune >= 0x80 ? rune_class(rune) : 'C';

    return is_atext(rune) || rune_is_space(rune) || class == 'L' || class == 'N';
}

/* Is `text` "<address>", blanks aside, in one line?  Then *out is the address. */
static bool in_brackets(struct runes text, struct runes *out)
{
    text = stripped(text);
    if (text.len < 3 || text.at[0] != '<' || text.at[text.len - 1] != '>')
        return false;
    struct runes inner = runes_slice(text, 1, text.len - 1), address = stripped(inner);
    size_t       feeds = 0;
    while (feeds < inner.len && inner.at[feeds] == '\n')
        feeds++;
    if (feeds == inner.len || runes_find(address, '\n', 0) < address.len)
        return false;
    *out = address;
    return true;
}

/* Is the character another one once composed?  "<" with a stroke after it is, no other special
 * one combines. */
static bool recomposes(struct runes text, size_t at, struct arena *a)
{
    uint32_t rune = text.at[at];

    if (rune < 0x80 && rune != '<')
        return false;
    struct runes composed =
        runes_nfc(runes_slice(text, at, at + (rune == '<' ? COMBINING_LOOKAHEAD : 1)), a);
    return composed.len && composed.at[0] != rune;
}

/* Where the first @ (or <, when those count) outside quotes is. */
static bool find_special(struct runes text, bool brackets_count, size_t *at, struct arena *a,
                         struct str *reason)
{
    bool quoted = false, escaped = false;

    for (size_t i = 0; i < text.len; i++) {
        uint32_t rune = text.at[i];
        if (recomposes(text, i, a))
            continue;
        if (quoted) {
            quoted = rune != '"' || escaped;
            escaped = rune == '\\' && !escaped;
        } else if (rune == '"') {
            quoted = true;
        } else if (rune == '@' || (rune == '<' && brackets_count)) {
            *at = i;
            return true;
        }
    }
    return refuse(reason, LIT("An email address must have an @-sign."));
}

/* What stands in quotes, without them and the escapes in them; other text as it is. */
static bool unquote(struct runes text, struct runes *out, bool *quoted, struct arena *a,
                    struct str *reason)
{
    struct runes value = { arena_alloc_many(a, text.len + 1, sizeof(uint32_t)), 0 };
    bool         escaped = false;

    *quoted = text.len && text.at[0] == '"';
    if (!value.at)
        return false;
    *out = text;
    if (!*quoted)
        return true;
    for (size_t i = 1; i < text.len; i++) {
        uint32_t rune = text.at[i];
        if (rune == '"' && !escaped) {
            if (i + 1 < text.len)
                return refuse_runes(a, reason, "Extra character(s) found after close quote",
                                    runes_slice(text, i + 1, text.len), AS_FOUND, "");
            break;
        }
        escaped = rune == '\\' && !escaped;
        if (!escaped)
            value.at[value.len++] = rune;
    }
    *out = value;
    return true;
}

static bool check_name(struct runes name, struct arena *a, struct str *reason)
{
    struct runes value;
    bool         quoted;

    while (name.len && rune_is_space(name.at[name.len - 1]))
        name.len--;
    return unquote(name, &value, &quoted, a, reason) &&
           (quoted || check_runes(value, is_display,
                                  "The display name contains invalid characters when not quoted", a,
                                  reason)) &&
           check_safe(value, true, a, reason);
}

/* The address between angle brackets that stand at the end. */
static bool open_brackets(struct runes *text, struct str *reason)
{
    struct runes r = *text;

    if (runes_find(r, '>', 0) == r.len)
        return refuse(
            reason,
            LIT("An open angle bracket at the start of the email address has to be followed by "
                "a close angle bracket at the end."));
    while (r.at[r.len - 1] == ' ')
        r.len--;
    if (r.at[r.len - 1] != '>')
        return refuse(reason, LIT("There can't be anything after the email address."));
    r = runes_slice(r, 1, r.len);
    while (r.len && r.at[r.len - 1] == '>')
        r.len--;
    *text = r;
    return true;
}

static bool refuse_dots(struct runes r, const char *start, const char *end, struct str *reason)
{
    if (r.at[r.len - 1] == '.')
        return refuse(reason, str_of(end));
    if (r.at[0] == '.')
        return refuse(reason, str_of(start));
    for (size_t i = 0; i + 1 < r.len; i++)
        if (r.at[i] == '.' && r.at[i + 1] == '.')
            return refuse(reason, LIT("An email address cannot have two periods in a row."));
    return true;
}

static struct runes requoted(struct runes local, struct arena *a)
{
    struct runes out = { arena_alloc_many(a, 2 * local.len + 2, sizeof(uint32_t)), 0 };

    if (!out.at)
        return out;
    out.at[out.len++] = '"';
    for (size_t i = 0; i < local.len; i++) {
        if (local.at[i] == '"' || local.at[i] == '\\')
            out.at[out.len++] = '\\';
        out.at[out.len++] = local.at[i];
    }
    out.at[out.len++] = '"';
    return out;
}

/* Is it a dot-atom, ASCII or not?  Only then are its characters checked for safety. */
static bool check_unquoted(struct runes local, struct arena *a, struct str *reason)
{
    return check_runes(local, is_local,
                       "The email address contains invalid characters before the @-sign", a,
                       reason) &&
           refuse_dots(local, "An email address cannot start with a period.",
                       "An email address cannot have a period immediately before the @-sign.",
                       reason) &&
           (all_runes(local, is_atext_or_dot) || check_safe(local, false, a, reason));
}

static bool is_dot_atom(struct runes local)
{
    struct str unused;

    return all_runes(local, is_local) && refuse_dots(local, "", "", &unused);
}

/* *local gets its quotes back when it needs them. */
static bool check_local(struct runes *local, bool quoted, struct arena *a, struct str *reason)
{
    if (local->len == 0)
        return refuse(reason, LIT("There must be something before the @-sign."));
    if (local->len > LOCAL_CHARS_MAX) {
        size_t over = local->len - LOCAL_CHARS_MAX;
        return refuse(
            reason, arena_format(a,
                                 "The email address is too long before the @-sign (%zu character%s "
                                 "too many).",
                                 over, over > 1 ? "s" : ""));
    }
    if (!quoted || is_dot_atom(*local))
        return check_unquoted(*local, a, reason);
    if (!check_runes(*local, is_local_quoted,
                     "The email address contains invalid characters in quotes before the @-sign", a,
                     reason) ||
        !check_safe(*local, true, a, reason))
        return false;
    *local = requoted(*local, a);
    return !a->failed;
}

/* Mailboxes that are the same in every case (RFC 2142). */
static const char *const lower_case_mailboxes[] = {
    "info",       "marketing", "sales", "support",   "abuse", "noc",  "security", "postmaster",
    "hostmaster", "usenet",    "news",  "webmaster", "www",   "uucp", "ftp",      NULL,
};

static struct str lowered(struct str s, struct arena *a)
{
    char *out = arena_alloc(a, s.len);

    for (size_t i = 0; out && i < s.len; i++)
        out[i] = ascii_lower(s.at[i]);
    return out ? (struct str){ out, s.len } : LIT("");
}

static struct str local_text(struct runes local, struct arena *a)
{
    struct str text = runes_text(local, a);

    for (const char *const *name = lower_case_mailboxes; *name; name++)
        if (str_eq_nocase(text, str_of(*name)))
            return lowered(text, a);
    return text;
}

struct runes mailbox_without_name(struct runes text)
{
    struct runes out, all_of_it = stripped(text);
    size_t       bracket = runes_find(all_of_it, '<', 0);

    if (all_runes(runes_slice(all_of_it, 0, bracket), is_name_or_space) &&
        in_brackets(runes_slice(all_of_it, bracket, all_of_it.len), &out))
        return out;
    if (all_of_it.len && all_of_it.at[0] == '"')
        for (size_t end = all_of_it.len - 1; end >= 2; end--)
            if (all_of_it.at[end] == '"' &&
                in_brackets(runes_slice(all_of_it, end + 1, all_of_it.len), &out))
                return out;
    return all_of_it;
}

bool mailbox_split(struct runes text, struct mailbox *out, struct arena *a, struct str *reason)
{
    size_t at;

    if (!find_special(text, true, &at, a, reason))
        return false;
    out->named = text.at[at] == '<';
    if (out->named) {
        struct runes name = runes_slice(text, 0, at);
        text = runes_slice(text, at, text.len);
        if (!check_name(name, a, reason) || !open_brackets(&text, reason) ||
            !find_special(text, false, &at, a, reason))
            return false;
    }
    out->domain = runes_slice(text, at + 1, text.len);
    return unquote(runes_slice(text, 0, at), &out->local, &out->quoted, a, reason);
}

bool mailbox_local(const struct mailbox *m, struct arena *a, struct str *out, struct str *reason)
{
    struct runes local = m->local;

    if (!check_local(&local, m->quoted, a, reason))
        return false;
    struct runes composed = runes_nfc(local, a), again = composed;
    if (!runes_eq(composed, local) && !check_local(&again, m->quoted, a, reason))
        return refuse(reason,
                      arena_format(a, "After Unicode normalization: %.*s", STR_ARG(*reason)));
    if (m->quoted)
        return refuse(reason, LIT("Quoting the part before the @-sign is not allowed here."));
    *out = local_text(composed, a);
    return !a->failed;
}
