/* test_runner.c: commands that answer, that end, that never answer; and that none is left behind. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "joust/runner.h"

#define SECONDS * INT64_C(1000000000)
#define MILLISECONDS * INT64_C(1000000)

/* ---- A target --------------------------------------------------------------------------- */

struct target {
    int           fd;           /* bound, and listening only when somebody does so */
    char          text[64];
    struct arena  arena;
    struct plan   plan;
};

static void target_open(struct target *t)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof at;
    char               memory[256];
    struct buf         why = buf_fixed(memory, sizeof memory);
    struct url         url;

    *t = (struct target){ .fd = socket(AF_INET, SOCK_STREAM, 0), .arena = arena_new(1 << 16) };
    assert_int_equal(bind(t->fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(t->fd, (struct sockaddr *)&at, &len), 0);
    snprintf(t->text, sizeof t->text, "http://127.0.0.1:%u/", ntohs(at.sin_port));
    assert_true(url_parse(str_of(t->text), &url, &why));
    struct request_options options = { .keep_alive = true };
    assert_true(plan_request(&url, &options, &t->arena, &t->plan, &why));
}

static void target_close(struct target *t)
{
    if (t->fd >= 0)
        close(t->fd);
    arena_close(&t->arena);
}

/* A child that listens after a while, and gives every request the same answer. */
static pid_t serve(struct target *t, int after_ms, const char *answer)
{
    pid_t pid = fork();
    char  bytes[4096];

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        poll(NULL, 0, after_ms);
        listen(t->fd, 8);
        for (;;) {
            int fd = accept(t->fd, NULL, NULL);
            if (recv(fd, bytes, sizeof bytes, 0) > 0)
                send(fd, answer, strlen(answer), MSG_NOSIGNAL);
            close(fd);
        }
    }
    close(t->fd);
    t->fd = -1;
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Checks what it says, and leaves the runner. */
static void check_wait(struct runner *r, const struct target *t, int64_t timeout_ns, bool ready,
                       const char *says)
{
    char       memory[1024];
    struct buf why = buf_fixed(memory, sizeof memory - 1);

    assert_int_equal(runner_wait_ready(r, &t->plan, timeout_ns, NULL, &why), ready);
    memory[why.len] = 0;
    if (!strstr(memory, says) || (ready && why.len))
        fail_msg("\"%s\" instead of \"%s\"", memory, says);
}

/* ---- Waiting ---------------------------------------------------------------------------- */

static void test_ready(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok",
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",    /* that is an answer */
    };

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct target t;
        struct runner r;
        target_open(&t);
        assert_true(runner_start(&r, LIT("exec sleep 1000"), NULL));
        pid_t pid = serve(&t, i / 2 * 100, answers[i % 2]);
        check_wait(i % 2 ? &r : NULL, &t, 60 SECONDS, true, "");
        end(pid);
        runner_stop(&r);
        target_close(&t);
    }
}

static void test_ended(void **state)
{
    static const struct { const char *command, *says; } rows[] = {
        { "echo begins; echo 'port is taken' >&2; echo; exit 3", "its command ended with status 3: port is taken" },
        { "exit 0", "its command ended with status 0" },
        { "printf 'a\\tb\\033[0m'; exit 1", "its command ended with status 1: a b [0m" },
        { "kill -KILL $$", "its command was ended by signal 9 (Killed)" },
        { "/no/such/program", "its command ended with status 127: " },
        { "cat; pwd >/dev/null; echo input is empty; exit 4", "its command ended with status 4: input is empty" },
        { "yes line | head -n 100000; printf end; exit 5", "its command ended with status 5: end" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct target t;
        struct runner r;
        target_open(&t);
        assert_true(runner_start(&r, str_of(rows[i].command), NULL));
        check_wait(&r, &t, 60 SECONDS, false, rows[i].says);
        runner_stop(&r);
        target_close(&t);
    }
}

/* That another process answers in its place is no success. */
static void test_ended_while_another_answers(void **state)
{
    struct target t;
    struct runner r;
    siginfo_t     how;

    (void)state;
    target_open(&t);
    pid_t pid = serve(&t, 0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_true(runner_start(&r, LIT("echo address in use; exit 1"), NULL));
    waitid(P_PID, (id_t)r.pid, &how, WEXITED | WNOWAIT);
    check_wait(&r, &t, 60 SECONDS, false, "its command ended with status 1: address in use");
    runner_stop(&r);
    end(pid);
    target_close(&t);
}

static void test_silent(void **state)
{
    struct target t;
    struct runner r;

    (void)state;
    target_open(&t);
    check_wait(NULL, &t, 100 MILLISECONDS, false, "did not answer within 0.1 s: ");
    check_wait(NULL, &t, 100 MILLISECONDS, false, "refused");
    assert_true(runner_start(&r, LIT("echo waiting for a database; exec sleep 1000"), NULL));
    check_wait(&r, &t, 2 SECONDS, false, "; its command runs: waiting for a database");
    check_wait(&r, &t, 100 MILLISECONDS, false, t.text);
    listen(t.fd, 8);                            /* connected, and never answered */
    check_wait(&r, &t, 100 MILLISECONDS, false, "did not answer within 0.1 s: ");
    runner_stop(&r);
    target_close(&t);
}

/* ---- Starting and stopping -------------------------------------------------------------- */

/* The first line of its log, when it is there. */
static void read_log(int log, char *line, size_t bytes)
{
    ssize_t n;

    do {
        poll(NULL, 0, 1);
        n = pread(log, line, bytes - 1, 0);
        line[n > 0 ? n : 0] = 0;
    } while (!strchr(line, '\n'));
    *strchr(line, '\n') = 0;
}

static void test_child(void **state)
{
    struct runner r;
    cpu_set_t     all, one, got, none;
    char          line[256];

    (void)state;
    sched_getaffinity(0, sizeof all, &all);
    CPU_ZERO(&one);
    CPU_ZERO(&none);
    for (int cpu = 0; CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &all))
            CPU_SET(cpu, &one);
    assert_true(runner_start(&r, LIT("ls /proc/self/fd | tr '\\n' ' '; echo; exec sleep 1000"), &one));
    assert_int_equal(getpgid(r.pid), r.pid);
    assert_int_equal(sched_getaffinity(r.pid, sizeof got, &got), 0);
    assert_true(CPU_EQUAL(&got, &one));
    read_log(r.log, line, sizeof line);
    assert_string_equal(line, "0 1 2 3 ");      /* 3 is the folder itself */
    runner_stop(&r);
    assert_false(runner_start(&r, LIT("exec sleep 1000"), &none));
    assert_int_equal(errno, EINVAL);
    runner_stop(&r);
}

/* All of the group are told, and waited for. */
static void test_stop(void **state)
{
    struct runner r, zeroed = { 0 };
    char          line[256];

    (void)state;
    runner_stop(&zeroed);
    assert_true(runner_start(&r, LIT("(trap 'echo told; exit' TERM; echo up; while :; do sleep 0.01; done) & "
                                     "sleep 1000 & wait"), NULL));
    int log = dup(r.log);
    read_log(log, line, sizeof line);
    pid_t group = r.pid;
    runner_stop(&r);
    ssize_t n = pread(log, line, sizeof line - 1, 0);
    line[n > 0 ? n : 0] = 0;
    assert_non_null(strstr(line, "told\n"));
    close(log);
    assert_int_equal(r.pid, 0);
    assert_int_equal(kill(-group, 0), -1);
    assert_int_equal(errno, ESRCH);
    runner_stop(&r);
}

static void test_stop_is_kind(void **state)
{
    struct runner r;
    char          line[64];

    (void)state;
    assert_true(runner_start(&r, LIT("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done"),
                             NULL));
    int log = dup(r.log);
    read_log(log, line, sizeof line);
    runner_stop(&r);
    ssize_t n = pread(log, line, sizeof line, 0);
    assert_true(n > 4);
    assert_memory_equal(line + n - 4, "bye\n", 4);      /* behind what a shell says of its sleep */
    close(log);
}

/* Signals that the test blocks or ignores are as they were made for the command. */
static void test_signals(void **state)
{
    struct runner r;
    sigset_t      all;
    char          line[64];

    (void)state;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    signal(SIGPIPE, SIG_IGN);
    assert_true(runner_start(&r, LIT("grep -hE '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\n\\t'; echo; exec sleep 1000"), NULL));
    read_log(r.log, line, sizeof line);
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGPIPE, SIG_DFL);
    assert_string_equal(line, "SigBlk:0000000000000000SigIgn:0000000000000000");
    runner_stop(&r);
}

static void test_dies_with_joust(void **state)
{
    int           ends[2], status;
    pid_t         runner = 0;
    struct runner r;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);           /* whoever the child leaves behind is ours to wait for */
    pid_t child = fork();
    if (child == 0) {
        bool started = runner_start(&r, LIT("exec sleep 1000"), NULL);
        _exit(!started || write(ends[1], &r.pid, sizeof r.pid) < 0);
    }
    assert_int_equal(read(ends[0], &runner, sizeof runner), sizeof runner);
    waitpid(child, NULL, 0);
    assert_int_equal(waitpid(runner, &status, 0), runner);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_ended),
        cmocka_unit_test(test_ended_while_another_answers),
        cmocka_unit_test(test_silent),
        cmocka_unit_test(test_child),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_is_kind),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_dies_with_joust),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
