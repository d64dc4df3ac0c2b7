/* test_clock.c: the machine's clocks and random bytes answer something sane. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/random.h"

static void test_clock(void **state)
{
    int64_t began = clock_monotonic_ns(&system_clock);

    (void)state;
    assert_true(clock_wall_us(&system_clock) > 1700000000LL * 1000000);
    assert_true(clock_wall_us(&system_clock) < 253402300800LL * 1000000);
    assert_true(clock_monotonic_ns(&system_clock) >= began);
}

static int64_t seven(void *context)
{
    return *(int64_t *)context;
}

static void test_seam(void **state)
{
    int64_t      now = 7;
    struct clock c = { seven, seven, &now };

    (void)state;
    assert_int_equal(clock_wall_us(&c), 7);
    now = 8;
    assert_int_equal(clock_monotonic_ns(&c), 8);
}

static void test_random(void **state)
{
    unsigned char a[32] = { 0 }, b[33] = { 0 };

    (void)state;
    assert_true(random_fill(&system_random, a, sizeof a));
    assert_true(random_fill(&system_random, b, sizeof b - 1));
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(b[32], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_seam),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
