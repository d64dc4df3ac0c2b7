/* arena.h: memory that lives as long as one request.
 *
 * An arena hands out memory and takes all of it back at once.  One thread uses it at a time.  It
 * never holds more than its limit; the first request that it cannot meet sets `failed`, it
 * answers NULL from then on, and whoever runs the request ends it as unavailable.  Memory is
 * zeroed when it is taken back, so that no secret outlives its request.  Built with
 * -DARENA_MALLOC each object is a malloc of its own, so that AddressSanitizer sees what runs
 * over. */
#pragma once
#include "base/str.h"

struct chunk;

struct arena {
    struct chunk *chunks;   /* newest first; the oldest is kept across resets */
    char         *at, *end; /* free room in the newest chunk */
    size_t        used, bytes_max;
    bool          failed;
};

/* An empty arena that hands out at most `bytes_max`. */
struct arena arena_new(size_t bytes_max);

/* Zeroed memory for `bytes`, aligned for any type, valid until arena_reset(); NULL once failed. */
void *arena_alloc(struct arena *a, size_t bytes);

/* The same for `count` objects of `bytes`; an overflow of the product is a failure. */
void *arena_alloc_many(struct arena *a, size_t count, size_t bytes);

/* A copy of `s`; none stays none; once failed, the empty string. */
struct str arena_copy(struct arena *a, struct str s);

/* A copy with a NUL behind it, for functions of libc; "" once failed. */
const char *arena_cstr(struct arena *a, struct str s);

/* As printf; once failed, the empty string. */
struct str arena_format(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Take everything back, wiped; keeps the first chunk for the next request. */
void arena_reset(struct arena *a);

/* Frees all; a zeroed arena may be closed. */
void arena_close(struct arena *a);
