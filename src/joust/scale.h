/* scale.h: where a value lies on an axis, and which round numbers are written beside it.
 *
 * Used by the charts of the report (SVG) and of the picture (cairo) alike.  Pure, any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct scale {
    double from, to;            /* values; above 0 on a logarithmic scale */
    double at_from, at_to;      /* coordinates */
    bool   log;
};

double scale_at(const struct scale *s, double value);   /* clipped to the ends */

enum { TICKS_MAX = 16 };

struct ticks {
    double   at[TICKS_MAX];     /* rising, inside the range */
    unsigned count;
};

/* About `most` multiples of 1, 2 or 5 times a power of ten. */
struct ticks ticks_linear(double from, double to, unsigned most);

/* Powers of ten, with 2 and 5 times them where there is room; within a decade as ticks_linear(). */
struct ticks ticks_log(double from, double to, unsigned most);

/* Moves labels apart until neighbours are `gap` away from each other and all are within low and
 * high, each as near to its place as that allows.  When there is no room the gap shrinks. */
void labels_spread(double *at, size_t count, double gap, double low, double high);
