/* runes.c: the seam to libunistring, whose answers are malloc'd and are moved into the arena
 * here. */
#include "schema/runes.h"

#include <stdlib.h>
#include <unicase.h>
#include <uniname.h>
#include <uninorm.h>
#include <unictype.h>

#include "base/utf8.h"

enum { SURROGATE_FIRST = 0xd800, SURROGATE_LAST = 0xdfff };

static struct runes runes_alloc(size_t most, struct arena *a)
{
    return (struct runes){ arena_alloc_many(a, most ? most : 1, sizeof(uint32_t)), 0 };
}

/* Copies what the library allocated, and frees it. */
static struct runes runes_take(uint32_t *given, size_t len, struct arena *a)
{
    struct runes out = runes_alloc(len, a);

    if (!given)
        a->failed = true;
    if (given && out.at && len) {
        memcpy(out.at, given, len * sizeof *given);
        out.len = len;
    }
    free(given);
    return out;
}

static uint32_t writable(uint32_t rune)
{
    return rune >= SURROGATE_FIRST && rune <= SURROGATE_LAST ? UTF8_REPLACEMENT : rune;
}

static bool is_ascii(struct runes r)
{
    for (size_t i = 0; i < r.len; i++)
        if (r.at[i] >= 0x80)
            return false;
    return true;
}

static bool is_printable(uint32_t rune)
{
    char c = rune_class(rune);

    return rune == ' ' || (c != 'C' && c != 'Z');
}

static void add_rune(struct buf *b, uint32_t rune)
{
    char bytes[UTF8_BYTES_MAX];

    buf_add(b, (struct str){ bytes, utf8_put(writable(rune), bytes) });
}

struct runes runes_of(struct str text, struct arena *a)
{
    struct runes out = runes_alloc(text.len, a);

    while (out.at && text.len) {
        uint32_t rune = utf8_next(&text);
        out.at[out.len++] = rune == UTF8_BROKEN ? UTF8_REPLACEMENT : rune;
    }
    return out;
}

struct str runes_text(struct runes r, struct arena *a)
{
    char  *out = arena_alloc(a, runes_bytes(r));
    size_t len = 0;

    for (size_t i = 0; out && i < r.len; i++)
        len += utf8_put(writable(r.at[i]), out + len);
    return out ? (struct str){ out, len } : LIT("");
}

struct runes runes_slice(struct runes r, size_t from, size_t to)
{
    if (to > r.len)
        to = r.len;
    if (from > to)
        from = to;
    return (struct runes){ r.at ? r.at + from : NULL, to - from };
}

size_t runes_find(struct runes r, uint32_t rune, size_t from)
{
    while (from < r.len && r.at[from] != rune)
        from++;
    return from < r.len ? from : r.len;
}

bool runes_eq(struct runes a, struct runes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len * sizeof *a.at) == 0);
}

struct runes runes_nfc(struct runes r, struct arena *a)
{
    size_t len = 0;

    if (is_ascii(r))
        return r;
    uint32_t *given = u32_normalize(UNINORM_NFC, r.at, r.len, NULL, &len);
    return runes_take(given, len, a);
}

struct runes runes_fold(struct runes r, struct arena *a)
{
    size_t len = 0;

    if (r.len == 0)
        return r;
    uint32_t *given = u32_casefold(r.at, r.len, NULL, UNINORM_NFKC, NULL, &len);
    return runes_take(given, len, a);
}

size_t runes_bytes(struct runes r)
{
    size_t bytes = 0;

    for (size_t i = 0; i < r.len; i++)
        bytes += 1 + (r.at[i] >= 0x80) + (r.at[i] >= 0x800) + (r.at[i] >= 0x10000);
    return bytes;
}

char rune_class(uint32_t rune)
{
    return uc_general_category_name(uc_general_category(rune))[0];
}

bool rune_is_space(uint32_t rune)
{
    if (rune < 0x80)
        return (rune >= 0x09 && rune <= 0x0d) || (rune >= 0x1c && rune <= 0x20);
    return rune == 0x85 || rune_class(rune) == 'Z';
}

void runes_quote(struct buf *b, struct runes r)
{
    buf_add_char(b, '\'');
    for (size_t i = 0; i < r.len; i++) {
        unsigned rune = r.at[i];
        if (is_printable(rune))
            add_rune(b, rune);
        else
            buf_format(b, rune < 0x100 ? "\\x%02x" : rune < 0x10000 ? "\\u%04x" : "\\U%08x", rune);
    }
    buf_add_char(b, '\'');
}

void rune_describe(struct buf *b, uint32_t rune)
{
    char     name[UNINAME_MAX + 1];
    char     c = rune_class(rune);
    unsigned number = rune;

    if (c == 'L' || c == 'N' || c == 'P' || c == 'S') {
        char quote = rune == '\'' || rune == '\\' ? '"' : '\'';
        buf_add_char(b, quote);
        add_rune(b, rune);
        buf_add_char(b, quote);
    } else if (unicode_character_name(rune, name)) {
        buf_add(b, str_of(name));
    } else {
        buf_format(b, rune < 0xffff ? "U+%04X" : "U+%08X", number);
    }
}
