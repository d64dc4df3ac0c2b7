/* test_server.c: connections from the outside: answers, order, deadlines, limits, ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"
#include "strictness.h"

#define GET_X "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

/* Runs the bytes on a connection of their own and says what was heard; closes it. */
static struct heard ask(struct harness *h, struct str bytes)
{
    int fd = harness_connect(h);

    harness_send_bytes(h, fd, bytes);
    struct heard heard = harness_hear(h, fd);
    close(fd);
    harness_run(h);
    return heard;
}

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
    struct heard heard = ask(&h, LIT("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"));
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
    harness_open(&h);
    free(ask(&h, LIT(GET_X)).text);
    harness_advance(&h, 999);
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
        { BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "Connection: close\r\n", true },
        { BYTES("GET / HTTP/1.0\r\n\r\n"), "Connection: close\r\n", true },
        { BYTES("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), "Connection: keep-alive\r\n", false },
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
    harness_send_bytes(&h, fd, LIT("GET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n"));
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
        { BYTES("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1"), 2000, 408, "chunk" },
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

static void test_connections_are_limited(void **state)
{
    struct harness h = harness_new();
    int            fds[8];

    (void)state;
    harness_open(&h);
    for (int i = 0; i < 8; i++)
        fds[i] = harness_connect(&h);
    struct heard heard = ask(&h, LIT(GET_X));
    assert_int_equal(heard_status(&heard), 503);
    assert_true(heard.ended);
    free(heard.text);
    close(fds[0]);
    harness_run(&h);
    heard = ask(&h, LIT(GET_X));
    assert_int_equal(heard_status(&heard), 200);
    free(heard.text);
    for (int i = 1; i < 8; i++)
        close(fds[i]);
    harness_run(&h);
    assert_int_equal(http_server_connections(h.server), 0);
    harness_close(&h);
}

/* Also when more are refused than there are seats to tell them. */
static void test_flood_beyond_the_limit(void **state)
{
    struct harness h = harness_new();
    int            fds[200];

    (void)state;
    harness_open(&h);
    for (int i = 0; i < 200; i++)
        fds[i] = harness_connect(&h);
    harness_run(&h);
    for (int i = 0; i < 8; i++)
        assert_int_equal(recv(fds[i], &(char){ 0 }, 1, 0), -1);     /* still open */
    for (int i = 0; i < 200; i++)
        close(fds[i]);
    harness_run(&h);
    assert_int_equal(http_server_connections(h.server), 0);
    struct heard heard = ask(&h, LIT(GET_X));
    assert_int_equal(heard_status(&heard), 200);
    free(heard.text);
    harness_close(&h);
}

static int connect_status(struct harness *h, const char *address, int *fd)
{
    *fd = harness_connect_from(h, address);
    harness_send_bytes(h, *fd, LIT(GET_X));
    struct heard heard = harness_hear(h, *fd);
    int          status = heard_status(&heard);
    free(heard.text);
    return status;
}

static void test_addresses_are_limited(void **state)
{
    static const struct {
        const char *address;
        int         status;
    } rows[] = {
        { "192.0.2.1", 200 }, { "192.0.2.1", 200 }, { "192.0.2.1", 503 }, { "::ffff:192.0.2.1", 503 },
        { "192.0.2.2", 200 }, { "2001:db8::1", 200 }, { "2001:db8::ffff:2", 200 }, { "2001:db8::3", 503 },
        { "2001:db8:0:1::1", 200 }, { "local", 200 }, { "local", 200 }, { "local", 200 }, { "", 200 },
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    struct harness h = harness_new();
    int            fds[COUNT], fd;

    (void)state;
    h.settings.connections_max = 20;
    h.settings.connections_per_address_max = 2;
    harness_open(&h);
    for (int i = 0; i < COUNT; i++) {
        int status = connect_status(&h, rows[i].address, &fds[i]);
        if (status != rows[i].status)
            print_error("%s: %d\n", rows[i].address, status);
        assert_int_equal(status, rows[i].status);
    }
    close(fds[0]);
    harness_run(&h);
    assert_int_equal(connect_status(&h, "192.0.2.1", &fd), 200);
    close(fd);
    for (int i = 1; i < COUNT; i++)
        close(fds[i]);
    harness_run(&h);
    harness_close(&h);
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
            struct heard heard = ask(&h, LIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
                                             TEN("0123456789") GET_X GET_X "GET / HTTP/1.1\r\n\r\n"));
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
        cmocka_unit_test(test_deferred_requests_wait_for_each_other),
        cmocka_unit_test(test_deferred_request_pushes_back),
        cmocka_unit_test(test_ticket_outlives_the_connection),
        cmocka_unit_test(test_exchange_carries_a_context),
        cmocka_unit_test(test_deferred_and_answered_at_once),
        cmocka_unit_test(test_half_closed_client_gets_its_answers),
        cmocka_unit_test(test_reset_by_the_peer),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_trickle),
        cmocka_unit_test(test_each_body_has_its_deadline),
        cmocka_unit_test(test_short_sends),
        cmocka_unit_test(test_client_that_does_not_read),
        cmocka_unit_test(test_refused_client_is_lingered_for),
        cmocka_unit_test(test_connections_are_limited),
        cmocka_unit_test(test_flood_beyond_the_limit),
        cmocka_unit_test(test_addresses_are_limited),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_every_call_fails_once),
        cmocka_unit_test(test_close_with_everything_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
