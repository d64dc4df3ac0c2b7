/* writer.h: the one place where a database is written.
 *
 * Callers leave a job and wait.  The writer takes all jobs that wait, runs them in one
 * transaction, each behind a savepoint so that a refused one fails alone, commits (one fsync for
 * all), and only then answers.  When the storage fails nobody is told otherwise: all jobs of
 * that transaction are UNAVAILABLE.
 *
 *          job               commit fails, file gone             open again, one write committed
 *   idle -------> working -----------------------------> out --------------------------------> idle
 *
 * While it is out it tries by itself, ever more slowly.  It runs on a thread of its own, or,
 * inline, on the thread of each caller. */
#pragma once
#include <pthread.h>
#include <semaphore.h>

#include "store/database.h"

/* Lives on the stack of the waiting caller. */
struct job {
    struct job        *next;
    const struct plan *plan;        /* one statement, with `call`; or NULL and `work` */
    const struct call *call;
    store_work        *work;
    void              *context;
    problem            answer;
    sem_t             *answered;
};

struct writer {
    struct source        *from;
    struct store_session *inside;   /* what `work` is given; borrowed */
    bool                  is_inline;
    struct database       database;
    struct outage         outage;
    atomic_int_fast64_t   writes, commits, checkpoints;
    atomic_uint_fast64_t  generation;   /* grows when another file was opened; starts at 1 */

    /* the writer's own */
    struct identity was;            /* the file that was open last */
    int64_t         retry_at_ns;
    int             retry_ms;
    int             probe_ms;
    int             log_pages, log_pages_done;  /* in the log; how many there were at the last checkpoint */

    /* under the lock; inline, all of the writer is under it */
    pthread_mutex_t lock;
    pthread_cond_t  wanted;
    struct job     *first, **last;
    bool            look, stopping, started;
    pthread_t       thread;
};

/* Opens the database and starts.  False with a line in `why`; then it is closed. */
bool writer_open(struct writer *w, struct source *from, struct store_session *inside,
                 struct buf *why);
void writer_close(struct writer *w);

/* Blocks until the job is on the disk or has failed. */
problem writer_run(struct writer *w, struct job *job) MUST_CHECK;

/* Asks the writer to look whether its file is in place, at its leisure. */
void writer_look(struct writer *w);
