/* world.h: what the tests of the store share: a directory of their own, a table of accounts, a
 * clock. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "store/store.h"

#define UNUSED __attribute__((unused))

struct account { int64_t id; struct str email; };
struct account_key { int64_t id; };
struct total { int64_t count; };

static const struct schema account_schema UNUSED =
    SCHEMA(account, FIELD(account, id), FIELD(account, email));
static const struct schema account_key_schema UNUSED = SCHEMA(account_key, FIELD(account_key, id));
static const struct schema total_schema UNUSED = SCHEMA(total, FIELD(total, count));

static const struct migration account_migrations[] = {
    { 1, "CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE) STRICT;" },
    { 2, "CREATE TABLE notes (id INTEGER PRIMARY KEY, account INTEGER NOT NULL"
         "    REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED) STRICT;"
         "CREATE TABLE marks (account INTEGER NOT NULL REFERENCES accounts (id)) STRICT;" },
    { 0 },
};

static const struct statement add_account UNUSED = {
    "INSERT INTO accounts (id, email) VALUES (:id, :email)", &account_schema, NULL };
static const struct statement find_account UNUSED = {
    "SELECT id, email FROM accounts WHERE id = :id", &account_key_schema, &account_schema };
static const struct statement take_account UNUSED = {
    "DELETE FROM accounts WHERE id = :id RETURNING id, email", &account_key_schema, &account_schema };
static const struct statement all_accounts UNUSED = {
    "SELECT id, email FROM accounts ORDER BY id", NULL, &account_schema };
static const struct statement count_accounts UNUSED = {
    "SELECT count(*) AS count FROM accounts", NULL, &total_schema };
static const struct statement rename_all UNUSED = {
    "UPDATE accounts SET email = email || '.'", NULL, NULL };
static const struct statement add_note UNUSED = {
    "INSERT INTO notes (account) VALUES (:id)", &account_key_schema, NULL };

static const struct statement add_mark UNUSED = {
    "INSERT INTO marks (account) VALUES (:id)", &account_key_schema, NULL };
static const struct statement add_or_roll_back UNUSED = {
    "INSERT OR ROLLBACK INTO accounts (id, email) VALUES (:id, :email)", &account_schema, NULL };

static const struct statement *const account_statements[] = {
    &add_account, &find_account, &take_account, &all_accounts, &count_accounts, &rename_all, &add_note,
    &add_mark, &add_or_roll_back, NULL,
};

/* A directory that is gone with the test. */
struct world {
    char         directory[64];
    char         path[96];
    char         url[104];
    struct arena arena;
    char         why[512];
};

static UNUSED int remove_one(const char *path, const struct stat *found, int kind, struct FTW *walk)
{
    (void)found, (void)kind, (void)walk;
    return remove(path);
}

static UNUSED int world_open_under(const char *base, void **state)
{
    struct world *w = calloc(1, sizeof *w);

    log_open("test", LOG_LEVEL_ERROR + !getenv("LOG"));
    snprintf(w->directory, sizeof w->directory, "%s/store-XXXXXX", base);
    assert_non_null(mkdtemp(w->directory));
    snprintf(w->path, sizeof w->path, "%s/test.db", w->directory);
    snprintf(w->url, sizeof w->url, "sqlite:%s", w->path);
    w->arena = arena_new(1 << 24);
    *state = w;
    return 0;
}

static UNUSED int world_open(void **state)
{
    return world_open_under("/tmp", state);
}

/* Where a sync costs nothing, if there is such a place: for tests that write much and do not ask
 * the disk. */
static UNUSED int world_open_in_memory(void **state)
{
    return world_open_under(access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp", state);
}

static UNUSED int world_close(void **state)
{
    struct world *w = *state;

    arena_close(&w->arena);
    nftw(w->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(w);
    return 0;
}

static UNUSED struct store_settings world_settings(const struct world *w)
{
    return (struct store_settings){ .url = w->url, .migrations = account_migrations, .statements = account_statements,
                                    .clock = &system_clock, .busy_ms = 200 };
}

/* NULL: the line is in w->why. */
static UNUSED struct store *world_try(struct world *w, const struct store_settings *settings)
{
    struct buf    why = buf_fixed(w->why, sizeof w->why - 1);
    struct store *s = store_open(settings, &why);

    w->why[why.len] = '\0';
    return s;
}

static UNUSED struct store *world_store(struct world *w, const struct store_settings *settings)
{
    struct store *s = world_try(w, settings);

    if (!s)
        print_error("%s\n", w->why);
    assert_non_null(s);
    return s;
}

static UNUSED void assert_refused(struct world *w, const struct store_settings *settings, const char *because)
{
    struct store *s = world_try(w, settings);

    assert_null(s);
    if (!strstr(w->why, because) || strchr(w->why, '\n'))
        fail_msg("\"%s\" is not in \"%s\"", because, w->why);
}

static UNUSED problem add(struct store_session *ss, struct arena *a, int64_t id, const char *email)
{
    struct account row = { id, str_of(email) };

    return store_run(ss, a, &add_account, &row, NULL);
}

/* An account whose address is its number. */
static UNUSED problem add_numbered(struct store_session *ss, struct arena *a, int64_t id)
{
    char email[32];

    snprintf(email, sizeof email, "n%lld", (long long)id);
    return add(ss, a, id, email);
}

static UNUSED problem find(struct store_session *ss, struct arena *a, int64_t id)
{
    struct account_key key = { id };
    struct account     row;

    return store_one(ss, a, &find_account, &key, &row);
}

static UNUSED int64_t count_all(struct store_session *ss, struct arena *a)
{
    struct total total = { -1 };

    assert_int_equal(store_one(ss, a, &count_accounts, NULL, &total), OK);
    return total.count;
}

/* Another program's hand in the file; the process must not have it open (its locks would be
 * lost). */
static UNUSED __attribute__((format(printf, 1, 2))) void shell(const char *format, ...)
{
    char    command[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_int_equal(system(command), 0);
}

static UNUSED double seconds(void)
{
    return (double)clock_monotonic_ns(&system_clock) / 1e9;
}
