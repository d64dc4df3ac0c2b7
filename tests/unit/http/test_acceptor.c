/* test_acceptor.c: listening, running out of descriptors, sharing out over loops, limits over
 * all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "harness.h"
#include "http/acceptor.h"

enum { LOOPS_MAX = 3, CLIENTS_MAX = 32 };

static int listen_anywhere(struct sockaddr_in *at)
{
    socklen_t len = sizeof *at;
    int       fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    *at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    assert_int_equal(bind(fd, (struct sockaddr *)at, len), 0);
    assert_int_equal(listen(fd, 128), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)at, &len), 0);
    return fd;
}

/* On loopback a connect that is not blocked is in the queue when it returns. */
static int dial(const struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)at, sizeof *at), 0);
    return fd;
}

/* Runs the loop until the client has heard something or the end; what it heard. */
static struct heard hear_when(struct harness *h, int fd)
{
    struct heard heard = { .text = calloc(1, 1) };

    for (int i = 0; i < 2000 && !heard.len && !heard.ended && !heard.reset; i++) {
        loop_turn(h->loop, 1);
        char    bytes[1024];
        ssize_t n = recv(fd, bytes, sizeof bytes - 1, MSG_DONTWAIT);
        if (n > 0) {
            bytes[n] = '\0';
            free(heard.text);
            heard.text = strdup(bytes);
            heard.len = (size_t)n;
        }
        heard.ended = n == 0;
        heard.reset = n < 0 && errno != EAGAIN;
    }
    return heard;
}

static void test_listens(void **state)
{
    struct harness     h = harness_new();
    struct sockaddr_in at;

    (void)state;
    harness_open(&h);
    int listener = listen_anywhere(&at);
    assert_true(http_server_listen(h.server, listener, NULL, NULL));
    assert_false(http_server_listen(h.server, listener, NULL, NULL));
    int fd = dial(&at);
    assert_int_equal(send(fd, GET_X, strlen(GET_X), 0), strlen(GET_X));
    struct heard heard = hear_when(&h, fd);
    assert_int_equal(heard_status(&heard), 200);
    assert_string_equal(h.address, "127.0.0.1");
    free(heard.text);
    close(fd);
    harness_close(&h);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), -1);
    close(fd);
}

static void test_does_not_listen_on_nothing(void **state)
{
    struct harness h = harness_new();

    (void)state;
    harness_open(&h);
    assert_false(http_server_listen(h.server, -1, NULL, NULL));
    harness_close(&h);
}

static int descriptors_left_at(rlim_t limit)
{
    struct rlimit before, now;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    now = before;
    now.rlim_cur = limit;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    return (int)before.rlim_cur;
}

/* No descriptor is left: clients are turned away one by one, and nothing spins. */
static void test_survives_without_descriptors(void **state)
{
    struct harness     h = harness_new();
    struct sockaddr_in at;

    (void)state;
    harness_open(&h);
    assert_true(http_server_listen(h.server, listen_anywhere(&at), NULL, NULL));
    int    clients[3] = { dial(&at), dial(&at), dial(&at) };
    int    next = dup(0);
    rlim_t before = (rlim_t)descriptors_left_at((rlim_t)next);
    for (int i = 0; i < 3; i++) {
        struct heard heard = hear_when(&h, clients[i]);
        assert_true(heard.ended || heard.reset);
        free(heard.text);
    }
    assert_int_equal(h.requests, 0);
    assert_false(loop_turn(h.loop, 0));
    descriptors_left_at(before);
    close(next);
    for (int i = 0; i < 3; i++)
        close(clients[i]);
    int fd = dial(&at);
    assert_int_equal(send(fd, GET_X, strlen(GET_X), 0), strlen(GET_X));
    struct heard heard = hear_when(&h, fd);
    assert_int_equal(heard_status(&heard), 200);
    free(heard.text);
    close(fd);
    harness_close(&h);
}

static int no_memory(void *context, int listener, char *address, size_t address_bytes)
{
    struct harness *h = context;

    (void)address;
    (void)address_bytes;
    (void)listener;
    h->calls++;
    errno = h->fail_error;
    return -1;
}

/* What a moment may mend is waited for; what is the fault of one connection is not. */
static void test_accept_that_fails_rests(void **state)
{
    static const int   errors[] = { ENOMEM, EMFILE };
    struct sockaddr_in at;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct harness h = harness_new();
        harness_open(&h);
        h.net.accept = no_memory;
        h.fail_error = errors[i];
        assert_true(http_server_listen(h.server, listen_anywhere(&at), NULL, NULL));
        int fd = dial(&at);
        assert_true(loop_turn(h.loop, 0));
        unsigned calls = h.calls;
        assert_true(calls <= 2);
        harness_run(&h);
        assert_int_equal(h.calls, calls);
        h.net.accept = system_net.accept;
        harness_advance(&h, 250);
        harness_run(&h);
        assert_int_equal(http_server_connections(h.server), 1);
        close(fd);
        harness_close(&h);
    }
}

/* Three loops, run here in turn: as many connections each, and limits that hold over all of
 * them. */
static void test_shares_out_exactly(void **state)
{
    struct harness      h[LOOPS_MAX];
    struct http_server *servers[LOOPS_MAX];
    struct http_census *census = http_census_open(20, 20);
    struct sockaddr_in  at;
    int                 fds[CLIENTS_MAX];

    (void)state;
    for (int i = 0; i < LOOPS_MAX; i++) {
        h[i] = harness_new();
        h[i].settings.census = census;
        h[i].settings.connections_max = 100;
        harness_open(&h[i]);
        servers[i] = h[i].server;
    }
    struct http_acceptor *a = http_acceptor_open(servers, LOOPS_MAX);
    assert_true(http_acceptor_listen(a, listen_anywhere(&at)));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 18; i++)
            fds[i] = dial(&at);
        for (int i = 0; i < LOOPS_MAX; i++)
            harness_run(&h[i]);
        for (int i = 0; i < LOOPS_MAX; i++)
            assert_int_equal(http_server_connections(servers[i]), 6);
        for (int i = 18; i < CLIENTS_MAX; i++)      /* two more than there may be, and then some */
            fds[i] = dial(&at);
        for (int i = 0; i < LOOPS_MAX; i++)
            harness_run(&h[i]);
        assert_int_equal(http_census_total(census), 20);
        for (int i = 0; i < CLIENTS_MAX; i++)
            close(fds[i]);
        for (int i = 0; i < LOOPS_MAX; i++)
            harness_run(&h[i]);
        assert_int_equal(http_census_total(census), 0);
    }
    for (int i = 0; i < LOOPS_MAX; i++)
        harness_close(&h[i]);
    http_acceptor_close(a);
    http_census_close(census);
}

/* What waits in the queue of the kernel when the drain begins is answered. */
static void test_drain_accepts_what_waits(void **state)
{
    struct harness      h[2] = { harness_new(), harness_new() };
    struct http_server *servers[2];
    struct sockaddr_in  at;
    int                 fds[5];

    (void)state;
    for (int i = 0; i < 2; i++) {
        harness_open(&h[i]);
        servers[i] = h[i].server;
    }
    struct http_acceptor *a = http_acceptor_open(servers, 2);
    assert_true(http_acceptor_listen(a, listen_anywhere(&at)));
    for (int i = 0; i < 5; i++) {
        fds[i] = dial(&at);
        assert_int_equal(send(fds[i], GET_X, strlen(GET_X), 0), strlen(GET_X));
    }
    for (int i = 0; i < 2; i++)
        http_server_drain(servers[i]);
    for (int i = 0; i < 2; i++)
        harness_run(&h[i]);
    assert_int_equal(h[0].requests + h[1].requests, 5);
    assert_true(h[0].requests >= 2 && h[1].requests >= 2);
    for (int i = 0; i < 5; i++) {
        struct heard heard = hear_when(&h[0], fds[i]);
        assert_int_equal(heard_status(&heard), 200);
        assert_non_null(strstr(heard.text, "Connection: close\r\n"));
        free(heard.text);
        close(fds[i]);
    }
    for (int i = 0; i < 2; i++) {
        harness_run(&h[i]);
        assert_int_equal(http_server_connections(servers[i]), 0);
        harness_close(&h[i]);
    }
    http_acceptor_close(a);
}

/* Real threads, each with a loop; a listener on the first. */
struct worker {
    struct harness *h;
    pthread_t       thread;
    int             stop;       /* atomic */
};

static void stop_when_told(void *context)
{
    struct worker *w = context;

    if (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE))
        return;
    http_server_drain(w->h->server);
}

static void stop_when_empty(void *context)
{
    struct worker *w = context;

    if (__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE) && !http_server_connections(w->h->server))
        loop_stop(w->h->loop);
}

static void *work(void *context)
{
    struct worker *w = context;

    loop_run(w->h->loop);
    return NULL;
}

static void ask_and_close(const struct sockaddr_in *at)
{
    char text[1024] = "";
    int  fd = dial(at);

    assert_int_equal(send(fd, GET_X, strlen(GET_X), 0), strlen(GET_X));
    assert_true(recv(fd, text, sizeof text - 1, 0) > 0);
    assert_non_null(strstr(text, " 200 OK\r\n"));
    close(fd);
}

static void test_loops_on_threads(void **state)
{
    static struct harness h[2];
    struct worker         workers[2];
    struct http_server   *servers[2];
    struct http_census   *census = http_census_open(64, 64);
    struct sockaddr_in    at;

    (void)state;
    for (int i = 0; i < 2; i++) {
        h[i] = harness_new();
        h[i].settings.census = census;
        harness_open(&h[i]);
        servers[i] = h[i].server;
        workers[i] = (struct worker){ .h = &h[i] };
        loop_on_wake(h[i].loop, stop_when_told, &workers[i]);
        loop_on_turn(h[i].loop, stop_when_empty, &workers[i]);
    }
    struct http_acceptor *a = http_acceptor_open(servers, 2);
    assert_true(http_acceptor_listen(a, listen_anywhere(&at)));
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (int i = 0; i < 200; i++)
        ask_and_close(&at);
    for (int i = 0; i < 2; i++) {
        __atomic_store_n(&workers[i].stop, 1, __ATOMIC_RELEASE);
        loop_wake(h[i].loop);
        pthread_join(workers[i].thread, NULL);
    }
    assert_int_equal(h[0].requests + h[1].requests, 200);
    assert_int_equal(http_census_total(census), 0);
    for (int i = 0; i < 2; i++)
        harness_close(&h[i]);
    http_acceptor_close(a);
    http_census_close(census);
}

static void test_visitors(void **state)
{
    (void)state;
    assert_int_equal(http_visitor_of(LIT("")).kind, VISITOR_LOCAL);
    assert_int_equal(http_visitor_of(LIT("no address, but longer than one can be at all")).kind,
                     VISITOR_LOCAL);
    assert_int_equal(http_visitor_of(LIT("1.2.3.4")).kind, VISITOR_IPV4);
    assert_int_equal(http_visitor_of(LIT("::ffff:1.2.3.4")).kind, VISITOR_IPV4);
    assert_true(http_visitor_of(LIT("1.2.3.4")).prefix == 0x01020304);
    assert_true(http_visitor_of(LIT("::ffff:102:304")).prefix == 0x01020304);
    assert_int_equal(http_visitor_of(LIT("2001:db8::1")).kind, VISITOR_IPV6);
    assert_true(http_visitor_of(LIT("2001:db8::1")).prefix == 0x20010db800000000u);
}

/* Random comings and goings against plain counts. */
static void test_census_counts(void **state)
{
    enum { VISITORS = 40, TOTAL_MAX = 100, EACH_MAX = 5 };
    struct http_census *c = http_census_open(TOTAL_MAX, EACH_MAX);
    size_t              counts[VISITORS] = { 0 }, total = 0;

    (void)state;
    srandom(7);
    for (int i = 0; i < 100000; i++) {
        size_t              at = (size_t)random() % VISITORS;
        struct http_visitor v = { at, VISITOR_IPV4 };
        if (random() % 100 < 55) {
            bool may = total < TOTAL_MAX && counts[at] < EACH_MAX;
            assert_int_equal(http_census_enter(c, v), may);
            counts[at] += may;
            total += may;
        } else if (counts[at]) {
            http_census_leave(c, v);
            counts[at]--;
            total--;
        }
        assert_int_equal(http_census_total(c), total);
    }
    http_census_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listens),
        cmocka_unit_test(test_does_not_listen_on_nothing),
        cmocka_unit_test(test_survives_without_descriptors),
        cmocka_unit_test(test_accept_that_fails_rests),
        cmocka_unit_test(test_shares_out_exactly),
        cmocka_unit_test(test_drain_accepts_what_waits),
        cmocka_unit_test(test_loops_on_threads),
        cmocka_unit_test(test_visitors),
        cmocka_unit_test(test_census_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
