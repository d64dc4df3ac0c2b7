/* test_expect.c: right answers and wrong ones, and what is taken of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "load/expect.h"

static const struct ignored some = { .names = { { "id", 2 }, { "created_at", 10 } }, .count = 2 };

static void assert_agreement(const char *a, const char *b, enum expect_body how,
                             const struct ignored *ignored, const char *says)
{
    struct buf why = buf_growing(4096);
    bool       agree = bodies_agree(str_of(a), str_of(b), how, ignored, &why);

    if (agree != !says || !str_eq(buf_str(&why), str_of(says ? says : "")))
        fail_msg("%s and %s: \"%.*s\" instead of \"%s\"", a, b, STR_ARG(buf_str(&why)),
                 says ? says : "they agree");
    buf_close(&why);
}

struct pair {
    const char *a, *b, *says;       /* none: they agree */
};

static void test_equal(void **state)
{
    static const struct pair rows[] = {
        { "{\"a\":1,\"b\":[true,null]}", " { \"b\" : [ true, null ], \"a\" : 1 } ", NULL },
        { "1", "1.0", NULL },
        { "1e2", "100", NULL },
        { "-0.0", "0", NULL },
        { "\"\\u00e4\"", "\"\xc3\xa4\"", NULL },
        { "{\"user\":{\"id\":7}}", "{\"user\":{\"id\":8}}", "/user/id is 7 here and 8 there" },
        { "[1,[2,\"x\"]]", "[1,[2,\"y\"]]", "/1/1 is \"x\" here and \"y\" there" },
        { "{\"a/b~\":1}", "{\"a/b~\":2}", "/a~1b~0 is 1 here and 2 there" },
        { "{\"\":1}", "{\"\":2}", "/ is 1 here and 2 there" },
        { "{\"a\":true}", "{\"a\":false}", "/a is true here and false there" },
        { "{\"a\":null}", "{\"a\":0}", "/a is null here and a number there" },
        { "{\"a\":1}", "{\"a\":\"1\"}", "/a is a number here and a string there" },
        { "{\"a\":{}}", "{\"a\":[]}", "/a is an object here and an array there" },
        { "{\"a\":1,\"b\":2}", "{\"a\":1}", "/b is missing there" },
        { "{\"x\":{}}", "{\"x\":{\"y\":1}}", "/x/y is missing here" },
        { "{\"a\":null}", "{}", "/a is missing there" },
        { "[1,2,3]", "[1,2]", "the body has 3 elements here and 2 there" },
        { "{\"a\":[]}", "{\"a\":[1]}", "/a has 0 elements here and 1 there" },
        { "7", "8", "the body is 7 here and 8 there" },
        { "[]", "{}", "the body is an array here and an object there" },
        { "9007199254740993", "9007199254740992.0", "the body is 9007199254740993 here and 9007199254740992.0 there" },
        { "0.1", "0.2", "the body is 0.10000000000000001 here and 0.20000000000000001 there" },
        { "\"0123456789012345678901234567890123456789012345678901234567890123456789\"", "\"\"",
          "the body is \"01234567890123456789012345678901234567890123456789012345678... here and \"\" there" },
        { "[1]", "[1", "the body is JSON here and not there" },
        { "", "[1]", "the body is JSON there and not here" },
        { "Hello", "Hello", NULL },
        { "Hello", "Hallo", "the bodies differ at byte 2" },
        { "Hello", "Hello!", "the body has 5 bytes here and 6 there" },
        { "", "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_agreement(rows[i].a, rows[i].b, BODY_EQUAL, NULL, rows[i].says);
}

static void test_ignored(void **state)
{
    static const struct pair rows[] = {
        { "{\"id\":1,\"a\":2}", "{\"id\":3,\"a\":2}", NULL },
        { "{\"id\":1,\"a\":2}", "{\"a\":2}", NULL },
        { "{\"a\":2}", "{\"created_at\":{\"a\":1},\"a\":2}", NULL },
        { "[{\"x\":{\"id\":1,\"y\":2}}]", "[{\"x\":{\"id\":\"1\",\"y\":2}}]", NULL },
        { "{\"id\":1,\"a\":2}", "{\"id\":1,\"a\":3}", "/a is 2 here and 3 there" },
        { "{\"ID\":1}", "{\"ID\":2}", "/ID is 1 here and 2 there" },
        { "[1]", "[2]", "/0 is 1 here and 2 there" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_agreement(rows[i].a, rows[i].b, BODY_EQUAL, &some, rows[i].says);
        assert_agreement(rows[i].a, rows[i].a, BODY_ALIKE, &some, NULL);
    }
    assert_agreement("{\"id\":1}", "{}", BODY_ALIKE, &some, NULL);
}

static void test_alike(void **state)
{
    static const struct pair rows[] = {
        { "{\"a\":1,\"b\":\"x\",\"c\":true}", "{\"c\":false,\"b\":\"y\",\"a\":2.5}", NULL },
        { "{\"a\":[1,2]}", "{\"a\":[7]}", NULL },
        { "{\"a\":[]}", "{\"a\":[7]}", NULL },
        { "[{\"a\":1}]", "[{\"a\":2},{\"b\":2}]", NULL },
        { "[1,2]", "[3,\"x\"]", NULL },
        { "18446744073709551615", "1", NULL },
        { "{\"a\":[1]}", "{\"a\":[\"7\"]}", "/a/0 is a number here and a string there" },
        { "{\"a\":1}", "{\"b\":1}", "/a is missing there" },
        { "{}", "{\"b\":1}", "/b is missing here" },
        { "{\"a\":null}", "{\"a\":1}", "/a is null here and a number there" },
        { "{\"a\":true}", "{\"a\":1}", "/a is a boolean here and a number there" },
        { "[{\"a\":1}]", "[{\"a\":{}}]", "/0/a is a number here and an object there" },
        { "Hello", "Hallo", "the bodies differ at byte 2" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_agreement(rows[i].a, rows[i].b, BODY_ALIKE, NULL, rows[i].says);
}

static void test_same_and_unchecked(void **state)
{
    (void)state;
    assert_agreement("{\"a\":1}", "{\"a\":1}", BODY_SAME, NULL, NULL);
    assert_agreement("{\"a\":1}", "{\"a\": 1}", BODY_SAME, NULL, "the bodies differ at byte 6");
    assert_agreement("a", "b", BODY_UNCHECKED, NULL, NULL);
}

/* As deep as jansson reads: neither the walk nor the path overruns the stack. */
static void test_deep(void **state)
{
    enum { DEPTH = 2000 };
    struct buf a = buf_growing(10000), b = buf_growing(10000), why = buf_growing(10000);

    (void)state;
    for (int i = 0; i < DEPTH; i++) {
        buf_add_char(&a, '[');
        buf_add_char(&b, '[');
    }
    buf_add_char(&a, '1');
    buf_add_char(&b, '2');
    for (int i = 0; i < DEPTH; i++) {
        buf_add_char(&a, ']');
        buf_add_char(&b, ']');
    }
    assert_false(bodies_agree(buf_str(&a), buf_str(&b), BODY_EQUAL, NULL, &why));
    assert_true(str_ends(buf_str(&why), LIT("/0/0 is 1 here and 2 there")));
    assert_int_equal(why.len, 2 * DEPTH + sizeof " is 1 here and 2 there" - 1);
    assert_true(bodies_agree(buf_str(&a), buf_str(&b), BODY_ALIKE, NULL, &why));
    buf_close(&a);
    buf_close(&b);
    buf_close(&why);
}

/* ---- Expecting -------------------------------------------------------------------------- */

static void test_status(void **state)
{
    struct expect any = { 0 }, one = { .status = 404 };

    (void)state;
    assert_true(expect_status(&any, 200) && expect_status(&any, 299));
    assert_false(expect_status(&any, 199) || expect_status(&any, 300) || expect_status(&any, 0));
    assert_true(expect_status(&one, 404));
    assert_false(expect_status(&one, 200));
}

static void test_holds(void **state)
{
    struct expect e = { .how = BODY_SAME, .body = LIT("{\"a\":1}") };

    (void)state;
    for (uint64_t number = 0; number < 200; number++) {
        bool sampled = number % EXPECT_SAMPLE == 0;
        e.how = BODY_SAME;
        assert_true(expect_holds(&e, LIT("{\"a\":1}"), number));
        assert_false(expect_holds(&e, LIT("{\"a\": 1}"), number));
        assert_false(expect_holds(&e, LIT(""), number));
        e.how = BODY_EQUAL;
        assert_true(expect_holds(&e, LIT("{\"a\": 1}"), number));
        assert_int_equal(expect_holds(&e, LIT("{\"a\":2}"), number), !sampled);
        e.how = BODY_ALIKE;
        assert_true(expect_holds(&e, LIT("{\"a\":2}"), number));
        assert_int_equal(expect_holds(&e, LIT("{\"b\":2}"), number), !sampled);
        e.how = BODY_UNCHECKED;
        assert_true(expect_holds(&e, LIT("anything"), number));
    }
    e = (struct expect){ .how = BODY_EQUAL, .body = LIT("{\"id\":1,\"a\":1}"), .ignored = some };
    assert_true(expect_holds(&e, LIT("{\"id\":2,\"a\":1}"), 0));
    assert_false(expect_holds(&e, LIT("{\"id\":2,\"a\":2}"), 0));
}

/* ---- Taking ----------------------------------------------------------------------------- */

static void test_take(void **state)
{
    static const char body[] =
        "{\"access_token\":\"e.y.J\",\"n\":42,\"big\":9223372036854775807,\"r\":0.1,\"e\":1e300,\"t\":true,\"f\":false,"
        "\"z\":null,\"o\":{\"in\":[\"a\",{\"b\":\"deep\"}]},\"a/b\":\"slash\",\"m~n\":\"tilde\",\"~1\":\"both\",\"\":\"empty\","
        "\"0\":\"zero\",\"none\":\"\",\"crlf\":\"a\\r\\nb\",\"del\":\"\\u007f\",\"\xc3\xa4\":\"\\u00e4\"}";
    static const struct { const char *pointer, *taken; } rows[] = {
        { "/access_token", "e.y.J" }, { "/n", "42" }, { "/big", "9223372036854775807" },
        { "/r", "0.1" }, { "/e", "1e+300" }, { "/t", "true" }, { "/f", "false" },
        { "/o/in/0", "a" }, { "/o/in/1/b", "deep" }, { "/a~1b", "slash" }, { "/m~0n", "tilde" },
        { "/~01", "both" }, { "/", "empty" }, { "/0", "zero" }, { "/none", "" }, { "/\xc3\xa4", "\xc3\xa4" },
        { "/z", NULL }, { "/o", NULL }, { "/o/in", NULL }, { "", NULL }, { "/o/in/2", NULL },
        { "/o/in/00", NULL }, { "/o/in/01", NULL }, { "/o/in/-", NULL }, { "/o/in/-1", NULL },
        { "/o/in/", NULL }, { "/o/in/18446744073709551616", NULL }, { "/nothing", NULL },
        { "/access_token/x", NULL }, { "/access_token/", NULL }, { "access_token", NULL },
        { "/m~n", NULL }, { "/m~", NULL }, { "/~2", NULL }, { "/n/0", NULL },
        { "/crlf", NULL }, { "/del", NULL },
    };
    struct arena arena = arena_new(100000);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str taken = body_take(str_of(body), str_of(rows[i].pointer), &arena);
        if (!taken.at != !rows[i].taken || !str_eq(taken, str_of(rows[i].taken)))
            fail_msg("%s: \"%.*s\" instead of %s", rows[i].pointer, STR_ARG(taken),
                     rows[i].taken ? rows[i].taken : "none");
    }
    assert_true(str_eq(body_take(LIT("\"all\""), LIT(""), &arena), LIT("all")));
    assert_null(body_take(LIT("{\"a\":1"), LIT("/a"), &arena).at);
    assert_null(body_take(LIT(""), LIT("/a"), &arena).at);
    assert_null(body_take((struct str){ 0 }, LIT("/a"), &arena).at);
    assert_false(arena.failed);
    arena_close(&arena);
}

/* When memory ends nothing that is false is taken. */
static void test_take_without_memory(void **state)
{
    static const char *const pointers[] = { "/a/0/b", "/a/0/r" };

    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (size_t bytes = 0; bytes < 200; bytes++) {
            struct arena small = arena_new(bytes);
            struct str   taken = body_take(LIT("{\"a\":[{\"b\":\"0.123\",\"r\":0.123}]}"), str_of(pointers[i]), &small);
            assert_true(small.failed ? taken.len == 0 : str_eq(taken, LIT("0.123")));
            arena_close(&small);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_ignored),
        cmocka_unit_test(test_alike),
        cmocka_unit_test(test_same_and_unchecked),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_holds),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_take_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
