/* test_keep.c: a store that keeps to the file that it opened, whatever comes to lie at its path. */
#include "world.h"

static struct store *keeping(struct world *w)
{
    struct store_settings settings = world_settings(w);

    settings.keep_file = true;
    settings.inline_writes = true;
    return world_store(w, &settings);
}

static void the_file_itself_is_written_on(void **state)
{
    struct world         *w = *state;
    struct store         *s = keeping(w);
    struct store_session *ss = store_session_open(s);

    for (int i = 1; i <= 20; i++)
        assert_int_equal(add_numbered(ss, &w->arena, i), OK);
    assert_int_equal(store_generation(s), 1);
    store_session_close(ss);
    store_close(s);
}

/* A log is one file's alone: beside another it must not be read, not even by who starts anew. */
static void another_file_beside_the_log_is_not_started_with(void **state)
{
    struct world         *w = *state;
    struct store         *s = keeping(w);
    struct store_session *ss = store_session_open(s);

    assert_int_equal(add_numbered(ss, &w->arena, 1), OK);
    shell("cp %s %s.other && mv %s.other %s", w->path, w->path, w->path, w->path);
    for (int i = 2; i < 5; i++)
        assert_int_equal(add_numbered(ss, &w->arena, i), UNAVAILABLE);
    assert_int_equal(store_generation(s), 1);
    shell("rm %s-wal %s-shm", w->path, w->path);
    assert_int_equal(add_numbered(ss, &w->arena, 5), UNAVAILABLE);
    assert_int_equal(store_generation(s), 2);
    assert_int_equal(find(ss, &w->arena, 1), UNAVAILABLE);
    assert_null(store_session_open(s));
    store_session_close(ss);
    store_close(s);
}

static void a_log_that_is_taken_away_asks_for_a_new_start(void **state)
{
    struct world         *w = *state;
    struct store         *s = keeping(w);
    struct store_session *ss = store_session_open(s);

    assert_int_equal(add_numbered(ss, &w->arena, 1), OK);
    shell("rm %s-wal %s-shm", w->path, w->path);
    assert_int_equal(add_numbered(ss, &w->arena, 2), UNAVAILABLE);
    assert_int_equal(store_generation(s), 2);
    store_session_close(ss);
    store_close(s);
}

static void a_file_that_comes_back_is_written_on(void **state)
{
    struct world         *w = *state;
    struct store         *s = keeping(w);
    struct store_session *ss = store_session_open(s);

    assert_int_equal(add_numbered(ss, &w->arena, 1), OK);
    shell("mv %s %s.away", w->path, w->path);
    assert_int_equal(add_numbered(ss, &w->arena, 2), UNAVAILABLE);
    shell("mv %s.away %s", w->path, w->path);
    assert_int_equal(add_numbered(ss, &w->arena, 3), OK);
    assert_int_equal(store_generation(s), 1);
    store_session_close(ss);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_file_itself_is_written_on, world_open, world_close),
        cmocka_unit_test_setup_teardown(another_file_beside_the_log_is_not_started_with, world_open,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_log_that_is_taken_away_asks_for_a_new_start, world_open,
                                        world_close),
        cmocka_unit_test_setup_teardown(a_file_that_comes_back_is_written_on, world_open,
                                        world_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
