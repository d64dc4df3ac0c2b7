/* str.c: the slice functions that are too long to inline. */
#include "base/str.h"

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

/* Eight bytes, their ASCII letters in lower case.  A sum's high bit says that its byte is as great
 * as a bound; none carries into the next byte, since the high bits are left out. */
static inline uint64_t lower_eight(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    uint64_t low = word & EACH(0x7f);
    uint64_t from_a = low + EACH(0x80 - 'A'), beyond_z = low + EACH(0x7f - 'Z');
    uint64_t upper = from_a & ~beyond_z & ~word & EACH(0x80);
    return word | upper >> 2;
}

#undef EACH

bool bytes_eq_nocase(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; len >= 8 && i < len; i += 8) {
        size_t at = i <= len - 8 ? i : len - 8;     /* the last eight may overlap others */
        if (lower_eight(a + at) != lower_eight(b + at))
            return false;
    }
    for (size_t i = 0; len < 8 && i < len; i++)
        if (ascii_lower(a[i]) != ascii_lower(b[i]))
            return false;
    return true;
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
