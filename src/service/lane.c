/* lane.c: a mutex, a condition and two lists. */
#include "service/lane.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/blocking.h"
#include "base/check.h"

enum { STACK_BYTES = 512 * 1024, JOBS_MAX = 65536 };

enum { FIRST, SECOND, CLASSES };

struct queue {
    struct job *first, **last;
    size_t      waiting;
};

struct lane {
    struct lane_settings settings;
    pthread_mutex_t      lock;
    pthread_cond_t       more;
    struct queue         queues[CLASSES];
    size_t               running;       /* and not waiting for a commit */
    int64_t              smoothed_ns;   /* of one job, without such waits */
    bool                 closing;
    unsigned             threads_count, started;
    pthread_cond_t       start;
    pthread_t           *threads;
    void                *inline_worker;
};

/* A thread that runs a job, and how long the job has waited for commits. */
struct seat {
    struct blocking_watch watch;
    struct lane          *lane;
    int64_t               since_ns, waited_ns;
};

static size_t waiting(const struct lane *l)
{
    return l->queues[FIRST].waiting + l->queues[SECOND].waiting;
}

static bool is_late(const struct lane *l, const struct job *j, int64_t now_ns)
{
    return now_ns - j->queued_ns > l->settings.wait_ms_max * 1000000;
}

/* A job of the second class that is late comes to be given up: nobody waits without a bound. */
static struct queue *next_queue(struct lane *l)
{
    struct queue *first = &l->queues[FIRST], *second = &l->queues[SECOND];

    if (!first->waiting)
        return second;
    bool late = second->waiting &&
                is_late(l, second->first, clock_monotonic_ns(l->settings.clock));
    return late ? second : first;
}

static struct job *take(struct lane *l)
{
    struct queue *q = next_queue(l);
    struct job   *j = q->first;

    q->first = j->next;
    if (!q->first)
        q->last = &q->first;
    q->waiting--;
    return j;
}

static void note_duration(struct lane *l, int64_t ns)
{
    l->smoothed_ns = l->smoothed_ns ? l->smoothed_ns + (ns - l->smoothed_ns) / 8 : ns;
}

/* There is a job, and a place to run it in. */
static bool may_take(const struct lane *l)
{
    return waiting(l) && l->running < l->settings.workers;
}

static void step_aside(struct blocking_watch *w)
{
    struct seat *s = (struct seat *)((char *)w - offsetof(struct seat, watch));
    struct lane *l = s->lane;

    s->since_ns = clock_monotonic_ns(l->settings.clock);
    pthread_mutex_lock(&l->lock);
    l->running--;
    if (may_take(l))
        pthread_cond_signal(&l->more);
    pthread_mutex_unlock(&l->lock);
}

/* At once, though another one runs in its place: what is left of the job is its answer. */
static void step_back(struct blocking_watch *w)
{
    struct seat *s = (struct seat *)((char *)w - offsetof(struct seat, watch));
    struct lane *l = s->lane;

    pthread_mutex_lock(&l->lock);
    l->running++;
    pthread_mutex_unlock(&l->lock);
    s->waited_ns += clock_monotonic_ns(l->settings.clock) - s->since_ns;
}

/* Runs one job outside the lock. */
static void run_one(struct seat *s, struct job *j, void *worker)
{
    struct lane *l = s->lane;
    int64_t      begun = clock_monotonic_ns(l->settings.clock);

    if (is_late(l, j, begun) || l->closing) {
        pthread_mutex_unlock(&l->lock);
        j->give_up(j, worker);
        pthread_mutex_lock(&l->lock);
        return;
    }
    s->waited_ns = 0;
    l->running++;
    pthread_mutex_unlock(&l->lock);
    j->run(j, worker);
    pthread_mutex_lock(&l->lock);
    l->running--;
    note_duration(l, clock_monotonic_ns(l->settings.clock) - begun - s->waited_ns);
}

static void run_dry(struct lane *l)
{
    if (waiting(l) || l->running || !l->settings.idle)
        return;
    pthread_mutex_unlock(&l->lock);
    l->settings.idle(l->settings.context);
    pthread_mutex_lock(&l->lock);
}

/* Of the calling thread alone: on Linux each has its own.  Never upwards, which takes a
 * privilege. */
static void give_way(int nice)
{
    if (getpriority(PRIO_PROCESS, 0) < nice)
        CHECK(setpriority(PRIO_PROCESS, 0, nice) == 0);
}

static void *work(void *context)
{
    struct lane *l = context;
    struct seat  seat = { .watch = { step_aside, step_back }, .lane = l };

    give_way(l->settings.nice);
    blocking_watch(&seat.watch);
    void *worker = l->settings.worker_open(l->settings.context);
    CHECK(worker);
    pthread_mutex_lock(&l->lock);
    l->started++;
    pthread_cond_signal(&l->start);
    while (waiting(l) || !l->closing) {
        if (may_take(l)) {
            run_one(&seat, take(l), worker);
            run_dry(l);
        } else {
            pthread_cond_wait(&l->more, &l->lock);
        }
    }
    pthread_cond_broadcast(&l->more);   /* the others wait for a place, and there is nothing left */
    pthread_mutex_unlock(&l->lock);
    blocking_watch(NULL);
    l->settings.worker_close(worker);
    return NULL;
}

/* A sandbox that comes next would not let them set their priority. */
static void wait_for_start(struct lane *l)
{
    pthread_mutex_lock(&l->lock);
    while (l->started < l->threads_count)
        pthread_cond_wait(&l->start, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

static bool start_threads(struct lane *l)
{
    pthread_attr_t attributes;

    unsigned wanted = l->settings.workers + l->settings.spare;

    l->threads = calloc(wanted, sizeof *l->threads);
    if (!l->threads || pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    while (l->threads_count < wanted &&
           pthread_create(&l->threads[l->threads_count], &attributes, work, l) == 0)
        l->threads_count++;
    pthread_attr_destroy(&attributes);
    wait_for_start(l);
    return l->threads_count == wanted;
}

struct lane *lane_open(const struct lane_settings *s)
{
    struct lane *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->settings = *s;
    for (int i = 0; i < CLASSES; i++)
        l->queues[i].last = &l->queues[i].first;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->more, NULL);
    pthread_cond_init(&l->start, NULL);
    if (s->inline_jobs)
        l->inline_worker = s->worker_open(s->context);
    if (s->inline_jobs ? !l->inline_worker : !start_threads(l)) {
        lane_close(l);
        return NULL;
    }
    return l;
}

void lane_close(struct lane *l)
{
    pthread_mutex_lock(&l->lock);
    l->closing = true;
    pthread_cond_broadcast(&l->more);
    pthread_mutex_unlock(&l->lock);
    for (unsigned i = 0; i < l->threads_count; i++)
        pthread_join(l->threads[i], NULL);
    if (l->inline_worker)
        l->settings.worker_close(l->inline_worker);
    pthread_cond_destroy(&l->more);
    pthread_cond_destroy(&l->start);
    pthread_mutex_destroy(&l->lock);
    free(l->threads);
    free(l);
}

/* How long a job that comes now would wait until it runs.  When none is waiting before it, the
 * running ones may be about to end, or have answered already: who comes next is let in, and given
 * up should its turn come too late. */
static int64_t expected_wait_ms(const struct lane *l, const struct job *j)
{
    size_t before = j->goes_first ? l->queues[FIRST].waiting : waiting(l);
    size_t ahead = before + l->running;

    if (ahead < l->settings.workers || before == 0)
        return 0;
    return (int64_t)(ahead - l->settings.workers + 1) * l->smoothed_ns / l->settings.workers /
           1000000;
}

static bool enqueue(struct lane *l, struct job *j, int64_t *wait_ms)
{
    struct queue *q = &l->queues[j->goes_first ? FIRST : SECOND];

    *wait_ms = expected_wait_ms(l, j);
    if (l->closing || *wait_ms > l->settings.wait_ms_max || q->waiting >= JOBS_MAX)
        return false;
    j->queued_ns = clock_monotonic_ns(l->settings.clock);
    j->next = NULL;
    *q->last = j;
    q->last = &j->next;
    q->waiting++;
    if (may_take(l))
        pthread_cond_signal(&l->more);
    return true;
}

bool lane_submit(struct lane *l, struct job *j, int64_t *wait_ms)
{
    if (l->inline_worker) {
        j->run(j, l->inline_worker);
        if (l->settings.idle)
            l->settings.idle(l->settings.context);
        return true;
    }
    pthread_mutex_lock(&l->lock);
    bool taken = enqueue(l, j, wait_ms);
    pthread_mutex_unlock(&l->lock);
    return taken;
}
