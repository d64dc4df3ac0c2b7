/* base64url.c: four characters to three bytes and back, by table.
 *
 * What is coded here travels in the open (tokens, public keys, signatures), so that the table's
 * place in the cache gives nothing away; a master key is never written so. */
#include "crypto/base64url.h"

enum { VALID = 0x40, VALUE = 0x3f };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of each character of the alphabet with VALID set; 0 for any other byte. */
static const unsigned char values[256] = {
    ['A'] = 64,  ['B'] = 65,  ['C'] = 66,  ['D'] = 67,  ['E'] = 68,  ['F'] = 69,  ['G'] = 70,
    ['H'] = 71,  ['I'] = 72,  ['J'] = 73,  ['K'] = 74,  ['L'] = 75,  ['M'] = 76,  ['N'] = 77,
    ['O'] = 78,  ['P'] = 79,  ['Q'] = 80,  ['R'] = 81,  ['S'] = 82,  ['T'] = 83,  ['U'] = 84,
    ['V'] = 85,  ['W'] = 86,  ['X'] = 87,  ['Y'] = 88,  ['Z'] = 89,  ['a'] = 90,  ['b'] = 91,
    ['c'] = 92,  ['d'] = 93,  ['e'] = 94,  ['f'] = 95,  ['g'] = 96,  ['h'] = 97,  ['i'] = 98,
    ['j'] = 99,  ['k'] = 100, ['l'] = 101, ['m'] = 102, ['n'] = 103, ['o'] = 104, ['p'] = 105,
    ['q'] = 106, ['r'] = 107, ['s'] = 108, ['t'] = 109, ['u'] = 110, ['v'] = 111, ['w'] = 112,
    ['x'] = 113, ['y'] = 114, ['z'] = 115, ['0'] = 116, ['1'] = 117, ['2'] = 118, ['3'] = 119,
    ['4'] = 120, ['5'] = 121, ['6'] = 122, ['7'] = 123, ['8'] = 124, ['9'] = 125, ['-'] = 126,
    ['_'] = 127,
};

/* Writes one to three bytes as two to four characters. */
static char *put_group(char *to, const unsigned char *from, size_t len)
{
    uint32_t bits = (uint32_t)from[0] << 16;

    if (len > 1)
        bits |= (uint32_t)from[1] << 8;
    if (len > 2)
        bits |= from[2];
    for (size_t i = 0; i <= len; i++)
        *to++ = alphabet[bits >> (18 - 6 * i) & VALUE];
    return to;
}

/* Two to four characters as 24 bits from the left; false when one is not of the alphabet. */
static inline bool get_group(const unsigned char *from, size_t chars, uint32_t *bits)
{
    uint32_t      word = 0;
    unsigned char all = VALID;

    for (size_t i = 0; i < chars; i++) {
        unsigned char v = values[from[i]];
        all &= v;
        word |= (uint32_t)(v & VALUE) << (18 - 6 * i);
    }
    *bits = word;
    return all & VALID;
}

/* The two or three characters at the end; bits beyond the last byte must be zero. */
static bool get_tail(const unsigned char *from, size_t chars, unsigned char *to)
{
    uint32_t bits;
    uint32_t unused = chars == 2 ? 0xffff : 0xff;

    if (!get_group(from, chars, &bits) || (bits & unused))
        return false;
    to[0] = (unsigned char)(bits >> 16);
    if (chars == 3)
        to[1] = (unsigned char)(bits >> 8);
    return true;
}

void base64url_encode(struct buf *out, const void *bytes, size_t len)
{
    const unsigned char *from = bytes;
    size_t               chars = len / 3 * 4 + (len % 3 ? len % 3 + 1 : 0);
    char                *to = buf_room(out, chars);

    if (!to)
        return;
    for (; len >= 3; len -= 3, from += 3)
        to = put_group(to, from, 3);
    if (len)
        put_group(to, from, len);
    buf_grew(out, chars);
}

bool base64url_decode(struct str text, void *out, size_t max, size_t *len)
{
    const unsigned char *from = (const unsigned char *)text.at;
    unsigned char       *to = out;
    size_t               tail = text.len % 4;
    size_t               need = text.len / 4 * 3 + (tail ? tail - 1 : 0);

    if (tail == 1 || need > max)
        return false;
    for (size_t left = text.len; left >= 4; left -= 4, from += 4, to += 3) {
        uint32_t bits;
        if (!get_group(from, 4, &bits))
            return false;
        to[0] = (unsigned char)(bits >> 16);
        to[1] = (unsigned char)(bits >> 8);
        to[2] = (unsigned char)bits;
    }
    if (tail && !get_tail(from, tail, to))
        return false;
    *len = need;
    return true;
}
