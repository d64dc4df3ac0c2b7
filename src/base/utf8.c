/* utf8.c: sequences by the table of RFC 3629 section 4; runs of ASCII eight bytes at a time. */
#include "base/utf8.h"

#include "base/check.h"

/* What a leading byte promises: how many bytes, and within what bounds the second one lies. */
struct lead {
    size_t        length;   /* 0: no sequence begins with this byte */
    unsigned char low, high;
};

static struct lead lead_of(unsigned char c)
{
    if (c < 0x80)
        return (struct lead){ 1, 0, 0 };
    if (c < 0xc2 || c > 0xf4)
        return (struct lead){ 0, 0, 0 };
    if (c < 0xe0)
        return (struct lead){ 2, 0x80, 0xbf };
    if (c < 0xf0)
        return (struct lead){ 3, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf };
    return (struct lead){ 4, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf };
}

static bool is_continuation(char c)
{
    return (c & 0xc0) == 0x80;
}

/* How many bytes at the front keep what the leading one promises; all when that is lead.length. */
static size_t kept(struct str text, struct lead lead)
{
    size_t count = 1;

    if (lead.length < 2 || text.len < 2)
        return lead.length ? 1 : 0;
    if ((unsigned char)text.at[1] < lead.low || (unsigned char)text.at[1] > lead.high)
        return 1;
    for (count = 2; count < lead.length && count < text.len; count++)
        if (!is_continuation(text.at[count]))
            break;
    return count;
}

static size_t skip_ascii(struct str text, size_t at)
{
    for (uint64_t word; text.len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, text.at + at, sizeof word);
        if (word & 0x8080808080808080)
            break;
    }
    while (at < text.len && !(text.at[at] & 0x80))
        at++;
    return at;
}

bool utf8_valid(struct str text)
{
    for (size_t at = skip_ascii(text, 0); at < text.len; at = skip_ascii(text, at)) {
        size_t length = utf8_length((struct str){ text.at + at, text.len - at });
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

size_t utf8_count(struct str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += !is_continuation(text.at[i]);
    return count;
}

size_t utf8_length(struct str text)
{
    if (text.len == 0)
        return 0;
    struct lead lead = lead_of((unsigned char)text.at[0]);
    return kept(text, lead) == lead.length ? lead.length : 0;
}

uint32_t utf8_next(struct str *rest)
{
    CHECK(rest->len > 0);
    unsigned char first = (unsigned char)rest->at[0];
    struct lead   lead = lead_of(first);
    size_t        length = kept(*rest, lead);
    uint32_t      code_point = lead.length == 1 ? first : first & (0x7fu >> lead.length);

    for (size_t i = 1; i < length; i++)
        code_point = code_point << 6 | ((unsigned char)rest->at[i] & 0x3f);
    if (length == 0 || length < lead.length)
        code_point = UTF8_BROKEN;
    *rest = str_slice(*rest, length ? length : 1, rest->len);
    return code_point;
}

static char continuation(uint32_t code_point, unsigned shift)
{
    return (char)(0x80 | (code_point >> shift & 0x3f));
}

size_t utf8_put(uint32_t c, char out[UTF8_BYTES_MAX])
{
    CHECK(c <= 0x10ffff && (c < 0xd800 || c > 0xdfff));
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = continuation(c, 0);
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = continuation(c, 6);
        out[2] = continuation(c, 0);
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = continuation(c, 12);
    out[2] = continuation(c, 6);
    out[3] = continuation(c, 0);
    return 4;
}
