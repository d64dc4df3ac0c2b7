/* test_utf8.c: UTF-8 against the table of RFC 3629, every code point and every broken pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"

static bool valid(struct str s)
{
    return utf8_valid(s);
}

static void test_every_code_point(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char text[UTF8_BYTES_MAX];
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        struct str s = { text, utf8_put(c, text) };
        struct str rest = s;
        assert_int_equal(s.len, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
        assert_true(valid(s) && utf8_length(s) == s.len && utf8_count(s) == 1);
        assert_int_equal(utf8_next(&rest), c);
        assert_int_equal(rest.len, 0);
        for (size_t cut = 1; cut < s.len; cut++)
            assert_false(valid(str_slice(s, 0, cut)) || valid(str_slice(s, cut, s.len)));
    }
}

static void test_refusals(void **state)
{
    static const struct str bad[] = {
        LIT("\x80"), LIT("\xbf"), LIT("\xc0\x80"), LIT("\xc1\xbf"), LIT("\xe0\x9f\xbf"),
        LIT("\xed\xa0\x80"), LIT("\xed\xbf\xbf"), LIT("\xf0\x8f\xbf\xbf"), LIT("\xf4\x90\x80\x80"),
        LIT("\xf5\x80\x80\x80"), LIT("\xff"), LIT("\xfe"), LIT("\xc3("), LIT("\xe4\xb8("),
        LIT("\xf0\x9f\x98("), LIT("eight by" "\x80"), LIT("eight b" "\xc3"), LIT("\xc3\xa9\xa9"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(valid(bad[i]));
    assert_true(valid(LIT("")));
    assert_true(valid((struct str){ 0 }));
    assert_int_equal(utf8_length(LIT("")), 0);
    assert_int_equal(utf8_length(LIT("\xc3")), 0);
}

/* A byte that is not ASCII must be seen wherever in a word it stands. */
static void test_every_place(void **state)
{
    (void)state;
    for (size_t len = 1; len < 24; len++)
        for (size_t at = 0; at < len; at++) {
            char text[24];
            memset(text, 'a', len);
            assert_true(valid((struct str){ text, len }));
            text[at] = (char)0x80;
            assert_false(valid((struct str){ text, len }));
        }
}

static void test_count(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(LIT("")), 0);
    assert_int_equal(utf8_count(LIT("J\xc3\xbcrgen \xe4\xb8\xad \xf0\x9f\x98\x80")), 10);
}

/* How many U+FFFD Python's decoder, with errors="replace", makes of it. */
static const struct {
    struct str text;
    int        broken;
} replaced[] = {
    { LIT("\xff\xff"), 2 },
    { LIT("\xe4\xb8"), 1 },
    { LIT("\xe4\xb8(" ), 1 },
    { LIT("\xed\xa0\x80"), 3 },
    { LIT("\xf0\x9f\x98" "a"), 1 },
    { LIT("\xf4\x90\x80\x80"), 4 },
    { LIT("\xc0\xaf"), 2 },
    { LIT("\xc3\xc3\xa9"), 1 },
};

static void test_broken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++) {
        int broken = 0;
        for (struct str rest = replaced[i].text; rest.len;)
            broken += utf8_next(&rest) == UTF8_BROKEN;
        assert_int_equal(broken, replaced[i].broken);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_every_place),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
