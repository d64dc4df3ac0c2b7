/* row_cache.h: rows that one session read lately, by statement and id.
 *
 * A row is kept with the number that commits_number() had answered before it was read, and is
 * given out only while that is still the answer; why that is right stands in commits.h.  A fixed
 * number of slots, one row each: the newer takes the place of the older.  A row that does not fit
 * a slot is not kept, nor is that there is none.  The session's thread. */
#pragma once
#include "store/plan.h"

struct row_cache;

/* NULL, which is a cache that never has any: 0 rows or no memory. */
struct row_cache *row_cache_open(size_t rows);
void              row_cache_close(struct row_cache *c);     /* wipes; NULL is fine */

/* True: the row is in `out`, its strings in the arena, unless that failed. */
bool row_cache_find(const struct row_cache *c, const struct plan *p, int64_t id, uint64_t number,
                    struct arena *a, void *out);

/* `number` is from before the row was read; 0 is none. */
void row_cache_keep(struct row_cache *c, const struct plan *p, int64_t id, uint64_t number,
                    const void *row);
