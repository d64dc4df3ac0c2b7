/* test_resample.c: the quantile of a mixture is that of the histograms merged, whatever the
 * weights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "draw.h"
#include "stats/resample.h"
#include "stats/student.h"

enum { ROUNDS = 7 };

struct world {
    struct histogram        rounds[ROUNDS], merged;
    const struct histogram *at[ROUNDS];
};

static int open_world(void **state)
{
    static struct world w;

    for (int i = 0; i < ROUNDS; i++) {
        assert_true(histogram_open(&w.rounds[i]));
        w.at[i] = &w.rounds[i];
    }
    assert_true(histogram_open(&w.merged));
    *state = &w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < ROUNDS; i++)
        histogram_close(&w->rounds[i]);
    histogram_close(&w->merged);
    return 0;
}

static struct quantile merged_quantile(struct world *w, const uint32_t *weights, double q)
{
    histogram_reset(&w->merged);
    for (int i = 0; i < ROUNDS; i++)
        for (uint32_t k = 0; k < weights[i]; k++)
            histogram_merge(&w->merged, &w->rounds[i]);
    return histogram_quantile(&w->merged, q);
}

static void fill(struct world *w, struct rng *r, int unanswered)
{
    for (int i = 0; i < ROUNDS; i++) {
        double   middle = 1e5 * exp(0.4 * draw_normal(r));
        uint64_t count = 1 + rng_below(r, 400);
        histogram_reset(&w->rounds[i]);
        for (uint64_t k = 0; k < count; k++)
            histogram_add(&w->rounds[i], draw_latency(r, middle, 0.5));
        for (int k = 0; k < unanswered; k++)
            if (rng_below(r, 3) == 0)
                histogram_add_unanswered(&w->rounds[i], rng_below(r, 2) ? 1000000000 : 10);
    }
    for (int k = 0; unanswered == 3 && k < 40; k++)     /* a round whose own quantile is nowhere */
        histogram_add_unanswered(&w->rounds[0], 10);
}

/* An end of the merged histogram may be the end of one round that was not drawn: half a slot. */
static void compare_draws(struct world *w, struct rng *r, double q)
{
    uint32_t       weights[ROUNDS];
    struct mixture m;

    assert_true(mixture_open(&m, w->at, ROUNDS, q));
    for (int i = 0; i < 20; i++) {
        resample_draw(r, weights, ROUNDS);
        struct quantile expected = merged_quantile(w, weights, q);
        struct quantile actual = mixture_quantile(&m, weights);
        assert_int_equal(actual.at_least, expected.at_least);
        if (!actual.at_least && !(fabs(actual.ns - expected.ns) <= 0.0005 * expected.ns))
            fail_msg("q %f: %f is not %f", q, actual.ns, expected.ns);
    }
    mixture_close(&m);
}

static void test_as_merged(void **state)
{
    static const double quantiles[] = { 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1 };
    struct rng          r = rng_seeded(draw_seed());

    for (int i = 0; i < 20; i++) {
        fill(*state, &r, i % 4);
        for (size_t k = 0; k < sizeof quantiles / sizeof *quantiles; k++)
            compare_draws(*state, &r, quantiles[k]);
    }
}

static void test_what_cannot_be_opened(void **state)
{
    struct world  *w = *state;
    struct mixture m;

    for (int i = 0; i < ROUNDS; i++)
        histogram_reset(&w->rounds[i]);
    for (int i = 0; i + 1 < ROUNDS; i++)
        histogram_add(&w->rounds[i], 1);
    assert_false(mixture_open(&m, w->at, ROUNDS, 0.5));
    mixture_close(&m);
    assert_false(mixture_open(&m, w->at, 0, 0.5));
    mixture_close(&m);
}

static void test_no_weight(void **state)
{
    struct world  *w = *state;
    uint32_t       weights[ROUNDS] = { 0 };
    struct mixture m;
    struct rng     r = rng_seeded(1);

    fill(w, &r, 0);
    assert_true(mixture_open(&m, w->at, ROUNDS, 0.5));
    assert_true(mixture_quantile(&m, weights).ns == 0);
    mixture_close(&m);
}

/* Each of n rounds is drawn n times in n resamples, and left out of a share of (1 - 1/n)^n. */
static void test_draws(void **state)
{
    struct rng r = rng_seeded(draw_seed());
    uint32_t   weights[ROUNDS];
    double     drawn[ROUNDS] = { 0 }, left_out = 0;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint32_t sum = 0;
        resample_draw(&r, weights, ROUNDS);
        for (int k = 0; k < ROUNDS; k++) {
            sum += weights[k];
            drawn[k] += weights[k];
            left_out += weights[k] == 0;
        }
        assert_int_equal(sum, ROUNDS);
    }
    for (int k = 0; k < ROUNDS; k++)
        assert_true(fabs(drawn[k] / 10000 - 1) < 0.05);
    assert_true(fabs(left_out / 10000 / ROUNDS - pow(1 - 1.0 / ROUNDS, ROUNDS)) < 0.01);
}

static void test_percentiles(void **state)
{
    static const double sorted[] = { 10, 20, 30, 40 };

    (void)state;
    assert_true(resample_percentile(sorted, 4, 0.2) == 10);
    assert_true(fabs(resample_percentile(sorted, 4, 0.5) - 25) < 1e-12);
    assert_true(fabs(resample_percentile(sorted, 4, 0.7) - 35) < 1e-12);
    assert_true(resample_percentile(sorted, 4, 0.001) == 10);
    assert_true(resample_percentile(sorted, 4, 0.999) == 40);
    assert_true(resample_percentile(sorted, 1, 0.5) == 10);
    assert_true(fabs(resample_deviation(sorted, 4) - sqrt(500 / 3.0)) < 1e-12);
    assert_true(resample_deviation(sorted, 1) == 0);
}

/* Ten rounds: t is 2.262, times sqrt(10 / 9) is 2.3845, below which the normal has 0.855 %; and
 * many rounds come to what is asked for. */
static void test_tail(void **state)
{
    (void)state;
    assert_true(fabs(resample_tail(10, 0.95) - 0.00855) < 0.00001);
    assert_true(resample_tail(2, 0.95) < 1e-60);
    assert_true(fabs(resample_tail(1000000, 0.95) - 0.025) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_merged),   cmocka_unit_test(test_what_cannot_be_opened),
        cmocka_unit_test(test_no_weight),   cmocka_unit_test(test_draws),
        cmocka_unit_test(test_percentiles), cmocka_unit_test(test_tail),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
