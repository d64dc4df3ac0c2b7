/* test_rng.c: the generator gives the numbers that its authors' code gives, evenly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/rng.h"

enum { DRAWS = 100000 };

/* splitmix64 from the seed 0 is a published sequence. */
static void test_seeding(void **state)
{
    struct rng r = rng_seeded(0);

    (void)state;
    assert_true(r.state[0] == UINT64_C(0xe220a8397b1dcdaf));
    assert_true(r.state[1] == UINT64_C(0x6e789e6aa1b965f4));
    assert_true(r.state[2] == UINT64_C(0x06c45d188009454f));
    assert_true(r.state[3] == UINT64_C(0xf88bb8a8724c81ec));
}

/* From the state 1, 2, 3, 4: what xoshiro256** is published to answer. */
static void test_sequence(void **state)
{
    static const uint64_t expected[] = {
        11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600,
        UINT64_C(16172922978634559625), UINT64_C(8476171486693032832),
    };
    struct rng r = { .state = { 1, 2, 3, 4 } };

    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_true(rng_next(&r) == expected[i]);
}

static void test_same_seed_same_numbers(void **state)
{
    struct rng a = rng_seeded(7), b = rng_seeded(7), c = rng_seeded(8);
    int        alike = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint64_t x = rng_next(&a);
        assert_true(x == rng_next(&b));
        alike += x == rng_next(&c);
    }
    assert_int_equal(alike, 0);
}

/* Six faces: chi-square with 5 degrees of freedom; 25.7 is passed once in 10,000 seeds. */
static void test_below_is_even(void **state)
{
    struct rng r = rng_seeded(1);
    double     counts[6] = { 0 }, square = 0;

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        uint64_t face = rng_below(&r, 6);
        assert_in_range(face, 0, 5);
        counts[face]++;
    }
    for (int i = 0; i < 6; i++) {
        double off = counts[i] - DRAWS / 6.0;
        square += off * off / (DRAWS / 6.0);
    }
    assert_true(square < 25.7);
}

/* A bound of 3/4 of the whole range: without rejection the multiples of three would come up twice
 * as often as the others. */
static void test_below_a_large_bound(void **state)
{
    uint64_t   bound = UINT64_C(3) << 62;
    struct rng r = rng_seeded(2);
    int        thirds[3] = { 0 };

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        uint64_t x = rng_below(&r, bound);
        assert_true(x < bound);
        thirds[x % 3]++;
    }
    for (int i = 0; i < 3; i++)
        assert_in_range(thirds[i], DRAWS / 3 - 800, DRAWS / 3 + 800);
    assert_int_equal(rng_below(&r, 1), 0);
}

static void test_unit(void **state)
{
    struct rng r = rng_seeded(3);
    double     sum = 0, squares = 0;

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        double x = rng_unit(&r);
        assert_true(x >= 0 && x < 1);
        sum += x;
        squares += x * x;
    }
    assert_true(sum / DRAWS > 0.495 && sum / DRAWS < 0.505);
    assert_true(squares / DRAWS > 0.328 && squares / DRAWS < 0.339);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeding),
        cmocka_unit_test(test_sequence),
        cmocka_unit_test(test_same_seed_same_numbers),
        cmocka_unit_test(test_below_is_even),
        cmocka_unit_test(test_below_a_large_bound),
        cmocka_unit_test(test_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
