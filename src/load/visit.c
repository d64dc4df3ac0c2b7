/* visit.c: moves a visit through its phases while the drivers work, and adds up what they did.
 *
 * A window begins and ends when the clocks have been read, not when it was planned: however late
 * this thread wakes on a busy machine, counts and clocks are of the same time. */
#include "load/visit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "load/driver.h"

enum {
    NS_PER_S = 1000000000,
    LOOK_NS = NS_PER_S / 4,         /* between two looks at the rate */
    STEADY_LOOKS = 4,
};

static const double still_rising = 1.02;    /* the later half of the looks against the earlier */

struct run {
    const struct visit         *visit;
    const struct visit_watcher *watcher;
    struct shared               shared;
    struct driver              *drivers;
    unsigned                    opened, started;
    int64_t                     looked_ns;
    uint64_t                    looked_correct, begin_correct, begin_failed;
    double                      rate;           /* at the last look */
    bool                        stopped;
};

/* ---- Waiting ---------------------------------------------------------------------------------------- */

static bool is_stopped(struct run *r)
{
    r->stopped |= r->visit->stop && *r->visit->stop;
    return r->stopped;
}

static struct timespec timespec_of(int64_t ns)
{
    return (struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void sum(const struct run *r, uint64_t *correct, uint64_t *failed)
{
    *correct = *failed = 0;
    for (unsigned i = 0; i < r->started; i++) {
        *correct += atomic_load_explicit(&r->drivers[i].correct, memory_order_relaxed);
        *failed += atomic_load_explicit(&r->drivers[i].failed, memory_order_relaxed);
    }
}

static void look(struct run *r, int64_t now, int64_t until)
{
    uint64_t correct, failed;

    sum(r, &correct, &failed);
    if (now > r->looked_ns)
        r->rate = (double)(correct - r->looked_correct) * NS_PER_S / (double)(now - r->looked_ns);
    r->looked_ns = now;
    r->looked_correct = correct;
    struct visit_progress p = {
        .seconds_left = until == INT64_MAX ? 0 : (double)(until - now) / NS_PER_S,
        .correct = correct - r->begin_correct,
        .failed = failed - r->begin_failed,
        .rate = r->rate,
    };
    if (r->watcher->progress)
        r->watcher->progress(r->watcher->context, &p);
}

/* Sleeps until `until`, or until all drivers have reported themselves in *count; looks around on
 * the way. */
static void wait_until(struct run *r, int64_t until, const unsigned *count)
{
    unsigned wanted = r->started;

    pthread_mutex_lock(&r->shared.mutex);
    while (!is_stopped(r) && !(count && *count >= wanted)) {
        int64_t now = now_ns();
        if (now >= until)
            break;
        if (now - r->looked_ns >= LOOK_NS)
            look(r, now, until);
        struct timespec at = timespec_of(earlier(until, now + LOOK_NS));
        pthread_cond_timedwait(&r->shared.changed, &r->shared.mutex, &at);
    }
    pthread_mutex_unlock(&r->shared.mutex);
}

/* ---- Phases ------------------------------------------------------------------------------------------ */

static void move_to(struct run *r, enum phase phase)
{
    atomic_store_explicit(&r->shared.phase, phase, memory_order_release);
    for (unsigned i = 0; i < r->started; i++)
        loop_wake(r->drivers[i].loop);
}

/* Until the later looks are no longer faster than the earlier ones. */
static int64_t warm_up(struct run *r)
{
    int64_t begin = now_ns();
    double  rates[STEADY_LOOKS] = { 0 };

    for (unsigned i = 0; !is_stopped(r) && now_ns() - begin < r->visit->warm_up_max_ns; i++) {
        r->looked_ns = now_ns();
        sum(r, &r->looked_correct, &r->begin_failed);
        wait_until(r, r->looked_ns + LOOK_NS - 1, NULL);
        look(r, now_ns(), begin + r->visit->warm_up_max_ns);
        memmove(rates, rates + 1, sizeof rates - sizeof *rates);
        rates[STEADY_LOOKS - 1] = r->rate;
        if (i + 1 >= STEADY_LOOKS && rates[2] + rates[3] <= still_rising * (rates[0] + rates[1]))
            break;
    }
    return now_ns() - begin;
}

static void call(const struct run *r, void (*watch)(void *context))
{
    if (watch)
        watch(r->watcher->context);
}

static int64_t begin_window(struct run *r)
{
    call(r, r->watcher->window_begins);
    sum(r, &r->begin_correct, &r->begin_failed);
    int64_t begin = now_ns();
    atomic_store(&r->shared.begin_ns, begin);
    move_to(r, PHASE_WINDOW);
    return begin;
}

static void end_window(struct run *r, int64_t end)
{
    atomic_store(&r->shared.end_ns, end);
    move_to(r, PHASE_DRAIN);
    wait_until(r, INT64_MAX, &r->shared.ended);
}

/* By time: both readings of the servers' clocks lie just before the moments that they are for. */
static void run_timed_window(struct run *r, struct round_figures *out)
{
    int64_t begin = begin_window(r);

    wait_until(r, begin + r->visit->window_ns, NULL);
    call(r, r->watcher->window_ends);
    int64_t end = now_ns();
    out->window_ns = end - begin;
    end_window(r, end);
}

/* By count: nothing is under way when it begins, and all is answered when the clocks are read, so
 * that what the servers have spent was for these requests alone.  Its time ends with the last one
 * that is sent. */
static void run_counted_window(struct run *r, struct round_figures *out)
{
    move_to(r, PHASE_PAUSE);
    wait_until(r, INT64_MAX, &r->shared.idle);
    int64_t begin = begin_window(r), end = begin;
    wait_until(r, INT64_MAX, &r->shared.exhausted);
    end_window(r, now_ns());
    call(r, r->watcher->window_ends);
    for (unsigned i = 0; i < r->started; i++)
        if (r->drivers[i].exhausted_ns > end)
            end = r->drivers[i].exhausted_ns;
    out->window_ns = end - begin;
}

/* After all have reported that they are ready. */
static unsigned count_established(const struct run *r)
{
    unsigned count = 0;

    for (unsigned i = 0; i < r->started; i++)
        count += r->drivers[i].figures.established;
    return count;
}

static void settle(struct run *r, int64_t *warmed_ns)
{
    move_to(r, PHASE_SETTLING);
    if (r->visit->warm_up)
        *warmed_ns = warm_up(r);
    wait_until(r, now_ns() + r->visit->settle_ns, NULL);
}

static void run_phases(struct run *r, struct round_figures *out, int64_t *warmed_ns)
{
    wait_until(r, INT64_MAX, &r->shared.ready);
    if (is_stopped(r) || count_established(r) == 0) {
        atomic_store(&r->shared.end_ns, now_ns());
        move_to(r, PHASE_DRAIN);
        return;
    }
    if (r->visit->warm_up || r->visit->settle_ns > 0)
        settle(r, warmed_ns);
    if (r->visit->quota)
        run_counted_window(r, out);
    else
        run_timed_window(r, out);
}

/* ---- Drivers ----------------------------------------------------------------------------------------- */

static bool start_thread(struct run *r, struct driver *d)
{
    pthread_attr_t attributes;

    if (pthread_attr_init(&attributes))
        return false;
    if (r->visit->cpus)
        pthread_attr_setaffinity_np(&attributes, sizeof *r->visit->cpus, r->visit->cpus);
    int error = pthread_create(&d->thread, &attributes, driver_run, d);
    pthread_attr_destroy(&attributes);
    errno = error;
    return error == 0;
}

/* Connections are dealt out so that none is left over. */
static bool open_drivers(struct run *r)
{
    unsigned threads = r->visit->threads, connections = r->visit->connections;

    r->drivers = calloc(threads, sizeof *r->drivers);
    if (!r->drivers)
        return false;
    for (unsigned i = 0; i < threads; i++) {
        r->opened++;
        if (!driver_open(&r->drivers[i], &r->shared, i, connections / threads + (i < connections % threads)))
            return false;
    }
    return true;
}

/* Signals are the caller's thread's. */
static bool start_drivers(struct run *r)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (r->started < r->opened && start_thread(r, &r->drivers[r->started]))
        r->started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r->started == r->opened;
}

static void join_drivers(struct run *r)
{
    for (unsigned i = 0; i < r->started; i++)
        pthread_join(r->drivers[i].thread, NULL);
}

static void add_step(struct step_figures *into, const struct step_figures *from)
{
    for (unsigned i = 0; i < OUTCOMES; i++)
        into->outcomes[i] += from->outcomes[i];
    into->completed += from->completed;
    into->failed_ns += from->failed_ns;
    histogram_merge(&into->latency, &from->latency);
}

static void add_driver(struct round_figures *into, const struct driver *d)
{
    const struct round_figures *from = &d->figures;

    into->established += from->established;
    if (!into->connect_error)
        into->connect_error = from->connect_error;
    into->reconnects += from->reconnects;
    into->sent += d->sent;
    into->due += from->due;
    into->late += from->late;
    into->generator_cpu_ns += d->cpu_end_ns - d->cpu_begin_ns;
    if (!into->example_status)
        into->example_status = from->example_status;
    if (d->seq > into->next_seq)
        into->next_seq = d->seq;
    for (unsigned i = 0; i < from->steps_count; i++)
        add_step(&into->steps[i], &from->steps[i]);
}

/* What the servers' CPU time was for. */
static void count_answered(const struct visit *v, struct round_figures *f)
{
    for (unsigned i = 0; i < f->steps_count; i++)
        if (!v->plan->steps[i].once)
            f->answered += v->quota ? f->steps[i].outcomes[OUTCOME_CORRECT] : f->steps[i].completed;
}

static void init_shared(struct run *r)
{
    pthread_condattr_t monotonic;

    r->shared.visit = r->visit;
    atomic_init(&r->shared.phase, PHASE_CONNECTING);
    atomic_init(&r->shared.begin_ns, INT64_MAX);
    atomic_init(&r->shared.end_ns, INT64_MAX);
    atomic_init(&r->shared.tickets, (int64_t)r->visit->quota);
    pthread_mutex_init(&r->shared.mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->shared.changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void close_run(struct run *r)
{
    for (unsigned i = 0; i < r->opened; i++)
        driver_close(&r->drivers[i]);
    free(r->drivers);
    pthread_cond_destroy(&r->shared.changed);
    pthread_mutex_destroy(&r->shared.mutex);
}

static enum visit_verdict verdict_on(struct run *r, const struct round_figures *f, struct buf *why)
{
    if (r->stopped)
        return VISIT_STOPPED;
    if (f->established)
        return VISIT_DONE;
    buf_format(why, "no connection: %s", strerror(f->connect_error));
    return VISIT_UNREACHABLE;
}

enum visit_verdict visit_run(const struct visit *v, const struct visit_watcher *watcher,
                             struct round_figures *out, int64_t *warmed_ns, struct buf *why)
{
    struct run r = { .visit = v, .watcher = watcher, .looked_ns = now_ns() };

    CHECK(v->threads > 0 && v->connections >= v->threads);
    CHECK(out->steps_count == v->plan->steps_count);
    init_shared(&r);
    *warmed_ns = 0;
    out->asked = v->connections;
    enum visit_verdict verdict = VISIT_NO_MEMORY;
    if (!open_drivers(&r) || !start_drivers(&r)) {
        buf_format(why, "no threads, descriptors or memory: %s", strerror(errno));
        r.stopped = true;
        atomic_store(&r.shared.end_ns, now_ns());
        move_to(&r, PHASE_DRAIN);
        join_drivers(&r);
    } else {
        run_phases(&r, out, warmed_ns);
        wait_until(&r, INT64_MAX, &r.shared.ended);
        if (is_stopped(&r))
            move_to(&r, PHASE_DRAIN);
        join_drivers(&r);
        for (unsigned i = 0; i < r.opened; i++)
            add_driver(out, &r.drivers[i]);
        count_answered(v, out);
        verdict = verdict_on(&r, out, why);
    }
    close_run(&r);
    return verdict;
}
