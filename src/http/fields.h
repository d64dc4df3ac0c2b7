/* http/fields.h: the field lines of a head, for requests and answers alike (private to the codec).
 *
 * Where the lines end is looked for by http_lines_scan(), what stands in them is taken by a cursor,
 * and what they say of the message's framing and of the connection is gathered in a struct framing,
 * to be weighed when all have been seen.  Inline, since both parsers are hot.  Pure, any thread. */
#pragma once
#include <endian.h>

#include "http/bytes.h"
#include "http/request.h"

struct cursor {
    const char *at, *end;
};

/* What the headers that both kinds of message know have said. */
struct framing {
    uint16_t   lengths, codings;
    bool       says_close, says_keep_alive;
    struct str length, coding;
};

/* Line after line until the empty one.  scan->mark is where the line begins that is being looked
 * at; the first is not empty, for its beginning has been seen.  HTTP_REFUSED: a bare LF. */
static inline enum http_progress http_lines_scan(struct http_head_scan *scan, struct str bytes,
                                                 size_t *head_bytes)
{
    const char *end = bytes.at + bytes.len;
    const char *at = bytes.at + scan->scanned, *line = bytes.at + scan->mark, *lf;

    while (at < end && (lf = memchr(at, '\n', (size_t)(end - at)))) {
        if (lf[-1] != '\r')
            return HTTP_REFUSED;
        at = lf + 1;
        if (lf - line == 1) {
            *head_bytes = (size_t)(at - bytes.at);
            return HTTP_COMPLETE;
        }
        line = at;
    }
    scan->scanned = bytes.len;
    scan->mark = (size_t)(line - bytes.at);
    return HTTP_MORE;
}

static inline struct str cursor_take_while(struct cursor *c, enum http_byte kind)
{
    const char *from = c->at;

    while (c->at < c->end && http_byte_is(*c->at, kind))
        c->at++;
    return (struct str){ from, (size_t)(c->at - from) };
}

static inline bool cursor_take(struct cursor *c, struct str literal)
{
    if ((size_t)(c->end - c->at) < literal.len || memcmp(c->at, literal.at, literal.len) != 0)
        return false;
    c->at += literal.len;
    return true;
}

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

/* Whether one of eight bytes is a control character; the tab counts here as one. */
static inline bool has_control(uint64_t eight)
{
    uint64_t below_space = (eight - EACH(0x20)) & ~eight;
    uint64_t not_del = eight ^ EACH(0x7f);

    return (below_space | ((not_del - EACH(1)) & ~not_del)) & EACH(0x80);
}

/* How many of eight bytes, from the front, are letters or hyphens, of which nearly all names are
 * made.  A sum's high bit says that its byte, without its own high bit, is as great as a bound. */
static inline unsigned letters_in_front(uint64_t eight)
{
    uint64_t folded = (eight | EACH(0x20)) & EACH(0x7f), hyphen = (eight ^ EACH('-')) & EACH(0x7f);
    uint64_t is_letter = (folded + EACH(0x80 - 'a')) & ~(folded + EACH(0x7f - 'z'));
    uint64_t is_hyphen = ~(hyphen + EACH(0x7f));
    uint64_t others = ~(is_letter | is_hyphen) | eight;

    others &= EACH(0x80);
    return others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
}

static inline struct str cursor_take_name(struct cursor *c)
{
    const char *from = c->at;
    uint64_t    eight;
    unsigned    letters = 8;

    for (; letters == 8 && c->end - c->at >= 8; c->at += letters) {
        memcpy(&eight, c->at, 8);
        letters = letters_in_front(le64toh(eight));
    }
    cursor_take_while(c, BYTE_TOKEN);
    return (struct str){ from, (size_t)(c->at - from) };
}

static inline struct str cursor_take_value(struct cursor *c)
{
    const char *from = c->at;
    uint64_t    eight;

    for (; c->end - c->at >= 8; c->at += 8) {
        memcpy(&eight, c->at, 8);
        if (has_control(eight))
            break;
    }
    cursor_take_while(c, BYTE_VALUE);
    const char *to = c->at;
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (from < to && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    return (struct str){ from, (size_t)(to - from) };
}

/* One field line and its CRLF. */
static inline bool cursor_take_header(struct cursor *c, struct http_header *h)
{
    h->name = cursor_take_name(c);
    if (h->name.len == 0 || !cursor_take(c, LIT(":")))
        return false;
    h->value = cursor_take_value(c);
    return cursor_take(c, LIT("\r\n"));
}

/* Whether a token is that word of letters and hyphens of its length, in any case: no other byte of
 * a token becomes one of those when the bit of the case is set. */
static inline bool is_named(struct str name, struct str lower)
{
    uint64_t eight, wanted;

    for (size_t i = 0; lower.len >= 8 && i < lower.len; i += 8) {
        size_t at = i <= lower.len - 8 ? i : lower.len - 8;     /* the last eight may overlap */
        memcpy(&eight, name.at + at, 8);
        memcpy(&wanted, lower.at + at, 8);
        if ((eight | EACH(0x20)) != wanted)
            return false;
    }
    for (size_t i = 0; lower.len < 8 && i < lower.len; i++)
        if ((name.at[i] | 0x20) != lower.at[i])
            return false;
    return true;
}

#undef EACH

static inline void framing_note_connection(struct framing *f, struct str value)
{
    while (value.at) {
        struct str option = str_trim(str_cut(&value, ','));
        f->says_close |= str_eq_nocase(option, LIT("close"));
        f->says_keep_alive |= str_eq_nocase(option, LIT("keep-alive"));
    }
}

static inline void framing_note(struct framing *f, const struct http_header *h)
{
    switch (h->name.len) {
    case 10:
        if (is_named(h->name, LIT("connection")))
            framing_note_connection(f, h->value);
        break;
    case 14:
        if (is_named(h->name, LIT("content-length"))) {
            f->lengths++;
            f->length = h->value;
        }
        break;
    case 17:
        if (is_named(h->name, LIT("transfer-encoding"))) {
            f->codings++;
            f->coding = h->value;
        }
        break;
    default:
        break;
    }
}

/* RFC 9112 section 6: neither twice, not both, and no coding in HTTP/1.0. */
static inline bool framing_agrees(const struct framing *f, unsigned minor)
{
    return f->lengths <= 1 && f->codings <= 1 && !(f->codings && (f->lengths || minor == 0));
}

/* Whether the connection goes on as far as version and Connection say (RFC 9112 section 9.3). */
static inline bool framing_keeps_alive(const struct framing *f, unsigned minor)
{
    return !f->says_close && (minor > 0 || f->says_keep_alive);
}
