/* test_str.c: the slice functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void test_of_and_slice(void **state)
{
    struct str s = LIT("hello");

    (void)state;
    assert_null(str_of(NULL).at);
    assert_int_equal(str_of("abc").len, 3);
    assert_true(str_eq(str_slice(s, 1, 3), LIT("el")));
    assert_true(str_eq(str_slice(s, 3, 99), LIT("lo")));
    assert_true(str_eq(str_slice(s, 99, 99), LIT("")));
    assert_true(str_eq(str_slice(s, 4, 2), LIT("")));
    assert_null(str_slice((struct str){ 0 }, 0, 5).at);
}

static void test_equality(void **state)
{
    (void)state;
    assert_true(str_eq(LIT("a\0b"), LIT("a\0b")));
    assert_false(str_eq(LIT("a\0b"), LIT("a\0c")));
    assert_false(str_eq(LIT("a"), LIT("ab")));
    assert_true(str_eq((struct str){ 0 }, LIT("")));
    assert_true(str_eq_nocase(LIT("Content-TYPE"), LIT("content-type")));
    assert_false(str_eq_nocase(LIT("a"), LIT("ab")));
    assert_false(str_eq_nocase(LIT("@"), LIT("`")));
    assert_false(str_eq_nocase(LIT("["), LIT("{")));
}

/* Every byte against every other, at every place of texts that are compared by eights and ones. */
static void test_equality_without_case(void **state)
{
    enum { LONGEST = 19 };
    static const size_t lengths[] = { 1, 7, 8, 12, 16, LONGEST };
    char a[LONGEST], b[LONGEST];

    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
        for (size_t at = 0; at < lengths[l]; at++)
            for (int pair = 0; pair < 256 * 256; pair++) {
                char x = (char)(pair >> 8), y = (char)pair;
                memset(a, 'q', sizeof a);
                memset(b, 'Q', sizeof b);
                a[at] = x;
                b[at] = y;
                assert_true(str_eq_nocase((struct str){ a, lengths[l] }, (struct str){ b, lengths[l] }) ==
                            (ascii_lower(x) == ascii_lower(y)));
            }
}

static void test_starts_and_ends(void **state)
{
    (void)state;
    assert_true(str_starts(LIT("Bearer x"), LIT("Bearer ")));
    assert_true(str_starts(LIT("x"), LIT("")));
    assert_false(str_starts(LIT("Bear"), LIT("Bearer")));
    assert_true(str_ends(LIT("a.json"), LIT(".json")));
    assert_false(str_ends(LIT("json"), LIT(".json")));
    assert_false(str_ends(LIT("a.jsox"), LIT(".json")));
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(str_find_byte(LIT("a=b=c"), '='), 1);
    assert_int_equal(str_find_byte(LIT("abc"), '='), 3);
    assert_int_equal(str_find_byte((struct str){ 0 }, '='), 0);
    assert_int_equal(str_find(LIT("abcabd"), LIT("abd")), 3);
    assert_int_equal(str_find(LIT("abc"), LIT("abcd")), 3);
    assert_int_equal(str_find(LIT("abc"), LIT("")), 0);
}

static void test_trim(void **state)
{
    (void)state;
    assert_true(str_eq(str_trim(LIT(" \t a b\t ")), LIT("a b")));
    assert_true(str_eq(str_trim(LIT(" \t ")), LIT("")));
    assert_true(str_eq(str_trim(LIT("\na ")), LIT("\na")));
}

static void test_cut(void **state)
{
    struct str rest = LIT("a,,b,");

    (void)state;
    assert_true(str_eq(str_cut(&rest, ','), LIT("a")));
    assert_true(str_eq(str_cut(&rest, ','), LIT("")));
    assert_true(str_eq(str_cut(&rest, ','), LIT("b")));
    assert_non_null(rest.at);
    assert_true(str_eq(str_cut(&rest, ','), LIT("")));
    assert_null(rest.at);
}

static void test_to_uint(void **state)
{
    uint64_t value = 7;

    (void)state;
    assert_true(str_to_uint(LIT("18446744073709551615"), UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_true(str_to_uint(LIT("0007"), 7, &value) && value == 7);
    assert_true(str_to_uint(LIT("0"), 0, &value) && value == 0);
    assert_true(str_to_uint(LIT("65535"), 65535, &value) && value == 65535);
    assert_false(str_to_uint(LIT("65536"), 65535, &value));
    assert_false(str_to_uint(LIT("18446744073709551616"), UINT64_MAX, &value));
    assert_false(str_to_uint(LIT("9"), 8, &value));
    assert_false(str_to_uint(LIT(""), 8, &value));
    assert_false(str_to_uint(LIT("-1"), 8, &value));
    assert_false(str_to_uint(LIT("+1"), 8, &value));
    assert_false(str_to_uint(LIT("1 "), 8, &value));
    assert_int_equal(value, 65535);
}

static void test_ascii(void **state)
{
    (void)state;
    assert_int_equal(ascii_lower('Z'), 'z');
    assert_int_equal(ascii_lower('['), '[');
    assert_int_equal(ascii_lower('@'), '@');
    assert_true(ascii_is_digit('0') && ascii_is_digit('9'));
    assert_false(ascii_is_digit('/') || ascii_is_digit(':'));
    assert_true(ascii_is_alpha('a') && ascii_is_alpha('Z'));
    assert_false(ascii_is_alpha('`') || ascii_is_alpha('{') || ascii_is_alpha((char)0xe9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_and_slice),
        cmocka_unit_test(test_equality),
        cmocka_unit_test(test_equality_without_case),
        cmocka_unit_test(test_starts_and_ends),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_to_uint),
        cmocka_unit_test(test_ascii),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
