/* str.h: a slice of bytes, passed by value.
 *
 * A slice never owns what it points at and is not NUL-terminated.  `at` is NULL for "none",
 * which is not the empty string.  Every function is pure and may be called on any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *at;
    size_t      len;
};

/* A slice of a string literal. */
#define LIT(literal) ((struct str){ "" literal, sizeof(literal) - 1 })

/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).len, (s).at

/* A slice of a NUL-terminated string; NULL gives the none slice. */
static inline struct str str_of(const char *text)
{
    return (struct str){ text, text ? strlen(text) : 0 };
}

/* The bytes from `from` up to, not including, `to`, both clipped to the slice. */
static inline struct str str_slice(struct str s, size_t from, size_t to)
{
    if (to > s.len)
        to = s.len;
    if (from > to)
        from = to;
    return (struct str){ s.at ? s.at + from : NULL, to - from };
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Equal when ASCII letters are compared without case. */
bool bytes_eq_nocase(const char *a, const char *b, size_t len);
static inline bool str_eq_nocase(struct str a, struct str b)
{
    return a.len == b.len && bytes_eq_nocase(a.at, b.at, a.len);
}

static inline bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_slice(s, 0, prefix.len), prefix);
}

static inline bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_slice(s, s.len - suffix.len, s.len), suffix);
}

/* The position of the first `byte` or `needle`, or s.len when there is none. */
static inline size_t str_find_byte(struct str s, char byte)
{
    const char *hit = s.len ? memchr(s.at, byte, s.len) : NULL;

    return hit ? (size_t)(hit - s.at) : s.len;
}
size_t str_find(struct str s, struct str needle);

/* Without the spaces and tabs at both ends. */
struct str str_trim(struct str s);

/* What precedes the first `byte` in *rest; *rest becomes what follows it, or none (at == NULL) when
 * there is no such byte left.  Ask while rest->at is not NULL. */
struct str str_cut(struct str *rest, char byte);

/* A decimal number of digits alone, at most `max`.  False, and *out untouched, for anything
 * else. */
bool str_to_uint(struct str s, uint64_t max, uint64_t *out);

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
