/* chars.c: the escapes of RFC 8259 section 7. */
#include "json/chars.h"

enum { UNIT_CHARS = 6 };    /* \uXXXX */

static int hex_value(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* A UTF-16 unit, \uXXXX, at the front; -1 when there is none. */
static int32_t unit_of(struct str text)
{
    int32_t unit = 0;

    if (text.len < UNIT_CHARS || text.at[0] != '\\' || text.at[1] != 'u')
        return -1;
    for (size_t i = 2; i < UNIT_CHARS; i++) {
        int digit = hex_value(text.at[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static size_t unicode_escape(struct str text, uint32_t *out)
{
    int32_t unit = unit_of(text);

    if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
        return 0;
    if (unit < 0xd800 || unit > 0xdfff) {
        *out = (uint32_t)unit;
        return UNIT_CHARS;
    }
    int32_t low = unit_of(str_slice(text, UNIT_CHARS, text.len));
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *out = 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
    return (size_t)UNIT_CHARS * 2;
}

size_t chars_escape(struct str text, uint32_t *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";

    if (text.len < 2)
        return 0;
    if (text.at[1] == 'u')
        return unicode_escape(text, out);
    const char *name = memchr(names, text.at[1], sizeof names - 1);
    if (!name)
        return 0;
    *out = (uint32_t)values[name - names];
    return 2;
}
