/* test_result.c: what a result owns, and the made results that other tests stand on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "made_result.h"

static void test_new(void **state)
{
    struct result r = result_new();

    (void)state;
    assert_int_equal(r.targets_count, 0);
    for (unsigned t = 0; t < TARGETS_MAX; t++)
        assert_int_equal(r.targets[t].control_of, -1);
    result_close(&r);
    result_close(&r);
}

static void test_facts(void **state)
{
    struct result r = result_new();
    char          text[] = "Linux";

    (void)state;
    result_add_fact(&r, "kernel", str_of(text));
    text[0] = 'X';
    assert_true(str_eq(r.facts[0].name, LIT("kernel")));
    assert_true(str_eq(r.facts[0].value, LIT("Linux")));
    for (int i = 0; i < 2 * FACTS_MAX; i++)
        result_add_fact(&r, "more", LIT("of it"));
    assert_int_equal(r.facts_count, FACTS_MAX);
    result_close(&r);
}

static void test_views(void **state)
{
    struct result r = result_new();

    (void)state;
    r.steps_count = 2;
    for (unsigned i = 0; i < VIEWS_MAX; i++) {
        struct view *v = result_add_view(&r, i ? VIEW_OPEN : VIEW_CLOSED, i ? 50 : 0, 6);
        assert_non_null(v);
        assert_ptr_equal(v, &r.views[i]);
        assert_int_equal(r.views_count, i + 1);
        assert_int_equal(v->rounds_count, 6);
        for (unsigned n = 0; n < 6; n++) {
            assert_int_equal(v->rounds[n].server_cpu_ns, -1);
            assert_int_equal(v->rounds[n].figures.steps_count, 2);
            for (unsigned s = 0; s < 2; s++)
                histogram_add(&v->rounds[n].figures.steps[s].latency, 1000);
        }
    }
    result_close(&r);
}

static uint64_t completed(const struct round *round)
{
    uint64_t sum = 0;

    for (unsigned s = 0; s < round->figures.steps_count; s++)
        sum += round->figures.steps[s].completed;
    return sum;
}

/* A made result is what it was asked to be, and the same again. */
static void test_made(void **state)
{
    struct made m = made_usual();

    (void)state;
    m.control = m.open = true;
    m.steps = 2;
    m.failures[1][OUTCOME_STATUS] = 0.1;
    struct result r = made_result(&m), again = made_result(&m);
    assert_int_equal(r.targets_count, 4);
    assert_int_equal(r.targets[3].control_of, 0);
    for (unsigned v = 0; v < 2; v++)
        for (unsigned i = 0; i < r.views[v].rounds_count; i++)
            assert_int_equal(completed(&r.views[v].rounds[i]), completed(&again.views[v].rounds[i]));
    for (unsigned i = 0; i < r.views[0].rounds_count; i++) {
        const struct round *round = &r.views[0].rounds[i];
        double rate = (double)completed(round) / 0.25;
        if (round->target == 1)
            assert_true(rate > 0.9 * 0.8 * 9000 && rate < 0.9 * 1.2 * 9000);
        else
            assert_true(rate > 0.8 * 36000 && rate < 1.2 * 38000);
    }
    result_close(&r);
    result_close(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
