/* test_lane.c: a queue bounded by time, with a clock of the test's own; nothing here depends on
 * how fast the machine is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/blocking.h"
#include "service/lane.h"

enum { MS = 1000000, WAIT_MS = 250, PROBES_MAX = 60000 };

struct world {
    atomic_llong         now_ns;
    struct clock         clock;
    struct lane_settings settings;
    struct lane         *lane;
    atomic_int           opened, closed, ran, given_up, at_work, most_at_work;
    sem_t                begun, go;
};

struct work {
    struct job    job;
    struct world *world;
    int64_t       takes_ms;     /* as the clock sees it */
    bool          holds;        /* tells that it has begun, then waits to be let go */
    bool          commits;      /* tells that it waits for a commit, and waits to be let go; all its time passes so */
    bool          probes;       /* submits until it is refused: the lane is closing */
    atomic_int   *order;
    int           nth;          /* in which it ran */
    int           nice;         /* at which it ran */
};

static int64_t now_ns(void *context)
{
    return atomic_load(&((struct world *)context)->now_ns);
}

static int64_t no_wall(void *context)
{
    (void)context;
    return 0;
}

static void *worker_open(void *context)
{
    struct world *w = context;

    atomic_fetch_add(&w->opened, 1);
    return w;
}

static void worker_close(void *worker)
{
    atomic_fetch_add(&((struct world *)worker)->closed, 1);
}

static void *no_worker(void *context)
{
    (void)context;
    return NULL;
}

static void give_up(struct job *j, void *worker)
{
    struct work *k = (struct work *)j;

    assert_ptr_equal(worker, k->world);
    atomic_fetch_add(&k->world->given_up, 1);
}

static void wait_for(sem_t *s)
{
    while (sem_wait(s) != 0)
        continue;
}

static struct work work_of(struct world *w);

static void probe_until_closing(struct world *w)
{
    static struct work probes[PROBES_MAX];
    struct timespec    pause = { 0, 100000 };
    int64_t            wait_ms;
    int                n = 0;

    while (n < PROBES_MAX) {
        probes[n] = work_of(w);
        if (!lane_submit(w->lane, &probes[n].job, &wait_ms))
            return;
        n++;
        nanosleep(&pause, NULL);
    }
}

static void count_at_work(struct world *w)
{
    int now = atomic_fetch_add(&w->at_work, 1) + 1, most = atomic_load(&w->most_at_work);

    while (now > most && !atomic_compare_exchange_weak(&w->most_at_work, &most, now))
        continue;
}

static void wait_for_commit(struct work *k)
{
    struct world *w = k->world;

    atomic_fetch_sub(&w->at_work, 1);
    blocking_begin();
    sem_post(&w->begun);
    wait_for(&w->go);
    atomic_fetch_add(&w->now_ns, k->takes_ms * MS);
    k->takes_ms = 0;
    blocking_end();
    atomic_fetch_add(&w->at_work, 1);   /* its answer is not counted */
}

static void run(struct job *j, void *worker)
{
    struct work *k = (struct work *)j;
    struct world *w = k->world;

    assert_ptr_equal(worker, w);
    k->nice = getpriority(PRIO_PROCESS, 0);
    count_at_work(w);
    if (k->commits)
        wait_for_commit(k);
    if (k->holds) {
        sem_post(&w->begun);
        wait_for(&w->go);
    }
    if (k->probes) {
        sem_post(&w->begun);
        probe_until_closing(w);
    }
    atomic_fetch_add(&w->now_ns, k->takes_ms * MS);
    if (k->order)
        k->nth = atomic_fetch_add(k->order, 1);
    atomic_fetch_sub(&w->at_work, 1);
    atomic_fetch_add(&w->ran, 1);
}

static struct work work_of(struct world *w)
{
    return (struct work){ .job = { .run = run, .give_up = give_up }, .world = w };
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    w->now_ns = 1000000000;
    w->clock = (struct clock){ no_wall, now_ns, w };
    w->settings = (struct lane_settings){ .name = "test", .workers = 1, .wait_ms_max = WAIT_MS, .clock = &w->clock,
                                          .worker_open = worker_open, .worker_close = worker_close, .context = w };
    sem_init(&w->begun, 0, 0);
    sem_init(&w->go, 0, 0);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    assert_int_equal(w->opened, w->closed);
    sem_destroy(&w->begun);
    sem_destroy(&w->go);
    free(w);
    return 0;
}

static bool submit(struct world *w, struct work *k)
{
    int64_t wait_ms;

    return lane_submit(w->lane, &k->job, &wait_ms);
}

/* A job that has begun and holds the only worker. */
static void hold(struct world *w, struct work *k)
{
    *k = work_of(w);
    k->holds = true;
    assert_true(submit(w, k));
    wait_for(&w->begun);
}

static void without_threads_submit_runs(void **state)
{
    struct world *w = *state;
    struct work   k = work_of(w);

    w->settings.inline_jobs = true;
    w->lane = lane_open(&w->settings);
    assert_int_equal(w->opened, 1);
    for (int i = 1; i <= 3; i++) {
        assert_true(submit(w, &k));
        assert_int_equal(w->ran, i);
    }
    lane_close(w->lane);
    assert_int_equal(w->given_up, 0);
}

static void every_job_runs_once(void **state)
{
    enum { JOBS = 500 };
    struct world *w = *state;
    struct work  *jobs = calloc(JOBS, sizeof *jobs);

    w->settings.workers = 4;
    w->lane = lane_open(&w->settings);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = work_of(w);
        assert_true(submit(w, &jobs[i]));
    }
    while (w->ran < JOBS)
        nanosleep(&(struct timespec){ 0, 100000 }, NULL);
    lane_close(w->lane);
    assert_int_equal(w->ran, JOBS);
    assert_int_equal(w->given_up, 0);
    assert_int_equal(w->opened, 4);
    free(jobs);
}

static void first_come_first_run(void **state)
{
    struct world *w = *state;
    struct work   holder, jobs[20];
    atomic_int    order = 0;

    w->lane = lane_open(&w->settings);
    hold(w, &holder);
    for (int i = 0; i < 20; i++) {
        jobs[i] = work_of(w);
        jobs[i].order = &order;
        assert_true(submit(w, &jobs[i]));
    }
    sem_post(&w->go);
    while (w->ran < 21)
        nanosleep(&(struct timespec){ 0, 100000 }, NULL);
    lane_close(w->lane);
    for (int i = 0; i < 20; i++)
        assert_int_equal(jobs[i].nth, i);
}

/* Teaches the lane that a job takes 100 ms. */
static void open_and_teach(struct world *w, struct work *teacher)
{
    w->lane = lane_open(&w->settings);
    *teacher = work_of(w);
    teacher->takes_ms = 100;
    assert_true(submit(w, teacher));
    while (w->ran < 1)
        nanosleep(&(struct timespec){ 0, 100000 }, NULL);
}

static void who_would_wait_too_long_is_refused_at_once(void **state)
{
    struct world *w = *state;
    struct work   teacher, holder, jobs[4];
    int64_t       wait_ms = -1;

    open_and_teach(w, &teacher);
    hold(w, &holder);
    for (int i = 0; i < 2; i++) {       /* nobody waits; then one does, and one runs */
        jobs[i] = work_of(w);
        assert_true(lane_submit(w->lane, &jobs[i].job, &wait_ms));
        assert_int_equal(wait_ms, 200 * i);
    }
    for (int i = 2; i < 4; i++) {
        jobs[i] = work_of(w);
        assert_false(lane_submit(w->lane, &jobs[i].job, &wait_ms));
        assert_int_equal(wait_ms, 300);
    }
    sem_post(&w->go);
    while (w->ran + w->given_up < 4)
        nanosleep(&(struct timespec){ 0, 100000 }, NULL);
    assert_int_equal(w->ran, 4);
    /* And when it is empty again, it takes again. */
    assert_true(submit(w, &jobs[3]));
    lane_close(w->lane);
}

static void the_first_class_runs_before_the_second(void **state)
{
    struct world *w = *state;
    struct work   holder, jobs[20];
    atomic_int    order = 0;

    w->lane = lane_open(&w->settings);
    hold(w, &holder);
    for (int i = 0; i < 20; i++) {
        jobs[i] = work_of(w);
        jobs[i].order = &order;
        jobs[i].job.goes_first = i % 2;
        assert_true(submit(w, &jobs[i]));
    }
    sem_post(&w->go);
    while (w->ran < 21)
        nanosleep(&(struct timespec){ 0, 100000 }, NULL);
    lane_close(w->lane);
    for (int i = 0; i < 20; i++)
        assert_int_equal(jobs[i].nth, i / 2 + (i % 2 ? 0 : 10));
}

/* However full the second is. */
static void the_first_class_waits_for_its_own_alone(void **state)
{
    struct world *w = *state;
    struct work   teacher, holder, jobs[4];
    int64_t       wait_ms = -1;

    open_and_teach(w, &teacher);
    hold(w, &holder);
    for (int i = 0; i < 2; i++) {
        jobs[i] = work_of(w);
        assert_true(submit(w, &jobs[i]));
    }
    jobs[2] = work_of(w);
    assert_false(submit(w, &jobs[2]));
    jobs[2].job.goes_first = true;
    assert_true(lane_submit(w->lane, &jobs[2].job, &wait_ms));
    assert_int_equal(wait_ms, 0);
    jobs[3] = work_of(w);
    jobs[3].job.goes_first = true;
    assert_true(lane_submit(w->lane, &jobs[3].job, &wait_ms));
    assert_int_equal(wait_ms, 200);
    sem_post(&w->go);
    while (w->ran + w->given_up < 6)
        nanosleep(&(struct timespec){ 0, 100000 }, NULL);
    lane_close(w->lane);
}

/* A first class that never ends must not keep others waiting beyond the bound. */
static void the_second_class_is_given_up_in_time(void **state)
{
    struct world *w = *state;
    struct work   holder, late, first[3];

    w->lane = lane_open(&w->settings);
    hold(w, &holder);
    late = work_of(w);
    assert_true(submit(w, &late));
    atomic_fetch_add(&w->now_ns, (WAIT_MS + 1) * MS);
    for (int i = 0; i < 3; i++) {
        first[i] = work_of(w);
        first[i].job.goes_first = true;
        first[i].holds = true;
        assert_true(submit(w, &first[i]));
    }
    sem_post(&w->go);
    wait_for(&w->begun);    /* of the first class one runs */
    assert_int_equal(w->given_up, 1);
    for (int i = 0; i < 3; i++)
        sem_post(&w->go);
    lane_close(w->lane);
}

static void more_workers_take_more(void **state)
{
    struct world *w = *state;
    struct work   teacher, holders[4], jobs[11];
    int           taken = 0;

    w->settings.workers = 4;
    open_and_teach(w, &teacher);
    for (int i = 0; i < 4; i++)
        hold(w, &holders[i]);
    for (int i = 0; i < 11; i++) {      /* the n-th waits n x 25 ms */
        jobs[i] = work_of(w);
        taken += submit(w, &jobs[i]);
    }
    assert_int_equal(taken, 10);
    for (int i = 0; i < 4; i++)
        sem_post(&w->go);
    while (w->ran < 15)
        nanosleep(&(struct timespec){ 0, 100000 }, NULL);
    lane_close(w->lane);
}

static void who_did_wait_too_long_is_given_up(void **state)
{
    struct world *w = *state;
    struct work   holder, late, in_time;

    w->lane = lane_open(&w->settings);
    hold(w, &holder);
    late = work_of(w);
    assert_true(submit(w, &late));
    atomic_fetch_add(&w->now_ns, 1 * MS);
    in_time = work_of(w);
    assert_true(submit(w, &in_time));
    atomic_fetch_add(&w->now_ns, WAIT_MS * MS);
    sem_post(&w->go);
    while (w->ran + w->given_up < 3)
        nanosleep(&(struct timespec){ 0, 100000 }, NULL);
    lane_close(w->lane);
    assert_int_equal(w->ran, 2);        /* the holder, and the one that waited exactly as long as it may */
    assert_int_equal(w->given_up, 1);
}

static void closing_ends_what_runs_and_gives_up_what_waits(void **state)
{
    struct world *w = *state;
    struct work   holder = work_of(w), waiting[5];

    w->lane = lane_open(&w->settings);
    holder.probes = true;
    assert_true(submit(w, &holder));
    wait_for(&w->begun);
    for (int i = 0; i < 5; i++) {
        waiting[i] = work_of(w);
        assert_true(submit(w, &waiting[i]));
    }
    lane_close(w->lane);                /* the holder ends when it sees that the lane is closing */
    assert_int_equal(w->ran, 1);
    assert_true(w->given_up >= 5);
}

static void workers_give_way_and_nobody_else(void **state)
{
    struct world *w = *state;
    struct work   k;
    int           own = getpriority(PRIO_PROCESS, 0);

    w->settings.nice = own < 19 ? own + 1 : own;
    w->lane = lane_open(&w->settings);
    hold(w, &k);
    sem_post(&w->go);
    lane_close(w->lane);
    assert_int_equal(k.nice, w->settings.nice);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), own);
}

/* A service that was started at a higher nice value must not need a privilege. */
static void workers_never_push_forward(void **state)
{
    struct world *w = *state;
    struct work   k;
    int           own = getpriority(PRIO_PROCESS, 0);

    w->settings.nice = own - 1;
    w->lane = lane_open(&w->settings);
    hold(w, &k);
    sem_post(&w->go);
    lane_close(w->lane);
    assert_int_equal(k.nice, own);
}

/* Submits one that waits for a commit, and comes back when it does. */
static void commit(struct world *w, struct work *k, int64_t takes_ms)
{
    *k = work_of(w);
    k->commits = true;
    k->takes_ms = takes_ms;
    assert_true(submit(w, k));
    wait_for(&w->begun);
}

static void wait_until_ran(struct world *w, int count)
{
    for (int i = 0; i < 100000 && w->ran < count; i++)
        nanosleep(&(struct timespec){ 0, 100000 }, NULL);
    assert_int_equal(w->ran, count);
}

static void the_next_runs_while_one_waits_for_a_commit(void **state)
{
    struct world *w = *state;
    struct work   waiting, next = work_of(w);

    w->settings.spare = 1;
    w->lane = lane_open(&w->settings);
    commit(w, &waiting, 0);
    assert_true(submit(w, &next));
    wait_until_ran(w, 1);
    sem_post(&w->go);
    wait_until_ran(w, 2);
    lane_close(w->lane);
}

static void a_job_that_was_queued_before_takes_the_place_too(void **state)
{
    struct world *w = *state;
    struct work   holder, waiting = work_of(w), next = work_of(w);

    w->settings.spare = 1;
    w->lane = lane_open(&w->settings);
    hold(w, &holder);
    waiting.commits = true;
    assert_true(submit(w, &waiting) && submit(w, &next));
    sem_post(&w->go);
    wait_for(&w->begun);
    wait_until_ran(w, 2);
    sem_post(&w->go);
    wait_until_ran(w, 3);
    lane_close(w->lane);
}

static void spare_threads_let_no_more_run(void **state)
{
    enum { JOBS = 2000 };
    struct world *w = *state;
    struct work  *jobs = calloc(JOBS, sizeof *jobs);

    w->settings.workers = 2;
    w->settings.spare = 6;
    w->lane = lane_open(&w->settings);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = work_of(w);
        assert_true(submit(w, &jobs[i]));
    }
    wait_until_ran(w, JOBS);
    lane_close(w->lane);
    assert_in_range(w->most_at_work, 1, 2);
    free(jobs);
}

static void a_wait_for_a_commit_is_no_work(void **state)
{
    struct world *w = *state;
    struct work   waiting, holder, first = work_of(w), second = work_of(w);

    w->settings.spare = 1;
    w->lane = lane_open(&w->settings);
    commit(w, &waiting, 10000);
    sem_post(&w->go);
    wait_until_ran(w, 1);
    hold(w, &holder);
    assert_true(submit(w, &first) && submit(w, &second));
    sem_post(&w->go);
    wait_until_ran(w, 4);
    lane_close(w->lane);
}

static void closing_an_idle_lane(void **state)
{
    struct world *w = *state;

    w->settings.workers = 3;
    w->lane = lane_open(&w->settings);
    lane_close(w->lane);
    assert_int_equal(w->closed, w->opened);
}

static void without_a_worker_there_is_no_inline_lane(void **state)
{
    struct world *w = *state;

    w->settings.inline_jobs = true;
    w->settings.worker_open = no_worker;
    assert_null(lane_open(&w->settings));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(without_threads_submit_runs), TEST(every_job_runs_once), TEST(first_come_first_run),
        TEST(the_first_class_runs_before_the_second),
        TEST(the_first_class_waits_for_its_own_alone), TEST(the_second_class_is_given_up_in_time),
        TEST(who_would_wait_too_long_is_refused_at_once), TEST(more_workers_take_more), TEST(who_did_wait_too_long_is_given_up),
        TEST(closing_ends_what_runs_and_gives_up_what_waits), TEST(workers_give_way_and_nobody_else),
        TEST(the_next_runs_while_one_waits_for_a_commit), TEST(a_job_that_was_queued_before_takes_the_place_too),
        TEST(spare_threads_let_no_more_run), TEST(a_wait_for_a_commit_is_no_work),
        TEST(workers_never_push_forward), TEST(closing_an_idle_lane), TEST(without_a_worker_there_is_no_inline_lane),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
