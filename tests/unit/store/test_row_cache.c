/* test_row_cache.c: rows that a session keeps are those of the database, whoever writes it and
 * whenever.
 *
 * That a row came from the cache is seen by the locks that no snapshot took. */
#include "world.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "fault_vfs.h"
#include "store/commits.h"
#include "store/row_cache.h"

enum { KEPT = 16, IDS = 64, ROUNDS = 10000 };

static const struct statement set_email = {
    "UPDATE accounts SET email = :email WHERE id = :id", &account_schema, NULL };
static const struct statement set_all = {
    "UPDATE accounts SET email = id || ':' || :id", &account_key_schema, NULL };

static const struct statement *const statements[] = {
    &add_account, &find_account, &take_account, &count_accounts, &set_email, &set_all, NULL,
};

/* A writing store, and a session of it that keeps rows. */
struct scene {
    struct store_settings settings;
    struct store         *s;
    struct store_session *ss, *other;
};

static struct store_settings settings_of(const struct world *w)
{
    struct store_settings settings = world_settings(w);

    settings.statements = statements;
    settings.inline_writes = true;
    settings.vfs = "fault";
    return settings;
}

static struct scene open_scene(struct world *w, size_t rows)
{
    struct scene c = { .settings = settings_of(w) };

    c.s = world_store(w, &c.settings);
    c.ss = store_session_open(c.s);
    c.other = store_session_open(c.s);
    store_session_keep_rows(c.ss, rows);
    return c;
}

static void close_scene(struct scene *c)
{
    fault_disarm();
    store_session_close(c->ss);
    store_session_close(c->other);
    store_close(c->s);
}

static problem find_kept(struct store_session *ss, struct arena *a, int64_t id, struct account *row)
{
    return store_one_kept(ss, a, &find_account, &(struct account_key){ id }, row);
}

/* The address of a row that is there, and whether the database was asked for it. */
static struct str email_of(struct store_session *ss, struct arena *a, int64_t id, bool *asked)
{
    struct account row = { 0 };

    fault_arm(FAULT_SHARED_LOCK, INT_MAX, 1);       /* counts, and never strikes */
    assert_int_equal(find_kept(ss, a, id, &row), OK);
    assert_int_equal(row.id, id);
    *asked = fault.seen > 0;
    fault_disarm();
    return row.email;
}

static void assert_asked(struct store_session *ss, struct arena *a, int64_t id, const char *email)
{
    bool asked;

    assert_true(str_eq(email_of(ss, a, id, &asked), str_of(email)));
    assert_true(asked);
}

static void assert_kept(struct store_session *ss, struct arena *a, int64_t id, const char *email)
{
    bool asked;

    assert_true(str_eq(email_of(ss, a, id, &asked), str_of(email)));
    assert_false(asked);
}

static void a_row_is_read_once(void **state)
{
    struct world *w = *state;
    struct scene  c = open_scene(w, KEPT);
    struct arena *a = &w->arena;

    assert_int_equal(add(c.other, a, 1, "ann"), OK);
    assert_int_equal(add(c.other, a, 2, ""), OK);
    assert_asked(c.ss, a, 1, "ann");
    assert_asked(c.ss, a, 2, "");
    for (int i = 0; i < 3; i++) {
        assert_kept(c.ss, a, 1, "ann");
        assert_kept(c.ss, a, 2, "");
        arena_reset(a);
    }
    /* Whoever does not ask for it gets no kept row, and nor does another session. */
    fault_arm(FAULT_SHARED_LOCK, INT_MAX, 1);
    assert_int_equal(find(c.ss, a, 1), OK);
    assert_true(fault.seen > 0);
    assert_asked(c.other, a, 1, "ann");
    assert_asked(c.other, a, 1, "ann");
    close_scene(&c);
}

static void any_commit_ends_it(void **state)
{
    struct world  *w = *state;
    struct scene   c = open_scene(w, KEPT);
    struct arena  *a = &w->arena;
    struct account row;

    assert_int_equal(add(c.other, a, 1, "ann"), OK);
    assert_asked(c.ss, a, 1, "ann");
    assert_int_equal(store_run(c.other, a, &set_email, &(struct account){ 1, LIT("bob") }, NULL), OK);
    assert_asked(c.ss, a, 1, "bob");
    assert_int_equal(add(c.ss, a, 2, "eve"), OK);
    assert_asked(c.ss, a, 1, "bob");
    assert_kept(c.ss, a, 1, "bob");
    assert_int_equal(add(c.ss, a, 3, "eve"), CONFLICT);     /* nothing was committed */
    assert_kept(c.ss, a, 1, "bob");
    assert_int_equal(store_one(c.other, a, &take_account, &(struct account_key){ 1 }, &row), OK);
    assert_int_equal(find_kept(c.ss, a, 1, &row), NO_ROW);
    close_scene(&c);
}

static void that_there_is_none_is_not_kept(void **state)
{
    struct world  *w = *state;
    struct scene   c = open_scene(w, KEPT);
    struct account row = { .id = 77 };

    for (int i = 0; i < 2; i++) {
        fault_arm(FAULT_SHARED_LOCK, INT_MAX, 1);
        assert_int_equal(find_kept(c.ss, &w->arena, 1, &row), NO_ROW);
        assert_true(fault.seen > 0);
        assert_int_equal(row.id, 77);
    }
    close_scene(&c);
}

static void the_newer_takes_the_place_of_the_older(void **state)
{
    struct world *w = *state;
    struct scene  c = open_scene(w, KEPT);
    struct arena *a = &w->arena;

    for (int64_t id = 1; id <= KEPT + 1; id++)
        assert_int_equal(add_numbered(c.other, a, id), OK);
    assert_asked(c.ss, a, 1, "n1");
    assert_asked(c.ss, a, 2, "n2");
    assert_asked(c.ss, a, KEPT + 1, "n17");     /* in the slot of 1 */
    assert_kept(c.ss, a, KEPT + 1, "n17");
    assert_kept(c.ss, a, 2, "n2");
    assert_asked(c.ss, a, 1, "n1");
    assert_asked(c.ss, a, KEPT + 1, "n17");
    close_scene(&c);
}

static void what_does_not_fit_is_read_each_time(void **state)
{
    struct world *w = *state;
    struct scene  c = open_scene(w, KEPT);
    struct arena *a = &w->arena;
    char          text[1024];

    memset(text, 'x', sizeof text);
    for (int len = 340; len < 365; len++) {
        bool       asked;
        struct str email = { text, (size_t)len };
        assert_int_equal(store_run(c.other, a, &add_account, &(struct account){ len, email }, NULL), OK);
        assert_true(str_eq(email_of(c.ss, a, len, &asked), email));
        assert_true(str_eq(email_of(c.ss, a, len, &asked), email));
        assert_int_equal(asked, len > 352);
    }
    close_scene(&c);
}

static void none_are_kept_where_there_is_no_room(void **state)
{
    struct world *w = *state;
    struct scene  c = open_scene(w, 0);

    assert_int_equal(add(c.other, &w->arena, 1, "ann"), OK);
    assert_asked(c.ss, &w->arena, 1, "ann");
    assert_asked(c.ss, &w->arena, 1, "ann");
    close_scene(&c);
}

static void an_arena_that_is_full_fails(void **state)
{
    struct world  *w = *state;
    struct scene   c = open_scene(w, KEPT);
    struct account row;
    int            refused = 0;

    assert_int_equal(add(c.other, &w->arena, 1, "a-long-enough-address"), OK);
    assert_asked(c.ss, &w->arena, 1, "a-long-enough-address");
    for (size_t bytes = 0; bytes < 256; bytes += 8) {
        struct arena a = arena_new(bytes);
        problem      answer = find_kept(c.ss, &a, 1, &row);
        assert_int_equal(answer, a.failed ? UNAVAILABLE : OK);
        refused += answer != OK;
        arena_close(&a);
    }
    assert_true(refused > 0 && refused < 32);
    close_scene(&c);
}

static void a_connection_that_was_opened_anew_begins_with_none(void **state)
{
    struct world *w = *state;
    struct scene  c = open_scene(w, KEPT);

    assert_int_equal(add(c.other, &w->arena, 1, "ann"), OK);
    assert_asked(c.ss, &w->arena, 1, "ann");
    fault_arm(FAULT_SHARED_LOCK, 1, 1);
    assert_int_equal(find(c.ss, &w->arena, 1), UNAVAILABLE);
    fault_disarm();
    assert_int_equal(find(c.ss, &w->arena, 1), OK);     /* opens it anew */
    assert_asked(c.ss, &w->arena, 1, "ann");
    assert_kept(c.ss, &w->arena, 1, "ann");
    close_scene(&c);
}

/* Where the shared memory cannot be had, nothing is known, and nothing kept. */
static void without_the_index_all_is_read(void **state)
{
    sqlite3       *handle;
    struct commits c = { 0 };

    (void)state;
    commits_close(&c);
    assert_int_equal(commits_number(&c), 0);
    assert_int_equal(sqlite3_open(":memory:", &handle), SQLITE_OK);
    commits_open(&c, handle);
    assert_int_equal(commits_number(&c), 0);
    sqlite3_close(handle);
}

/* ---- The number, and the moment --------------------------------------------------------- */

static void every_bit_of_the_index_counts(void **state)
{
    uint64_t       index[COMMITS_WORDS] = { 3007000 };
    struct commits c = { .index = index };
    uint64_t       number = commits_number(&c);

    (void)state;
    assert_true(number > 0);
    for (size_t bit = 0; bit < 64 * COMMITS_WORDS; bit++) {
        index[bit / 64] ^= 1ull << bit % 64;
        assert_int_equal(commits_number(&c), ++number);
        assert_int_equal(commits_number(&c), number);
    }
}

/* A commit that comes while a row is read: the row is kept under the number of before. */
static void a_row_of_before_is_not_given_out_after(void **state)
{
    struct world     *w = *state;
    uint64_t          index[COMMITS_WORDS] = { 3007000 };
    struct commits    commits = { .index = index };
    struct row_cache *cache = row_cache_open(4);
    struct slot       out[] = { { .at = offsetof(struct account, id), .kind = INT },
                                { .at = offsetof(struct account, email), .kind = STR } };
    struct plan       p = { .statement = &find_account, .out = out, .out_count = 2 }, other = p;
    struct account    row = { 1, LIT("ann") }, found;
    uint64_t          before = commits_number(&commits);

    index[1]++;
    row_cache_keep(cache, &p, 1, before, &row);
    assert_false(row_cache_find(cache, &p, 1, commits_number(&commits), &w->arena, &found));
    row_cache_keep(cache, &p, 1, commits_number(&commits), &row);
    assert_true(row_cache_find(cache, &p, 1, commits_number(&commits), &w->arena, &found));
    assert_true(str_eq(found.email, LIT("ann")));
    assert_false(row_cache_find(cache, &other, 1, commits_number(&commits), &w->arena, &found));
    assert_false(row_cache_find(cache, &p, 5, commits_number(&commits), &w->arena, &found));
    assert_false(row_cache_find(cache, &p, 1, 0, &w->arena, &found));
    row_cache_keep(cache, &p, 2, 0, &row);
    assert_false(row_cache_find(cache, &p, 2, 0, &w->arena, &found));
    assert_false(row_cache_find(NULL, &p, 1, before, &w->arena, &found));
    row_cache_keep(NULL, &p, 1, before, &row);
    row_cache_close(cache);
    row_cache_close(NULL);
}

/* ---- Races ------------------------------------------------------------------------------ */

/* All rows say the same number; a writer makes it greater and, when it was answered, tells. */
struct race {
    _Atomic int64_t told;
    _Atomic bool    over;
};

static void add_all(struct store_session *ss, struct arena *a)
{
    for (int64_t id = 1; id <= IDS; id++)
        assert_int_equal(add_numbered(ss, a, id), OK);
    assert_int_equal(store_run(ss, a, &set_all, &(struct account_key){ 0 }, NULL), OK);
}

static bool write_on(struct store_session *ss, struct race *r)
{
    struct arena a = arena_new(1 << 16);
    bool         done = true;

    for (int64_t number = 1; done && number <= ROUNDS; number++) {
        done = store_run(ss, &a, &set_all, &(struct account_key){ number }, NULL) == OK;
        r->told = number;
        arena_reset(&a);
    }
    r->over = true;
    arena_close(&a);
    return done;
}

static int64_t number_of(struct store_session *ss, struct arena *a, int64_t id)
{
    struct account row;
    struct str     rest;
    uint64_t       number;

    if (find_kept(ss, a, id, &row) != OK)
        return -1;
    rest = row.email;
    str_cut(&rest, ':');
    return str_to_uint(rest, INT64_MAX, &number) ? (int64_t)number : -1;
}

/* How many rows were older than what had been told before they were asked for. */
static int read_on(struct store_session *ss, struct race *r)
{
    struct arena a = arena_new(1 << 16);
    uint64_t     reads = 0;
    int          old = 0;

    while (!r->over) {
        int64_t told = r->told, id = (int64_t)(reads++ * 29 / 3 % IDS) + 1;
        old += number_of(ss, &a, id) < told;
        arena_reset(&a);
    }
    for (int64_t id = 1; id <= IDS; id++)
        old += number_of(ss, &a, id) != r->told;
    arena_close(&a);
    return old;
}

struct writing { struct store_session *ss; struct race race; bool done; };

static void *write_in_thread(void *context)
{
    struct writing *t = context;

    t->done = write_on(t->ss, &t->race);
    return NULL;
}

static void no_old_row_beside_a_writing_thread(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = settings_of(w);
    pthread_t             thread;

    settings.vfs = NULL;
    settings.inline_writes = false;
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    struct writing        t = { .ss = store_session_open(s) };
    add_all(ss, &w->arena);
    store_session_keep_rows(ss, IDS);
    assert_int_equal(pthread_create(&thread, NULL, write_in_thread, &t), 0);
    int old = read_on(ss, &t.race);
    pthread_join(thread, NULL);
    assert_true(t.done);
    assert_int_equal(old, 0);
    store_session_close(t.ss);
    store_session_close(ss);
    store_close(s);
}

/* A child, made before this process has the database open: it does what it is told to once. */
struct child { pid_t pid; int go, ready; };

static struct child fork_child(struct world *w, bool (*work)(struct world *w, struct race *r, int ready),
                               struct race *r)
{
    int there[2], back[2];

    assert_int_equal(pipe2(there, O_CLOEXEC), 0);
    assert_int_equal(pipe2(back, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(there[1]);
        _exit(read(there[0], &byte, 1) == 1 && work(w, r, back[1]) ? 0 : 1);
    }
    close(there[0]);
    close(back[1]);
    return (struct child){ pid, there[1], back[0] };
}

static void let_go(const struct child *c)
{
    assert_int_equal(write(c->go, "g", 1), 1);
}

static bool child_ended_well(const struct child *c)
{
    int status;

    close(c->go);
    close(c->ready);
    return waitpid(c->pid, &status, 0) == c->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool write_through_store(struct world *w, struct race *r, int ready)
{
    struct store_settings settings = settings_of(w);

    settings.vfs = NULL;
    settings.busy_ms = 20000;
    struct store         *s = world_try(w, &settings);
    struct store_session *ss = s ? store_session_open(s) : NULL;
    if (!ss)
        return false;
    add_all(ss, &w->arena);
    return write(ready, "r", 1) == 1 && write_on(ss, r);
}

static void no_old_row_beside_a_writing_process(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = settings_of(w);
    struct race          *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct child          child = fork_child(w, write_through_store, r);
    char                  byte;

    let_go(&child);
    assert_int_equal(read(child.ready, &byte, 1), 1);
    settings.read_only = true;
    settings.vfs = NULL;
    settings.busy_ms = 20000;
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    store_session_keep_rows(ss, IDS);
    assert_int_equal(read_on(ss, r), 0);
    assert_true(child_ended_well(&child));
    store_session_close(ss);
    store_close(s);
    munmap(r, sizeof *r);
}

/* Not through our writer at all: a shell in the file. */
static bool write_by_hand(struct world *w, struct race *r, int ready)
{
    sqlite3 *handle;

    (void)r, (void)ready;
    return sqlite3_open(w->path, &handle) == SQLITE_OK
        && sqlite3_busy_timeout(handle, 20000) == SQLITE_OK
        && sqlite3_exec(handle, "UPDATE accounts SET email = 'by hand'", NULL, NULL, NULL) == SQLITE_OK
        && sqlite3_close(handle) == SQLITE_OK;
}

static void another_hand_is_seen(void **state)
{
    struct world *w = *state;
    struct child  child = fork_child(w, write_by_hand, NULL);
    struct scene  c = open_scene(w, KEPT);

    assert_int_equal(add(c.other, &w->arena, 1, "ann"), OK);
    assert_asked(c.ss, &w->arena, 1, "ann");
    assert_kept(c.ss, &w->arena, 1, "ann");
    let_go(&child);
    assert_true(child_ended_well(&child));
    assert_asked(c.ss, &w->arena, 1, "by hand");
    close_scene(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open_in_memory, world_close)
        TEST(a_row_is_read_once),
        TEST(any_commit_ends_it),
        TEST(that_there_is_none_is_not_kept),
        TEST(the_newer_takes_the_place_of_the_older),
        TEST(what_does_not_fit_is_read_each_time),
        TEST(none_are_kept_where_there_is_no_room),
        TEST(an_arena_that_is_full_fails),
        TEST(a_connection_that_was_opened_anew_begins_with_none),
        TEST(without_the_index_all_is_read),
        TEST(every_bit_of_the_index_counts),
        TEST(a_row_of_before_is_not_given_out_after),
        TEST(no_old_row_beside_a_writing_thread),
        TEST(no_old_row_beside_a_writing_process),
        TEST(another_hand_is_seen),
    };

    signal(SIGPIPE, SIG_IGN);
    fault_vfs_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
