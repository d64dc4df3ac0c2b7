/* test_role.c: what a parent writes its child reads; anything else ends the child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/role.h"

static void round_trips(const struct role_card *card)
{
    char text[ROLE_TEXT_BYTES];

    role_write(card, text);
    assert_true(str_starts(str_of(text), LIT("POSTERN_ROLE=")));
    assert_int_equal(setenv("POSTERN_ROLE", text + strlen("POSTERN_ROLE="), 1), 0);
    struct role_card got = role_read();
    assert_int_equal(got.role, card->role);
    assert_int_equal(got.generation, card->generation);
    assert_int_equal(got.parent, card->parent);
    assert_int_equal(got.ready_fd, card->ready_fd);
    assert_int_equal(got.listener, card->listener);
    assert_int_equal(got.count, card->count);
    assert_memory_equal(got.channels, card->channels, sizeof card->channels);
    assert_null(getenv("POSTERN_ROLE"));    /* no grandchild inherits it */
}

static void what_is_written_is_read(void **state)
{
    struct role_card card = { ROLE_FRONT, 3, 1234, 5, 6, 2, { 7, 8 } };

    (void)state;
    round_trips(&card);
    card = (struct role_card){ ROLE_KEEPER, 0, 1, 0, 0, 0, { 0 } };
    round_trips(&card);
    card = (struct role_card){ ROLE_FRONT, UINT32_MAX, 4194304, 1048575, 1048575, ROLE_CHANNELS_MAX, { 0 } };
    for (int i = 0; i < ROLE_CHANNELS_MAX; i++)
        card.channels[i] = 1048000 + i;
    round_trips(&card);
}

static void without_a_card_it_is_the_parent(void **state)
{
    (void)state;
    unsetenv("POSTERN_ROLE");
    assert_int_equal(role_read().role, ROLE_PARENT);
}

static void a_broken_card_ends_it(void **state)
{
    static const char *const broken[] = {
        "", " ", "1", "1 2 3 4 5", "1 2 3 4 5 1", "1 2 3 4 5 2 6", "x 2 3 4 5 0", "-1 2 3 4 5 0", "1 2 3 4 5 65", "1 2 3 4 5 99999999999",
        "1  2 3 4 5 0", "1 2 3 4 5 1 x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        int   status;
        pid_t child = fork();
        if (child == 0) {
            fclose(stderr);
            setenv("POSTERN_ROLE", broken[i], 1);
            (void)role_read();
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
            fail_msg("'%s' was read", broken[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(without_a_card_it_is_the_parent),
        cmocka_unit_test(a_broken_card_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
