/* test_faults.c: the storage fails in the ways that storage fails; nothing is called done that
 * is not, it is said once, and it passes by itself. */
#include "world.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <sqlite3.h>

/* An open store whose log lines go to a file. */
struct scene {
    struct world         *w;
    struct store_settings settings;
    struct store         *s;
    struct store_session *ss;
    char                  log[128];
    int                   console;
    int64_t               now_ns;
};

static int64_t scene_now(void *context)
{
    return ((struct scene *)context)->now_ns;
}

static int64_t scene_wall(void *context)
{
    return ((struct scene *)context)->now_ns / 1000;
}

static struct scene scene_open(struct world *w, bool inline_writes)
{
    struct scene c = { .w = w, .settings = world_settings(w) };

    c.settings.inline_writes = inline_writes;
    c.settings.busy_ms = 20;
    snprintf(c.log, sizeof c.log, "%s/log", w->directory);
    fflush(NULL);
    c.console = dup(STDERR_FILENO);
    int log = open(c.log, O_CREAT | O_RDWR | O_APPEND, 0600);
    dup2(log, STDERR_FILENO);
    close(log);
    log_open("test", LOG_LEVEL_INFO);
    c.s = world_store(w, &c.settings);
    c.ss = store_session_open(c.s);
    assert_non_null(c.ss);
    return c;
}

static void scene_close(struct scene *c)
{
    store_session_close(c->ss);
    store_close(c->s);
    dup2(c->console, STDERR_FILENO);
    close(c->console);
    log_open("test", LOG_LEVEL_ERROR + 1);
}

static int count_lines(const struct scene *c, const char *event)
{
    FILE *f = fopen(c->log, "r");
    char  line[4096];
    int   count = 0;

    while (fgets(line, sizeof line, f))
        count += strstr(line, event) != NULL;
    fclose(f);
    return count;
}

/* Asks as a load balancer does, until the store is well again; true within the time. */
static bool becomes_well(struct store_session *ss)
{
    const struct timespec pause = { .tv_nsec = 5000000 };
    double                end = seconds() + 20;

    while (!store_healthy(ss) && seconds() < end)
        nanosleep(&pause, NULL);
    return store_healthy(ss);
}

/* Asks nothing and waits for the line. */
static bool says_it_is_well(const struct scene *c)
{
    const struct timespec pause = { .tv_nsec = 5000000 };
    double                end = seconds() + 20;

    while (!count_lines(c, "storage_recovered") && seconds() < end)
        nanosleep(&pause, NULL);
    return count_lines(c, "storage_recovered") == 1;
}

/* Well again without a single write from us, and then a write goes through; all of it said once. */
static void assert_recovers(struct scene *c, int64_t id)
{
    assert_true(c->settings.inline_writes ? becomes_well(c->ss) : says_it_is_well(c));
    assert_int_equal(count_lines(c, "storage_failed"), 1);
    assert_int_equal(count_lines(c, "storage_recovered"), 1);
    assert_int_equal(add_numbered(c->ss, &c->w->arena, id), OK);
    assert_int_equal(find(c->ss, &c->w->arena, id), OK);
}

static void assert_out(struct scene *c)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(add_numbered(c->ss, &c->w->arena, 1000 + i), UNAVAILABLE);
    assert_false(store_healthy(c->ss));
    assert_int_equal(count_lines(c, "storage_failed"), 1);
    assert_int_equal(count_lines(c, "storage_recovered"), 0);
}

static void locked(struct world *w, bool inline_writes)
{
    struct scene c = scene_open(w, inline_writes);
    sqlite3     *stranger;

    assert_int_equal(add_numbered(c.ss, &w->arena, 1), OK);
    assert_int_equal(sqlite3_open(w->path, &stranger), SQLITE_OK);
    assert_int_equal(sqlite3_exec(stranger, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_out(&c);
    assert_int_equal(find(c.ss, &w->arena, 1), OK);
    sqlite3_close(stranger);
    assert_recovers(&c, 2);
    assert_int_equal(count_all(c.ss, &w->arena), 2);
    scene_close(&c);
}

static void a_lock_of_a_stranger(void **state)
{
    locked(*state, false);
}

static void a_lock_of_a_stranger_inline(void **state)
{
    locked(*state, true);
}

static void moved(struct world *w, bool inline_writes)
{
    struct scene c = scene_open(w, inline_writes);

    assert_int_equal(add_numbered(c.ss, &w->arena, 1), OK);
    shell("mv %s %s.away", w->path, w->path);
    assert_out(&c);
    shell("mv %s.away %s", w->path, w->path);
    assert_recovers(&c, 2);
    assert_int_equal(count_all(c.ss, &w->arena), 2);
    assert_int_equal(store_generation(c.s), 1);
    scene_close(&c);
}

static void a_file_moved_and_back(void **state)
{
    moved(*state, false);
}

static void a_file_moved_and_back_inline(void **state)
{
    moved(*state, true);
}

static void a_log_taken_away(void **state)
{
    struct world *w = *state;
    struct scene  c = scene_open(w, false);

    assert_int_equal(add_numbered(c.ss, &w->arena, 1), OK);
    shell("mv %s-wal %s-wal.away", w->path, w->path);
    assert_out(&c);
    shell("mv %s-wal.away %s-wal", w->path, w->path);
    assert_recovers(&c, 2);
    scene_close(&c);
}

static void everything_deleted(void **state)
{
    struct world *w = *state;
    struct scene  c = scene_open(w, false);

    assert_int_equal(add_numbered(c.ss, &w->arena, 1), OK);
    shell("rm %s %s-wal %s-shm", w->path, w->path, w->path);
    assert_out(&c);
    shell(": > %s", w->path);       /* an empty file is not what was lost */
    assert_false(store_healthy(c.ss));
    assert_int_equal(add_numbered(c.ss, &w->arena, 2), UNAVAILABLE);
    scene_close(&c);
}

/* A copy of the database as it is now, made as a backup is: by a second opener that knows how. */
static void back_up(const struct world *w, const char *to)
{
    sqlite3 *from;
    char     sql[256];

    assert_int_equal(sqlite3_open_v2(w->path, &from, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", to);
    assert_int_equal(sqlite3_exec(from, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(from);
}

static void a_backup_put_back(void **state)
{
    struct world *w = *state;
    struct scene  c = scene_open(w, false);
    char          copy[128];
    int64_t       id = 0;

    snprintf(copy, sizeof copy, "%s/copy", w->directory);
    assert_int_equal(add_numbered(c.ss, &w->arena, 1), OK);
    back_up(w, copy);
    assert_int_equal(store_next_id(c.ss, "accounts", &id), OK);
    assert_int_equal(add_numbered(c.ss, &w->arena, id), OK);
    assert_int_equal(store_next_id(c.ss, "accounts", &id), OK);
    assert_int_equal(id, 3);
    assert_int_equal(add_numbered(c.ss, &w->arena, id), OK);
    assert_int_equal(store_next_id(c.ss, "accounts", &id), OK);
    /* Over the file, beside the log of the old one: never taken. */
    shell("mv %s %s.old; cp %s %s", w->path, w->path, copy, w->path);
    assert_out(&c);
    assert_int_equal(store_generation(c.s), 1);
    /* All of the old one gone: taken. */
    shell("rm %s-wal %s-shm", w->path, w->path);
    assert_recovers(&c, 2);
    assert_int_equal(store_generation(c.s), 2);
    assert_int_equal(find(c.ss, &w->arena, 3), NO_ROW);
    assert_int_equal(count_all(c.ss, &w->arena), 2);
    assert_int_equal(store_next_id(c.ss, "accounts", &id), OK);
    assert_int_equal(id, 5);    /* 3 and 4 were given out once */
    scene_close(&c);
}

static void set_file_limit(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_file_that_may_not_grow(void **state)
{
    struct world *w = *state;
    struct scene  c = scene_open(w, false);
    int64_t       id = 0, kept = 0;

    signal(SIGXFSZ, SIG_IGN);
    set_file_limit(64 * 1024);
    while (add_numbered(c.ss, &w->arena, ++id) == OK && id < 1000)
        kept++;
    assert_true(id < 1000);
    assert_int_equal(count_all(c.ss, &w->arena), kept);
    set_file_limit(RLIM_INFINITY);
    assert_true(becomes_well(c.ss));
    assert_int_equal(add_numbered(c.ss, &w->arena, 5000), OK);
    assert_int_equal(count_all(c.ss, &w->arena), kept + 1);
    scene_close(&c);
}

/* In a process of its own, since it gives up a right or a name space.  What the child asserts by
 * _exit(). */
static int in_child(struct world *w, int (*act)(struct world *))
{
    int   status = -1;
    pid_t child = fork();

    if (child == 0)
        _exit(act(w));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

enum { PASSED, SKIPPED, FIRST_FAILURE };

/* Fills a small disk, frees it, and counts what was kept. */
static int fill_a_disk(struct world *w)
{
    struct store_settings settings = world_settings(w);
    char                  ballast[128];
    int64_t               id = 0, kept = 0;
    struct total          total;

    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
        || mount("none", w->directory, "tmpfs", 0, "size=512k") != 0)
        return SKIPPED;
    snprintf(ballast, sizeof ballast, "%s/ballast", w->directory);
    struct store         *s = world_try(w, &settings);
    struct store_session *ss = s ? store_session_open(s) : NULL;
    if (!ss)
        return FIRST_FAILURE;
    int file = open(ballast, O_CREAT | O_WRONLY, 0600);
    while (write(file, ballast, sizeof ballast) > 0)
        continue;
    while (add_numbered(ss, &w->arena, ++id) == OK && id < 10000)
        kept++;
    if (id == 10000 || store_healthy(ss))
        return FIRST_FAILURE + 1;
    if (store_one(ss, &w->arena, &count_accounts, NULL, &total) != OK || total.count != kept)
        return FIRST_FAILURE + 2;
    unlink(ballast);
    close(file);
    if (!becomes_well(ss) || add_numbered(ss, &w->arena, 20000) != OK)
        return FIRST_FAILURE + 3;
    store_session_close(ss);
    store_close(s);
    return PASSED;
}

static void a_full_disk(void **state)
{
    int result = in_child(*state, fill_a_disk);

    if (result == SKIPPED)
        skip();
    assert_int_equal(result, PASSED);
}

/* As somebody who may read the directory and no more. */
static int open_without_rights(struct world *w)
{
    struct store_settings settings = world_settings(w);

    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return SKIPPED;
    if (world_try(w, &settings))
        return FIRST_FAILURE;
    return strstr(w->why, w->path) && strstr(w->why, "Permission denied") ? PASSED : FIRST_FAILURE + 1;
}

static int open_a_readonly_file(struct world *w)
{
    struct store_settings settings = world_settings(w);

    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return SKIPPED;
    if (world_try(w, &settings))
        return FIRST_FAILURE;
    return strstr(w->why, "is read-only") ? PASSED : FIRST_FAILURE + 1;
}

static void a_directory_without_rights(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);

    assert_int_equal(chmod(w->directory, 0555), 0);
    assert_int_equal(in_child(w, open_without_rights), PASSED);
    assert_int_equal(chmod(w->directory, 0777), 0);
    store_close(world_store(w, &settings));
    assert_int_equal(chmod(w->path, 0444), 0);
    shell("chmod 666 %s-lock", w->path);
    assert_int_equal(in_child(w, open_a_readonly_file), PASSED);
}

static void a_retry_waits_its_time(void **state)
{
    struct world *w = *state;
    struct scene  c = scene_open(w, true);
    struct clock  clock = { scene_wall, scene_now, &c };

    scene_close(&c);
    c.settings.clock = &clock;
    struct store         *s = world_store(w, &c.settings);
    struct store_session *ss = store_session_open(s);
    char                  copy[128];
    snprintf(copy, sizeof copy, "%s/copy", w->directory);
    shell("cp %s %s; rm %s %s-wal %s-shm; echo nonsense > %s", w->path, copy, w->path, w->path, w->path, w->path);
    assert_int_equal(add_numbered(ss, &w->arena, 1), UNAVAILABLE);
    shell("rm -f %s*; cp %s %s", w->path, copy, w->path);
    assert_int_equal(add_numbered(ss, &w->arena, 1), UNAVAILABLE);
    c.now_ns += 2000000000;
    assert_int_equal(add_numbered(ss, &w->arena, 1), OK);
    assert_true(store_healthy(ss));
    store_session_close(ss);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lock_of_a_stranger, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_lock_of_a_stranger_inline, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_file_moved_and_back, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_file_moved_and_back_inline, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_log_taken_away, world_open, world_close),
        cmocka_unit_test_setup_teardown(everything_deleted, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_backup_put_back, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_file_that_may_not_grow, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_full_disk, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_directory_without_rights, world_open, world_close),
        cmocka_unit_test_setup_teardown(a_retry_waits_its_time, world_open, world_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
