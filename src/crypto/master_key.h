/* crypto/master_key.h: the key above all others, from a file or a text.
 *
 * As text it is 64 hexadecimal digits, with a newline or without.  The caller wipes what it was
 * given. */
#pragma once
#include "base/buf.h"
#include "base/random.h"

enum { MASTER_KEY_BYTES = 32 };

/* The key in the file at `path`.  Where there is no such file and `may_make`, one is made: mode
 * 0600, whole or not at all, durable before this answers; of several processes that do so at once
 * all get the same key.  False with one clear line in `why`: absent, unreadable, not a file, of
 * somebody else, accessible to group or others, malformed, not to be made. */
bool master_key_load(const char *path, bool may_make, const struct random_source *random,
                     unsigned char out[MASTER_KEY_BYTES], struct buf *why)
    __attribute__((warn_unused_result));

/* The same text from an environment variable or an option.  False, and *out untouched, when
 * malformed or all bytes are the same. */
bool master_key_parse(struct str text, unsigned char out[MASTER_KEY_BYTES])
    __attribute__((warn_unused_result));
