/* client.c: connect, send, receive, and what each can end with.
 *
 * What comes next after an answer or a failure is the driver's to say. */
#include "load/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load/driver.h"

enum { REST_MS = 50, NS_PER_MS = 1000000 };

static const uint32_t watched = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

static const struct plan *plan_of(const struct client *c)
{
    return c->driver->shared->visit->plan;
}

static const struct step *step_of(const struct client *c)
{
    return &plan_of(c)->steps[c->step];
}

/* ---- Steps and variables ---------------------------------------------------------------------- */

static bool has_once(const struct plan *p)
{
    return p->steps[0].once;
}

static unsigned first_repeated(const struct plan *p)
{
    unsigned step = 0;

    while (p->steps[step].once)
        step++;
    return step;
}

static struct filling filling_of(struct client *c, uint64_t seq)
{
    return (struct filling){ .seq = seq, .connection = c->number, .rng = &c->driver->rng, .values = c->values };
}

/* Where once-steps used the values of `let`, they are the connection's; else a pass has its own. */
static void make_lets(struct client *c, struct arena *arena)
{
    const struct plan *p = plan_of(c);
    struct filling     f = filling_of(c, c->driver->seq);

    if (p->lets_count)
        c->driver->seq += c->driver->shared->visit->threads;    /* no other pass has it */
    plan_make_lets(p, &f, &c->driver->scratch, arena, c->values);
}

static void begin_pass(struct client *c)
{
    c->step = first_repeated(plan_of(c));
    if (plan_of(c)->fixed)
        return;
    arena_reset(&c->pass_values);
    if (!has_once(plan_of(c)))
        make_lets(c, &c->pass_values);
}

static void take_values(struct client *c, const struct step *s, struct str body)
{
    struct arena *arena = s->once ? &c->once_values : &c->pass_values;

    for (unsigned i = 0; i < s->takes_count; i++)
        c->values[s->takes[i].variable] = body_take(body, s->takes[i].pointer, arena);
}

static void end_preparation(struct client *c)
{
    if (!c->preparing)
        return;
    c->preparing = false;
    driver_prepared(c->driver);
}

/* A pass that failed begins anew: later steps would miss what this one should have given. */
static void next_step(struct client *c, bool correct)
{
    const struct plan *p = plan_of(c);

    if (!correct) {
        end_preparation(c);
        begin_pass(c);
        return;
    }
    bool was_once = p->steps[c->step].once;
    if (++c->step == p->steps_count) {
        begin_pass(c);
    } else if (was_once && !p->steps[c->step].once) {
        end_preparation(c);
    }
}

/* ---- Down --------------------------------------------------------------------------------------- */

static void take_down(struct client *c)
{
    if (c->watch.fd >= 0)
        loop_watch_close(c->driver->loop, &c->watch);
    c->state = CLIENT_DOWN;
    c->rest = (struct str){ 0 };
}

static void end_request(struct client *c)
{
    c->asking = false;
    c->driver->in_flight--;
    c->reader = (struct reader){ 0 };
    buf_reset(&c->in);
}

static void rest(struct client *c)
{
    c->state = CLIENT_RESTING;
    c->timed = true;
    loop_timer_set(c->driver->loop, &c->timer, REST_MS);
}

/* The request has failed for good: no answer, or one that cannot be read. */
static void fail(struct client *c, enum outcome o)
{
    int64_t now = now_ns();

    take_down(c);
    end_request(c);
    driver_count(c->driver, c, o, now);
    next_step(c, false);
    if (o == OUTCOME_REFUSED)
        rest(c);
    else
        driver_free(c->driver, c);
}

/* ---- Sending ------------------------------------------------------------------------------------ */

static void keep_rest(struct client *c)
{
    if (step_of(c)->bytes.at)
        return;
    buf_reset(&c->kept_rest);
    buf_add(&c->kept_rest, c->rest);
    c->rest = buf_str(&c->kept_rest);
}

static void send_rest(struct client *c)
{
    ssize_t n = send(c->watch.fd, c->rest.at, c->rest.len, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        /* The answer, if there is one, has come already, or the reset has. */
        c->rest = (struct str){ 0 };
        return;
    }
    c->rest = str_slice(c->rest, n > 0 ? (size_t)n : 0, c->rest.len);
}

static void send_request(struct client *c)
{
    const struct step *s = step_of(c);
    struct driver     *d = c->driver;

    c->state = CLIENT_WAITING;
    c->last = plan_ends_with_next(plan_of(c), c->sent++);
    if (s->bytes.at) {
        c->rest = c->last ? s->last_bytes : s->bytes;
    } else {
        struct filling f = filling_of(c, d->seq);
        buf_reset(&d->request);
        plan_render(s, c->last, &f, &d->scratch, &d->request);
        c->rest = buf_str(&d->request);
    }
    d->seq += d->shared->visit->threads;
    d->sent++;
    send_rest(c);
    if (c->rest.len)
        keep_rest(c);
}

/* ---- Receiving ---------------------------------------------------------------------------------- */

static enum outcome judge(struct client *c, struct str body)
{
    const struct expect *e = &c->driver->shared->visit->expects[c->step];

    if (!expect_status(e, c->reader.status))
        return OUTCOME_STATUS;
    return expect_holds(e, body, c->number + c->answers[c->step]++) ? OUTCOME_CORRECT : OUTCOME_BODY;
}

/* An answer is complete in `bytes`. */
static void complete(struct client *c, const char *bytes, size_t len, bool closed, int64_t now)
{
    struct driver *d = c->driver;
    struct str     body = { bytes + c->reader.body_at, c->reader.body_bytes };
    bool           surplus = c->reader.end < len;
    enum outcome   o = surplus ? OUTCOME_MALFORMED : judge(c, body);

    if (now - c->start_ns > d->shared->visit->timeout_ns)
        o = OUTCOME_TIMEOUT;
    driver_count(d, c, o, now);
    if (o == OUTCOME_CORRECT && step_of(c)->takes_count)
        take_values(c, step_of(c), body);
    if (closed || surplus || !c->reader.keep_alive || c->last || c->rest.len) {
        d->figures.reconnects += !c->last && !surplus;
        take_down(c);
    } else {
        c->state = CLIENT_UP;
    }
    end_request(c);
    next_step(c, o == OUTCOME_CORRECT);
    if (c->preparing)
        client_ask(c, now_ns(), false);     /* the next step that is done once */
    else
        driver_free(d, c);
}

/* What has come of the answer so far, in the common buffer or, once it was partial, in its own. */
static void keep_partial(struct client *c, const char *bytes, size_t len)
{
    if (c->in.len == 0)
        buf_add(&c->in, (struct str){ bytes, len });
}

static void ended(struct client *c, bool began)
{
    fail(c, began ? OUTCOME_SHORT : OUTCOME_RESET);
}

/* One recv, and what follows from it; true when there may be more to receive. */
static bool receive_some(struct client *c, bool hung_up)
{
    struct driver *d = c->driver;
    size_t         before = c->in.len;
    char          *room = before ? buf_room(&c->in, RECEIVE_BYTES) : d->receive;
    ssize_t        n = room ? recv(c->watch.fd, room, RECEIVE_BYTES, 0) : -1;
    int64_t        now = now_ns();

    if (room && n < 0 && (errno == EAGAIN || errno == EINTR))
        return errno == EINTR;
    if (n < 0) {
        ended(c, before > 0);
        return false;
    }
    if (before)
        buf_grew(&c->in, (size_t)n);
    char  *bytes = before ? c->in.at : d->receive;
    size_t len = before + (size_t)n;
    if (len == 0) {
        ended(c, false);
        return false;
    }
    switch (reader_feed(&c->reader, bytes, len, str_eq(step_of(c)->method, LIT("HEAD")), n == 0)) {
    case READER_DONE:
        complete(c, bytes, len, hung_up || n == 0, now);
        return false;
    case READER_MALFORMED:
        fail(c, OUTCOME_MALFORMED);
        return false;
    case READER_MORE:
        break;
    }
    if (n == 0) {
        ended(c, true);
        return false;
    }
    keep_partial(c, bytes, len);
    return hung_up || n == RECEIVE_BYTES;
}

static void receive(struct client *c, uint32_t events)
{
    bool hung_up = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);

    while (receive_some(c, hung_up))
        continue;
}

/* ---- Connecting --------------------------------------------------------------------------------- */

static void refused(struct client *c, int error)
{
    take_down(c);
    if (c->asking) {
        fail(c, OUTCOME_REFUSED);
        return;
    }
    driver_connected(c->driver, error);
    end_preparation(c);
    driver_free(c->driver, c);
}

static void established(struct client *c)
{
    bool first = !c->asking;

    c->state = CLIENT_UP;
    if (!first) {
        send_request(c);
        return;
    }
    driver_connected(c->driver, 0);
    if (has_once(plan_of(c))) {
        client_ask(c, now_ns(), false);
        return;
    }
    end_preparation(c);
    driver_free(c->driver, c);
}

static void connecting(struct client *c, uint32_t events)
{
    int       error = 0;
    socklen_t len = sizeof error;

    if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
        return;
    getsockopt(c->watch.fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error)
        refused(c, error);
    else
        established(c);
}

/* The server has closed, or said something unasked. */
static void disturbed(struct client *c, uint32_t events)
{
    if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
        return;
    c->driver->figures.reconnects++;
    take_down(c);
}

static void ready(struct watch *w, uint32_t events)
{
    struct client *c = (struct client *)((char *)w - offsetof(struct client, watch));

    switch (c->state) {
    case CLIENT_CONNECTING:
        connecting(c, events);
        break;
    case CLIENT_UP:
        disturbed(c, events);
        break;
    case CLIENT_WAITING:
        if (c->rest.len && events & EPOLLOUT)
            send_rest(c);
        if (events & ~(uint32_t)EPOLLOUT)
            receive(c, events);
        break;
    default:
        break;
    }
}

/* The timer runs on from an earlier request; when it ends, it looks at what the present one has
 * left. */
static void set_timer(struct client *c, int64_t ns)
{
    if (c->timed)
        return;
    c->timed = true;
    loop_timer_set(c->driver->loop, &c->timer, ns / NS_PER_MS + 1);
}

static void expired(struct timer *t)
{
    struct client *c = (struct client *)((char *)t - offsetof(struct client, timer));
    int64_t        left = c->start_ns + c->driver->shared->visit->timeout_ns - now_ns();

    c->timed = false;
    if (c->state == CLIENT_RESTING) {
        c->state = CLIENT_DOWN;
        driver_free(c->driver, c);
        return;
    }
    if (c->state != CLIENT_CONNECTING && !c->asking)
        return;
    if (left > 0)
        set_timer(c, left);
    else if (c->state == CLIENT_CONNECTING)
        refused(c, ETIMEDOUT);
    else
        fail(c, OUTCOME_TIMEOUT);
}

static void start_connecting(struct client *c)
{
    const struct url *url = &plan_of(c)->url;
    const int         on = 1;
    int               fd = socket(url->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    c->watch = (struct watch){ .fd = fd, .ready = ready };
    c->timer.expired = expired;
    if (fd < 0) {
        refused(c, errno);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->state = CLIENT_CONNECTING;
    c->sent = 0;
    set_timer(c, c->driver->shared->visit->timeout_ns);
    if ((connect(fd, (const struct sockaddr *)&url->address, url->address_bytes) && errno != EINPROGRESS) ||
        !loop_watch(c->driver->loop, &c->watch, watched))
        refused(c, errno);
}

void client_open(struct client *c)
{
    c->preparing = true;
    c->start_ns = now_ns();
    if (has_once(plan_of(c)))
        make_lets(c, &c->once_values);
    else
        begin_pass(c);
    start_connecting(c);
}

void client_ask(struct client *c, int64_t start_ns, bool in_window)
{
    c->start_ns = start_ns;
    c->in_window = in_window;
    c->asking = true;
    c->driver->in_flight++;
    if (!c->timed)
        set_timer(c, start_ns + c->driver->shared->visit->timeout_ns - now_ns());
    if (c->state == CLIENT_DOWN)
        start_connecting(c);
    else
        send_request(c);
}

void client_close(struct client *c)
{
    take_down(c);
    loop_timer_clear(c->driver->loop, &c->timer);
    buf_close(&c->in);
    buf_close(&c->kept_rest);
    arena_close(&c->once_values);
    arena_close(&c->pass_values);
}
