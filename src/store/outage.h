/* outage.h: what an SQLite failure means, and that an outage is logged once when it begins and
 * once when it is over, however many calls it fails.
 *
 * Any thread; zeroed is no outage. */
#pragma once
#include <sqlite3.h>
#include <stdatomic.h>

#include "base/problem.h"
#include "base/str.h"

struct outage {
    const char *what;   /* "reading" or "writing" */
    atomic_bool on;
};

/* What a result code other than OK, ROW and DONE is to the caller. */
problem outage_meaning(int rc);

/* Logs what must be (CONFLICT never is; INTERNAL always, with the SQL, which may be NULL) and
 * answers outage_meaning().  `handle` tells the details and may be NULL. */
problem outage_note(struct outage *o, sqlite3 *handle, int rc, const char *sql);

/* The same for a reason of our own; UNAVAILABLE. */
problem outage_begin(struct outage *o, struct str reason);

void outage_over(struct outage *o);

static inline bool outage_is_on(const struct outage *o)
{
    return atomic_load_explicit(&o->on, memory_order_relaxed);
}
