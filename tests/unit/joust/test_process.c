/* test_process.c: real processes: what a tree has cost, and whose tree listens.
 *
 * "test_process listen" is a child's part: it listens, says where and waits for its input's end. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "joust/pinning.h"

enum { MS = 1000000, MIB = 1 << 20 };

struct message {                /* of a child */
    pid_t    pid;
    uint16_t port;
    int64_t  cpu_ns;
};

static int64_t own_cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void tell(int fd, uint16_t port)
{
    struct message m = { getpid(), port, own_cpu_ns() };

    if (write(fd, &m, sizeof m) != (ssize_t)sizeof m)
        _exit(9);
}

static struct message hear(int fd)
{
    struct message m = { 0 };

    assert_int_equal(read(fd, &m, sizeof m), sizeof m);
    return m;
}

/* A child that dies with the test. */
static pid_t begin(void)
{
    pid_t pid = fork();

    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* ---- Cost ------------------------------------------------------------------------------- */

/* Burns, says so, and ends when it is told to by the end of `until`. */
static void burn_and_wait(int said, int until)
{
    char byte;

    while (own_cpu_ns() < 200 * MS)
        continue;
    tell(said, 0);
    if (read(until, &byte, 1) < 0)
        _exit(9);
    _exit(0);
}

static void parent_of_burner(int said, int until)
{
    pid_t pid = begin();

    if (pid == 0)
        burn_and_wait(said, until);
    waitpid(pid, NULL, 0);
    tell(said, 0);
    pause();
}

static void test_cpu(void **state)
{
    int           said[2], until[2];
    struct rusage before, after;

    (void)state;
    assert_int_equal(pipe(said) | pipe(until), 0);
    getrusage(RUSAGE_CHILDREN, &before);
    pid_t pid = begin();
    if (pid == 0) {
        close(until[1]);
        parent_of_burner(said[1], until[0]);
    }
    struct process_tree tree = { .root = pid };
    struct message      grandchild = hear(said[0]);
    int64_t             living = process_cpu_ns(&tree);
    assert_in_range(living, grandchild.cpu_ns, grandchild.cpu_ns + 100 * MS);
    close(until[1]);
    hear(said[0]);                              /* now it was waited for: ticks of 10 ms */
    int64_t waited = process_cpu_ns(&tree);
    assert_in_range(waited, living - 25 * MS, living + 100 * MS);
    end(pid);
    getrusage(RUSAGE_CHILDREN, &after);
    int64_t kernel_says = (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
                           before.ru_stime.tv_sec) * INT64_C(1000000000) +
                          (after.ru_utime.tv_usec - before.ru_utime.tv_usec +
                           after.ru_stime.tv_usec - before.ru_stime.tv_usec) * INT64_C(1000);
    assert_in_range(waited, kernel_says - 25 * MS, kernel_says + 25 * MS);
    close(said[0]);
    close(said[1]);
    close(until[0]);
}

static void touch(int mib)
{
    char *memory = mmap(NULL, (size_t)mib * MIB, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memset(memory, 1, (size_t)mib * MIB);
    munmap(memory, (size_t)mib * MIB);          /* the greatest size is what counts */
}

static void test_memory(void **state)
{
    int said[2];

    (void)state;
    assert_int_equal(pipe(said), 0);
    pid_t pid = begin();
    if (pid == 0) {
        touch(40);
        tell(said[1], 0);
        if (begin() == 0) {
            touch(60);
            tell(said[1], 0);
        }
        pause();
    }
    hear(said[0]);
    hear(said[0]);
    assert_in_range(process_memory_bytes(&(struct process_tree){ .root = pid }), 100 * MIB, 400 * MIB);
    end(pid);
    close(said[0]);
    close(said[1]);
}

static void test_gone(void **state)
{
    struct process_tree nobody = { 0 }, gone = { .root = begin() };
    struct arena        arena = arena_new(4096);
    siginfo_t           how;
    cpu_set_t           cpus;

    (void)state;
    if (gone.root == 0)
        _exit(0);
    waitid(P_PID, (id_t)gone.root, &how, WEXITED | WNOWAIT);
    assert_int_equal(process_cpu_ns(&gone), -1);        /* ended, not yet waited for */
    waitpid(gone.root, NULL, 0);
    sched_getaffinity(0, sizeof cpus, &cpus);
    for (int i = 0; i < 2; i++) {
        const struct process_tree *t = i ? &gone : &nobody;
        assert_int_equal(process_cpu_ns(t), -1);
        assert_int_equal(process_memory_bytes(t), -1);
        assert_null(process_program(t, &arena).at);
        assert_null(process_program_hash(t, &arena).at);
        assert_false(process_pin(t, &cpus));
        assert_int_equal(errno, ESRCH);
    }
    arena_close(&arena);
}

static void test_program(void **state)
{
    struct process_tree self = { .root = getpid() };
    struct arena        arena = arena_new(8192);
    char                path[PATH_MAX] = "", command[PATH_MAX + 32], sum[65] = "";

    (void)state;
    assert_true(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
    assert_true(str_eq(process_program(&self, &arena), str_of(path)));
    snprintf(command, sizeof command, "sha256sum < '%s'", path);
    FILE *f = popen(command, "r");
    assert_int_equal(fread(sum, 1, 64, f), 64);
    pclose(f);
    assert_true(str_eq(process_program_hash(&self, &arena), str_of(sum)));
    arena_close(&arena);
}

static void *wait_for_end(void *fd)
{
    char byte;

    return read(*(int *)fd, &byte, 1) < 0 ? NULL : fd;
}

/* A thread, and a process below, are pinned with the rest. */
static void test_pin(void **state)
{
    int       said[2], never[2];
    cpu_set_t all, one, got;
    char      path[64];

    (void)state;
    assert_int_equal(pipe(said) | pipe(never), 0);
    pid_t pid = begin();
    if (pid == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, wait_for_end, &never[0]);
        if (begin() == 0)
            tell(said[1], 0);
        pause();
    }
    struct message below = hear(said[0]);
    sched_getaffinity(0, sizeof all, &all);
    CPU_ZERO(&one);
    for (int cpu = 0; CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &all))
            CPU_SET(cpu, &one);
    assert_true(process_pin(&(struct process_tree){ .root = pid }, &one));
    for (int i = 0; i < 3; i++) {
        pid_t who = i == 0 ? pid : below.pid;
        if (i == 2) {                           /* the thread: the number behind the child's */
            for (who = pid + 1; ; who++) {
                snprintf(path, sizeof path, "/proc/%d/task/%d", pid, who);
                if (access(path, F_OK) == 0)
                    break;
                assert_true(who < pid + 100000);
            }
        }
        assert_int_equal(sched_getaffinity(who, sizeof got, &got), 0);
        assert_true(CPU_EQUAL(&got, &one));
    }
    CPU_ZERO(&one);
    assert_false(process_pin(&(struct process_tree){ .root = pid }, &one));
    assert_int_equal(errno, EINVAL);
    end(pid);
    for (int i = 0; i < 2; i++) {
        close(said[i]);
        close(never[i]);
    }
}

/* What a thread had, it has again; what was begun meanwhile has what the root had. */
static void test_unpin(void **state)
{
    int            said[2], go[2];
    cpu_set_t      all, first, last, got;
    struct pinning p;

    (void)state;
    sched_getaffinity(0, sizeof all, &all);
    if (CPU_COUNT(&all) < 2)
        skip();
    CPU_ZERO(&first);
    CPU_ZERO(&last);
    for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &all) && ++seen <= 2)
            CPU_SET(cpu, seen == 1 ? &first : &last);
    assert_int_equal(pipe(said) | pipe(go), 0);
    pid_t pid = begin();
    if (pid == 0) {
        pid_t old = begin();
        char  byte;
        if (old == 0) {
            sched_setaffinity(0, sizeof last, &last);
            tell(said[1], 0);
            pause();
        }
        if (read(go[0], &byte, 1) == 1 && begin() == 0)
            tell(said[1], 0);
        pause();
    }
    struct message      old = hear(said[0]);
    struct process_tree tree = { .root = pid };
    assert_true(pinning_open(&p, &tree, &first));
    assert_int_equal(write(go[1], "", 1), 1);
    struct message new = hear(said[0]);
    const struct { pid_t pid; const cpu_set_t *cpus; } then[] = { { pid, &all }, { old.pid, &last }, { new.pid, &all } };
    for (int i = 0; i < 6; i++) {
        assert_int_equal(sched_getaffinity(then[i % 3].pid, sizeof got, &got), 0);
        assert_true(CPU_EQUAL(&got, i < 3 ? &first : then[i % 3].cpus));
        if (i == 2)
            pinning_close(&p);
    }
    CPU_ZERO(&first);
    assert_false(pinning_open(&p, &tree, &first));
    assert_int_equal(errno, EINVAL);
    pinning_close(&p);
    end(pid);
    for (int i = 0; i < 2; i++) {
        close(said[i]);
        close(go[i]);
    }
}

/* A number that is used again is another process. */
static void test_used_again(void **state)
{
    struct process_tree tree = { .root = begin() };
    cpu_set_t           cpus;

    (void)state;
    if (tree.root == 0)
        pause();
    sched_getaffinity(0, sizeof cpus, &cpus);
    tree.started = process_started(tree.root);
    assert_true(tree.started > 0 && process_cpu_ns(&tree) >= 0);
    tree.started--;
    assert_int_equal(process_cpu_ns(&tree), -1);
    assert_int_equal(process_memory_bytes(&tree), -1);
    assert_false(process_pin(&tree, &cpus));
    end(tree.root);
    assert_int_equal(process_started(tree.root), 0);
}

/* Named ones: a child is one, this process and all above it are not. */
static void test_named(void **state)
{
    struct process_tree tree = { 0 };
    pid_t               child = begin();
    char                memory[256];
    struct buf          why = buf_fixed(memory, sizeof memory);

    (void)state;
    if (child == 0)
        pause();
    const struct { pid_t pid; const char *says; } rows[] = {
        { 1, "process 1 is " }, { getpid(), " is joust itself or has started it" },
        { getppid(), "no target" }, { 4194303, "there is no process 4194303 that joust may read" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_reset(&why);
        assert_false(process_find(rows[i].pid, &tree, &why));
        assert_true(str_find(buf_str(&why), str_of(rows[i].says)) < why.len);
        assert_int_equal(tree.root, 0);
    }
    buf_reset(&why);
    assert_true(process_find(child, &tree, &why));
    assert_true(tree.root == child && tree.started == process_started(child));
    end(child);
}

/* ---- Who listens ------------------------------------------------------------------------ */

static int listen_at(const char *address, uint16_t *port)
{
    const int           on = 1, off = 0;
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(*port) };
    struct sockaddr_in  four = { .sin_family = AF_INET, .sin_port = htons(*port) };
    bool                is_six = inet_pton(AF_INET6, address, &six.sin6_addr) == 1;
    struct sockaddr    *at = is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four;
    socklen_t           len = is_six ? sizeof six : sizeof four;
    int                 fd = socket(at->sa_family, SOCK_STREAM, 0);

    inet_pton(AF_INET, address, &four.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (is_six)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (fd < 0 || bind(fd, at, len) || listen(fd, 8) || getsockname(fd, at, &len))
        return -1;
    *port = ntohs(is_six ? six.sin6_port : four.sin_port);
    return fd;
}

static struct url url_of(const char *address, uint16_t port)
{
    struct url           u = { .text = LIT("http://there/"), .host = LIT("there:80") };
    struct sockaddr_in  *four = (struct sockaddr_in *)&u.address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&u.address;

    if (inet_pton(AF_INET, address, &four->sin_addr) == 1) {
        u.address.ss_family = AF_INET;
        four->sin_port = htons(port);
    } else {
        assert_int_equal(inet_pton(AF_INET6, address, &six->sin6_addr), 1);
        u.address.ss_family = AF_INET6;
        six->sin6_port = htons(port);
    }
    return u;
}

/* The root that is found, or 0 and a sentence that begins with `refusal`. */
static pid_t find(const char *address, uint16_t port, const char *refusal)
{
    char                memory[256];
    struct buf          why = buf_fixed(memory, sizeof memory);
    struct url          url = url_of(address, port);
    struct process_tree tree = { 0 };
    bool                found = process_find_listening(&url, NULL, 0, &tree, &why);

    if (!found && !str_starts(buf_str(&why), str_of(refusal)))
        fail_msg("%.*s", STR_ARG(buf_str(&why)));
    assert_int_equal(found, why.len == 0);
    assert_int_equal(found, tree.root != 0);
    return tree.root;
}

/* A child that listens; `below`: its child does. */
static struct message listening_child(const char *address, uint16_t port, bool below)
{
    int said[2];

    assert_int_equal(pipe(said), 0);
    pid_t pid = begin();
    if (pid == 0) {
        if (below && begin() != 0)
            pause();
        tell(said[1], listen_at(address, &port) < 0 ? 0 : port);
        pause();
    }
    struct message m = hear(said[0]);
    m.pid = pid;
    close(said[0]);
    close(said[1]);
    return m;
}

/* Where a child of this program listens, and by which address it is found; climbing, which finds
 * the same program above, stops below the test itself. */
static void test_listening(void **state)
{
    static const struct { const char *at, *asked; bool below, found; } rows[] = {
        { "127.0.0.1", "127.0.0.1", false, true },
        { "127.0.0.1", "127.0.0.1", true, true },
        { "127.0.0.1", "127.0.0.2", false, false },
        { "127.0.0.1", "::1", false, false },
        { "127.0.0.1", "::ffff:127.0.0.1", false, true },
        { "0.0.0.0", "127.0.0.1", false, true },
        { "0.0.0.0", "127.8.8.8", true, true },
        { "0.0.0.0", "0.0.0.0", true, true },
        { "0.0.0.0", "::1", false, false },
        { "::", "127.0.0.1", false, true },
        { "::", "::1", true, true },
        { "::1", "::1", false, true },
        { "::1", "127.0.0.1", false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message m = listening_child(rows[i].at, 0, rows[i].below);
        if (m.port)                             /* a machine may lack IPv6 */
            assert_int_equal(find(rows[i].asked, m.port, "nobody listens on there:80"),
                             rows[i].found ? m.pid : 0);
        else
            assert_int_equal(rows[i].at[0], ':');
        end(m.pid);
    }
}

static void test_not_found(void **state)
{
    uint16_t port = 0;
    int      fd = listen_at("127.0.0.1", &port);

    (void)state;
    assert_int_equal(find("127.0.0.1", port, "the process that listens on there:80"), 0);
    close(fd);
    assert_int_equal(find("127.0.0.1", port, "nobody listens on there:80 here"), 0);
    assert_int_equal(find("192.0.2.1", port, "there:80 is not this machine"), 0);
}

/* Two children share the port, and nothing is above both but the test. */
static void test_unrelated(void **state)
{
    struct message one = listening_child("127.0.0.1", 0, false);
    struct message two = listening_child("127.0.0.1", one.port, false);

    (void)state;
    assert_int_equal(two.port, one.port);
    assert_int_equal(find("127.0.0.1", one.port, "processes "), 0);
    end(two.pid);
    assert_int_equal(find("127.0.0.1", one.port, ""), one.pid);
    end(one.pid);
}

/* A shell above that is not the same program is none of the tree; the same program above is. */
static void test_climbing(void **state)
{
    int  said[2];
    char program[PATH_MAX] = "", line[64] = "";

    (void)state;
    assert_true(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
    assert_int_equal(pipe(said), 0);
    pid_t shell = begin();
    if (shell == 0) {
        dup2(said[1], 1);
        execl("/bin/sh", "sh", "-c", "\"$0\" listen below; :", program, NULL);
        _exit(9);
    }
    assert_true(read(said[0], line, sizeof line - 1) > 0);
    int      root, below;
    unsigned port;
    assert_int_equal(sscanf(line, "%d %d %u", &root, &below, &port), 3);
    assert_int_not_equal(root, shell);
    assert_int_not_equal(root, below);
    assert_int_equal(find("127.0.0.1", (uint16_t)port, ""), root);
    end(shell);
    kill(root, SIGKILL);
    close(said[0]);
    close(said[1]);
}

/* Two services of one launcher, all the same program: each is a tree of its own, unless it is asked
 * for alone.  A service that has a child of its own is found with it. */
static void test_launcher(void **state)
{
    int said[2];

    (void)state;
    assert_int_equal(pipe(said), 0);
    pid_t launcher = begin();
    if (launcher == 0) {
        for (int i = 0; i < 2; i++) {
            uint16_t port = 0;
            if (begin() != 0)
                continue;
            if (i == 1 && begin() != 0)         /* the second is served below */
                pause();
            tell(said[1], listen_at("127.0.0.1", &port) < 0 ? 0 : port);
            pause();
        }
        pause();
    }
    struct message      m[2] = { hear(said[0]), hear(said[0]) };
    struct url          urls[2] = { url_of("127.0.0.1", m[0].port), url_of("127.0.0.1", m[1].port) };
    struct process_tree trees[2] = { 0 };
    char                memory[256];
    struct buf          why = buf_fixed(memory, sizeof memory);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(find("127.0.0.1", m[i].port, ""), launcher);
        assert_true(process_find_listening(&urls[i], &urls[!i], 1, &trees[i], &why));
        assert_int_not_equal(trees[i].root, launcher);
        assert_int_equal(process_listener(&trees[i], &urls[i]), m[i].pid);
        assert_int_equal(process_listener(&trees[i], &urls[!i]), 0);
    }
    assert_int_equal((trees[0].root == m[0].pid) + (trees[1].root == m[1].pid), 1);
    assert_false(process_overlap(&trees[0], &trees[1]));
    assert_true(process_find_listening(&urls[0], &urls[0], 1, &trees[1], &why));        /* two paths of one */
    assert_int_equal(trees[1].root, launcher);
    assert_true(process_overlap(&trees[0], &trees[1]) && process_overlap(&trees[1], &trees[0]));
    end(launcher);
    close(said[0]);
    close(said[1]);
}

/* The part of a child that is a program of its own. */
static int play_listener(bool below)
{
    uint16_t port = 0;
    pid_t    root = getpid();

    if (below && begin() != 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
    }
    if (listen_at("127.0.0.1", &port) < 0)
        return 1;
    printf("%d %d %u\n", root, getpid(), port);
    fflush(stdout);
    return pause();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cpu),       cmocka_unit_test(test_memory),
        cmocka_unit_test(test_gone),      cmocka_unit_test(test_program),
        cmocka_unit_test(test_pin),       cmocka_unit_test(test_listening),
        cmocka_unit_test(test_not_found), cmocka_unit_test(test_unrelated),
        cmocka_unit_test(test_climbing),  cmocka_unit_test(test_launcher),
        cmocka_unit_test(test_unpin),     cmocka_unit_test(test_used_again),
        cmocka_unit_test(test_named),
    };

    if (argc > 1 && strcmp(argv[1], "listen") == 0)
        return play_listener(argc > 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
