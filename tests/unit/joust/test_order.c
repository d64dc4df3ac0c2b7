/* test_order.c: each target in each place, and behind each other one, equally often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "joust/order.h"

enum { BLOCKS_MAX = 64, SEEDS = 200 };

struct counts {
    unsigned places[ORDER_TARGETS_MAX][ORDER_TARGETS_MAX];      /* [target][place] */
    unsigned behind[ORDER_TARGETS_MAX][ORDER_TARGETS_MAX];      /* [target][the one before] */
};

static uint64_t seed(void)
{
    const char *given = getenv("SEED");

    return given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
}

static int remember_seed(void **state)
{
    uint64_t *kept = malloc(sizeof *kept);

    *kept = seed();
    *state = kept;
    return 0;
}

static int forget_seed(void **state)
{
    free(*state);
    return 0;
}

static struct counts count(const unsigned *order, unsigned n, unsigned blocks)
{
    struct counts c = { 0 };

    for (unsigned b = 0; b < blocks; b++)
        for (unsigned p = 0; p < n; p++) {
            assert_in_range(order[b * n + p], 0, n - 1);
            c.places[order[b * n + p]][p]++;
            if (p > 0)
                c.behind[order[b * n + p]][order[b * n + p - 1]]++;
        }
    return c;
}

static void test_balance(void **state)
{
    unsigned order[BLOCKS_MAX * ORDER_TARGETS_MAX];
    uint64_t base = *(uint64_t *)*state;

    for (unsigned n = 1; n <= ORDER_TARGETS_MAX; n++)
        for (unsigned i = 0; i < SEEDS; i++) {
            struct rng    rng = rng_seeded(base + i);
            unsigned      square = n % 2 ? 2 * n : n, times = 3, blocks = square * times;
            order_make(n, blocks, &rng, order);
            struct counts c = count(order, n, blocks);
            for (unsigned a = 0; a < n; a++)
                for (unsigned b = 0; b < n; b++) {
                    assert_int_equal(c.places[a][b], blocks / n);
                    if (a != b)
                        assert_int_equal(c.behind[a][b], blocks / n);
                    else
                        assert_int_equal(c.behind[a][b], 0);
                }
        }
}

/* Also when the blocks end in the middle of a square: places differ by one at most. */
static void test_nearly(void **state)
{
    unsigned order[BLOCKS_MAX * ORDER_TARGETS_MAX];
    uint64_t base = *(uint64_t *)*state;

    for (unsigned n = 1; n <= ORDER_TARGETS_MAX; n++)
        for (unsigned blocks = 1; blocks < 20; blocks++) {
            struct rng rng = rng_seeded(base + blocks);
            order_make(n, blocks, &rng, order);
            struct counts c = count(order, n, blocks);
            for (unsigned a = 0; a < n; a++)
                for (unsigned b = 0; b < n; b++)
                    assert_in_range(c.places[a][b], blocks / n, (blocks + n - 1) / n);
        }
}

static void test_seeds(void **state)
{
    unsigned one[60], two[60], differ = 0;
    uint64_t base = *(uint64_t *)*state;

    for (unsigned i = 0; i < SEEDS; i++) {
        struct rng a = rng_seeded(base + i), b = rng_seeded(base + i), c = rng_seeded(~base - i);
        memset(one, 0, sizeof one);
        order_make(6, 10, &a, one);
        order_make(6, 10, &b, two);
        assert_memory_equal(one, two, sizeof one);
        order_make(6, 10, &c, two);
        differ += memcmp(one, two, sizeof one) != 0;
    }
    assert_true(differ > SEEDS * 9 / 10);
}

/* Whatever begins first is a matter of the seed. */
static void test_first(void **state)
{
    unsigned order[3 * 2], first[3] = { 0 };
    uint64_t base = *(uint64_t *)*state;

    for (unsigned i = 0; i < 900; i++) {
        struct rng rng = rng_seeded(base + i);
        order_make(3, 2, &rng, order);
        first[order[0]]++;
    }
    for (unsigned t = 0; t < 3; t++)
        assert_in_range(first[t], 200, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_balance),
        cmocka_unit_test(test_nearly),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_first),
    };

    print_message("SEED=%llu\n", (unsigned long long)seed());
    return cmocka_run_group_tests(tests, remember_seed, forget_seed);
}
