/* test_server.c: connections from the outside: verdicts, answers, order, faults of the network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"
#include "strictness.h"

static void check_strictness(struct harness *h, const struct strictness *s)
{
    struct heard heard = ask(h, s->bytes);
    int          status = heard_status(&heard);

    if (status == 100)
        status = 0;
    if (status != s->status)
        print_error("%s: %d, not %d\n", s->name, status, s->status);
    assert_int_equal(status, s->status);
    assert_int_equal(heard.ended, s->status >= 400 || strstr(s->bytes.at, "HTTP/1.0") != NULL);
    if (s->status >= 400)
        assert_non_null(strstr(heard.text, "Connection: close\r\n"));
    assert_int_equal(http_server_connections(h->server), 0);
    free(heard.text);
}

static void test_strictness(void **state)
{
    static const size_t steps[] = { 0, 1, 3 };

    (void)state;
    for (size_t step = 0; step < 3; step++) {
        struct harness h = harness_new();
        h.settings.limits = strict_limits;
        h.recv_max = steps[step];
        harness_open(&h);
        for (int i = 0; i < STRICTNESS_COUNT; i++)
            check_strictness(&h, &strictness[i]);
        harness_close(&h);
    }
}

static void test_answers(void **state)
{
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    struct heard heard =
        ask(&h, LIT("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"));
    assert_string_equal(heard.text, "HTTP/1.1 200 OK\r\n"
                                    "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n"
                                    "Content-Type: text/plain\r\n"
                                    "Content-Length: 11\r\n"
                                    "\r\n"
                                    "POST /x abc");
    assert_false(heard.ended);
    assert_string_equal(h.address, "192.0.2.1");
    free(heard.text);
    harness_close(&h);
}

static void test_date_goes_on(void **state)
{
    struct harness h = harness_new();

    (void)state;
    h.now_ns += 500000000;
    harness_open(&h);
    free(ask(&h, LIT(GET_X)).text);
    harness_advance(&h, 499);
    struct heard heard = ask(&h, LIT(GET_X));
    assert_non_null(strstr(heard.text, "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n"));
    free(heard.text);
    harness_advance(&h, 1);
    heard = ask(&h, LIT(GET_X));
    assert_non_null(strstr(heard.text, "Date: Sun, 06 Nov 1994 08:49:39 GMT\r\n"));
    free(heard.text);
    harness_close(&h);
}

static void test_head_has_no_body(void **state)
{
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    struct heard heard = ask(&h, LIT("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_non_null(strstr(heard.text, "Content-Length: 8\r\n\r\n"));
    assert_string_equal(heard.text + heard.len - 4, "\r\n\r\n");
    free(heard.text);
    heard = ask(&h, LIT("HEAD /x HTTP/1.1\r\n\r\n"));
    assert_non_null(strstr(heard.text, " 400 "));
    assert_null(strstr(heard.text, "refused"));
    free(heard.text);
    harness_close(&h);
}

static void answer_bare(void *context, struct http_exchange *x)
{
    (void)context;
    http_exchange_answer(x, &(struct http_response){ .status = 204, .headers = LIT("X: y\r\n"),
                                                     .body = LIT("not sent") });
}

static void test_no_content_has_none(void **state)
{
    struct harness h = harness_new();

    (void)state;
    h.settings.on_request = answer_bare;
    harness_open(&h);
    struct heard heard = ask(&h, LIT(GET_X));
    assert_string_equal(heard.text, "HTTP/1.1 204 No Content\r\n"
                                    "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\nX: y\r\n\r\n");
    free(heard.text);
    harness_close(&h);
}

static void test_persistence(void **state)
{
    static const struct {
        struct str  bytes;
        const char *line;
        bool        ended;
    } rows[] = {
        { BYTES(GET_X), NULL, false },
        { BYTES(GET_A "Connection: close\r\n\r\n"), "Connection: close\r\n", true },
        { BYTES("GET / HTTP/1.0\r\n\r\n"), "Connection: close\r\n", true },
        { BYTES("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
          "Connection: keep-alive\r\n", false },
    };
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct heard heard = ask(&h, rows[i].bytes);
        assert_int_equal(heard.ended, rows[i].ended);
        if (rows[i].line)
            assert_non_null(strstr(heard.text, rows[i].line));
        else
            assert_null(strstr(heard.text, "Connection:"));
        free(heard.text);
    }
    harness_close(&h);
}

static void test_pipelined_answers_leave_in_order_with_one_send(void **state)
{
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    struct heard heard =
        ask(&h, LIT("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\n"
                    "Content-Length: 2\r\n\r\nhiGET /3 HTTP/1.1\r\nHost: a\r\n\r\n"));
    const char *one = strstr(heard.text, "GET /1 "), *two = strstr(heard.text, "POST /2 hi");
    const char *three = strstr(heard.text, "GET /3 ");
    assert_true(one && two && three && one < two && two < three);
    assert_int_equal(h.sends, 1);
    free(heard.text);
    harness_close(&h);
}

static void test_closing_ends_what_was_pipelined(void **state)
{
    struct harness h = harness_new();

    (void)state;
    h.closes = true;
    harness_open(&h);
    struct heard heard = ask(&h, LIT(GET_X GET_X));
    assert_int_equal(h.requests, 1);
    assert_true(heard.ended);
    free(heard.text);
    harness_close(&h);
}

static void test_idle_connection_holds_no_buffer(void **state)
{
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT(GET_X "GET /par"));
    assert_int_equal(http_server_stats(h.server).buffers, 1);
    harness_send_bytes(&h, fd, LIT("tial HTTP/1.1\r\nHost: a\r\n\r\n"));
    struct http_stats stats = http_server_stats(h.server);
    assert_int_equal(stats.connections, 1);
    assert_int_equal(stats.buffers, 0);
    assert_int_equal(stats.buffer_bytes, 0);
    assert_int_equal(stats.requests, 2);
    close(fd);
    harness_close(&h);
}

/* A body of many reads, each way of framing it. */
static void test_large_bodies(void **state)
{
    enum { BYTES_COUNT = 300000 };
    static char body[BYTES_COUNT], request[BYTES_COUNT * 3];
    struct harness h = harness_new();

    (void)state;
    memset(body, 'b', sizeof body);
    h.answer_body = LIT("seen");
    harness_open(&h);
    struct buf out = buf_fixed(request, sizeof request);
    buf_format(&out, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", BYTES_COUNT);
    buf_add(&out, (struct str){ body, sizeof body });
    buf_add(&out, LIT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (size_t at = 0; at < sizeof body; at += 1000) {
        buf_add(&out, LIT("3e8\r\n"));
        buf_add(&out, (struct str){ body + at, 1000 });
        buf_add(&out, LIT("\r\n"));
    }
    buf_add(&out, LIT("0\r\n\r\n" GET_X));
    assert_false(out.failed);
    struct heard heard = ask(&h, buf_str(&out));
    assert_int_equal(h.requests, 3);
    assert_int_equal(heard_status(&heard), 200);
    free(heard.text);
    harness_close(&h);
}

static void test_continue_is_said_when_nothing_came(void **state)
{
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    int fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                                   "Content-Length: 2\r\n\r\n"));
    struct heard heard = harness_hear(&h, fd);
    assert_string_equal(heard.text, "HTTP/1.1 100 Continue\r\n\r\n");
    free(heard.text);
    harness_send_bytes(&h, fd, LIT("hi"));
    heard = harness_hear(&h, fd);
    assert_int_equal(heard_status(&heard), 200);
    assert_null(strstr(heard.text, " 100 "));
    free(heard.text);
    harness_send_bytes(&h, fd, LIT("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                                   "Content-Length: 2\r\n\r\nh"));
    heard = harness_hear(&h, fd);
    assert_int_equal(heard.len, 0);
    free(heard.text);
    close(fd);
    heard = ask(&h, LIT("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                        "Content-Length: 2000000\r\n\r\n"));
    assert_int_equal(heard_status(&heard), 413);
    assert_null(strstr(heard.text, " 100 "));
    free(heard.text);
    harness_close(&h);
}

static void test_reset_by_the_peer(void **state)
{
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    int fd = harness_connect(&h);
    h.recv_error = ECONNRESET;
    harness_send_bytes(&h, fd, LIT(GET_X));
    assert_int_equal(http_server_connections(h.server), 0);
    close(fd);
    h.recv_error = 0;
    h.send_error = EPIPE;
    fd = harness_connect(&h);
    harness_send_bytes(&h, fd, LIT(GET_X));
    assert_int_equal(http_server_connections(h.server), 0);
    close(fd);
    harness_close(&h);
}

/* Whichever call fails, the connection ends, nothing leaks, and the next one is served. */
static void test_every_call_fails_once(void **state)
{
    static const int errors[] = { ECONNRESET, EAGAIN, EINTR };

    (void)state;
    for (unsigned n = 1; n <= 40; n++) {
        for (int e = 0; e < 3; e++) {
            struct harness h = harness_new();
            h.recv_max = 50;
            h.send_max = 100;
            h.fail_at = n;
            h.fail_error = errors[e];
            harness_open(&h);
            struct heard heard =
                ask(&h, LIT(POST_A "Content-Length: 100\r\n\r\n" TEN("0123456789") GET_X GET_X
                            "GET / HTTP/1.1\r\n\r\n"));
            assert_true(errors[e] == ECONNRESET || heard_status(&heard) == 400);
            free(heard.text);
            assert_int_equal(http_server_connections(h.server), 0);
            h.fail_at = 0;
            heard = ask(&h, LIT(GET_X));
            assert_int_equal(heard_status(&heard), 200);
            free(heard.text);
            harness_close(&h);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strictness),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_date_goes_on),
        cmocka_unit_test(test_head_has_no_body),
        cmocka_unit_test(test_no_content_has_none),
        cmocka_unit_test(test_persistence),
        cmocka_unit_test(test_pipelined_answers_leave_in_order_with_one_send),
        cmocka_unit_test(test_closing_ends_what_was_pipelined),
        cmocka_unit_test(test_idle_connection_holds_no_buffer),
        cmocka_unit_test(test_large_bodies),
        cmocka_unit_test(test_continue_is_said_when_nothing_came),
        cmocka_unit_test(test_reset_by_the_peer),
        cmocka_unit_test(test_every_call_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
