/* test_ratio.c: ratios of figures by hand-made cases, and intervals by simulation: how often they
 * hold the truth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "draw.h"
#include "stats/ratio.h"
#include "stats/resample.h"
#include "stats/student.h"

enum { ROUNDS = 10, RESAMPLES = 500 };

static void assert_near(double actual, double expected, double off)
{
    if (!(fabs(actual - expected) <= off))
        fail_msg("%.15g is not %.15g", actual, expected);
}

/* ---- Figures ------------------------------------------------------------------------------ */

/* Log ratios 0.1, 0.2 and 0.3: mean 0.2, standard error 0.1 / sqrt(3), t of two degrees. */
static void test_paired(void **state)
{
    double       b[] = { 5, 700, 0.3 };
    double       a[] = { 5 * exp(0.1), 700 * exp(0.3), 0.3 * exp(0.2) };
    struct ratio r = ratio_paired(a, b, 3, 0.95);
    double       t = 2 * sqrt(3), half = 4.3026527297 * 0.1 / sqrt(3);

    (void)state;
    assert_true(r.known);
    assert_near(r.estimate, exp(0.2), 1e-12);
    assert_near(r.log_error, 0.1 / sqrt(3), 1e-12);
    assert_near(r.low, exp(0.2 - half), 1e-9);
    assert_near(r.high, exp(0.2 + half), 1e-9);
    assert_near(r.p, 1 - t / sqrt(2 + t * t), 1e-9);
    assert_true(r.freedom == 2);
    assert_int_equal(r.rounds, 3);
}

/* Log figures 0, 1, 2 and 3, 5: variances 1 and 2, so 1/3 + 1 is the squared error of -3, with
 * (4/3)^2 / ((1/3)^2 / 2 + 1) = 32/19 degrees of freedom. */
static void test_unpaired(void **state)
{
    double       a[] = { exp(2), exp(0), exp(1) }, b[] = { exp(3), exp(5) };
    struct ratio r = ratio_unpaired(a, 3, b, 2, 0.9);
    double       error = sqrt(4.0 / 3), freedom = 32.0 / 19;

    (void)state;
    assert_true(r.known);
    assert_near(r.estimate, exp(-3), 1e-12);
    assert_near(r.freedom, freedom, 1e-12);
    assert_near(r.log_error, error, 1e-12);
    assert_near(log(r.high), -3 + student_quantile(0.95, freedom) * error, 1e-9);
    assert_near(log(r.low), -3 - student_quantile(0.95, freedom) * error, 1e-9);
    assert_near(r.p, 2 * student_cdf(-3 / error, freedom), 1e-12);
    assert_int_equal(r.rounds, 2);
}

static void test_turned_round(void **state)
{
    double       a[] = { 3, 4, 5, 4.5 }, b[] = { 2, 5, 5.5, 3 };
    struct ratio r = ratio_paired(a, b, 4, 0.95), turned = ratio_paired(b, a, 4, 0.95);

    (void)state;
    assert_near(r.estimate * turned.estimate, 1, 1e-12);
    assert_near(r.low * turned.high, 1, 1e-12);
    assert_near(r.p, turned.p, 1e-12);
}

/* A block that is slow for both widens only the interval of rounds that are not paired. */
static void test_pairs_share_their_block(void **state)
{
    double       a[] = { 100, 50, 200, 80 }, b[] = { 99, 50.2, 198, 80.4 };
    struct ratio paired = ratio_paired(a, b, 4, 0.95);
    struct ratio apart = ratio_unpaired(a, 4, b, 4, 0.95);

    (void)state;
    assert_near(paired.estimate, apart.estimate, 1e-12);
    assert_true(paired.high < 1.02 && apart.high > 2);
}

static void test_no_scatter(void **state)
{
    double       a[] = { 0.3, 0.7, 1.1 }, b[] = { 0.1 * 0.3, 0.1 * 0.7, 0.1 * 1.1 };
    double       fives[] = { 5, 5 }, sixes[] = { 6, 6, 6 };
    struct ratio same = ratio_paired(a, a, 3, 0.95), tenfold = ratio_paired(a, b, 3, 0.95);
    struct ratio apart = ratio_unpaired(fives, 2, sixes, 3, 0.95);

    (void)state;
    assert_true(same.known && same.p == 1 && same.estimate == 1);
    assert_true(same.low == 1 && same.high == 1);
    assert_true(tenfold.known && tenfold.p == 0);
    assert_near(tenfold.low, 10, 1e-9);
    assert_near(tenfold.high, 10, 1e-9);
    assert_true(apart.known && apart.p == 0 && apart.freedom == 1);
    assert_true(ratio_unpaired(fives, 2, fives, 2, 0.95).p == 1);
}

static void test_unknown(void **state)
{
    double a[] = { 1, 2, 3 };
    double wrong[] = { 0, -1, NAN, INFINITY };

    (void)state;
    assert_false(ratio_paired(a, a, 1, 0.95).known);
    assert_false(ratio_paired(a, a, 0, 0.95).known);
    assert_false(ratio_unpaired(a, 1, a, 3, 0.95).known);
    assert_false(ratio_unpaired(a, 3, a, 1, 0.95).known);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        double b[] = { 1, 2, wrong[i] };
        assert_false(ratio_paired(a, b, 3, 0.95).known);
        assert_false(ratio_paired(b, a, 3, 0.95).known);
        assert_false(ratio_unpaired(a, 3, b, 3, 0.95).known);
    }
}

static void test_means(void **state)
{
    double          values[] = { 10, 12, 14 }, wrong[] = { 1, NAN }, none[] = { 0, 0 };
    struct estimate e = estimate_mean(values, 3, 0.95), one = estimate_mean(values, 1, 0.95);

    (void)state;
    assert_true(e.known && e.value == 12 && !e.at_least);
    assert_near(e.low, 12 - 4.3026527297 * 2 / sqrt(3), 1e-9);
    assert_near(e.high, 12 + 4.3026527297 * 2 / sqrt(3), 1e-9);
    assert_true(!one.known && one.value == 10);
    assert_false(estimate_mean(values, 0, 0.95).known);
    assert_false(estimate_mean(wrong, 2, 0.95).known);
    assert_true(estimate_mean(none, 2, 0.95).known);
}

static void test_holm(void **state)
{
    double p[] = { 0.01, 0.04, 0.03, 0.005 }, expected[] = { 0.03, 0.06, 0.06, 0.02 };
    double odd[] = { NAN, 0.001, -0.0, 7 };
    double tiny[] = { 1e-20, 0.9, NAN, 0, 0.8 }, one[] = { 0.3 };

    (void)state;
    holm_adjust(p, 4);
    for (int i = 0; i < 4; i++)
        assert_near(p[i], expected[i], 1e-15);
    holm_adjust(tiny, 5);
    assert_near(tiny[0], 4e-20, 1e-34);
    assert_true(tiny[1] == 1 && tiny[2] == 1 && tiny[3] == 0 && tiny[4] == 1);
    assert_false(signbit(tiny[3]));
    holm_adjust(odd, 4);
    assert_true(odd[0] == 1 && odd[1] == 0.003 && odd[2] == 0 && odd[3] == 1);
    holm_adjust(one, 1);
    assert_true(one[0] == 0.3);
    holm_adjust(NULL, 0);
}

/* ---- Quantiles ---------------------------------------------------------------------------- */

struct side {
    struct histogram        rounds[ROUNDS];
    const struct histogram *at[ROUNDS];
};

static struct world {
    struct side a, b;
} world;

static void open_side(struct side *s)
{
    for (int i = 0; i < ROUNDS; i++) {
        assert_true(histogram_open(&s->rounds[i]));
        s->at[i] = &s->rounds[i];
    }
}

static int open_world(void **state)
{
    (void)state;
    open_side(&world.a);
    open_side(&world.b);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        histogram_close(&world.a.rounds[i]);
        histogram_close(&world.b.rounds[i]);
    }
    return 0;
}

static void fill_constant(struct side *s, int64_t ns)
{
    for (int i = 0; i < ROUNDS; i++) {
        histogram_reset(&s->rounds[i]);
        for (int k = 0; k < 50; k++)
            histogram_add(&s->rounds[i], ns);
    }
}

static struct ratio p99_paired(uint64_t seed)
{
    struct rng r = rng_seeded(seed);

    return ratio_quantile_paired(world.a.at, world.b.at, ROUNDS, 0.99, RESAMPLES, &r, 0.95);
}

static struct ratio p99_unpaired(uint64_t seed)
{
    struct rng r = rng_seeded(seed);

    return ratio_quantile_unpaired(world.a.at, ROUNDS, world.b.at, ROUNDS - 2, 0.99, RESAMPLES, &r,
                                   0.95);
}

/* 100,000 and 100,020 ns share a slot: each side answers with what it saw all the same. */
static void test_constant_latencies(void **state)
{
    (void)state;
    fill_constant(&world.a, 100000);
    fill_constant(&world.b, 100020);
    struct ratio r = p99_paired(1);
    assert_true(r.known && r.p == 0 && r.log_error == 0);
    assert_near(r.estimate, 100000 / 100020.0, 1e-12);
    assert_near(r.low, r.estimate, 1e-12);
    assert_near(r.high, r.estimate, 1e-12);
    fill_constant(&world.b, 100000);
    assert_true(p99_paired(1).p == 1);
    assert_true(p99_paired(1).estimate == 1);
    assert_true(p99_unpaired(1).p == 1);
}

static void test_unknown_quantiles(void **state)
{
    struct rng r = rng_seeded(1);

    (void)state;
    fill_constant(&world.a, 1000);
    fill_constant(&world.b, 1000);
    assert_false(ratio_quantile_paired(world.a.at, world.b.at, 1, 0.5, 9, &r, 0.95).known);
    assert_false(ratio_quantile_unpaired(world.a.at, 2, world.b.at, 1, 0.5, 9, &r, 0.95).known);
    histogram_reset(&world.b.rounds[3]);
    assert_false(p99_paired(1).known);
    fill_constant(&world.b, 0);             /* no logarithm */
    assert_false(p99_paired(1).known);
    fill_constant(&world.b, 1000);
    for (int i = 0; i < 10; i++)            /* 2 % of all */
        histogram_add_unanswered(&world.b.rounds[i], 5000);
    assert_false(p99_paired(1).known);
    assert_false(p99_unpaired(1).known);
}

/* Log-normal, with a shift that both sides of a block share and one of each round's own. */
static void fill_log_normal(struct rng *r, int count, double factor, double shared)
{
    for (int i = 0; i < ROUNDS; i++) {
        double block = 200e3 * exp(shared * draw_normal(r));
        double a = factor * block * exp(0.03 * draw_normal(r));
        double b = block * exp(0.03 * draw_normal(r));
        histogram_reset(&world.a.rounds[i]);
        histogram_reset(&world.b.rounds[i]);
        for (int k = 0; k < count; k++) {
            histogram_add(&world.a.rounds[i], draw_latency(r, a, 0.4));
            histogram_add(&world.b.rounds[i], draw_latency(r, b, 0.4));
        }
    }
}

static double merged_p99(const struct side *s, size_t count)
{
    struct histogram h;

    assert_true(histogram_open(&h));
    for (size_t i = 0; i < count; i++)
        histogram_merge(&h, s->at[i]);
    double ns = histogram_quantile(&h, 0.99).ns;
    histogram_close(&h);
    return ns;
}

/* The same draws once more, by hand. */
static double error_by_hand(uint64_t seed)
{
    struct rng     r = rng_seeded(seed);
    struct mixture a, b;
    uint32_t       weights[ROUNDS];
    double         logs[RESAMPLES];

    assert_true(mixture_open(&a, world.a.at, ROUNDS, 0.99));
    assert_true(mixture_open(&b, world.b.at, ROUNDS, 0.99));
    for (int i = 0; i < RESAMPLES; i++) {
        resample_draw(&r, weights, ROUNDS);
        logs[i] = log(mixture_quantile(&a, weights).ns / mixture_quantile(&b, weights).ns);
    }
    mixture_close(&a);
    mixture_close(&b);
    return resample_deviation(logs, RESAMPLES) * sqrt(10 / 9.0);
}

static void test_quantiles_of_all_merged(void **state)
{
    struct rng r = rng_seeded(draw_seed());

    (void)state;
    fill_log_normal(&r, 1000, 1.3, 0.1);
    struct ratio paired = p99_paired(5), again = p99_paired(5), other = p99_paired(6);
    struct ratio apart = p99_unpaired(5);
    assert_near(paired.estimate, merged_p99(&world.a, 10) / merged_p99(&world.b, 10), 1e-12);
    assert_near(apart.estimate, merged_p99(&world.a, 10) / merged_p99(&world.b, 8), 1e-12);
    assert_int_equal(paired.rounds, 10);
    assert_int_equal(apart.rounds, 8);
    assert_true(paired.freedom == 9 && apart.freedom == 7);
    assert_true(paired.low < paired.estimate && paired.estimate < paired.high);
    assert_near(paired.p, 2 * student_cdf(-log(paired.estimate) / paired.log_error, 9), 1e-12);
    assert_memory_equal(&paired.low, &again.low, sizeof paired.low);
    assert_true(paired.low != other.low);
    assert_near(paired.log_error, error_by_hand(5), 1e-12);
    assert_true(apart.log_error > paired.log_error);
}

static void test_own_quantile(void **state)
{
    struct rng r = rng_seeded(draw_seed());

    (void)state;
    fill_log_normal(&r, 1000, 1, 0.1);
    struct estimate e = estimate_quantile(world.a.at, ROUNDS, 0.99, RESAMPLES, &r, 0.95);
    assert_true(e.known && !e.at_least);
    assert_near(e.value, merged_p99(&world.a, 10), 1e-6);
    assert_true(e.low < e.value && e.value < e.high && e.low > 0.7 * e.value);
    e = estimate_quantile(world.a.at, 1, 0.99, RESAMPLES, &r, 0.95);
    assert_true(!e.known && e.value > 0);
    assert_false(estimate_quantile(world.a.at, 0, 0.99, RESAMPLES, &r, 0.95).known);
}

/* One round in ten has 5 % unanswered: of all that is 0.5 %, of a resample with that round twice
 * or more at least 1 %: the p99 is known, its upper end is not. */
static void test_own_quantile_at_least(void **state)
{
    struct rng r = rng_seeded(draw_seed());

    (void)state;
    fill_log_normal(&r, 1000, 1, 0.1);
    for (int i = 0; i < 53; i++)
        histogram_add_unanswered(&world.a.rounds[0], 2000000000);
    struct estimate e = estimate_quantile(world.a.at, ROUNDS, 0.99, RESAMPLES, &r, 0.95);
    assert_true(e.known && e.at_least);
    assert_true(e.value < 1e6 && e.high == 2e9);
    e = estimate_quantile(world.a.at, ROUNDS, 0.999, RESAMPLES, &r, 0.95);
    assert_true(e.known && e.at_least && e.value == 2e9);
    e = estimate_quantile(world.a.at, ROUNDS, 0.5, RESAMPLES, &r, 0.95);
    assert_true(e.known && !e.at_least);
}

/* ---- Coverage ----------------------------------------------------------------------------- */

static bool holds(const struct ratio *r, double truth)
{
    return r->known && r->low <= truth && truth <= r->high;
}

static void test_paired_coverage(void **state)
{
    enum { CAMPAIGNS = 4000 };
    struct rng r = rng_seeded(draw_seed());
    int        held = 0, small = 0;

    (void)state;
    for (int i = 0; i < CAMPAIGNS; i++) {
        double a[ROUNDS], b[ROUNDS];
        for (int k = 0; k < ROUNDS; k++) {
            double block = 1000 * exp(0.2 * draw_normal(&r));
            a[k] = 1.1 * block * exp(0.015 * draw_normal(&r));
            b[k] = block * exp(0.015 * draw_normal(&r));
        }
        struct ratio found = ratio_paired(a, b, ROUNDS, 0.95);
        held += holds(&found, 1.1);
        for (int k = 0; k < ROUNDS; k++)
            a[k] /= 1.1;
        small += ratio_paired(a, b, ROUNDS, 0.95).p < 0.05;
    }
    printf("held %.1f %%, p < 0.05 of no difference %.1f %%\n", 100.0 * held / CAMPAIGNS,
           100.0 * small / CAMPAIGNS);
    assert_in_range(held, 0.93 * CAMPAIGNS, 0.97 * CAMPAIGNS);
    assert_in_range(small, 0.03 * CAMPAIGNS, 0.07 * CAMPAIGNS);
}

static void test_quantile_coverage(void **state)
{
    enum { CAMPAIGNS = 400 };
    struct rng r = rng_seeded(draw_seed());
    int        held = 0, small = 0;

    (void)state;
    for (int i = 0; i < CAMPAIGNS; i++) {
        fill_log_normal(&r, 500, 1.1, 0.1);
        struct ratio found =
            ratio_quantile_paired(world.a.at, world.b.at, ROUNDS, 0.99, RESAMPLES, &r, 0.95);
        held += holds(&found, 1.1);
        small += student_cdf(-fabs(log(found.estimate / 1.1)) / found.log_error, 9) < 0.025;
    }
    printf("held %.1f %%, p < 0.05 of the truth %.1f %%\n", 100.0 * held / CAMPAIGNS,
           100.0 * small / CAMPAIGNS);
    assert_in_range(held, 0.91 * CAMPAIGNS, CAMPAIGNS);
    assert_in_range(small, 0, 0.09 * CAMPAIGNS);
}

static void test_unpaired_quantile_coverage(void **state)
{
    enum { CAMPAIGNS = 400 };
    struct rng r = rng_seeded(draw_seed());
    int        held = 0;

    (void)state;
    for (int i = 0; i < CAMPAIGNS; i++) {
        fill_log_normal(&r, 500, 1.1, 0);
        struct ratio found = ratio_quantile_unpaired(world.a.at, ROUNDS, world.b.at, ROUNDS, 0.99,
                                                     RESAMPLES, &r, 0.95);
        held += holds(&found, 1.1);
    }
    printf("held %.1f %%\n", 100.0 * held / CAMPAIGNS);
    assert_in_range(held, 0.91 * CAMPAIGNS, CAMPAIGNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paired),
        cmocka_unit_test(test_unpaired),
        cmocka_unit_test(test_turned_round),
        cmocka_unit_test(test_pairs_share_their_block),
        cmocka_unit_test(test_no_scatter),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_holm),
        cmocka_unit_test(test_constant_latencies),
        cmocka_unit_test(test_unknown_quantiles),
        cmocka_unit_test(test_quantiles_of_all_merged),
        cmocka_unit_test(test_own_quantile),
        cmocka_unit_test(test_own_quantile_at_least),
        cmocka_unit_test(test_paired_coverage),
        cmocka_unit_test(test_quantile_coverage),
        cmocka_unit_test(test_unpaired_quantile_coverage),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
