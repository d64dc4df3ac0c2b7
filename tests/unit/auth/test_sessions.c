/* test_sessions.c: sessions of the whole service, on one thread, by a clock of the test's own:
 * what days do, what a clock that is set back does, and what is not written. */
#include "../service/one_thread.h"

#include "auth/auth.h"
#include "crypto/refresh_token.h"

enum { FORM_BYTES = 1200, TOKEN_TEXT_BYTES = 1024 };

#define S   INT64_C(1000000)
#define DAY (86400 * S)

struct pair {
    char access[TOKEN_TEXT_BYTES], refresh[TOKEN_TEXT_BYTES];
};

static void take(const char *answer, const char *member, char out[static TOKEN_TEXT_BYTES])
{
    char        name[64];
    const char *at;

    snprintf(name, sizeof name, "\"%s\":\"", member);
    at = strstr(answer, name);
    if (!at)
        fail_msg("no %s in %s", member, answer);
    assert_int_equal(sscanf(at + strlen(name), "%1023[^\"]", out), 1);
}

static void take_pair(const char *answer, struct pair *out)
{
    take(answer, "access_token", out->access);
    take(answer, "refresh_token", out->refresh);
}

static const char *refresh(struct world *w, const char *token)
{
    char form[FORM_BYTES];

    snprintf(form, sizeof form, "grant_type=refresh_token&refresh_token=%s", token);
    connect_client(w);      /* time may have ended the connection */
    return post(w, "/token", "application/x-www-form-urlencoded", form);
}

static bool refreshes(struct world *w, const char *token, struct pair *out)
{
    if (!says(refresh(w, token), "HTTP/1.1 200 "))
        return false;
    take_pair(w->answer, out);
    return true;
}

static bool is_refused(struct world *w, const char *token)
{
    return says(refresh(w, token), "HTTP/1.1 400 ") && says(w->answer, "\"error\":\"invalid_grant\"");
}

static bool lives(struct world *w, const char *access)
{
    connect_client(w);
    return says(who_am_i(w, access), "HTTP/1.1 200 ");
}

static struct pair log_ada_in(struct world *w)
{
    struct pair p;

    connect_client(w);
    register_ada(w);
    take_pair(log_in(w), &p);
    return p;
}

static struct refresh_token opened(struct world *w, const char *token)
{
    struct refresh_token t;

    assert_true(refresh_token_read(w->service.vault, str_of(token), &t));
    return t;
}

/* A token with a good MAC that was never given out. */
static void forged(struct world *w, int64_t session, uint32_t counter, char out[static TOKEN_TEXT_BYTES])
{
    struct buf b = buf_fixed(out, TOKEN_TEXT_BYTES - 1);

    refresh_token_write(w->service.vault, (struct refresh_token){ session, counter }, &b);
    out[b.len] = 0;
}

static int64_t writes(struct world *w)
{
    return store_counts(w->service.store).commits;
}

static void counters_count(void **state)
{
    struct world *w = *state;
    struct pair   first = log_ada_in(w), next = first;
    int64_t       session = opened(w, first.refresh).session;

    for (uint32_t i = 1; i < 10; i++) {
        assert_int_equal(opened(w, next.refresh).counter, i);
        assert_true(opened(w, next.refresh).session == session);
        w->wall_us += DAY;
        assert_true(refreshes(w, next.refresh, &next));
        assert_true(lives(w, next.access));
    }
}

static void the_window_has_ten_seconds(void **state)
{
    struct world *w = *state;
    struct pair   first = log_ada_in(w), second, again;

    assert_true(refreshes(w, first.refresh, &second));
    for (int i = 0; i < 10; i++) {
        w->wall_us += S;
        assert_true(refreshes(w, first.refresh, &again));
        assert_string_equal(again.refresh, second.refresh);
        assert_true(lives(w, again.access));
    }
    w->wall_us += S;
    assert_true(is_refused(w, first.refresh));
    assert_true(is_refused(w, second.refresh));
    assert_false(lives(w, second.access) || lives(w, again.access));
}

/* Repeating does not make the window longer, and what it answers is the newest there is. */
static void the_window_is_not_moved_by_those_who_use_it(void **state)
{
    struct world *w = *state;
    struct pair   first = log_ada_in(w), second, third;

    assert_true(refreshes(w, first.refresh, &second));
    w->wall_us += 9 * S;
    assert_true(refreshes(w, first.refresh, &third));
    w->wall_us += 2 * S;
    assert_true(is_refused(w, first.refresh));
    assert_false(lives(w, third.access));
}

static void a_clock_that_is_set_back_opens_no_window(void **state)
{
    struct world *w = *state;
    struct pair   first = log_ada_in(w), second, third;

    w->wall_us += 100 * S;
    assert_true(refreshes(w, first.refresh, &second));
    w->wall_us -= 50 * S;
    assert_true(is_refused(w, first.refresh));
    assert_true(refreshes(w, second.refresh, &third));      /* and nobody honest is put out */
    assert_true(is_refused(w, first.refresh));
    assert_true(is_refused(w, third.refresh));              /* an older one has ended it */
}

static void idleness_and_age(void **state)
{
    struct world *w = *state;
    struct pair   p = log_ada_in(w);

    w->wall_us += 14 * DAY - 1;
    assert_true(refreshes(w, p.refresh, &p));
    w->wall_us += 14 * DAY;
    assert_true(is_refused(w, p.refresh));
    w->wall_us += S - w->wall_us % S;       /* `exp` counts in seconds */
    p = log_ada_in(w);
    for (int day = 1; day < 30; day++) {
        w->wall_us += DAY;
        assert_true(refreshes(w, p.refresh, &p));
    }
    w->wall_us += DAY - 60 * S;
    assert_true(refreshes(w, p.refresh, &p));
    assert_true(says(w->answer, "\"expires_in\":60,"));      /* an access token ends with its session */
    assert_true(says(w->answer, "\"refresh_expires_in\":60}"));
    w->wall_us += 60 * S - 1;
    assert_true(lives(w, p.access));
    w->wall_us += 1;
    assert_false(lives(w, p.access));
    assert_true(is_refused(w, p.refresh));
}

/* Else a client that refreshes when `expires_in` is over finds that it is too late. */
static void an_access_token_ends_with_an_idle_session(void **state)
{
    struct world *w = *state;
    struct pair   p;

    w->service.options.session_idle_ms = 60000;
    p = log_ada_in(w);
    assert_true(says(w->answer, "\"expires_in\":60,"));
    w->wall_us += 59 * S;
    assert_true(refreshes(w, p.refresh, &p));
    assert_true(says(w->answer, "\"expires_in\":60,"));
}

static void refusals_and_repeats_write_nothing(void **state)
{
    struct world *w = *state;
    struct pair   first = log_ada_in(w), second, again;
    char          text[TOKEN_TEXT_BYTES];
    int64_t       session = opened(w, first.refresh).session;

    assert_true(refreshes(w, first.refresh, &second));
    int64_t before = writes(w);
    assert_true(refreshes(w, first.refresh, &again));
    forged(w, session, 3, text);            /* newer than the newest */
    assert_true(is_refused(w, text));
    forged(w, session, UINT32_MAX, text);
    assert_true(is_refused(w, text));
    forged(w, session ^ 1, 1, text);        /* of a session that is not there */
    assert_true(is_refused(w, text));
    second.refresh[5] ^= 1;
    assert_true(is_refused(w, second.refresh));
    second.refresh[5] ^= 1;
    assert_int_equal(writes(w), before);
    assert_true(refreshes(w, second.refresh, &again));
    assert_int_equal(writes(w), before + 1);
}

/* Of a database that was put back: a token from its future ends nothing. */
static void a_newer_token_revokes_nothing(void **state)
{
    struct world *w = *state;
    struct pair   p = log_ada_in(w);
    char          form[FORM_BYTES], text[TOKEN_TEXT_BYTES];

    forged(w, opened(w, p.refresh).session, 2, text);
    snprintf(form, sizeof form, "token=%s", text);
    assert_true(says(post(w, "/revoke", "application/x-www-form-urlencoded", form), "HTTP/1.1 200 "));
    assert_true(lives(w, p.access));
    snprintf(form, sizeof form, "token=%s", p.refresh);
    assert_true(says(post(w, "/revoke", "application/x-www-form-urlencoded", form), "HTTP/1.1 200 "));
    assert_false(lives(w, p.access));
}

static void without_entropy_no_session_begins(void **state)
{
    struct world *w = *state;
    struct pair   p = log_ada_in(w);

    int64_t before = writes(w);
    w->no_entropy = true;
    assert_true(says(log_in(w), "HTTP/1.1 503 "));
    assert_int_equal(writes(w), before);
    assert_true(says(refresh(w, p.refresh), "HTTP/1.1 500 "));      /* rotated, but no `jti`: */
    w->no_entropy = false;
    assert_true(refreshes(w, p.refresh, &p));                       /* the window is for that, too */
}

/* "Revoked" is not said of a token that there was no memory to read. */
static void without_memory_nothing_is_called_revoked(void **state)
{
    struct world      *w = *state;
    struct pair        p = log_ada_in(w);
    struct arena       arena = arena_new(16 * 1024);
    struct revoke_form in = { .token = str_of(p.access) };
    struct call        c = { .arena = &arena, .db = store_session_open(w->service.store), .service = &w->service, .in = &in,
                             .now_us = w->wall_us };

    assert_non_null(c.db);
    assert_null(arena_alloc(&arena, 64 * 1024));
    assert_int_equal(revoke_token(&c), UNAVAILABLE);
    arena_reset(&arena);
    assert_int_equal(revoke_token(&c), OK);
    assert_true(says(who_am_i(w, p.access), "HTTP/1.1 401 "));
    store_session_close(c.db);
    arena_close(&arena);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(counters_count), TEST(the_window_has_ten_seconds), TEST(the_window_is_not_moved_by_those_who_use_it),
        TEST(a_clock_that_is_set_back_opens_no_window), TEST(idleness_and_age), TEST(refusals_and_repeats_write_nothing),
        TEST(an_access_token_ends_with_an_idle_session), TEST(a_newer_token_revokes_nothing),
        TEST(without_entropy_no_session_begins), TEST(without_memory_nothing_is_called_revoked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
