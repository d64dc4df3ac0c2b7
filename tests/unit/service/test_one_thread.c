/* test_one_thread.c: the whole service on one thread over socket pairs, with a clock and random
 * bytes of the test's own.
 *
 * What the seams are for: nothing here waits, no port is opened, and time passes when the test
 * says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/program.h"
#include "service/front.h"
#include "service/keeper.h"
#include "service/signing.h"

enum { ANSWER_BYTES = 16384, TURNS = 50 };

struct world {
    struct service  service;
    struct keeper  *keeper;
    struct front   *front;
    int             channel[2], client;
    char            folder[32], database[64], answer[ANSWER_BYTES];
    int64_t         wall_us, step_us;   /* the clock goes on by so much whenever it is read */
    bool            no_entropy;
    struct clock    clock;
    struct random_source random;
};

static int64_t wall_us(void *context)
{
    struct world *w = context;

    return w->wall_us += w->step_us;
}

static int64_t monotonic_ns(void *context)
{
    return ((struct world *)context)->wall_us * 1000;
}

static bool fill(void *context, void *out, size_t bytes)
{
    struct world *w = context;

    return !w->no_entropy && random_fill(&system_random, out, bytes);
}

static void set_options(struct world *w)
{
    static const char *const argv[] = { "postern", "--threads", "1", "--hash-memory", "8", "--hash-passes", "1", "--hash-threads", "1", NULL };
    char         text[512];
    struct buf   told = buf_fixed(text, sizeof text);

    assert_int_equal(options_parse(&w->service.options, "postern", "0", NULL, 9, (char **)argv, &told), OPTIONS_SERVE);
    snprintf(w->database, sizeof w->database, "sqlite:%s/postern.db", w->folder);
    w->service.options.database = str_of(w->database);
    w->service.options.issuer = LIT("http://postern.example");
}

static void connect_client(struct world *w)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    w->client = ends[0];
    front_adopt(w->front, ends[1], LIT("127.0.0.1"));
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    char          text[512] = "";
    struct buf    why = buf_fixed(text, sizeof text - 1);

    *state = w;
    strcpy(w->folder, "/tmp/postern-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    w->wall_us = 1795000000LL * 1000000;
    w->clock = (struct clock){ wall_us, monotonic_ns, w };
    w->random = (struct random_source){ fill, w };
    w->service.clock = &w->clock;
    w->service.random = &w->random;
    w->service.one_thread = true;
    set_options(w);
    assert_true(service_open_tables(&w->service, &postern_program, &why));
    assert_true(service_open_keeper(&w->service, &why));
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, w->channel), 0);
    w->keeper = keeper_open(&w->service, &w->channel[1], 1, &why);
    w->front = front_open(&w->service, -1, &w->channel[0], 1, &why);
    assert_string_equal(text, "");
    connect_client(w);
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    char          command[64];

    close(w->client);
    front_close(w->front);
    keeper_close(w->keeper);
    service_close(&w->service);
    close(w->channel[0]);
    close(w->channel[1]);
    snprintf(command, sizeof command, "rm -r %s", w->folder);
    assert_int_equal(system(command), 0);
    free(w);
    return 0;
}

/* Sends a request and lets the processes take turns until its answer is there. */
static const char *ask(struct world *w, const char *request)
{
    ssize_t got = -1;

    assert_int_equal(write(w->client, request, strlen(request)), strlen(request));
    for (int i = 0; i < TURNS && got <= 0; i++) {
        front_turn(w->front);
        keeper_turn(w->keeper);
        front_turn(w->front);
        got = read(w->client, w->answer, sizeof w->answer - 1);
    }
    assert_true(got > 0);
    w->answer[got] = 0;
    return w->answer;
}

static const char *post(struct world *w, const char *path, const char *media_type, const char *body)
{
    char request[2048];

    snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", path,
             media_type, strlen(body), body);
    return ask(w, request);
}

static const char *register_ada(struct world *w)
{
    return post(w, "/register", "application/json", "{\"email\":\"ada@example.com\",\"password\":\"correct horse\"}");
}

static const char *log_in(struct world *w)
{
    return post(w, "/token", "application/x-www-form-urlencoded", "username=ada%40example.com&password=correct+horse");
}

static const char *who_am_i(struct world *w, const char *token)
{
    char request[2048];

    snprintf(request, sizeof request, "GET /users/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n", token);
    return ask(w, request);
}

static void take_token(const char *answer, char token[static 1024])
{
    const char *at = strstr(answer, "\"access_token\":\"");

    assert_non_null(at);
    assert_int_equal(sscanf(at, "\"access_token\":\"%1023[^\"]", token), 1);
}

static bool says(const char *answer, const char *text)
{
    return strstr(answer, text) != NULL;
}

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
