/* test_plan.c: the request of the command line, as it goes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load/outcome.h"
#include "load/plan.h"

enum { HEADERS_MAX = 8 };

struct world {
    struct arena arena;
    struct buf   why, scratch, out;
    struct url   url;
    struct plan  plan;
    struct rng   rng;
};

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    w->arena = arena_new(1 << 20);
    w->why = buf_growing(4096);
    w->scratch = buf_growing(1 << 20);
    w->out = buf_growing(1 << 20);
    w->rng = rng_seeded(1);
    *state = w;
    return url_parse(LIT("http://127.0.0.1:8000/json"), &w->url, &w->why) ? 0 : -1;
}

static int close_world(void **state)
{
    struct world *w = *state;

    arena_close(&w->arena);
    buf_close(&w->why);
    buf_close(&w->scratch);
    buf_close(&w->out);
    free(w);
    return 0;
}

/* What is written of the command line in a test. */
struct line {
    const char *method, *body;
    const char *headers[HEADERS_MAX];
    unsigned    per_connection;
};

static bool plan(struct world *w, const struct line *line)
{
    struct str             headers[HEADERS_MAX];
    struct request_options o = {
        .method = str_of(line->method), .body = str_of(line->body), .headers = headers,
        .requests_per_connection = line->per_connection,
    };

    while (o.headers_count < HEADERS_MAX && line->headers[o.headers_count]) {
        headers[o.headers_count] = str_of(line->headers[o.headers_count]);
        o.headers_count++;
    }
    buf_reset(&w->why);
    arena_reset(&w->arena);
    return plan_request(&w->url, &o, &w->arena, &w->plan, &w->why);
}

/* As the request that follows `sent` others on its connection. */
static struct str render_after(struct world *w, unsigned sent)
{
    struct filling f = { .seq = 12, .connection = 3, .rng = &w->rng };

    buf_reset(&w->out);
    plan_render(&w->plan.steps[0], plan_ends_with_next(&w->plan, sent), &f, &w->scratch, &w->out);
    assert_false(w->out.failed);
    return buf_str(&w->out);
}

static void assert_sends_after(struct world *w, unsigned sent, const char *expected)
{
    struct str got = render_after(w, sent);

    if (!str_eq(got, str_of(expected)))
        fail_msg("sent:\n%.*s\ninstead of:\n%s", STR_ARG(got), expected);
}

static void assert_sends(struct world *w, const struct line *line, const char *expected)
{
    if (!plan(w, line))
        fail_msg("%.*s", STR_ARG(buf_str(&w->why)));
    assert_sends_after(w, 0, expected);
}

#define BEGIN(line) line " HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: joust\r\n"

static void test_methods(void **state)
{
    struct world *w = *state;

    assert_sends(w, &(struct line){ 0 }, BEGIN("GET /json") "\r\n");
    assert_true(w->plan.fixed);
    assert_null(w->plan.steps[0].last_bytes.at);
    assert_int_equal(w->plan.requests_per_connection, 0);
    assert_int_equal(w->plan.steps_count, 1);
    assert_true(str_eq(w->plan.steps[0].bytes, buf_str(&w->out)));
    assert_true(str_eq(w->plan.steps[0].name, LIT("GET /json")));
    assert_true(str_eq(w->plan.steps[0].method, LIT("GET")));
    assert_sends(w, &(struct line){ .method = "HEAD" }, BEGIN("HEAD /json") "\r\n");
    assert_sends(w, &(struct line){ .method = "DELETE" }, BEGIN("DELETE /json") "\r\n");
    assert_sends(w, &(struct line){ .method = "POST" }, BEGIN("POST /json") "Content-Length: 0\r\n\r\n");
    assert_sends(w, &(struct line){ .method = "PUT" }, BEGIN("PUT /json") "Content-Length: 0\r\n\r\n");
    assert_sends(w, &(struct line){ .method = "PATCH" }, BEGIN("PATCH /json") "Content-Length: 0\r\n\r\n");
    assert_sends(w, &(struct line){ .method = "GET", .body = "a" }, BEGIN("GET /json") "Content-Length: 1\r\n\r\na");
    assert_sends(w, &(struct line){ .body = "" }, BEGIN("POST /json") "Content-Length: 0\r\n\r\n");
}

static void test_content_type(void **state)
{
#define JSON_TYPE "Content-Type: application/json\r\n"
    struct world *w = *state;

    assert_sends(w, &(struct line){ .body = "{}" }, BEGIN("POST /json") JSON_TYPE "Content-Length: 2\r\n\r\n{}");
    assert_sends(w, &(struct line){ .body = "[1]" }, BEGIN("POST /json") JSON_TYPE "Content-Length: 3\r\n\r\n[1]");
    assert_sends(w, &(struct line){ .body = "a=1" }, BEGIN("POST /json") "Content-Length: 3\r\n\r\na=1");
    assert_sends(w, &(struct line){ .body = "{{seq}}" }, BEGIN("POST /json") "Content-Length: 2\r\n\r\n12");
    assert_sends(w, &(struct line){ .body = "{}", .headers = { "content-type: text/x" } },
                 BEGIN("POST /json") "content-type: text/x\r\nContent-Length: 2\r\n\r\n{}");
}

static void test_headers(void **state)
{
    struct world *w = *state;

    assert_sends(w, &(struct line){ .headers = { "Accept: a/b", "accept:c/d\t", "X-Empty:", "X:a: b" } },
                 BEGIN("GET /json") "Accept: a/b\r\naccept: c/d\r\nX-Empty: \r\nX: a: b\r\n\r\n");
    assert_sends(w, &(struct line){ .headers = { "host: example.com", "USER-AGENT: me" } },
                 "GET /json HTTP/1.1\r\nhost: example.com\r\nUSER-AGENT: me\r\n\r\n");
    assert_sends(w, &(struct line){ .headers = { "X: \xc3\xa4\ta" } }, BEGIN("GET /json") "X: \xc3\xa4\ta\r\n\r\n");
}

/* The last request on a connection asks for its end, and no other. */
static void test_the_last_request_closes(void **state)
{
#define LINES BEGIN("POST /json") "X: y\r\nContent-Type: application/json\r\n"
    struct world *w = *state;

    assert_sends(w, &(struct line){ .per_connection = 1 }, BEGIN("GET /json") "Connection: close\r\n\r\n");
    for (int fixed = 0; fixed < 2; fixed++) {
        const char *body = fixed ? "[1,2]" : "[{{seq}}]", *filled = fixed ? "[1,2]" : "[12]";
        char        open[200], closing[200];
        snprintf(open, sizeof open, LINES "Content-Length: %zu\r\n\r\n%s", strlen(filled), filled);
        snprintf(closing, sizeof closing, LINES "Connection: close\r\nContent-Length: %zu\r\n\r\n%s", strlen(filled), filled);
        assert_sends(w, &(struct line){ .body = body, .headers = { "X: y" }, .per_connection = 3 }, open);
        assert_int_equal(w->plan.fixed, fixed);
        assert_sends_after(w, 1, open);
        assert_sends_after(w, 2, closing);
        assert_sends_after(w, 3, closing);
    }
    assert_true(str_eq(w->plan.steps[0].last_bytes, buf_str(&w->out)));
    assert_sends(w, &(struct line){ 0 }, BEGIN("GET /json") "\r\n");
    assert_sends_after(w, 1000000, BEGIN("GET /json") "\r\n");
}

static void test_places(void **state)
{
    struct world *w = *state;
    struct str    text = LIT("http://127.0.0.1:8000/users/{{seq}}?c={{connection}}");

    assert_sends(w, &(struct line){ .body = "{\"n\":{{seq}},\"c\":{{connection}}}", .headers = { "X-Seq: {{seq}}" } },
                 BEGIN("POST /json") "X-Seq: 12\r\n" JSON_TYPE "Content-Length: 14\r\n\r\n{\"n\":12,\"c\":3}");
    assert_false(w->plan.fixed);
    assert_null(w->plan.steps[0].bytes.at);
    assert_true(url_parse(text, &w->url, &w->why));
    assert_sends(w, &(struct line){ .body = "{{{{" }, BEGIN("POST /users/12?c=3") "Content-Length: 2\r\n\r\n{{");
    assert_false(w->plan.fixed);
    assert_sends(w, &(struct line){ 0 }, BEGIN("GET /users/12?c=3") "\r\n");
}

/* The length is of each body, not of the first. */
static void test_length_follows(void **state)
{
    struct world *w = *state;

    assert_true(plan(w, &(struct line){ .body = "{{seq}}" }));
    for (uint64_t seq = 1; seq <= 100000; seq *= 10) {
        struct filling f = { .seq = seq };
        char           expected[200];
        snprintf(expected, sizeof expected, BEGIN("POST /json") "Content-Length: %d\r\n\r\n%d",
                 snprintf(NULL, 0, "%d", (int)seq), (int)seq);
        buf_reset(&w->out);
        plan_render(&w->plan.steps[0], false, &f, &w->scratch, &w->out);
        assert_true(str_eq(buf_str(&w->out), str_of(expected)));
    }
}

/* A body that has no room fails the request; it never goes out by half. */
static void test_no_half_request(void **state)
{
    struct world  *w = *state;
    struct filling f = { .seq = 1000000 };
    char           memory[4];
    struct buf     small = buf_fixed(memory, sizeof memory);

    assert_true(plan(w, &(struct line){ .body = "{{seq}}" }));
    plan_render(&w->plan.steps[0], false, &f, &small, &w->out);
    assert_true(w->out.failed);
    buf_reset(&w->out);
    small = buf_fixed(memory, sizeof memory);
    plan_render(&w->plan.steps[0], false, &f, &w->scratch, &small);
    assert_true(small.failed);
}

static void test_refusals(void **state)
{
    static const struct { struct line line; const char *says; } rows[] = {
        { { .method = "G T" }, "\"G T\" is no method" },
        { { .method = "" }, "\"\" is no method" },
        { { .method = "GET\r\nX:" }, "is no method" },
        { { .method = "CONNECT" }, "CONNECT asks for a tunnel, and joust drives none" },
        { { .headers = { "Accept" } }, "\"Accept\" is no header: write \"Name: value\"" },
        { { .headers = { ": x" } }, "\"\" is no header name" },
        { { .headers = { "Accept : x" } }, "\"Accept \" is no header name" },
        { { .headers = { "X: a\r\nY: b" } }, "the value of the header X holds a line break" },
        { { .headers = { "X: a\nb" } }, "the value of the header X holds a line break" },
        { { .headers = { "X: a\x7f" } }, "the value of the header X holds a line break" },
        { { .headers = { "content-length: 3" } }, "the header Content-Length is joust's own: it counts the body" },
        { { .headers = { "Transfer-Encoding: chunked" } }, "the header Transfer-Encoding is joust's own" },
        { { .headers = { "Connection: close" } }, "the header Connection is joust's own: --no-keepalive" },
        { { .headers = { "Host: a", "X: y", "HOST: b" } }, "the header Host is given twice" },
        { { .headers = { "X: {{nam}}" } }, "{{nam}} is no variable; known are seq, random, connection" },
        { { .body = "{{email}}" }, "{{email}} is no variable; known are seq, random, connection" },
        { { .body = "{{seq" }, "\"{{seq\" opens a place that no \"}}\" closes" },
        { { .headers = { "A: {{", "B: }}" } }, "\"{{\" opens a place that no \"}}\" closes" },
        { { .headers = { "A: {{seq", "B: x" } }, "\"{{seq\" opens a place that no \"}}\" closes" },
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        w->plan.steps_count = 99;
        if (plan(w, &rows[i].line))
            fail_msg("taken, though %s", rows[i].says);
        if (!str_starts(buf_str(&w->why), str_of(rows[i].says)) &&
            str_find(buf_str(&w->why), str_of(rows[i].says)) == w->why.len)
            fail_msg("\"%.*s\" lacks \"%s\"", STR_ARG(buf_str(&w->why)), rows[i].says);
        assert_int_equal(w->plan.steps_count, 99);
    }
}

static void test_header_with_nul(void **state)
{
    struct world          *w = *state;
    struct str             header = { "X: a\0b", 6 };
    struct request_options o = { .headers = &header, .headers_count = 1 };

    assert_false(plan_request(&w->url, &o, &w->arena, &w->plan, &w->why));
    header = (struct str){ "X\0: a", 5 };
    assert_false(plan_request(&w->url, &o, &w->arena, &w->plan, &w->why));
}

static void test_says_when_memory_ends(void **state)
{
    struct world          *w = *state;
    struct str             header = LIT("X: {{seq}}");
    struct request_options o = {
        .headers = &header, .headers_count = 1, .body = LIT("{\"a\":{{random}}}"),
    };
    bool                   made = false;
    size_t                 bytes = 0;

    for (int places = 0; places < 2; places++) {
        made = false;
        for (bytes = 0; !made; bytes++) {
            struct arena small = arena_new(bytes);
            buf_reset(&w->why);
            made = plan_request(&w->url, &o, &small, &w->plan, &w->why);
            assert_int_equal(made, str_find(buf_str(&w->why), LIT("no memory")) == w->why.len);
            arena_close(&small);
        }
        assert_in_range(bytes, 200, 4096);
        header = LIT("X: y");
        o.body = LIT("{}");
    }
}

static void test_outcomes_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < OUTCOMES; i++) {
        assert_non_null(outcome_infos[i].name);
        assert_non_null(outcome_infos[i].says);
        bool unanswered = i == OUTCOME_REFUSED || i == OUTCOME_RESET || i == OUTCOME_TIMEOUT ||
                          i == OUTCOME_SHORT || i == OUTCOME_UNSENT;
        assert_int_equal(outcome_infos[i].unanswered, unanswered);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_methods, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_content_type, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_headers, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_the_last_request_closes, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_places, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_length_follows, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_no_half_request, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_refusals, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_header_with_nul, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_says_when_memory_ends, open_world, close_world),
        cmocka_unit_test(test_outcomes_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
