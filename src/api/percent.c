/* percent.c: strict, because two readings of one path are a way around a rule about paths. */
#include "api/percent.h"

#include "base/utf8.h"

static int hex_value(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode(struct str text, char *out, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int byte = text.at[i] == '%' ? percent_byte(text, i) : (unsigned char)text.at[i];
        if (byte < 0)
            return false;
        i += text.at[i] == '%' ? 2 : 0;
        out[(*len)++] = (char)byte;
    }
    return true;
}

int percent_byte(struct str s, size_t at)
{
    if (s.len < 3 || at > s.len - 3 || s.at[at] != '%')
        return -1;
    int high = hex_value(s.at[at + 1]), low = hex_value(s.at[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool percent_decode(struct str text, struct arena *a, struct str *out)
{
    struct str plain = text;

    if (str_find_byte(text, '%') < text.len) {
        char *room = arena_alloc(a, text.len);
        if (!room || !decode(text, room, &plain.len))
            return false;
        plain.at = room;
    }
    if (str_find_byte(plain, 0) < plain.len || !utf8_valid(plain))
        return false;
    *out = plain;
    return true;
}
