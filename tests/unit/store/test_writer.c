/* test_writer.c: many threads, one writer: shared commits, failures that stay alone, durability
 * under kill -9. */
#include "world.h"

#include <pthread.h>

enum { THREADS = 32, EACH = 10 };

struct worker {
    pthread_t     thread;
    struct store *store;
    int           number, conflicts, wrong;
};

/* Every second row is one that all threads want. */
static void *add_some(void *context)
{
    struct worker        *me = context;
    struct store_session *ss = store_session_open(me->store);
    struct arena          a = arena_new(1 << 16);

    for (int i = 0; i < EACH; i++) {
        char    shared[32];
        int64_t id = 0;
        snprintf(shared, sizeof shared, "shared%d", i);
        me->wrong += store_next_id(ss, "accounts", &id) != OK;
        problem p = add(ss, &a, id, shared);
        me->conflicts += p == CONFLICT;
        me->wrong += p != OK && p != CONFLICT;
        me->wrong += store_next_id(ss, "accounts", &id) != OK;
        me->wrong += add_numbered(ss, &a, id) != OK;
        me->wrong += find(ss, &a, id) != OK;     /* what was answered is seen at once */
        arena_reset(&a);
    }
    arena_close(&a);
    store_session_close(ss);
    return NULL;
}

static void waiting_writes_share_a_commit(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct worker         workers[THREADS];
    int                   conflicts = 0;

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .store = s, .number = i };
        assert_int_equal(pthread_create(&workers[i].thread, NULL, add_some, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].wrong, 0);
        conflicts += workers[i].conflicts;
    }
    assert_int_equal(conflicts, (THREADS - 1) * EACH);
    struct store_counts counts = store_counts(s);
    assert_int_equal(counts.writes, THREADS * EACH + EACH);
    assert_true(counts.commits > 0 && counts.commits < counts.writes / 2);
    struct store_session *ss = store_session_open(s);
    assert_int_equal(count_all(ss, &w->arena), THREADS * EACH + EACH);
    store_session_close(ss);
    store_close(s);
}

/* The log is given back from time to time, also while somebody reads without a pause. */
static void *read_on(void *context)
{
    struct worker        *me = context;
    struct store_session *ss = store_session_open(me->store);
    struct arena          a = arena_new(1 << 16);

    while (!__atomic_load_n(&me->number, __ATOMIC_RELAXED)) {
        problem p = find(ss, &a, 1);
        me->wrong += p != OK && p != NO_ROW;
        arena_reset(&a);
    }
    arena_close(&a);
    store_session_close(ss);
    return NULL;
}

static problem add_many(struct store_session *ss, void *context)
{
    int64_t *next = context;
    char     email[2000];
    struct arena a = arena_new(1 << 16);
    problem      p = OK;

    memset(email, 'x', sizeof email);
    for (int i = 0; i < 500 && !p; i++) {
        snprintf(email, sizeof email, "%lld", (long long)*next);
        email[strlen(email)] = 'x';
        struct account row = { (*next)++, { email, sizeof email } };
        p = store_run(ss, &a, &add_account, &row, NULL);
    }
    arena_close(&a);
    return p;
}

static void the_log_is_bounded(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    struct worker         reader = { .store = s };
    int64_t               next = 1;
    char                  log[128];
    struct stat           found;

    snprintf(log, sizeof log, "%s-wal", w->path);
    assert_int_equal(pthread_create(&reader.thread, NULL, read_on, &reader), 0);
    for (int i = 0; i < 40; i++)
        assert_int_equal(store_transaction(ss, add_many, &next), OK);     /* without end, 270 MB */
    __atomic_store_n(&reader.number, 1, __ATOMIC_RELAXED);
    pthread_join(reader.thread, NULL);
    assert_int_equal(reader.wrong, 0);
    assert_true(store_counts(s).checkpoints > 0);
    assert_int_equal(stat(log, &found), 0);
    assert_true(found.st_size < 32 << 20);
    store_session_close(ss);
    store_close(s);
}

struct sender { struct store *store; int pipe; int64_t first; };

/* Says the number of a row once it was told that the row is kept. */
static void *add_and_tell(void *context)
{
    struct sender        *me = context;
    struct store_session *ss = store_session_open(me->store);
    struct arena          a = arena_new(1 << 20);

    for (int64_t id = me->first;; id++) {
        if (add_numbered(ss, &a, id) != OK || write(me->pipe, &id, sizeof id) != sizeof id)
            _exit(1);
        arena_reset(&a);
    }
    return NULL;
}

static void write_until_killed(struct world *w, int pipe, int64_t first)
{
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct sender         senders[8];
    pthread_t             threads[8];

    for (int i = 0; i < 8; i++) {
        senders[i] = (struct sender){ s, pipe, first + i * 1000000 };
        pthread_create(&threads[i], NULL, add_and_tell, &senders[i]);
    }
    pthread_join(threads[0], NULL);
    _exit(1);
}

static void what_was_answered_survives_kill(void **state)
{
    struct world *w = *state;
    int64_t      *told = calloc(100000, sizeof *told);
    size_t        count = 0;

    for (int round = 0; round < 10; round++) {
        int   ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0)
            write_until_killed(w, ends[1], 1 + round * 10000000);
        close(ends[1]);
        for (int i = 0; i < 20 + round * 37; i++)
            assert_int_equal(read(ends[0], &told[count++], sizeof *told), sizeof *told);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(ends[0], &told[count], sizeof *told) == sizeof *told)
            count++;
        close(ends[0]);

        struct store_settings settings = world_settings(w);
        struct store         *s = world_store(w, &settings);
        struct store_session *ss = store_session_open(s);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(find(ss, &w->arena, told[i]), OK);
        store_session_close(ss);
        store_close(s);
        arena_reset(&w->arena);
    }
    free(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(waiting_writes_share_a_commit, world_open, world_close),
        cmocka_unit_test_setup_teardown(the_log_is_bounded, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(what_was_answered_survives_kill, world_open_in_memory, world_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
