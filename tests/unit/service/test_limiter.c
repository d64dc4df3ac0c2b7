/* test_limiter.c: counters that make others wait, on a clock of the test's own. */
#include "world.h"

#include <pthread.h>

#include "service/limiter.h"

enum { STRICT = 1, MILD, PASSING };

static const struct limiter_policy policies[] = {
    [STRICT] = { .free = 3, .first_ms = 1000, .longest_ms = 60000 },
    [MILD] = { .free = 100, .first_ms = 100, .longest_ms = 1000 },
    [PASSING] = { .free = 2, .first_ms = 1000, .longest_ms = 60000, .passing = true },
    { 0 },
};

static const int64_t START_US = 1795000000LL * 1000000;

struct scene {
    struct world   *w;
    struct limiter *l;
    int64_t         now_ms;     /* since START_US */
};

static int set_up(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    void         *world;

    world_set_up(&world);
    s->w = world;
    world_open(s->w);
    s->l = limiter_open(policies, s->w->service.vault);
    assert_non_null(s->l);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    void         *world = s->w;

    limiter_close(s->l);
    world_tear_down(&world);
    free(s);
    return 0;
}

static struct limiter_claim claim_of(struct scene *s, unsigned policy, const char *name)
{
    struct limiter_claim c = { 0 };

    limiter_add(&c, policy, limiter_key_of(s->l, "name", str_of(name)));
    return c;
}

/* 0: counted; else how long there is to wait. */
static int64_t begin(struct scene *s, struct limiter_claim *c)
{
    int64_t wait_ms = 0;

    return limiter_claim(s->l, c, START_US + s->now_ms * 1000, &wait_ms) ? 0 : wait_ms;
}

static int64_t try(struct scene *s, struct limiter_claim *c)
{
    int64_t wait_ms = begin(s, c);

    if (wait_ms == 0)
        limiter_keep(s->l, c);
    return wait_ms;
}

static int64_t try_one(struct scene *s, unsigned policy, const char *name)
{
    struct limiter_claim c = claim_of(s, policy, name);

    return try(s, &c);
}

static void the_first_are_free_then_each_wait_doubles(void **state)
{
    static const int64_t waits[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000 };
    struct scene        *s = *state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(try_one(s, STRICT, "ada"), 0);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        int64_t wait = try_one(s, STRICT, "ada");
        if (wait != waits[i] && (i < 4 || wait != waits[i - 1]))    /* some was forgiven meanwhile */
            fail_msg("%lld", (long long)wait);
        assert_int_equal(try_one(s, STRICT, "ada"), wait);      /* being refused counts for nothing */
        s->now_ms += wait - 1;
        assert_int_equal(try_one(s, STRICT, "ada"), 1);
        s->now_ms += 1;
        assert_int_equal(try_one(s, STRICT, "ada"), 0);
    }
}

static void each_is_counted_apart(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(try_one(s, STRICT, "ada"), 0);
    assert_true(try_one(s, STRICT, "ada") > 0);
    assert_int_equal(try_one(s, STRICT, "bob"), 0);
    assert_int_equal(try_one(s, MILD, "ada"), 0);
}

/* When one of its counters is to be waited for, none of them counts. */
static void a_claim_is_counted_as_a_whole(void **state)
{
    struct scene        *s = *state;
    struct limiter_claim both = claim_of(s, STRICT, "ada");

    limiter_add(&both, MILD, limiter_key_of(s->l, "name", LIT("net")));
    for (int i = 0; i < 3; i++)
        assert_int_equal(try(s, &both), 0);
    for (int i = 0; i < 200; i++)
        assert_true(try(s, &both) > 0);
    for (int i = 3; i < 100; i++)
        assert_int_equal(try_one(s, MILD, "net"), 0);
    assert_true(try_one(s, MILD, "net") > 0);
}

static void what_is_given_back_was_never_counted(void **state)
{
    struct scene        *s = *state;
    struct limiter_claim c = claim_of(s, STRICT, "ada");

    for (int i = 0; i < 50; i++) {
        assert_int_equal(try(s, &c), 0);
        limiter_give_back(s->l, &c);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(try(s, &c), 0);
    assert_true(try(s, &c) > 0);
}

/* Who waited and was then turned away for another reason may come again at once. */
static void what_is_given_back_is_not_waited_for(void **state)
{
    struct scene        *s = *state;
    struct limiter_claim c = claim_of(s, STRICT, "ada");

    for (int i = 0; i < 3; i++)
        assert_int_equal(try(s, &c), 0);
    s->now_ms += 1000;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(begin(s, &c), 0);
        limiter_give_back(s->l, &c);
    }
    assert_int_equal(try(s, &c), 0);
    assert_true(try(s, &c) > 0);
}

/* Whoever gives back takes nothing of what others claimed at the same moment. */
static void giving_back_forgives_nobody_else(void **state)
{
    static const char *const names[] = { "ada", "bob" };
    struct scene            *s = *state;

    for (int i = 0; i < 2; i++) {   /* in either order */
        struct limiter_claim right = claim_of(s, STRICT, names[i]), wrong = right;
        assert_int_equal(begin(s, i ? &wrong : &right), 0);
        assert_int_equal(begin(s, i ? &right : &wrong), 0);
        limiter_give_back(s->l, &right);
        limiter_keep(s->l, &wrong);
        assert_int_equal(try_one(s, STRICT, names[i]), 0);
        assert_int_equal(try_one(s, STRICT, names[i]), 0);
        assert_true(try_one(s, STRICT, names[i]) > 0);
    }
}

static void time_forgives_one_in_each_longest_wait(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(try_one(s, STRICT, "ada"), 0);
    s->now_ms += 60000;
    assert_int_equal(try_one(s, STRICT, "ada"), 0);
    assert_true(try_one(s, STRICT, "ada") > 0);
    s->now_ms += 100LL * 60000;
    for (int i = 0; i < 3; i++)
        assert_int_equal(try_one(s, STRICT, "ada"), 0);
    assert_true(try_one(s, STRICT, "ada") > 0);
}

static void a_clock_that_is_set_back_locks_nobody_out(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(try_one(s, STRICT, "ada"), 0);
    s->now_ms -= 1000LL * 86400 * 365;
    assert_in_range(try_one(s, STRICT, "ada"), 1, 1000);
    s->now_ms += 1000;
    assert_int_equal(try_one(s, STRICT, "ada"), 0);
}

static void keys_are_told_apart(void **state)
{
    struct scene      *s = *state;
    char               long_name[1000];
    struct limiter_key a = limiter_key_of(s->l, "name", LIT("ada")), b = limiter_key_of(s->l, "nam", LIT("eada"));

    assert_true(a.high != b.high && a.low != b.low);
    memset(long_name, 'x', sizeof long_name);
    a = limiter_key_of(s->l, "name", (struct str){ long_name, 1000 });
    b = limiter_key_of(s->l, "name", (struct str){ long_name, 999 });
    assert_true(a.high != b.high && a.low != b.low);
    assert_memory_equal(&a, &(struct limiter_key[]){ limiter_key_of(s->l, "name", (struct str){ long_name, 1000 }) }, sizeof a);
}

/* ---- Many at a time --------------------------------------------------------------------- */

struct crowd { struct scene *s; int let_in; };

static void *push(void *context)
{
    struct crowd *c = context;

    for (int i = 0; i < 200; i++)
        c->let_in += try_one(c->s, MILD, "ada") == 0;
    return NULL;
}

static void all_threads_count_together(void **state)
{
    enum { THREADS = 8 };
    struct scene *s = *state;
    struct crowd  crowds[THREADS];
    pthread_t     threads[THREADS];
    int           let_in = 0;

    for (int i = 0; i < THREADS; i++) {
        crowds[i] = (struct crowd){ s, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, push, &crowds[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        let_in += crowds[i].let_in;
    }
    assert_int_equal(let_in, 100);
}

/* Whoever fills the table with new counters does not push out the one that holds somebody back. */
static void a_flood_of_new_ones_does_not_push_out_what_counts(void **state)
{
    struct scene *s = *state;
    char          name[32];

    for (int i = 0; i < 3; i++)
        assert_int_equal(try_one(s, STRICT, "ada"), 0);
    for (int i = 0; i < 200000; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(try_one(s, STRICT, name), 0);
    }
    assert_true(try_one(s, STRICT, "ada") > 0);
}

/* ---- Over a restart --------------------------------------------------------------------- */

static struct store_session *session(struct scene *s)
{
    struct store_session *db = store_session_open(s->w->service.store);

    assert_non_null(db);
    return db;
}

static void flush(struct scene *s)
{
    struct store_session *db = session(s);

    assert_int_equal(limiter_flush(s->l, db), OK);
    store_session_close(db);
}

static void start_again(struct scene *s)
{
    struct store_session *db = session(s);

    limiter_close(s->l);
    s->l = limiter_open(policies, s->w->service.vault);
    assert_int_equal(limiter_load(s->l, db, START_US + s->now_ms * 1000), OK);
    store_session_close(db);
}

static void counters_outlive_a_restart(void **state)
{
    struct scene *s = *state;
    char          name[32];

    for (int i = 0; i < 3000; i++) {    /* several pages and batches */
        snprintf(name, sizeof name, "%d", i % 1000);
        assert_int_equal(try_one(s, STRICT, name), 0);
        (void)try_one(s, PASSING, name);
    }
    int64_t wait = try_one(s, STRICT, "7");
    assert_true(wait > 0);
    flush(s);
    start_again(s);
    assert_false(limiter_is_dirty(s->l));
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(try_one(s, STRICT, name), wait);
        assert_int_equal(try_one(s, PASSING, name), 0);
    }
    assert_int_equal(try_one(s, STRICT, "another"), 0);
}

static void what_changed_is_one_commit(void **state)
{
    struct scene *s = *state;
    char          name[32];

    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "%d", i % 100);
        assert_int_equal(try_one(s, STRICT, name), 0);
    }
    int64_t before = store_counts(s->w->service.store).commits;
    flush(s);
    assert_int_equal(store_counts(s->w->service.store).commits, before + 1);
    for (int i = 0; i < 100; i++)
        assert_true(try_one(s, STRICT, "7") > 0);
    assert_false(limiter_is_dirty(s->l));       /* being refused is no change */
    flush(s);
    assert_int_equal(store_counts(s->w->service.store).commits, before + 1);
}

/* Right passwords, and floods that find the queue full, are no work for the disk. */
static void what_is_given_back_is_not_written(void **state)
{
    struct scene        *s = *state;
    struct limiter_claim c = claim_of(s, STRICT, "ada");

    assert_int_equal(begin(s, &c), 0);
    assert_false(limiter_is_dirty(s->l));
    limiter_give_back(s->l, &c);
    assert_false(limiter_is_dirty(s->l));
    assert_int_equal(try(s, &c), 0);
    assert_true(limiter_is_dirty(s->l));
}

/* Unless it was written already, beside what was kept. */
static void what_is_given_back_late_is_written(void **state)
{
    struct scene        *s = *state;
    struct limiter_claim early = claim_of(s, STRICT, "ada"), late = early;

    assert_int_equal(try(s, &early), 0);
    assert_int_equal(begin(s, &late), 0);
    flush(s);
    limiter_give_back(s->l, &late);
    assert_true(limiter_is_dirty(s->l));
    flush(s);
    start_again(s);
    for (int i = 1; i < 3; i++)
        assert_int_equal(try_one(s, STRICT, "ada"), 0);
    assert_true(try_one(s, STRICT, "ada") > 0);
}

/* Under another master key all names lead elsewhere; nobody is locked out, nothing breaks. */
static void rows_of_another_key_lead_nowhere(void **state)
{
    struct scene       *s = *state;
    struct vault        other;
    const unsigned char master[MASTER_KEY_BYTES] = { 1 };

    for (int i = 0; i < 3; i++)
        assert_int_equal(try_one(s, STRICT, "ada"), 0);
    flush(s);
    limiter_close(s->l);
    vault_open(&other, master);
    s->l = limiter_open(policies, &other);
    struct store_session *db = session(s);
    assert_int_equal(limiter_load(s->l, db, START_US), OK);
    assert_int_equal(try_one(s, STRICT, "ada"), 0);
    assert_int_equal(limiter_flush(s->l, db), OK);
    store_session_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_first_are_free_then_each_wait_doubles), TEST(each_is_counted_apart), TEST(a_claim_is_counted_as_a_whole),
        TEST(what_is_given_back_was_never_counted), TEST(time_forgives_one_in_each_longest_wait),
        TEST(a_clock_that_is_set_back_locks_nobody_out), TEST(keys_are_told_apart), TEST(all_threads_count_together),
        TEST(a_flood_of_new_ones_does_not_push_out_what_counts), TEST(counters_outlive_a_restart),
        TEST(what_is_given_back_is_not_waited_for), TEST(giving_back_forgives_nobody_else),
        TEST(what_is_given_back_is_not_written), TEST(what_is_given_back_late_is_written),
        TEST(what_changed_is_one_commit), TEST(rows_of_another_key_lead_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
