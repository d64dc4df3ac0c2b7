/* test_one_thread.c: what the seams are for: accounts without a port, a thread or a wait. */
#include "one_thread.h"

static void accounts_work_on_one_thread(void **state)
{
    struct world *w = *state;
    char          token[1024];

    assert_true(says(register_ada(w), "HTTP/1.1 201 "));
    assert_true(says(w->answer, "2026-11-18T"));
    assert_true(says(register_ada(w), "Email already registered"));
    take_token(log_in(w), token);
    assert_true(says(who_am_i(w, token), "\"email\":\"ada@example.com\""));
}

static void a_token_ends_when_its_time_has_passed(void **state)
{
    struct world *w = *state;
    char          token[1024];

    register_ada(w);
    take_token(log_in(w), token);
    w->wall_us += 1799LL * 1000000;
    connect_client(w);      /* the idle time of the other one is over as well */
    for (int i = 0; i < 3; i++)     /* remembered or not */
        assert_true(says(who_am_i(w, token), "HTTP/1.1 200 "));
    w->wall_us += 1000000;
    for (int i = 0; i < 2; i++)
        assert_true(says(who_am_i(w, token), "HTTP/1.1 401 "));
}

/* Both requests are of one turn of the loop, and the clock passes the end of the token between them. */
static void a_token_ends_within_a_turn_too(void **state)
{
    struct world *w = *state;
    char          token[1024], requests[4096];

    register_ada(w);
    take_token(log_in(w), token);
    w->wall_us += 1799LL * 1000000 + 100000;
    connect_client(w);
    snprintf(requests, sizeof requests,
             "GET /users/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %1$s\r\n\r\n"
             "GET /users/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %1$s\r\n\r\n", token);
    w->step_us = 500000;
    assert_true(says(ask(w, requests), "HTTP/1.1 401 "));
}

static void without_entropy_nothing_is_registered(void **state)
{
    struct world *w = *state;

    w->no_entropy = true;
    assert_true(says(register_ada(w), "HTTP/1.1 503 "));
    w->no_entropy = false;
    assert_true(says(log_in(w), "HTTP/1.1 401 "));
    assert_true(says(register_ada(w), "HTTP/1.1 201 "));
}

static void a_wrong_password_and_a_stranger_get_the_same_answer(void **state)
{
    struct world *w = *state;
    char          first[ANSWER_BYTES];

    register_ada(w);
    strcpy(first, post(w, "/token", "application/x-www-form-urlencoded", "username=ada%40example.com&password=wrong"));
    assert_string_equal(first, post(w, "/token", "application/x-www-form-urlencoded", "username=bob%40example.com&password=wrong"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accounts_work_on_one_thread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token_ends_when_its_time_has_passed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token_ends_within_a_turn_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_entropy_nothing_is_registered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_password_and_a_stranger_get_the_same_answer, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
