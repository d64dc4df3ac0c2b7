/* test_scenario.c: the steps of a file, as they go out, and what is said of a wrong file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "load/plan.h"

struct world {
    struct arena arena;
    struct buf   why, scratch, out;
    struct url   url;
    struct plan  plan;
    struct rng   rng;
    struct str   values[VARIABLES_MAX];
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
    return url_parse(LIT("http://127.0.0.1:8000"), &w->url, &w->why) ? 0 : -1;
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

static bool read_file(struct world *w, const char *json)
{
    struct request_options o = { 0 };

    buf_reset(&w->why);
    return plan_scenario(&w->url, &o, str_of(json), &w->arena, &w->plan, &w->why);
}

static void assert_sends(struct world *w, unsigned step, const char *expected)
{
    struct filling f = { .seq = 12, .connection = 3, .rng = &w->rng, .values = w->values };

    buf_reset(&w->out);
    plan_render(&w->plan.steps[step], false, &f, &w->scratch, &w->out);
    assert_false(w->out.failed);
    if (!str_eq(buf_str(&w->out), str_of(expected)))
        fail_msg("sent:\n%.*s\ninstead of:\n%s", STR_ARG(buf_str(&w->out)), expected);
}

static void assert_str(struct str is, const char *expected)
{
    if (!str_eq(is, str_of(expected)))
        fail_msg("\"%.*s\" instead of \"%s\"", STR_ARG(is), expected);
}

#define BEGIN(line) line " HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: joust\r\n"

/* The example of docs/joust.md. */
static const char example[] =
    "{\"let\": {\"email\": \"user-{{random}}@example.com\"},\n"
    " \"steps\": [\n"
    "  {\"name\": \"register\", \"method\": \"POST\", \"path\": \"/register\",\n"
    "   \"json\": {\"email\": \"{{email}}\", \"password\": \"correct horse battery\"}, \"expect\": 201},\n"
    "  {\"name\": \"log in\", \"method\": \"POST\", \"path\": \"/token\",\n"
    "   \"headers\": {\"Content-Type\": \"application/x-www-form-urlencoded\"},\n"
    "   \"body\": \"username={{email}}&password=correct+horse+battery\",\n"
    "   \"take\": {\"token\": \"/access_token\"}},\n"
    "  {\"name\": \"me\", \"path\": \"/users/me\", \"headers\": {\"Authorization\": \"Bearer {{token}}\"}}]}\n";

static void test_example(void **state)
{
    struct world *w = *state;

    if (!read_file(w, example))
        fail_msg("%.*s", STR_ARG(buf_str(&w->why)));
    assert_int_equal(w->why.len, 0);
    assert_int_equal(w->plan.steps_count, 3);
    assert_int_equal(w->plan.variables.count, 2);
    assert_int_equal(w->plan.lets_count, 1);
    assert_false(w->plan.fixed);
    assert_str(w->plan.variables.at[w->plan.lets[0].variable], "email");
    assert_str(w->plan.steps[1].name, "log in");
    assert_int_equal(w->plan.steps[0].expect, 201);
    assert_int_equal(w->plan.steps[1].expect, 0);
    assert_int_equal(w->plan.steps[1].takes_count, 1);
    assert_str(w->plan.steps[1].takes[0].pointer, "/access_token");
    assert_str(w->plan.variables.at[w->plan.steps[1].takes[0].variable], "token");
    w->values[w->plan.lets[0].variable] = LIT("a@b.c");
    w->values[w->plan.steps[1].takes[0].variable] = LIT("secret");
    assert_sends(w, 0, BEGIN("POST /register") "Content-Type: application/json\r\nContent-Length: 52\r\n\r\n"
                 "{\"email\":\"a@b.c\",\"password\":\"correct horse battery\"}");
    assert_sends(w, 1, BEGIN("POST /token") "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 45\r\n\r\n"
                 "username=a@b.c&password=correct+horse+battery");
}

static void test_rest_of_example(void **state)
{
    struct world *w = *state;

    assert_true(read_file(w, example));
    w->values[w->plan.steps[1].takes[0].variable] = LIT("secret");
    assert_sends(w, 2, BEGIN("GET /users/me") "Authorization: Bearer secret\r\n\r\n");
    buf_reset(&w->out);
    template_fill(&w->plan.lets[0].value, &(struct filling){ .rng = &w->rng }, &w->out);
    assert_int_equal(w->out.len, sizeof "user-@example.com" - 1 + 16);
}

static void test_fixed_steps(void **state)
{
    struct world *w = *state;

    assert_true(read_file(w, "{\"steps\":[{\"path\":\"/a\"},{\"path\":\"/b\",\"json\":[0.1,1e3,\"\\u00e4\"]}]}"));
    assert_true(w->plan.fixed);
    assert_str(w->plan.steps[0].name, "GET /a");
    assert_str(w->plan.steps[0].bytes, BEGIN("GET /a") "\r\n");
    assert_str(w->plan.steps[1].bytes, BEGIN("POST /b") "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n"
               "[0.1,1000.0,\"\xc3\xa4\"]");
    assert_true(read_file(w, "{\"steps\":[{\"path\":\"/a\"},{\"path\":\"/{{seq}}\"}]}"));
    assert_false(w->plan.fixed);
    assert_non_null(w->plan.steps[0].bytes.at);
    assert_sends(w, 1, BEGIN("GET /12") "\r\n");
}

static void test_paths_are_below_the_url(void **state)
{
    static const struct { const char *url, *line; } rows[] = {
        { "http://127.0.0.1:8000", "GET /me HTTP/1.1\r\n" },
        { "http://127.0.0.1:8000/", "GET /me HTTP/1.1\r\n" },
        { "http://127.0.0.1:8000/api", "GET /api/me HTTP/1.1\r\n" },
        { "http://127.0.0.1:8000/api/v1/", "GET /api/v1/me HTTP/1.1\r\n" },
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(url_parse(str_of(rows[i].url), &w->url, &w->why));
        assert_true(read_file(w, "{\"steps\":[{\"path\":\"/me\"}]}"));
        assert_true(str_starts(w->plan.steps[0].bytes, str_of(rows[i].line)));
    }
}

static void test_options_hold_for_every_step(void **state)
{
    struct world          *w = *state;
    struct str             headers[] = { LIT("X-A: 1"), LIT("X-B: 2"), LIT("Host: example.com") };
    struct request_options o = { .headers = headers, .headers_count = 3, .expect = 204,
                                   .requests_per_connection = 2 };
    struct str             json = LIT("{\"steps\":[{\"path\":\"/a\",\"headers\":{\"x-b\":\"own\"}},"
                                      "{\"path\":\"/b\",\"expect\":200,\"method\":\"DELETE\"}]}");

    assert_true(plan_scenario(&w->url, &o, json, &w->arena, &w->plan, &w->why));
    assert_str(w->plan.steps[0].bytes, "GET /a HTTP/1.1\r\nUser-Agent: joust\r\n"
               "X-A: 1\r\nHost: example.com\r\nx-b: own\r\n\r\n");
    assert_str(w->plan.steps[1].bytes, "DELETE /b HTTP/1.1\r\nUser-Agent: joust\r\n"
               "X-A: 1\r\nX-B: 2\r\nHost: example.com\r\n\r\n");
    assert_str(w->plan.steps[1].last_bytes, "DELETE /b HTTP/1.1\r\nUser-Agent: joust\r\n"
               "X-A: 1\r\nX-B: 2\r\nHost: example.com\r\nConnection: close\r\n\r\n");
    assert_int_equal(w->plan.steps[0].expect, 204);
    assert_int_equal(w->plan.steps[1].expect, 200);
}

static void test_once(void **state)
{
    struct world *w = *state;

    assert_true(read_file(w, "{\"steps\":[{\"path\":\"/a\",\"once\":true,\"take\":{\"x\":\"/x\",\"y\":\"\"}},"
                             "{\"path\":\"/{{x}}/{{y}}\",\"once\":false,\"take\":{\"z\":\"/0\"}},"
                             "{\"path\":\"/{{z}}\",\"take\":{\"z\":\"/1\"}}]}"));
    assert_true(w->plan.steps[0].once);
    assert_false(w->plan.steps[1].once);
    assert_int_equal(w->plan.variables.count, 3);
    assert_int_equal(w->plan.steps[1].takes[0].variable, w->plan.steps[2].takes[0].variable);
}

/* ---- Wrong files ------------------------------------------------------------------------ */

static void test_refusals(void **state)
{
    static const struct { const char *json, *says; } rows[] = {
        { "", "the scenario cannot be read: line 1, column 0: " },
        { "{\"steps\":\n  [}", "the scenario cannot be read: line 2, column 4: " },
        { "{\"steps\":[],\"steps\":[]}", "duplicate object key" },
        { "[]", "the scenario must be a JSON object with \"steps\"" },
        { "{}", "the scenario has no \"steps\"" },
        { "{\"steps\":[]}", "the scenario has no \"steps\"" },
        { "{\"step\":[]}", "\"step\" is no member of a scenario; known are let, steps" },
        { "{\"steps\":{}}", "\"steps\" must be an array of steps" },
        { "{\"let\":[]}", "\"let\" must be an object of texts" },
        { "{\"let\":{\"a\":1}}", "\"let\": \"a\" must be a text" },
        { "{\"let\":{\"a\":\"x\\r\\ny\"}}", "\"let\": \"a\" must be a text without control characters" },
        { "{\"let\":{\"a b\":\"\"}}", "\"let\": \"a b\" cannot be a variable" },
        { "{\"let\":{\"\":\"\"}}", "\"let\": \"\" cannot be a variable" },
        { "{\"let\":{\"seq\":\"\"}}", "\"let\": \"seq\" cannot be a variable" },
        { "{\"let\":{\"a\":\"\",\"b\":\"{{a}}\"}}", "\"let\": {{a}} is no variable; known are seq, random, connection" },
        { "{\"steps\":[1]}", "step 1: a step must be an object" },
        { "{\"steps\":[{\"path\":\"/\"},{\"name\":\"log in\",\"pth\":\"/\"}]}",
          "step 2 (log in): \"pth\" is no member of a step; known are name, method, path, headers, json, body, expect, take, once" },
        { "{\"steps\":[{\"name\":\"a\"}]}", "step 1 (a): \"path\" is missing" },
        { "{\"steps\":[{\"path\":1}]}", "step 1: \"path\" must be a text" },
        { "{\"steps\":[{\"path\":\"a\"}]}", "step 1: \"path\" must begin with \"/\"" },
        { "{\"steps\":[{\"path\":\"/a b\"}]}", "step 1: the path holds a blank" },
        { "{\"steps\":[{\"path\":\"/a#b\"}]}", "step 1: the path holds a blank, a \"#\"" },
        { "{\"steps\":[{\"path\":\"/\",\"name\":\"\"}]}", "step 1: \"name\" must have 1 to 40 bytes" },
        { "{\"steps\":[{\"path\":\"/\",\"name\":\"a\\nb\"}]}", "step 1: \"name\" must have 1 to 40 bytes" },
        { "{\"steps\":[{\"path\":\"/\",\"name\":\"12345678901234567890123456789012345678901\"}]}",
          "(12345678901234567890123456789012345678901): \"name\" must have 1 to 40 bytes" },
        { "{\"steps\":[{\"path\":\"/\",\"method\":\"G T\"}]}", "step 1: \"G T\" is no method" },
        { "{\"steps\":[{\"path\":\"/\",\"method\":\"\"}]}", "step 1: \"\" is no method" },
        { "{\"steps\":[{\"path\":\"/\",\"headers\":[]}]}", "step 1: \"headers\" must be an object of texts" },
        { "{\"steps\":[{\"path\":\"/\",\"headers\":{\"X\":1}}]}", "step 1: the header \"X\" must be a text" },
        { "{\"steps\":[{\"path\":\"/\",\"headers\":{\"X:\":\"\"}}]}", "step 1: \"X:\" is no header name" },
        { "{\"steps\":[{\"path\":\"/\",\"headers\":{\"X\":\"a\\r\\nY: b\"}}]}", "step 1: the value of the header X holds a line break" },
        { "{\"steps\":[{\"path\":\"/\",\"headers\":{\"Connection\":\"close\"}}]}", "step 1: the header Connection is joust's own" },
        { "{\"steps\":[{\"path\":\"/\",\"headers\":{\"Host\":\"a\",\"host\":\"b\"}}]}", "step 1: the header Host is given twice" },
        { "{\"steps\":[{\"path\":\"/\",\"json\":{},\"body\":\"\"}]}", "step 1: a step has \"json\" or \"body\", not both" },
        { "{\"steps\":[{\"path\":\"/\",\"json\":\"a\"}]}", "step 1: \"json\" must be an object or an array" },
        { "{\"steps\":[{\"path\":\"/\",\"body\":{}}]}", "step 1: \"body\" must be a text" },
        { "{\"steps\":[{\"path\":\"/\",\"expect\":\"200\"}]}", "step 1: \"expect\" must be a status" },
        { "{\"steps\":[{\"path\":\"/\",\"expect\":100}]}", "step 1: \"expect\" must be a status from 200 to 599" },
        { "{\"steps\":[{\"path\":\"/\",\"expect\":4294967496}]}", "step 1: \"expect\" must be a status from 200 to 599" },
        { "{\"steps\":[{\"path\":\"/\",\"once\":1}]}", "step 1: \"once\" must be true or false" },
        { "{\"steps\":[{\"path\":\"/\",\"once\":true}]}", "the scenario measures nothing" },
        { "{\"steps\":[{\"path\":\"/\"},{\"path\":\"/\",\"once\":true}]}", "step 2: a step that is done \"once\" stands before all others" },
        { "{\"steps\":[{\"path\":\"/\",\"take\":[]}]}", "step 1: \"take\" must be an object of JSON pointers" },
        { "{\"steps\":[{\"path\":\"/\",\"take\":{\"a\":1}}]}", "step 1: \"take\" of a must be a JSON pointer" },
        { "{\"steps\":[{\"path\":\"/\",\"take\":{\"a\":\"b\"}}]}", "step 1: \"take\" of a must be a JSON pointer" },
        { "{\"steps\":[{\"path\":\"/\",\"take\":{\"a\":\"/b~\"}}]}", "step 1: \"take\" of a must be a JSON pointer" },
        { "{\"steps\":[{\"path\":\"/\",\"take\":{\"a\":\"/b~2\"}}]}", "step 1: \"take\" of a must be a JSON pointer" },
        { "{\"steps\":[{\"path\":\"/\",\"take\":{\"random\":\"/a\"}}]}", "step 1: \"random\" cannot be a variable" },
        { "{\"steps\":[{\"path\":\"/\",\"take\":{\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\",\"e\":\"\"}}]}", "step 1: \"take\" has more than 4 variables" },
        { "{\"let\":{\"a\":\"\"},\"steps\":[{\"path\":\"/\",\"take\":{\"a\":\"/a\"}}]}", "step 1: \"take\" of a: \"let\" or a step done \"once\" makes that variable" },
        { "{\"steps\":[{\"path\":\"/\",\"once\":true,\"take\":{\"a\":\"/a\"}},{\"path\":\"/\",\"take\":{\"a\":\"/a\"}}]}",
          "step 2: \"take\" of a: \"let\" or a step done \"once\" makes that variable" },
        { "{\"steps\":[{\"path\":\"/\",\"take\":{\"a\":\"/a\"},\"body\":\"{{a}}\"}]}", "step 1: {{a}} is no variable" },
        { "{\"steps\":[{\"path\":\"/{{a}}\"},{\"path\":\"/\",\"take\":{\"a\":\"/a\"}}]}", "step 1: {{a}} is no variable" },
        { "{\"steps\":[{\"path\":\"/\",\"headers\":{\"X\":\"{{a\"}}]}", "step 1: \"{{a" },
        { "{\"steps\":[{\"path\":\"/\",\"json\":{\"a\":\"{{b}}\"}}]}", "step 1: {{b}} is no variable" },
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        w->plan.steps_count = 99;
        if (read_file(w, rows[i].json))
            fail_msg("%s was taken", rows[i].json);
        if (str_find(buf_str(&w->why), str_of(rows[i].says)) == w->why.len)
            fail_msg("%s: \"%.*s\" lacks \"%s\"", rows[i].json, STR_ARG(buf_str(&w->why)), rows[i].says);
        assert_int_equal(w->plan.steps_count, 99);
    }
}

static void test_what_a_scenario_has_of_its_own(void **state)
{
    struct world          *w = *state;
    struct str             json = LIT("{\"steps\":[{\"path\":\"/\"}]}");
    struct request_options with_body = { .body = LIT("x") }, with_method = { .method = LIT("PUT") }, plain = { 0 };

    assert_false(plan_scenario(&w->url, &with_body, json, &w->arena, &w->plan, &w->why));
    assert_false(plan_scenario(&w->url, &with_method, json, &w->arena, &w->plan, &w->why));
    assert_true(url_parse(LIT("http://127.0.0.1/a?b"), &w->url, &w->why));
    buf_reset(&w->why);
    assert_false(plan_scenario(&w->url, &plain, json, &w->arena, &w->plan, &w->why));
    assert_str(buf_str(&w->why), "a scenario's steps have paths of their own: leave the query out of the URL");
}

/* {"steps":[{"path":"/"}, ...]} and {"let":{"v0":"", ...}, ...} */
static bool read_many(struct world *w, unsigned lets, unsigned steps, unsigned takes)
{
    struct buf json = buf_growing(100000);
    unsigned   variable = 100;

    buf_add(&json, LIT("{\"let\":{"));
    for (unsigned i = 0; i < lets; i++)
        buf_format(&json, "%s\"v%u\":\"\"", i ? "," : "", i);
    buf_add(&json, LIT("},\"steps\":["));
    for (unsigned i = 0; i < steps; i++) {
        buf_format(&json, "%s{\"path\":\"/\",\"take\":{", i ? "," : "");
        for (unsigned k = 0; k < takes; k++)
            buf_format(&json, "%s\"v%u\":\"/\"", k ? "," : "", variable++);
        buf_add(&json, LIT("}}"));
    }
    buf_add(&json, LIT("]}"));
    buf_add_char(&json, '\0');
    bool read = read_file(w, json.at);
    buf_close(&json);
    return read;
}

static void test_limits(void **state)
{
    struct world *w = *state;

    assert_true(read_many(w, LETS_MAX, STEPS_MAX, 0));
    assert_false(read_many(w, LETS_MAX + 1, 1, 0));
    assert_str(buf_str(&w->why), "\"let\": there are more than 8");
    assert_false(read_many(w, 0, STEPS_MAX + 1, 0));
    assert_str(buf_str(&w->why), "the scenario has more than 16 steps");
    assert_true(read_many(w, 0, VARIABLES_MAX / TAKES_MAX, TAKES_MAX));
    assert_false(read_many(w, 1, VARIABLES_MAX / TAKES_MAX, TAKES_MAX));
    assert_str(buf_str(&w->why), "step 4: there are more than 16 variables");
}

static void test_says_when_memory_ends(void **state)
{
    struct world          *w = *state;
    struct request_options o = { 0 };
    bool                   made = false;
    size_t                 bytes = 0;

    for (; !made; bytes += 8) {
        struct arena small = arena_new(bytes);
        buf_reset(&w->why);
        made = plan_scenario(&w->url, &o, str_of(example), &small, &w->plan, &w->why);
        if (made != (str_find(buf_str(&w->why), LIT("no memory left")) == w->why.len))
            fail_msg("%zu bytes: %.*s", bytes, STR_ARG(buf_str(&w->why)));
        arena_close(&small);
    }
    assert_in_range(bytes, 500, 16384);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_example, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_rest_of_example, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_fixed_steps, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_paths_are_below_the_url, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_options_hold_for_every_step, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_once, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_refusals, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_what_a_scenario_has_of_its_own, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_limits, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_says_when_memory_ends, open_world, close_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
