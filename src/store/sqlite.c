/* sqlite.c: the SQLite engine: one writer for the process, a reading connection a session.
 *
 * A read is one statement in a transaction of its own, so it sees all that was committed before
 * it began.  A session whose connection is spoilt, or whose file was replaced, opens a new one
 * at its next read. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "store/commits.h"
#include "store/ids.h"
#include "store/lockfile.h"
#include "store/readonly.h"
#include "store/row.h"
#include "store/row_cache.h"
#include "store/writer.h"

struct sqlite_store {
    struct store           base;        /* first */
    struct store_settings  settings;
    char                   path[PATH_MAX];
    struct source          source;
    struct readonly_vfs   *readonly;
    int                    lock;
    bool                   writes;      /* the writer is open */
    struct writer          writer;
    struct sqlite_session *inside;      /* the writer's own session, for transactions */
    struct outage          reading;
    struct ids             ids;
    struct identity        file;        /* that was opened first */
};

struct sqlite_session {
    struct store_session base;          /* first */
    struct sqlite_store *store;
    bool                 in_transaction;
    struct database      database;      /* to read; closed in the writer's own session */
    uint64_t             generation;    /* of the file that is open; 0: none is */
    uint64_t             seen;          /* of the file that was open last, */
    struct identity      was;           /* which was this one */
    struct commits       commits;       /* to the database that is open */
    struct row_cache    *rows;          /* NULL: none are kept */
    sem_t                answered;
};

static struct sqlite_store *store_of(const struct store *s)
{
    return (struct sqlite_store *)s;
}

static struct sqlite_session *session_of(struct store_session *ss)
{
    return (struct sqlite_session *)ss;
}

static uint64_t generation_of(const struct sqlite_store *s)
{
    return s->writes ? atomic_load_explicit(&s->writer.generation, memory_order_relaxed) : 1;
}

/* Made with a mode that is nobody else's business, before SQLite would make it with another;
 * SQLite gives the log the mode of the file.  Only ever a new file: closing one that is open
 * elsewhere here would drop its locks. */
static bool make_file(const char *path, struct buf *why)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (file >= 0) {
        close(file);
    } else if (errno != EEXIST) {
        buf_format(why, "%s: cannot be made: %m", path);
        return false;
    }
    return true;
}

static bool find_file(struct sqlite_store *s, struct str place, struct buf *why)
{
    char path[PATH_MAX];

    if (place.len == 0 || str_eq(place, LIT(":memory:"))
        || str_find_byte(place, '\0') < place.len) {
        buf_format(why, "the database needs the path of a file: sqlite:PATH");
        return false;
    }
    if (place.len >= sizeof path) {
        buf_format(why, "the path of the database is too long");
        return false;
    }
    memcpy(path, place.at, place.len);
    path[place.len] = '\0';
    if (!s->settings.read_only && !make_file(path, why))
        return false;
    if (!realpath(path, s->path)) {
        buf_format(why, "%s: %m", path);
        return false;
    }
    return true;
}

static struct sqlite_session *session_new(struct sqlite_store *s)
{
    struct sqlite_session *ss = calloc(1, sizeof *ss);

    if (!ss)
        return NULL;
    ss->base.store = &s->base;
    ss->store = s;
    ss->database.outage = &s->reading;
    sem_init(&ss->answered, 0, 0);
    return ss;
}

static void close_reading(struct sqlite_session *ss)
{
    commits_close(&ss->commits);
    database_close(&ss->database);
}

static void session_free(struct sqlite_session *ss)
{
    if (!ss)
        return;
    close_reading(ss);
    row_cache_close(ss->rows);
    sem_destroy(&ss->answered);
    free(ss);
}

/* Shuts the store's other half: no lock, no writer, no descriptor to write to. */
static bool open_reading(struct sqlite_store *s, struct buf *why)
{
    struct database trial = { .outage = &s->reading };

    s->readonly = readonly_open(s->settings.vfs);
    if (!s->readonly) {
        buf_format(why, "SQLite has no way to the disk named %s",
                   s->settings.vfs ? s->settings.vfs : "default");
        return false;
    }
    s->source.vfs = readonly_name(s->readonly);
    bool opened = database_open(&trial, &s->source, ACCESS_SHUT, why);
    database_close(&trial);
    return opened;
}

static bool open_writing(struct sqlite_store *s, struct buf *why)
{
    s->lock = lockfile_take(s->path, why);
    s->inside = s->lock < 0 ? NULL : session_new(s);
    if (!s->inside)
        return false;
    s->inside->in_transaction = true;
    s->writes = writer_open(&s->writer, &s->source, &s->inside->base, why);
    s->source.made = s->writes;
    s->file = s->writer.was;
    return s->writes;
}

static void sqlite_close(struct store *base)
{
    struct sqlite_store *s = store_of(base);

    if (s->writes)
        writer_close(&s->writer);
    session_free(s->inside);
    ids_close(&s->ids);
    plans_close(&s->source.plans);
    readonly_close(s->readonly);
    lockfile_release(s->lock);
    free(s);
}

static struct store *sqlite_open(const struct store_settings *settings, struct str place,
                                 struct buf *why)
{
    struct sqlite_store *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* refused, harmlessly, when SQLite runs already */
    *s = (struct sqlite_store){ .base = { &sqlite_engine }, .settings = *settings, .lock = -1,
                                .reading = { .what = "reading" } };
    if (!settings->clock)
        s->settings.clock = &system_clock;
    s->source = (struct source){ .path = s->path, .vfs = settings->vfs, .settings = &s->settings };
    ids_open(&s->ids);
    bool opened = sqlite3_initialize() == SQLITE_OK
               && plans_open(&s->source.plans, settings->statements)
               && find_file(s, place, why)
               && (settings->read_only ? open_reading(s, why) : open_writing(s, why));
    if (opened)
        return &s->base;
    sqlite_close(&s->base);
    return NULL;
}

static struct str sqlite_path(const struct store *base)
{
    return str_of(store_of(base)->path);
}

static uint64_t sqlite_generation(const struct store *base)
{
    return generation_of(store_of(base));
}

static struct store_counts sqlite_counts(const struct store *base)
{
    const struct writer *w = &store_of(base)->writer;

    return (struct store_counts){ w->writes, w->commits, w->checkpoints };
}

/* Another file is first for the writer to judge; one that is not to be used at all is not even
 * opened. */
static bool may_read_file(const struct sqlite_session *ss, uint64_t generation)
{
    const struct sqlite_store *s = ss->store;

    if (s->settings.keep_file)
        return generation == 1 && (!s->writes || !database_was_replaced(&s->source, s->file));
    return ss->seen != generation || database_may_open(&s->source, ss->was);
}

/* Opens the reading connection, or opens it again. */
static bool session_ready(struct sqlite_session *ss, struct buf *why)
{
    struct sqlite_store *s = ss->store;
    uint64_t             generation = generation_of(s);

    ss->generation = 0;
    if (!may_read_file(ss, generation)) {
        buf_format(why, "the database file is not at its path");
        return false;
    }
    close_reading(ss);
    if (!database_open(&ss->database, &s->source, s->settings.read_only ? ACCESS_SHUT : ACCESS_READ,
                       why))
        return false;
    commits_open(&ss->commits, ss->database.handle);
    ss->generation = ss->seen = generation;
    ss->was = ss->database.file;
    return true;
}

static struct store_session *sqlite_session_open(struct store *base)
{
    char                   line[512];
    struct buf             why = buf_fixed(line, sizeof line);
    struct sqlite_session *ss = session_new(store_of(base));

    if (ss && session_ready(ss, &why))
        return &ss->base;
    log_event(LOG_LEVEL_ERROR, "storage_failed",
              LOG_PAIRS({ "while", LIT("opening") }, { "error", buf_str(&why) }));
    session_free(ss);
    return NULL;
}

static void sqlite_session_close(struct store_session *base)
{
    session_free(session_of(base));
}

static void sqlite_session_keep_rows(struct store_session *base, size_t rows)
{
    struct sqlite_session *ss = session_of(base);

    CHECK(!ss->rows && !ss->in_transaction);
    ss->rows = row_cache_open(rows);
}

/* True when there is a connection to the present file. */
static bool can_read(struct sqlite_session *ss)
{
    char       line[512];
    struct buf why = buf_fixed(line, sizeof line);

    if (ss->generation == generation_of(ss->store) || ss->store->settings.read_only
        || session_ready(ss, &why))
        return true;
    outage_begin(&ss->store->reading, buf_str(&why));
    return false;
}

/* A process that is shut in cannot open again: it keeps the connection, come what may. */
static void after_failure(struct sqlite_session *ss)
{
    if (database_is_spoilt(&ss->database) && !ss->store->settings.read_only)
        ss->generation = 0;
    ss->database.rc = SQLITE_OK;
}

static problem read_rows(struct sqlite_session *ss, const struct plan *p, const struct call *c)
{
    if (!can_read(ss))
        return UNAVAILABLE;
    problem answer = database_execute(&ss->database, p, c);
    if (ss->database.rc != SQLITE_OK)
        after_failure(ss);
    else if (outage_is_on(&ss->store->reading))
        outage_over(&ss->store->reading);
    return answer;
}

/* The number is asked before the snapshot begins, and what is read kept under that one. */
static problem read_kept(struct sqlite_session *ss, const struct plan *p, const struct call *c)
{
    CHECK(p->by_id);
    int64_t id = *(const int64_t *)((const char *)c->in + p->in->at);

    if (!ss->rows || !can_read(ss))
        return read_rows(ss, p, c);
    uint64_t number = commits_number(&ss->commits);
    if (row_cache_find(ss->rows, p, id, number, c->arena, c->out))
        return c->arena->failed ? UNAVAILABLE : OK;
    problem answer = read_rows(ss, p, c);
    if (answer == OK)
        row_cache_keep(ss->rows, p, id, number, c->out);
    return answer;
}

static problem write_rows(struct sqlite_session *ss, const struct plan *p, const struct call *c)
{
    struct job job = { .plan = p, .call = c, .answered = &ss->answered };

    if (ss->store->writes)
        return writer_run(&ss->store->writer, &job);
    log_event(LOG_LEVEL_ERROR, "write_refused", LOG_PAIRS({ "sql", str_of(p->statement->sql) }));
    return INTERNAL;
}

/* After SQLite gave the transaction up by itself, a statement would be a transaction of its own. */
static problem execute_inside(struct database *d, const struct plan *p, const struct call *c)
{
    if (d->rc != SQLITE_OK || sqlite3_get_autocommit(d->handle))
        return UNAVAILABLE;
    return database_execute(d, p, c);
}

static problem sqlite_execute(struct store_session *base, const struct call *c)
{
    struct sqlite_session *ss = session_of(base);
    const struct plan     *p = plans_find(&ss->store->source.plans, c->statement);

    CHECK(p);   /* it was not among the statements given to store_open() */
    if (ss->in_transaction)
        return execute_inside(&ss->store->writer.database, p, c);
    if (c->kept)
        return read_kept(ss, p, c);
    return p->writes ? write_rows(ss, p, c) : read_rows(ss, p, c);
}

static problem sqlite_transaction(struct store_session *base, store_work *work, void *context)
{
    struct sqlite_session *ss = session_of(base);
    struct job             job = { .work = work, .context = context, .answered = &ss->answered };

    CHECK(!ss->in_transaction && ss->store->writes);
    return writer_run(&ss->store->writer, &job);
}

static problem sqlite_next_id(struct store_session *base, const char *table, int64_t *id)
{
    struct sqlite_session *ss = session_of(base);
    struct sqlite_store   *s = ss->store;

    CHECK(s->writes);
    if (!ss->in_transaction && !can_read(ss))
        return UNAVAILABLE;
    return ids_next(&s->ids, ss->in_transaction ? &s->writer.database : &ss->database,
                    generation_of(s), table, id);
}

/* Nobody else writes to the file, so this process's clock is the database's. */
static int64_t sqlite_now_us(struct store_session *base)
{
    return clock_wall_us(session_of(base)->store->settings.clock);
}

static bool sqlite_healthy(struct store_session *base)
{
    struct sqlite_session *ss = session_of(base);
    struct sqlite_store   *s = ss->store;

    if (!can_read(ss))
        return false;
    bool reads = database_control(&ss->database, LOOK) == SQLITE_ROW;
    if (!reads) {
        outage_note(&s->reading, ss->database.handle, ss->database.rc, NULL);
        after_failure(ss);
    }
    if (!s->writes)
        return reads;
    if (outage_is_on(&s->writer.outage) || !database_in_place(&ss->database, &s->source)) {
        writer_look(&s->writer);
        return s->writer.is_inline && reads && !outage_is_on(&s->writer.outage);
    }
    return reads;
}

const struct store_engine sqlite_engine = {
    .open = sqlite_open,
    .close = sqlite_close,
    .path = sqlite_path,
    .generation = sqlite_generation,
    .counts = sqlite_counts,
    .session_open = sqlite_session_open,
    .session_close = sqlite_session_close,
    .session_keep_rows = sqlite_session_keep_rows,
    .execute = sqlite_execute,
    .transaction = sqlite_transaction,
    .next_id = sqlite_next_id,
    .now_us = sqlite_now_us,
    .healthy = sqlite_healthy,
};
