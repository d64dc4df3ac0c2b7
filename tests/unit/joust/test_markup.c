/* test_markup.c: text of strangers is never markup, and is shortened to fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "joust/markup.h"

static void assert_markup(struct str text, const char *want)
{
    struct buf out = buf_growing(4096);

    markup_add(&out, text);
    assert_false(out.failed);
    assert_int_equal(out.len, strlen(want));
    assert_memory_equal(buf_str(&out).at, want, out.len);
    buf_close(&out);
}

static void test_markup_escapes(void **state)
{
    (void)state;
    assert_markup(LIT("<script>\"a\" & 'b'</script>"), "&lt;script&gt;&quot;a&quot; &amp; 'b'&lt;/script&gt;");
    assert_markup(LIT("plain µs … 漢"), "plain µs … 漢");
    assert_markup(LIT("two\nlines\tand"), "two\nlines\tand");
    assert_markup(LIT(""), "");
}

static void test_markup_replaces(void **state)
{
    (void)state;
    assert_markup(LIT("a\0b\x1b[31m\x7f"), "a\xef\xbf\xbd" "b\xef\xbf\xbd[31m\xef\xbf\xbd");
    assert_markup(LIT("\xff\xc3("), "\xef\xbf\xbd\xef\xbf\xbd(");
    assert_markup(LIT("\xe2\x80\xae" "x\xc2\x85"), "\xef\xbf\xbdx\xef\xbf\xbd");        /* turned round; C1 */
    assert_markup(LIT("\xe2\x80\x8f" "x\xd8\x9c"), "\xef\xbf\xbdx\xef\xbf\xbd");        /* marks of direction */
    assert_markup(LIT("\xef\xbf\xbe\xf0\x9f\xbf\xbf"), "\xef\xbf\xbd\xef\xbf\xbd");      /* noncharacters */
}

static void test_markup_plain_is_one_line(void **state)
{
    struct buf out = buf_growing(100);

    (void)state;
    markup_plain(&out, LIT("a\r\n<b>"));
    assert_true(str_eq(buf_str(&out), LIT("a  <b>")));
    buf_close(&out);
}

static void assert_short(struct str text, double ems)
{
    struct buf out = buf_growing(4096);

    markup_shorten(&out, text, ems);
    assert_true(utf8_valid(buf_str(&out)));
    assert_true(markup_ems(buf_str(&out)) <= ems || str_eq(buf_str(&out), LIT("…")));
    if (markup_ems(text) > ems)
        assert_true(str_ends(buf_str(&out), LIT("…")));
    else
        assert_true(str_eq(buf_str(&out), text));
    buf_close(&out);
}

static void test_markup_shortens(void **state)
{
    static const struct str texts[] = {
        LIT("postern"), LIT("a name that is much too long"), LIT("漢字のサービス名前です"), LIT("WWWWWWWWWWWWWWWW"), LIT("iiiiiiiiiiiii"), LIT(""),
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (double ems = 0.5; ems < 30; ems += 0.25)
            assert_short(texts[i], ems);
    assert_true(markup_ems(LIT("WWWW")) > 2 * markup_ems(LIT("iiii")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markup_escapes),
        cmocka_unit_test(test_markup_replaces),
        cmocka_unit_test(test_markup_plain_is_one_line),
        cmocka_unit_test(test_markup_shortens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
