/* http_server.c: the http layer alone, answering one fixed JSON reply: what the layer costs.
 *
 *   http_server PORT        prints "listening on http://127.0.0.1:PORT"; port 0 chooses one
 *
 * One loop, all limits and deadlines as a service would have them.  SIGTERM drains and ends it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server.h"

static struct loop *the_loop;   /* for the signal handler */
static volatile sig_atomic_t asked_to_stop;

static void stop(int number)
{
    (void)number;
    asked_to_stop = 1;
    loop_wake(the_loop);
}

static void on_request(void *context, struct http_exchange *x)
{
    static const struct http_response reply = {
        .status = 200,
        .media_type = { "application/json", 16 },
        .body = { "{\"user_id\":42,\"action\":\"login\",\"status\":\"ok\"}", 45 },
    };

    (void)context;
    http_exchange_answer(x, &reply);
}

static void on_wake(void *context)
{
    if (asked_to_stop)
        http_server_drain(context);
}

static void on_turn(void *context)
{
    if (asked_to_stop && http_server_connections(context) == 0)
        loop_stop(the_loop);
}

static int listen_on(unsigned port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof at;
    const int          on = 1;
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, len) || listen(fd, SOMAXCONN) ||
        getsockname(fd, (struct sockaddr *)&at, &len))
        return -1;
    printf("listening on http://127.0.0.1:%u\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    const struct http_settings settings = {
        .limits = { .target_bytes_max = 8192, .head_bytes_max = 16384, .headers_max = 64,
                    .body_bytes_max = 1024 * 1024 },
        .timeouts = { .head_ms = 10000, .body_ms = 30000, .idle_ms = 60000, .send_ms = 30000 },
        .connections_max = 20000,
        .connections_per_address_max = 20000,
        .clock = &system_clock,
        .net = &system_net,
        .on_request = on_request,
    };

    if (argc != 2) {
        fprintf(stderr, "usage: http_server PORT\n");
        return 2;
    }
    the_loop = loop_open(&system_clock);
    struct http_server *server = the_loop ? http_server_open(the_loop, &settings) : NULL;
    int                 listener = listen_on((unsigned)strtoul(argv[1], NULL, 10));
    if (!server || listener < 0 || !http_server_listen(server, listener, NULL, NULL)) {
        perror("http_server");
        return 1;
    }
    loop_on_wake(the_loop, on_wake, server);
    loop_on_turn(the_loop, on_turn, server);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    loop_run(the_loop);
    http_server_close(server);
    loop_close(the_loop);
    return 0;
}
