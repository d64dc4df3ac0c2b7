/* test_write.c: what the JSON writer writes, and how it fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "json/read.h"
#include "json/write.h"

static void assert_text(struct buf *b, const char *expected)
{
    assert_false(b->failed);
    buf_add_char(b, 0);
    assert_string_equal(b->at, expected);
    buf_close(b);
}

static void write_all(struct buf *out)
{
    struct json_writer w = json_writer(out);

    json_object_begin(&w);
    json_name(&w, LIT("a"));
    json_put_int(&w, 1);
    json_name(&w, LIT("b\"\n"));
    json_list_begin(&w);
    json_put_bool(&w, true);
    json_put_bool(&w, false);
    json_put_null(&w);
    json_put_string(&w, LIT("x"));
    json_list_begin(&w);
    json_list_end(&w);
    json_object_begin(&w);
    json_object_end(&w);
    json_put_raw(&w, LIT("{\"raw\":1}"));
    json_put_double(&w, 0.5);
    json_list_end(&w);
    json_name(&w, LIT("c"));
    json_put_string(&w, (struct str){ 0 });
    json_object_end(&w);
}

static const char all[] = "{\"a\":1,"
                          "\"b\\\"\\n\":[true,false,null,\"x\",[],{},{\"raw\":1},0.5],"
                          "\"c\":\"\"}";

static void test_structure(void **state)
{
    struct buf b = buf_growing(1024);

    (void)state;
    write_all(&b);
    assert_text(&b, all);
}

/* With room for exactly the text it succeeds; with any less it fails and stays within. */
static void test_failure(void **state)
{
    (void)state;
    for (size_t room = 0; room < sizeof all; room++) {
        char *memory = malloc(room ? room : 1);
        assert_non_null(memory);
        struct buf b = buf_fixed(memory, room);
        write_all(&b);
        assert_int_equal(b.failed, room < sizeof all - 1);
        assert_true(b.len <= room);
        free(memory);
    }
}

static void assert_quoted(struct str text, const char *expected)
{
    struct buf b = buf_growing(1024);

    json_quote(&b, text);
    assert_text(&b, expected);
}

static void test_strings(void **state)
{
    (void)state;
    assert_quoted(LIT(""), "\"\"");
    assert_quoted(LIT("long enough for words of eight"), "\"long enough for words of eight\"");
    assert_quoted(LIT("\"\\/\b\f\n\r\t"), "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
    assert_quoted(LIT("a\0b\x1f\x7f"), "\"a\\u0000b\\u001f\x7f\"");
    assert_quoted(LIT("J\xc3\xbcrgen \xf0\x9f\x98\x80, eight more"),
                  "\"J\xc3\xbcrgen \xf0\x9f\x98\x80, eight more\"");
    assert_quoted(LIT("a\xff" "b\xe4\xb8" "c\xed\xa0\x80"),
                  "\"a\xef\xbf\xbd" "b\xef\xbf\xbd" "c\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Whatever stands where, in texts of every length that is treated in a way of its own. */
static void test_strings_of_every_length(void **state)
{
    static const char odd[] = { '"', '\\', '\n', 0x1f, 0x7f, ' ', '!', '[', ']', '#' };

    (void)state;
    for (size_t len = 0; len <= 20; len++)
        for (size_t at = 0; at <= len; at++)
            for (size_t i = 0; i < sizeof odd; i++) {
                char       text[21], expected[64];
                bool       there = at < len, escaped = there && i < 4;
                struct buf b = buf_growing(64);
                memset(text, 'x', sizeof text);
                if (there)
                    text[at] = odd[i];
                const char *as[] = { "\\\"", "\\\\", "\\n", "\\u001f" };
                snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", (int)at, text,
                         escaped ? as[i] : "", (int)(len - at - escaped), text + at + escaped);
                json_quote(&b, (struct str){ text, len });
                assert_text(&b, expected);
            }
}

static void test_integers(void **state)
{
    static const int64_t values[] = { 0, 9, 10, 99, 100, 101, 12345, 123456, -1, -10, -999,
                                      INT64_MAX, INT64_MIN, INT64_MIN + 1 };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buf         b = buf_growing(64);
        struct json_writer w = json_writer(&b);
        char               expected[32];
        snprintf(expected, sizeof expected, "%lld", (long long)values[i]);
        json_put_int(&w, values[i]);
        assert_text(&b, expected);
    }
}

static void assert_double(double value, const char *expected)
{
    struct buf         b = buf_growing(64);
    struct json_writer w = json_writer(&b);

    json_put_double(&w, value);
    assert_text(&b, expected);
}

/* As Python's repr() has them. */
static void test_doubles(void **state)
{
    (void)state;
    assert_double(0.0, "0.0");
    assert_double(-0.0, "-0.0");
    assert_double(1, "1.0");
    assert_double(-100, "-100.0");
    assert_double(0.1, "0.1");
    assert_double(1.0 / 3, "0.3333333333333333");
    assert_double(0.1 + 0.2, "0.30000000000000004");
    assert_double(123456.789, "123456.789");
    assert_double(0.0001, "0.0001");
    assert_double(0.00001, "1e-05");
    assert_double(1e15, "1000000000000000.0");
    assert_double(9999999999999998, "9999999999999998.0");
    assert_double(1e16, "1e+16");
    assert_double(1.5e300, "1.5e+300");
    assert_double(1.7976931348623157e308, "1.7976931348623157e+308");
    assert_double(5e-324, "5e-324");
    assert_double(0x1p-1022, "2.2250738585072014e-308");
    assert_double(0x1p-44, "5.684341886080802e-14");
    assert_double(0x1p-791, "7.678447687145631e-239");
    assert_double(1 / 0.0, "null");
    assert_double(0 / 0.0, "null");
}

static unsigned seed_of_run(void)
{
    const char *given = getenv("SEED");
    unsigned    seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);

    print_message("SEED=%u\n", seed);
    return seed;
}

static uint64_t random_bits(void)
{
    return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
}

static void test_doubles_read_back(void **state)
{
    (void)state;
    srandom(seed_of_run());
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_bits();
        double   value, again;
        memcpy(&value, &bits, sizeof value);
        struct buf         b = buf_growing(64);
        struct json_writer w = json_writer(&b);
        json_put_double(&w, value);
        if ((bits >> 52 & 0x7ff) == 0x7ff)
            assert_true(str_eq(buf_str(&b), LIT("null")));
        else
            assert_true(json_to_real(buf_str(&b), &again) && again == value);
        buf_close(&b);
    }
}

static void assert_copied(struct str text, const char *expected)
{
    struct buf         b = buf_growing(1024);
    struct json_writer w = json_writer(&b);

    json_put_copy(&w, text);
    assert_text(&b, expected);
}

static void test_copy(void **state)
{
    (void)state;
    assert_copied(LIT(" { \"a\" : [ 1 , 2.50 , -0 , { } , [ ] ] , \"b\\u0041\" : null } "),
                  "{\"a\":[1,2.50,-0,{},[]],\"bA\":null}");
    assert_copied(LIT("\"\\/\\u0022\\u005c\\u000a\\u0001\\u00e9\\ud83d\\ude00x\""),
                  "\"/\\\"\\\\\\n\\u0001\xc3\xa9\xf0\x9f\x98\x80x\"");
    assert_copied(LIT("1e5 and what follows"), "1e5");
    assert_copied(LIT("[true] ]"), "[true]");
}

static void test_copy_among_others(void **state)
{
    struct buf         b = buf_growing(1024);
    struct json_writer w = json_writer(&b);

    (void)state;
    json_list_begin(&w);
    json_put_int(&w, 1);
    json_put_copy(&w, LIT("{ }"));
    json_put_copy(&w, LIT("\"s\""));
    json_put_null(&w);
    json_list_end(&w);
    assert_text(&b, "[1,{},\"s\",null]");
}

static void test_what_is_no_value(void **state)
{
    static const struct str texts[] = { LIT(""), LIT("[1"), LIT("{\"a\"}"), LIT("\"\\x\"") };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf         b = buf_growing(64);
        struct json_writer w = json_writer(&b);
        json_put_copy(&w, texts[i]);
        assert_true(b.failed);
        buf_close(&b);
    }
    struct buf         b = buf_growing(64);
    struct json_writer w = json_writer(&b);
    json_put_raw(&w, (struct str){ 0 });
    assert_true(b.failed);
    buf_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structure),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_strings_of_every_length),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_doubles_read_back),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_copy_among_others),
        cmocka_unit_test(test_what_is_no_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
