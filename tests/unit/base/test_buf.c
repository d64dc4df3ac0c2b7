/* test_buf.c: growing, limits, and the failure that sticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

static void test_grows(void **state)
{
    struct buf b = buf_growing(100000);

    (void)state;
    assert_true(str_eq(buf_str(&b), LIT("")));
    for (int i = 0; i < 10000; i++)
        buf_add(&b, LIT("0123456789"));
    assert_false(b.failed);
    assert_int_equal(b.len, 100000);
    assert_true(str_eq(str_slice(buf_str(&b), 99990, 100000), LIT("0123456789")));
    buf_add(&b, LIT(""));
    assert_false(b.failed);
    buf_add_char(&b, 'x');
    assert_true(b.failed);
    assert_int_equal(b.len, 100000);
    buf_close(&b);
    buf_close(&b);
}

static void test_failure_sticks(void **state)
{
    struct buf b = buf_growing(4);

    (void)state;
    buf_add(&b, LIT("abc"));
    buf_add(&b, LIT("de"));
    buf_add(&b, LIT("f"));
    assert_true(b.failed);
    assert_true(str_eq(buf_str(&b), LIT("abc")));
    assert_null(buf_room(&b, 1));
    buf_reset(&b);
    buf_add(&b, LIT("wxyz"));
    assert_false(b.failed);
    assert_true(str_eq(buf_str(&b), LIT("wxyz")));
    buf_close(&b);
}

static void test_fixed(void **state)
{
    char       memory[5] = "....!";
    struct buf b = buf_fixed(memory, 4);

    (void)state;
    buf_add(&b, LIT("abcd"));
    assert_false(b.failed);
    buf_add_char(&b, 'e');
    assert_true(b.failed);
    assert_memory_equal(memory, "abcd!", 5);
    buf_close(&b);
}

static void test_integers(void **state)
{
    struct buf b = buf_growing(1000);

    (void)state;
    buf_add_int(&b, 0);
    buf_add_char(&b, ' ');
    buf_add_int(&b, -7);
    buf_add_char(&b, ' ');
    buf_add_int(&b, INT64_MAX);
    buf_add_char(&b, ' ');
    buf_add_int(&b, INT64_MIN);
    assert_true(str_eq(buf_str(&b), LIT("0 -7 9223372036854775807 -9223372036854775808")));
    buf_close(&b);
}

static void test_format(void **state)
{
    struct buf b = buf_growing(1000);

    (void)state;
    buf_format(&b, "%s=%d", "a", 5);
    buf_format(&b, ";%.*s", STR_ARG(LIT("xyz")));
    assert_true(str_eq(buf_str(&b), LIT("a=5;xyz")));
    buf_format(&b, "%2000d", 1);
    assert_true(b.failed);
    buf_close(&b);
}

static void test_room(void **state)
{
    struct buf b = buf_growing(8);
    char      *room = buf_room(&b, 8);

    (void)state;
    assert_non_null(room);
    memcpy(room, "abc", 3);
    buf_grew(&b, 3);
    assert_true(str_eq(buf_str(&b), LIT("abc")));
    assert_null(buf_room(&b, SIZE_MAX));
    assert_true(b.failed);
    buf_close(&b);
}

static void test_drop(void **state)
{
    struct buf b = buf_growing(100);

    (void)state;
    buf_add(&b, LIT("abcdef"));
    buf_drop(&b, 2);
    assert_true(str_eq(buf_str(&b), LIT("cdef")));
    buf_drop(&b, 0);
    buf_drop(&b, 4);
    assert_int_equal(b.len, 0);
    buf_close(&b);
}

static void test_wipe(void **state)
{
    char       memory[8];
    struct buf b = buf_fixed(memory, sizeof memory);

    (void)state;
    buf_add(&b, LIT("secret"));
    buf_wipe(&b);
    assert_int_equal(b.len, 0);
    assert_memory_equal(memory, "\0\0\0\0\0\0", 6);
    b = (struct buf){ 0 };
    buf_wipe(&b);
    buf_close(&b);
}

/* What was there before a cut, a drop or a reset is wiped as well. */
static void test_wipe_reaches_back(void **state)
{
    char       memory[8];
    struct buf b = buf_fixed(memory, sizeof memory);

    (void)state;
    buf_add(&b, LIT("secret"));
    buf_cut(&b, 1);
    assert_true(str_eq(buf_str(&b), LIT("s")));
    buf_wipe(&b);
    assert_memory_equal(memory, "\0\0\0\0\0\0", 6);
    buf_add(&b, LIT("secret"));
    buf_drop(&b, 5);
    buf_reset(&b);
    buf_wipe(&b);
    assert_memory_equal(memory, "\0\0\0\0\0\0", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_failure_sticks),
        cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_wipe),
        cmocka_unit_test(test_wipe_reaches_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
