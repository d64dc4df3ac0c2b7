/* test_verdict.c: each verdict at and on both sides of its limits, and that the rounds asked for
 * are those that would have done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "draw.h"
#include "stats/student.h"
#include "stats/verdict.h"

#define MARGIN 0.02

/* Of pairs whose log ratios have this mean and standard deviation, to the last digit. */
static struct ratio ratio_like(double mean, double deviation, size_t rounds)
{
    double error = deviation / sqrt((double)rounds), freedom = (double)rounds - 1;
    double half = error * student_quantile(0.975, freedom);

    return (struct ratio){
        .known = true,
        .estimate = exp(mean),
        .low = exp(mean - half),
        .high = exp(mean + half),
        .p = 2 * student_cdf(-fabs(mean) / error, freedom),
        .log_error = error,
        .freedom = freedom,
        .rounds = (unsigned)rounds,
    };
}

static struct verdict verdict_on(const struct ratio *r, double noise)
{
    return verdict_of(r, r->p, MARGIN, noise, 0.95);
}

static enum verdict_kind kind_of(double mean, double deviation, double noise)
{
    struct ratio r = ratio_like(mean, deviation, 10);

    return verdict_on(&r, noise).kind;
}

static void test_kinds(void **state)
{
    struct ratio unknown = { 0 };

    (void)state;
    assert_int_equal(verdict_on(&unknown, 0).kind, VERDICT_UNKNOWN);
    assert_int_equal(kind_of(0.05, 0.02, 0), VERDICT_HIGHER);
    assert_int_equal(kind_of(-0.05, 0.02, 0), VERDICT_LOWER);
    assert_int_equal(kind_of(0.001, 0.01, 0), VERDICT_EQUIVALENT);
    assert_int_equal(kind_of(-0.001, 0.01, 0), VERDICT_EQUIVALENT);
    assert_int_equal(kind_of(0.05, 0.2, 0), VERDICT_UNDECIDED);
    assert_int_equal(kind_of(0.015, 0.01, 0), VERDICT_UNDECIDED);
}

/* What is certain but smaller than the margin, or than the noise, is no difference. */
static void test_margin_and_noise(void **state)
{
    (void)state;
    assert_int_equal(kind_of(log(1.0199), 0.001, 0), VERDICT_UNDECIDED);
    assert_int_equal(kind_of(log(1.0201), 0.001, 0), VERDICT_HIGHER);
    assert_int_equal(kind_of(-log(1.0201), 0.001, 0), VERDICT_LOWER);
    assert_int_equal(kind_of(log(1.04), 0.001, 0.05), VERDICT_UNDECIDED);
    assert_int_equal(kind_of(-log(1.04), 0.001, 0.05), VERDICT_UNDECIDED);
    assert_int_equal(kind_of(-log(1.06), 0.001, 0.05), VERDICT_LOWER);
    assert_int_equal(kind_of(log(1.001), 0.001, 0.05), VERDICT_EQUIVALENT);
}

static void test_correction(void **state)
{
    struct ratio r = ratio_like(0.05, 0.06, 10);

    (void)state;
    assert_true(r.p > 0.01 && r.p < 0.05 && r.low > 1);
    assert_int_equal(verdict_of(&r, r.p, MARGIN, 0, 0.95).kind, VERDICT_HIGHER);
    assert_int_equal(verdict_of(&r, 6 * r.p, MARGIN, 0, 0.95).kind, VERDICT_UNDECIDED);
    assert_true(verdict_of(&r, 6 * r.p, MARGIN, 0, 0.95).more_rounds > 0);
}

/* Resampling's p and its interval are not made of the same figure: both must agree. */
static void test_interval_must_exclude_one(void **state)
{
    struct ratio r = ratio_like(0.05, 0.02, 10);

    (void)state;
    r.low = 0.999;
    assert_int_equal(verdict_on(&r, 0).kind, VERDICT_UNDECIDED);
    assert_in_range(verdict_on(&r, 0).more_rounds, 1, 5);
    r.low = 0.9;                            /* 3.1 times as far: up to 9.6 times the rounds */
    assert_in_range(verdict_on(&r, 0).more_rounds, 60, 86);
}

static void test_equivalence_limits(void **state)
{
    struct ratio r = ratio_like(0, 0.001, 10);

    (void)state;
    r.low = 1 / 1.02;
    r.high = 1.02;
    assert_int_equal(verdict_on(&r, 0).kind, VERDICT_EQUIVALENT);
    r.high = 1.0201;
    assert_int_equal(verdict_on(&r, 0).kind, VERDICT_UNDECIDED);
    r.high = 1.01;
    r.low = 0.98;                           /* below 1 / 1.02 */
    assert_int_equal(verdict_on(&r, 0).kind, VERDICT_UNDECIDED);
}

/* With so many rounds more there is a verdict, with one fewer there is none. */
static void assert_enough(double mean, double deviation, size_t rounds, enum verdict_kind expected)
{
    struct ratio r = ratio_like(mean, deviation, rounds);
    unsigned     more = verdict_on(&r, 0).more_rounds;

    assert_int_equal(verdict_on(&r, 0).kind, VERDICT_UNDECIDED);
    assert_in_range(more, 1, 9999);
    struct ratio fewer = ratio_like(mean, deviation, rounds + more - 1);
    struct ratio enough = ratio_like(mean, deviation, rounds + more);
    assert_int_equal(verdict_on(&fewer, 0).kind, VERDICT_UNDECIDED);
    assert_int_equal(verdict_on(&enough, 0).kind, expected);
}

static void test_more_rounds_are_enough(void **state)
{
    struct rng r = rng_seeded(draw_seed());
    int        tried = 0;

    (void)state;
    while (tried < 200) {
        double size = 0.1 * rng_unit(&r), mean = rng_below(&r, 2) ? size : -size;
        double deviation = 0.2 * rng_unit(&r);
        size_t rounds = 2 + rng_below(&r, 20);
        if (fabs(size - log1p(MARGIN)) < 0.004)     /* more than 10,000 */
            continue;
        struct ratio now = ratio_like(mean, deviation, rounds);
        if (verdict_on(&now, 0).kind != VERDICT_UNDECIDED)
            continue;
        assert_enough(mean, deviation, rounds,
                      size < log1p(MARGIN) ? VERDICT_EQUIVALENT
                      : mean > 0           ? VERDICT_HIGHER
                                           : VERDICT_LOWER);
        tried++;
    }
}

/* Six pairs, this one the least of them: its p must come below 0.05 / 6. */
static void test_more_rounds_after_correction(void **state)
{
    struct ratio r = ratio_like(0.05, 0.08, 10);
    unsigned     more = verdict_of(&r, fmin(1, 6 * r.p), MARGIN, 0, 0.95).more_rounds;
    struct ratio fewer = ratio_like(0.05, 0.08, 10 + more - 1);
    struct ratio enough = ratio_like(0.05, 0.08, 10 + more);

    (void)state;
    assert_in_range(more, 1, 100);
    assert_true(6 * r.p < 1);
    assert_int_equal(verdict_of(&fewer, 6 * fewer.p, MARGIN, 0, 0.95).kind, VERDICT_UNDECIDED);
    assert_int_equal(verdict_of(&enough, 6 * enough.p, MARGIN, 0, 0.95).kind, VERDICT_HIGHER);
}

static void test_more_rounds_that_nobody_can_say(void **state)
{
    struct ratio edge = ratio_like(log1p(MARGIN), 0.01, 10), infinite = ratio_like(0.001, 0.1, 10);
    struct ratio near_edge = ratio_like(log1p(MARGIN) - 1e-6, 0.05, 10);
    struct ratio beneath_noise = ratio_like(0.04, 0.05, 10), wide = ratio_like(0.001, 0.1, 10);

    (void)state;
    edge.estimate = 1 + MARGIN;
    assert_int_equal(verdict_on(&edge, 0).kind, VERDICT_UNDECIDED);
    assert_int_equal(verdict_on(&edge, 0).more_rounds, 0);
    infinite.high = INFINITY;
    assert_int_equal(verdict_on(&infinite, 0).more_rounds, 0);
    wide.low = 0;
    assert_int_equal(verdict_on(&wide, 0).more_rounds, 0);
    assert_int_equal(verdict_on(&near_edge, 0).more_rounds, 10000);
    assert_int_equal(verdict_on(&beneath_noise, 0.05).more_rounds, 0);
    assert_int_equal(verdict_on(&beneath_noise, 0.03).kind, VERDICT_HIGHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_margin_and_noise),
        cmocka_unit_test(test_correction),
        cmocka_unit_test(test_interval_must_exclude_one),
        cmocka_unit_test(test_equivalence_limits),
        cmocka_unit_test(test_more_rounds_are_enough),
        cmocka_unit_test(test_more_rounds_after_correction),
        cmocka_unit_test(test_more_rounds_that_nobody_can_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
