/* test_call.c: a toy API through call_prepare() and call_run(), without sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "toy.h"

enum { BODY_BYTES = 256 * 1024 };

struct trial {
    struct endpoints   e;
    struct toy         toy;
    struct arena       arena;
    struct api_answer  answer;
    struct api_request request;
    struct str         path;
    enum http_method   method;
};

static int trial_open(void **state)
{
    struct trial *t = calloc(1, sizeof *t);
    char          text[256];
    struct buf    why = buf_fixed(text, sizeof text);

    log_open("test", LOG_LEVEL_ERROR + !getenv("LOG"));
    assert_true(endpoints_open(&t->e, &toy_api, toy_all_on, NULL, &why));
    t->arena = arena_new(1 << 20);
    t->answer.body = buf_growing(BODY_BYTES);
    t->request.authorization = LIT("Bearer good");
    t->request.body = LIT("{\"name\":\"pen\",\"count\":3}");
    t->path = LIT("/items/7");
    t->method = HTTP_PUT;
    *state = t;
    return 0;
}

static int trial_close(void **state)
{
    struct trial *t = *state;

    endpoints_close(&t->e);
    arena_close(&t->arena);
    buf_close(&t->answer.body);
    free(t);
    return 0;
}

/* The status; the body is in t->answer. */
static int ask(struct trial *t)
{
    struct match m = endpoints_match(&t->e, t->method, t->path);
    struct call  c = { .arena = &t->arena, .service = (struct service *)(void *)&t->toy };

    assert_non_null(m.endpoint);
    arena_reset(&t->arena);
    buf_reset(&t->answer.body);
    t->answer.retry_after_s = 0;
    t->answer.status = -1;
    m.endpoint = call_variant(m.endpoint, &t->request, &t->arena);
    endpoint_values(m.endpoint, t->path, t->request.values);
    if (call_prepare(&t->e, m.endpoint, &t->request, &c, &t->answer))
        call_run(&t->e, m.endpoint, &c, &t->answer);
    return t->answer.status;
}

static void answers(struct trial *t, int status, const char *body)
{
    int got = ask(t);

    if (got != status || (body && !str_eq(buf_str(&t->answer.body), str_of(body))))
        fail_msg("%d %.*s, not %d %s", got, STR_ARG(buf_str(&t->answer.body)), status, body ? body : "");
}

/* How many faults there are, each with such a place: "path item_id" and so on. */
static void faults(struct trial *t, size_t count, const char *const *places)
{
    answers(t, 422, NULL);
    assert_int_equal(t->answer.problem, INVALID);
    json_t *answer = json_loadb(t->answer.body.at, t->answer.body.len, 0, NULL);
    json_t *detail = json_object_get(answer, "detail");
    if (json_array_size(detail) != count)
        fail_msg("%.*s", STR_ARG(buf_str(&t->answer.body)));
    for (size_t i = 0; i < count; i++) {
        json_t *loc = json_object_get(json_array_get(detail, i), "loc");
        char    text[256];
        snprintf(text, sizeof text, "%s %s", json_string_value(json_array_get(loc, 0)),
                 json_array_size(loc) > 1 ? json_string_value(json_array_get(loc, 1)) : "");
        assert_string_equal(text, places[i]);
    }
    json_decref(answer);
}

#define FAULTS(t, count, ...) faults(t, count, (const char *const[]){ __VA_ARGS__ })

static void the_good_case(void **state)
{
    struct trial *t = *state;

    t->request.query = LIT("limit=50&limit=60&other=1");
    answers(t, 200, "{\"id\":7,\"name\":\"pen\"}");
    assert_int_equal(t->answer.problem, OK);
    assert_int_equal(t->toy.item_id, 7);
    assert_int_equal(t->toy.limit, 60);
    assert_int_equal(t->toy.ran, 1);
    t->request.query = (struct str){ 0 };
    answers(t, 200, NULL);
    assert_int_equal(t->toy.limit, 10);
}

static void all_faults_in_one_answer(void **state)
{
    struct trial *t = *state;

    t->path = LIT("/items/zero");
    t->request.query = LIT("limit=1000&deep=perhaps");
    t->request.body = LIT("{\"name\":\"longer than ten\",\"count\":-1}");
    FAULTS(t, 5, "path item_id", "query limit", "query deep", "body name", "body count");
    t->path = LIT("/items/0");
    t->request.query = (struct str){ 0 };
    FAULTS(t, 3, "path item_id", "body name", "body count");
    t->path = LIT("/items/1");
    t->request.body = LIT("{");
    t->request.query = LIT("deep=");
    assert_int_equal(ask(t), 422);
    assert_int_equal(t->toy.ran, 0);
}

static void a_form_chooses_its_row(void **state)
{
    struct trial *t = *state;
    static const struct { const char *body; int status; const char *token; } rows[] = {
        { "username=u&password=p", 201, "u" },
        { "grant=renew&token=t", 201, "t" },
        { "token=t&grant=renew", 201, "t" },
        { "grant=renew&token=t&username=u&password=p", 201, "t" },
        { "grant=other&grant=renew&token=t", 201, "t" },        /* the last counts */
        { "grant=renew&grant=other&token=t", 422, NULL },
        { "grant=other&username=u&password=p", 201, "u" },      /* the plain row is for all others */
        { "grant=&username=u&password=p", 201, "u" },
        { "Grant=renew&username=u&password=p", 201, "u" },
        { "grant=renew%20&username=u&password=p", 201, "u" },
        { "gr%61nt=r%65new&token=t", 201, "t" },
        { "grant=renew&token=%ff", 400, NULL },
    };

    t->path = LIT("/token");
    t->method = HTTP_POST;
    t->request.media_type = LIT("application/x-www-form-urlencoded");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64] = "";
        t->request.body = str_of(rows[i].body);
        if (ask(t) != rows[i].status)
            fail_msg("%s: %d", rows[i].body, t->answer.status);
        snprintf(text, sizeof text, "{\"access_token\":\"%s\",", rows[i].token ? rows[i].token : "");
        assert_true(!rows[i].token || str_starts(buf_str(&t->answer.body), str_of(text)));
    }
    t->request.media_type = LIT("multipart/form-data; boundary=X");
    t->request.body = LIT("--X\r\nContent-Disposition: form-data; name=\"grant\"\r\n\r\nrenew\r\n"
                          "--X\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nt\r\n--X--\r\n");
    assert_int_equal(ask(t), 201);
    t->request.media_type = (struct str){ 0 };      /* no form, so no choice */
    t->request.body = LIT("grant=renew&token=t");
    assert_int_equal(ask(t), 422);
    t->request.media_type = LIT("application/json");
    assert_int_equal(ask(t), 415);
}

/* The problem of the first row that wants one, whatever else is wrong. */
static void a_row_says_what_its_fault_is(void **state)
{
    struct trial *t = *state;

    t->path = LIT("/token");
    t->method = HTTP_POST;
    t->request.media_type = LIT("application/x-www-form-urlencoded");
    t->request.body = LIT("grant=renew");
    answers(t, 409, "{\"detail\":\"Item is gone\",\"error\":\"gone\",\"error_description\":\"Item is gone\"}");
    t->request.body = LIT("grant=renew&token=123456789012345678901");
    answers(t, 409, NULL);
    assert_int_equal(t->answer.problem, ITEM_GONE);
    t->request.body = LIT("grant=renew&token=");
    answers(t, 201, NULL);
    assert_int_equal(t->toy.ran, 1);
}

static void an_empty_body_is_missing(void **state)
{
    struct trial *t = *state;

    t->request.body = (struct str){ 0 };
    FAULTS(t, 1, "body ");
    t->request.body = LIT("");
    t->request.media_type = LIT("application/json");
    answers(t, 422, "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\"],\"msg\":\"Field required\",\"input\":null}]}");
}

static void malformed_queries(void **state)
{
    struct trial *t = *state;

    t->request.query = LIT("limit=%ff");
    FAULTS(t, 1, "query ");
    t->request.query = LIT("");
    answers(t, 200, NULL);
    char many[400];
    memset(many, '&', sizeof many);
    for (size_t i = 0; i < sizeof many; i += 2)
        many[i] = 'a';
    t->request.query = (struct str){ many, sizeof many };
    FAULTS(t, 1, "query ");
}

static void who_is_asking_comes_first(void **state)
{
    static const char *const missing[] = { NULL, "", "Bearer", "Basic good", "Bearergood", "good", "Bear good" };
    static const char *const wrong[] = { "Bearer ", "Bearer bad", "Bearer good bad", "Bearer Good", "bearer bad" };
    struct trial            *t = *state;

    t->path = LIT("/items/zero");
    t->request.body = LIT("\xff");
    t->request.media_type = LIT("text/plain");
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        t->request.authorization = str_of(missing[i]);
        if (ask(t) != 401)
            fail_msg("%s: %d", missing[i], t->answer.status);
        if (t->answer.problem != NOT_AUTHENTICATED && !(t->answer.problem == BAD_TOKEN && str_eq(t->request.authorization, LIT("Bearer"))))
            fail_msg("%s: %d", missing[i], t->answer.problem);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        t->request.authorization = str_of(wrong[i]);
        answers(t, 401, "{\"detail\":\"Could not validate credentials\"}");
    }
    t->request.authorization = LIT("bEARER  good\t");
    answers(t, 415, "{\"detail\":\"Unsupported Media Type\"}");
    assert_int_equal(t->toy.ran, 0);
}

static void authentication_may_fail(void **state)
{
    struct trial *t = *state;

    t->toy.token_answer = UNAVAILABLE;
    answers(t, 503, "{\"detail\":\"Service Unavailable\"}");
    assert_int_equal(t->answer.retry_after_s, 1);
    t->toy.token_answer = INTERNAL;
    answers(t, 500, NULL);
    assert_int_equal(t->answer.retry_after_s, 0);
}

static void open_routes_ask_nobody(void **state)
{
    struct trial *t = *state;

    t->method = HTTP_GET;
    t->path = LIT("/items");
    t->request.authorization = LIT("Bearer bad");
    assert_int_equal(ask(t), 200);
    assert_int_equal(t->toy.authenticated, 0);
}

static void media_types(void **state)
{
    static const struct { const char *text; int status; } rows[] = {
        { NULL, 200 }, { "application/json", 200 }, { "APPLICATION/JSON; charset=utf-8", 200 }, { "application/vnd.api+json", 200 },
        { "", 415 }, { "text/json", 415 }, { "application/jsonx", 415 }, { "application/x-www-form-urlencoded", 415 }, { "nonsense", 415 },
        { "application/json, text/html", 415 },
    };
    struct trial *t = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t->request.media_type = str_of(rows[i].text);
        if (ask(t) != rows[i].status)
            fail_msg("%s: %d", rows[i].text, t->answer.status);
    }
}

static void bytes_that_are_no_text(void **state)
{
    struct trial *t = *state;

    t->request.body = LIT("{\"name\":\"\xc3\",\"count\":1}");
    answers(t, 400, "{\"detail\":\"There was an error parsing the body\"}");
    /* Even where another thing is wrong too. */
    t->path = LIT("/items/zero");
    assert_int_equal(ask(t), 400);
}

static void forms(void **state)
{
    static const char multipart[] = "--b\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nann\r\n"
                                    "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\npw\r\n--b--\r\n";
    struct trial     *t = *state;

    t->method = HTTP_POST;
    t->path = LIT("/token");
    t->request.body = LIT("username=ann&password=pw");
    t->request.media_type = LIT("application/x-www-form-urlencoded");
    answers(t, 201, "{\"access_token\":\"ann\",\"token_type\":\"bearer\"}");
    t->request.body = str_of(multipart);
    t->request.media_type = LIT("multipart/form-data; boundary=b");
    answers(t, 201, "{\"access_token\":\"ann\",\"token_type\":\"bearer\"}");
    t->request.media_type = LIT("multipart/form-data; boundary=c");
    assert_int_equal(ask(t), 400);
    t->request.media_type = LIT("multipart/form-data");
    assert_int_equal(ask(t), 400);
    t->request.media_type = LIT("application/json");
    assert_int_equal(ask(t), 415);
    t->request.media_type = (struct str){ 0 };
    FAULTS(t, 2, "body username", "body password");
    t->request.media_type = LIT("application/x-www-form-urlencoded");
    t->request.body = LIT("username=%ff");
    assert_int_equal(ask(t), 400);
    assert_int_equal(t->toy.ran, 2);
}

static void a_secret_is_not_told_back(void **state)
{
    struct trial *t = *state;

    t->method = HTTP_POST;
    t->path = LIT("/token");
    t->request.media_type = LIT("application/x-www-form-urlencoded");
    t->request.body = LIT("username=ann&password=this-is-too-long-for-a-password");
    FAULTS(t, 1, "body password");
    assert_int_equal(str_find(buf_str(&t->answer.body), LIT("this-is")), t->answer.body.len);
}

/* ---- What a handler answers ------------------------------------------------------------- */

static void declared_problems(void **state)
{
    struct trial *t = *state;

    t->toy.answer = ITEM_TAKEN;
    answers(t, 409, "{\"detail\":\"Item is taken\"}");
    assert_int_equal(t->answer.problem, ITEM_TAKEN);
    t->toy.answer = ITEM_GONE;
    answers(t, 409, "{\"detail\":\"Item is gone\",\"error\":\"gone\",\"error_description\":\"Item is gone\"}");
    t->toy.answer = INTERNAL;
    answers(t, 500, "{\"detail\":\"Internal Server Error\"}");
    assert_int_equal(t->answer.retry_after_s, 0);
}

static void retry_after(void **state)
{
    struct trial *t = *state;

    t->toy.answer = UNAVAILABLE;
    assert_int_equal(ask(t), 503);
    assert_int_equal(t->answer.retry_after_s, 1);
    t->toy.retry_after_s = 17;
    assert_int_equal(ask(t), 503);
    assert_int_equal(t->answer.retry_after_s, 17);
}

/* In a child: a CHECK where tests are run, 500 elsewhere. */
static void undeclared(struct trial *t, problem p)
{
    pid_t child = fork();
    int   status;

    if (child == 0) {
        log_open("test", LOG_LEVEL_ERROR + 1);
        fclose(stderr);
        t->toy.answer = p;
        _exit(ask(t) == 500 ? 50 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
#ifdef ARENA_MALLOC
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#else
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 50);
#endif
}

static void undeclared_problems(void **state)
{
    struct trial *t = *state;

    undeclared(t, NO_ROW);
    undeclared(t, CONFLICT);
    undeclared(t, BAD_TOKEN);
    undeclared(t, 4711);
    t->method = HTTP_DELETE;
    undeclared(t, ITEM_TAKEN);
    t->toy.answer = ITEM_GONE;
    assert_int_equal(ask(t), 409);
}

static void success_without_a_body(void **state)
{
    struct trial *t = *state;

    t->method = HTTP_DELETE;
    answers(t, 204, "");
    assert_int_equal(t->toy.item_id, 7);
}

static void a_map_is_a_body(void **state)
{
    struct trial *t = *state;

    t->method = HTTP_GET;
    t->path = LIT("/counts");
    answers(t, 200, "{}");
}

/* ---- No room ---------------------------------------------------------------------------- */

/* With any amount of memory the answer is the right one or 503, and the handler never runs on a
 * failed arena. */
static void any_arena(void **state)
{
    struct trial *t = *state;
    int           refused = 0, served = 0;

    t->request.query = LIT("limit=%35&deep=tru%65");
    t->request.body = LIT("{\"name\":\"p\\u0065n\",\"count\":3}");
    for (size_t bytes = 0; bytes < 1024; bytes += 8) {
        arena_close(&t->arena);
        t->arena = arena_new(bytes);
        switch (ask(t)) {
        case 503:
            assert_int_equal(t->answer.retry_after_s, 1);
            assert_true(str_eq(buf_str(&t->answer.body), LIT("{\"detail\":\"Service Unavailable\"}")));
            refused++;
            break;
        case 200:
            assert_true(str_eq(buf_str(&t->answer.body), LIT("{\"id\":7,\"name\":\"pen\"}")));
            served++;
            break;
        default:
            fail_msg("%zu bytes: %d %.*s", bytes, t->answer.status, STR_ARG(buf_str(&t->answer.body)));
        }
    }
    assert_true(refused > 5 && served > 5);
    assert_int_equal(t->toy.ran, served);
}

/* Faults that were found on the way to the end of memory are not told as if they were all. */
static void an_arena_that_ends_among_faults(void **state)
{
    struct trial *t = *state;

    t->path = LIT("/items/zero");
    t->request.body = LIT("{\"name\":\"\\u0065\",\"count\":\"x\"}");
    for (size_t bytes = 0; bytes < 512; bytes += 8) {
        arena_close(&t->arena);
        t->arena = arena_new(bytes);
        int status = ask(t);
        assert_true(status == 503 || status == 422);
        if (status == 503)
            assert_true(t->arena.failed);
    }
}

static void a_handler_that_eats_its_arena(void **state)
{
    struct trial *t = *state;

    t->toy.eats = 2 << 20;
    answers(t, 503, "{\"detail\":\"Service Unavailable\"}");
    assert_int_equal(t->toy.ran, 1);
    t->toy.answer = ITEM_TAKEN;     /* it knows why: that is more than 503 */
    assert_int_equal(ask(t), 409);
}

static void an_answer_that_does_not_fit(void **state)
{
    struct trial *t = *state;

    buf_close(&t->answer.body);
    t->answer.body = buf_growing(32);
    t->path = LIT("/items/123456789012345");
    answers(t, 503, NULL);
}

/* A body as large as the limits allow, with faults that would each show it whole. */
static void a_large_body_with_faults(void **state)
{
    struct trial *t = *state;
    struct buf    body = buf_growing(128 * 1024);

    buf_add(&body, LIT("{\"other\":\""));
    while (body.len < 100 * 1024)
        buf_add(&body, LIT("\\u0001xxxxxxxxxx"));
    buf_add(&body, LIT("\"}"));
    t->request.body = buf_str(&body);
    FAULTS(t, 2, "body name", "body count");
    buf_close(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, trial_open, trial_close)
        TEST(the_good_case), TEST(a_form_chooses_its_row), TEST(a_row_says_what_its_fault_is), TEST(all_faults_in_one_answer),
        TEST(an_empty_body_is_missing), TEST(malformed_queries),
        TEST(who_is_asking_comes_first), TEST(authentication_may_fail), TEST(open_routes_ask_nobody), TEST(media_types),
        TEST(bytes_that_are_no_text), TEST(forms), TEST(a_secret_is_not_told_back), TEST(declared_problems), TEST(retry_after),
        TEST(undeclared_problems), TEST(success_without_a_body), TEST(a_map_is_a_body), TEST(any_arena),
        TEST(an_arena_that_ends_among_faults), TEST(a_handler_that_eats_its_arena), TEST(an_answer_that_does_not_fit),
        TEST(a_large_body_with_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
