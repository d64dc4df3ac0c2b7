/* lockfile.h: one process tree holds a database.
 *
 * An advisory lock on a file beside it, held by an open descriptor and let go by the kernel when
 * its last holder dies.  The file stays: taking it away would race with the next holder. */
#pragma once
#include "base/buf.h"

/* A descriptor that holds the lock of the database at `path`, for which it waits about a second;
 * -1 with a line in `why`. */
int  lockfile_take(const char *path, struct buf *why);
void lockfile_release(int lock);
