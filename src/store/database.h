/* database.h: one connection to an SQLite file, with every statement prepared.
 *
 * Whoever declares one closes it; one thread uses it at a time.  The first failure of the
 * storage sticks in `rc` until it is forgiven, so that the owner of a transaction asks once. */
#pragma once
#include <sys/stat.h>

#include "store/engine.h"
#include "store/outage.h"
#include "store/plan.h"

/* Which file a path led to; zeroed is none. */
struct identity {
    dev_t device;
    ino_t inode;
};

static inline bool identity_is(struct identity a, struct identity b)
{
    return a.device == b.device && a.inode == b.inode;
}

/* What every connection of a store has in common; outlives them. */
struct source {
    const char                  *path;      /* absolute, links resolved */
    const char                  *vfs;
    const struct store_settings *settings;
    struct plans                 plans;
    bool                         made;  /* the database was there once: an empty file is not it */
};

enum access {
    ACCESS_WRITE,   /* the writer's: may create and migrate */
    ACCESS_READ,    /* a reader's beside a writer in the same process */
    ACCESS_SHUT,    /* a reader's in a process that can write nothing at all */
};

/* Statements of our own, for transactions. */
enum control {
    BEGIN_WRITE, COMMIT_ALL, ROLL_BACK_ALL, SAVE, KEEP, ROLL_BACK, TOUCH, LOOK, CONTROLS,
};

struct database {
    sqlite3        *handle;     /* NULL: closed */
    sqlite3_stmt  **prepared;   /* by plan number */
    size_t          prepared_count;
    sqlite3_stmt   *controls[CONTROLS];
    struct identity file, log, shared;      /* PATH, PATH-wal, PATH-shm */
    struct outage  *outage;     /* borrowed; shared by the connections of one kind */
    int             patience_ms;
    int             rc;
};

/* Opens, checks that the file is ours and of our version (a writer brings it there), prepares,
 * reads once.  False with a line in `why`, and closed. */
bool database_open(struct database *d, struct source *from, enum access access, struct buf *why);

/* Forgets all but the outage; a closed database may be closed again. */
void database_close(struct database *d);

/* Runs a statement; what happens to its effect is the affair of the transaction around it. */
problem database_execute(struct database *d, const struct plan *p, const struct call *c) MUST_CHECK;

/* Runs one of our own; the SQLite result code, SQLITE_OK or SQLITE_ROW when it went well. */
int database_control(struct database *d, enum control which);

/* Brings all of the log into the file, synchronised, and empties it.  After a failed fsync the
 * kernel may hold pages of the log that never reached the disk and are not written again; what
 * is in the file then is sure.  The SQLite result code. */
int database_settle(struct database *d);

/* Are the file and what belongs to it still the ones at the path? */
bool database_in_place(const struct database *d, const struct source *from);

/* Is there another file at the path than this one?  False, too, when there is none. */
bool database_was_replaced(const struct source *from, struct identity was);

/* Is there a file at the path that may be opened: the one that was there, or another one without
 * the log of that?  A log applied to the wrong file destroys it. */
bool database_may_open(const struct source *from, struct identity was);

/* Can the connection not be trusted after what happened to it? */
bool database_is_spoilt(const struct database *d);
