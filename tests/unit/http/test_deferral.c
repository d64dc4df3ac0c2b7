/* test_deferral.c: answers that come later, and ends that come before: half-closed clients,
 * drain, close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

static void answer_ticket(struct harness *h, unsigned number)
{
    struct http_exchange *x = http_server_exchange(h->server, h->tickets[number]);

    assert_non_null(x);
    harness_answer(h, x);
    harness_run(h);
}

static void test_deferred_requests_wait_for_each_other(void **state)
{
    struct harness h = harness_new();

    (void)state;
    h.mode = ON_REQUEST_DEFERS;
    harness_open(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(http_server_stats(h.server).buffers, 0);
    harness_send_bytes(&h, fd, LIT("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
                                   "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(h.requests, 1);
    harness_advance(&h, 1000000);       /* no deadline runs while it is the server's turn */
    answer_ticket(&h, 0);
    assert_int_equal(h.requests, 2);
    assert_null(http_server_exchange(h.server, h.tickets[0]));
    h.mode = ON_REQUEST_ANSWERS;
    answer_ticket(&h, 1);
    assert_int_equal(h.requests, 3);
    struct heard heard = harness_hear(&h, fd);
    assert_non_null(strstr(heard.text, "GET /3 "));
    assert_int_equal(http_server_stats(h.server).buffers, 0);
    free(heard.text);
    close(fd);
    harness_close(&h);
}

static void test_deferred_request_pushes_back(void **state)
{
    static char    noise[1 << 20];
    struct harness h = harness_new();

    (void)state;
    h.mode = ON_REQUEST_DEFERS;
    harness_open(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT(GET_X));
    memset(noise, 'n', sizeof noise);
    while (send(fd, noise, sizeof noise, MSG_NOSIGNAL) > 0)
        harness_run(&h);
    assert_true(http_server_stats(h.server).buffer_bytes <= 2 * 16 * 1024);
    unsigned recvs = h.recvs;
    harness_run(&h);
    assert_int_equal(h.recvs, recvs);
    answer_ticket(&h, 0);
    harness_run(&h);
    struct heard heard = harness_hear(&h, fd);
    assert_int_equal(heard_status(&heard), 431);
    free(heard.text);
    close(fd);
    harness_close(&h);
}

static void open_impatient(struct harness *h)
{
    *h = harness_new();
    h->mode = ON_REQUEST_DEFERS;
    h->settings.timeouts.answer_ms = 4000;
    harness_open(h);
}

static void test_unanswered_is_given_up(void **state)
{
    struct harness h;

    (void)state;
    open_impatient(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT(GET_X GET_X));
    harness_advance(&h, 3999);
    struct heard before = harness_hear(&h, fd);
    assert_int_equal(before.len, 0);
    assert_false(before.ended);
    harness_advance(&h, 2);
    struct heard heard = harness_hear(&h, fd);
    assert_int_equal(heard_status(&heard), 503);
    assert_non_null(strstr(heard.text, "Connection: close\r\n"));
    assert_non_null(strstr(heard.text, "refused 503"));
    assert_true(heard.ended);
    assert_int_equal(h.requests, 1);        /* what was sent behind it is not begun */
    assert_int_equal(http_server_stats(h.server).refusals, 1);
    free(before.text);
    free(heard.text);
    close(fd);
    harness_run(&h);
    assert_int_equal(http_server_connections(h.server), 0);
    assert_int_equal(http_server_stats(h.server).buffers, 0);
    harness_close(&h);
}

/* The turn that brings the answer is the one in which the deadline expires. */
static void test_answer_in_the_last_turn_is_the_only_one(void **state)
{
    struct harness h;

    (void)state;
    open_impatient(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT(GET_X));
    harness_advance(&h, 3999);
    harness_answer(&h, http_server_exchange(h.server, h.tickets[0]));
    harness_advance(&h, 2);
    struct heard heard = harness_hear(&h, fd);
    assert_int_equal(heard_status(&heard), 200);
    assert_null(strstr(heard.text, "503"));
    free(heard.text);
    close(fd);
    harness_close(&h);
}

static void test_late_answer_finds_nobody(void **state)
{
    struct harness h;

    (void)state;
    open_impatient(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT(GET_X));
    harness_advance(&h, 3999);
    assert_non_null(http_server_exchange(h.server, h.tickets[0]));
    harness_advance(&h, 2);
    assert_null(http_server_exchange(h.server, h.tickets[0]));  /* while it lingers, */
    close(fd);
    harness_run(&h);
    fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT(GET_X));
    assert_null(http_server_exchange(h.server, h.tickets[0]));  /* and when another has its seat */
    answer_ticket(&h, 1);
    struct heard heard = harness_hear(&h, fd);
    assert_int_equal(heard_status(&heard), 200);
    free(heard.text);
    close(fd);
    harness_close(&h);
}

static void test_answered_in_time(void **state)
{
    struct harness h;

    (void)state;
    open_impatient(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT(GET_X GET_X));
    harness_advance(&h, 3000);
    answer_ticket(&h, 0);
    harness_advance(&h, 3000);          /* each request has the whole time */
    answer_ticket(&h, 1);
    struct heard heard = harness_hear(&h, fd);
    assert_int_equal(heard_status(&heard), 200);
    assert_null(strstr(heard.text, " 503 "));
    assert_false(heard.ended);
    harness_advance(&h, 4001);          /* now idle, for which the time is another */
    assert_int_equal(http_server_connections(h.server), 1);
    assert_int_equal(http_server_stats(h.server).refusals, 0);
    free(heard.text);
    close(fd);
    harness_close(&h);
}

static void test_head_that_nobody_answers_has_no_body(void **state)
{
    struct harness h;

    (void)state;
    open_impatient(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"));
    harness_advance(&h, 4001);
    struct heard heard = harness_hear(&h, fd);
    assert_int_equal(heard_status(&heard), 503);
    assert_null(strstr(heard.text, "refused"));
    free(heard.text);
    close(fd);
    harness_close(&h);
}

/* A half-closed client has nothing more to say, but waits. */
static void test_half_closed_client_is_not_left_waiting(void **state)
{
    struct harness h;

    (void)state;
    open_impatient(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT(GET_X));
    shutdown(fd, SHUT_WR);
    harness_run(&h);
    harness_advance(&h, 4001);
    struct heard heard = harness_hear(&h, fd);
    assert_int_equal(heard_status(&heard), 503);
    assert_true(heard.ended);
    assert_int_equal(http_server_connections(h.server), 0);
    free(heard.text);
    close(fd);
    harness_close(&h);
}

static void test_ticket_outlives_the_connection(void **state)
{
    struct harness h = harness_new();

    (void)state;
    h.mode = ON_REQUEST_DEFERS;
    harness_open(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT(GET_X));
    assert_non_null(http_server_exchange(h.server, h.tickets[0]));
    close(fd);
    harness_run(&h);
    assert_null(http_server_exchange(h.server, h.tickets[0]));
    fd = harness_connect(&h);           /* the same seat */
    harness_send_bytes(&h, fd, LIT(GET_X));
    assert_null(http_server_exchange(h.server, h.tickets[0]));
    assert_non_null(http_server_exchange(h.server, h.tickets[1]));
    assert_null(http_server_exchange(h.server, (struct http_ticket){ 1000000, 0 }));
    close(fd);
    harness_close(&h);
}

static void test_exchange_carries_a_context(void **state)
{
    struct harness h = harness_new();

    (void)state;
    h.mode = ON_REQUEST_DEFERS;
    harness_open(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"));
    struct http_exchange *x = http_server_exchange(h.server, h.tickets[0]);
    assert_null(http_exchange_context(x));
    http_exchange_set_context(x, &h);
    assert_ptr_equal(http_exchange_context(http_server_exchange(h.server, h.tickets[0])), &h);
    assert_true(http_exchange_is_head(x));
    answer_ticket(&h, 0);
    close(fd);
    harness_close(&h);
}

static void defer_and_answer(void *context, struct http_exchange *x)
{
    struct harness    *h = context;
    struct http_ticket t = http_exchange_defer(x);

    harness_echo(h, http_exchange_request(x));
    harness_answer(h, http_server_exchange(h->server, t));
}

static void test_deferred_and_answered_at_once(void **state)
{
    struct harness h = harness_new();

    (void)state;
    h.settings.on_request = defer_and_answer;
    harness_open(&h);
    struct heard heard = ask(&h, LIT(GET_X GET_X));
    assert_int_equal(h.sends, 1);
    assert_int_equal(heard_status(&heard), 200);
    free(heard.text);
    harness_close(&h);
}

static void test_half_closed_client_gets_its_answers(void **state)
{
    struct harness h = harness_new();

    (void)state;
    for (int mode = ON_REQUEST_ANSWERS; mode <= ON_REQUEST_DEFERS; mode++) {
        h.mode = mode;
        h.requests = 0;
        harness_open(&h);
        int fd = harness_connect(&h);
        assert_int_equal(send(fd, GET_X GET_X "GET", strlen(GET_X GET_X "GET"), 0),
                         strlen(GET_X GET_X "GET"));
        shutdown(fd, SHUT_WR);
        harness_run(&h);
        if (mode == ON_REQUEST_DEFERS) {
            answer_ticket(&h, 0);
            answer_ticket(&h, 1);
        }
        struct heard heard = harness_hear(&h, fd);
        assert_int_equal(h.requests, 2);
        assert_int_equal(heard_status(&heard), 200);
        assert_true(heard.ended);
        assert_int_equal(http_server_connections(h.server), 0);
        free(heard.text);
        close(fd);
        harness_close(&h);
    }
}

static void test_drain(void **state)
{
    struct harness h = harness_new();

    (void)state;
    h.mode = ON_REQUEST_DEFERS;
    harness_open(&h);
    int waiting = harness_connect(&h), idle = harness_connect(&h), partial = harness_connect(&h);
    int fresh = harness_connect(&h), sent = harness_connect(&h);
    harness_send_bytes(&h, waiting, LIT(GET_X));
    h.mode = ON_REQUEST_ANSWERS;
    harness_send_bytes(&h, idle, LIT(GET_X));
    harness_send_bytes(&h, partial, LIT("GET /p"));
    harness_send_bytes(&h, sent, LIT(GET_X));
    assert_true(send(sent, GET_X, strlen(GET_X), 0) > 0);   /* received, not yet read */
    http_server_drain(h.server);
    harness_run(&h);
    assert_int_equal(http_server_connections(h.server), 4);
    harness_send_bytes(&h, partial, LIT(" HTTP/1.1\r\nHost: a\r\n\r\n"));
    answer_ticket(&h, 0);
    int fds[] = { waiting, partial, sent };
    for (int i = 0; i < 3; i++) {
        struct heard heard = harness_hear(&h, fds[i]);
        assert_int_equal(heard_status(&heard), 200);
        assert_non_null(strstr(heard.text, "Connection: close\r\n"));
        assert_true(heard.ended);
        free(heard.text);
        close(fds[i]);
    }
    harness_run(&h);
    assert_int_equal(http_server_connections(h.server), 1);
    harness_advance(&h, 700);
    assert_int_equal(http_server_connections(h.server), 0);
    close(idle);
    close(fresh);
    harness_close(&h);
}

static void test_close_with_everything_open(void **state)
{
    struct harness h = harness_new();

    (void)state;
    h.mode = ON_REQUEST_DEFERS;
    harness_open(&h);
    int deferred = harness_connect(&h), partial = harness_connect(&h), fresh = harness_connect(&h);
    harness_send_bytes(&h, deferred, LIT(GET_X "GET /waits"));
    harness_send_bytes(&h, partial, LIT("GET /p"));
    http_server_hand_over(h.server, dup(fresh), LIT("192.0.2.7"));
    harness_answer(&h, http_server_exchange(h.server, h.tickets[0]));
    harness_close(&h);
    close(deferred);
    close(partial);
    close(fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deferred_requests_wait_for_each_other),
        cmocka_unit_test(test_deferred_request_pushes_back),
        cmocka_unit_test(test_unanswered_is_given_up),
        cmocka_unit_test(test_answer_in_the_last_turn_is_the_only_one),
        cmocka_unit_test(test_late_answer_finds_nobody),
        cmocka_unit_test(test_answered_in_time),
        cmocka_unit_test(test_head_that_nobody_answers_has_no_body),
        cmocka_unit_test(test_half_closed_client_is_not_left_waiting),
        cmocka_unit_test(test_ticket_outlives_the_connection),
        cmocka_unit_test(test_exchange_carries_a_context),
        cmocka_unit_test(test_deferred_and_answered_at_once),
        cmocka_unit_test(test_half_closed_client_gets_its_answers),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_close_with_everything_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
