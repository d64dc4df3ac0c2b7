/* test_format.c: figures as people read them, and where their rounding changes the unit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "joust/format.h"

struct row {
    double      value;
    const char *text;
};

static void check_rows(void (*format)(struct buf *, double), const struct row *rows)
{
    for (; rows->text; rows++) {
        char       memory[512];
        struct buf b = buf_fixed(memory, sizeof memory - 1);
        format(&b, rows->value);
        memory[b.len] = 0;
        assert_string_equal(memory, rows->text);
        assert_false(b.failed);
    }
}

static void test_ns(void **state)
{
    static const struct row rows[] = {
        { 0, "0 ns" }, { 0.5, "0.500 ns" }, { 1, "1.00 ns" }, { 12.34, "12.3 ns" }, { 847, "847 ns" },
        { 999.4, "999 ns" }, { 999.6, "1.00 µs" }, { 847000, "847 µs" }, { 999499, "999 µs" },
        { 999500, "1.00 ms" }, { 1244000, "1.24 ms" }, { 9.996e6, "10.0 ms" }, { 99.96e6, "100 ms" },
        { 12e9, "12.0 s" }, { 1234.5e9, "1,234 s" }, { -1.5e6, "-1.50 ms" }, { NAN, "unknown" },
        { INFINITY, "unknown" }, { 0, NULL },
    };

    (void)state;
    check_rows(format_ns, rows);
}

static void test_rate(void **state)
{
    static const struct row rows[] = {
        { 0, "0" }, { 0.25, "0.250" }, { 1, "1.00" }, { 9.994, "9.99" }, { 9.996, "10.0" }, { 99.94, "99.9" },
        { 99.96, "100" }, { 999.6, "1,000" }, { 38420.4, "38,420" }, { 1234567, "1,234,567" },
        { NAN, "unknown" }, { 0, NULL },
    };

    (void)state;
    check_rows(format_rate, rows);
}

static void test_percent(void **state)
{
    static const struct row rows[] = {
        { 0, "0.0 %" }, { 0.1234, "12.3 %" }, { -0.0321, "-3.2 %" }, { -0.0001, "0.0 %" }, { 1, "100.0 %" },
        { 12.345, "1,234.5 %" }, { -123456, "-12,345,600.0 %" }, { NAN, "unknown" }, { 0, NULL },
    };

    (void)state;
    check_rows(format_percent, rows);
}

static void test_times(void **state)
{
    static const struct row rows[] = {
        { 2, "2.00" }, { 11.62, "11.6" }, { 116.2, "116" }, { 1162.4, "1,162" }, { 0, NULL },
    };

    (void)state;
    check_rows(format_times, rows);
}

static void test_quantile(void **state)
{
    static const struct row rows[] = {
        { 0.5, "p50" }, { 0.999, "p99.9" }, { 0.9999999, "p99.99999" }, { 0.07, "p7" }, { 0, NULL },
    };

    (void)state;
    check_rows(format_quantile, rows);
}

static void bytes_of_double(struct buf *out, double value)
{
    format_bytes(out, (int64_t)value);
}

static void count_of_double(struct buf *out, double value)
{
    format_count(out, (uint64_t)value);
}

static void test_bytes(void **state)
{
    static const struct row rows[] = {
        { -1, "unknown" }, { 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1.00 KiB" }, { 12.3 * 1024, "12.3 KiB" },
        { 1000 * 1024, "1,000 KiB" }, { 1023.7 * 1024, "1.00 MiB" }, { 48.26 * 0x1p20, "48.3 MiB" },
        { 3 * 0x1p30, "3.00 GiB" }, { 5000 * 0x1p30, "5,000 GiB" }, { 0, NULL },
    };

    (void)state;
    check_rows(bytes_of_double, rows);
}

static void test_count(void **state)
{
    static const struct row rows[] = {
        { 0, "0" }, { 7, "7" }, { 999, "999" }, { 1000, "1,000" }, { 1002003, "1,002,003" },
        { 0x1p63, "9,223,372,036,854,775,808" }, { 0, NULL },
    };

    (void)state;
    check_rows(count_of_double, rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ns),    cmocka_unit_test(test_rate),  cmocka_unit_test(test_percent),
        cmocka_unit_test(test_bytes), cmocka_unit_test(test_count), cmocka_unit_test(test_times),
        cmocka_unit_test(test_quantile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
