/* test_instant.c: RFC 3339 both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"

static void assert_written(int64_t us, const char *expected)
{
    char       text[INSTANT_CHARS];
    struct buf b = buf_fixed(text, sizeof text);

    instant_add(&b, (struct instant){ us });
    assert_false(b.failed);
    assert_int_equal(b.len, INSTANT_CHARS);
    assert_memory_equal(text, expected, INSTANT_CHARS);
}

static void test_write(void **state)
{
    (void)state;
    assert_written(0, "1970-01-01T00:00:00.000000Z");
    assert_written(-1, "1969-12-31T23:59:59.999999Z");
    assert_written(1795389865000001, "2026-11-22T23:24:25.000001Z");
    assert_written(951782400000000, "2000-02-29T00:00:00.000000Z");
    assert_written(-2203891200000000, "1900-03-01T00:00:00.000000Z");
    assert_written(INT64_MAX, "9999-12-31T23:59:59.999999Z");
    assert_written(INT64_MIN, "0000-01-01T00:00:00.000000Z");
}

static void assert_read(const char *text, int64_t us)
{
    struct instant t = { 7 };

    if (instant_parse(str_of(text), &t) != INSTANT_OK)
        fail_msg("refused: %s", text);
    assert_true(t.us == us);
}

static void test_read(void **state)
{
    (void)state;
    assert_read("1970-01-01T00:00:00Z", 0);
    assert_read("1970-01-01t00:00:00z", 0);
    assert_read("1970-01-01 00:00:00+00:00", 0);
    assert_read("2026-11-22T23:24:25.000001Z", 1795389865000001);
    assert_read("2026-11-22T23:24:25.1Z", 1795389865100000);
    assert_read("2026-11-23T01:24:25+02:00", 1795389865000000);
    assert_read("2026-11-22T18:54:25-04:30", 1795389865000000);
    assert_read("2000-02-29T00:00:00Z", 951782400000000);
    assert_read("0001-01-01T00:00:00Z", -62135596800000000);
    assert_read("9999-12-31T23:59:59.999999Z", 253402300799999999);
}

static const struct {
    const char          *text;
    enum instant_verdict verdict;
} refused[] = {
    { "", INSTANT_MALFORMED },
    { "tomorrow", INSTANT_MALFORMED },
    { "2026-11-22T23:24:25", INSTANT_MALFORMED },
    { "2026-11-22T23:24:25.Z", INSTANT_MALFORMED },
    { "2026-11-22T23:24:25.1234567Z", INSTANT_MALFORMED },
    { "2026-11-22T23:24:25Zx", INSTANT_MALFORMED },
    { "2026-11-22T23:24:25+0200", INSTANT_MALFORMED },
    { "2026-11-22T23:24:25+02:00x", INSTANT_MALFORMED },
    { "2026-11-22T23:24:25+24:00", INSTANT_MALFORMED },
    { "2026-11-22T23:24Z", INSTANT_MALFORMED },
    { "2026-11-22_23:24:25Z", INSTANT_MALFORMED },
    { "26-11-22T23:24:25Z", INSTANT_MALFORMED },
    { "2026-11-2", INSTANT_MALFORMED },
    { "+026-11-22T23:24:25Z", INSTANT_MALFORMED },
    { "2026-11-22", INSTANT_DATE_ONLY },
    { "2026-02-31", INSTANT_OUT_OF_RANGE },
    { "2026-02-29T00:00:00Z", INSTANT_OUT_OF_RANGE },
    { "1900-02-29T00:00:00Z", INSTANT_OUT_OF_RANGE },
    { "2026-13-01T00:00:00Z", INSTANT_OUT_OF_RANGE },
    { "2026-00-01T00:00:00Z", INSTANT_OUT_OF_RANGE },
    { "2026-01-00T00:00:00Z", INSTANT_OUT_OF_RANGE },
    { "2026-04-31T00:00:00Z", INSTANT_OUT_OF_RANGE },
    { "0000-01-01T00:00:00Z", INSTANT_OUT_OF_RANGE },
    { "2026-01-01T24:00:00Z", INSTANT_OUT_OF_RANGE },
    { "2026-01-01T23:60:00Z", INSTANT_OUT_OF_RANGE },
    { "2026-01-01T23:59:60Z", INSTANT_OUT_OF_RANGE },
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct instant t = { 7 };
        if (instant_parse(str_of(refused[i].text), &t) != refused[i].verdict)
            fail_msg("wrong verdict: %s", refused[i].text);
        assert_int_equal(t.us, 7);
    }
}

/* Every day of four centuries and some: what is written reads back, and days follow each other. */
static void test_every_day(void **state)
{
    const int64_t day_us = 86400LL * 1000000;

    (void)state;
    for (int64_t day = -80000; day < 80000; day++) {
        char           text[INSTANT_CHARS];
        struct buf     b = buf_fixed(text, sizeof text);
        struct instant t = { day * day_us + day * 7919 }, again;
        instant_add(&b, t);
        assert_int_equal(instant_parse(buf_str(&b), &again), INSTANT_OK);
        assert_true(again.us == t.us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_every_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
