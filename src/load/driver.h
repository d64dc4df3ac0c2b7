/* load/driver.h: one thread that drives a share of a visit's connections (private to the load
 * layer).
 *
 * A driver belongs to its thread; the visit's thread only reads `correct` and `failed`, and what was
 * established when all have reported that they are ready, moves the shared phase, and looks at the
 * rest when the thread has ended.
 *
 *   CONNECTING -> SETTLING -> [PAUSE ->] WINDOW -> DRAIN -> ended
 *
 * In CONNECTING connections are opened and once-steps done; then each connection that is free
 * sends, at once (closed loop) or when a request falls due (open loop).  A window that is a number of
 * requests begins with nothing under way: in PAUSE what is may end. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "http/loop.h"
#include "load/client.h"
#include "load/clocks.h"
#include "load/schedule.h"
#include "load/visit.h"

enum phase { PHASE_CONNECTING, PHASE_SETTLING, PHASE_PAUSE, PHASE_WINDOW, PHASE_DRAIN };

struct shared {                     /* by all drivers of a visit */
    const struct visit *visit;
    _Atomic int         phase;
    _Atomic int64_t     begin_ns, end_ns;   /* of the window; INT64_MAX until known */
    _Atomic int64_t     tickets;            /* what is left of a quota; taken in blocks */
    pthread_mutex_t     mutex;
    pthread_cond_t      changed;            /* one of those below has */
    unsigned            ready, idle, exhausted, ended;
};

struct free_queue {                 /* connections without a request, longest idle first */
    struct client **ring;
    unsigned            size, first, count;
};

struct driver {
    struct shared     *shared;
    unsigned           index;
    pthread_t          thread;
    struct loop       *loop;
    struct client *connections;
    unsigned           count, opened, connecting, unready, in_flight;
    struct free_queue  free;
    struct schedule    schedule;            /* open loop */
    struct watch       alarm;               /* a timerfd: the next due request */
    char              *receive;             /* where bytes arrive first, of all connections */
    struct buf         request, scratch;
    struct rng         rng;
    uint64_t           seq, sent;
    int64_t            tickets;
    bool               idle, exhausted;
    int64_t            exhausted_ns, alarm_ns;
    enum phase         seen;                /* the phase that the last turn saw */
    int64_t            cpu_begin_ns, cpu_end_ns;
    _Atomic uint64_t   correct, failed;     /* all phases; written by the driver alone */
    struct round_figures figures;           /* its share */
};

/* False: no memory or descriptors, errno says which; driver_close() in either case. */
bool driver_open(struct driver *d, struct shared *shared, unsigned index, unsigned connections);
void driver_close(struct driver *d);

/* The thread's function. */
void *driver_run(void *driver);

/* ---- For its connections -------------------------------------------------------------------- */

enum { RECEIVE_BYTES = 64 * 1024 };

static inline enum phase driver_phase(const struct driver *d)
{
    return (enum phase)atomic_load_explicit(&d->shared->phase, memory_order_acquire);
}

/* A first connection is established (error 0) or not. */
void driver_connected(struct driver *d, int error);

/* The connection's preparations (once-steps) are over, for better or worse. */
void driver_prepared(struct driver *d);

/* The connection has no request any more: send the next, keep it as free, or end it. */
void driver_free(struct driver *d, struct client *c);

void driver_count(struct driver *d, const struct client *c, enum outcome o, int64_t now_ns);

