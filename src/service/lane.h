/* service/lane.h: a queue of jobs and the threads that run them, bounded by time.
 *
 * Kinds of work have lanes of their own, so that a flood of one cannot starve the other.  A job
 * that would probably wait longer than the bound is refused at once; one that did wait longer is
 * given up when its turn comes.  A job that waits for a commit (base/blocking.h) leaves its place to
 * the next one meanwhile, so that a lane for hashes goes on hashing.  In a lane there are two classes: jobs of the first run before all
 * of the second, and wait behind none of them.  Any thread may submit. */
#pragma once
#include "base/clock.h"
#include "base/str.h"

struct job {
    void (*run)(struct job *j, void *worker);       /* on a worker's thread; owns the job from here */
    void (*give_up)(struct job *j, void *worker);   /* it waited too long, or the lane is closing */
    bool        goes_first;     /* of the first class */
    int64_t     queued_ns;      /* private from here */
    struct job *next;
};

struct lane;

struct lane_settings {
    const char         *name;
    unsigned            workers;                    /* jobs that run at a time, */
    unsigned            spare;                      /* and so many more that wait for a commit */
    int                 nice;                       /* of the workers: above 0 they give way to what must answer soon */
    int64_t             wait_ms_max;
    const struct clock *clock;
    void *(*worker_open)(void *context);            /* what each worker's thread has of its own */
    void  (*worker_close)(void *worker);
    void  (*idle)(void *context);                   /* nothing waits and nothing runs any more; NULL for nothing to do */
    void *context;
    bool  inline_jobs;          /* no threads: submit runs the job */
};

struct lane *lane_open(const struct lane_settings *s);  /* NULL: no memory or threads */
void         lane_close(struct lane *l);                /* ends running jobs, gives up waiting ones */

/* False, and the job stays the caller's: it would wait too long; *wait_ms is how long. */
bool lane_submit(struct lane *l, struct job *j, int64_t *wait_ms);
