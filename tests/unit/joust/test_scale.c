/* test_scale.c: ticks are round and inside, labels keep their distance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "joust/scale.h"
#include "stats/rng.h"

static void test_scale_places(void **state)
{
    struct scale linear = { 0, 10, 100, 200, false }, log = { 1, 100, 0, 10, true };

    (void)state;
    assert_float_equal(scale_at(&linear, 5), 150, 1e-9);
    assert_float_equal(scale_at(&linear, -1), 100, 1e-9);
    assert_float_equal(scale_at(&linear, 11), 200, 1e-9);
    assert_float_equal(scale_at(&linear, NAN), 100, 1e-9);
    assert_float_equal(scale_at(&log, 10), 5, 1e-9);
    assert_float_equal(scale_at(&log, 0), 0, 1e-9);
    assert_float_equal(scale_at(&log, 1e9), 10, 1e-9);
}

static void test_scale_downwards(void **state)
{
    struct scale up = { 0, 4, 300, 20, false };

    (void)state;
    assert_float_equal(scale_at(&up, 1), 230, 1e-9);
    assert_float_equal(scale_at(&up, 9), 20, 1e-9);
}

static void assert_ticks(struct ticks t, const double *want, unsigned count)
{
    assert_int_equal(t.count, count);
    for (unsigned i = 0; i < count; i++)
        assert_true(fabs(t.at[i] - want[i]) <= 1e-9 * fabs(want[i]));
}

static void test_ticks_round(void **state)
{
    (void)state;
    assert_ticks(ticks_linear(0, 10, 5), (double[]){ 0, 2, 4, 6, 8, 10 }, 6);
    assert_ticks(ticks_linear(-0.3, 0.31, 4), (double[]){ -0.2, 0, 0.2 }, 3);
    assert_ticks(ticks_linear(0.93, 1.12, 5), (double[]){ 0.95, 1, 1.05, 1.1 }, 4);
    assert_ticks(ticks_log(0.09, 12, 9), (double[]){ 0.1, 0.2, 0.5, 1, 2, 5, 10 }, 7);
    assert_ticks(ticks_log(0.9, 11000, 5), (double[]){ 1, 10, 100, 1000, 10000 }, 5);
    assert_ticks(ticks_log(1.9, 4.1, 3), (double[]){ 2, 3, 4 }, 3);
}

static void test_ticks_of_nothing(void **state)
{
    (void)state;
    assert_int_equal(ticks_linear(1, 1, 5).count, 0);
    assert_int_equal(ticks_linear(0, INFINITY, 5).count, 0);
    assert_int_equal(ticks_linear(NAN, 1, 5).count, 0);
    assert_int_equal(ticks_log(0, 1, 5).count, 0);
    assert_int_equal(ticks_log(2, 1, 5).count, 0);
}

/* Whatever the range: rising, inside, at least one, never many more than asked. */
static void test_ticks_any(void **state)
{
    const char *given = getenv("SEED");
    uint64_t    seed = given ? strtoull(given, NULL, 10) : 11;
    struct rng  rng = rng_seeded(seed);

    (void)state;
    printf("SEED=%llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 20000; round++) {
        double       from = pow(10, 12 * rng_unit(&rng) - 6), to = from * (1.001 + pow(10, 6 * rng_unit(&rng)));
        unsigned     most = 2 + (unsigned)rng_below(&rng, 8);
        struct ticks t = round % 2 ? ticks_log(from, to, most) : ticks_linear(from, to, most);

        assert_true(t.count <= most + 1);
        for (unsigned i = 0; i < t.count; i++) {
            assert_true(t.at[i] >= from * (1 - 1e-6) && t.at[i] <= to * (1 + 1e-6));
            assert_true(i == 0 || t.at[i] > t.at[i - 1]);
        }
    }
}

static void test_labels_keep_apart(void **state)
{
    double far[] = { 10, 50, 90 }, near[] = { 50, 51, 49 }, low[] = { 1, 2, 3 }, high[] = { 98, 99, 99 };
    double crowd[] = { 5, 5, 5, 5, 5 };

    (void)state;
    labels_spread(far, 3, 10, 0, 100);
    assert_float_equal(far[1], 50, 1e-9);
    labels_spread(near, 3, 10, 0, 100);
    assert_true(near[2] + 10 <= near[0] + 1e-9 && near[0] + 10 <= near[1] + 1e-9);
    labels_spread(low, 3, 10, 5, 100);
    assert_float_equal(low[0], 5, 1e-9);
    assert_float_equal(low[2], 25, 1e-9);
    labels_spread(high, 3, 10, 0, 100);
    assert_float_equal(high[0], 80, 1e-9);
    labels_spread(crowd, 5, 10, 0, 20);
    assert_float_equal(crowd[0], 0, 1e-9);
    assert_float_equal(crowd[4], 20, 1e-9);
    labels_spread(NULL, 0, 10, 0, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale_places),     cmocka_unit_test(test_scale_downwards),
        cmocka_unit_test(test_ticks_round),      cmocka_unit_test(test_ticks_of_nothing),
        cmocka_unit_test(test_ticks_any),        cmocka_unit_test(test_labels_keep_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
