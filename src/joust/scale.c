/* scale.c: axes without a picture. */
#include "joust/scale.h"

#include <math.h>

#include "base/check.h"

double scale_at(const struct scale *s, double value)
{
    double from = s->log ? log(s->from) : s->from;
    double to = s->log ? log(s->to) : s->to;
    double part = 0;

    if (s->log)
        value = value > 0 ? log(value) : from;
    if (to != from)
        part = (value - from) / (to - from);
    if (!(part > 0))        /* NaN too */
        part = 0;
    if (part > 1)
        part = 1;
    return s->at_from + part * (s->at_to - s->at_from);
}

/* The smallest of 1, 2, 5 times a power of ten that is not below `step`. */
static double round_step(double step)
{
    double power = pow(10, floor(log10(step)));
    double digit = step / power;

    if (digit <= 1.000001)
        return power;
    if (digit <= 2.000001)
        return 2 * power;
    return digit <= 5.000001 ? 5 * power : 10 * power;
}

struct ticks ticks_linear(double from, double to, unsigned most)
{
    struct ticks t = { .count = 0 };

    CHECK(most > 0 && most < TICKS_MAX);
    if (!(to > from) || !isfinite(to - from))
        return t;
    double step = round_step((to - from) / most);
    double first = ceil(from / step - 1e-9);
    while (t.count < TICKS_MAX && (first + t.count) * step <= to + 1e-9 * step) {
        double value = (first + t.count) * step;
        t.at[t.count++] = value == 0 ? 0 : value;   /* never -0 */
    }
    return t;
}

/* The digits that a decade is marked with, where there is room for so many. */
static struct ticks decades(double from, double to, const double *digits, unsigned digits_count,
                            int stride)
{
    struct ticks t = { .count = 0 };
    int          last = (int)floor(log10(to) + 1e-9);

    for (int power = (int)floor(log10(from)); power <= last; power++) {
        for (unsigned i = 0; i < digits_count; i++) {
            double value = digits[i] * pow(10, power);
            bool inside = value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9);
            if (power % stride == 0 && inside && t.count < TICKS_MAX)
                t.at[t.count++] = value;
        }
    }
    return t;
}

struct ticks ticks_log(double from, double to, unsigned most)
{
    static const double digits[] = { 1, 2, 5 };

    CHECK(most > 0 && most < TICKS_MAX);
    if (!(from > 0) || !(to > from) || !isfinite(to))
        return (struct ticks){ .count = 0 };
    double span = log10(to / from);
    if (span < 1)
        return ticks_linear(from, to, most);
    if (3 * span <= most)
        return decades(from, to, digits, 3, 1);
    return decades(from, to, digits, 1, 1 + (int)(span / most));
}

static void sort_places(const double *at, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t place = i;
        for (; place > 0 && at[order[place - 1]] > at[i]; place--)
            order[place] = order[place - 1];
        order[place] = i;
    }
}

enum { LABELS_MAX = 64 };

void labels_spread(double *at, size_t count, double gap, double low, double high)
{
    size_t order[LABELS_MAX];

    CHECK(count <= LABELS_MAX);
    if (count == 0)
        return;
    if (count > 1 && gap * (double)(count - 1) > high - low)
        gap = (high - low) / (double)(count - 1);
    sort_places(at, order, count);
    double floor_at = low;
    for (size_t i = 0; i < count; i++, floor_at += gap) {   /* downwards, then back up */
        if (at[order[i]] < floor_at)
            at[order[i]] = floor_at;
        floor_at = at[order[i]];
    }
    double ceiling = high;
    for (size_t i = count; i-- > 0; ceiling -= gap) {
        if (at[order[i]] > ceiling)
            at[order[i]] = ceiling;
        ceiling = at[order[i]];
    }
}
