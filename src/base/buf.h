/* buf.h: a growing byte buffer with a maximum and a sticky failure.
 *
 * Whoever declares a buffer closes it; one thread uses it at a time.  Writers return nothing:
 * the first write that does not fit (or for which there is no memory) sets `failed`, later ones
 * do nothing, and the owner asks once, at the end.  A zeroed buffer with a maximum is empty and
 * ready. */
#pragma once
#include "base/str.h"

struct buf {
    char  *at;
    size_t len, cap;
    size_t touched; /* the most that was ever written since the last wipe, where it is above len */
    size_t bytes_max;
    bool   failed;
    bool   fixed;   /* memory of somebody else's: never grown, never freed */
};

/* An empty buffer that may grow to `bytes_max`. */
struct buf buf_growing(size_t bytes_max);

/* An empty buffer over memory that outlives it. */
struct buf buf_fixed(char *memory, size_t bytes);

void buf_add(struct buf *b, struct str s);
void buf_add_char(struct buf *b, char c);
void buf_add_int(struct buf *b, int64_t value);
void buf_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for `bytes` more at the end, to be filled before buf_grew() counts them; NULL when it
 * failed. */
char *buf_room(struct buf *b, size_t bytes);
void  buf_grew(struct buf *b, size_t bytes);

/* Drop what follows the first `bytes`. */
void buf_cut(struct buf *b, size_t bytes);

/* Drop `bytes` from the front, moving what follows. */
void buf_drop(struct buf *b, size_t bytes);

/* What has been written; valid until the next write. */
static inline struct str buf_str(const struct buf *b)
{
    return (struct str){ b->at ? b->at : "", b->len };
}

/* Empty again, not failed, memory kept. */
void buf_reset(struct buf *b);

/* Overwrites all that was written, reset or dropped since the last wipe with zeros, and empties.
 * What a buffer leaves behind when it grows is wiped at once. */
void buf_wipe(struct buf *b);

/* Frees the memory; a zeroed or closed buffer may be closed again. */
void buf_close(struct buf *b);
