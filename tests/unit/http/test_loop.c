/* test_loop.c: events, removal in the middle, timers under a clock of the test's, tasks, wakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/loop.h"

enum { MS = 1000000 };

static int64_t fake_ns(void *context)
{
    return *(int64_t *)context;
}

struct setup {
    int64_t      now_ns;
    struct clock clock;
    struct loop *loop;
};

static int open_loop(void **state)
{
    struct setup *s = calloc(1, sizeof *s);

    s->now_ns = 5 * MS;
    s->clock = (struct clock){ fake_ns, fake_ns, &s->now_ns };
    s->loop = loop_open(&s->clock);
    *state = s;
    return s->loop ? 0 : -1;
}

static int close_loop(void **state)
{
    struct setup *s = *state;

    loop_close(s->loop);
    free(s);
    return 0;
}

struct seen {
    struct watch watch;
    struct loop *loop;
    struct seen *other;     /* removed when this one is ready */
    int          count;
};

static void seen_ready(struct watch *w, uint32_t events)
{
    struct seen *s = (struct seen *)w;

    assert_true(events & EPOLLIN);
    s->count++;
    if (s->other)
        loop_unwatch(s->loop, &s->other->watch);
}

static struct seen seen_new(struct loop *l, unsigned count)
{
    return (struct seen){
        .loop = l,
        .watch = { .fd = eventfd(count, EFD_NONBLOCK), .ready = seen_ready },
    };
}

struct watcher {
    struct watch  watch;
    struct setup *setup;
    int           count;
};

static void watch_clock(struct watch *w, uint32_t events)
{
    struct watcher *watcher = (struct watcher *)w;
    struct setup   *s = watcher->setup;
    int64_t         first = loop_wall_us(s->loop);

    (void)events;
    s->now_ns += MS;
    assert_int_equal(loop_wall_us(s->loop), first);
    watcher->count++;
}

/* The wall clock stands still within a turn, and goes on with the next one and outside of any. */
static void test_wall_clock(void **state)
{
    struct setup  *s = *state;
    struct watcher watcher = { { .fd = eventfd(1, EFD_NONBLOCK), .ready = watch_clock }, s, 0 };

    assert_true(loop_watch(s->loop, &watcher.watch, EPOLLIN));
    for (int turn = 1; turn <= 3; turn++) {
        int64_t before = s->now_ns;
        assert_int_equal(loop_wall_us(s->loop), before);
        assert_true(loop_turn(s->loop, 0));
        assert_int_equal(watcher.count, turn);
        assert_int_equal(loop_wall_us(s->loop), before + MS);
    }
    loop_unwatch(s->loop, &watcher.watch);
    close(watcher.watch.fd);
}

static void test_watches(void **state)
{
    struct loop *l = ((struct setup *)*state)->loop;
    struct seen  s = seen_new(l, 0);

    assert_true(loop_watch(l, &s.watch, EPOLLIN));
    assert_false(loop_turn(l, 0));
    assert_int_equal(eventfd_write(s.watch.fd, 1), 0);
    assert_true(loop_turn(l, -1));
    assert_true(loop_turn(l, -1));
    assert_int_equal(s.count, 2);
    assert_true(loop_rewatch(l, &s.watch, 0));
    assert_false(loop_turn(l, 0));
    assert_true(loop_rewatch(l, &s.watch, EPOLLIN));
    assert_true(loop_turn(l, 0));
    loop_watch_close(l, &s.watch);
    assert_false(loop_turn(l, 0));
    assert_int_equal(s.count, 3);
    struct watch bad = { .fd = -1, .ready = seen_ready };
    assert_false(loop_watch(l, &bad, EPOLLIN));
    loop_unwatch(l, &bad);
}

/* Two are ready; whichever comes first removes the other, which must then not be called. */
static void test_removed_watch_is_not_called(void **state)
{
    struct loop *l = ((struct setup *)*state)->loop;
    struct seen  a = seen_new(l, 1), b = seen_new(l, 1);

    a.other = &b;
    b.other = &a;
    assert_true(loop_watch(l, &a.watch, EPOLLIN));
    assert_true(loop_watch(l, &b.watch, EPOLLIN));
    loop_turn(l, 0);
    assert_int_equal(a.count + b.count, 1);
    close(a.watch.fd);
    close(b.watch.fd);
}

struct alarm {
    struct timer timer;
    struct loop *loop;
    int          count;
    int64_t      again_ms;
    struct timer *clears;
};

static void alarm_expired(struct timer *t)
{
    struct alarm *a = (struct alarm *)t;

    a->count++;
    if (a->again_ms)
        loop_timer_set(a->loop, t, a->again_ms);
    if (a->clears)
        loop_timer_clear(a->loop, a->clears);
}

static struct alarm alarm_new(struct loop *l)
{
    return (struct alarm){ .loop = l, .timer.expired = alarm_expired };
}

static void test_timer_is_never_early_and_hardly_late(void **state)
{
    static const int64_t waits[] = { 0, 1, 49, 50, 51, 100, 999, 25549,
                                     25600, 25601, 60000, 3600000 };
    struct setup        *s = *state;

    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        struct alarm a = alarm_new(s->loop);
        loop_timer_set(s->loop, &a.timer, waits[i]);
        int64_t due = s->now_ns + waits[i] * MS;
        while (s->now_ns < due - 7 * MS) {
            s->now_ns += 7 * MS;
            loop_turn(s->loop, 0);
            assert_int_equal(a.count, 0);
        }
        s->now_ns = due - 1;
        loop_turn(s->loop, 0);
        assert_int_equal(a.count, 0);
        s->now_ns = due + TIMER_SLACK_MS * MS;
        assert_true(loop_turn(s->loop, 0));
        assert_int_equal(a.count, 1);
        s->now_ns += 7 * MS;
    }
}

static void test_timer_after_a_long_pause(void **state)
{
    struct setup *s = *state;
    struct alarm  a = alarm_new(s->loop), b = alarm_new(s->loop), late = alarm_new(s->loop);

    loop_timer_set(s->loop, &a.timer, 10);
    loop_timer_set(s->loop, &b.timer, 80000);
    loop_timer_set(s->loop, &late.timer, 10000000);
    s->now_ns += 9000000ll * MS;
    loop_turn(s->loop, 0);
    assert_int_equal(a.count, 1);
    assert_int_equal(b.count, 1);
    assert_int_equal(late.count, 0);
    loop_timer_clear(s->loop, &late.timer);
}

static void test_timers_move_and_clear(void **state)
{
    struct setup *s = *state;
    struct alarm  a = alarm_new(s->loop), b = alarm_new(s->loop), c = alarm_new(s->loop);

    loop_timer_clear(s->loop, &a.timer);
    loop_timer_set(s->loop, &a.timer, 100);
    loop_timer_set(s->loop, &a.timer, 500);
    loop_timer_set(s->loop, &b.timer, 500);
    b.clears = &c.timer;
    loop_timer_set(s->loop, &c.timer, 500);
    c.clears = &b.timer;
    s->now_ns += 300 * MS;
    loop_turn(s->loop, 0);
    assert_int_equal(a.count, 0);
    a.again_ms = 1000;
    s->now_ns += 300 * MS;
    loop_turn(s->loop, 0);
    assert_int_equal(a.count, 1);
    assert_int_equal(b.count + c.count, 1);     /* the first cleared the other */
    s->now_ns += 2000ll * MS;
    loop_turn(s->loop, 0);
    assert_int_equal(a.count, 2);
    loop_timer_clear(s->loop, &a.timer);
    s->now_ns += 2000ll * MS;
    loop_turn(s->loop, 0);
    assert_int_equal(a.count, 2);
}

/* Many timers at random against a plain array of deadlines. */
static void test_random_timers(void **state)
{
    enum { COUNT = 200 };
    static struct alarm alarms[COUNT];
    static int64_t      due[COUNT];
    struct setup       *s = *state;
    const char         *given = getenv("SEED");
    unsigned            seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);

    print_message("SEED=%u\n", seed);
    srandom(seed);
    for (int i = 0; i < COUNT; i++)
        alarms[i] = alarm_new(s->loop);
    for (int round = 0; round < 3000; round++) {
        int i = (int)(random() % COUNT);
        if (random() % 4) {
            int64_t ms = random() % (random() % 8 ? 3000 : 200000);
            loop_timer_set(s->loop, &alarms[i].timer, ms);
            due[i] = s->now_ns + ms * MS;
        } else {
            loop_timer_clear(s->loop, &alarms[i].timer);
            due[i] = 0;
        }
        s->now_ns += random() % (random() % 50 ? 40 * MS : 30000ll * MS);
        loop_turn(s->loop, 0);
        for (i = 0; i < COUNT; i++) {
            if (alarms[i].count) {
                assert_true(due[i] && due[i] <= s->now_ns);
                alarms[i].count = 0;
                due[i] = 0;
            }
            assert_true(!due[i] || due[i] + TIMER_SLACK_MS * MS > s->now_ns);
        }
    }
    for (int i = 0; i < COUNT; i++)
        loop_timer_clear(s->loop, &alarms[i].timer);
}

static int64_t real_ns(void *context)
{
    (void)context;
    return clock_monotonic_ns(&system_clock);
}

/* With the real clock, a wait without end is ended by the timer. */
static void test_wait_ends_for_a_timer(void **state)
{
    const struct clock clock = { real_ns, real_ns, NULL };
    struct loop       *l = loop_open(&clock);
    struct alarm       a = alarm_new(l);

    (void)state;
    loop_timer_set(l, &a.timer, 20);
    while (!a.count)
        loop_turn(l, -1);
    loop_close(l);
}

struct job {
    struct task  task;
    struct loop *loop;
    int          count;
    bool         again;
};

static void job_run(struct task *t)
{
    struct job *j = (struct job *)t;

    j->count++;
    if (j->again)
        loop_post(j->loop, t);
}

static void test_tasks(void **state)
{
    struct loop *l = ((struct setup *)*state)->loop;
    struct job   a = { .task.run = job_run, .loop = l, .again = true };
    struct job   b = { .task.run = job_run, .loop = l }, c = b;

    loop_post(l, &a.task);
    loop_post(l, &b.task);
    loop_post(l, &b.task);
    loop_post(l, &c.task);
    loop_unpost(l, &c.task);
    loop_unpost(l, &c.task);
    assert_true(loop_turn(l, -1));
    assert_int_equal(a.count, 1);
    assert_int_equal(b.count, 1);
    assert_int_equal(c.count, 0);
    a.again = false;
    assert_true(loop_turn(l, -1));
    assert_int_equal(a.count, 2);
    assert_false(loop_turn(l, 0));
}

static void count_up(void *context)
{
    ++*(int *)context;
}

static void test_hooks(void **state)
{
    struct loop *l = ((struct setup *)*state)->loop;
    int          turns = 0, wakes = 0, others = 0;

    loop_on_turn(l, count_up, &turns);
    loop_on_wake(l, count_up, &wakes);
    loop_on_wake(l, count_up, &others);
    loop_turn(l, 0);
    assert_int_equal(turns, 1);
    loop_wake(l);
    loop_wake(l);
    loop_turn(l, -1);
    assert_int_equal(wakes, 1);
    assert_int_equal(others, 1);
    loop_turn(l, 0);
    assert_int_equal(wakes, 1);
    loop_unhook(l, &wakes);
    loop_wake(l);
    loop_turn(l, -1);
    assert_int_equal(wakes, 1);
    assert_int_equal(others, 2);
    assert_int_equal(turns, 4);
}

struct shared {
    struct loop *loop;
    int          posted;    /* atomic */
    int          taken;
};

static void *post_many(void *context)
{
    struct shared *s = context;

    for (int i = 0; i < 20000; i++) {
        __atomic_fetch_add(&s->posted, 1, __ATOMIC_RELAXED);
        loop_wake(s->loop);
    }
    return NULL;
}

static void take_posted(void *context)
{
    struct shared *s = context;

    s->taken += __atomic_exchange_n(&s->posted, 0, __ATOMIC_RELAXED);
    if (s->taken == 40000)
        loop_stop(s->loop);
}

/* No wake is lost, however they fall together: else this never ends. */
static void test_wakes_of_other_threads(void **state)
{
    struct shared s = { .loop = ((struct setup *)*state)->loop };
    pthread_t     threads[2];

    loop_on_wake(s.loop, take_posted, &s);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &s), 0);
    loop_run(s.loop);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(s.taken, 40000);
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(test_watches),
        LOOP_TEST(test_wall_clock),
        LOOP_TEST(test_removed_watch_is_not_called),
        LOOP_TEST(test_timer_is_never_early_and_hardly_late),
        LOOP_TEST(test_timer_after_a_long_pause),
        LOOP_TEST(test_timers_move_and_clear),
        LOOP_TEST(test_random_timers),
        cmocka_unit_test(test_wait_ends_for_a_timer),
        LOOP_TEST(test_tasks),
        LOOP_TEST(test_hooks),
        LOOP_TEST(test_wakes_of_other_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
