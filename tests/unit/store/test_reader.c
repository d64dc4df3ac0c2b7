/* test_reader.c: a process that may only read, beside a process that writes, checkpoints, is
 * killed and comes back.
 *
 * The reader can open nothing once its session is open (as a confined process cannot) and holds
 * nothing that it could write to. */
#include "world.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <sqlite3.h>

/* A child that answers a number to each byte it is sent. */
struct helper { pid_t pid; int ask, answer; };

typedef int64_t answering(struct store_session *ss, struct arena *a, char question);

static void serve(struct store_session *ss, answering *answer, int ask, int tell)
{
    struct arena a = arena_new(1 << 20);
    char         question;

    while (read(ask, &question, 1) == 1) {
        int64_t number = answer(ss, &a, question);
        if (write(tell, &number, sizeof number) != sizeof number)
            break;
        arena_reset(&a);
    }
    _exit(0);
}

static void run_helper(struct world *w, bool read_only, answering *answer, int ask, int tell)
{
    struct store_settings settings = world_settings(w);
    struct rlimit         nothing_new = { 0, 0 };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    settings.read_only = read_only;
    settings.busy_ms = 20000;
    struct store         *s = world_try(w, &settings);
    struct store_session *ss = s ? store_session_open(s) : NULL;
    if (read_only)
        setrlimit(RLIMIT_NOFILE, &nothing_new);
    int64_t ready = ss ? 1 : -100;
    if (!ss)
        print_error("%s\n", w->why);
    if (write(tell, &ready, sizeof ready) == sizeof ready && ss)
        serve(ss, answer, ask, tell);
    _exit(1);
}

static int64_t hear(const struct helper *h)
{
    int64_t number;

    return read(h->answer, &number, sizeof number) == sizeof number ? number : -200;
}

static int64_t ask(const struct helper *h, char question)
{
    assert_int_equal(write(h->ask, &question, 1), 1);
    return hear(h);
}

static struct helper helper_start(struct world *w, bool read_only, answering *answer)
{
    int there[2], back[2];

    assert_int_equal(pipe2(there, O_CLOEXEC), 0);
    assert_int_equal(pipe2(back, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(there[1]);
        close(back[0]);
        run_helper(w, read_only, answer, there[0], back[1]);
    }
    close(there[0]);
    close(back[1]);
    struct helper h = { pid, there[1], back[0] };
    assert_int_equal(hear(&h), 1);
    return h;
}

static void helper_kill(struct helper *h)
{
    kill(h->pid, SIGKILL);
    assert_int_equal(waitpid(h->pid, NULL, 0), h->pid);
    close(h->ask);
    close(h->answer);
}

/* Of the writer: a row more, and how many there are now. */
static int64_t write_one(struct store_session *ss, struct arena *a, char question)
{
    struct total total;
    int64_t      id;

    (void)question;
    if (store_next_id(ss, "accounts", &id) || add_numbered(ss, a, id) || store_one(ss, a, &count_accounts, NULL, &total))
        return -1;
    return total.count;
}

/* How many descriptors of this process are open on regular files for writing. */
static int64_t writable_descriptors(void)
{
    int64_t count = 0;

    for (int fd = 3; fd < 1024; fd++) {
        struct stat found;
        int         flags = fcntl(fd, F_GETFL);
        if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(fd, &found) == 0 && S_ISREG(found.st_mode))
            count++;
    }
    return count;
}

/* Of the reader: how many rows there are, or what is asked. */
static int64_t read_some(struct store_session *ss, struct arena *a, char question)
{
    struct total total;

    switch (question) {
    case 'w': return writable_descriptors();
    case 'h': return store_healthy(ss);
    case 'x': return add_numbered(ss, a, 1000000);
    default:
        return store_one(ss, a, &count_accounts, NULL, &total) == OK ? total.count : -1;
    }
}

/* By another hand, so that the log begins anew or is cut to nothing. */
static void checkpoint(const struct world *w, int mode)
{
    sqlite3 *handle;

    assert_int_equal(sqlite3_open(w->path, &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 5000);
    assert_int_equal(sqlite3_exec(handle, "SELECT count(*) FROM accounts", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_wal_checkpoint_v2(handle, "main", mode, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
}

static void sees_every_commit_at_once(void **state)
{
    struct world *w = *state;
    struct helper writer = helper_start(w, false, write_one), reader = helper_start(w, true, read_some);

    for (int i = 1; i <= 600; i++) {
        assert_int_equal(ask(&writer, 'a'), i);
        assert_int_equal(ask(&reader, 'c'), i);
        if (i % 50 == 0)
            checkpoint(w, i % 100 ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART);
        if (i % 50 == 20)
            assert_int_equal(ask(&reader, 'c'), i);
    }
    assert_int_equal(ask(&reader, 'h'), true);
    helper_kill(&reader);
    helper_kill(&writer);
}

static void holds_nothing_to_write_to(void **state)
{
    struct world *w = *state;
    struct helper writer = helper_start(w, false, write_one), reader = helper_start(w, true, read_some);

    assert_int_equal(ask(&writer, 'a'), 1);
    assert_int_equal(ask(&reader, 'c'), 1);
    assert_int_equal(ask(&reader, 'w'), 0);
    assert_int_equal(ask(&reader, 'x'), INTERNAL);
    assert_int_equal(ask(&reader, 'c'), 1);
    helper_kill(&reader);
    helper_kill(&writer);
}

static void outlives_the_writer(void **state)
{
    struct world *w = *state;
    struct helper writer = helper_start(w, false, write_one), reader = helper_start(w, true, read_some);
    int64_t       rows = 0;

    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 10; i++) {
            assert_int_equal(ask(&writer, 'a'), ++rows);
            assert_int_equal(ask(&reader, 'c'), rows);
        }
        if (round % 3 == 1)
            checkpoint(w, SQLITE_CHECKPOINT_TRUNCATE);
        helper_kill(&writer);
        assert_int_equal(ask(&reader, 'c'), rows);
        writer = helper_start(w, false, write_one);
        assert_int_equal(ask(&reader, 'c'), rows);
    }
    helper_kill(&reader);
    /* A reader that starts where everybody was killed, and only then a writer. */
    helper_kill(&writer);
    reader = helper_start(w, true, read_some);
    assert_int_equal(ask(&reader, 'c'), rows);
    writer = helper_start(w, false, write_one);
    assert_int_equal(ask(&writer, 'a'), ++rows);
    assert_int_equal(ask(&reader, 'c'), rows);
    helper_kill(&reader);
    helper_kill(&writer);
}

/* Killed in the middle of whatever it did: answers may be missing for that moment, and are right
 * again after. */
static void outlives_a_writer_killed_at_work(void **state)
{
    struct world *w = *state;
    struct helper reader = { 0 };

    for (int round = 0; round < 25; round++) {
        struct helper writer = helper_start(w, false, write_one);
        if (round == 0)
            reader = helper_start(w, true, read_some);
        int64_t told = 0;
        for (int i = 0; i < 12 + round % 7; i++)
            told = ask(&writer, 'a');
        assert_int_equal(write(writer.ask, "aaaaaaaaaaaa", 12), 12);
        assert_true(ask(&reader, 'c') >= told);
        helper_kill(&writer);
        writer = helper_start(w, false, write_one);
        told = ask(&writer, 'a');
        assert_int_equal(ask(&reader, 'c'), told);
        helper_kill(&writer);
    }
    helper_kill(&reader);
}

/* As a writer leaves it that dies between the two halves of its note: only another writer can
 * tell what is true. */
static void spoil_shared_memory(const struct world *w)
{
    char        path[128];
    const char  zeros[96] = { 0 };

    snprintf(path, sizeof path, "%s-shm", w->path);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(file, zeros, sizeof zeros, 0), sizeof zeros);
    close(file);
}

static void waits_for_the_next_writer(void **state)
{
    struct world *w = *state;
    struct helper writer = helper_start(w, false, write_one), reader = helper_start(w, true, read_some);

    assert_int_equal(ask(&writer, 'a'), 1);
    assert_int_equal(ask(&writer, 'a'), 2);
    helper_kill(&writer);
    spoil_shared_memory(w);
    assert_int_equal(write(reader.ask, "c", 1), 1);
    writer = helper_start(w, false, write_one);
    assert_int_equal(hear(&reader), 2);
    assert_int_equal(ask(&writer, 'a'), 3);
    assert_int_equal(ask(&reader, 'c'), 3);
    helper_kill(&reader);
    helper_kill(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sees_every_commit_at_once, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(holds_nothing_to_write_to, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(outlives_the_writer, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(outlives_a_writer_killed_at_work, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(waits_for_the_next_writer, world_open_in_memory, world_close),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
