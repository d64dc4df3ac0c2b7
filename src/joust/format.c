/* joust/format.c: three significant digits, chosen after rounding: 999.6 ns are 1.00 µs. */
#include "joust/format.h"

#include <math.h>
#include <stdio.h>

struct unit {
    const char *name;
    double      size;
};

enum { DIGITS_MAX = 400 };      /* of the greatest double, and more */

/* "-1234567.8" becomes "-1,234,567.8". */
static void add_grouped(struct buf *out, double value, int decimals)
{
    char   text[DIGITS_MAX];
    size_t len = (size_t)snprintf(text, sizeof text, "%.*f", decimals, fabs(value));
    size_t whole = decimals ? len - (size_t)decimals - 1 : len;

    if (value < 0 && strspn(text, "0.") < len)          /* never "-0.0" */
        buf_add_char(out, '-');
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0)
            buf_add_char(out, ',');
        buf_add_char(out, text[i]);
    }
}

static void add_three_digits(struct buf *out, double value)
{
    double size = fabs(value);

    add_grouped(out, value, size >= 99.95 || size == 0 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3);
}

/* In the first unit that keeps it below `most`, after rounding; the last keeps what is above. */
static void add_in_unit(struct buf *out, double value, const struct unit *units, double most)
{
    while (units[1].name && round(fabs(value) / units->size) >= most)
        units++;
    add_three_digits(out, value / units->size);
    buf_format(out, " %s", units->name);
}

static bool add_unknown(struct buf *out, double value)
{
    if (!isfinite(value))
        buf_add(out, LIT("unknown"));
    return !isfinite(value);
}

void format_ns(struct buf *out, double ns)
{
    static const struct unit units[] = { { "ns", 1 }, { "µs", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { 0 } };

    if (!add_unknown(out, ns))
        add_in_unit(out, ns, units, 1000);
}

void format_rate(struct buf *out, double a_second)
{
    if (!add_unknown(out, a_second))
        add_three_digits(out, a_second);
}

void format_bytes(struct buf *out, int64_t bytes)
{
    static const struct unit units[] = { { "B", 1 }, { "KiB", 0x1p10 }, { "MiB", 0x1p20 }, { "GiB", 0x1p30 }, { 0 } };

    if (bytes < 0)
        buf_add(out, LIT("unknown"));
    else if (bytes < 1024)
        buf_format(out, "%d B", (int)bytes);
    else
        add_in_unit(out, (double)bytes, units, 1024);
}

void format_percent(struct buf *out, double relative)
{
    if (add_unknown(out, relative))
        return;
    add_grouped(out, relative * 100, 1);
    buf_add(out, LIT(" %"));
}

void format_count(struct buf *out, uint64_t count)
{
    if (count >= 1000)
        format_count(out, count / 1000);
    buf_format(out, count >= 1000 ? ",%03u" : "%u", (unsigned)(count % 1000));
}

void format_times(struct buf *out, double times)
{
    format_rate(out, times);
}

/* Twelve digits: more would show binary noise, less "p100". */
void format_quantile(struct buf *out, double q)
{
    buf_format(out, "p%.12g", q * 100);
}
