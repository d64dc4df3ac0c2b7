/* test_form.c: urlencoded forms, with what Starlette 0.38 answers to the same query strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/form.h"

enum { FIELDS_MAX = 4 };

/* `expected` is name, value, name, value, … NULL. */
static void parses(const char *body, const char *const *expected)
{
    struct arena       a = arena_new(4096);
    struct text_value *fields;
    size_t             count, n = 0;

    assert_true(form_parse(str_of(body), FIELDS_MAX, &a, &fields, &count));
    for (; expected[2 * n]; n++) {
        assert_true(n < count);
        assert_string_equal(arena_cstr(&a, fields[n].name), expected[2 * n]);
        assert_string_equal(arena_cstr(&a, fields[n].value), expected[2 * n + 1]);
        assert_non_null(fields[n].name.at);
        assert_non_null(fields[n].value.at);
    }
    assert_int_equal(count, n);
    arena_close(&a);
}

#define PARSES(body, ...) parses(body, (const char *const[]){ __VA_ARGS__, NULL })

static void fields_in_order(void **state)
{
    (void)state;
    PARSES("a=1&b=2", "a", "1", "b", "2");
    PARSES("a=1&a=2", "a", "1", "a", "2");
    PARSES("grant_type=password&username=ann%40b.com&password=p%26w%3D+%2B", "grant_type",
           "password", "username", "ann@b.com", "password", "p&w= +");
}

static void nothing_and_next_to_nothing(void **state)
{
    (void)state;
    PARSES("", NULL);
    PARSES("&&&", NULL);
    PARSES("&&a=1&&", "a", "1");
    PARSES("a", "a", "");
    PARSES("a&b=", "a", "", "b", "");
    PARSES("=x", "", "x");
    PARSES("=", "", "");
    PARSES("a=b=c", "a", "b=c");
    PARSES("a=1;b=2", "a", "1;b=2");
}

static void bad_escapes_stay(void **state)
{
    (void)state;
    PARSES("a=%zz%4", "a", "%zz%4");
    PARSES("a=%", "a", "%");
    PARSES("a=%%41", "a", "%A");
    PARSES("%2=%+", "%2", "% ");
    PARSES("a=%E2%82%AC\xe2\x82\xac", "a", "\xe2\x82\xac\xe2\x82\xac");
}

static bool parse(struct str body, size_t arena_bytes, size_t *count)
{
    struct arena       a = arena_new(arena_bytes);
    struct text_value *fields;
    bool               parsed = form_parse(body, FIELDS_MAX, &a, &fields, count);

    arena_close(&a);
    return parsed;
}

static void what_is_refused(void **state)
{
    size_t count = 77;

    (void)state;
    assert_false(parse(LIT("a&b&c&d&e"), 4096, &count));
    assert_false(parse(LIT("a=%ff"), 4096, &count));
    assert_false(parse(LIT("a=\xff"), 4096, &count));
    assert_false(parse(LIT("%c3=\xa9"), 4096, &count));
    assert_false(parse(LIT("a=%41"), 32, &count));
    assert_false(parse(LIT("a=1"), 0, &count));
    assert_int_equal(count, 77);
    assert_true(parse(LIT("&a&b&c&d&"), 4096, &count));
    assert_int_equal(count, 4);
}

static void no_body_and_nul(void **state)
{
    struct arena       a = arena_new(4096);
    struct text_value *fields;
    size_t             count;

    (void)state;
    assert_true(form_parse((struct str){ 0 }, FIELDS_MAX, &a, &fields, &count));
    assert_int_equal(count, 0);
    assert_true(form_parse(LIT("a=b%00c"), FIELDS_MAX, &a, &fields, &count));
    assert_true(str_eq(fields[0].value, LIT("b\0c")));
    arena_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_in_order),
        cmocka_unit_test(nothing_and_next_to_nothing),
        cmocka_unit_test(bad_escapes_stay),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(no_body_and_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
