/* load/visit.h: one visit to one target: connect, settle, window, drain.
 *
 * The caller's thread waits; `threads` others drive the connections, each with an event loop,
 * histograms and counts of its own, which are merged when they have ended. */
#pragma once
#include <sched.h>
#include <stdatomic.h>

#include "load/expect.h"
#include "load/outcome.h"
#include "load/plan.h"
#include "stats/histogram.h"

struct step_figures {                   /* of one step in one round */
    uint64_t         outcomes[OUTCOMES];/* of the requests of the window */
    uint64_t         completed;         /* correct answers that came inside the window */
    int64_t          failed_ns;         /* how long the others held a connection, together */
    struct histogram latency;           /* of the correct ones, and the unanswered */
};

struct round_figures {
    int64_t  window_ns;
    unsigned asked, established;        /* connections */
    int      connect_error;             /* errno of the first that was not established, or 0 */
    uint64_t reconnects;                /* closed by the server between two requests, unasked, and opened anew */
    uint64_t answered;                  /* correct, of measured steps, while the servers' clocks ran */
    uint64_t sent;                      /* all requests of the visit, settling and drain included */
    uint64_t next_seq;                  /* the first {{seq}} that was not used */
    uint64_t due;                       /* open loop: fell due inside the window */
    uint64_t late;                      /* of them sent more than 1 ms late though a connection was free */
    int64_t  generator_cpu_ns;          /* of the driving threads, inside the window */
    int      example_status;            /* of a wrong answer, or 0 */
    struct step_figures steps[STEPS_MAX];
    unsigned steps_count;
};

/* What is seen while a visit goes on; on the caller's thread, about four times a second. */
struct visit_progress {
    double   seconds_left;
    uint64_t correct, failed;           /* since the window began */
    double   rate;                      /* correct answers a second, of late */
};

struct visit_watcher {                  /* each may be NULL */
    void (*window_begins)(void *context);       /* just before it: for reading clocks */
    void (*window_ends)(void *context);         /* just before its end; by count: when all is answered */
    void (*progress)(void *context, const struct visit_progress *p);
    void *context;
};

struct visit {
    const struct plan   *plan;
    const struct expect *expects;       /* one a step */
    unsigned connections, threads;
    int64_t  settle_ns;
    int64_t  window_ns;                 /* 0: until `quota` requests have been sent */
    uint64_t quota;                     /* 0: by time */
    double   rate;                      /* a second, all connections together; 0: closed loop */
    int64_t  timeout_ns;
    bool     warm_up;                   /* settle until throughput stops rising, */
    int64_t  warm_up_max_ns;            /* at most so long */
    uint64_t seed;
    uint64_t first_seq;                 /* {{seq}} of the first request */
    const atomic_int *stop;  /* ends the visit when it becomes true; may be NULL */
    const cpu_set_t *cpus;              /* where the driving threads may run; NULL: anywhere */
};

enum visit_verdict {
    VISIT_DONE,
    VISIT_UNREACHABLE,                  /* not one connection; `why` says what the target said */
    VISIT_NO_MEMORY,                    /* or no threads or descriptors: `why` */
    VISIT_STOPPED,
};

/* Histograms of `out` are opened by the caller.  *warmed_ns: how long warm_up took. */
enum visit_verdict visit_run(const struct visit *v, const struct visit_watcher *watcher,
                             struct round_figures *out, int64_t *warmed_ns, struct buf *why);

/* One request on a connection of its own, blocking, at most timeout_ns; for readiness and for
 * comparing answers.  *status 0 and a sentence in `why` when there was no answer. */
bool visit_ask(const struct plan *p, const struct step *s, const struct filling *f,
               int64_t timeout_ns, int *status, struct buf *media_type, struct buf *body,
               struct buf *why);
