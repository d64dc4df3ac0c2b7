/* arena.c: chunks in a list, bump allocation in the newest.
 *
 * A chunk is at least CHUNK_BYTES; a larger object gets a chunk of its own size.  Only the first
 * chunk survives a reset, so that a request as small as most costs no malloc. */
#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { CHUNK_BYTES = 4096 };

struct chunk {
    struct chunk         *older;
    size_t                bytes;
    _Alignas(max_align_t) char data[];
};

struct arena arena_new(size_t bytes_max)
{
    return (struct arena){ .bytes_max = bytes_max };
}

static size_t rounded(size_t bytes)
{
    size_t unit = _Alignof(max_align_t);

    return (bytes + unit - 1) / unit * unit;
}

static COLD bool add_chunk(struct arena *a, size_t bytes)
{
    struct chunk *c = calloc(1, sizeof *c + bytes);

    if (!c)
        return false;
    c->older = a->chunks;
    c->bytes = bytes;
    a->chunks = c;
    a->at = c->data;
    a->end = c->data + bytes;
    return true;
}

static size_t chunk_bytes(size_t bytes)
{
#ifdef ARENA_MALLOC
    return bytes;
#else
    return bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
#endif
}

static COLD void *fail(struct arena *a)
{
    a->failed = true;
    return NULL;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    if (a->failed || bytes > a->bytes_max || rounded(bytes) > a->bytes_max - a->used)
        return fail(a);
#ifdef ARENA_MALLOC
    a->end = a->at;     /* every object its own malloc, of exactly its size */
    size_t take = bytes;
#else
    size_t take = rounded(bytes);
#endif
    if (!a->at || take > (size_t)(a->end - a->at) || a->end == a->at) {
        if (!add_chunk(a, chunk_bytes(take)))
            return fail(a);
    }
    void *out = a->at;
    a->at += take;
    a->used += rounded(bytes);
    return out;
}

void *arena_alloc_many(struct arena *a, size_t count, size_t bytes)
{
    size_t total;

    if (__builtin_mul_overflow(count, bytes, &total))
        return fail(a);
    return arena_alloc(a, total);
}

struct str arena_copy(struct arena *a, struct str s)
{
    if (!s.at)
        return s;
    char *copy = arena_alloc(a, s.len);
    if (!copy)
        return LIT("");
    if (s.len)
        memcpy(copy, s.at, s.len);
    return (struct str){ copy, s.len };
}

const char *arena_cstr(struct arena *a, struct str s)
{
    char *copy = arena_alloc(a, s.len + 1);

    if (!copy)
        return "";
    if (s.len)
        memcpy(copy, s.at, s.len);
    return copy;
}

struct str arena_format(struct arena *a, const char *format, ...)
{
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int   need = vsnprintf(NULL, 0, format, args);
    char *out = need < 0 ? NULL : arena_alloc(a, (size_t)need + 1);
    if (out)
        vsnprintf(out, (size_t)need + 1, format, again);
    va_end(again);
    va_end(args);
    return out ? (struct str){ out, (size_t)need } : LIT("");
}

static COLD void drop_newest(struct arena *a)
{
    struct chunk *c = a->chunks;

    a->chunks = c->older;
    explicit_bzero(c->data, c->bytes);
    free(c);
}

void arena_reset(struct arena *a)
{
    while (a->chunks && a->chunks->older)
        drop_newest(a);
#ifdef ARENA_MALLOC
    if (a->chunks)
        drop_newest(a);
    a->at = a->end = NULL;
#else
    if (a->chunks) {
        struct chunk *c = a->chunks;
        explicit_bzero(c->data, a->used < c->bytes ? a->used : c->bytes);
        a->at = c->data;
        a->end = c->data + c->bytes;
    }
#endif
    a->used = 0;
    a->failed = false;
}

void arena_close(struct arena *a)
{
    while (a->chunks)
        drop_newest(a);
    *a = (struct arena){ .bytes_max = a->bytes_max };
}
