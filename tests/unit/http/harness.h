/* harness.h: a server over socketpairs, on one thread, with a clock and a network that the test
 * owns. */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "http/server.h"

#define GET_X "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

enum { ON_REQUEST_ANSWERS, ON_REQUEST_DEFERS };

struct harness {
    int64_t  now_ns;
    size_t   recv_max;                  /* bytes a call, as of harness_open(); 0: as many as there are */
    size_t   send_max;                  /* the same, at any time */
    int      recv_error, send_error;    /* of every call from now on */
    unsigned recvs, sends, calls;
    unsigned fail_at;                   /* of the calls, from 1, 0: none */
    int      fail_error;

    int         mode;
    bool        closes;                 /* every answer asks for the end */
    struct str  answer_body;            /* none: what was asked for is echoed */
    unsigned    requests;
    char        echo[4096];
    char        address[HTTP_ADDRESS_BYTES + 1];
    struct http_ticket tickets[16];

    struct clock         clock;
    struct http_net      net;
    struct http_settings settings;
    struct loop         *loop;
    struct http_server  *server;
};

static inline int64_t harness_wall_us(void *context)
{
    const struct harness *h = context;

    return 784111777000000 + h->now_ns / 1000;      /* Sun, 06 Nov 1994 08:49:37 GMT */
}

static inline int64_t harness_monotonic_ns(void *context)
{
    const struct harness *h = context;

    return h->now_ns;
}

static inline bool harness_fails(struct harness *h, int error)
{
    bool now = ++h->calls == h->fail_at;

    if (now || error)
        errno = now ? h->fail_error : error;
    return now || error;
}

static inline ssize_t harness_recv(void *context, int fd, void *bytes, size_t len)
{
    struct harness *h = context;

    h->recvs++;
    if (harness_fails(h, h->recv_error))
        return -1;
    return recv(fd, bytes, len, 0);
}

static inline ssize_t harness_send(void *context, int fd, const void *bytes, size_t len)
{
    struct harness *h = context;

    h->sends++;
    if (harness_fails(h, h->send_error))
        return -1;
    return send(fd, bytes, h->send_max && h->send_max < len ? h->send_max : len, MSG_NOSIGNAL);
}

static inline void harness_echo(struct harness *h, const struct http_request *r)
{
    snprintf(h->echo, sizeof h->echo, "%.*s %.*s %.*s", STR_ARG(r->method_text), STR_ARG(r->path),
             (int)r->body.len, r->body.len ? r->body.at : "");
}

static inline void harness_answer(struct harness *h, struct http_exchange *x)
{
    http_exchange_answer(x, &(struct http_response){
                                .status = 200,
                                .media_type = LIT("text/plain"),
                                .body = h->answer_body.at ? h->answer_body : str_of(h->echo),
                                .close = h->closes,
                            });
}

static inline void harness_on_request(void *context, struct http_exchange *x)
{
    struct harness *h = context;
    struct str      address = http_exchange_address(x);

    snprintf(h->address, sizeof h->address, "%.*s", STR_ARG(address));
    harness_echo(h, http_exchange_request(x));
    if (h->mode == ON_REQUEST_DEFERS)
        h->tickets[h->requests % 16] = http_exchange_defer(x);
    else
        harness_answer(h, x);
    h->requests++;
}

static inline void harness_on_refusal(void *context, int status, struct buf *headers,
                                      struct buf *body)
{
    (void)context;
    buf_add(headers, LIT("Content-Type: text/plain\r\n"));
    buf_format(body, "refused %d", status);
}

/* The settings may be changed before harness_open(). */
static inline struct harness harness_new(void)
{
    return (struct harness){
        .now_ns = 1000000000,
        .settings = {
            .limits = { .target_bytes_max = 1024, .head_bytes_max = 8192, .headers_max = 32,
                        .body_bytes_max = 1024 * 1024 },
            .timeouts = { .head_ms = 1000, .body_ms = 2000, .idle_ms = 5000, .send_ms = 3000 },
            .connections_max = 8,
            .connections_per_address_max = 8,
            .on_request = harness_on_request,
            .on_refusal = harness_on_refusal,
        },
    };
}

static inline void harness_open(struct harness *h)
{
    h->clock = (struct clock){ harness_wall_us, harness_monotonic_ns, h };
    h->net = (struct http_net){ harness_recv, harness_send, system_net.accept, h, h->recv_max };
    h->settings.clock = &h->clock;
    h->settings.net = &h->net;
    h->settings.context = h;
    h->loop = loop_open(&h->clock);
    CHECK(h->loop);
    h->server = http_server_open(h->loop, &h->settings);
    CHECK(h->server);
}

static inline void harness_close(struct harness *h)
{
    http_server_close(h->server);
    loop_close(h->loop);
}

/* Until nothing more happens by itself. */
static inline void harness_run(struct harness *h)
{
    for (int turns = 0; loop_turn(h->loop, 0); turns++)
        CHECK(turns < 100000);
}

static inline void harness_advance(struct harness *h, int64_t ms)
{
    h->now_ns += ms * 1000000;
    harness_run(h);
}

/* The client's end of a new connection. */
static inline int harness_connect_from(struct harness *h, const char *address)
{
    int ends[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    http_server_adopt(h->server, ends[1], str_of(address));
    return ends[0];
}

static inline int harness_connect(struct harness *h)
{
    return harness_connect_from(h, "192.0.2.1");
}

static inline void harness_send_bytes(struct harness *h, int fd, struct str bytes)
{
    while (bytes.len) {
        ssize_t n = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        harness_run(h);
        if (n < 0 && errno == EAGAIN)
            continue;
        if (n < 0)
            return;     /* it has been closed: what was answered says why */
        bytes = str_slice(bytes, (size_t)n, bytes.len);
    }
    harness_run(h);
}

/* What the client can read now, and whether the server has ended its side. */
struct heard {
    char  *text;        /* owned */
    size_t len;
    bool   ended, reset;
};

static inline struct heard harness_hear(struct harness *h, int fd)
{
    struct heard heard = { .text = calloc(1, 1) };
    char         bytes[65536];

    for (;;) {
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n <= 0) {
            heard.ended = n == 0;
            heard.reset = n < 0 && errno != EAGAIN;
            return heard;
        }
        heard.text = realloc(heard.text, heard.len + (size_t)n + 1);
        CHECK(heard.text);
        memcpy(heard.text + heard.len, bytes, (size_t)n);
        heard.len += (size_t)n;
        heard.text[heard.len] = '\0';
        harness_run(h);
    }
}

static inline int heard_status(const struct heard *heard)
{
    const char *at = heard->text, *last = NULL;

    while ((at = strstr(at, "HTTP/1.1 "))) {
        last = at;
        at += 9;
    }
    return last ? atoi(last + 9) : 0;
}

/* Runs the bytes on a connection of their own and says what was heard; closes it. */
static inline struct heard ask(struct harness *h, struct str bytes)
{
    int fd = harness_connect(h);

    harness_send_bytes(h, fd, bytes);
    struct heard heard = harness_hear(h, fd);
    close(fd);
    harness_run(h);
    return heard;
}
