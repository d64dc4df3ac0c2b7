/* test_null_server.c: its fixed reply, bodies beyond a socket's buffer, its end, and that the CPU
 * time it burns is what was asked for. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "load/null_server.h"

#define REQUEST "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define BODY "{\"status\":\"ok\"}"
#define REPLY                                                                                      \
    "HTTP/1.1 200 OK\r\n"                                                                          \
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"                                                      \
    "Content-Type: application/json\r\n"                                                           \
    "Content-Length: 15\r\n"                                                                       \
    "\r\n" BODY

static const struct null_server plain = { .listen = { "127.0.0.1:0", 11 }, .body = LIT(BODY) };

static int dial(uint16_t port, int receive_bytes)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    if (receive_bytes)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void ask(int fd)
{
    assert_int_equal(send(fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL), sizeof REQUEST - 1);
}

static void get_reply(int fd)
{
    char bytes[sizeof REPLY] = "";

    assert_int_equal(recv(fd, bytes, sizeof REPLY - 1, MSG_WAITALL), sizeof REPLY - 1);
    assert_string_equal(bytes, REPLY);
}

static void end(pid_t pid, int signal_number)
{
    int status;

    assert_int_equal(kill(pid, signal_number), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_reply(void **state)
{
    uint16_t port = 0;
    pid_t    pid = null_server_spawn(&plain, &port);
    int      one, two;

    (void)state;
    assert_true(pid > 0);
    one = dial(port, 0);
    two = dial(port, 0);
    for (int i = 0; i < 100; i++) {
        ask(one);
        ask(two);
        get_reply(one);
        get_reply(two);
    }
    close(one);
    ask(two);
    get_reply(two);
    close(two);
    end(pid, SIGINT);
}

/* While one peer does not read, others are answered; nothing of a big body is lost. */
static void test_big_body(void **state)
{
    enum { BYTES = 16 << 20 };           /* more than the kernel keeps of what is sent */
    char              *body = malloc(BYTES), *got = malloc(BYTES);
    char               head[512];
    struct null_server with = { .listen = LIT("127.0.0.1:0"), .body = { body, BYTES } };
    uint16_t           port = 0;

    (void)state;
    for (size_t i = 0; i < BYTES; i++)
        body[i] = (char)(i * 31 + i / 4096);
    pid_t  pid = null_server_spawn(&with, &port);
    int    slow = dial(port, 4096), other = dial(port, 0);
    size_t head_bytes = (size_t)snprintf(head, sizeof head, "%.*s%d\r\n\r\n",
                                         (int)(strstr(REPLY, "15\r\n") - REPLY), REPLY, BYTES);
    ask(slow);
    for (int i = 0; i < 4; i++) {
        int fd = i < 3 ? other : slow;
        if (i < 3)
            ask(fd);
        assert_int_equal(recv(fd, got, head_bytes, MSG_WAITALL), head_bytes);
        assert_memory_equal(got, head, head_bytes);
        assert_int_equal(recv(fd, got, BYTES, MSG_WAITALL), BYTES);
        assert_memory_equal(got, body, BYTES);
    }
    ask(slow);
    assert_int_equal(recv(slow, got, head_bytes, MSG_WAITALL), head_bytes);
    close(slow);                        /* in the middle of a reply, which resets */
    ask(other);
    assert_int_equal(recv(other, got, head_bytes, MSG_WAITALL), head_bytes);
    close(other);
    end(pid, SIGTERM);
    free(body);
    free(got);
}

/* The first line of what null_server_run() printed; *pid is the child that runs it. */
static void run(const char *listen_at, char *line, size_t bytes, pid_t *pid)
{
    struct null_server with = { .listen = str_of(listen_at), .body = LIT(BODY) };
    int                ends[2];

    assert_int_equal(pipe(ends), 0);
    *pid = fork();
    if (*pid == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        _exit(null_server_run(&with));
    }
    close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    if (!fgets(line, (int)bytes, out))
        *line = 0;
    fclose(out);
}

static void test_run(void **state)
{
    char     line[256];
    pid_t    pid;
    unsigned port = 0;
    char     nl = 0;

    (void)state;
    run("127.0.0.1:0", line, sizeof line, &pid);
    assert_int_equal(sscanf(line, "listening on http://127.0.0.1:%u%c", &port, &nl), 2);
    assert_int_equal(nl, '\n');
    int fd = dial((uint16_t)port, 0);
    ask(fd);
    get_reply(fd);
    close(fd);
    end(pid, SIGTERM);
    run("[::1]:0", line, sizeof line, &pid);
    if (*line) {                        /* a machine may lack IPv6 */
        assert_int_equal(sscanf(line, "listening on http://[::1]:%u%c", &port, &nl), 2);
        end(pid, SIGINT);
    } else {
        waitpid(pid, NULL, 0);
    }
}

static void test_cannot(void **state)
{
    static const char *const wrong[] = { "", ":", "80", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:x",
                                         "127.0.0.1:65536", "127.0.0.1:-1", "[::1]", "192.0.2.1:0" };
    char     line[256];
    pid_t    pid;
    int      status;
    uint16_t port = 7;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct null_server with = { .listen = str_of(wrong[i]), .body = LIT(BODY) };
        run(wrong[i], line, sizeof line, &pid);
        assert_string_equal(line, "");
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
        assert_int_equal(null_server_spawn(&with, &port), -1);
        assert_int_equal(port, 7);
    }
}

static int64_t cpu_ns(pid_t pid)
{
    clockid_t       clock;
    struct timespec t;

    assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
    assert_int_equal(clock_gettime(clock, &t), 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Of two servers that are asked in turns, one burns 200 µs a request.  The median of some stretches,
 * each measured on CPU clocks, so that a busy machine does no harm. */
static void test_work(void **state)
{
    enum { WORK_NS = 200000, STRETCHES = 9, REQUESTS = 200 };
    struct null_server busy = plain;
    uint16_t           ports[2] = { 0 };
    int64_t            work[STRETCHES];

    (void)state;
    busy.work_ns = WORK_NS;
    pid_t pids[2] = { null_server_spawn(&plain, &ports[0]), null_server_spawn(&busy, &ports[1]) };
    int   fds[2] = { dial(ports[0], 0), dial(ports[1], 0) };
    for (int i = -1; i < STRETCHES; i++) {          /* the first is while it calibrates */
        int64_t idle_ns = cpu_ns(pids[0]), busy_ns = cpu_ns(pids[1]);
        for (int r = 0; r < REQUESTS; r++) {
            ask(fds[r % 2]);
            get_reply(fds[r % 2]);
        }
        if (i >= 0)
            work[i] = (cpu_ns(pids[1]) - busy_ns - cpu_ns(pids[0]) + idle_ns) / (REQUESTS / 2);
    }
    for (int i = 0; i < STRETCHES; i++)
        for (int j = i + 1; j < STRETCHES; j++)
            if (work[j] < work[i]) {
                int64_t less = work[j];
                work[j] = work[i];
                work[i] = less;
            }
    print_message("work of %d ns: %lld to %lld, median %lld\n", WORK_NS, (long long)work[0],
                  (long long)work[STRETCHES - 1], (long long)work[STRETCHES / 2]);
    /* A busy machine takes threads off the CPU, and charges those that are on it. */
    assert_in_range(work[STRETCHES / 2], WORK_NS / 2, WORK_NS * 3 / 2);
    for (int i = 0; i < 2; i++) {
        close(fds[i]);
        end(pids[i], SIGTERM);
    }
}

enum { MANY = 64 };

static void dial_many(uint16_t port, struct pollfd *fds)
{
    for (int i = 0; i < MANY; i++) {
        fds[i] = (struct pollfd){ .fd = dial(port, 0), .events = POLLIN };
        ask(fds[i].fd);
    }
}

static void get_many(struct pollfd *fds)
{
    for (int i = 0; i < MANY; i++) {
        get_reply(fds[i].fd);
        close(fds[i].fd);
    }
}

/* With the first one stopped, the others answer the connections that the kernel gave them. */
static void test_processes(void **state)
{
    struct null_server with = plain;
    struct pollfd      fds[MANY];
    uint16_t           port = 0;

    (void)state;
    with.processes = 3;
    pid_t pid = null_server_spawn(&with, &port);
    assert_true(pid > 0);
    dial_many(port, fds);       /* the first one answers when it has made the others */
    get_many(fds);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    dial_many(port, fds);
    int answered = poll(fds, MANY, 20000);
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_true(answered > 0);
    get_many(fds);
    end(pid, SIGTERM);

    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), -1);
    close(fd);
}

/* A body larger than what is read at once gets one answer, not one a read. */
static void test_large_request(void **state)
{
    enum { BYTES = 300000 };
    static const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n";
    uint16_t          port = 0;
    pid_t             pid = null_server_spawn(&plain, &port);
    int               fd = dial(port, 0);
    char             *body = calloc(1, BYTES);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(send(fd, head, sizeof head - 1, MSG_NOSIGNAL | MSG_MORE), sizeof head - 1);
        assert_int_equal(send(fd, body, BYTES, MSG_NOSIGNAL), BYTES);
        get_reply(fd);
    }
    assert_int_equal(recv(fd, body, 1, MSG_DONTWAIT), -1);
    free(body);
    close(fd);
    end(pid, SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reply),
        cmocka_unit_test(test_big_body),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_cannot),
        cmocka_unit_test(test_work),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_large_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
