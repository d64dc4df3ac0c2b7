/* test_histogram.c: what a histogram answers against the sorted samples it was made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "draw.h"

enum { SAMPLES = 20000 };

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* ---- Slots -------------------------------------------------------------------------------- */

static void test_slots_below_2048_are_exact(void **state)
{
    (void)state;
    for (int64_t ns = 0; ns < 2048; ns++) {
        assert_int_equal(histogram_slot(ns), ns);
        assert_true(histogram_slot_ns((size_t)ns) == (double)ns);
    }
}

/* The neighbours of each octave's bounds: slots follow each other without a gap. */
static void test_slots_are_in_order(void **state)
{
    (void)state;
    assert_int_equal(histogram_slot(2048), 2048);
    assert_int_equal(histogram_slot(2049), 2048);
    assert_int_equal(histogram_slot(2050), 2049);
    for (int bit = 12; bit < 40; bit++) {
        int64_t first = INT64_C(1) << bit, step = first / HISTOGRAM_STEPS;
        assert_int_equal(histogram_slot(first), histogram_slot(first - 1) + 1);
        assert_int_equal(histogram_slot(first + step - 1), histogram_slot(first));
        assert_int_equal(histogram_slot(first + step), histogram_slot(first) + 1);
    }
    assert_int_equal(histogram_slot(HISTOGRAM_MAX_NS), HISTOGRAM_SLOTS - 1);
    assert_int_equal(histogram_slot(HISTOGRAM_MAX_NS + 1), HISTOGRAM_SLOTS - 1);
    assert_int_equal(histogram_slot(INT64_MAX), HISTOGRAM_SLOTS - 1);
    assert_int_equal(histogram_slot(-1), 0);
}

static void test_slot_of_its_own_middle(void **state)
{
    (void)state;
    for (size_t slot = 0; slot < HISTOGRAM_SLOTS; slot++)
        assert_int_equal(histogram_slot((int64_t)histogram_slot_ns(slot)), slot);
}

static void test_relative_error(void **state)
{
    struct rng r = rng_seeded(draw_seed());

    (void)state;
    for (int i = 0; i < 200000; i++) {
        int64_t ns = (int64_t)(rng_next(&r) >> (24 + rng_below(&r, 40)));
        double  off = fabs(histogram_slot_ns(histogram_slot(ns)) - (double)ns);
        assert_true(off <= 0.0005 * (double)ns);
    }
}

/* ---- Quantiles ---------------------------------------------------------------------------- */

static int64_t draw_log_normal(struct rng *r)
{
    return draw_latency(r, 250e3, 0.7);
}

static int64_t draw_bimodal(struct rng *r)
{
    double middle = rng_unit(r) < 0.97 ? 90e3 : 20e6;

    return (int64_t)(middle * (1 + 0.05 * rng_unit(r)));
}

static int64_t draw_constant(struct rng *r)
{
    (void)r;
    return 1234567;
}

static int64_t draw_uniform(struct rng *r)
{
    return (int64_t)rng_below(r, 3000000);
}

static int64_t draw_tiny(struct rng *r)
{
    return (int64_t)rng_below(r, 5);
}

static const struct distribution {
    const char *name;
    int64_t (*draw)(struct rng *r);
} distributions[] = {
    { "log-normal", draw_log_normal }, { "bimodal", draw_bimodal }, { "constant", draw_constant },
    { "uniform", draw_uniform },       { "tiny", draw_tiny },
};

/* ceil(permille * count / 1000), in whole numbers. */
static int64_t order_statistic(const int64_t *sorted, size_t count, size_t permille)
{
    return sorted[(permille * count + 999) / 1000 - 1];
}

static void compare_quantiles(const struct distribution *d, struct rng *r, size_t count)
{
    static int64_t   samples[SAMPLES];
    struct histogram h;
    double           sum = 0;

    assert_true(histogram_open(&h));
    for (size_t i = 0; i < count; i++) {
        samples[i] = d->draw(r);
        sum += (double)samples[i];
        histogram_add(&h, samples[i]);
    }
    qsort(samples, count, sizeof *samples, compare);
    for (size_t permille = 1; permille <= 1000; permille++) {
        double          exact = (double)order_statistic(samples, count, permille);
        struct quantile q = histogram_quantile(&h, (double)permille / 1000);
        if (q.at_least || fabs(q.ns - exact) > 0.001 * exact)
            fail_msg("%s of %zu: %zu permille is %f, not %f", d->name, count, permille, q.ns,
                     exact);
    }
    assert_int_equal(h.min_ns, samples[0]);
    assert_int_equal(h.max_ns, samples[count - 1]);
    assert_true(histogram_quantile(&h, 1).ns <= (double)h.max_ns);
    assert_true(fabs(histogram_mean_ns(&h) - sum / (double)count) <= 1e-9 * sum);
    histogram_close(&h);
}

static void test_quantiles(void **state)
{
    static const size_t counts[] = { 1, 2, 3, 10, 99, 100, 101, 1000, SAMPLES };
    struct rng          r = rng_seeded(draw_seed());

    (void)state;
    for (size_t i = 0; i < sizeof distributions / sizeof *distributions; i++)
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
            compare_quantiles(&distributions[i], &r, counts[k]);
}

/* A product such as 0.07 * 100 stands above 7 in binary: the rank is 7 all the same. */
static void test_ranks_as_written(void **state)
{
    struct histogram h;

    (void)state;
    assert_true(histogram_open(&h));
    for (int64_t i = 1; i <= 100; i++)
        histogram_add(&h, i);
    for (int percent = 1; percent <= 100; percent++)
        assert_true(histogram_quantile(&h, percent / 100.0).ns == percent);
    assert_true(histogram_quantile(&h, 0.001).ns == 1);
    assert_true(histogram_quantile(&h, 0.101).ns == 11);
    histogram_close(&h);
}

/* One value in a wide slot is answered as it is, not as the slot's middle. */
static void test_clamped_to_what_was_seen(void **state)
{
    struct histogram h;

    (void)state;
    assert_true(histogram_open(&h));
    histogram_add(&h, INT64_C(1) << 33);
    assert_true(histogram_quantile(&h, 0.5).ns == (double)(INT64_C(1) << 33));
    histogram_reset(&h);
    histogram_add(&h, (INT64_C(1) << 33) - 1);
    assert_true(histogram_quantile(&h, 0.5).ns == (double)((INT64_C(1) << 33) - 1));
    histogram_close(&h);
}

static void test_out_of_range(void **state)
{
    struct histogram h;

    (void)state;
    assert_true(histogram_open(&h));
    histogram_add(&h, -5);
    histogram_add(&h, INT64_MAX);
    assert_int_equal(h.min_ns, 0);
    assert_true(h.max_ns == HISTOGRAM_MAX_NS);
    assert_int_equal(h.counts[0], 1);
    assert_int_equal(h.counts[HISTOGRAM_SLOTS - 1], 1);
    assert_true(histogram_mean_ns(&h) == (double)HISTOGRAM_MAX_NS / 2);
    histogram_close(&h);
}

static void test_empty(void **state)
{
    struct histogram h, zeroed = { 0 };

    (void)state;
    histogram_close(&zeroed);
    assert_true(histogram_open(&h));
    assert_true(histogram_quantile(&h, 0.5).ns == 0);
    assert_false(histogram_quantile(&h, 0.5).at_least);
    assert_true(histogram_mean_ns(&h) == 0);
    assert_int_equal(h.min_ns, 0);
    assert_int_equal(h.max_ns, 0);
    histogram_close(&h);
    histogram_close(&h);
}

/* ---- The unanswered ----------------------------------------------------------------------- */

static void test_unanswered_stand_above(void **state)
{
    struct histogram h;

    (void)state;
    assert_true(histogram_open(&h));
    for (int i = 0; i < 98; i++)
        histogram_add(&h, 1000);
    histogram_add_unanswered(&h, 10);       /* reset early: above all the same */
    histogram_add_unanswered(&h, 2000000);
    assert_int_equal(h.count, 98);
    assert_true(histogram_quantile(&h, 0.98).ns == 1000);
    assert_false(histogram_quantile(&h, 0.98).at_least);
    assert_true(histogram_quantile(&h, 0.99).at_least);
    assert_true(histogram_quantile(&h, 0.99).ns == 2000000);
    assert_true(histogram_mean_ns(&h) == 1000);
    histogram_reset(&h);
    assert_int_equal(h.unanswered, 0);
    assert_int_equal(h.waited_ns, 0);
    histogram_close(&h);
}

static void test_unanswered_alone_and_short(void **state)
{
    struct histogram h;

    (void)state;
    assert_true(histogram_open(&h));
    histogram_add_unanswered(&h, 7);
    assert_true(histogram_quantile(&h, 0.5).at_least);
    assert_true(histogram_quantile(&h, 0.5).ns == 7);
    histogram_add(&h, 500);
    assert_true(histogram_quantile(&h, 1).at_least);
    assert_true(histogram_quantile(&h, 1).ns == 500);
    histogram_close(&h);
}

/* ---- Merging ------------------------------------------------------------------------------ */

static void assert_same(const struct histogram *a, const struct histogram *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->unanswered, b->unanswered);
    assert_int_equal(a->waited_ns, b->waited_ns);
    assert_int_equal(a->min_ns, b->min_ns);
    assert_int_equal(a->max_ns, b->max_ns);
    assert_true(fabs(a->sum_ns - b->sum_ns) <= 1e-9 * b->sum_ns);
    assert_memory_equal(a->counts, b->counts, HISTOGRAM_SLOTS * sizeof *a->counts);
}

static void test_merge(void **state)
{
    struct rng       r = rng_seeded(draw_seed());
    struct histogram parts[3], merged, whole;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(histogram_open(&parts[i]));
    assert_true(histogram_open(&merged));
    assert_true(histogram_open(&whole));
    for (int i = 0; i < 10000; i++) {       /* the third part stays empty */
        int64_t ns = draw_log_normal(&r);
        histogram_add(&parts[i % 2], ns);
        histogram_add(&whole, ns);
    }
    histogram_add_unanswered(&parts[0], 5);
    histogram_add_unanswered(&parts[2], 9);
    histogram_add_unanswered(&whole, 5);
    histogram_add_unanswered(&whole, 9);
    histogram_merge(&merged, &parts[1]);
    histogram_merge(&merged, &parts[2]);
    histogram_merge(&merged, &parts[0]);
    assert_same(&merged, &whole);
    for (int i = 0; i < 3; i++)
        histogram_close(&parts[i]);
    histogram_close(&merged);
    histogram_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots_below_2048_are_exact),
        cmocka_unit_test(test_slots_are_in_order),
        cmocka_unit_test(test_slot_of_its_own_middle),
        cmocka_unit_test(test_relative_error),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_ranks_as_written),
        cmocka_unit_test(test_clamped_to_what_was_seen),
        cmocka_unit_test(test_out_of_range),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_unanswered_stand_above),
        cmocka_unit_test(test_unanswered_alone_and_short),
        cmocka_unit_test(test_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
