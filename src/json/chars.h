/* chars.h: the characters between the quotes of a JSON string, for reader and writer.
 *
 * Pure functions, any thread. */
#pragma once
#include <endian.h>

#include "base/str.h"

static inline bool chars_is_plain(char c)
{
    return (unsigned char)c >= ' ' && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* Eight bytes in a word: 0 when all are plain, else the lowest bit set is in the lowest byte that
 * is not.  A byte below n borrows when n is subtracted, which sets its high bit; the borrow spoils
 * only bytes above the first hit. */
static inline uint64_t chars_word_not_plain(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101;
    uint64_t       quote = word ^ ones * '"', backslash = word ^ ones * '\\';

    return ((word - ones * ' ') | (quote - ones) | (backslash - ones) | word) & ones * 0x80;
}

/* The same of the eight bytes at `at`, the lowest being the first. */
static inline uint64_t chars_not_plain(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return chars_word_not_plain(le64toh(word));
}

/* The first position, from `at` on, of a byte that is not plain: a quote, a backslash, a control
 * character or part of what is not ASCII.  s.len when there is none. */
static inline size_t chars_plain_end(struct str s, size_t at)
{
    for (; s.len - at >= 8; at += 8) {
        uint64_t hits = chars_not_plain(s.at + at);
        if (hits)
            return at + (size_t)__builtin_ctzll(hits) / 8;
    }
    while (at < s.len && chars_is_plain(s.at[at]))
        at++;
    return at;
}

/* The length of the escape at the front of `text`, which begins with a backslash, both halves of a
 * surrogate pair together, and the code point that it stands for.  0, and *out untouched, when it
 * is no escape or half a pair. */
size_t chars_escape(struct str text, uint32_t *out);
