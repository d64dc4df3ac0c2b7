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
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "service/lane.h"
#include "service/message.h"
#include "service/signing.h"

enum {
    LOOK_MS = 1000,
    WRITE_WORKERS = 8,
    ARENA_BYTES = 1 << 20,
    HASHING_NICE = 10,
    CHANNELS_MAX = 64,
    SEND_WAIT_MS = 5000,
    PACKETS_MAX = 256,
};

struct keeper {
    struct service *service;
    struct lane    *hashing, *writing;
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
    size_t         len;
    char           bytes[];
};

/* What a worker's thread has of its own. */
struct worker {
    struct keeper        *keeper;
    struct store_session *db;   /* opened at the first call */
    struct arena          arena;
    struct buf            body, packet;
};

/* ---- Answers ---------------------------------------------------------------------------- */

/* A front that does not read its answers is waited for, but not for ever. */
static void send_packet(int channel, struct str packet)
{
    while (send(channel, packet.at, packet.len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        struct pollfd ready = { .fd = channel, .events = POLLOUT };
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN || poll(&ready, 1, SEND_WAIT_MS) == 0) {
            log_event(LOG_LEVEL_WARN, "answer_lost", NULL);
            return;
        }
    }
}

static void send_answer(struct worker *w, int channel, const struct call_message *m,
                        const struct api_answer *a)
{
    buf_reset(&w->packet);
    message_write_answer(&w->packet, &(struct answer_message){
        .ticket = m->ticket,
        .endpoint = m->endpoint,
        .status = (uint16_t)a->status,
        .retry_after_s = (uint32_t)a->retry_after_s,
        .body = buf_str(&a->body),
    });
    if (!w->packet.failed)
        send_packet(channel, buf_str(&w->packet));
    buf_wipe(&w->packet);
}

static void send_busy(struct worker *w, int channel, const struct call_message *m, int64_t wait_ms)
{
    struct api_answer a = { .body = w->body, .retry_after_s = (int)(wait_ms / 1000) + 1 };

    answer_problem(&w->keeper->service->endpoints, UNAVAILABLE, &a);
    send_answer(w, channel, m, &a);
    w->body = a.body;
    buf_wipe(&w->body);     /* the next call begins with an empty one */
}

/* ---- Work ------------------------------------------------------------------------------- */

static bool worker_is_ready(struct worker *w)
{
    struct service *s = w->keeper->service;

    if (s->store && !w->db)
        w->db = store_session_open(s->store);
    return !s->store || w->db;
}

static void run_call(struct worker *w, const struct call_message *m, int64_t now_us,
                     struct api_answer *a)
{
    struct service        *s = w->keeper->service;
    const struct endpoint *ep = &s->endpoints.rows[m->endpoint];
    struct call c = {
        .arena = &w->arena, .db = w->db, .service = s, .address = m->address, .now_us = now_us
    };

    if (!worker_is_ready(w)) {
        answer_problem(&s->endpoints, UNAVAILABLE, a);
        return;
    }
    c.db = w->db;
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

static void job_run(struct job *job, void *worker)
{
    struct keeper_job  *j = (struct keeper_job *)job;
    struct worker      *w = worker;
    struct call_message m = read_again(j);
    struct api_answer   a = { .body = w->body };

    run_call(w, &m, j->now_us, &a);
    send_answer(w, j->channel, &m, &a);
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

    send_busy(w, j->channel, &m, w->keeper->service->options.queue_wait_ms);
    job_free(j);
}

static void *worker_open(void *context)
{
    struct worker *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->keeper = context;
    w->arena = arena_new(ARENA_BYTES);
    w->body = buf_growing(MESSAGE_BYTES_MAX - 1024);
    w->packet = buf_growing(MESSAGE_BYTES_MAX);
    return w;
}

static void worker_close(void *worker)
{
    struct worker *w = worker;

    if (w->db)
        store_session_close(w->db);
    arena_close(&w->arena);
    buf_close(&w->body);
    buf_close(&w->packet);
    free(w);
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
    struct worker *w = worker_open(k);
    if (w) {
        send_busy(w, j->channel, m, wait_ms);
        worker_close(w);
    }
    job_free(j);
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
    submit(k, hashes ? k->hashing : k->writing, j, &m);
}

static void serve_hello(struct keeper *k, int channel)
{
    char       bytes[MESSAGE_KEYS_BYTES_MAX];
    struct buf packet = buf_fixed(bytes, sizeof bytes);

    signing_describe(k->service, &packet);
    CHECK(!packet.failed);
    send_packet(channel, buf_str(&packet));
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

/* ---- Life ------------------------------------------------------------------------------- */

/* What the last hashes left in memory is wiped when no further one will overwrite it soon. */
static void hashing_is_idle(void *context)
{
    struct keeper *k = context;

    password_hasher_wipe(k->service->hasher);
}

static bool open_lanes(struct keeper *k)
{
    struct lane_settings l = {
        .name = "hashing",
        .workers = (unsigned)k->service->options.hash_threads,
        .nice = HASHING_NICE,
        .wait_ms_max = k->service->options.queue_wait_ms,
        .clock = k->service->clock,
        .worker_open = worker_open,
        .worker_close = worker_close,
        .idle = hashing_is_idle,
        .context = k,
        .inline_jobs = k->service->one_thread,
    };

    k->hashing = lane_open(&l);
    l.name = "writing";
    l.idle = NULL;
    l.nice = 0;
    l.workers = WRITE_WORKERS;
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
    k->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    k->packet = malloc(MESSAGE_BYTES_MAX);
    k->db = s->store ? store_session_open(s->store) : NULL;
    if (k->stop_fd < 0 || !k->packet || (s->store && !k->db) || !open_lanes(k)) {
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
    if (k->db)
        store_session_close(k->db);
    free(k->packet);
    free(k);
}
