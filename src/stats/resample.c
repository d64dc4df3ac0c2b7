/* resample.c: the columns of a mixture, and the search in them.
 *
 * The counts of one column stand side by side, so that a probe of the search reads a line or two
 * of memory. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/resample.h"
#include "stats/student.h"

/* The slots between the least and the greatest of the rounds' own quantiles. */
struct range {
    size_t first, last;
};

static bool holds_something(const struct histogram *const *rounds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rounds[i]->count + rounds[i]->unanswered == 0)
            return false;
    return count > 0;
}

/* A round whose quantile falls among the unanswered lets the mixture's be anywhere above. */
static struct range range_of(const struct histogram *const *rounds, size_t count, double q)
{
    struct range range = { .first = HISTOGRAM_SLOTS - 1, .last = 0 };

    for (size_t i = 0; i < count; i++) {
        const struct histogram *h = rounds[i];
        struct quantile         own = histogram_quantile(h, q);
        size_t first = histogram_slot((int64_t)own.ns), last = first;
        if (own.at_least)
            first = last = HISTOGRAM_SLOTS - 1;
        if (first < range.first)
            range.first = first;
        if (last > range.last)
            range.last = last;
    }
    return range;
}

static bool is_empty(const struct histogram *const *rounds, size_t count, size_t slot)
{
    for (size_t i = 0; i < count; i++)
        if (rounds[i]->counts[slot] > 0)
            return false;
    return true;
}

static size_t count_columns(const struct histogram *const *rounds, size_t count, struct range range)
{
    size_t columns = 0;

    for (size_t slot = range.first; slot <= range.last; slot++)
        columns += !is_empty(rounds, count, slot);
    return columns;
}

/* All that lies below the range, which the first column counts in. */
static void count_below(struct mixture *m, const struct histogram *const *rounds, size_t first)
{
    for (size_t i = 0; i < m->rounds; i++)
        for (size_t slot = 0; slot < first; slot++)
            m->up_to[i] += rounds[i]->counts[slot];
}

static void fill_columns(struct mixture *m, const struct histogram *const *rounds,
                         struct range range)
{
    uint64_t *column = m->up_to;

    count_below(m, rounds, range.first);
    for (size_t slot = range.first, k = 0; slot <= range.last; slot++) {
        if (is_empty(rounds, m->rounds, slot))
            continue;
        for (size_t i = 0; i < m->rounds; i++)
            column[i] = (k > 0 ? (column - m->rounds)[i] : column[i]) + rounds[i]->counts[slot];
        m->ns[k++] = histogram_slot_ns(slot);
        column += m->rounds;
    }
}

/* As a histogram answers: no column beyond what was seen, so that rounds of one value give it. */
static void clamp_columns(struct mixture *m, const struct histogram *const *rounds)
{
    int64_t least = HISTOGRAM_MAX_NS, most = 0;

    for (size_t i = 0; i < m->rounds; i++) {
        const struct histogram *h = rounds[i];
        if (h->count > 0 && h->min_ns < least)
            least = h->min_ns;
        most = h->max_ns > most ? h->max_ns : most;
        m->bound_ns = fmax(m->bound_ns, (double)(h->waited_ns > most ? h->waited_ns : most));
    }
    for (size_t k = 0; k < m->columns; k++)
        m->ns[k] = fmin(fmax(m->ns[k], (double)least), (double)most);
}

static uint64_t weighted(const uint64_t *counts, const uint32_t *weights, size_t rounds)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < rounds; i++)
        sum += counts[i] * weights[i];
    return sum;
}

bool mixture_open(struct mixture *m, const struct histogram *const *rounds, size_t count, double q)
{
    *m = (struct mixture){ .rounds = count, .q = q };
    if (!holds_something(rounds, count))
        return false;
    struct range range = range_of(rounds, count, q);
    m->columns = count_columns(rounds, count, range);
    m->ns = calloc(m->columns + 1, sizeof *m->ns);
    m->up_to = calloc((m->columns + 1) * count, sizeof *m->up_to);
    m->totals = calloc(count, sizeof *m->totals);
    if (!m->ns || !m->up_to || !m->totals)
        return false;
    fill_columns(m, rounds, range);
    clamp_columns(m, rounds);
    for (size_t i = 0; i < count; i++)
        m->totals[i] = rounds[i]->count + rounds[i]->unanswered;
    return true;
}

void mixture_close(struct mixture *m)
{
    free(m->ns);
    free(m->up_to);
    free(m->totals);
    *m = (struct mixture){ 0 };
}

struct quantile mixture_quantile(const struct mixture *m, const uint32_t *weights)
{
    uint64_t total = weighted(m->totals, weights, m->rounds);
    size_t   from = 0, to = m->columns;

    if (total == 0)
        return (struct quantile){ 0 };
    uint64_t rank = histogram_rank(m->q, total);
    while (from < to) {                     /* the first column up to which `rank` values lie */
        size_t middle = from + (to - from) / 2;
        if (weighted(m->up_to + middle * m->rounds, weights, m->rounds) < rank)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == m->columns)
        return (struct quantile){ .ns = m->bound_ns, .at_least = true };
    return (struct quantile){ .ns = m->ns[from] };
}

void resample_draw(struct rng *r, uint32_t *weights, size_t count)
{
    memset(weights, 0, count * sizeof *weights);
    for (size_t i = 0; i < count; i++)
        weights[rng_below(r, count)]++;
}

double resample_deviation(const double *values, size_t count)
{
    double mean = 0, squares = 0;

    for (size_t i = 0; i < count; i++) {
        double off = values[i] - mean;
        mean += off / (double)(i + 1);
        squares += off * (values[i] - mean);
    }
    return count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
}

double resample_percentile(const double *sorted, size_t count, double p)
{
    double at = p * (double)(count + 1) - 1;

    if (at <= 0)
        return sorted[0];
    if (at >= (double)(count - 1))
        return sorted[count - 1];
    size_t below = (size_t)at;
    return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

double resample_tail(size_t rounds, double confidence)
{
    double freedom = (double)rounds - 1;
    double t = student_quantile((1 - confidence) / 2, freedom);

    return normal_cdf(t * sqrt((double)rounds / freedom));
}
