/* test_student.c: published values, the cases that have a closed form, and there and back again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "draw.h"
#include "stats/student.h"

static void assert_near(double actual, double expected, double relative)
{
    if (!(fabs(actual - expected) <= relative * fabs(expected)))
        fail_msg("%.17g is not %.17g", actual, expected);
}

static const struct {
    double p, freedom, t;
} published[] = {
    { 0.975, 1, 12.7062047362 },  { 0.975, 2, 4.3026527297 },    { 0.975, 5, 2.5705818356 },
    { 0.975, 9, 2.2621571628 },   { 0.975, 19, 2.0930240544 },   { 0.975, 99, 1.9842169516 },
    { 0.95, 9, 1.8331129327 },    { 0.995, 9, 3.2498355416 },    { 0.9995, 9, 4.7809125859 },
    { 0.9, 3, 1.6377443536 },     { 0.95, 30, 1.6972608866 },    { 0.975, 120, 1.9799304051 },
};

static void test_published_student(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        double t = student_quantile(published[i].p, published[i].freedom);
        assert_true(fabs(t - published[i].t) < 1e-9);
        double p = student_cdf(published[i].t, published[i].freedom);
        assert_true(fabs(p - published[i].p) < 1e-10);
    }
}

static void test_published_normal(void **state)
{
    (void)state;
    assert_near(normal_quantile(0.975), 1.959963984540054, 1e-13);
    assert_near(normal_quantile(0.995), 2.575829303548901, 1e-13);
    assert_near(normal_quantile(0.9), 1.2815515655446004, 1e-13);
    assert_near(normal_quantile(1e-10), -6.361340902404056, 1e-13);
    assert_near(normal_cdf(1), 0.8413447460685429, 1e-14);
    assert_near(normal_cdf(-5), 2.866515718791939e-07, 1e-13);
    assert_true(normal_quantile(0.5) == 0);
    assert_true(normal_cdf(0) == 0.5);
}

/* Of one degree and of two there is a formula, in the tail as well. */
static void test_closed_forms(void **state)
{
    (void)state;
    for (double t = 1e-6; t < 1e9; t *= 1.3) {
        double root = sqrt(2 + t * t);
        assert_near(student_cdf(-t, 1), atan2(1, t) / M_PI, 1e-11);
        assert_near(student_cdf(t, 1), 1 - atan2(1, t) / M_PI, 1e-11);
        assert_near(student_cdf(-t, 2), 1 / (root * (root + t)), 1e-11);
        double cube = atan2(sqrt(3), t) - sqrt(3) * t / (3 + t * t);
        if (t < 30)                         /* further out the formula cancels itself */
            assert_near(student_cdf(-t, 3), cube / M_PI, 1e-9);
    }
}

/* Of an even number of degrees there is a sum (Abramowitz and Stegun 26.7.4). */
static double even_cdf(double t, int freedom)
{
    double square = 1 / (1 + t * t / freedom), term = 1, sum = 1;

    for (int i = 2; i < freedom; i += 2)
        sum += term *= square * (i - 1) / i;
    return (1 + t / sqrt(freedom + t * t) * sum) / 2;
}

static void test_even_freedom(void **state)
{
    (void)state;
    for (int freedom = 2; freedom < 300; freedom += 2)
        for (double t = -4; t <= 4; t += 0.25)
            assert_true(fabs(student_cdf(t, freedom) - even_cdf(t, freedom)) < 1e-12);
}

/* With much freedom Student's is nearly the normal distribution (Abramowitz and Stegun 26.7.8), on
 * both sides of the bound beyond which it is made of that. */
static void test_much_freedom(void **state)
{
    static const double freedoms[] = { 1e3, 1e5, 0.99e7, 1.01e7, 1e12 };

    (void)state;
    for (size_t i = 0; i < sizeof freedoms / sizeof *freedoms; i++) {
        double f = freedoms[i];
        for (double t = 0.1; t < 3; t += 0.1) {
            double z = t * (1 - 1 / (4 * f)) / sqrt(1 + t * t / (2 * f));
            assert_true(fabs(student_cdf(t, f) - normal_cdf(z)) < 1 / (f * f) + 2e-11);
        }
    }
    assert_near(student_quantile(0.975, INFINITY), normal_quantile(0.975), 1e-15);
}

static void test_symmetry(void **state)
{
    struct rng r = rng_seeded(draw_seed());

    (void)state;
    for (int i = 0; i < 5000; i++) {
        double freedom = exp(8 * rng_unit(&r)), t = exp(6 * rng_unit(&r) - 3), p = rng_unit(&r);
        assert_true(fabs(student_cdf(t, freedom) + student_cdf(-t, freedom) - 1) < 1e-15);
        if (p > 0.001)
            assert_near(student_quantile(p, freedom), -student_quantile(1 - p, freedom), 1e-11);
    }
    assert_true(student_quantile(0.5, 3) == 0);
    assert_true(student_cdf(0, 3) == 0.5);
}

static void test_inverse_of_each_other(void **state)
{
    struct rng r = rng_seeded(draw_seed());

    (void)state;
    for (int i = 0; i < 5000; i++) {
        double freedom = 0.5 + exp(9 * rng_unit(&r) - 1);
        double p = exp(-25 * rng_unit(&r)) / 2, t = student_quantile(p, freedom);
        assert_near(student_cdf(t, freedom), p, 1e-10);
        assert_near(1 - student_cdf(-t, freedom), p, 1e-10 + 1e-15 / p);
        double z = normal_quantile(p);
        assert_near(normal_cdf(z), p, 1e-10);
    }
}

static void test_rises(void **state)
{
    (void)state;
    for (double freedom = 1; freedom < 1e6; freedom *= 3) {
        double last = 0;
        for (double t = -20; t <= 5; t += 0.01) {
            double p = student_cdf(t, freedom);
            assert_true(p > last && p < 1);
            last = p;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_student),
        cmocka_unit_test(test_published_normal),
        cmocka_unit_test(test_closed_forms),
        cmocka_unit_test(test_even_freedom),
        cmocka_unit_test(test_much_freedom),
        cmocka_unit_test(test_symmetry),
        cmocka_unit_test(test_inverse_of_each_other),
        cmocka_unit_test(test_rises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
