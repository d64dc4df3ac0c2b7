/* stats/resample.h: a quantile of many rounds merged, over and over, with other weights.
 *
 * A resample draws as many rounds as there are, some twice, some never, and asks for the quantile
 * of what it drew.  To merge histograms for each would cost millions of additions.  Whatever the
 * weights, the quantile of a mixture lies between the least and the greatest quantile of its
 * parts; so only the slots between those are kept, of those only the ones that hold something,
 * and for each the count of values up to it in each round.  A resample is then a binary search.
 * Whoever opens one closes it; any number of threads may read it. */
#pragma once
#include "stats/histogram.h"
#include "stats/rng.h"

struct mixture {
    size_t    rounds, columns;
    double    q;
    double   *ns;           /* owned; of each column */
    uint64_t *up_to;        /* owned; `rounds` for each column */
    uint64_t *totals;       /* owned; of each round, unanswered included */
    double    bound_ns;     /* what a quantile among the unanswered is at least */
};

/* False: no memory, or a round that holds nothing.  It must be closed all the same. */
bool mixture_open(struct mixture *m, const struct histogram *const *rounds, size_t count, double q)
    __attribute__((warn_unused_result));
void mixture_close(struct mixture *m);

/* The q-quantile of the rounds merged, each as often as its weight says; 0 if all weights are. */
struct quantile mixture_quantile(const struct mixture *m, const uint32_t *weights);

/* Weights of a resample: `count` draws with replacement out of `count` rounds. */
void resample_draw(struct rng *r, uint32_t *weights, size_t count);

/* The standard deviation of values, and their quantile in the ascending order that they must be
 * in (between two neighbours by interpolation; at `p` count + 1 times, Hyndman and Fan's sixth). */
double resample_deviation(const double *values, size_t count);
double resample_percentile(const double *sorted, size_t count, double p);

/* The share below the lower end of an interval of `confidence` from `rounds` rounds, widened for
 * few of them: the "expanded percentile" interval (Hesterberg 2015, section 5.3). */
double resample_tail(size_t rounds, double confidence);
