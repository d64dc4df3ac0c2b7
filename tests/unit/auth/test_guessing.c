/* test_guessing.c: who has to wait before he may try a password, and who has not: the whole service
 * on one thread, with a clock of the test's own.
 *
 * The client is a trusted proxy, so that each request can come from wherever the test likes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/password_form.h"
#include "auth/guessing.h"
#include "auth/program.h"
#include "base/log.h"
#include "service/front.h"
#include "service/keeper.h"

enum { ANSWER_BYTES = 16384, TURNS = 50, SECOND = 1000000, MINUTE = 60 * SECOND };

#define HOME    "198.51.100.7"
#define FOREIGN "203.0.113.5"

struct world {
    struct service *service;
    struct keeper  *keeper;
    struct front   *front;
    int             channel[2], client;
    char            folder[32], database[64], answer[ANSWER_BYTES];
    const char     *limits;
    int64_t         wall_us;
    struct clock    clock;
};

static int64_t wall_us(void *context)
{
    return ((struct world *)context)->wall_us;
}

static int64_t monotonic_ns(void *context)
{
    return ((struct world *)context)->wall_us * 1000;
}

/* ---- A service -------------------------------------------------------------------------- */

static void set_options(struct world *w)
{
    const char *argv[] = { "postern", "--threads", "1", "--hash-memory", "8", "--hash-passes", "1", "--hash-threads", "1",
                           "--trusted-proxy", "127.0.0.1", "--idle-timeout", "24h", "--limits", w->limits, NULL };
    char        text[512];
    struct buf  told = buf_fixed(text, sizeof text);

    assert_int_equal(options_parse(&w->service->options, "postern", "0", NULL, 15, (char **)argv, &told), OPTIONS_SERVE);
    snprintf(w->database, sizeof w->database, "sqlite:%s/postern.db", w->folder);
    w->service->options.database = str_of(w->database);
    w->service->options.issuer = LIT("http://postern.example");
}

static void open_service(struct world *w)
{
    char       text[512] = "";
    struct buf why = buf_fixed(text, sizeof text - 1);
    int        ends[2];

    w->service = calloc(1, sizeof *w->service);
    w->service->clock = &w->clock;
    w->service->one_thread = true;
    set_options(w);
    assert_true(service_open_tables(w->service, &postern_program, &why));
    assert_true(service_open_keeper(w->service, &why));
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, w->channel), 0);
    w->keeper = keeper_open(w->service, &w->channel[1], 1, &why);
    w->front = front_open(w->service, -1, &w->channel[0], 1, &why);
    assert_string_equal(text, "");
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    w->client = ends[0];
    front_adopt(w->front, ends[1], LIT("127.0.0.1"));
}

static void close_service(struct world *w)
{
    close(w->client);
    front_close(w->front);
    keeper_close(w->keeper);
    service_close(w->service);
    close(w->channel[0]);
    close(w->channel[1]);
    free(w->service);
}

static int set_up_with(void **state, const char *limits)
{
    struct world *w = calloc(1, sizeof *w);

    *state = w;
    log_open("test", LOG_LEVEL_ERROR);
    strcpy(w->folder, "/tmp/postern-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    w->wall_us = 1795000000LL * SECOND;
    w->clock = (struct clock){ wall_us, monotonic_ns, w };
    w->limits = limits;
    open_service(w);
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, "on");
}

static int set_up_without_limits(void **state)
{
    return set_up_with(state, "off");
}

static int tear_down(void **state)
{
    struct world *w = *state;
    char          command[64];

    close_service(w);
    snprintf(command, sizeof command, "rm -r %s", w->folder);
    assert_int_equal(system(command), 0);
    free(w);
    return 0;
}

static void start_again(struct world *w)
{
    close_service(w);
    open_service(w);
}

/* ---- Requests --------------------------------------------------------------------------- */

static int post(struct world *w, const char *from, const char *path, const char *media_type, const char *body)
{
    char    request[2048];
    ssize_t got = -1;
    int     status;

    snprintf(request, sizeof request, "POST %s HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
             path, from, media_type, strlen(body), body);
    assert_int_equal(write(w->client, request, strlen(request)), strlen(request));
    for (int i = 0; i < TURNS && got <= 0; i++) {
        front_turn(w->front);
        keeper_turn(w->keeper);
        front_turn(w->front);
        got = read(w->client, w->answer, sizeof w->answer - 1);
    }
    assert_true(got > 0);
    w->answer[got] = 0;
    assert_int_equal(sscanf(w->answer, "HTTP/1.1 %d ", &status), 1);
    return status;
}

static int sign_up(struct world *w, const char *from, const char *email)
{
    char body[256];

    snprintf(body, sizeof body, "{\"email\":\"%s\",\"password\":\"correct horse\"}", email);
    return post(w, from, "/register", "application/json", body);
}

static int log_in(struct world *w, const char *from, const char *email, const char *password)
{
    char body[256];

    snprintf(body, sizeof body, "username=%s&password=%s", email, password);
    return post(w, from, "/token", "application/x-www-form-urlencoded", body);
}

static int good(struct world *w, const char *from)
{
    return log_in(w, from, "ada@example.com", "correct+horse");
}

static int bad(struct world *w, const char *from)
{
    return log_in(w, from, "ada@example.com", "wrong");
}

/* Of the last answer, a 429. */
static int64_t wait_s(struct world *w)
{
    const char *at = strstr(w->answer, "Retry-After: ");

    assert_non_null(at);
    assert_non_null(strstr(w->answer, "{\"detail\":\"Too many attempts, try again later\"}"));
    return atoi(at + 13);
}

static const char *neighbour(int n)
{
    static char address[32];

    snprintf(address, sizeof address, "192.%d.%d.%d", n >> 16 & 255, n >> 8 & 255, n & 255);
    return address;
}

/* Ada is at home; somebody has guessed from all over the world until he must wait. */
static void under_attack(struct world *w)
{
    assert_int_equal(sign_up(w, HOME, "ada@example.com"), 201);
    for (int i = 0; i < 10; i++)
        assert_int_equal(bad(w, neighbour(i << 8)), 401);
    assert_int_equal(bad(w, FOREIGN), 429);
}

/* ---- Tests ------------------------------------------------------------------------------ */

static void ten_wrong_ones_then_each_wait_is_longer(void **state)
{
    struct world *w = *state;
    int64_t       before = 1, tried = 0;

    under_attack(w);
    for (int i = 0; i < 7; i++, tried++) {
        assert_int_equal(bad(w, neighbour(i << 8)), 429);
        assert_int_equal(wait_s(w), 2 * before);
        before = wait_s(w);
        w->wall_us += before * SECOND;
        assert_int_equal(bad(w, neighbour(i << 8)), 401);
    }
    for (; w->wall_us < 1795000000LL * SECOND + 24 * 60LL * MINUTE; tried++) {
        assert_int_equal(bad(w, neighbour((int)tried << 8)), 429);
        assert_in_range(wait_s(w), 1, 15 * 60);
        w->wall_us += wait_s(w) * SECOND;
        assert_int_equal(bad(w, neighbour((int)tried << 8)), 401);
    }
    assert_in_range(10 + tried, 100, 120);      /* as docs/limits.md says: in a day */
}

static void who_has_logged_in_before_is_let_through(void **state)
{
    struct world *w = *state;

    under_attack(w);
    assert_int_equal(good(w, HOME), 200);
    assert_int_equal(bad(w, HOME), 401);
    assert_int_equal(good(w, "198.51.100.99"), 200);    /* the neighbourhood is familiar too */
    assert_int_equal(good(w, FOREIGN), 429);
}

/* A right password makes a network familiar, for that account alone. */
static void a_new_network_becomes_familiar(void **state)
{
    struct world *w = *state;

    assert_int_equal(sign_up(w, HOME, "ada@example.com"), 201);
    assert_int_equal(sign_up(w, HOME, "bob@example.com"), 201);
    assert_int_equal(good(w, FOREIGN), 200);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(bad(w, neighbour(i << 8)), 401);
        assert_int_equal(log_in(w, neighbour(i << 8), "bob@example.com", "wrong"), 401);
    }
    assert_int_equal(good(w, FOREIGN), 200);
    assert_int_equal(log_in(w, FOREIGN, "bob@example.com", "correct+horse"), 429);
    assert_int_equal(log_in(w, HOME, "bob@example.com", "correct+horse"), 200);
}

static void the_last_sixteen_networks_are_remembered(void **state)
{
    struct world *w = *state;

    assert_int_equal(sign_up(w, HOME, "ada@example.com"), 201);
    for (int i = 0; i < 16; i++) {
        w->wall_us += SECOND;
        assert_int_equal(good(w, neighbour(i << 8)), 200);
    }
    for (int i = 0; i < 10; i++)
        assert_int_equal(bad(w, neighbour((100 + i) << 8)), 401);
    for (int i = 0; i < 16; i++)
        assert_int_equal(good(w, neighbour(i << 8)), 200);
    assert_int_equal(good(w, HOME), 429);
}

static void a_familiar_network_cannot_guess_for_ever(void **state)
{
    struct world *w = *state;
    int           tries = 0;

    assert_int_equal(sign_up(w, HOME, "ada@example.com"), 201);
    while (bad(w, HOME) == 401)
        tries++;
    assert_int_equal(tries, 20);
    assert_true(wait_s(w) >= 1);
    assert_int_equal(good(w, HOME), 429);
    assert_int_equal(good(w, FOREIGN), 200);    /* it is nobody's else business */
    w->wall_us += 2 * SECOND;
    assert_int_equal(good(w, HOME), 200);
}

static void right_ones_count_for_nothing(void **state)
{
    struct world *w = *state;

    assert_int_equal(sign_up(w, HOME, "ada@example.com"), 201);
    for (int i = 0; i < 60; i++)
        assert_int_equal(good(w, HOME), 200);
    for (int i = 0; i < 60; i++)
        assert_int_equal(good(w, neighbour(i << 8)), 200);
    assert_int_equal(bad(w, FOREIGN), 401);
}

/* Nobody learns by waiting whether an account exists. */
static void an_account_that_is_none_is_counted_alike(void **state)
{
    static const char *const nobody[] = { "eve@example.com", "EVE@EXAMPLE.COM", "no-address" };
    struct world            *w = *state;

    for (int i = 0; i < 10; i++)
        assert_int_equal(log_in(w, neighbour(i << 8), nobody[i % 2], "wrong"), 401);
    for (int i = 0; i < 2; i++)
        assert_int_equal(log_in(w, FOREIGN, nobody[i], "wrong"), 429);
    for (int i = 0; i < 10; i++)
        assert_int_equal(log_in(w, neighbour(i << 8), nobody[2], "wrong"), 401);
    assert_int_equal(log_in(w, FOREIGN, nobody[2], "wrong"), 429);
}

static void an_account_is_counted_however_it_is_written(void **state)
{
    static const char *const forms[] = { "ada@example.com", "ADA@example.com", "ada@EXAMPLE.com", "+ada@example.com+", "Ada@Example.Com" };
    struct world            *w = *state;

    assert_int_equal(sign_up(w, HOME, "ada@example.com"), 201);
    for (int i = 0; i < 10; i++)
        assert_int_equal(log_in(w, neighbour(i << 8), forms[i % 5], "wrong"), 401);
    for (int i = 0; i < 5; i++)
        assert_int_equal(log_in(w, FOREIGN, forms[i], "wrong"), 429);
}

static int spray(struct world *w, const char *(*from)(int n), int most)
{
    char email[64];

    for (int i = 0; i < most; i++) {
        snprintf(email, sizeof email, "victim%d@example.com", i);
        if (log_in(w, from(i), email, "wrong") == 429)
            return i;
    }
    return most;
}

static const char *one_address(int n) { (void)n; return FOREIGN; }
static const char *one_mapped(int n) { return n % 2 ? "::ffff:" FOREIGN : FOREIGN; }
static const char *one_of_24(int n) { return neighbour(0xa0b00 + n % 256); }

static const char *one_of_64(int n)
{
    static char address[64];

    snprintf(address, sizeof address, "2001:db8:0:7::%x:%x", n + 1, n * 7 + 1);
    return address;
}

static const char *one_of_48(int n)
{
    static char address[64];

    snprintf(address, sizeof address, "2001:db8:9:%x::1", n + 1);
    return address;
}

static void one_network_cannot_try_many_accounts(void **state)
{
    struct world *w = *state;

    assert_int_equal(spray(w, one_address, 100), 20);
    assert_int_equal(spray(w, one_mapped, 100), 0);     /* one and the same */
    assert_int_equal(spray(w, one_of_64, 100), 20);
    assert_int_equal(spray(w, one_of_24, 300), 100);
    assert_int_equal(spray(w, one_of_48, 300), 100);
}

static void a_network_that_waits_stops_no_familiar_one(void **state)
{
    struct world *w = *state;

    assert_int_equal(sign_up(w, FOREIGN, "ada@example.com"), 201);
    assert_int_equal(spray(w, one_address, 100), 20);
    assert_int_equal(good(w, FOREIGN), 200);
}

static void registering_is_limited_by_network(void **state)
{
    struct world *w = *state;
    char          email[64];
    int           n = 0;

    do
        snprintf(email, sizeof email, "user%d@example.com", n % 90);    /* a taken address counts as well */
    while (sign_up(w, HOME, email) != 429 && ++n < 200);
    assert_int_equal(n, 100);
    assert_int_equal(wait_s(w), 1);
    assert_int_equal(sign_up(w, FOREIGN, "somebody@example.com"), 201);
    w->wall_us += SECOND;
    assert_int_equal(sign_up(w, HOME, "late@example.com"), 201);
}

/* What costs no hash is not counted. */
static void faults_count_for_nothing(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 150; i++) {
        assert_int_equal(post(w, HOME, "/register", "application/json", "{\"email\":\"ada@example.com\",\"password\":\"password\"}"), 422);
        assert_int_equal(post(w, HOME, "/register", "application/json", "{}"), 422);
    }
    assert_int_equal(sign_up(w, HOME, "ada@example.com"), 201);
}

static void what_was_counted_outlives_a_restart(void **state)
{
    struct world *w = *state;

    under_attack(w);
    start_again(w);
    assert_int_equal(bad(w, FOREIGN), 429);
    assert_int_equal(good(w, HOME), 200);
    w->wall_us += 2 * SECOND;
    assert_int_equal(bad(w, FOREIGN), 401);
    assert_int_equal(bad(w, FOREIGN), 429);
}

static void being_refused_writes_nothing(void **state)
{
    struct world *w = *state;

    under_attack(w);
    start_again(w);
    struct store_counts before = store_counts(w->service->store);
    for (int i = 0; i < 200; i++)
        assert_int_equal(bad(w, neighbour(i << 8)), 429);
    assert_false(limiter_is_dirty(w->service->limiter));
    assert_int_equal(store_counts(w->service->store).writes, before.writes);
    assert_int_equal(good(w, HOME), 200);
    assert_false(limiter_is_dirty(w->service->limiter));    /* nor does a log-in from home */
    assert_int_equal(store_counts(w->service->store).writes, before.writes + 1);    /* its session, and nothing else */
}

/* The desk that asks them cannot open the database, the worker that hashes has it open. */
static void no_log_in_without_the_limits_being_asked(void **state)
{
    struct world   *w = *state;
    struct rlimit   files, none;
    struct limiter *limiter;

    assert_int_equal(sign_up(w, HOME, "ada@example.com"), 201);
    start_again(w);
    limiter = w->service->limiter;
    w->service->limiter = NULL;     /* so that only the worker that hashes has opened the database */
    assert_int_equal(good(w, HOME), 200);
    w->service->limiter = limiter;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    none = (struct rlimit){ 3, files.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int refused = bad(w, FOREIGN);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(refused, 503);
    assert_int_equal(bad(w, FOREIGN), 401);
}

/* Is the account's next log-in from there hashed before others?  It is never made. */
static bool goes_first(struct world *w, const char *from, const char *email)
{
    struct arena         arena = arena_new(64 * 1024);
    struct limiter_claim claim = { 0 };
    struct password_form in = { .username = str_of(email), .password = LIT("wrong") };
    struct call          c = { .arena = &arena, .db = store_session_open(w->service->store), .service = w->service,
                               .in = &in, .address = str_of(from), .now_us = w->wall_us, .claim = &claim };

    assert_non_null(c.db);
    assert_int_equal(login_gate.admit(&c), OK);
    limiter_give_back(w->service->limiter, &claim);
    store_session_close(c.db);
    arena_close(&arena);
    return c.goes_first;
}

/* One subscriber can have 65,536 /64 and many accounts: together they are still his. */
static void a_neighbourhood_cannot_always_go_first(void **state)
{
    enum { ACCOUNTS = 60, EACH = 20 };
    struct world *w = *state;
    char          email[64];
    int           first = 0;

    for (int i = 0; i < ACCOUNTS; i++) {
        snprintf(email, sizeof email, "own%d@example.com", i);
        assert_int_equal(sign_up(w, one_of_48(i), email), 201);
        for (int n = 0; n < EACH; n++)
            first += goes_first(w, one_of_48(i), email);
    }
    assert_int_equal(first, 1000);
    assert_int_equal(sign_up(w, HOME, "ada@example.com"), 201);
    assert_true(goes_first(w, HOME, "ada@example.com"));
    w->wall_us += SECOND;
    assert_true(goes_first(w, one_of_48(ACCOUNTS - 1), email));
}

static void without_limits_nobody_waits(void **state)
{
    struct world *w = *state;

    assert_int_equal(sign_up(w, HOME, "ada@example.com"), 201);
    for (int i = 0; i < 150; i++)
        assert_int_equal(bad(w, FOREIGN), 401);
    assert_int_equal(good(w, FOREIGN), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(ten_wrong_ones_then_each_wait_is_longer), TEST(who_has_logged_in_before_is_let_through),
        TEST(a_new_network_becomes_familiar), TEST(the_last_sixteen_networks_are_remembered),
        TEST(a_familiar_network_cannot_guess_for_ever), TEST(right_ones_count_for_nothing),
        TEST(an_account_that_is_none_is_counted_alike), TEST(an_account_is_counted_however_it_is_written),
        TEST(one_network_cannot_try_many_accounts), TEST(a_network_that_waits_stops_no_familiar_one),
        TEST(registering_is_limited_by_network), TEST(faults_count_for_nothing), TEST(what_was_counted_outlives_a_restart),
        TEST(being_refused_writes_nothing), TEST(no_log_in_without_the_limits_being_asked),
        TEST(a_neighbourhood_cannot_always_go_first),
        cmocka_unit_test_setup_teardown(without_limits_nobody_waits, set_up_without_limits, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
