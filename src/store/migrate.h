/* migrate.h: is a file ours, and of which version?
 *
 * Our files carry an application id; each migration that was run left a row in
 * schema_migrations, in the transaction of the migration.  Called while a connection is being
 * opened, on its thread. */
#pragma once
#include <sqlite3.h>

#include "store/store.h"

/* An empty file becomes ours if it may.  False with a line in `why` for a file of somebody else. */
bool migrate_claim(sqlite3 *handle, const char *path, bool may_be_new, struct buf *why);

/* Runs what has not been run.  False with a line in `why` when one fails (then nothing of it has
 * happened), the database is newer than the program, or the numbers have gaps. */
bool migrate_run(sqlite3 *handle, const struct store_settings *settings, const char *path,
                 struct buf *why);

/* For one who may only read: ours, and of exactly the version that the program knows. */
bool migrate_check(sqlite3 *handle, const struct store_settings *settings, const char *path,
                   struct buf *why);
