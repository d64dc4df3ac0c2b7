/* probe.c: how long one request takes, asked at a fixed rate.
 *
 *   probe PORT RATE SECONDS <request        prints a latency in microseconds a line
 *
 * One keep-alive connection.  The schedule is fixed beforehand and a latency is counted from when
 * the request should have been sent: what delays one request delays those behind it, and that is
 * counted.  It asks for real-time priority, so that what is measured is the server's delay and not
 * its own, and says on standard error when it did not get it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BYTES_MAX = 16 * 1024, NS = 1000000000 };

static int connect_to(unsigned port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int          on = 1;
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connect(fd, (struct sockaddr *)&at, sizeof at) ? -1 : fd;
}

static long long now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * NS + t.tv_nsec;
}

static void sleep_until(long long ns)
{
    struct timespec t = { .tv_sec = ns / NS, .tv_nsec = ns % NS };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        continue;
}

/* The length of an answer whose head is complete, 0 of another. */
static size_t answer_bytes(const char *bytes)
{
    const char *end = strstr(bytes, "\r\n\r\n"), *length = strstr(bytes, "Content-Length: ");

    return end && length ? (size_t)(end - bytes) + 4 + strtoul(length + 16, NULL, 10) : 0;
}

/* A whole 200. */
static int receive_answer(int fd)
{
    static char bytes[BYTES_MAX];
    size_t      have = 0, want = 0;

    while (want == 0 || have < want) {
        ssize_t n = recv(fd, bytes + have, sizeof bytes - 1 - have, 0);
        if (n <= 0)
            return 0;
        have += (size_t)n;
        bytes[have] = 0;
        want = answer_bytes(bytes);
    }
    return strncmp(bytes, "HTTP/1.1 200 ", 13) == 0;
}

static int ask(int fd, const char *request, size_t len)
{
    return send(fd, request, len, MSG_NOSIGNAL) == (ssize_t)len && receive_answer(fd);
}

int main(int argc, char **argv)
{
    static char              request[BYTES_MAX];
    const struct sched_param first = { .sched_priority = 1 };

    if (argc != 4) {
        fprintf(stderr, "usage: probe PORT RATE SECONDS <request\n");
        return 2;
    }
    size_t    len = fread(request, 1, sizeof request, stdin);
    long      rate = atol(argv[2]), count = rate * atol(argv[3]);
    int       fd = connect_to((unsigned)strtoul(argv[1], NULL, 10));
    long long begin = now_ns();
    if (fd < 0 || !ask(fd, request, len)) {
        fprintf(stderr, "probe: no 200\n");
        return 1;
    }
    if (sched_setscheduler(0, SCHED_FIFO, &first))
        fprintf(stderr, "probe: without real-time priority\n");
    for (long i = 1; i <= count; i++) {
        long long due = begin + i * (NS / rate);
        sleep_until(due);
        if (!ask(fd, request, len)) {
            fprintf(stderr, "probe: no 200\n");
            return 1;
        }
        printf("%.1f\n", (double)(now_ns() - due) / 1000);
    }
    return 0;
}
