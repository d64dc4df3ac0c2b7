/* test_schedule.c: due times, and who is to blame when one is missed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/schedule.h"

enum { MS = 1000000 };

static void threads_share_one_schedule(void **state)
{
    enum { THREADS = 3, REQUESTS = 300 };
    struct schedule s[THREADS];

    (void)state;
    for (unsigned i = 0; i < THREADS; i++)
        s[i] = schedule_new(5000, 1000, i, THREADS);
    for (unsigned k = 0; k < REQUESTS; k++) {
        int64_t expected = 5000 + (int64_t)k * MS, due = schedule_due_ns(&s[k % THREADS]);
        assert_in_range(due - expected + 1, 0, 2);
        schedule_take(&s[k % THREADS]);
    }
}

static void nothing_adds_up_over_a_day(void **state)
{
    struct schedule s = schedule_new(0, 30000, 0, 1);

    (void)state;
    s.next = UINT64_C(30000) * 86400;
    assert_int_equal(schedule_due_ns(&s) / 1000, INT64_C(86400) * 1000000);
}

static void late_is_what_the_generator_missed(void **state)
{
    struct schedule s = schedule_new(0, 1000, 0, 1);

    (void)state;
    assert_false(schedule_is_late(&s, 10 * MS, 10 * MS + MS));
    assert_true(schedule_is_late(&s, 10 * MS, 12 * MS));
    s.blocked_ns = 11 * MS;     /* no connection was free: the server's doing */
    assert_false(schedule_is_late(&s, 10 * MS, 12 * MS));
    assert_true(schedule_is_late(&s, 12 * MS, 14 * MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_one_schedule),
        cmocka_unit_test(nothing_adds_up_over_a_day),
        cmocka_unit_test(late_is_what_the_generator_missed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
