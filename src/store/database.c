/* database.c: opening, preparing, running.
 *
 * What SQLite is told, and why: no mutexes (a connection is one thread's), extended codes (to
 * tell UNIQUE from NOT NULL), full synchronisation (OK means on the disk), temporary tables in
 * memory (a confined process opens no files), defensive (no statement can damage the file),
 * checkpoints only when we ask (they cost an answer its time). */
#include "store/database.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "store/migrate.h"
#include "store/row.h"

enum { ROWS_FIRST = 8 };

static const char *const control_sql[CONTROLS] = {
    [BEGIN_WRITE]   = "BEGIN IMMEDIATE",
    [COMMIT_ALL]    = "COMMIT",
    [ROLL_BACK_ALL] = "ROLLBACK",
    [SAVE]          = "SAVEPOINT one",
    [KEEP]          = "RELEASE one",
    [ROLL_BACK]     = "ROLLBACK TO one",
    [TOUCH]         = "PRAGMA user_version = 0",    /* dirties the first page whatever it holds */
    [LOOK]          = "SELECT count(*) FROM schema_migrations",
};

static bool complain(sqlite3 *handle, const struct source *from, struct buf *why)
{
    int rc = sqlite3_errcode(handle);

    if ((rc & 0xff) == SQLITE_NOTADB)
        buf_format(why, "%s is not an SQLite database", from->path);
    else if ((rc & 0xff) == SQLITE_BUSY)
        buf_format(why, "%s is locked by another program", from->path);
    else
        buf_format(why, "%s: %s", from->path, handle ? sqlite3_errmsg(handle) : "out of memory");
    return false;
}

/* The path as a URI: only a URI can say that the shared memory is not to be written either. */
static bool add_uri(struct buf *b, const char *path)
{
    buf_add(b, LIT("file:"));
    for (const char *c = path; *c; c++) {
        if (*c == '%' || *c == '?' || *c == '#')
            buf_format(b, "%%%02x", (unsigned char)*c);
        else
            buf_add_char(b, *c);
    }
    buf_add(b, LIT("?readonly_shm=1"));
    buf_add_char(b, '\0');
    return !b->failed;
}

static int open_shut(const struct source *from, sqlite3 **handle)
{
    char       text[3 * PATH_MAX];
    struct buf uri = buf_fixed(text, sizeof text);

    if (!add_uri(&uri, from->path))
        return SQLITE_CANTOPEN;
    return sqlite3_open_v2(text, handle,
                           SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, from->vfs);
}

static int open_handle(const struct source *from, enum access access, sqlite3 **handle)
{
    int flags = access == ACCESS_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;

    if (access == ACCESS_SHUT)
        return open_shut(from, handle);
    return sqlite3_open_v2(from->path, handle, flags | SQLITE_OPEN_NOMUTEX, from->vfs);
}

static bool tune(struct database *d, enum access access)
{
    static const char reading[] = "PRAGMA temp_store = MEMORY";
    static const char writing[] = "PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0;"
                                  "PRAGMA synchronous = FULL";
    sqlite3          *handle = d->handle;

    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, d->patience_ms);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    return sqlite3_exec(handle, access == ACCESS_WRITE ? writing : reading, NULL, NULL, NULL) ==
           SQLITE_OK;
}

/* After the check that the file is ours: a stranger's file must not be changed, not even in its
 * mode. */
static bool use_log(struct database *d, const struct source *from, struct buf *why)
{
    sqlite3_stmt *ask = NULL;
    bool          done = false;

    if (sqlite3_prepare_v2(d->handle, "PRAGMA journal_mode = WAL", -1, &ask, NULL) == SQLITE_OK
        && sqlite3_step(ask) == SQLITE_ROW)
        done = strcmp((const char *)sqlite3_column_text(ask, 0), "wal") == 0;
    sqlite3_finalize(ask);
    if (!done)
        buf_format(why, "%s: this file system cannot hold a write-ahead log", from->path);
    return done;
}

/* A stranger who reads at length may hold up the start no longer than our patience, but not keep
 * us from being sure after an outage. */
static bool settle(struct database *d, const struct source *from, struct buf *why)
{
    int rc = database_settle(d);

    if (rc == SQLITE_OK || (rc == SQLITE_BUSY && !from->made))
        return true;
    return complain(d->handle, from, why);
}

static bool prepare_write(struct database *d, const struct source *from, struct buf *why)
{
    if (sqlite3_db_readonly(d->handle, "main") == 1) {
        buf_format(why, "%s is read-only", from->path);
        return false;
    }
    return migrate_claim(d->handle, from->path, !from->made, why)
        && use_log(d, from, why)
        && settle(d, from, why)
        && migrate_run(d->handle, from->settings, from->path, why);
}

/* Transactions are ours alone, and nobody attaches or tunes: a statement of the program does
 * rows. */
static int allow_rows(void *context, int action, const char *a, const char *b, const char *c,
                      const char *d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    bool refused = action == SQLITE_TRANSACTION || action == SQLITE_SAVEPOINT
                   || action == SQLITE_ATTACH || action == SQLITE_DETACH || action == SQLITE_PRAGMA;
    return refused ? SQLITE_DENY : SQLITE_OK;
}

static bool is_one(const char *tail)
{
    while (*tail == ' ' || *tail == '\n' || *tail == '\t' || *tail == ';')
        tail++;
    return *tail == '\0';
}

static bool prepare_plan(struct database *d, struct plan *p, bool to_write, struct buf *why)
{
    sqlite3_stmt *made = NULL;
    const char   *tail = "";
    int rc = sqlite3_prepare_v3(d->handle, p->statement->sql, -1, SQLITE_PREPARE_PERSISTENT, &made,
                                &tail);

    if (rc != SQLITE_OK || !made || !is_one(tail)) {
        buf_format(why, "statement \"%.60s\": %s", p->statement->sql,
                   rc != SQLITE_OK ? sqlite3_errmsg(d->handle) : "not one statement");
        sqlite3_finalize(made);
        return false;
    }
    bool fits = p->fitted || plan_fit(p, made, why);
    if (fits && (to_write || !p->writes))
        d->prepared[p->number] = made;
    else
        sqlite3_finalize(made);
    return fits;
}

static bool prepare_all(struct database *d, struct source *from, enum access access,
                        struct buf *why)
{
    size_t count = from->plans.count;

    d->prepared = calloc(count + 1, sizeof *d->prepared);
    if (!d->prepared)
        return false;
    d->prepared_count = count;
    sqlite3_set_authorizer(d->handle, allow_rows, NULL);
    for (size_t i = 0; i < count; i++)
        if (!prepare_plan(d, &from->plans.rows[i], access == ACCESS_WRITE, why))
            return false;
    sqlite3_set_authorizer(d->handle, NULL, NULL);
    for (int i = 0; i < CONTROLS; i++)
        if (sqlite3_prepare_v3(d->handle, control_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &d->controls[i], NULL)
            != SQLITE_OK)
            return complain(d->handle, from, why);
    return true;
}

/* Two failures that pass: the log is being recovered, or the one who made the shared memory is
 * starting again. */
static bool may_pass(int rc)
{
    return rc == SQLITE_READONLY_RECOVERY || rc == SQLITE_READONLY_CANTINIT
           || rc == SQLITE_READONLY_CANTLOCK;
}

/* As sqlite3_step(), for the first step. */
static int step_first(const struct database *d, sqlite3_stmt *prepared)
{
    const struct timespec millisecond = { .tv_nsec = 1000000 };
    int                   rc = sqlite3_step(prepared);

    for (int waited = 0; may_pass(rc) && waited < d->patience_ms; waited++) {
        sqlite3_reset(prepared);
        nanosleep(&millisecond, NULL);
        rc = sqlite3_step(prepared);
    }
    return rc;
}

static bool identify(const char *path, const char *suffix, struct identity *out)
{
    char        name[PATH_MAX];
    struct stat found;
    int         len = snprintf(name, sizeof name, "%s%s", path, suffix);

    if (len < 0 || (size_t)len >= sizeof name || stat(name, &found) != 0)
        return false;
    *out = (struct identity){ found.st_dev, found.st_ino };
    return true;
}

static bool identify_all(const char *path, struct database *d)
{
    return identify(path, "", &d->file) && identify(path, "-wal", &d->log)
           && identify(path, "-shm", &d->shared);
}

static bool open_all(struct database *d, struct source *from, enum access access, struct buf *why)
{
    if (open_handle(from, access, &d->handle) != SQLITE_OK || !tune(d, access))
        return complain(d->handle, from, why);
    if (access == ACCESS_WRITE ? !prepare_write(d, from, why)
                               : !migrate_check(d->handle, from->settings, from->path, why))
        return false;
    sqlite3_db_config(d->handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    if (!prepare_all(d, from, access, why))
        return false;
    if (database_control(d, LOOK) != SQLITE_ROW)
        return complain(d->handle, from, why);
    if (!identify_all(from->path, d)) {
        buf_format(why, "%s: the file is gone", from->path);
        return false;
    }
    return true;
}

bool database_open(struct database *d, struct source *from, enum access access, struct buf *why)
{
    *d = (struct database){ .outage = d->outage, .patience_ms = (int)from->settings->busy_ms };
    bool opened = open_all(d, from, access, why);

    if (!opened)
        database_close(d);
    return opened;
}

void database_close(struct database *d)
{
    for (size_t i = 0; i < d->prepared_count; i++)
        sqlite3_finalize(d->prepared[i]);
    for (int i = 0; i < CONTROLS; i++)
        sqlite3_finalize(d->controls[i]);
    free(d->prepared);
    sqlite3_close(d->handle);
    *d = (struct database){ .outage = d->outage };
}

static problem failed(struct database *d, int rc, const char *sql)
{
    problem meaning = outage_note(d->outage, d->handle, rc, sql);

    if (meaning == UNAVAILABLE && d->rc == SQLITE_OK)
        d->rc = rc;
    return meaning;
}

/* A statement that writes must be followed to its end: only there are foreign keys looked at. */
static problem finish(struct database *d, const struct plan *p, sqlite3_stmt *prepared)
{
    int rc = SQLITE_ROW;

    while (p->writes && rc == SQLITE_ROW)
        rc = sqlite3_step(prepared);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? OK : failed(d, rc, p->statement->sql);
}

static problem fetch_one(struct database *d, const struct plan *p, sqlite3_stmt *prepared,
                         const struct call *c)
{
    int rc = step_first(d, prepared);

    if (rc == SQLITE_DONE)
        return NO_ROW;
    if (rc != SQLITE_ROW)
        return failed(d, rc, p->statement->sql);
    problem unread = row_read(p, prepared, c->arena, c->out);
    return unread ? unread : finish(d, p, prepared);
}

/* Room for one row more; the list doubles, so a few bytes are left behind in the arena. */
static void *row_room(struct many *rows, size_t *room, size_t bytes, struct arena *a)
{
    if (rows->len == *room) {
        size_t more = *room ? 2 * *room : ROWS_FIRST;
        void  *grown = arena_alloc_many(a, more, bytes);
        if (!grown)
            return NULL;
        if (rows->len)
            memcpy(grown, rows->at, rows->len * bytes);
        rows->at = grown;
        *room = more;
    }
    return (char *)rows->at + bytes * rows->len;
}

static problem fetch_all(struct database *d, const struct plan *p, sqlite3_stmt *prepared,
                         const struct call *c)
{
    struct many *rows = c->out;
    size_t       bytes = p->statement->out->size, room = 0;
    int          rc = step_first(d, prepared);

    /* At once, since an empty list is not none. */
    if (!row_room(rows, &room, bytes, c->arena))
        rc = SQLITE_NOMEM;
    while (rc == SQLITE_ROW && rows->len < c->rows_max) {
        void   *row = row_room(rows, &room, bytes, c->arena);
        problem unread = row ? row_read(p, prepared, c->arena, row) : UNAVAILABLE;
        if (unread)
            return unread;
        rows->len++;
        rc = sqlite3_step(prepared);
    }
    if (c->arena->failed)
        return UNAVAILABLE;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return failed(d, rc, p->statement->sql);
    return rc == SQLITE_ROW ? finish(d, p, prepared) : OK;
}

static problem run(struct database *d, const struct plan *p, sqlite3_stmt *prepared,
                   const struct call *c)
{
    int rc = step_first(d, prepared);

    while (rc == SQLITE_ROW)
        rc = sqlite3_step(prepared);
    if (rc != SQLITE_DONE)
        return failed(d, rc, p->statement->sql);
    *(int64_t *)c->out = sqlite3_changes64(d->handle);
    return OK;
}

static problem fetch(struct database *d, const struct plan *p, sqlite3_stmt *prepared,
                     const struct call *c)
{
    switch (c->shape) {
    case CALL_ONE: return fetch_one(d, p, prepared, c);
    case CALL_ALL: return fetch_all(d, p, prepared, c);
    default:       return run(d, p, prepared, c);
    }
}

problem database_execute(struct database *d, const struct plan *p, const struct call *c)
{
    sqlite3_stmt *prepared = d->prepared[p->number];
    int           rc = row_bind(p, prepared, c->in);
    problem failure = rc == SQLITE_OK ? fetch(d, p, prepared, c) : failed(d, rc, p->statement->sql);

    sqlite3_reset(prepared);
    if (p->in_count)
        sqlite3_clear_bindings(prepared);
    return failure;
}

int database_control(struct database *d, enum control which)
{
    sqlite3_stmt *prepared = d->controls[which];
    int           rc = step_first(d, prepared);

    if (rc != SQLITE_DONE && rc != SQLITE_ROW && d->rc == SQLITE_OK)
        d->rc = rc;
    sqlite3_reset(prepared);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int database_settle(struct database *d)
{
    return sqlite3_wal_checkpoint_v2(d->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

bool database_in_place(const struct database *d, const struct source *from)
{
    struct database now = { 0 };

    return identify_all(from->path, &now) && identity_is(now.file, d->file)
           && identity_is(now.log, d->log) && identity_is(now.shared, d->shared);
}

bool database_was_replaced(const struct source *from, struct identity was)
{
    struct database now = { 0 };

    return identify(from->path, "", &now.file) && !identity_is(now.file, was);
}

bool database_may_open(const struct source *from, struct identity was)
{
    struct database now = { 0 };

    if (!identify(from->path, "", &now.file))
        return false;
    return identity_is(now.file, was)
        || (!identify(from->path, "-wal", &now.log) && !identify(from->path, "-shm", &now.shared));
}

bool database_is_spoilt(const struct database *d)
{
    switch (d->rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_NOMEM:
        return false;
    default:
        return true;
    }
}
