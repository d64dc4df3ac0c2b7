/* api/percent.h: percent-encoding (RFC 3986 section 2.1).  Pure functions, any thread. */
#pragma once
#include "base/arena.h"

/* The byte that "%41" at `at` stands for; -1 when no such triple stands there. */
int percent_byte(struct str s, size_t at);

/* A path segment or whole path as text; without a % it is the text itself, else it lives in the
 * arena.  False for a % without two hexadecimal digits, for U+0000, for what is not UTF-8, and
 * when the arena failed. */
bool percent_decode(struct str text, struct arena *a, struct str *out);
