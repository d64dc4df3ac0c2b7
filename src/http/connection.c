/* connection.c: moves the bytes of a connection and watches its deadlines.
 *
 * A batch is what one read brought: its requests are handed on, their answers collected in the
 * server's buffer and sent together, and then the connection settles into a phase, which says
 * what is watched for and until when.  EPOLLIN stays armed from the accept on; only a short send
 * or back-pressure changes it.  It is armed for edges, which spares the kernel to look once more
 * at every socket that was read; a read that may have left something arms it anew. */
#include "http/connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

enum {
    OWN_ROOM_BYTES = 4096,      /* least room to read into a buffer of the connection's own */
};

#define READABLE ((uint32_t)(EPOLLIN | EPOLLRDHUP | EPOLLET))

static void settle(struct connection *c);

static bool watch_for(struct connection *c, uint32_t events)
{
    if (c->watch.events == events || loop_rewatch(c->server->loop, &c->watch, events))
        return true;
    connection_end(c);
    return false;
}

static bool watch_for_bytes(struct connection *c)
{
    bool anew = c->unread && c->watch.events == READABLE;

    c->unread = false;
    if (!anew)
        return watch_for(c, READABLE);
    if (loop_rearm(c->server->loop, &c->watch))
        return true;
    connection_end(c);
    return false;
}

static void start_timer(struct connection *c, int64_t ms)
{
    if (ms > 0)
        loop_timer_set(c->server->loop, &c->timer, ms);
    else
        loop_timer_clear(c->server->loop, &c->timer);
}

/* A deadline runs from when its phase began; a request ends any phase (PHASE_NONE). */
static void enter_phase(struct connection *c, enum phase phase, int64_t ms)
{
    if (c->phase == phase)
        return;
    c->phase = phase;
    start_timer(c, ms);
}

static void drop_in(struct connection *c)
{
    if (c->in.at)
        explicit_bzero(c->in.at, c->in.cap);
    buf_close(&c->in);
}

/* As buf_room(), but leaves no copy behind in memory that was given back. */
static COLD char *in_room(struct connection *c, size_t bytes)
{
    if (c->in.at && bytes > c->in.cap - c->in.len) {
        size_t     want = c->in.len + bytes > 2 * c->in.cap ? c->in.len + bytes : 2 * c->in.cap;
        struct buf grown = buf_growing(c->in.bytes_max);
        if (!buf_room(&grown, want < grown.bytes_max ? want : grown.bytes_max))
            return NULL;
        buf_add(&grown, buf_str(&c->in));
        drop_in(c);
        c->in = grown;
    }
    return buf_room(&c->in, bytes);
}

static void drop_out(struct connection *c)
{
    buf_wipe(&c->out);
    buf_close(&c->out);
    c->sent = 0;
}

void connection_end(struct connection *c)
{
    if (!c->open)
        return;
    c->open = false;
    c->exchange.open = false;
    c->generation++;
    loop_timer_clear(c->server->loop, &c->timer);
    loop_watch_close(c->server->loop, &c->watch);
    drop_in(c);
    drop_out(c);
    if (!c->to_resume)
        connection_free(c);     /* else the resume task does it */
}

/* The peer may still be sending: closed at once it would get a reset and lose the answer (RFC
 * 9112 9.6). */
static COLD void linger(struct connection *c)
{
    if (c->phase == PHASE_LINGERING)
        return;
    if (c->peer_done || c->peer_closes || shutdown(c->watch.fd, SHUT_WR)) {
        connection_end(c);
        return;
    }
    drop_in(c);
    c->phase = PHASE_LINGERING;
    c->linger_bytes = 0;
    loop_timer_set(c->server->loop, &c->timer, LINGER_MS);
    watch_for_bytes(c);
}

/* As recv(2).  Notes whether more may be there: unless the bytes fell short of the room, and no end
 * of the peer's was seen behind them. */
static ssize_t receive_bytes(struct connection *c, char *at, size_t room)
{
    const struct http_net *net = c->server->settings.net;
    size_t                 asked = net->recv_max && net->recv_max < room ? net->recv_max : room;
    ssize_t                n = net->recv(net->context, c->watch.fd, at, asked);

    c->unread = n <= 0 || (size_t)n == asked || c->peer_ends;
    return n;
}

static COLD void discard(struct connection *c)
{
    char   *bytes = c->server->read_buffer;
    ssize_t n = receive_bytes(c, bytes, READ_BYTES);

    if (n > 0) {
        c->linger_bytes += (size_t)n;
        explicit_bzero(bytes, (size_t)n);
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
        c->linger_bytes > LINGER_BYTES_MAX)
        connection_end(c);
    else
        watch_for_bytes(c);
}

/* Bytes sent, 0 when the peer takes none now, -1 when it never will. */
static ssize_t send_some(struct connection *c, struct str bytes)
{
    const struct http_net *net = c->server->settings.net;
    ssize_t                n;

    do
        n = net->send(net->context, c->watch.fd, bytes.at, bytes.len);
    while (n < 0 && errno == EINTR);
    return n < 0 && errno == EAGAIN ? 0 : n;
}

/* What the peer does not take at once becomes the connection's own. */
void connection_send_batch(struct connection *c)
{
    struct buf *out = &c->server->out;

    if (out->failed)
        connection_end(c);
    if (c->open && out->len) {
        ssize_t n = send_some(c, buf_str(out));
        if (n >= 0 && (size_t)n < out->len)
            buf_add(&c->out, str_slice(buf_str(out), (size_t)n, out->len));
        if (n < 0 || c->out.failed)
            connection_end(c);
    }
    buf_wipe(out);
}

/* False when there is still something to send, or when the connection ended over it. */
static bool send_own(struct connection *c)
{
    while (c->sent < c->out.len) {
        ssize_t n = send_some(c, str_slice(buf_str(&c->out), c->sent, c->out.len));
        if (n < 0)
            connection_end(c);
        if (n <= 0)
            return false;
        c->sent += (size_t)n;
        if (c->phase == PHASE_SENDING)
            start_timer(c, c->server->settings.timeouts.send_ms);
    }
    drop_out(c);
    return true;
}

static void keep_in(struct connection *c, const struct span *left)
{
    if (!c->open || c->closing || left->from == left->len)
        return;
    buf_add(&c->in, (struct str){ left->at + left->from, left->len - left->from });
    if (c->in.failed)
        connection_end(c);
}

/* Handles what the connection's own buffer holds. */
static void consume_own(struct connection *c)
{
    struct span bytes = { c->in.at, 0, c->in.len };

    intake_consume(c, &bytes);
    if (!c->open)
        return;
    c->in.len = bytes.len;
    if (bytes.from < bytes.len)
        buf_drop(&c->in, bytes.from);
    else
        drop_in(c);
}

static size_t own_room(const struct connection *c)
{
    if (c->exchange.open)
        return c->in.len < WAITING_BYTES_MAX ? WAITING_BYTES_MAX - c->in.len : 0;
    size_t room = c->in.cap - c->in.len;
    return room < OWN_ROOM_BYTES ? OWN_ROOM_BYTES : room;
}

static ssize_t receive_own(struct connection *c)
{
    size_t room = own_room(c);
    char  *at = in_room(c, room);

    if (!at || !room) {
        c->unread = true;
        errno = at ? EAGAIN : ENOMEM;
        return -1;
    }
    ssize_t n = receive_bytes(c, at, room);
    if (n > 0) {
        buf_grew(&c->in, (size_t)n);
        consume_own(c);
    }
    return n;
}

static ssize_t receive_shared(struct connection *c)
{
    char   *buffer = c->server->read_buffer;
    ssize_t n = receive_bytes(c, buffer, READ_BYTES);

    if (n > 0) {
        struct span bytes = { buffer, 0, (size_t)n };
        intake_consume(c, &bytes);
        keep_in(c, &bytes);
        explicit_bzero(buffer, (size_t)n);
    }
    return n;
}

static void receive(struct connection *c)
{
    bool    own = c->in.len > 0 || c->exchange.open;
    ssize_t n = own ? receive_own(c) : receive_shared(c);

    if (n == 0)
        c->peer_done = true;
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        connection_end(c);
    settle(c);
}

/* Sends what the batch has brought, then watches for what must come next. */
static void settle(struct connection *c)
{
    const struct http_timeouts *t = &c->server->settings.timeouts;

    connection_send_batch(c);
    if (!c->open)
        return;
    if (c->out.len) {
        enter_phase(c, PHASE_SENDING, t->send_ms);
        watch_for(c, EPOLLOUT);
    } else if (c->exchange.open) {
        enter_phase(c, PHASE_WAITING, t->answer_ms);
        if (c->peer_done || c->in.len >= WAITING_BYTES_MAX)
            watch_for(c, 0);
        else
            watch_for_bytes(c);
    } else if (c->closing) {
        linger(c);
    } else if (c->peer_done || (c->server->draining && !c->in.len && !c->fresh)) {
        connection_end(c);
    } else if (watch_for_bytes(c)) {
        if (c->intake.head_bytes)
            enter_phase(c, PHASE_BODY, t->body_ms);
        else if (c->in.len || c->fresh)
            enter_phase(c, PHASE_HEAD, t->head_ms);
        else
            enter_phase(c, PHASE_IDLE, t->idle_ms);
    }
}

/* After everything of the connection's own was sent: requests may have been waiting behind it. */
static void go_on(struct connection *c)
{
    c->phase = c->phase == PHASE_SENDING ? PHASE_NONE : c->phase;
    if (c->in.len && !c->exchange.open && !c->closing)
        consume_own(c);
    settle(c);
}

void connection_resume(struct connection *c)
{
    if (c->out.failed)
        connection_end(c);
    else if (c->phase == PHASE_SENDING || !send_own(c))
        settle(c);
    else
        go_on(c);
}

static void ready(struct watch *w, uint32_t events)
{
    struct connection *c = (struct connection *)((char *)w - offsetof(struct connection, watch));

    c->peer_ends = events & EPOLLRDHUP;
    if ((events & EPOLLERR) || (events & (EPOLLHUP | EPOLLIN | EPOLLOUT)) == EPOLLHUP)
        connection_end(c);
    else if (c->phase == PHASE_LINGERING)
        discard(c);
    else if (c->phase == PHASE_SENDING && send_own(c))
        go_on(c);
    else if (c->open && c->phase != PHASE_SENDING && (events & EPOLLIN))
        receive(c);
}

/* Nobody answers: the exchange is over, and a ticket for it worth nothing. */
static COLD void give_up_exchange(struct connection *c)
{
    c->exchange.open = false;
    c->generation++;
    exchange_refuse(c, 503, c->exchange.is_head);
}

static void expired(struct timer *t)
{
    struct connection *c = (struct connection *)((char *)t - offsetof(struct connection, timer));

    if (c->phase == PHASE_WAITING && !c->exchange.open)
        return;     /* answered in this very turn: about to be sent */
    if (c->phase == PHASE_WAITING) {
        c->server->current = c;
        give_up_exchange(c);
        c->server->current = NULL;
        settle(c);
    } else if (c->phase == PHASE_BODY || (c->phase == PHASE_HEAD && c->in.len)) {
        c->server->current = c;
        exchange_refuse(c, 408, str_starts(buf_str(&c->in), LIT("HEAD ")));
        c->server->current = NULL;
        settle(c);
    } else {
        connection_end(c);
    }
}

/* What has been received is answered; who has not begun to send gets a short while. */
void connection_drain(struct connection *c)
{
    if (c->fresh && c->phase == PHASE_HEAD && !c->in.len)
        start_timer(c, DRAIN_GRACE_MS);
    else if (c->phase == PHASE_IDLE)
        receive(c);
}

/* The caller has set what the seat knows of its peer. */
void connection_open(struct connection *c, int fd, bool admitted)
{
    const struct http_limits *limits = &c->server->settings.limits;

    c->exchange = (struct http_exchange){ 0 };
    c->watch = (struct watch){ .fd = fd, .ready = ready };
    c->timer = (struct timer){ .expired = expired };
    c->in = buf_growing(limits->head_bytes_max + limits->body_bytes_max + READ_BYTES);
    c->out = buf_growing(SIZE_MAX / 8);
    c->intake = (struct intake){ 0 };
    c->phase = PHASE_NONE;
    c->open = c->fresh = true;
    c->closing = c->peer_done = c->peer_ends = c->peer_closes = c->to_resume = c->unread = false;
    if (!loop_watch(c->server->loop, &c->watch, READABLE)) {
        connection_end(c);
        return;
    }
    if (!admitted) {
        c->server->current = c;
        exchange_refuse(c, 503, false);
        c->server->current = NULL;
    }
    settle(c);
    if (c->open && c->server->draining)
        connection_drain(c);
}
