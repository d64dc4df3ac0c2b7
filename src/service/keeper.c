/* keeper.c: packets in, lanes, packets out.
 *
 *   channel -> keeper_serve(): is it a call of a route that runs here? -> lane -> call_prepare(), call_run() -> channel
 *
 * Two lanes, so that a flood of log-ins cannot starve a log-out: HASHES, and WRITES without
 * hashing.  The hashing lane has a worker for each hash slot: whoever has computed a hash goes
 * on to the next, and hands its slot to no thread that must first be woken.  A registration's
 * worker waits for its commit too, which is short beside its hash. */
#include "service/keeper.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "service/lane.h"
#include "service/message.h"
#include "service/signing.h"
#include "service/worker.h"

enum {
    LOOK_MS = 1000,
    WRITE_WORKERS = 8,
    SPARE_WORKERS = 4,      /* that hash while others wait for their commit */
    HASHING_NICE = 10,
    CHANNELS_MAX = 64,
    PACKETS_MAX = 256,
};

/* Writes what the limiter has counted: in the writing lane, one at a time. */
struct flush {
    struct job     job;
    struct keeper *keeper;
    atomic_bool    under_way;
};

struct keeper {
    struct service *service;
    struct lane    *hashing, *writing;
    struct worker  *desk;       /* what the thread that reads the channels has of its own */
    struct flush    flush;
    int             stop_fd;
    size_t          count;
    int             channels[CHANNELS_MAX];
    uint64_t        generation; /* of the database file */
    struct store_session *db;   /* to look whether it is well */
    int64_t         looked_ns;
    char           *packet;     /* MESSAGE_BYTES_MAX */
};

/* A call on its way through a lane; the packet's bytes follow it. */
struct keeper_job {
    struct job     job;
    struct keeper *keeper;
    int            channel;
    int64_t        now_us;
    struct limiter_claim claim; /* of the route's gate */
    size_t         len;
    char           bytes[];
};

/* ---- Work ------------------------------------------------------------------------------- */

static struct call call_of(struct worker *w, const struct keeper_job *j,
                           const struct call_message *m)
{
    return (struct call){
        .arena = &w->arena, .db = w->db, .service = w->service, .address = m->address, .now_us = j->now_us
    };
}

static void run_call(struct worker *w, const struct keeper_job *j, const struct call_message *m,
                     struct api_answer *a)
{
    struct service        *s = w->service;
    const struct endpoint *ep = &s->endpoints.rows[m->endpoint];

    if (!worker_is_ready(w)) {
        answer_problem(&s->endpoints, UNAVAILABLE, a);
        return;
    }
    struct call c = call_of(w, j, m);
    if (call_prepare(&s->endpoints, ep, &m->request, &c, a))
        call_run(&s->endpoints, ep, &c, a);
}

static struct call_message read_again(const struct keeper_job *j)
{
    struct call_message m;

    CHECK(message_read_call((struct str){ j->bytes, j->len }, &m));
    return m;
}

static void job_free(struct keeper_job *j)
{
    explicit_bzero(j->bytes, j->len);
    free(j);
}

/* Before the answer: who has it may ask again at once. */
static void settle(const struct keeper_job *j, const struct call_message *m, problem outcome)
{
    const struct service *s = j->keeper->service;
    const struct route   *r = s->endpoints.rows[m->endpoint].route;

    if (j->claim.count && r->gate->counts(outcome))
        limiter_keep(s->limiter, &j->claim);
    else if (j->claim.count)
        limiter_give_back(s->limiter, &j->claim);
}

static void job_run(struct job *job, void *worker)
{
    struct keeper_job  *j = (struct keeper_job *)job;
    struct worker      *w = worker;
    struct call_message m = read_again(j);
    struct api_answer   a = { .body = w->body };

    run_call(w, j, &m, &a);
    settle(j, &m, a.problem);
    worker_answer(w, j->channel, &m, &a);
    w->body = a.body;
    buf_wipe(&w->body);
    arena_reset(&w->arena);
    job_free(j);
}

static void job_give_up(struct job *job, void *worker)
{
    struct keeper_job  *j = (struct keeper_job *)job;
    struct worker      *w = worker;
    struct call_message m = read_again(j);

    settle(j, &m, UNAVAILABLE);
    worker_answer_busy(w, j->channel, &m, w->service->options.queue_wait_ms);
    job_free(j);
}

/* ---- Packets in ------------------------------------------------------------------------- */

static void refuse(const char *why)
{
    log_event(LOG_LEVEL_ERROR, "message_refused", LOG_PAIRS({ "reason", str_of(why) }));
}

static void submit(struct keeper *k, struct lane *lane, struct keeper_job *j,
                   const struct call_message *m)
{
    int64_t wait_ms = 0;

    if (lane_submit(lane, &j->job, &wait_ms))
        return;
    settle(j, m, UNAVAILABLE);
    worker_answer_busy(k->desk, j->channel, m, wait_ms);
    job_free(j);
}

/* Without the database nobody is let past the gate: another worker may have it by then. */
static bool ask_gate(struct keeper *k, struct keeper_job *j, const struct call_message *m,
                     struct api_answer *a)
{
    const struct endpoints *e = &k->service->endpoints;
    const struct endpoint  *ep = &e->rows[m->endpoint];

    if (!worker_is_ready(k->desk)) {
        answer_problem(e, UNAVAILABLE, a);
        return false;
    }
    struct call c = call_of(k->desk, j, m);
    c.claim = &j->claim;
    bool good = call_prepare(e, ep, &m->request, &c, a) && call_admit(e, ep, &c, a);
    j->job.goes_first = c.goes_first;
    return good;
}

/* Asks the route's gate, here and now: whoever is refused shall not wait, nor make others wait.
 * False: it has been answered. */
static bool admit(struct keeper *k, struct keeper_job *j, const struct call_message *m)
{
    struct service *s = k->service;
    struct worker  *w = k->desk;

    if (!s->limiter || !s->endpoints.rows[m->endpoint].route->gate)
        return true;
    struct api_answer a = { .body = w->body };
    bool              good = ask_gate(k, j, m, &a);
    if (!good)
        worker_answer(w, j->channel, m, &a);
    w->body = a.body;
    buf_wipe(&w->body);
    arena_reset(&w->arena);
    return good;
}

static void serve_call(struct keeper *k, int channel, struct str packet)
{
    struct service     *s = k->service;
    struct call_message m;

    if (!message_read_call(packet, &m)) {
        refuse("malformed call");
        return;
    }
    if (m.endpoint >= s->endpoints.count || !service_keeps(&s->endpoints.rows[m.endpoint])) {
        refuse("not a route of the keeper");
        return;
    }
    struct keeper_job *j = malloc(sizeof *j + packet.len);
    if (!j)
        return refuse("no memory");
    *j = (struct keeper_job){ .job = { .run = job_run, .give_up = job_give_up },
                              .keeper = k,
                              .channel = channel,
                              .now_us = clock_wall_us(s->clock),
                              .len = packet.len };
    memcpy(j->bytes, packet.at, packet.len);
    bool hashes = s->endpoints.rows[m.endpoint].route->does & HASHES;
    if (admit(k, j, &m))
        submit(k, hashes ? k->hashing : k->writing, j, &m);
    else
        job_free(j);
}

static void serve_hello(struct keeper *k, int channel)
{
    char       bytes[MESSAGE_KEYS_BYTES_MAX];
    struct buf packet = buf_fixed(bytes, sizeof bytes);

    signing_describe(k->service, &packet);
    CHECK(!packet.failed);
    worker_send(channel, buf_str(&packet));
}

void keeper_serve(struct keeper *k, int channel, struct str packet)
{
    switch (message_kind(packet)) {
    case MESSAGE_HELLO:
        serve_hello(k, channel);
        return;
    case MESSAGE_CALL:
        serve_call(k, channel, packet);
        return;
    default:
        refuse("not a message for a keeper");
    }
}

/* ---- Counters --------------------------------------------------------------------------- */

static void flush_run(struct job *job, void *worker)
{
    struct flush  *f = (struct flush *)job;
    struct worker *w = worker;

    if (worker_is_ready(w))
        limiter_flush(f->keeper->service->limiter, w->db);
    atomic_store(&f->under_way, false);
}

static void flush_give_up(struct job *job, void *worker)
{
    struct flush *f = (struct flush *)job;

    (void)worker;
    atomic_store(&f->under_way, false);
}

/* However many have changed meanwhile, it is one commit a second. */
static void write_counters(struct keeper *k)
{
    struct limiter *l = k->service->limiter;
    int64_t         wait_ms;

    if (!l || !limiter_is_dirty(l) || atomic_exchange(&k->flush.under_way, true))
        return;
    if (!lane_submit(k->writing, &k->flush.job, &wait_ms))
        atomic_store(&k->flush.under_way, false);
}

static void write_last_counters(struct keeper *k)
{
    if (k->service->limiter && k->db)
        limiter_flush(k->service->limiter, k->db);
}

/* ---- Life ------------------------------------------------------------------------------- */

/* What the last hashes left in memory is wiped when no further one will overwrite it soon. */
static void hashing_is_idle(void *context)
{
    struct service *s = context;

    password_hasher_wipe(s->hasher);
}

static bool open_lanes(struct keeper *k)
{
    struct lane_settings l = {
        .name = "hashing",
        .workers = (unsigned)k->service->options.hash_threads,
        .spare = SPARE_WORKERS,
        .nice = HASHING_NICE,
        .wait_ms_max = k->service->options.queue_wait_ms,
        .clock = k->service->clock,
        .worker_open = worker_open,
        .worker_close = worker_close,
        .idle = hashing_is_idle,
        .context = k->service,
        .inline_jobs = k->service->one_thread,
    };

    k->hashing = lane_open(&l);
    l.name = "writing";
    l.idle = NULL;
    l.nice = 0;
    l.workers = WRITE_WORKERS;
    l.spare = 0;
    k->writing = lane_open(&l);
    return k->hashing && k->writing;
}

struct keeper *keeper_open(struct service *s, const int *channels, size_t count, struct buf *why)
{
    struct keeper *k = calloc(1, sizeof *k);

    CHECK(count <= CHANNELS_MAX);
    if (!k)
        return NULL;
    k->service = s;
    k->count = count;
    memcpy(k->channels, channels, count * sizeof *channels);
    k->generation = s->store ? store_generation(s->store) : 0;
    k->flush = (struct flush){ .job = { .run = flush_run, .give_up = flush_give_up }, .keeper = k };
    k->desk = worker_open(s);
    k->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    k->packet = malloc(MESSAGE_BYTES_MAX);
    k->db = s->store ? store_session_open(s->store) : NULL;
    if (k->stop_fd < 0 || !k->packet || !k->desk || (s->store && !k->db) || !open_lanes(k)) {
        buf_add(why, LIT("the keeper has no threads, memory or descriptors"));
        keeper_close(k);
        return NULL;
    }
    return k;
}

/* An empty packet reads like the end of a channel: only the end hangs up. */
static bool is_closed(int channel)
{
    struct pollfd p = { .fd = channel };

    return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR));
}

/* Takes what waits on a channel; false when its other end is gone. */
static bool drain_channel(struct keeper *k, int channel)
{
    for (int i = 0; i < PACKETS_MAX; i++) {
        ssize_t got = recv(channel, k->packet, MESSAGE_BYTES_MAX, MSG_DONTWAIT | MSG_TRUNC);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got == 0 && is_closed(channel))
            return false;
        if (got > MESSAGE_BYTES_MAX)
            refuse("too long");
        else
            keeper_serve(k, channel, (struct str){ k->packet, (size_t)got });
        explicit_bzero(k->packet, (size_t)(got < MESSAGE_BYTES_MAX ? got : MESSAGE_BYTES_MAX));
    }
    return true;    /* one that never runs dry must not keep us from the others */
}

/* Fronts are told again and again: one that hears nothing knows that its keeper hangs. */
static void tell_health(struct keeper *k)
{
    char       bytes[16];
    struct buf packet = buf_fixed(bytes, sizeof bytes);

    message_write_health(&packet, store_healthy(k->db));
    for (size_t i = 0; i < k->count; i++)
        (void)send(k->channels[i], packet.at, packet.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Everything that was read at start (keys, the master key's fit) was read of the file that was
 * there then: with another in its place, keeper and front are made anew. */
static bool file_was_replaced(const struct keeper *k)
{
    if (store_generation(k->service->store) == k->generation)
        return false;
    log_event(LOG_LEVEL_WARN, "database_replaced", NULL);
    return true;
}

/* Once in LOOK_MS, busy or not.  False: this keeper must end. */
static bool look(struct keeper *k)
{
    int64_t now = clock_monotonic_ns(k->service->clock);

    if (!k->service->store || now - k->looked_ns < LOOK_MS * 1000000LL)
        return true;
    k->looked_ns = now;
    tell_health(k);
    write_counters(k);
    return !file_was_replaced(k);
}

void keeper_turn(struct keeper *k)
{
    for (size_t i = 0; i < k->count; i++)
        (void)drain_channel(k, k->channels[i]);
}

bool keeper_run(struct keeper *k)
{
    struct pollfd fds[CHANNELS_MAX + 1];

    for (size_t i = 0; i < k->count; i++)
        fds[i] = (struct pollfd){ .fd = k->channels[i], .events = POLLIN };
    fds[k->count] = (struct pollfd){ .fd = k->stop_fd, .events = POLLIN };
    for (;;) {
        if (poll(fds, k->count + 1, LOOK_MS) < 0)
            continue;
        if (fds[k->count].revents)
            return true;
        if (!look(k))
            return false;
        for (size_t i = 0; i < k->count; i++)
            if (fds[i].revents && !drain_channel(k, fds[i].fd))
                return false;   /* a front can shut a channel for those after it: all must be made anew */
    }
}

void keeper_stop(struct keeper *k)
{
    uint64_t one = 1;

    if (write(k->stop_fd, &one, sizeof one) < 0)
        return;
}

void keeper_close(struct keeper *k)
{
    if (k->hashing)
        lane_close(k->hashing);
    if (k->writing)
        lane_close(k->writing);
    if (k->stop_fd >= 0)
        close(k->stop_fd);
    write_last_counters(k);
    if (k->desk)
        worker_close(k->desk);
    if (k->db)
        store_session_close(k->db);
    free(k->packet);
    free(k);
}
