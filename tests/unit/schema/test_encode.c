/* test_encode.c: structs to JSON. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "everything.h"
#include "trial.h"

struct answer {
    struct str        text, status;
    struct maybe_int  count;
    struct maybe_real real;
    struct maybe_bool flag;
    struct maybe_instant at;
    double            third;
    bool              yes;
    LIST_OF(struct inner) lines;
    LIST_OF(struct str) maybe_lines;
    MAP_OF(bool) flags;
    struct inner *one;
};

static const struct schema answer = SCHEMA(answer,
    FIELD(answer, text),
    FIELD(answer, status, .always = "ok"),
    FIELD(answer, count, .optional = true),
    FIELD(answer, real, .optional = true),
    FIELD(answer, flag, .optional = true),
    FIELD(answer, at, .optional = true),
    FIELD(answer, third),
    FIELD(answer, yes),
    LISTED(answer, lines, struct inner, ITEM_OBJECT(inner, inner_schema)),
    LISTED(answer, maybe_lines, struct str, ITEM(struct str), .nullable = true),
    MAPPED(answer, flags, bool, ITEM(bool)),
    MAYBE_NESTED(answer, one, inner, inner_schema, .optional = true));

struct whole {
    LIST_OF(bool) all;
};

static const struct schema whole = SCHEMA(whole,
    LISTED(whole, all, bool, ITEM(bool), .root = true));

struct token {
    struct str hash;
};

static const struct schema token = SCHEMA(token, FIELD(token, hash, .secret = true));

static void assert_json(const struct schema *s, const void *value, struct str want)
{
    struct buf         out = buf_growing(TRIAL_BYTES);
    struct json_writer w = json_writer(&out);

    encode_json(s, value, &w);
    if (!str_eq(buf_str(&out), want))
        fail_msg("%.*s", STR_ARG(buf_str(&out)));
    buf_close(&out);
}

static void writes_none(void **unused)
{
    struct answer a = { .third = 1 };

    (void)unused;
    assert_json(&answer, &a,
                LIT("{\"text\":null,\"status\":\"ok\",\"count\":null,\"real\":null,"
                    "\"flag\":null,\"at\":null,\"third\":1.0,\"yes\":false,\"lines\":[],"
                    "\"maybe_lines\":null,\"flags\":{},\"one\":null}"));
}

static void writes_all(void **unused)
{
    struct inner lines[] = { { LIT("a"), 1 }, { LIT("\"\n"), -2 } };
    struct str   texts[] = { LIT(""), LIT("ä") };
    struct { struct str key; bool value; } flags[] = { { LIT("x"), true }, { LIT("y"), false } };
    struct answer a = {
        .text = LIT("t"), .status = LIT("ignored"), .count = { true, INT64_MIN },
        .real = { true, 0.1 }, .flag = { true, false }, .at = { true, { 1 } }, .third = 1 / 3.0,
        .yes = true, .lines = { lines, 2 }, .maybe_lines = { texts, 2 }, .one = &lines[0],
    };

    (void)unused;
    memcpy(&a.flags, &(struct many){ flags, 2 }, sizeof a.flags);
    assert_json(&answer, &a,
                LIT("{\"text\":\"t\",\"status\":\"ok\",\"count\":-9223372036854775808,"
                    "\"real\":0.1,\"flag\":false,\"at\":\"1970-01-01T00:00:00.000001Z\","
                    "\"third\":0.3333333333333333,\"yes\":true,\"lines\":[{\"sku\":\"a\","
                    "\"count\":1},{\"sku\":\"\\\"\\n\",\"count\":-2}],\"maybe_lines\":"
                    "[\"\",\"ä\"],\"flags\":{\"x\":true,\"y\":false},\"one\":{\"sku\":\"a\","
                    "\"count\":1}}"));
}

static void writes_a_root(void **unused)
{
    bool         all[] = { true, false };
    struct whole w = { { all, 2 } };

    (void)unused;
    assert_json(&whole, &w, LIT("[true,false]"));
}

static void reads_back_what_it_wrote(void **unused)
{
    static const char text[] =
        "{\"i\":7,\"n\":-5,\"f\":1e-07,\"g\":0.5,\"b\":true,\"s\":\"äöü\",\"p\":\"x\",\"c\":"
        "\"green\","
        "\"one\":\"one\",\"u\":\"https://a.example/\",\"e\":\"a@example.com\","
        "\"t\":\"2026-11-22T23:24:25.000001Z\",\"mi\":1,\"mr\":2.0,\"mb\":false,\"l\":[\"a\",\"\"],"
        "\"lo\":[{\"sku\":\"a\",\"count\":1}],\"lm\":[1,null,2],\"m\":{\"a\":1,\"\":2},"
        "\"mm\":{\"x\":true,\"y\":false},\"mo\":{\"k\":{\"sku\":\"b\",\"count\":100}},\"o\":null,"
        "\"in\":{\"sku\":\"\",\"count\":9}}";

    (void)unused;
    assert_answer(&everything, text, text);
}

/* In a process of its own, since it must die. */
static void never_writes_a_secret(void **unused)
{
    struct token t = { LIT("x") };
    int          status;
    pid_t        child = fork();

    (void)unused;
    assert_true(child >= 0);
    if (child == 0) {
        struct buf         out = buf_growing(TRIAL_BYTES);
        struct json_writer w = json_writer(&out);
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        encode_json(&token, &t, &w);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_none),   cmocka_unit_test(writes_all),
        cmocka_unit_test(writes_a_root), cmocka_unit_test(reads_back_what_it_wrote),
        cmocka_unit_test(never_writes_a_secret),
    };

    assert_sound(&everything, SCHEMA_IN);
    assert_sound(&answer, SCHEMA_OUT);
    assert_sound(&whole, SCHEMA_OUT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
