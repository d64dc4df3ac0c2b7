/* test_lockfile.c: who holds the lock, who waits for it, and who is turned away. */
#include "world.h"

#include "store/lockfile.h"

/* A child that has the lock, and ends when told, or `ms` after it was asked to. */
struct holder { pid_t pid; int end; };

static struct holder holder_start(struct world *w, int ms)
{
    int  told[2], ready[2];
    char byte;

    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct buf why = buf_fixed(w->why, sizeof w->why);
        close(told[1]);
        if (lockfile_take(w->path, &why) < 0 || write(ready[1], "r", 1) != 1 || read(told[0], &byte, 1) < 0)
            _exit(1);
        nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
        _exit(0);
    }
    close(ready[1]);
    close(told[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return (struct holder){ pid, told[1] };
}

static void holder_end(struct holder *h)
{
    int status = -1;

    assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
    assert_int_equal(status, 0);
}

static int64_t take(struct world *w, int *lock)
{
    struct buf why = buf_fixed(w->why, sizeof w->why - 1);
    int64_t    began = clock_monotonic_ns(&system_clock);

    *lock = lockfile_take(w->path, &why);
    w->why[why.len] = '\0';
    return (clock_monotonic_ns(&system_clock) - began) / 1000000;
}

static void who_is_about_to_end_is_waited_for(void **state)
{
    struct world *w = *state;
    struct holder h = holder_start(w, 200);
    int           lock;

    close(h.end);       /* it ends while we wait */
    take(w, &lock);
    assert_true(lock >= 0);
    lockfile_release(lock);
    holder_end(&h);
}

static void who_stays_is_named_after_a_while(void **state)
{
    struct world *w = *state;
    struct holder h = holder_start(w, 0);
    char          pid[32];
    int           lock;

    int64_t ms = take(w, &lock);
    assert_int_equal(lock, -1);
    assert_true(ms >= 500);
    snprintf(pid, sizeof pid, "(pid %d)", (int)h.pid);
    assert_non_null(strstr(w->why, pid));
    assert_non_null(strstr(w->why, w->path));
    close(h.end);
    holder_end(&h);
    take(w, &lock);
    assert_true(lock >= 0);
    lockfile_release(lock);
}

/* What cannot be locked at all is not waited for. */
static void no_directory_is_told_at_once(void **state)
{
    struct world *w = *state;
    struct buf    why = buf_fixed(w->why, sizeof w->why - 1);
    char          path[128];

    snprintf(path, sizeof path, "%s/none/test.db", w->directory);
    int64_t began = clock_monotonic_ns(&system_clock);
    assert_int_equal(lockfile_take(path, &why), -1);
    assert_true(clock_monotonic_ns(&system_clock) - began < 500000000);
    w->why[why.len] = '\0';
    assert_non_null(strstr(w->why, "cannot be made"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_about_to_end_is_waited_for, world_open, world_close),
        cmocka_unit_test_setup_teardown(who_stays_is_named_after_a_while, world_open, world_close),
        cmocka_unit_test_setup_teardown(no_directory_is_told_at_once, world_open, world_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
