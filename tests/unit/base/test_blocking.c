/* test_blocking.c: what blocks stops a program that does it on an event loop. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/blocking.h"
#include "crypto/password.h"
#include "http/loop.h"

static void hash_something(void)
{
    struct password_hasher *h = password_hasher_open(1, (struct password_cost){ 8, 1 }, &system_random, &system_clock);
    char                    hash[PASSWORD_HASH_BYTES];

    assert_true(password_hash(h, LIT("password"), hash));
    password_hasher_close(h);
}

static void on_wake(void *context)
{
    (void)context;
    hash_something();
}

/* How a child that runs `what` ends. */
static int status_of(void (*what)(void))
{
    int   status;
    pid_t child = fork();

    if (child == 0) {
        assert_non_null(freopen("/dev/null", "w", stderr));
        what();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void hash_on_a_loop(void)
{
    struct loop *l = loop_open(&system_clock);

    loop_on_wake(l, on_wake, NULL);
    loop_wake(l);
    loop_turn(l, 0);
}

static void hash_after_a_turn(void)
{
    struct loop *l = loop_open(&system_clock);

    loop_turn(l, 0);
    hash_something();
    loop_close(l);
}

static void a_hash_on_a_loop_stops_the_program(void **state)
{
    (void)state;
    int status = status_of(hash_on_a_loop);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void beside_a_loop_it_is_fine(void **state)
{
    (void)state;
    assert_int_equal(status_of(hash_something), 0);
    assert_int_equal(status_of(hash_after_a_turn), 0);
}

static void a_thread_may_block_again(void **state)
{
    (void)state;
    blocking_forbid();
    blocking_allow();
    blocking_check();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_on_a_loop_stops_the_program),
        cmocka_unit_test(beside_a_loop_it_is_fine),
        cmocka_unit_test(a_thread_may_block_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
