/* test_deadlines.c: clients that are slow to send, slow to read, or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"
#include "strictness.h"

/* Each deadline, just before and just after. */
static void test_deadlines(void **state)
{
    static const struct {
        struct str  bytes;
        int64_t     ms;
        int         status;     /* heard last when it has passed */
        const char *name;
    } rows[] = {
        { BYTES(""), 1000, 0, "nothing came" },
        { BYTES("GET /"), 1000, 408, "head" },
        { BYTES("\r\n"), 1000, 408, "empty line" },
        { BYTES(GET_X "GET /"), 1000, 408, "second head" },
        { BYTES("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab"), 2000, 408, "body" },
        { BYTES(CHUNKED "1"), 2000, 408, "chunk" },
        { BYTES(GET_X), 5000, 200, "idle" },
    };
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int fd = harness_connect(&h);
        harness_send_bytes(&h, fd, rows[i].bytes);
        harness_advance(&h, rows[i].ms - 1);
        struct heard before = harness_hear(&h, fd);
        assert_false(before.ended);
        assert_int_not_equal(heard_status(&before), 408);
        harness_advance(&h, 1 + TIMER_SLACK_MS);
        struct heard after = harness_hear(&h, fd);
        if (!after.ended || (rows[i].status != 200 && heard_status(&after) != rows[i].status))
            print_error("%s: %s\n", rows[i].name, after.text);
        assert_true(after.ended);
        assert_int_equal(rows[i].status == 200 ? 0 : rows[i].status, heard_status(&after));
        free(before.text);
        free(after.text);
        close(fd);
        harness_run(&h);
        assert_int_equal(http_server_connections(h.server), 0);
    }
    harness_close(&h);
}

/* Bytes that trickle in do not move the deadline of the whole. */
static void test_trickle(void **state)
{
    struct harness h = harness_new();
    int            status = 0;

    (void)state;
    harness_open(&h);
    int fd = harness_connect(&h);
    for (int i = 0; i < 12 && status == 0; i++) {
        harness_send_bytes(&h, fd, i == 0 ? LIT("GET /") : LIT("x"));
        harness_advance(&h, 100);
        struct heard heard = harness_hear(&h, fd);
        status = heard_status(&heard);
        free(heard.text);
    }
    assert_int_equal(status, 408);
    close(fd);
    harness_close(&h);
}

/* Each request begins the idle time again. */
static void test_busy_connection_stays(void **state)
{
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    int fd = harness_connect(&h);
    for (int i = 0; i < 5; i++) {
        harness_send_bytes(&h, fd, LIT(GET_X));
        harness_advance(&h, 4000);
    }
    assert_int_equal(h.requests, 5);
    harness_advance(&h, 1100);
    assert_int_equal(http_server_connections(h.server), 0);
    close(fd);
    harness_close(&h);
}

/* Each body has its own deadline, also when the next began in the read that completed the last. */
static void test_each_body_has_its_deadline(void **state)
{
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    int fd = harness_connect(&h);
#define POST_TWO "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"
    harness_send_bytes(&h, fd, LIT(POST_TWO "a"));
    harness_advance(&h, 1500);
    harness_send_bytes(&h, fd, LIT("b" POST_TWO "a"));
    harness_advance(&h, 1500);
    harness_send_bytes(&h, fd, LIT("b"));
    assert_int_equal(h.requests, 2);
    close(fd);
    harness_close(&h);
}

static void test_short_sends(void **state)
{
    enum { BODY_BYTES = 50000 };
    static char    body[BODY_BYTES];
    struct harness h = harness_new();

    (void)state;
    memset(body, 'b', sizeof body);
    h.answer_body = (struct str){ body, sizeof body };
    h.send_max = 999;
    harness_open(&h);
    int fd = harness_connect(&h);
    assert_int_equal(send(fd, GET_X GET_X, strlen(GET_X GET_X), 0), strlen(GET_X GET_X));
    harness_run(&h);
    struct heard heard = harness_hear(&h, fd);
    assert_int_equal(h.requests, 2);
    assert_true(heard.len > 2 * BODY_BYTES);
    assert_int_equal(http_server_stats(h.server).buffers, 0);
    free(heard.text);
    close(fd);
    harness_close(&h);
}

/* A client that does not read: no further request is parsed, and it is closed in the end. */
static void test_client_that_does_not_read(void **state)
{
    static char    body[1 << 20];
    struct harness h = harness_new();

    (void)state;
    memset(body, 'b', sizeof body);
    h.answer_body = (struct str){ body, sizeof body };
    harness_open(&h);
    int fd = harness_connect(&h);
    for (int i = 0; i < 20; i++)
        harness_send_bytes(&h, fd, LIT(GET_X));
    assert_true(h.requests < 3);
    harness_advance(&h, 2900);
    assert_int_equal(http_server_connections(h.server), 1);
    assert_true(recv(fd, body, 1 << 18, 0) > 0);        /* progress moves the deadline */
    harness_run(&h);
    harness_advance(&h, 2900);
    assert_int_equal(http_server_connections(h.server), 1);
    harness_advance(&h, 300);
    assert_int_equal(http_server_connections(h.server), 0);
    close(fd);
    harness_close(&h);
}

static void test_refused_client_is_lingered_for(void **state)
{
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT("GET / HTTP/1.1\r\n\r\n"));
    assert_int_equal(http_server_connections(h.server), 1);
    assert_true(send(fd, "more", 4, MSG_NOSIGNAL) == 4);
    harness_run(&h);
    struct heard heard = harness_hear(&h, fd);
    assert_non_null(strstr(heard.text, "Content-Type: text/plain\r\n"));
    assert_non_null(strstr(heard.text, "refused 400"));
    assert_true(heard.ended);
    free(heard.text);
    harness_advance(&h, 1200);
    assert_int_equal(http_server_connections(h.server), 0);
    close(fd);
    harness_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_trickle),
        cmocka_unit_test(test_busy_connection_stays),
        cmocka_unit_test(test_each_body_has_its_deadline),
        cmocka_unit_test(test_short_sends),
        cmocka_unit_test(test_client_that_does_not_read),
        cmocka_unit_test(test_refused_client_is_lingered_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
