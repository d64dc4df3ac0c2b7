/* stats/histogram.h: durations in nanoseconds, log-linear, with a constant relative error.
 *
 * Below 2,048 ns each value has a slot; above, each octave has 1,024 slots, and a slot answers
 * with its middle, so that a quantile is at most 0.05 % off.  Values above HISTOGRAM_MAX_NS count
 * as that.  What was never answered stands above every value.  One thread writes; merge when it
 * is done. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_MAX_NS ((INT64_C(1) << 40) - 1)   /* about 18 minutes */

enum { HISTOGRAM_STEPS = 1024, HISTOGRAM_SLOTS = 2 * HISTOGRAM_STEPS + 29 * HISTOGRAM_STEPS };

struct histogram {
    uint64_t *counts;           /* owned; HISTOGRAM_SLOTS of them */
    uint64_t  count;            /* of values, without the unanswered */
    uint64_t  unanswered;
    int64_t   waited_ns;        /* the longest that an unanswered one has waited */
    int64_t   min_ns, max_ns;   /* exact; of no value 0 */
    double    sum_ns;
};

/* A quantile; `at_least`: it falls among the unanswered, and ns is a lower bound. */
struct quantile {
    double ns;
    bool   at_least;
};

bool histogram_open(struct histogram *h) __attribute__((warn_unused_result)); /* false: no memory */
void histogram_close(struct histogram *h);      /* a zeroed one may be closed */
void histogram_reset(struct histogram *h);

void histogram_add(struct histogram *h, int64_t ns);                  /* negative counts as 0 */
void histogram_add_unanswered(struct histogram *h, int64_t waited_ns);
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The value of rank ceil(q * n) among all n, unanswered included; q in (0, 1].  0 of none. */
struct quantile histogram_quantile(const struct histogram *h, double q);
double          histogram_mean_ns(const struct histogram *h);        /* of the answered; 0 of none */

/* That rank, in [1, total]: ceil(q * total) for q as it was written, so that 0.07 of 100 is 7. */
uint64_t histogram_rank(double q, uint64_t total);

/* For writing and reading results: the slot of a value, and the middle of a slot. */
size_t  histogram_slot(int64_t ns);
double  histogram_slot_ns(size_t slot);
