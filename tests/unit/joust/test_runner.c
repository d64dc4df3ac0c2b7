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
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
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
    struct request_options options = { 0 };
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
        assert_true(runner_start(&r, LIT("exec sleep 1000"), NULL, 0));
        pid_t pid = serve(&t, i / 2 * 100, answers[i % 2]);
        check_wait(i % 2 ? &r : NULL, &t, 60 SECONDS, true, "");
        end(pid);
        runner_stop(&r, NULL);
        target_close(&t);
    }
}

static void test_ended(void **state)
{
    static const struct { const char *command, *says; } rows[] = {
        { "echo begins; echo 'port is taken' >&2; echo; exit 3", "its command ended with status 3: port is taken" },
        { "exit 0", "its command ended with status 0" },
        { "printf 'a\\tb\\033[0m'; exit 1", "its command ended with status 1: a b\uFFFD[0m" },
        { "printf 'a\\302\\233b\\377'; exit 1", "its command ended with status 1: a\uFFFDb\uFFFD" },
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
        assert_true(runner_start(&r, str_of(rows[i].command), NULL, 0));
        check_wait(&r, &t, 60 SECONDS, false, rows[i].says);
        runner_stop(&r, NULL);
        target_close(&t);
    }
}

/* That another process answers in its place is no success. */
static void test_ended_while_another_answers(void **state)
{
    struct target t;
    struct runner r;

    (void)state;
    target_open(&t);
    pid_t pid = serve(&t, 0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_true(runner_start(&r, LIT("echo address in use; exit 1"), NULL, 0));
    assert_int_equal(poll(&(struct pollfd){ r.report, POLLIN, 0 }, 1, 60000), 1);
    check_wait(&r, &t, 60 SECONDS, false, "its command ended with status 1: address in use");
    runner_stop(&r, NULL);
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
    assert_true(runner_start(&r, LIT("echo waiting for a database; exec sleep 1000"), NULL, 0));
    check_wait(&r, &t, 2 SECONDS, false, "; its command runs: waiting for a database");
    check_wait(&r, &t, 100 MILLISECONDS, false, t.text);
    listen(t.fd, 8);                            /* connected, and never answered */
    check_wait(&r, &t, 100 MILLISECONDS, false, "did not answer within 0.1 s: ");
    runner_stop(&r, NULL);
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
    assert_true(runner_start(&r, LIT("ls /proc/self/fd | tr '\\n' ' '; echo; exec sleep 1000"), &one, 0));
    assert_int_equal(getpgid(r.pid), r.pid);
    assert_int_equal(sched_getaffinity(r.pid, sizeof got, &got), 0);
    assert_true(CPU_EQUAL(&got, &one));
    read_log(r.log, line, sizeof line);
    assert_string_equal(line, "0 1 2 3 ");      /* 3 is the folder itself */
    runner_stop(&r, NULL);
    assert_false(runner_start(&r, LIT("exec sleep 1000"), &none, 0));
    assert_int_equal(errno, EINVAL);
    runner_stop(&r, NULL);
}

/* All of the group are told, and waited for. */
static void test_stop(void **state)
{
    struct runner r, zeroed = { 0 };
    char          line[256];

    (void)state;
    runner_stop(&zeroed, NULL);
    assert_true(runner_start(&r, LIT("(trap 'echo told; exit' TERM; echo up; while :; do sleep 0.01; done) & "
                                     "sleep 1000 & wait"), NULL, 0));
    int log = dup(r.log);
    read_log(log, line, sizeof line);
    pid_t group = r.pid;
    runner_stop(&r, NULL);
    ssize_t n = pread(log, line, sizeof line - 1, 0);
    line[n > 0 ? n : 0] = 0;
    assert_non_null(strstr(line, "told\n"));
    close(log);
    assert_int_equal(r.pid, 0);
    assert_int_equal(kill(-group, 0), -1);
    assert_int_equal(errno, ESRCH);
    runner_stop(&r, NULL);
}

static void test_stop_is_kind(void **state)
{
    struct runner r;
    char          line[64];

    (void)state;
    assert_true(runner_start(&r, LIT("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done"),
                             NULL, 0));
    int log = dup(r.log);
    read_log(log, line, sizeof line);
    runner_stop(&r, NULL);
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
    assert_true(runner_start(&r, LIT("grep -hE '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\n\\t'; echo; exec sleep 1000"), NULL, 0));
    read_log(r.log, line, sizeof line);
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGPIPE, SIG_DFL);
    assert_string_equal(line, "SigBlk:0000000000000000SigIgn:0000000000000000");
    runner_stop(&r, NULL);
}

/* True when it is no more, not even to be waited for. */
static bool is_gone(pid_t pid)
{
    return kill(pid, 0) && errno == ESRCH;
}

/* The process ids on the first line of a log. */
static void read_pids(const struct runner *r, int *pids, int count)
{
    char line[256], *at = line;

    read_log(r->log, line, sizeof line);
    for (int i = 0; i < count; i++) {
        pids[i] = (int)strtol(at, &at, 10);
        assert_true(pids[i] > 1);
    }
}

/* A list is not exec'd by its shell, and a daemon leaves the group: joust killed outright leaves none
 * of them. */
static void test_dies_with_joust(void **state)
{
    int           ends[2], pids[3] = { 0 };
    struct runner r;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);           /* whoever the child leaves behind is ours to wait for */
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        if (!runner_start(&r, LIT("true; sleep 1000 & a=$!; setsid sleep 1001 & echo $$ $a $!; wait"), NULL, 0))
            _exit(1);
        read_pids(&r, pids, 3);
        _exit(write(ends[1], pids, sizeof pids) < 0 || pause());
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], pids, sizeof pids), sizeof pids);
    for (int i = 0; i < 3; i++)
        assert_false(is_gone(pids[i]));
    end(child);
    assert_true(waitpid(-1, NULL, 0) > 0);      /* the supervisor, when it is done */
    for (int i = 0; i < 3; i++)
        assert_true(is_gone(pids[i]));
    assert_int_equal(waitpid(-1, NULL, 0), -1);
    assert_int_equal(read(ends[0], pids, 1), 0);        /* nor did it keep what is joust's open */
    close(ends[0]);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* One that has left the group and its parent is told like the others, and killed when it is deaf. */
static void test_daemons(void **state)
{
    static const char *const commands[] = {
        "(setsid sh -c 'echo $$; exec sleep 1000' &) ; exec sleep 1001",
        "(setsid sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.05; done' &) ; exec sleep 1001",
    };

    (void)state;
    for (int deaf = 0; deaf < 2; deaf++) {
        struct runner r, other;
        atomic_int    signals = 1 + deaf;       /* a second signal leaves nobody any time */
        int           pid;
        assert_true(runner_start(&other, LIT("exec sleep 1000"), NULL, 0));
        assert_true(runner_start(&r, str_of(commands[deaf]), NULL, 0));
        read_pids(&r, &pid, 1);
        pid_t leader = r.pid, another = other.pid;
        time_t begin = time(NULL);
        runner_stop(&r, &signals);
        assert_true(is_gone(leader) && is_gone(pid));
        assert_false(is_gone(another));
        assert_true(time(NULL) - begin < 8);    /* the ten seconds were not waited for */
        runner_stop(&other, NULL);
        assert_true(is_gone(another));
    }
}

/* A limit that joust has raised for itself is not the target's. */
static void test_open_files(void **state)
{
    struct runner r;
    struct rlimit before, now;
    char          line[64];

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    now = before;
    now.rlim_cur = 500;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
    for (rlim_t files = 0; files <= 123; files += 123) {
        assert_true(runner_start(&r, LIT("ulimit -Sn; exec sleep 1000"), NULL, files));
        read_log(r.log, line, sizeof line);
        assert_string_equal(line, files ? "123" : "500");
        runner_stop(&r, NULL);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
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
        cmocka_unit_test(test_daemons),
        cmocka_unit_test(test_open_files),
    };

    /* Whoever started this, nohup or a script's "&", may have had them ignored. */
    signal(SIGHUP, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
