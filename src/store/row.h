/* row.h: a struct into a prepared statement's parameters, a row of its answer into a struct.
 *
 * Loops over a plan's slots.  The thread of the connection. */
#pragma once
#include "store/plan.h"

/* An SQLite result code.  Strings are borrowed: `in` must live until the bindings are cleared. */
int row_bind(const struct plan *p, sqlite3_stmt *prepared, const void *in);

/* The current row into `out`, strings copied into the arena.  INTERNAL, logged, when a column
 * holds another type than its member or an unexpected NULL; UNAVAILABLE when the arena failed. */
problem row_read(const struct plan *p, sqlite3_stmt *prepared, struct arena *a,
                 void *out) MUST_CHECK;
