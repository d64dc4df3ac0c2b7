/* loop.c: one epoll descriptor, a wheel of timers, and an eventfd that other threads write to.
 *
 * The events of a wait are kept in the loop while they are handled, so that a watch which is
 * removed in between can be struck from them.  The eventfd is edge-triggered and never read:
 * each write is an edge. */
#include "http/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/blocking.h"
#include "base/check.h"
#include "http/wheel.h"

enum { EVENTS_MAX = 256 };

struct hook {
    void (*run)(void *context);
    void *context;
};

struct hooks {
    struct hook rows[LOOP_HOOKS_MAX];
    unsigned    count;
};

struct loop {
    const struct clock *clock;
    int                 epoll;
    bool                in_turn, stopped;
    int64_t             now_ns;
    int64_t             wall_us;        /* 0: not read in this turn */
    struct watch        waker;
    atomic_bool         wake_pending;
    struct hooks        on_turn, on_wake;
    struct task        *tasks, **tasks_end;
    unsigned            tasks_count;
    int                 events_count;
    struct epoll_event  events[EVENTS_MAX];
    struct wheel        wheel;
};

static void hooks_run(const struct hooks *h)
{
    for (unsigned i = 0; i < h->count; i++)
        h->rows[i].run(h->rows[i].context);
}

static void hooks_add(struct hooks *h, void (*run)(void *context), void *context)
{
    CHECK(h->count < LOOP_HOOKS_MAX);
    h->rows[h->count++] = (struct hook){ run, context };
}

static void hooks_remove(struct hooks *h, const void *context)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < h->count; i++)
        if (h->rows[i].context != context)
            h->rows[kept++] = h->rows[i];
    h->count = kept;
}

/* Whoever queued work before it found wake_pending set is seen by the hooks, which run after
 * this exchange. */
static void woken(struct watch *w, uint32_t events)
{
    struct loop *l = (struct loop *)((char *)w - offsetof(struct loop, waker));

    (void)events;
    atomic_exchange(&l->wake_pending, false);
    hooks_run(&l->on_wake);
}

static void read_clock(struct loop *l)
{
    l->now_ns = clock_monotonic_ns(l->clock);
    l->wall_us = 0;
}

struct loop *loop_open(const struct clock *clock)
{
    struct loop *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->clock = clock;
    l->tasks_end = &l->tasks;
    read_clock(l);
    wheel_init(&l->wheel, l->now_ns);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->waker = (struct watch){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = woken };
    if (l->epoll < 0 || l->waker.fd < 0 || !loop_watch(l, &l->waker, EPOLLIN | EPOLLET)) {
        loop_close(l);
        return NULL;
    }
    return l;
}

void loop_close(struct loop *l)
{
    if (!l)
        return;
    int error = errno;
    if (l->waker.fd >= 0)
        close(l->waker.fd);
    if (l->epoll >= 0)
        close(l->epoll);
    free(l);
    errno = error;
}

static bool control(struct loop *l, int operation, struct watch *w, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = w };

    if (epoll_ctl(l->epoll, operation, w->fd, &e))
        return false;
    w->events = events;
    return true;
}

/* An event that was waited for together with the one being handled must not reach a removed
 * watch. */
static void strike(struct loop *l, const struct watch *w)
{
    for (int i = 0; i < l->events_count; i++)
        if (l->events[i].data.ptr == w)
            l->events[i].data.ptr = NULL;
}

bool loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
    CHECK(!w->active);
    w->active = control(l, EPOLL_CTL_ADD, w, events);
    return w->active;
}

bool loop_rewatch(struct loop *l, struct watch *w, uint32_t events)
{
    CHECK(w->active);
    return w->events == events || control(l, EPOLL_CTL_MOD, w, events);
}

bool loop_rearm(struct loop *l, struct watch *w)
{
    CHECK(w->active);
    return control(l, EPOLL_CTL_MOD, w, w->events);
}

void loop_unwatch(struct loop *l, struct watch *w)
{
    if (!w->active)
        return;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    w->active = false;
    strike(l, w);
}

void loop_watch_close(struct loop *l, struct watch *w)
{
    if (w->active)
        strike(l, w);
    w->active = false;
    close(w->fd);
    w->fd = -1;
}

void loop_timer_set(struct loop *l, struct timer *t, int64_t ms)
{
    if (!l->in_turn)
        read_clock(l);
    wheel_set(&l->wheel, t, l->now_ns + ms * 1000000);
}

void loop_timer_clear(struct loop *l, struct timer *t)
{
    wheel_clear(&l->wheel, t);
}

void loop_post(struct loop *l, struct task *t)
{
    if (t->queued)
        return;
    t->queued = true;
    t->next = NULL;
    *l->tasks_end = t;
    l->tasks_end = &t->next;
    l->tasks_count++;
}

void loop_unpost(struct loop *l, struct task *t)
{
    struct task **at = &l->tasks;

    if (!t->queued)
        return;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    if (l->tasks_end == &t->next)
        l->tasks_end = at;
    l->tasks_count--;
    t->queued = false;
}

int64_t loop_now_ns(const struct loop *l)
{
    return l->now_ns;
}

int64_t loop_wall_us(struct loop *l)
{
    if (!l->in_turn || !l->wall_us)
        l->wall_us = clock_wall_us(l->clock);
    return l->wall_us;
}

void loop_on_turn(struct loop *l, void (*turn)(void *context), void *context)
{
    hooks_add(&l->on_turn, turn, context);
}

void loop_on_wake(struct loop *l, void (*wake)(void *context), void *context)
{
    hooks_add(&l->on_wake, wake, context);
}

void loop_unhook(struct loop *l, const void *context)
{
    hooks_remove(&l->on_turn, context);
    hooks_remove(&l->on_wake, context);
}

/* Those queued until now; what they post waits for the next turn. */
static bool run_tasks(struct loop *l)
{
    unsigned count = l->tasks_count;

    for (unsigned i = 0; i < count && l->tasks; i++) {
        struct task *t = l->tasks;
        loop_unpost(l, t);
        t->run(t);
    }
    return count > 0;
}

static int wait_ms(const struct loop *l, int timeout_ms)
{
    if (l->tasks)
        return 0;
    int timers_ms = wheel_wait_ms(&l->wheel, l->now_ns);
    if (timers_ms < 0)
        return timeout_ms;
    return timeout_ms < 0 || timers_ms < timeout_ms ? timers_ms : timeout_ms;
}

static void handle_events(struct loop *l)
{
    for (int i = 0; i < l->events_count; i++) {
        struct watch *w = l->events[i].data.ptr;
        if (w)
            w->ready(w, l->events[i].events);
    }
    l->events_count = 0;
}

bool loop_turn(struct loop *l, int timeout_ms)
{
    int count = epoll_wait(l->epoll, l->events, EVENTS_MAX, wait_ms(l, timeout_ms));

    CHECK(count >= 0 || errno == EINTR);
    l->events_count = count > 0 ? count : 0;
    l->in_turn = true;
    blocking_forbid();
    read_clock(l);
    handle_events(l);
    bool any = count > 0;
    any |= wheel_expire(&l->wheel, l->now_ns);
    any |= run_tasks(l);
    hooks_run(&l->on_turn);
    blocking_allow();
    l->in_turn = false;
    return any;
}

void loop_run(struct loop *l)
{
    l->stopped = false;
    while (!l->stopped)
        loop_turn(l, -1);
}

void loop_stop(struct loop *l)
{
    l->stopped = true;
}

void loop_wake(struct loop *l)
{
    const uint64_t one = 1;
    int            error = errno;

    if (!atomic_exchange(&l->wake_pending, true))
        while (write(l->waker.fd, &one, sizeof one) < 0 && errno == EINTR)
            continue;
    errno = error;
}
