/* utf8.h: text as UTF-8 (RFC 3629): is it, how many code points has it, which.
 *
 * Overlong forms, surrogates and what is beyond U+10FFFF are not UTF-8 here.  Pure functions, any
 * thread. */
#pragma once
#include "base/str.h"

enum {
    UTF8_BYTES_MAX = 4,
    UTF8_REPLACEMENT = 0xfffd,  /* what stands for bytes that are not UTF-8 */
};

/* What utf8_next() answers for bytes that are no code point. */
#define UTF8_BROKEN UINT32_MAX

bool utf8_valid(struct str text);

/* Code points in text that is valid; in other text, the bytes that do not continue a sequence. */
size_t utf8_count(struct str text);

/* The length, 1 to 4, of the valid sequence at the front of `text`; 0 when there is none. */
size_t utf8_length(struct str text);

/* The code point at the front of *rest, which must not be empty; *rest becomes what follows it.
 * For broken bytes UTF8_BROKEN, and the longest run that could have begun a sequence is passed
 * over, at least one byte (as Python and browsers do: one U+FFFD for each). */
uint32_t utf8_next(struct str *rest);

/* Writes a code point that is not a surrogate and at most U+10FFFF; its length, 1 to 4. */
size_t utf8_put(uint32_t code_point, char out[UTF8_BYTES_MAX]);
