/* store/store.h: rows in and out of a database, through the same tables as JSON.
 *
 * A statement names its parameters (:email) and its columns after the members of C structs, so
 * that binding and reading are loops over schema rows.  A store is opened once a process; each
 * thread works through a session of its own.  Reads run on the session's connection; writes go
 * to the one writer, which commits waiting ones together and answers after the commit is
 * durable.  A call blocks until then.  All failures are a problem: OK, NO_ROW, CONFLICT (a
 * UNIQUE or foreign key refused), UNAVAILABLE (busy, full, read-only, gone: later it may work),
 * INTERNAL; they are logged here, once per outage. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/problem.h"
#include "schema/schema.h"

struct statement {
    const char          *sql;
    const struct schema *in;    /* its fields are the :parameters; NULL for none */
    const struct schema *out;   /* its fields are the columns, by name; NULL for none */
};

struct migration {
    int         version;    /* 1, 2, 3 … without gaps, in order */
    const char *sql;        /* one or more statements; run in one transaction with the note that it was run */
};

struct store;
struct store_session;

/* Copied at opening; what it points at must live as long as the store. */
struct store_settings {
    const char              *url;           /* "sqlite:PATH", "sqlite:///PATH", "sqlite+aiosqlite:///PATH" */
    /* A process that may only read (the front): no lock, no migration, no writer.  Its descriptors
     * are all open once store_session_open() has answered. */
    bool                     read_only;
    /* Another file that takes the place of the one that was opened is never used: all is
     * UNAVAILABLE from then on, and store_generation() has grown. */
    bool                     keep_file;
    bool                     inline_writes; /* writes run on the caller's thread, one transaction each: for one-thread runs */
    const struct migration  *library_migrations, *migrations;   /* each ends with a zeroed row; numbered apart */
    const struct statement *const *statements;  /* all that will be used, ends with NULL; checked at opening */
    const struct clock      *clock;         /* NULL: the system's */
    int64_t                  busy_ms;       /* how long a lock of a stranger is waited for */
    const char              *vfs;           /* the name of SQLite's way to the disk, for tests; NULL is the system's */
};

/* NULL with one clear line in `why`: the URL is not understood, the file cannot be opened or is
 * no database, it comes from a newer version, another process tree holds it, a statement does
 * not fit its schemas. */
struct store *store_open(const struct store_settings *settings, struct buf *why);
void          store_close(struct store *s);     /* after all sessions are closed */

/* Where the database file of a URL is, or will be: a path, pointing into the URL; none, with one
 * clear line in `why`. */
struct str store_place(const char *url, struct buf *why);

/* The path of the database file; none for a store without one. */
struct str store_path(const struct store *s);

struct store_session *store_session_open(struct store *s);  /* NULL: no memory or the file is gone */
void                  store_session_close(struct store_session *ss);

/* From now on the session keeps about so many rows that store_one_kept() read, where it can tell
 * that nothing was committed since; without memory it keeps none.  Once a session. */
void store_session_keep_rows(struct store_session *ss, size_t rows);

/* A row into `out` (all of it is replaced), its strings in the arena.  NO_ROW when there is
 * none.  A statement that writes is durable when this answers OK or NO_ROW; a failed arena
 * refuses every write. */
problem store_one(struct store_session *ss, struct arena *a, const struct statement *s,
                  const void *in, void *out) MUST_CHECK;

/* The same for a statement that reads and whose one parameter is an integer, when that and the
 * database alone decide what it answers.  A row that the session keeps will do if nothing at all
 * was committed to the database since it was read, by whomever: what this answers, store_one()
 * would answer, too. */
problem store_one_kept(struct store_session *ss, struct arena *a, const struct statement *s,
                       const void *in, void *out) MUST_CHECK;

/* All rows, at most `rows_max`, into a LIST_OF(the out struct). */
problem store_all(struct store_session *ss, struct arena *a, const struct statement *s,
                  const void *in, size_t rows_max, void *list) MUST_CHECK;

/* A statement without columns; *changed (may be NULL) is the number of rows. */
problem store_run(struct store_session *ss, struct arena *a, const struct statement *s,
                  const void *in, int64_t *changed) MUST_CHECK;

/* Runs `work` in a transaction of its own on the writer: all of it happens when it answers OK
 * and this answers OK, else nothing.  `work` uses the session that it is given, may run on
 * another thread, must not block and may not nest. */
problem store_transaction(struct store_session *ss,
                          problem (*work)(struct store_session *in_transaction, void *context),
                          void *context) MUST_CHECK;

/* The next id of a table that says `id INTEGER PRIMARY KEY AUTOINCREMENT`: unique for ever,
 * given out once, below 2^53. A table whose ids come from here gets all of them from here.
 * Needs a writing store. */
problem store_next_id(struct store_session *ss, const char *table, int64_t *id) MUST_CHECK;

/* What time it is by the database's clock, in microseconds since 1970: the clock that all who
 * write to it share. */
int64_t store_now_us(struct store_session *ss);

/* Did the last write succeed, and does a read work now?  For readiness. */
bool store_healthy(struct store_session *ss);

/* Grows when another file has taken the place of the database's (a backup was put back).
 * Sessions here follow by themselves; a reading process that can open nothing any more must be
 * started anew. */
uint64_t store_generation(const struct store *s);

/* What the writer has done since the store was opened. */
struct store_counts { int64_t writes, commits, checkpoints; };
struct store_counts store_counts(const struct store *s);
