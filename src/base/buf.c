/* buf.c: the byte buffer; grows by doubling up to its maximum. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { FIRST_BYTES = 256 };

struct buf buf_growing(size_t bytes_max)
{
    return (struct buf){ .bytes_max = bytes_max };
}

struct buf buf_fixed(char *memory, size_t bytes)
{
    return (struct buf){ .at = memory, .cap = bytes, .bytes_max = bytes, .fixed = true };
}

static size_t grown(const struct buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : FIRST_BYTES;

    while (cap < need)
        cap *= 2;
    return cap < b->bytes_max ? cap : b->bytes_max;
}

static COLD bool grow(struct buf *b, size_t need)
{
    if (b->fixed || need > b->bytes_max)
        return false;
    size_t cap = grown(b, need);
    char  *at = malloc(cap);
    if (!at)
        return false;
    if (b->at) {    /* realloc() would leave a copy behind */
        memcpy(at, b->at, b->len);
        explicit_bzero(b->at, b->cap);
        free(b->at);
    }
    b->at = at;
    b->cap = cap;
    return true;
}

char *buf_room(struct buf *b, size_t bytes)
{
    if (b->failed)
        return NULL;
    if ((bytes > b->cap - b->len || !b->at) &&
        (bytes > SIZE_MAX / 4 - b->len || !grow(b, b->len + bytes))) {
        b->failed = true;
        return NULL;
    }
    return b->at + b->len;
}

void buf_grew(struct buf *b, size_t bytes)
{
    CHECK(bytes <= b->cap - b->len);
    b->len += bytes;
}

void buf_add(struct buf *b, struct str s)
{
    char *room = buf_room(b, s.len);

    if (room && s.len) {
        memcpy(room, s.at, s.len);
        b->len += s.len;
    }
}

void buf_add_char(struct buf *b, char c)
{
    buf_add(b, (struct str){ &c, 1 });
}

void buf_add_int(struct buf *b, int64_t value)
{
    char     digits[20];
    char    *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--at = '-';
    buf_add(b, (struct str){ at, (size_t)(digits + sizeof digits - at) });
}

void buf_format(struct buf *b, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, args);
    CHECK(need >= 0);
    char *room = buf_room(b, (size_t)need + 1);
    if (room) {
        vsnprintf(room, (size_t)need + 1, format, again);
        b->len += (size_t)need;
    }
    va_end(again);
    va_end(args);
}

static void note_touched(struct buf *b)
{
    if (b->len > b->touched)
        b->touched = b->len;
}

void buf_cut(struct buf *b, size_t bytes)
{
    CHECK(bytes <= b->len);
    note_touched(b);
    b->len = bytes;
}

void buf_drop(struct buf *b, size_t bytes)
{
    CHECK(bytes <= b->len);
    note_touched(b);
    b->len -= bytes;
    if (b->len)
        memmove(b->at, b->at + bytes, b->len);
}

void buf_reset(struct buf *b)
{
    note_touched(b);
    b->len = 0;
    b->failed = false;
}

void buf_wipe(struct buf *b)
{
    note_touched(b);
    if (b->at)
        explicit_bzero(b->at, b->touched);
    b->touched = 0;
    b->len = 0;
    b->failed = false;
}

void buf_close(struct buf *b)
{
    if (!b->fixed)
        free(b->at);
    *b = (struct buf){ .bytes_max = b->bytes_max };
}
