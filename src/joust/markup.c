/* markup.c: escaping, and widths by kind of character. */
#include "joust/markup.h"

#include "base/utf8.h"

/* A code point that may stand in a page, or U+FFFD; directions are never turned round by a name. */
static uint32_t shown(uint32_t point)
{
    bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    bool turning = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
                   point == 0x200e || point == 0x200f || point == 0x61c;
    bool nothing = (point & 0xfffe) == 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);

    return point == UTF8_BROKEN || control || turning || nothing ? UTF8_REPLACEMENT : point;
}

static void add_point(struct buf *out, uint32_t point)
{
    char bytes[UTF8_BYTES_MAX];

    buf_add(out, (struct str){ bytes, utf8_put(point, bytes) });
}

void markup_add(struct buf *out, struct str text)
{
    while (text.len > 0) {
        uint32_t point = utf8_next(&text);
        if (point == '&')
            buf_add(out, LIT("&amp;"));
        else if (point == '<')
            buf_add(out, LIT("&lt;"));
        else if (point == '>')
            buf_add(out, LIT("&gt;"));
        else if (point == '"')
            buf_add(out, LIT("&quot;"));
        else
            add_point(out, point == '\n' || point == '\t' ? point : shown(point));
    }
}

void markup_plain(struct buf *out, struct str text)
{
    while (text.len > 0) {
        uint32_t point = utf8_next(&text);
        add_point(out, point == '\n' || point == '\t' || point == '\r' ? ' ' : shown(point));
    }
}

/* By the widths of DejaVu Sans, which is wider than most. */
static double point_ems(uint32_t point)
{
    if (point >= 0x1100)
        return point >= 0x2000 && point < 0x2e80 ? 1.0 : 1.1;   /* signs; ideographs */
    if (point >= 0x80)
        return point >= 0x370 ? 0.9 : 0.75;
    if (strchr("<>=+~^#&", (int)point) && point)
        return 0.84;
    if (strchr("il.,:;'|!jI", (int)point) && point)
        return 0.36;
    if (strchr("ftr()[]/\\- ", (int)point) && point)
        return 0.42;
    if (strchr("mwMW%@", (int)point) && point)
        return 1.0;
    return point >= 'A' && point <= 'Z' ? 0.76 : 0.64;
}

double markup_ems(struct str text)
{
    double ems = 0;

    while (text.len > 0)
        ems += point_ems(utf8_next(&text));
    return ems;
}

void markup_shorten(struct buf *out, struct str text, double ems)
{
    static const double ELLIPSIS_EMS = 1.0;
    struct str          rest = text;
    double              used = 0;
    size_t              fits = 0;

    if (markup_ems(text) <= ems) {
        markup_plain(out, text);
        return;
    }
    while (rest.len > 0) {
        used += point_ems(utf8_next(&rest));
        if (used + ELLIPSIS_EMS > ems)
            break;
        fits = text.len - rest.len;
    }
    markup_plain(out, str_slice(text, 0, fits));
    buf_add(out, LIT("…"));
}
