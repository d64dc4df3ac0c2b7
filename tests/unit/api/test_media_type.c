/* test_media_type.c: Content-Type headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/media_type.h"

static struct media_type parsed(const char *text)
{
    struct media_type m = { 0 };

    if (!media_type_parse(str_of(text), &m))
        fail_msg("refused: %s", text);
    return m;
}

static void refuses(struct str text)
{
    struct media_type m;

    if (media_type_parse(text, &m))
        fail_msg("accepted: %.*s", STR_ARG(text));
}

static bool is_json(const char *text)
{
    struct media_type m = parsed(text);

    return media_type_is_json(&m);
}

static void types(void **state)
{
    struct media_type m = parsed(" Text/HTML ");

    (void)state;
    assert_true(str_eq(m.type, LIT("Text")) && str_eq(m.subtype, LIT("HTML")));
    assert_null(m.boundary.at);
    assert_null(m.charset.at);
    assert_true(str_eq(parsed("application/vnd.a-b+json").subtype, LIT("vnd.a-b+json")));
}

static void parameters(void **state)
{
    struct media_type m =
        parsed("multipart/form-data; CharSet=UTF-8 ; x=\"a;\\\"b\\\\\";boundary=\"a b\"");

    (void)state;
    assert_true(str_eq(m.charset, LIT("UTF-8")));
    assert_true(str_eq(m.boundary, LIT("a b")));
    assert_true(str_eq(parsed("a/b;boundary=----x'").boundary, LIT("----x'")));
    assert_true(str_eq(parsed("a/b; ;; charset=\"\";").charset, LIT("")));
    assert_non_null(parsed("a/b;charset=\"\"").charset.at);
    assert_true(str_eq(parsed("a/b; x=1; x=2; boundary=y ; ").boundary, LIT("y")));
}

static void what_is_refused(void **state)
{
    (void)state;
    refuses(LIT(""));
    refuses(LIT("a"));
    refuses(LIT("/b"));
    refuses(LIT("a/"));
    refuses(LIT("a /b"));
    refuses(LIT("a/b c"));
    refuses(LIT("a/b x=y"));
    refuses(LIT("a/b/c"));
    refuses(LIT("a/b, c/d"));
    refuses(LIT("a/b;x"));
    refuses(LIT("a/b;x="));
    refuses(LIT("a/b;x = y"));
    refuses(LIT("a/b;=y"));
    refuses(LIT("a/b;x=\"y"));
    refuses(LIT("a/b;x=\"y\\"));
    refuses(LIT("a/b;x=\"y\\\""));
    refuses(LIT("a/b;x=\"y\"z"));
    refuses(LIT("a/b;x=\"\n\""));
    refuses(LIT("a/b;x=\"\\\n\""));
    refuses(LIT("a/b;x=\0"));
    refuses(LIT("a/b;boundary=x;Boundary=x"));
    refuses(LIT("a/b;charset=x;charset=y"));
    refuses(LIT("a/b;boundary=\"x\\y\""));
    refuses(LIT("a/b;boundary=x y"));
}

static void json(void **state)
{
    (void)state;
    assert_true(is_json("application/json"));
    assert_true(is_json("Application/JSON; charset=utf-8"));
    assert_true(is_json("application/problem+json"));
    assert_true(is_json("application/+json"));
    assert_true(is_json("application/a+JSON"));
    assert_false(is_json("text/json"));
    assert_false(is_json("application/jsonx"));
    assert_false(is_json("application/ajson"));
    assert_false(is_json("application/x"));
    assert_false(is_json("application/json+x"));
}

static void taking_parameters_apart(void **state)
{
    struct str rest = LIT("form-data; name=\"a\\\"b\"; x"), name, value;

    (void)state;
    assert_true(str_eq(media_type_token(&rest), LIT("form-data")));
    assert_true(media_type_parameter(&rest, &name, &value));
    assert_true(str_eq(name, LIT("name")) && str_eq(value, LIT("a\\\"b")));
    assert_false(media_type_parameter(&rest, &name, &value));
    assert_true(rest.len > 0);
    rest = LIT(" ; ");
    assert_false(media_type_parameter(&rest, &name, &value));
    assert_int_equal(rest.len, 0);
    rest = LIT("=");
    assert_null(media_type_token(&rest).at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(parameters),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(json),
        cmocka_unit_test(taking_parameters_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
