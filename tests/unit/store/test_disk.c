/* test_disk.c: each operation on the disk fails once, one after the other, until a run meets no
 * failure.
 *
 * Whatever was answered OK is there after a crash, whatever was answered otherwise is not, and
 * once the disk works again so does the store. */
#include "world.h"

#include <sys/mman.h>

#include "fault_vfs.h"

enum { ROWS = 6, RUNS_MAX = 400 };

/* What the child was answered, row by row; shared with the parent. */
struct ledger {
    problem answers[ROWS + 1];
    bool    fired, well, opened, misread;
    bool    finished;
};

static int64_t now_ns;

static int64_t tell_ns(void *context)
{
    (void)context;
    return now_ns;
}

static int64_t tell_us(void *context)
{
    (void)context;
    return now_ns / 1000;
}

static const struct clock own_clock = { tell_us, tell_ns, NULL };

static struct store_settings settings_on_fault(const struct world *w)
{
    struct store_settings settings = world_settings(w);

    settings.inline_writes = true;
    settings.vfs = "fault";
    settings.clock = &own_clock;
    settings.busy_ms = 5;
    return settings;
}

/* Rows of 3,000 bytes, so that a commit is some pages. */
static problem add_large(struct store_session *ss, struct arena *a, int64_t id)
{
    char email[3000];

    memset(email, 'a' + (int)id, sizeof email);
    return store_run(ss, a, &add_account, &(struct account){ id, { email, sizeof email } }, NULL);
}

static bool is_expected(problem p)
{
    return p == OK || p == UNAVAILABLE;
}

static void use(struct store_session *ss, struct arena *a, struct ledger *l)
{
    for (int i = 0; i < ROWS; i++) {
        l->answers[i] = add_large(ss, a, i + 1);
        problem found = find(ss, a, i + 1);
        problem right = l->answers[i] == OK ? OK : NO_ROW;
        if (found != right && found != UNAVAILABLE)
            l->misread = true;
        now_ns += 10000000000;
    }
    l->fired = fault.hits > 0;
    fault_disarm();
    l->answers[ROWS] = add_large(ss, a, ROWS + 1);
    l->well = store_healthy(ss);
}

/* In a child, which ends as a crash would end it. */
static void run_child(struct world *w, struct ledger *l, enum fault_kind kind, int first, int length, bool from_start)
{
    struct store_settings settings = settings_on_fault(w);

    fault_vfs_register();
    if (from_start)
        fault_arm(kind, first, length);
    struct store         *s = world_try(w, &settings);
    struct store_session *ss = s ? store_session_open(s) : NULL;
    l->opened = ss != NULL;
    l->fired = fault.hits > 0;
    if (!from_start)
        fault_arm(kind, first, length);
    if (ss)
        use(ss, &w->arena, l);
    l->finished = true;
    _exit(0);
}

static void check_after(struct world *w, const struct ledger *l)
{
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);

    for (int i = 0; i <= ROWS; i++) {
        problem there = find(ss, &w->arena, i + 1);
        assert_true(is_expected(l->answers[i]));
        assert_int_equal(there, l->answers[i] == OK ? OK : NO_ROW);
    }
    store_session_close(ss);
    store_close(s);
    arena_reset(&w->arena);
}

static void remove_files(const struct world *w)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-lock" };

    for (size_t i = 0; i < 4; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", w->path, suffixes[i]);
        unlink(path);
    }
}

/* False when the failure was beyond the end of the run. */
static bool run_once(struct world *w, enum fault_kind kind, int first, int length, bool from_start)
{
    struct ledger *l = mmap(NULL, sizeof *l, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    remove_files(w);
    pid_t child = fork();
    if (child == 0)
        run_child(w, l, kind, first, length, from_start);
    assert_int_equal(waitpid(child, NULL, 0), child);
    if (!l->finished || l->misread || (l->opened && (!l->well || l->answers[ROWS] != OK)) || (!l->opened && !l->fired))
        fail_msg("kind %d, operation %d, length %d: finished %d, misread %d, opened %d, well %d, last answer %d", kind,
                 first, length, l->finished, l->misread, l->opened, l->well, l->answers[ROWS]);
    bool fired = l->fired;
    if (l->opened)
        check_after(w, l);
    munmap(l, sizeof *l);
    return fired;
}

static void sweep(struct world *w, bool from_start)
{
    static const int lengths[] = { 1, 1000 };
    int              kinds_of_length = from_start ? 1 : 2, runs = 0;

    for (int kind = 0; kind < FAULT_KINDS; kind++)
        for (int i = 0; i < kinds_of_length; i++)
            for (int n = 1; n < RUNS_MAX && run_once(w, (enum fault_kind)kind, n, lengths[i], from_start); n++)
                runs++;
    print_message("%d runs\n", runs);
    assert_true(runs > 50);
}

static void each_operation_fails_once(void **state)
{
    sweep(*state, false);
}

static void each_operation_of_opening_fails_once(void **state)
{
    sweep(*state, true);
}

/* A process that is killed loses nothing that the kernel has: only this shows that a commit is
 * on the disk. */
static void each_commit_is_synchronised(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = settings_on_fault(w);

    fault_vfs_register();
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    fault_arm(FAULT_SYNC, INT32_MAX - 1, 0);
    for (int i = 1; i <= 10; i++) {
        int before = fault.seen;
        assert_int_equal(add_large(ss, &w->arena, i), OK);
        assert_true(fault.seen > before);
    }
    fault_disarm();
    store_session_close(ss);
    store_close(s);
}

static void swap_in(const struct world *w, const char *copy)
{
    shell("mv %s %s.old; cp %s %s", w->path, w->path, copy, w->path);
}

static void swap_back(const struct world *w)
{
    shell("mv %s.old %s", w->path, w->path);
}

/* Whoever must open again finds another file beside the log of the right one: that would be the
 * end of both. */
static void another_file_beside_the_log_is_not_opened(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = settings_on_fault(w);
    char                  copy[128];

    fault_vfs_register();
    snprintf(copy, sizeof copy, "%s/copy", w->directory);
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    assert_int_equal(add_large(ss, &w->arena, 1), OK);
    shell("cp %s %s", w->path, copy);
    fault_arm(FAULT_SYNC, 1, 1);
    assert_int_equal(add_large(ss, &w->arena, 2), UNAVAILABLE);
    fault_arm(FAULT_READ, 1, 1000);
    assert_int_equal(find(ss, &w->arena, 1), UNAVAILABLE);
    fault_disarm();
    swap_in(w, copy);
    now_ns += 10000000000;
    assert_int_equal(add_large(ss, &w->arena, 2), UNAVAILABLE);
    assert_int_equal(find(ss, &w->arena, 1), UNAVAILABLE);
    swap_back(w);
    now_ns += 10000000000;
    assert_int_equal(add_large(ss, &w->arena, 2), OK);
    assert_int_equal(find(ss, &w->arena, 1), OK);
    assert_int_equal(find(ss, &w->arena, 2), OK);
    store_session_close(ss);
    store_close(s);
}

static void a_failed_sync_is_not_tried_again_on_the_same_connection(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = settings_on_fault(w);

    fault_vfs_register();
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    fault_arm(FAULT_SYNC, 1, 1);
    assert_int_equal(add_large(ss, &w->arena, 1), UNAVAILABLE);
    fault_arm(FAULT_OPEN, INT32_MAX - 1, 0);
    assert_int_equal(add_large(ss, &w->arena, 1), OK);
    assert_true(fault.seen > 0);
    fault_disarm();
    store_session_close(ss);
    store_close(s);
}

/* A commit fails, the storage recovers, and before anything else is written the process is
 * killed. */
static void fail_recover_and_die(struct world *w)
{
    struct store_settings settings = settings_on_fault(w);
    struct account        row;

    fault_vfs_register();
    struct store         *s = world_try(w, &settings);
    struct store_session *ss = s ? store_session_open(s) : NULL;
    if (!ss || add_large(ss, &w->arena, 1) != OK)
        _exit(1);
    fault_arm(FAULT_SYNC, 1, 1);
    if (add_large(ss, &w->arena, 2) != UNAVAILABLE)
        _exit(2);
    fault_disarm();
    now_ns += 10000000000;
    _exit(store_one(ss, &w->arena, &take_account, &(struct account_key){ 99 }, &row) == NO_ROW ? 0 : 3);
}

static void a_failed_commit_does_not_come_back(void **state)
{
    struct world *w = *state;
    int           status = -1;
    pid_t         child = fork();

    if (child == 0)
        fail_recover_and_die(w);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    assert_int_equal(find(ss, &w->arena, 1), OK);
    assert_int_equal(find(ss, &w->arena, 2), NO_ROW);
    store_session_close(ss);
    store_close(s);
}

/* The second of three statements meets a bad sector, and the work does not look. */
static problem ignore_a_failure(struct store_session *ss, void *context)
{
    struct arena *a = context;
    problem       first = add_numbered(ss, a, 1000);

    fault_arm(FAULT_READ, 1, 1);
    problem second = add_large(ss, a, 9);
    fault_disarm();
    problem third = add_numbered(ss, a, 1001);
    assert_int_equal(second, UNAVAILABLE);
    assert_int_equal(third, UNAVAILABLE);
    return first;
}

static void a_transaction_that_lost_a_part_is_lost(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = settings_on_fault(w);

    fault_vfs_register();
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    for (int i = 10; i < 30; i++)
        assert_int_equal(add_large(ss, &w->arena, i), OK);
    store_session_close(ss);
    store_close(s);
    s = world_store(w, &settings);      /* with nothing in memory yet */
    ss = store_session_open(s);
    assert_int_equal(store_transaction(ss, ignore_a_failure, &w->arena), UNAVAILABLE);
    assert_int_equal(count_all(ss, &w->arena), 20);
    assert_int_equal(add_numbered(ss, &w->arena, 1000), OK);
    store_session_close(ss);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_commit_is_synchronised, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(another_file_beside_the_log_is_not_opened, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(a_failed_sync_is_not_tried_again_on_the_same_connection, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(a_failed_commit_does_not_come_back, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(a_transaction_that_lost_a_part_is_lost, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(each_operation_fails_once, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(each_operation_of_opening_fails_once, world_open_in_memory, world_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
