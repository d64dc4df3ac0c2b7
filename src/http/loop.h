/* http/loop.h: an event loop on epoll, with timers and a way to be woken.
 *
 * A loop belongs to the thread that runs it; only loop_wake() may be called from another.
 * Watches, timers and tasks are embedded in the objects that own them and must be removed before
 * those go away.  A callback may remove any watch or timer, its own included.  A turn is: wait,
 * events, timers, tasks, turn hooks. */
#pragma once
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/str.h"

struct loop;

struct watch {
    int  fd;
    void (*ready)(struct watch *w, uint32_t events);
    uint32_t events;            /* private to loop.c from here */
    bool     active;
};

struct timer {
    void (*expired)(struct timer *t);
    int64_t deadline_ns;        /* private from here; monotonic, 0 when not set */
    struct timer *previous, *next;
};

struct task {
    void (*run)(struct task *t);
    bool queued;                /* private from here */
    struct task *next;
};

struct loop *loop_open(const struct clock *clock);   /* NULL: no descriptors or memory, see errno */
void         loop_close(struct loop *l);

/* Watch w->fd for EPOLLIN, EPOLLOUT (level-triggered unless EPOLLET is among them).  False: see
 * errno. */
bool loop_watch(struct loop *l, struct watch *w, uint32_t events)
    __attribute__((warn_unused_result));
bool loop_rewatch(struct loop *l, struct watch *w, uint32_t events)
    __attribute__((warn_unused_result));
void loop_unwatch(struct loop *l, struct watch *w);

/* For EPOLLET: what is ready now is an edge once more.  False: see errno. */
bool loop_rearm(struct loop *l, struct watch *w) __attribute__((warn_unused_result));

/* Stops watching and closes w->fd, one system call; nobody else may hold a duplicate of it. */
void loop_watch_close(struct loop *l, struct watch *w);

/* (Re)sets a timer, `ms` from now; expiry is coarse: never early, at most TIMER_SLACK_MS late.
 * O(1). */
enum { TIMER_SLACK_MS = 100 };
void loop_timer_set(struct loop *l, struct timer *t, int64_t ms);
void loop_timer_clear(struct loop *l, struct timer *t);

/* Runs `t` once, after the events of this turn, or of the next one, which then does not wait.
 * Posting what is already queued does nothing; a task that posts itself runs again in the next
 * turn. */
void loop_post(struct loop *l, struct task *t);
void loop_unpost(struct loop *l, struct task *t);

/* Monotonic nanoseconds, read once a turn. */
int64_t loop_now_ns(const struct loop *l);

/* Microseconds since 1970, read at most once a turn. */
int64_t loop_wall_us(struct loop *l);

/* What to do once in every turn after all events were handled, and when woken.  Each call adds
 * one (at most LOOP_HOOKS_MAX of a kind), loop_unhook() takes away those of a context. */
enum { LOOP_HOOKS_MAX = 8 };
void loop_on_turn(struct loop *l, void (*turn)(void *context), void *context);
void loop_on_wake(struct loop *l, void (*woken)(void *context), void *context);
void loop_unhook(struct loop *l, const void *context);

void loop_run(struct loop *l);                  /* until loop_stop() */

/* One wait, at most `timeout_ms` (-1: until something happens), and its events; for tests and
 * single-threaded runs.  True when an event, a timer or a task was handled. */
bool loop_turn(struct loop *l, int timeout_ms);

void loop_stop(struct loop *l);                 /* on the loop's thread */
void loop_wake(struct loop *l);                 /* any thread, async-signal-safe */
