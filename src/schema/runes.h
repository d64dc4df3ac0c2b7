/* schema/runes.h: text as an array of code points, for rules that speak of characters and their
 * Unicode properties.
 *
 * Runes live in the arena.  When it fails (or the Unicode library has no memory, which counts as
 * that), the answer is empty and the arena's `failed` says so.  Pure functions, any thread. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

struct runes {
    uint32_t *at;
    size_t    len;
};

/* The code points of valid UTF-8; broken bytes become U+FFFD. */
struct runes runes_of(struct str text, struct arena *a);

/* As UTF-8.  Surrogates, which no text has, become U+FFFD. */
struct str runes_text(struct runes r, struct arena *a);

/* The code points from `from` up to, not including, `to`; shares the memory. */
struct runes runes_slice(struct runes r, size_t from, size_t to);

/* The position of the first `rune` at or after `from`; r.len when there is none. */
size_t runes_find(struct runes r, uint32_t rune, size_t from);

bool runes_eq(struct runes a, struct runes b);

/* Normalisation form C, and form KC of the case-folded text (Unicode 3.13, R5 less the
 * ignorables). */
struct runes runes_nfc(struct runes r, struct arena *a);
struct runes runes_fold(struct runes r, struct arena *a);

/* How many bytes UTF-8 takes for it. */
size_t runes_bytes(struct runes r);

/* The first letter of the general category: 'L', 'M', 'N', 'P', 'S', 'Z' or 'C'. */
char rune_class(uint32_t rune);

/* What Python's str.isspace() says. */
bool rune_is_space(uint32_t rune);

/* As Python's repr() writes text without quotes and backslashes: 'bücher', '\u200e'. */
void runes_quote(struct buf *b, struct runes r);

/* One character for a message: in quotes when it can be seen, else its Unicode name, else
 * U+000A. */
void rune_describe(struct buf *b, uint32_t rune);
