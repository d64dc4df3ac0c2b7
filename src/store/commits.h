/* commits.h: whether anything was committed to a database, told without asking it.
 *
 * SQLite keeps the index of the log in memory that all processes share, and its first 48 bytes
 * describe the last commit: a counter, the number of frames and a checksum over all of them, and
 * the salts of the log (https://www.sqlite.org/walformat.html).  Whoever commits, here or in
 * another process, our writer or a stranger's shell, writes these bytes after the log is on the
 * disk and before its COMMIT returns.  So:
 *
 *   A row is read in a snapshot that began after commits_number() had answered n.  When it answers
 *   n again, the bytes are the same as then; no commit has ended in between, since each changes
 *   the counter; so the row is what a snapshot beginning now would show.  A commit that is under
 *   way was not answered to anybody yet.
 *
 * A look costs six loads.  Where the bytes are not to be had, or not laid out as we know them, the
 * answer is 0, and nothing may be concluded.  The thread of the connection. */
#pragma once
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum { COMMITS_WORDS = 6 };

struct commits {
    const uint64_t *index;      /* SQLite's; NULL: not to be had */
    uint64_t        seen[COMMITS_WORDS];
    uint64_t        number;
};

/* Looks at the connection's database from now on, until commits_close(), which comes before the
 * connection is closed.  A zeroed struct may be closed; numbers go on growing when it is opened
 * again.  The connection has read a database that has a log. */
void commits_open(struct commits *c, sqlite3 *handle);
void commits_close(struct commits *c);

/* Grows when anything was committed since it was asked last; 0: cannot be told. */
uint64_t commits_number(struct commits *c);
