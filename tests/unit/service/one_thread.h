/* one_thread.h: the whole service on one thread over socket pairs, with a clock and random bytes of
 * the test's own: nothing waits, no port is opened, and time passes when the test says so. */
#pragma once
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

#define UNUSED __attribute__((unused))

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

static UNUSED int set_up(void **state)
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

static UNUSED int tear_down(void **state)
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

static UNUSED const char *post(struct world *w, const char *path, const char *media_type, const char *body)
{
    char request[2048];

    snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", path,
             media_type, strlen(body), body);
    return ask(w, request);
}

static UNUSED const char *register_ada(struct world *w)
{
    return post(w, "/register", "application/json", "{\"email\":\"ada@example.com\",\"password\":\"correct horse\"}");
}

static UNUSED const char *log_in(struct world *w)
{
    return post(w, "/token", "application/x-www-form-urlencoded", "username=ada%40example.com&password=correct+horse");
}

static UNUSED const char *who_am_i(struct world *w, const char *token)
{
    char request[2048];

    snprintf(request, sizeof request, "GET /users/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n", token);
    return ask(w, request);
}

static UNUSED void take_token(const char *answer, char token[static 1024])
{
    const char *at = strstr(answer, "\"access_token\":\"");

    assert_non_null(at);
    assert_int_equal(sscanf(at, "\"access_token\":\"%1023[^\"]", token), 1);
}

static UNUSED bool says(const char *answer, const char *text)
{
    return strstr(answer, text) != NULL;
}
