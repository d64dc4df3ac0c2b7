/* test_log.c: an event is one line that cannot be forged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

/* What standard error got while `level`, `event` and `pairs` were logged. */
static size_t logged(char *out, size_t room, enum log_level level, const char *event,
                     const struct log_pair *pairs)
{
    int ends[2], kept = dup(STDERR_FILENO);

    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    dup2(ends[1], STDERR_FILENO);
    log_event(level, event, pairs);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(ends[1]);
    ssize_t got = read(ends[0], out, room - 1);
    close(ends[0]);
    assert_true(got >= 0);
    out[got] = 0;
    return (size_t)got;
}

static void assert_logged(const struct log_pair *pairs, const char *after_time)
{
    char line[4096];

    assert_true(logged(line, sizeof line, LOG_LEVEL_WARN, "tried", pairs) > 28);
    assert_int_equal(line[10], 'T');
    assert_int_equal(line[26], 'Z');
    assert_string_equal(line + 27, after_time);
}

static void test_line(void **state)
{
    (void)state;
    log_open("front", LOG_LEVEL_INFO);
    assert_logged(NULL, " warn event=tried process=front\n");
    assert_logged(LOG_PAIRS({ "id", LIT("7f") }, { "path", LIT("/users/me") }),
                  " warn event=tried process=front id=7f path=/users/me\n");
}

static void test_quotes(void **state)
{
    (void)state;
    log_open("front", LOG_LEVEL_INFO);
    assert_logged(LOG_PAIRS({ "error", LIT("disk full") }, { "empty", LIT("") }),
                  " warn event=tried process=front error=\"disk full\" empty=\"\"\n");
    assert_logged(LOG_PAIRS({ "a", LIT("x\" b=\"y\\") }, { "c", LIT("d=e") }),
                  " warn event=tried process=front a=\"x\\\" b=\\\"y\\\\\" c=\"d=e\"\n");
    assert_logged(LOG_PAIRS({ "a", LIT("x\n2026 warn event=forged\r\0\x1b\x7f") }),
                  " warn event=tried process=front "
                  "a=\"x\\x0a2026 warn event=forged\\x0d\\x00\\x1b\\x7f\"\n");
}

static void test_level(void **state)
{
    char line[4096];

    (void)state;
    log_open("front", LOG_LEVEL_WARN);
    assert_int_equal(logged(line, sizeof line, LOG_LEVEL_INFO, "tried", NULL), 0);
    assert_true(logged(line, sizeof line, LOG_LEVEL_ERROR, "tried", NULL) > 0);
}

/* However long a value is, the line is one line with an end. */
static void test_cut(void **state)
{
    char line[8192], value[5000];

    (void)state;
    log_open("front", LOG_LEVEL_INFO);
    memset(value, '\n', sizeof value);
    for (size_t len = 1900; len < 2100; len++) {
        memset(value + len / 2, 'x', len);
        size_t got = logged(line, sizeof line, LOG_LEVEL_INFO, "tried",
                            LOG_PAIRS({ "value", { value + len / 2, len } }));
        assert_true(got > 0 && strchr(line, '\n') == line + got - 1);
    }
    size_t got = logged(line, sizeof line, LOG_LEVEL_INFO, "tried",
                        LOG_PAIRS({ "value", { value, sizeof value } }));
    assert_true(got > 0 && strchr(line, '\n') == line + got - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
