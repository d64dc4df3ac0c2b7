/* histogram.c: counts of durations, in slots whose width grows with the duration.
 *
 * A value's slot is made of where its highest bit stands and of the ten bits behind it: two
 * shifts and an addition, the same for small values as for large ones.  Nothing here allocates
 * but histogram_open(), and nothing is shared, so that a load generator may count each answer. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "stats/histogram.h"

enum {
    STEP_BITS = 10,     /* HISTOGRAM_STEPS is 1 << STEP_BITS */
};

_Static_assert(HISTOGRAM_STEPS == 1 << STEP_BITS, "the steps of an octave are a power of two");
_Static_assert(HISTOGRAM_SLOTS == ((40 - 1 - STEP_BITS) << STEP_BITS) + 2 * HISTOGRAM_STEPS,
               "the last slot holds HISTOGRAM_MAX_NS");

static inline int64_t clamped(int64_t ns)
{
    ns = ns < 0 ? 0 : ns;
    return ns > HISTOGRAM_MAX_NS ? HISTOGRAM_MAX_NS : ns;
}

/* The bit set at STEP_BITS gives the values below 2,048 the shift 0, without a branch. */
static inline size_t slot_of(uint64_t ns)
{
    int shift = 63 - STEP_BITS - __builtin_clzll(ns | HISTOGRAM_STEPS);

    return ((size_t)shift << STEP_BITS) + (size_t)(ns >> shift);
}

static void widen(struct histogram *h, int64_t min_ns, int64_t max_ns)
{
    if (h->count == 0 || min_ns < h->min_ns)
        h->min_ns = min_ns;
    if (max_ns > h->max_ns)
        h->max_ns = max_ns;
}

/* The first slot up to which `rank` values lie; rank is in [1, count]. */
static size_t slot_of_rank(const struct histogram *h, uint64_t rank)
{
    size_t   slot = slot_of((uint64_t)h->min_ns);
    uint64_t seen = h->counts[slot];

    while (seen < rank) {
        CHECK(slot + 1 < HISTOGRAM_SLOTS);
        seen += h->counts[++slot];
    }
    return slot;
}

static double within(double ns, double low, double high)
{
    ns = ns < low ? low : ns;
    return ns > high ? high : ns;
}

/* The longest wait is the best that is known of any of them: that each stands above every answer
 * is the convention, how long it would have taken nobody saw. */
static struct quantile unanswered_quantile(const struct histogram *h)
{
    int64_t ns = h->waited_ns > h->max_ns ? h->waited_ns : h->max_ns;

    return (struct quantile){ .ns = (double)ns, .at_least = true };
}

bool histogram_open(struct histogram *h)
{
    *h = (struct histogram){ .counts = calloc(HISTOGRAM_SLOTS, sizeof *h->counts) };
    return h->counts != NULL;
}

void histogram_close(struct histogram *h)
{
    free(h->counts);
    *h = (struct histogram){ 0 };
}

void histogram_reset(struct histogram *h)
{
    uint64_t *counts = h->counts;

    memset(counts, 0, HISTOGRAM_SLOTS * sizeof *counts);
    *h = (struct histogram){ .counts = counts };
}

void histogram_add(struct histogram *h, int64_t ns)
{
    ns = clamped(ns);
    widen(h, ns, ns);
    h->counts[slot_of((uint64_t)ns)]++;
    h->count++;
    h->sum_ns += (double)ns;
}

void histogram_add_unanswered(struct histogram *h, int64_t waited_ns)
{
    h->unanswered++;
    if (waited_ns > h->waited_ns)
        h->waited_ns = waited_ns;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count > 0) {
        widen(into, from->min_ns, from->max_ns);
        size_t last = slot_of((uint64_t)from->max_ns);
        for (size_t slot = slot_of((uint64_t)from->min_ns); slot <= last; slot++)
            into->counts[slot] += from->counts[slot];
    }
    into->count += from->count;
    into->sum_ns += from->sum_ns;
    into->unanswered += from->unanswered;
    if (from->waited_ns > into->waited_ns)
        into->waited_ns = from->waited_ns;
}

struct quantile histogram_quantile(const struct histogram *h, double q)
{
    uint64_t total = h->count + h->unanswered;

    CHECK(q > 0 && q <= 1);
    if (total == 0)
        return (struct quantile){ 0 };
    uint64_t rank = histogram_rank(q, total);
    if (rank > h->count)
        return unanswered_quantile(h);
    double middle = histogram_slot_ns(slot_of_rank(h, rank));
    return (struct quantile){ .ns = within(middle, (double)h->min_ns, (double)h->max_ns) };
}

double histogram_mean_ns(const struct histogram *h)
{
    return h->count > 0 ? h->sum_ns / (double)h->count : 0;
}

/* The product of 0.07 and 100 stands a hair above 7 in binary, and is not meant to. */
uint64_t histogram_rank(double q, uint64_t total)
{
    double   exact = q * (double)total;
    uint64_t rank = (uint64_t)exact;

    if (exact - (double)rank > 1e-12 * exact)
        rank++;
    if (rank < 1)
        return 1;
    return rank > total ? total : rank;
}

size_t histogram_slot(int64_t ns)
{
    return slot_of((uint64_t)clamped(ns));
}

double histogram_slot_ns(size_t slot)
{
    CHECK(slot < HISTOGRAM_SLOTS);
    if (slot < 2 * HISTOGRAM_STEPS)
        return (double)slot;
    size_t   shift = (slot >> STEP_BITS) - 1;
    uint64_t first = (uint64_t)(slot - (shift << STEP_BITS)) << shift;
    return (double)first + (double)((UINT64_C(1) << shift) - 1) / 2;
}
