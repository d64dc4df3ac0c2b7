/* str.c: the slice functions that are too long to inline. */
#include "base/str.h"

struct str str_of(const char *text)
{
    return (struct str){ text, text ? strlen(text) : 0 };
}

struct str str_slice(struct str s, size_t from, size_t to)
{
    if (to > s.len)
        to = s.len;
    if (from > to)
        from = to;
    return (struct str){ s.at ? s.at + from : NULL, to - from };
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return false;
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_slice(s, 0, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_slice(s, s.len - suffix.len, s.len), suffix);
}

size_t str_find_byte(struct str s, char byte)
{
    const char *hit = s.len ? memchr(s.at, byte, s.len) : NULL;

    return hit ? (size_t)(hit - s.at) : s.len;
}

size_t str_find(struct str s, struct str needle)
{
    const char *hit = s.len ? memmem(s.at, s.len, needle.at, needle.len) : NULL;

    return hit ? (size_t)(hit - s.at) : s.len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str str_trim(struct str s)
{
    while (s.len && is_blank(s.at[0]))
        s = str_slice(s, 1, s.len);
    while (s.len && is_blank(s.at[s.len - 1]))
        s.len--;
    return s;
}

struct str str_cut(struct str *rest, char byte)
{
    size_t     end = str_find_byte(*rest, byte);
    struct str head = str_slice(*rest, 0, end);

    *rest = end < rest->len ? str_slice(*rest, end + 1, rest->len) : (struct str){ 0 };
    return head;
}

bool str_to_uint(struct str s, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_is_digit(s.at[i]))
            return false;
        uint64_t digit = (uint64_t)(s.at[i] - '0');
        if (value > (max - digit) / 10 || digit > max)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}
