/* test_percent.c: percent-encoding, strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/percent.h"

static void decodes(const char *text, const char *expected)
{
    struct arena a = arena_new(4096);
    struct str   out;

    assert_true(percent_decode(str_of(text), &a, &out));
    assert_true(str_eq(out, str_of(expected)));
    arena_close(&a);
}

static void refuses(struct str text)
{
    struct arena a = arena_new(4096);
    struct str   out = LIT("untouched");

    assert_false(percent_decode(text, &a, &out));
    assert_true(str_eq(out, LIT("untouched")));
    arena_close(&a);
}

static void text_and_triples(void **state)
{
    (void)state;
    decodes("", "");
    decodes("/users/me", "/users/me");
    decodes("a+b", "a+b");
    decodes("%41%62%2f%2F%25", "Ab//%");
    decodes("%2541", "%41");
    decodes("%C3%a9\xc3\xa9", "\xc3\xa9\xc3\xa9");
}

static void what_is_refused(void **state)
{
    (void)state;
    refuses(LIT("%"));
    refuses(LIT("%4"));
    refuses(LIT("a%zz"));
    refuses(LIT("%4%41"));
    refuses(LIT("%+1"));
    refuses(LIT("%00"));
    refuses(LIT("a\0b"));
    refuses(LIT("%ff"));
    refuses(LIT("\xff"));
    refuses(LIT("%c0%af"));
    refuses(LIT("%ed%a0%80"));
}

static void text_without_triples_is_not_copied(void **state)
{
    struct arena a = arena_new(0);
    struct str   text = LIT("plain"), out;

    (void)state;
    assert_true(percent_decode(text, &a, &out));
    assert_ptr_equal(out.at, text.at);
    assert_false(percent_decode(LIT("%41"), &a, &out));
    assert_true(a.failed);
    arena_close(&a);
}

static void single_triples(void **state)
{
    (void)state;
    assert_int_equal(percent_byte(LIT("%fF"), 0), 255);
    assert_int_equal(percent_byte(LIT("x%0a"), 1), 10);
    assert_int_equal(percent_byte(LIT("x%0a"), 0), -1);
    assert_int_equal(percent_byte(LIT("x%0a"), 2), -1);
    assert_int_equal(percent_byte(LIT("%0"), 0), -1);
    assert_int_equal(percent_byte(LIT(""), 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_triples),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(text_without_triples_is_not_copied),
        cmocka_unit_test(single_triples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
