/* ratio.c: ratios and their intervals, from rounds in pairs or apart.
 *
 * Everything is a difference of logarithms with a standard error and degrees of freedom; where
 * the figures are plain numbers that gives the interval too, where they are quantiles of merged
 * rounds the resamples give it. */
#include <math.h>
#include <stdlib.h>

#include "base/check.h"
#include "stats/ratio.h"
#include "stats/resample.h"
#include "stats/student.h"

/* What rounding alone does to logarithms: less than this is no difference, and no scatter. */
#define LOG_NOTHING 1e-12

struct moments {
    size_t count;
    double mean, variance;
};

static void moments_add(struct moments *m, double value, double *squares)
{
    double off = value - m->mean;

    m->count++;
    m->mean += off / (double)m->count;
    *squares += off * (value - m->mean);
    m->variance = m->count > 1 ? *squares / (double)(m->count - 1) : 0;
}

static bool is_figure(double value)
{
    return isfinite(value) && value > 0;
}

/* Of log(a[i] / b[i]), or of log(a[i]) where there is no b.  False: figures without a logarithm. */
static bool log_moments(const double *a, const double *b, size_t count, struct moments *out)
{
    struct moments m = { 0 };
    double         squares = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_figure(a[i]) || (b && !is_figure(b[i])))
            return false;
        moments_add(&m, log(a[i]) - (b ? log(b[i]) : 0), &squares);
    }
    *out = m;
    return count >= 2;
}

static bool is_confidence(double confidence)
{
    return confidence > 0 && confidence < 1;
}

/* Without scatter there is no distribution to ask: a difference is certain, and so is none. */
static double two_sided_p(double mean, double error, double freedom)
{
    if (error < LOG_NOTHING)
        return fabs(mean) < LOG_NOTHING ? 1 : 0;
    return 2 * student_cdf(-fabs(mean) / error, freedom);
}

/* The interval of the plain figures, symmetric on the logarithm. */
static struct ratio symmetric_ratio(double mean, double error, double freedom, size_t rounds,
                                    double confidence)
{
    double half = error * student_quantile((1 + confidence) / 2, freedom);

    return (struct ratio){
        .known = true,
        .estimate = exp(mean),
        .low = exp(mean - half),
        .high = exp(mean + half),
        .p = two_sided_p(mean, error, freedom),
        .log_error = error,
        .freedom = freedom,
        .rounds = (unsigned)rounds,
    };
}

/* Welch 1947, with Satterthwaite's degrees of freedom. */
static double welch_freedom(const struct moments *a, const struct moments *b)
{
    double u = a->variance / (double)a->count, v = b->variance / (double)b->count;
    double below = u * u / (double)(a->count - 1) + v * v / (double)(b->count - 1);
    size_t fewer = a->count < b->count ? a->count : b->count;

    return below > 0 ? (u + v) * (u + v) / below : (double)(fewer - 1);
}

/* ---- Quantiles ---------------------------------------------------------------------------- */

/* Two mixtures to be compared; of pairs, `b` is resampled with the weights drawn for `a`. */
struct contest {
    struct mixture a, b;
    uint32_t      *a_weights, *b_weights;   /* owned; one and the same for pairs */
    double        *logs;                    /* owned; of each resample's ratio */
    bool           paired;
};

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static bool log_ratio(const struct contest *c, double *out)
{
    struct quantile a = mixture_quantile(&c->a, c->a_weights);
    struct quantile b = mixture_quantile(&c->b, c->b_weights);

    if (a.at_least || b.at_least || !is_figure(a.ns) || !is_figure(b.ns))
        return false;
    *out = log(a.ns) - log(b.ns);
    return true;
}

static void weigh_all_once(uint32_t *weights, size_t count)
{
    for (size_t i = 0; i < count; i++)
        weights[i] = 1;
}

/* The logarithm of the ratio of all rounds, and c->logs in ascending order. */
static bool resample_ratios(struct contest *c, unsigned resamples, struct rng *rng, double *all)
{
    weigh_all_once(c->a_weights, c->a.rounds);
    weigh_all_once(c->b_weights, c->b.rounds);
    if (!log_ratio(c, all))
        return false;
    for (unsigned i = 0; i < resamples; i++) {
        resample_draw(rng, c->a_weights, c->a.rounds);
        if (!c->paired)
            resample_draw(rng, c->b_weights, c->b.rounds);
        if (!log_ratio(c, &c->logs[i]))
            return false;
    }
    qsort(c->logs, resamples, sizeof *c->logs, compare_doubles);
    return true;
}

/* Resampling n rounds scatters like n draws around their own mean: sqrt(n / (n - 1)) too little. */
static struct ratio resampled_ratio(const struct contest *c, unsigned resamples, double all,
                                    double confidence)
{
    size_t rounds = c->a.rounds < c->b.rounds ? c->a.rounds : c->b.rounds;
    double freedom = (double)rounds - 1, tail = resample_tail(rounds, confidence);
    double error = resample_deviation(c->logs, resamples) * sqrt((double)rounds / freedom);

    return (struct ratio){
        .known = true,
        .estimate = exp(all),
        .low = exp(fmin(all, resample_percentile(c->logs, resamples, tail))),
        .high = exp(fmax(all, resample_percentile(c->logs, resamples, 1 - tail))),
        .p = two_sided_p(all, error, freedom),
        .log_error = error,
        .freedom = freedom,
        .rounds = (unsigned)rounds,
    };
}

static struct ratio decide_contest(struct contest *c, unsigned resamples, struct rng *rng,
                                   double confidence)
{
    double all;

    c->logs = calloc(resamples, sizeof *c->logs);
    c->a_weights = calloc(c->a.rounds, sizeof *c->a_weights);
    c->b_weights = c->paired ? c->a_weights : calloc(c->b.rounds, sizeof *c->b_weights);
    bool known = c->logs && c->a_weights && c->b_weights &&
                 resample_ratios(c, resamples, rng, &all);
    struct ratio r = known ? resampled_ratio(c, resamples, all, confidence) : (struct ratio){ 0 };
    if (!c->paired)
        free(c->b_weights);
    free(c->a_weights);
    free(c->logs);
    return r;
}

static struct ratio ratio_quantile(const struct histogram *const *a, size_t a_count,
                                   const struct histogram *const *b, size_t b_count, bool paired,
                                   double q, unsigned resamples, struct rng *rng, double confidence)
{
    struct contest c = { .paired = paired };
    struct ratio   r = { 0 };

    CHECK(is_confidence(confidence) && resamples > 0);
    if (a_count < 2 || b_count < 2)
        return r;
    bool opened = mixture_open(&c.a, a, a_count, q);
    if (mixture_open(&c.b, b, b_count, q) && opened)
        r = decide_contest(&c, resamples, rng, confidence);
    mixture_close(&c.a);
    mixture_close(&c.b);
    return r;
}

/* ---- One service's own figure ------------------------------------------------------------- */

/* In ascending order; what falls among the unanswered last. */
static void resample_values(const struct mixture *m, uint32_t *weights, double *values,
                            unsigned resamples, struct rng *rng)
{
    for (unsigned i = 0; i < resamples; i++) {
        resample_draw(rng, weights, m->rounds);
        struct quantile q = mixture_quantile(m, weights);
        values[i] = q.at_least ? INFINITY : q.ns;
    }
    qsort(values, resamples, sizeof *values, compare_doubles);
}

/* The end of an interval; an unanswered one is only known to be above its bound. */
static double estimate_end(const struct mixture *m, const double *values, unsigned resamples,
                           double p, bool *at_least)
{
    double end = resample_percentile(values, resamples, p);

    if (isfinite(end))
        return end;
    *at_least = true;
    return m->bound_ns;
}

static struct estimate mixture_estimate(const struct mixture *m, uint32_t *weights, double *values,
                                        unsigned resamples, struct rng *rng, double confidence)
{
    weigh_all_once(weights, m->rounds);
    struct quantile q = mixture_quantile(m, weights);
    struct estimate e = { .at_least = q.at_least, .value = q.ns, .low = q.ns, .high = q.ns };
    if (m->rounds < 2)
        return e;
    double tail = resample_tail(m->rounds, confidence);
    resample_values(m, weights, values, resamples, rng);
    e.known = true;
    e.low = fmin(q.ns, estimate_end(m, values, resamples, tail, &e.at_least));
    e.high = fmax(q.ns, estimate_end(m, values, resamples, 1 - tail, &e.at_least));
    return e;
}

static bool are_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return count > 0;
}

/* ---- Holm --------------------------------------------------------------------------------- */

/* A value that has been adjusted bears a minus sign until all are, so that it is not met again. */
static size_t least_unsigned(const double *p, size_t count)
{
    size_t least = count;

    for (size_t i = 0; i < count; i++)
        if (!signbit(p[i]) && (least == count || p[i] < p[least]))
            least = i;
    return least;
}

/* ---- Public ------------------------------------------------------------------------------- */

struct ratio ratio_paired(const double *a, const double *b, size_t count, double confidence)
{
    struct moments m;

    CHECK(is_confidence(confidence));
    if (!log_moments(a, b, count, &m))
        return (struct ratio){ 0 };
    return symmetric_ratio(m.mean, sqrt(m.variance / (double)count), (double)(count - 1), count,
                           confidence);
}

struct ratio ratio_unpaired(const double *a, size_t a_count, const double *b, size_t b_count,
                            double confidence)
{
    struct moments of_a, of_b;

    CHECK(is_confidence(confidence));
    if (!log_moments(a, NULL, a_count, &of_a) || !log_moments(b, NULL, b_count, &of_b))
        return (struct ratio){ 0 };
    double error =
        sqrt(of_a.variance / (double)of_a.count + of_b.variance / (double)of_b.count);
    return symmetric_ratio(of_a.mean - of_b.mean, error, welch_freedom(&of_a, &of_b),
                           a_count < b_count ? a_count : b_count, confidence);
}

struct ratio ratio_quantile_paired(const struct histogram *const *a,
                                   const struct histogram *const *b, size_t count, double q,
                                   unsigned resamples, struct rng *rng, double confidence)
{
    return ratio_quantile(a, count, b, count, true, q, resamples, rng, confidence);
}

struct ratio ratio_quantile_unpaired(const struct histogram *const *a, size_t a_count,
                                     const struct histogram *const *b, size_t b_count, double q,
                                     unsigned resamples, struct rng *rng, double confidence)
{
    return ratio_quantile(a, a_count, b, b_count, false, q, resamples, rng, confidence);
}

struct estimate estimate_mean(const double *values, size_t count, double confidence)
{
    struct moments m = { 0 };
    double         squares = 0;

    CHECK(is_confidence(confidence));
    if (!are_finite(values, count))
        return (struct estimate){ 0 };
    for (size_t i = 0; i < count; i++)
        moments_add(&m, values[i], &squares);
    struct estimate e = { .value = m.mean, .low = m.mean, .high = m.mean };
    if (count < 2)
        return e;
    double half = sqrt(m.variance / (double)count) *
                  student_quantile((1 + confidence) / 2, (double)(count - 1));
    return (struct estimate){
        .known = true, .value = m.mean, .low = m.mean - half, .high = m.mean + half
    };
}

struct estimate estimate_quantile(const struct histogram *const *rounds, size_t count, double q,
                                  unsigned resamples, struct rng *rng, double confidence)
{
    struct estimate e = { 0 };
    struct mixture  m;

    CHECK(is_confidence(confidence) && resamples > 0);
    if (mixture_open(&m, rounds, count, q)) {
        uint32_t *weights = calloc(count, sizeof *weights);
        double   *values = calloc(resamples, sizeof *values);
        if (weights && values)
            e = mixture_estimate(&m, weights, values, resamples, rng, confidence);
        free(weights);
        free(values);
    }
    mixture_close(&m);
    return e;
}

/* The least of those that are left is multiplied by how many they are, and none may end below one
 * that was less.  What is not a number counts as 1. */
void holm_adjust(double *p, size_t count)
{
    double adjusted = 0;

    for (size_t i = 0; i < count; i++)
        p[i] = p[i] >= 0 && p[i] <= 1 ? fabs(p[i]) : 1;
    for (size_t left = count; left > 0; left--) {
        size_t i = least_unsigned(p, count);
        adjusted = fmin(1, fmax(adjusted, p[i] * (double)left));
        p[i] = -adjusted;
    }
    for (size_t i = 0; i < count; i++)
        p[i] = fabs(p[i]);
}
