/* migrate.c: claims files and brings them to the version of the program.
 *
 * Foreign keys are off while a migration runs (SQLite wants it so when a table is rebuilt) and
 * all of them are checked before its commit. */
#include "store/migrate.h"

enum { APPLICATION_ID = 0x506f7374 };
static const char claim_sql[] =
    "PRAGMA application_id = 0x506f7374;"
    "CREATE TABLE schema_migrations ("
    "    scope      TEXT    NOT NULL,"
    "    version    INTEGER NOT NULL,"
    "    applied_at INTEGER NOT NULL,"
    "    PRIMARY KEY (scope, version)"
    ") STRICT";
static const char note_sql[] = "INSERT INTO schema_migrations VALUES (?1, ?2, ?3)";
static const char version_sql[] =
    "SELECT coalesce(max(version), 0), count(*) FROM schema_migrations WHERE scope = ?1";

struct run {
    sqlite3                     *handle;
    const struct store_settings *settings;
    const char                  *path;
    struct buf                  *why;
};

static bool complain(sqlite3 *handle, const char *path, struct buf *why)
{
    if ((sqlite3_errcode(handle) & 0xff) == SQLITE_NOTADB)
        buf_format(why, "%s is not an SQLite database", path);
    else
        buf_format(why, "%s: %s", path, sqlite3_errmsg(handle));
    return false;
}

/* The first column of the first row; -1 when there is no row. */
static bool ask(sqlite3 *handle, const char *sql, int64_t *answer)
{
    sqlite3_stmt *prepared = NULL;
    int           rc = sqlite3_prepare_v2(handle, sql, -1, &prepared, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(prepared);
    *answer = rc == SQLITE_ROW ? sqlite3_column_int64(prepared, 0) : -1;
    sqlite3_finalize(prepared);
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

static bool execute(sqlite3 *handle, const char *sql)
{
    return sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool roll_back(sqlite3 *handle)
{
    if (!sqlite3_get_autocommit(handle))
        execute(handle, "ROLLBACK");
    return false;
}

/* Asked by name, since two lists of migrations are numbered apart. */
static bool version_of(const struct run *r, const char *scope, int64_t *version)
{
    sqlite3_stmt *prepared = NULL;
    int64_t       count = -1;
    bool          known = false;

    if (sqlite3_prepare_v2(r->handle, version_sql, -1, &prepared, NULL) == SQLITE_OK
        && sqlite3_bind_text(prepared, 1, scope, -1, SQLITE_STATIC) == SQLITE_OK
        && sqlite3_step(prepared) == SQLITE_ROW) {
        *version = sqlite3_column_int64(prepared, 0);
        count = sqlite3_column_int64(prepared, 1);
        known = true;
    }
    sqlite3_finalize(prepared);
    if (!known)
        return complain(r->handle, r->path, r->why);
    if (count != *version)
        buf_format(r->why, "%s is damaged: its %s migrations are not numbered without gaps",
                   r->path, scope);
    return count == *version;
}

/* The newest version that the program knows, or -1 with a line in `why`. */
static int64_t known_version(const struct run *r, const char *scope, const struct migration *list)
{
    int64_t version = 0;

    for (; list && list->version; list++) {
        if (list->version != version + 1) {
            buf_format(r->why, "%s migrations: number %d stands where %d belongs", scope,
                       list->version, (int)version + 1);
            return -1;
        }
        version++;
    }
    return version;
}

static bool find_versions(const struct run *r, const char *scope, const struct migration *list,
                          int64_t *has, int64_t *knows)
{
    *knows = known_version(r, scope, list);
    if (*knows < 0 || !version_of(r, scope, has))
        return false;
    if (*has > *knows)
        buf_format(r->why,
                   "%s comes from a newer version of this program: "
                   "its %s schema is %d, the newest known here is %d",
                   r->path, scope, (int)*has, (int)*knows);
    return *has <= *knows;
}

static bool note(const struct run *r, const char *scope, int version)
{
    sqlite3_stmt *prepared = NULL;
    bool done = sqlite3_prepare_v2(r->handle, note_sql, -1, &prepared, NULL) == SQLITE_OK
             && sqlite3_bind_text(prepared, 1, scope, -1, SQLITE_STATIC) == SQLITE_OK
             && sqlite3_bind_int(prepared, 2, version) == SQLITE_OK
             && sqlite3_bind_int64(prepared, 3, clock_wall_us(r->settings->clock)) == SQLITE_OK
             && sqlite3_step(prepared) == SQLITE_DONE;

    sqlite3_finalize(prepared);
    return done;
}

/* A migration that ended its own transaction could be half run. */
static int allow_no_transaction(void *context, int action, const char *a, const char *b,
                                const char *c, const char *d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    bool refused =
        action == SQLITE_TRANSACTION || action == SQLITE_SAVEPOINT || action == SQLITE_ATTACH;

    return refused ? SQLITE_DENY : SQLITE_OK;
}

static bool apply(const struct run *r, const char *scope, const struct migration *m)
{
    int64_t orphan = -1;
    bool    begun = execute(r->handle, "BEGIN IMMEDIATE");

    sqlite3_set_authorizer(r->handle, allow_no_transaction, NULL);
    bool applied = begun && execute(r->handle, m->sql);
    sqlite3_set_authorizer(r->handle, NULL, NULL);
    applied = applied && note(r, scope, m->version)
              && ask(r->handle, "PRAGMA foreign_key_check", &orphan);
    /* A row of the check, whatever it holds, is a row that points nowhere. */
    bool sound = applied && orphan == -1;
    if (sound && execute(r->handle, "COMMIT"))
        return true;
    buf_format(r->why, "%s: %s migration %d failed: %s", r->path, scope, m->version,
               applied && !sound ? "a foreign key points nowhere" : sqlite3_errmsg(r->handle));
    return roll_back(r->handle);
}

static bool run_list(const struct run *r, const char *scope, const struct migration *list)
{
    int64_t has, knows;

    if (!find_versions(r, scope, list, &has, &knows))
        return false;
    for (int64_t i = has; i < knows; i++)
        if (!apply(r, scope, &list[i]))
            return false;
    return true;
}

static bool check_list(const struct run *r, const char *scope, const struct migration *list)
{
    int64_t has, knows;

    if (!find_versions(r, scope, list, &has, &knows))
        return false;
    if (has < knows)
        buf_format(r->why, "%s comes from an older version: its %s schema is %d, not %d", r->path,
                   scope, (int)has, (int)knows);
    return has == knows;
}

static bool refuse(const char *path, struct buf *why)
{
    buf_format(why, "%s is a database of another program; it was not touched", path);
    return false;
}

bool migrate_claim(sqlite3 *handle, const char *path, bool may_be_new, struct buf *why)
{
    int64_t id, tables;

    if (!ask(handle, "PRAGMA application_id", &id)
        || !ask(handle, "SELECT count(*) FROM sqlite_schema", &tables))
        return complain(handle, path, why);
    if (id == APPLICATION_ID && tables > 0)
        return true;
    if (id != 0 || tables > 0 || !may_be_new)
        return refuse(path, why);
    if (execute(handle, "BEGIN IMMEDIATE") && execute(handle, claim_sql)
        && execute(handle, "COMMIT"))
        return true;
    complain(handle, path, why);
    return roll_back(handle);
}

bool migrate_run(sqlite3 *handle, const struct store_settings *settings, const char *path,
                 struct buf *why)
{
    struct run r = { handle, settings, path, why };

    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
    return run_list(&r, "library", settings->library_migrations)
        && run_list(&r, "program", settings->migrations);
}

bool migrate_check(sqlite3 *handle, const struct store_settings *settings, const char *path,
                   struct buf *why)
{
    struct run r = { handle, settings, path, why };
    int64_t    id;

    if (!ask(handle, "PRAGMA application_id", &id))
        return complain(handle, path, why);
    if (id != APPLICATION_ID)
        return refuse(path, why);
    return check_list(&r, "library", settings->library_migrations)
        && check_list(&r, "program", settings->migrations);
}
