/* test_read.c: what the JSON reader answers, token by token, and where it says a text is broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "json/read.h"

/* A text from the heap, of exactly its size, so that AddressSanitizer sees what reads beyond. */
static char *exact(struct str s)
{
    char *copy = malloc(s.len ? s.len : 1);

    assert_non_null(copy);
    memcpy(copy, s.at, s.len);
    return copy;
}

static void add_token(struct buf *out, struct json_token t)
{
    static const char letters[] = {
        [JSON_END] = '.',         [JSON_BROKEN] = '!',     [JSON_OBJECT_BEGIN] = '{',
        [JSON_OBJECT_END] = '}',  [JSON_LIST_BEGIN] = '[', [JSON_LIST_END] = ']',
        [JSON_NAME] = 'n',        [JSON_STRING] = 's',     [JSON_INTEGER] = 'i',
        [JSON_REAL] = 'r',        [JSON_TRUE] = 't',       [JSON_FALSE] = 'f',
        [JSON_NULL] = '0',
    };

    buf_add_char(out, letters[t.kind]);
    if (t.kind >= JSON_NAME && t.kind <= JSON_REAL)
        buf_format(out, "%s(%.*s)", t.escaped ? "*" : "", STR_ARG(t.text));
}

/* One letter a token, with the text of names, strings and numbers. */
static void assert_tokens(struct str text, const char *expected)
{
    char              *copy = exact(text);
    struct buf         out = buf_growing(1 << 16);
    struct json_reader r = json_reader((struct str){ copy, text.len });
    struct json_token  t;

    do
        add_token(&out, t = json_next(&r));
    while (t.kind > JSON_BROKEN);
    buf_add_char(&out, 0);
    assert_string_equal(out.at, expected);
    assert_int_equal(json_next(&r).kind, t.kind);
    buf_close(&out);
    free(copy);
}

static void test_tokens(void **state)
{
    (void)state;
    assert_tokens(LIT("{\"user_id\":123,\"action\":\"get_profile\"}"),
                  "{n(user_id)i(123)n(action)s(get_profile)}.");
    assert_tokens(LIT(" \t\r\n[ 1 , -2.5e+3 , true,false , null , { } , [ ] ] \n"),
                  "[i(1)r(-2.5e+3)tf0{}[]].");
    assert_tokens(LIT("{ \"a\\n\" : { \"\" : \"\\u00e9\" } , \"a\" : 0 }"),
                  "{n*(a\\n){n()s*(\\u00e9)}n(a)i(0)}.");
    assert_tokens(LIT("[{\"a\":1},[1,2],{\"a\":1,\"b\":2}]"),
                  "[{n(a)i(1)}[i(1)i(2)]{n(a)i(1)n(b)i(2)}].");
    assert_tokens(LIT("\"x\""), "s(x).");
    assert_tokens(LIT("-0"), "i(-0).");
    assert_tokens(LIT("0e0"), "r(0e0).");
    assert_tokens(LIT("\"\x7f\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80\""),
                  "s(\x7f\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80).");
}

/* Faults and places are what Python 3.11's json says of the same text. */
static const struct {
    struct str  text;
    const char *fault;
    size_t      offset;
} faults[] = {
    { LIT(""), "Expecting value", 0 },
    { LIT("  "), "Expecting value", 2 },
    { LIT("["), "Expecting value", 1 },
    { LIT("[1,]"), "Expecting value", 3 },
    { LIT("[,1]"), "Expecting value", 1 },
    { LIT("tru"), "Expecting value", 0 },
    { LIT("[nul]"), "Expecting value", 1 },
    { LIT("-"), "Expecting value", 0 },
    { LIT("-a"), "Expecting value", 0 },
    { LIT("+1"), "Expecting value", 0 },
    { LIT(".5"), "Expecting value", 0 },
    { LIT("NaN"), "Expecting value", 0 },
    { LIT("-Infinity"), "Expecting value", 0 },
    { LIT("\xef\xbb\xbf{}"), "Expecting value", 0 },
    { LIT("\0"), "Expecting value", 0 },
    { LIT("{\"a\":}"), "Expecting value", 5 },
    { LIT("{\"a\":"), "Expecting value", 5 },
    { LIT("{\"a\": ]"), "Expecting value", 6 },
    { LIT("{"), "Expecting property name enclosed in double quotes", 1 },
    { LIT("{ a:1}"), "Expecting property name enclosed in double quotes", 2 },
    { LIT("{\"a\":1,}"), "Expecting property name enclosed in double quotes", 7 },
    { LIT("{]"), "Expecting property name enclosed in double quotes", 1 },
    { LIT("{\"a\" 1}"), "Expecting ':' delimiter", 5 },
    { LIT("{\"a\"}"), "Expecting ':' delimiter", 4 },
    { LIT("{\"a\""), "Expecting ':' delimiter", 4 },
    { LIT("[1 2]"), "Expecting ',' delimiter", 3 },
    { LIT("[1}"), "Expecting ',' delimiter", 2 },
    { LIT("{\"a\":1]"), "Expecting ',' delimiter", 6 },
    { LIT("{\"a\":1"), "Expecting ',' delimiter", 6 },
    { LIT("[01]"), "Expecting ',' delimiter", 2 },
    { LIT("[1.]"), "Expecting ',' delimiter", 2 },
    { LIT("[1e+]"), "Expecting ',' delimiter", 2 },
    { LIT("[{}{}]"), "Expecting ',' delimiter", 3 },
    { LIT("01"), "Extra data", 1 },
    { LIT("1.5."), "Extra data", 3 },
    { LIT("{} {}"), "Extra data", 3 },
    { LIT("nullx"), "Extra data", 4 },
    { LIT("[]]"), "Extra data", 2 },
    { LIT("1\0"), "Extra data", 1 },
    { LIT("[\"abc"), "Unterminated string starting at", 1 },
    { LIT("\""), "Unterminated string starting at", 0 },
    { LIT("\"12345678"), "Unterminated string starting at", 0 },
    { LIT("\"\\"), "Unterminated string starting at", 0 },
    { LIT("\"\\\""), "Unterminated string starting at", 0 },
    { LIT("\"a\nb\""), "Invalid control character at", 2 },
    { LIT("\"12345678\x1f\""), "Invalid control character at", 9 },
    { LIT("\"\0\""), "Invalid control character at", 1 },
    { LIT("\"ab\\x\""), "Invalid \\escape", 3 },
    { LIT("\"\\U0041\""), "Invalid \\escape", 1 },
    { LIT("\"\\u12\""), "Invalid \\uXXXX escape", 2 },
    { LIT("\"\\u12g4\""), "Invalid \\uXXXX escape", 2 },
    { LIT("\"\\u 123\""), "Invalid \\uXXXX escape", 2 },
    /* Python accepts these. */
    { LIT("\"\\ud83d\""), "Invalid \\uXXXX escape", 2 },
    { LIT("\"\\ud83d\\u0041\""), "Invalid \\uXXXX escape", 2 },
    { LIT("\"\\ud83d\\ue000\""), "Invalid \\uXXXX escape", 2 },
    { LIT("\"\\ud83dabcdef\""), "Invalid \\uXXXX escape", 2 },
    { LIT("\"a\\ude00\""), "Invalid \\uXXXX escape", 3 },
    /* Python refuses these before it looks for JSON. */
    { LIT("\"a\xc0\xaf\""), "Invalid UTF-8", 2 },
    { LIT("\"\xed\xa0\x80\""), "Invalid UTF-8", 1 },
    { LIT("\"\xf4\x90\x80\x80\""), "Invalid UTF-8", 1 },
    { LIT("\"\xe4\xb8\""), "Invalid UTF-8", 1 },
    { LIT("\"\xe4\xb8"), "Invalid UTF-8", 1 },
    { LIT("\"abcdefgh\x80\""), "Invalid UTF-8", 9 },
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char              *copy = exact(faults[i].text);
        struct json_reader r = json_reader((struct str){ copy, faults[i].text.len });
        struct json_token  t;
        while ((t = json_next(&r)).kind > JSON_BROKEN)
            continue;
        if (t.kind != JSON_BROKEN)
            fail_msg("accepted: %.*s", STR_ARG(faults[i].text));
        assert_string_equal(r.fault, faults[i].fault);
        if (r.offset != faults[i].offset)
            fail_msg("%.*s: offset %zu", STR_ARG(faults[i].text), r.offset);
        t = json_next(&r);
        assert_int_equal(t.kind, JSON_BROKEN);
        assert_int_equal(t.offset, faults[i].offset);
        assert_string_equal(r.fault, faults[i].fault);
        free(copy);
    }
}

/* Each byte that is not plain, at each place of an eight-byte word, must be seen. */
static void test_every_byte_everywhere(void **state)
{
    char text[40];

    (void)state;
    for (size_t at = 1; at < sizeof text - 1; at++)
        for (int byte = 0; byte < 256; byte++) {
            memset(text, 'a', sizeof text);
            text[0] = text[sizeof text - 1] = '"';
            text[at] = (char)byte;
            struct json_reader r = json_reader((struct str){ text, sizeof text });
            bool plain = byte >= ' ' && byte < 0x80 && byte != '"' && byte != '\\';
            struct json_token t = json_next(&r);
            if (byte == '"')
                assert_int_equal(t.text.len, at - 1);
            else
                assert_int_equal(t.kind, plain ? JSON_STRING : JSON_BROKEN);
        }
}

static void test_depth(void **state)
{
    char text[2 * (JSON_DEPTH_MAX + 1)];

    (void)state;
    for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct json_reader r = json_reader((struct str){ text, 2 * depth });
        struct json_token  first = json_next(&r);
        assert_int_equal(json_skip(&r, first), depth <= JSON_DEPTH_MAX);
        assert_int_equal(json_next(&r).kind, depth <= JSON_DEPTH_MAX ? JSON_END : JSON_BROKEN);
    }
    assert_tokens(LIT("[{\"a\":[{\"b\":[1]}]},{}]"), "[{n(a)[{n(b)[i(1)]}]}{}].");
}

static void test_skip(void **state)
{
    struct json_reader r = json_reader(LIT("{\"a\":[1,{\"b\":2}],\"c\":3,\"d\":[}"));

    (void)state;
    json_next(&r);
    assert_int_equal(json_next(&r).kind, JSON_NAME);
    assert_true(json_skip(&r, json_next(&r)));
    assert_true(str_eq(json_next(&r).text, LIT("c")));
    assert_true(json_skip(&r, json_next(&r)));
    assert_true(str_eq(json_next(&r).text, LIT("d")));
    assert_false(json_skip(&r, json_next(&r)));
    assert_false(json_skip(&r, json_next(&r)));
}

static void assert_unescaped(struct str text, struct str expected)
{
    struct arena       a = arena_new(1024);
    struct json_reader r = json_reader(text);
    struct str         s = json_unescape(&a, json_next(&r));

    assert_non_null(s.at);
    assert_int_equal(s.len, expected.len);
    assert_memory_equal(s.at, expected.at, s.len);
    arena_close(&a);
}

static void test_unescape(void **state)
{
    (void)state;
    assert_unescaped(LIT("\"plain\""), LIT("plain"));
    assert_unescaped(LIT("\"\""), LIT(""));
    assert_unescaped(LIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), LIT("\"\\/\b\f\n\r\t"));
    assert_unescaped(LIT("\"a\\u0041b\\u00e9c\\u4E2dd\""), LIT("aAb\xc3\xa9" "c\xe4\xb8\xad" "d"));
    assert_unescaped(LIT("\"\\ud83d\\ude00\\uD800\\uDC00\\udbff\\udfff\""),
                     LIT("\xf0\x9f\x98\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
    assert_unescaped(LIT("\"\\u0000\""), LIT("\0"));
}

static void test_unescape_without_memory(void **state)
{
    struct arena       a = arena_new(2);
    struct json_reader r = json_reader(LIT("[\"long enough\",\"\\n\\n\"]"));

    (void)state;
    json_next(&r);
    assert_int_equal(json_unescape(&a, json_next(&r)).len, 11);
    assert_null(json_unescape(&a, json_next(&r)).at);
    assert_true(a.failed);
    arena_close(&a);
}

static void test_integer(void **state)
{
    int64_t value = 7;

    (void)state;
    assert_true(json_to_int(LIT("9223372036854775807"), &value) && value == INT64_MAX);
    assert_true(json_to_int(LIT("-9223372036854775808"), &value) && value == INT64_MIN);
    assert_true(json_to_int(LIT("-0"), &value) && value == 0);
    assert_true(json_to_int(LIT("123"), &value) && value == 123);
    assert_false(json_to_int(LIT("9223372036854775808"), &value));
    assert_false(json_to_int(LIT("-9223372036854775809"), &value));
    assert_false(json_to_int(LIT("92233720368547758070"), &value));
    assert_false(json_to_int(LIT("1.0"), &value));
    assert_false(json_to_int(LIT("-"), &value));
    assert_false(json_to_int(LIT(""), &value));
    assert_int_equal(value, 123);
}

static void assert_real(const char *text, double expected)
{
    double value = 7;

    assert_true(json_to_real(str_of(text), &value));
    if (memcmp(&value, &expected, sizeof value) != 0)
        fail_msg("%s: %a", text, value);
}

static void test_real(void **state)
{
    static const char *const texts[] = {
        "0", "-0", "1", "0.1", "-12.5", "1e22", "1e23", "123456789012345e22", "1e-22", "1e-23",
        "9007199254740993", "9007199254740992.99999999999999999999", "0.000001e6", "100e-2",
        "1.7976931348623157e308", "1.7976931348623158e308", "2.2250738585072011e-308", "5e-324",
        "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400", "0e999999999999999999",
        "0.00000000000000000000000000000000000000000000000000001e50",
    };
    double value = 7;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_real(texts[i], strtod(texts[i], NULL));
    assert_false(json_to_real(LIT("1e309"), &value));
    assert_false(json_to_real(LIT("-1.7976931348623159e308"), &value));
    assert_false(json_to_real(LIT("1e99999999999999999999999999"), &value));
    assert_false(json_to_real(LIT(""), &value));
    assert_true(value == 7);
}

/* Halfway between two doubles, decided by a digit far beyond what is kept. */
static void test_real_very_long(void **state)
{
    struct buf text = buf_growing(1 << 16);
    double     value;

    (void)state;
    buf_add(&text, LIT("9007199254740993."));
    for (int i = 0; i < 5000; i++)
        buf_add_char(&text, '0');
    assert_true(json_to_real(buf_str(&text), &value) && value == 9007199254740992.0);
    buf_add_char(&text, '1');
    assert_true(json_to_real(buf_str(&text), &value) && value == 9007199254740994.0);
    buf_add(&text, LIT("e-5000"));
    assert_true(json_to_real(buf_str(&text), &value) && value == 0);
    buf_close(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_every_byte_everywhere),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_skip),
        cmocka_unit_test(test_unescape),
        cmocka_unit_test(test_unescape_without_memory),
        cmocka_unit_test(test_integer),
        cmocka_unit_test(test_real),
        cmocka_unit_test(test_real_very_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
