/* test_sessions_rules.c: what a refresh token is worth, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth/sessions_rules.h"

#define S       INT64_C(1000000)
#define BEGUN   (INT64_C(1795000000) * S)
#define ROTATED (BEGUN + 100 * S)

static const struct session_rules rules = { .idle_us = 1000 * S, .lifetime_us = 5000 * S, .grace_us = 10 * S };

static const char *name_of(enum session_verdict v)
{
    static const char *const names[] = { "refused", "rotates", "repeats", "reused" };

    return names[v];
}

static void is(uint32_t counter, uint32_t presented, int64_t now, enum session_verdict expected)
{
    struct session_state s = { counter, BEGUN, ROTATED };
    enum session_verdict got = session_judge(&rules, &s, presented, now);

    if (got != expected)
        fail_msg("token %u of %u at %+lld us: %s, not %s", presented, counter, (long long)(now - ROTATED), name_of(got),
                 name_of(expected));
}

static void each_rule(void **state)
{
    static const struct {
        uint32_t             counter, presented;
        int64_t              now;
        enum session_verdict expected;
    } rows[] = {
        /* the newest, as long as the session lives */
        { 1, 1, ROTATED, SESSION_ROTATES },
        { 7, 7, ROTATED + 999 * S, SESSION_ROTATES },
        { 7, 7, ROTATED + 1000 * S - 1, SESSION_ROTATES },
        { 7, 7, ROTATED + 1000 * S, SESSION_REFUSED },
        { 7, 7, ROTATED - 50 * S, SESSION_ROTATES },       /* a clock set back keeps nobody out */
        /* the one before it: within the window, at its ends, beyond */
        { 7, 6, ROTATED, SESSION_REPEATS },
        { 7, 6, ROTATED + 10 * S - 1, SESSION_REPEATS },
        { 7, 6, ROTATED + 10 * S, SESSION_REPEATS },
        { 7, 6, ROTATED + 10 * S + 1, SESSION_REUSED },
        { 7, 6, ROTATED + 999 * S, SESSION_REUSED },
        { 7, 6, ROTATED - 1, SESSION_REFUSED },            /* and opens no window again */
        { 2, 1, ROTATED + 5 * S, SESSION_REPEATS },
        /* older ones, whenever */
        { 7, 5, ROTATED, SESSION_REUSED },
        { 7, 5, ROTATED + 5 * S, SESSION_REUSED },
        { 7, 1, ROTATED + 999 * S, SESSION_REUSED },
        { 7, 0, ROTATED, SESSION_REUSED },
        { 7, 5, ROTATED - 1, SESSION_REUSED },
        /* newer ones: of a database that was put back */
        { 7, 8, ROTATED, SESSION_REFUSED },
        { 7, UINT32_MAX, ROTATED, SESSION_REFUSED },
        /* over: nothing ends what has ended */
        { 7, 6, ROTATED + 1000 * S, SESSION_REFUSED },
        { 7, 5, ROTATED + 1000 * S, SESSION_REFUSED },
        /* the last one there is */
        { UINT32_MAX, UINT32_MAX, ROTATED, SESSION_REFUSED },
        { UINT32_MAX, UINT32_MAX - 1, ROTATED, SESSION_REPEATS },
        { UINT32_MAX - 1, UINT32_MAX - 1, ROTATED, SESSION_ROTATES },
        { UINT32_MAX - 1, UINT32_MAX, ROTATED, SESSION_REFUSED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        is(rows[i].counter, rows[i].presented, rows[i].now, rows[i].expected);
}

static void lives(int64_t rotated, int64_t now, bool expected)
{
    struct session_state s = { 3, BEGUN, rotated };

    if (session_is_live(&rules, &s, now) != expected)
        fail_msg("rotated %+lld, now %+lld", (long long)(rotated - BEGUN), (long long)(now - BEGUN));
}

static void it_ends_by_idleness_or_by_age(void **state)
{
    struct session_state s = { 3, BEGUN, BEGUN + 4999 * S };

    (void)state;
    lives(BEGUN, BEGUN, true);
    lives(BEGUN, BEGUN + 1000 * S - 1, true);
    lives(BEGUN, BEGUN + 1000 * S, false);
    lives(BEGUN + 900 * S, BEGUN + 1899 * S, true);
    lives(BEGUN + 4999 * S, BEGUN + 5000 * S - 1, true);
    lives(BEGUN + 4999 * S, BEGUN + 5000 * S, false);
    assert_true(session_ends_us(&rules, &s) == BEGUN + 5000 * S);
    s.rotated_us = BEGUN + 10 * S;
    assert_true(session_ends_us(&rules, &s) == BEGUN + 1010 * S);
}

/* Whatever happens to clock and row, what was refused for its age is not taken later, and nothing
 * but the newest token, or the one before it in its window, is ever good for anything. */
static void no_moment_makes_an_old_token_good(void **state)
{
    struct session_state s = { 5, BEGUN, ROTATED };

    (void)state;
    for (int64_t now = ROTATED - 20 * S; now < ROTATED + 1100 * S; now += S / 2)
        for (uint32_t presented = 0; presented < 10; presented++) {
            enum session_verdict v = session_judge(&rules, &s, presented, now);
            bool in_window = now >= ROTATED && now <= ROTATED + 10 * S;
            assert_int_equal(v == SESSION_ROTATES, presented == 5 && now < ROTATED + 1000 * S);
            assert_int_equal(v == SESSION_REPEATS, presented == 4 && in_window);
        }
}

/* Two that share one jar and lose every second answer live on; a third that comes with what was
 * thrown away ends it. */
static void two_tabs_live_and_a_thief_does_not(void **state)
{
    struct session_state s = { 1, BEGUN, BEGUN };
    uint32_t             one = 1, other = 1;

    (void)state;
    for (int i = 0; i < 50; i++) {
        int64_t now = BEGUN + i * 60 * S;
        assert_int_equal(session_judge(&rules, &s, one, now), SESSION_ROTATES);
        s.counter++;
        s.rotated_us = now;
        assert_int_equal(session_judge(&rules, &s, other, now + S), SESSION_REPEATS);
        assert_int_equal(session_judge(&rules, &s, other, now + 2 * S), SESSION_REPEATS);
        one = other = s.counter;
    }
    assert_int_equal(session_judge(&rules, &s, one - 2, s.rotated_us + S), SESSION_REUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule),
        cmocka_unit_test(it_ends_by_idleness_or_by_age),
        cmocka_unit_test(no_moment_makes_an_old_token_good),
        cmocka_unit_test(two_tabs_live_and_a_thief_does_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
