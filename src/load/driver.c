/* driver.c: connects its share, then keeps every free connection asking, by turns of an event loop.
 *
 * Nothing that several threads write is touched for each request, but the tickets of a quota, which
 * are taken in blocks.  What a request counts for is decided when it is sent (its latency and how
 * it ended) and when it is answered (throughput). */
#include "load/driver.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/check.h"

enum {
    CONNECTING_MAX = 64,        /* at a time: more would overflow a listener's backlog */
    TICKETS_BLOCK = 64,
    REQUEST_BYTES_MAX = 4 * 1024 * 1024,
    VALUES_BYTES_MAX = 256 * 1024,
    NS_PER_S = 1000000000,
};

static void tell(struct driver *d, unsigned *count)
{
    pthread_mutex_lock(&d->shared->mutex);
    ++*count;
    pthread_cond_signal(&d->shared->changed);
    pthread_mutex_unlock(&d->shared->mutex);
}

/* ---- Free connections ----------------------------------------------------------------------------- */

static void free_put(struct free_queue *q, struct client *c)
{
    CHECK(q->count < q->size);
    q->ring[(q->first + q->count++) % q->size] = c;
}

static struct client *free_take(struct free_queue *q)
{
    struct client *c = q->ring[q->first];

    q->first = (q->first + 1) % q->size;
    q->count--;
    return c;
}

/* ---- Sending -------------------------------------------------------------------------------------- */

/* Tickets that a block leaves over are lost to the others, so the last ones are taken singly. */
static bool take_ticket(struct driver *d)
{
    int64_t left, block;

    if (d->tickets > 0)
        return d->tickets-- > 0;
    left = atomic_load(&d->shared->tickets);
    do {
        if (left <= 0)
            return false;
        block = left > (int64_t)TICKETS_BLOCK * 4 * d->shared->visit->threads ? TICKETS_BLOCK : 1;
    } while (!atomic_compare_exchange_weak(&d->shared->tickets, &left, left - block));
    d->tickets = block - 1;
    return true;
}

static bool may_count(struct driver *d)
{
    if (d->shared->visit->quota == 0 || take_ticket(d))
        return true;
    if (!d->exhausted) {
        d->exhausted = true;
        d->exhausted_ns = now_ns();
        tell(d, &d->shared->exhausted);
    }
    return false;
}

static void ask_now(struct driver *d, struct client *c)
{
    enum phase phase = driver_phase(d);
    bool       in_window = phase == PHASE_WINDOW;

    if (phase == PHASE_DRAIN || phase == PHASE_PAUSE || (in_window && !may_count(d)))
        free_put(&d->free, c);
    else
        client_ask(c, now_ns(), in_window && !d->shared->visit->plan->steps[c->step].once);
}

/* Nobody knows which step it would have been: the last one stands for it. */
static void count_unsent(struct driver *d, int64_t due, int64_t now)
{
    struct step_figures *f = &d->figures.steps[d->figures.steps_count - 1];

    f->outcomes[OUTCOME_UNSENT]++;
    histogram_add_unanswered(&f->latency, now - due);
}

/* Takes what is due: it is sent, or too late to be answered in time.  False: nothing more may be
 * sent. */
static bool ask_due(struct driver *d, int64_t due, int64_t now)
{
    int64_t begin = atomic_load(&d->shared->begin_ns), end = atomic_load(&d->shared->end_ns);
    bool    in_window = due >= begin && due < end;

    if (due >= end || (in_window && !may_count(d)))
        return false;
    schedule_take(&d->schedule);
    if (in_window)
        d->figures.due++;
    if (now - due > d->shared->visit->timeout_ns) {
        if (in_window)
            count_unsent(d, due, now);
        return true;
    }
    if (in_window)
        d->figures.late += schedule_is_late(&d->schedule, due, now);
    client_ask(free_take(&d->free), due, in_window);
    return true;
}

static void set_alarm(struct driver *d, int64_t due)
{
    const struct itimerspec at = { .it_value = { due / NS_PER_S, due % NS_PER_S } };

    if (d->alarm_ns == due)
        return;
    d->alarm_ns = due;
    timerfd_settime(d->alarm.fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* Sends what is due, to connections that are free. */
static void follow_schedule(struct driver *d)
{
    int64_t now = now_ns();

    for (;;) {
        int64_t due = schedule_due_ns(&d->schedule);
        if (due > now) {
            set_alarm(d, due);
            return;
        }
        if (d->free.count == 0) {
            d->schedule.blocked_ns = now;
            return;
        }
        if (!ask_due(d, due, now))
            return;
        now = now_ns();
    }
}

static bool is_open_loop(const struct driver *d)
{
    return d->shared->visit->rate > 0;
}

/* What was due in the window and is still to be sent when the drain ends. */
static void count_backlog(struct driver *d)
{
    int64_t begin = atomic_load(&d->shared->begin_ns), end = atomic_load(&d->shared->end_ns);
    int64_t now = now_ns();

    for (int64_t due; (due = schedule_due_ns(&d->schedule)) < end; schedule_take(&d->schedule)) {
        if (due < begin || !may_count(d))
            continue;
        d->figures.due++;
        count_unsent(d, due, now);
    }
}

/* ---- What connections report ---------------------------------------------------------------------- */

static void open_next(struct driver *d)
{
    struct client *c = &d->connections[d->opened++];

    d->connecting++;
    client_open(c);
}

void driver_connected(struct driver *d, int error)
{
    d->connecting--;
    if (error && !d->figures.connect_error)
        d->figures.connect_error = error;
    d->figures.established += !error;
}

void driver_prepared(struct driver *d)
{
    if (--d->unready == 0)
        tell(d, &d->shared->ready);
}

void driver_free(struct driver *d, struct client *c)
{
    if (is_open_loop(d) && d->free.count == 0)
        d->schedule.blocked_ns = now_ns();
    if (driver_phase(d) == PHASE_CONNECTING || is_open_loop(d))
        free_put(&d->free, c);
    else
        ask_now(d, c);
}

/* The driver is the only writer: no read-modify-write is needed. */
static void add_one(_Atomic uint64_t *count)
{
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* Sent before the window and not answered in it: what hangs holds its connection, and counts. */
static bool hung_on(const struct driver *d, const struct client *c, int64_t now)
{
    return !d->shared->visit->plan->steps[c->step].once && now >= atomic_load(&d->shared->begin_ns);
}

void driver_count(struct driver *d, const struct client *c, enum outcome o, int64_t now)
{
    struct step_figures *f = &d->figures.steps[c->step];

    add_one(o == OUTCOME_CORRECT ? &d->correct : &d->failed);
    if (o == OUTCOME_CORRECT && driver_phase(d) == PHASE_WINDOW && !d->exhausted)
        f->completed++;
    if (o == OUTCOME_STATUS && !d->figures.example_status)
        d->figures.example_status = c->reader.status;
    if (!c->in_window && !(o == OUTCOME_TIMEOUT && hung_on(d, c, now)))
        return;
    f->outcomes[o]++;
    if (o == OUTCOME_CORRECT) {
        histogram_add(&f->latency, now - c->start_ns);
        return;
    }
    f->failed_ns += now - c->start_ns;
    if (outcome_infos[o].unanswered)
        histogram_add_unanswered(&f->latency, now - c->start_ns);
}

/* ---- Turns ---------------------------------------------------------------------------------------- */

static void begin_asking(struct driver *d)
{
    if (is_open_loop(d)) {
        const struct visit *v = d->shared->visit;
        d->schedule = schedule_new(now_ns(), v->rate, d->index, v->threads);
        return;
    }
    for (unsigned waiting = d->free.count; waiting > 0; waiting--)
        ask_now(d, free_take(&d->free));
}

static void see_phase(struct driver *d)
{
    enum phase phase = driver_phase(d);

    if (phase == d->seen)
        return;
    if (phase != PHASE_DRAIN && (d->seen == PHASE_CONNECTING || d->seen == PHASE_PAUSE))
        begin_asking(d);
    if (d->seen < PHASE_WINDOW && phase >= PHASE_WINDOW)
        d->cpu_begin_ns = thread_cpu_ns();
    if (phase == PHASE_DRAIN)
        d->cpu_end_ns = thread_cpu_ns();
    d->seen = phase;
}

static bool drain_is_over(const struct driver *d)
{
    return d->seen == PHASE_DRAIN &&
           now_ns() > atomic_load(&d->shared->end_ns) + d->shared->visit->timeout_ns;
}

static bool is_backlogged(const struct driver *d)
{
    return is_open_loop(d) && d->seen == PHASE_DRAIN && !d->exhausted && d->schedule.interval_ns > 0 &&
           schedule_due_ns(&d->schedule) < atomic_load(&d->shared->end_ns);
}

static bool is_sending(const struct driver *d)
{
    return is_open_loop(d) && d->seen > PHASE_CONNECTING && d->seen != PHASE_PAUSE && !d->exhausted && !drain_is_over(d);
}

static void turn(void *context)
{
    struct driver *d = context;

    see_phase(d);
    if (d->shared->visit->stop && *d->shared->visit->stop)
        loop_stop(d->loop);
    while (d->opened < d->count && d->connecting < CONNECTING_MAX && d->seen == PHASE_CONNECTING)
        open_next(d);
    if (is_sending(d))
        follow_schedule(d);
    if (d->in_flight > 0)
        return;
    if (d->seen == PHASE_PAUSE && !d->idle) {
        d->idle = true;
        tell(d, &d->shared->idle);
    }
    if (d->seen != PHASE_DRAIN)
        return;
    if (!is_backlogged(d) || drain_is_over(d))
        loop_stop(d->loop);
}

static void rung(struct watch *w, uint32_t events)
{
    (void)w;
    (void)events;   /* the turn's end looks at the schedule */
}

void *driver_run(void *context)
{
    struct driver *d = context;

    loop_wake(d->loop);
    loop_run(d->loop);
    if (is_open_loop(d) && d->seen == PHASE_DRAIN && d->schedule.interval_ns > 0)
        count_backlog(d);
    tell(d, &d->shared->ended);
    return NULL;
}

/* ---- Opening and closing -------------------------------------------------------------------------- */

static bool open_histograms(struct round_figures *f, unsigned steps)
{
    f->steps_count = steps;
    for (unsigned i = 0; i < steps; i++)
        if (!histogram_open(&f->steps[i].latency))
            return false;
    return true;
}

static void init_connections(struct driver *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        struct client *c = &d->connections[i];
        c->driver = d;
        c->watch.fd = -1;
        c->number = d->index + i * d->shared->visit->threads;
        c->in = buf_growing(ANSWER_BYTES_MAX + 2 * RECEIVE_BYTES);
        c->kept_rest = buf_growing(REQUEST_BYTES_MAX);
        c->once_values = arena_new(VALUES_BYTES_MAX);
        c->pass_values = arena_new(VALUES_BYTES_MAX);
    }
}

bool driver_open(struct driver *d, struct shared *shared, unsigned index, unsigned connections)
{
    const struct visit *v = shared->visit;

    d->shared = shared;
    d->index = index;
    d->count = d->unready = connections;
    d->rng = rng_seeded(v->seed + index);
    d->seq = v->first_seq + index;
    d->alarm = (struct watch){ .fd = -1, .ready = rung };
    d->request = buf_growing(REQUEST_BYTES_MAX);
    d->scratch = buf_growing(REQUEST_BYTES_MAX);
    d->connections = calloc(connections, sizeof *d->connections);
    d->free = (struct free_queue){ calloc(connections, sizeof *d->free.ring), connections, 0, 0 };
    d->receive = malloc(RECEIVE_BYTES);
    d->loop = loop_open(&system_clock);
    if (!d->connections || !d->free.ring || !d->receive || !d->loop ||
        !open_histograms(&d->figures, v->plan->steps_count))
        return false;
    init_connections(d);
    loop_on_turn(d->loop, turn, d);
    if (!is_open_loop(d))
        return true;
    d->alarm.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return d->alarm.fd >= 0 && loop_watch(d->loop, &d->alarm, EPOLLIN | EPOLLET);
}

void driver_close(struct driver *d)
{
    for (unsigned i = 0; d->connections && i < d->opened; i++)
        client_close(&d->connections[i]);
    if (d->alarm.fd >= 0)
        loop_watch_close(d->loop, &d->alarm);
    loop_close(d->loop);
    for (unsigned i = 0; i < d->figures.steps_count; i++)
        histogram_close(&d->figures.steps[i].latency);
    buf_close(&d->request);
    buf_close(&d->scratch);
    free(d->connections);
    free(d->free.ring);
    free(d->receive);
}
