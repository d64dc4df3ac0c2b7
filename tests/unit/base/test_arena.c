/* test_arena.c: memory that is zeroed, bounded, and taken back at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void test_alloc(void **state)
{
    struct arena a = arena_new(1 << 20);

    (void)state;
    for (size_t bytes = 0; bytes < 300; bytes++) {
        char *at = arena_alloc(&a, bytes);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(at[i], 0);
        memset(at, 'x', bytes);
    }
    assert_false(a.failed);
    arena_close(&a);
    arena_close(&a);
}

/* What one request left must not be seen by the next. */
static void test_reset_gives_zeros(void **state)
{
    struct arena a = arena_new(1 << 16);

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t bytes = 100; bytes < 10000; bytes *= 3) {
            char *at = arena_alloc(&a, bytes);
            assert_non_null(at);
            for (size_t i = 0; i < bytes; i++)
                assert_int_equal(at[i], 0);
            memset(at, 'x', bytes);
        }
        arena_reset(&a);
        assert_int_equal(a.used, 0);
    }
    arena_close(&a);
}

static void test_limit(void **state)
{
    struct arena a = arena_new(1024);

    (void)state;
    assert_non_null(arena_alloc(&a, 1000));
    assert_null(arena_alloc(&a, 100));
    assert_true(a.failed);
    assert_null(arena_alloc(&a, 1));
    assert_true(str_eq(arena_copy(&a, LIT("abc")), LIT("")));
    assert_non_null(arena_copy(&a, LIT("abc")).at);
    assert_string_equal(arena_cstr(&a, LIT("abc")), "");
    assert_true(str_eq(arena_format(&a, "%d", 5), LIT("")));
    arena_reset(&a);
    assert_false(a.failed);
    assert_non_null(arena_alloc(&a, 1024));
    arena_close(&a);
}

static void test_overflow(void **state)
{
    struct arena a = arena_new(1024);

    (void)state;
    assert_null(arena_alloc_many(&a, SIZE_MAX / 2, 3));
    assert_true(a.failed);
    arena_reset(&a);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_true(a.failed);
    arena_reset(&a);
    assert_non_null(arena_alloc_many(&a, 16, 64));
    arena_close(&a);
}

static void test_copies(void **state)
{
    struct arena a = arena_new(1024);
    char         text[] = "text";
    struct str   copy = arena_copy(&a, str_of(text));
    const char  *cstr = arena_cstr(&a, LIT("text"));

    (void)state;
    text[0] = 'n';
    assert_true(str_eq(copy, LIT("text")));
    assert_string_equal(cstr, "text");
    assert_null(arena_copy(&a, (struct str){ 0 }).at);
    assert_non_null(arena_copy(&a, LIT("")).at);
    assert_string_equal(arena_cstr(&a, (struct str){ 0 }), "");
    assert_true(str_eq(arena_format(&a, "%s-%d", "a", 5), LIT("a-5")));
    arena_close(&a);
}

static void test_zeroed(void **state)
{
    struct arena a = { 0 };

    (void)state;
    arena_reset(&a);
    assert_null(arena_alloc(&a, 1));
    arena_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc),
        cmocka_unit_test(test_reset_gives_zeros),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_zeroed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
