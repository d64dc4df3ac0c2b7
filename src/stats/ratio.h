/* stats/ratio.h: the ratio of two services' figures, and how sure it is.
 *
 * The statistical unit is the round.  All work is on logarithms, so that a/b and b/a say the
 * same.  Pure functions but for the generator that resampling draws from. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "stats/histogram.h"
#include "stats/rng.h"

struct ratio {
    bool     known;         /* false: too few rounds, or figures that are not positive */
    double   estimate;      /* a / b */
    double   low, high;     /* of the confidence interval */
    double   p;             /* two-sided, of the hypothesis that it is 1 */
    double   log_error;     /* the standard error of log(estimate) */
    double   freedom;       /* degrees of it */
    unsigned rounds;
};

/* Rounds in pairs, a[i] and b[i] of one block: Student's t on the mean log ratio.  At least two
 * pairs. `confidence` such as 0.95. */
struct ratio ratio_paired(const double *a, const double *b, size_t count, double confidence);

/* Rounds that are not paired (two recordings): Welch's t. */
struct ratio ratio_unpaired(const double *a, size_t a_count, const double *b, size_t b_count,
                            double confidence);

/* The ratio of the q-quantiles of merged histograms; the interval by resampling blocks, both
 * sides with the same draws, `resamples` times (Efron 1979; expanded percentile interval,
 * Hesterberg 2015).  A quantile among the unanswered makes it unknown. */
struct ratio ratio_quantile_paired(const struct histogram *const *a,
                                   const struct histogram *const *b, size_t count, double q,
                                   unsigned resamples, struct rng *rng, double confidence);

/* The same with draws of their own for each side. */
struct ratio ratio_quantile_unpaired(const struct histogram *const *a, size_t a_count,
                                     const struct histogram *const *b, size_t b_count, double q,
                                     unsigned resamples, struct rng *rng, double confidence);

/* An interval of one service's own figure.  Of a single round only the value is set.  `at_least`:
 * the value, or the upper end, falls among the unanswered and is a lower bound. */
struct estimate {
    bool   known, at_least;
    double value, low, high;
};

/* The mean of rounds with Student's t. */
struct estimate estimate_mean(const double *values, size_t count, double confidence);

/* The q-quantile of merged histograms in nanoseconds, the interval by resampling. */
struct estimate estimate_quantile(const struct histogram *const *rounds, size_t count, double q,
                                  unsigned resamples, struct rng *rng, double confidence);

/* Holm 1979: replaces each p by its adjusted value, at most 1. */
void holm_adjust(double *p, size_t count);
