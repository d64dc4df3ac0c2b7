/* null_server.c: the yardstick of the benchmarks, a server that does nothing.
 *
 *   null_server PORT        prints "listening on http://127.0.0.1:PORT"; port 0 chooses one
 *
 * One thread, epoll, level-triggered: whatever it reads it answers with one fixed reply.  It parses
 * nothing, limits nothing and has no deadlines: what is above it is the cost of being a server. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, READ_BYTES = 64 * 1024 };

static const char reply[] = "HTTP/1.1 200 OK\r\n"
                            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                            "Content-Type: application/json\r\n"
                            "Content-Length: 46\r\n"
                            "\r\n"
                            "{\"user_id\":42,\"action\":\"login\",\"status\":\"ok\"}\n";

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static int listen_on(unsigned port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof at;
    const int          on = 1;
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, len) || listen(fd, SOMAXCONN) ||
        getsockname(fd, (struct sockaddr *)&at, &len))
        return -1;
    printf("listening on http://127.0.0.1:%u\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int epoll, int fd)
{
    struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e))
        close(fd);
}

static void accept_all(int epoll, int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        watch(epoll, fd);
}

static void answer(int fd)
{
    static char bytes[READ_BYTES];
    ssize_t     n = recv(fd, bytes, sizeof bytes, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0 || send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL) < 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS_MAX];

    if (argc != 2) {
        fprintf(stderr, "usage: null_server PORT\n");
        return 2;
    }
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on((unsigned)strtoul(argv[1], NULL, 10));
    if (epoll < 0 || listener < 0)
        return fail("null_server");
    watch(epoll, listener);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        if (count < 0 && errno != EINTR)
            return fail("epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                accept_all(epoll, listener);
            else
                answer(events[i].data.fd);
        }
    }
}
