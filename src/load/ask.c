/* ask.c: one request on a connection of its own, and its whole answer.
 *
 * For readiness, and for the answers that later ones are compared with: it waits in poll(), since
 * nothing is measured here. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load/driver.h"
#include "load/visit.h"

enum { NS_PER_MS = 1000000 };

struct asking {
    int           fd;
    int64_t       deadline_ns;
    struct reader reader;
    struct buf    in;
    struct buf   *why;
};

static bool say(struct asking *a, const char *what, int error)
{
    if (error)
        buf_format(a->why, "%s: %s", what, strerror(error));
    else
        buf_format(a->why, "%s", what);
    return false;
}

static bool wait_for(struct asking *a, short events)
{
    for (;;) {
        struct pollfd p = { .fd = a->fd, .events = events };
        int64_t       left = a->deadline_ns - now_ns();
        int           n = left > 0 ? poll(&p, 1, (int)(left / NS_PER_MS) + 1) : 0;
        if (n > 0)
            return true;
        if (n < 0)
            return say(a, "no answer was waited for", errno);   /* a signal means to end it */
        if (n == 0)
            return say(a, "no complete answer in time", 0);
    }
}

static bool connect_to(struct asking *a, const struct url *url)
{
    const int on = 1;
    int       error = 0;
    socklen_t len = sizeof error;

    a->fd = socket(url->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (a->fd < 0)
        return say(a, "socket", errno);
    setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(a->fd, (const struct sockaddr *)&url->address, url->address_bytes) == 0)
        return true;
    if (errno != EINPROGRESS)
        return say(a, "no connection", errno);
    if (!wait_for(a, POLLOUT))
        return false;
    getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return error ? say(a, "no connection", error) : true;
}

/* What cannot be sent any more may have been answered before its end. */
static bool send_all(struct asking *a, struct str bytes)
{
    while (bytes.len) {
        ssize_t n = send(a->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            if (!wait_for(a, POLLOUT))
                return false;
        } else if (n < 0 && errno != EINTR) {
            return true;
        }
        bytes = str_slice(bytes, n > 0 ? (size_t)n : 0, bytes.len);
    }
    return true;
}

static bool receive_answer(struct asking *a, bool to_head)
{
    for (;;) {
        if (!wait_for(a, POLLIN))
            return false;
        char   *room = buf_room(&a->in, RECEIVE_BYTES);
        ssize_t n = room ? recv(a->fd, room, RECEIVE_BYTES, 0) : -1;
        if (!room)
            return say(a, "an answer that is too long", 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n < 0)
            return say(a, "the connection broke before the answer was complete", errno);
        buf_grew(&a->in, (size_t)n);
        enum reader_progress p = READER_MORE;
        if (a->in.len)
            p = reader_feed(&a->reader, a->in.at, a->in.len, to_head, n == 0);
        if (p == READER_DONE)
            return true;
        if (p == READER_MALFORMED)
            return say(a, "the answer is not HTTP/1.1 as RFC 9112 has it", 0);
        if (n == 0)
            return say(a, "the connection was closed before the answer was complete", 0);
    }
}

static void copy_answer(const struct asking *a, int *status, struct buf *media_type, struct buf *body)
{
    static const struct http_limits any = { .head_bytes_max = SIZE_MAX, .headers_max = HTTP_HEADERS_MAX,
                                            .body_bytes_max = SIZE_MAX };
    struct str         head = { a->in.at + a->reader.head_at, a->reader.body_at - a->reader.head_at };
    struct http_answer answer;

    *status = a->reader.status;
    if (http_answer_parse(head, &any, false, &answer))
        buf_add(media_type, answer.media_type);
    buf_add(body, (struct str){ a->in.at + a->reader.body_at, a->reader.body_bytes });
}

bool visit_ask(const struct plan *p, const struct step *s, const struct filling *f,
               int64_t timeout_ns, int *status, struct buf *media_type, struct buf *body,
               struct buf *why)
{
    struct asking a = {
        .fd = -1,
        .deadline_ns = now_ns() + timeout_ns,
        .in = buf_growing(ANSWER_BYTES_MAX + 2 * RECEIVE_BYTES),
        .why = why,
    };
    struct buf request = buf_growing(ANSWER_BYTES_MAX), scratch = buf_growing(ANSWER_BYTES_MAX);

    *status = 0;
    plan_render(s, plan_ends_with_next(p, 0), f, &scratch, &request);
    bool to_head = str_eq(s->method, LIT("HEAD"));
    bool done = connect_to(&a, &p->url) && send_all(&a, buf_str(&request)) && receive_answer(&a, to_head);
    if (done)
        copy_answer(&a, status, media_type, body);
    if (a.fd >= 0)
        close(a.fd);
    buf_close(&a.in);
    buf_close(&request);
    buf_close(&scratch);
    return done;
}
