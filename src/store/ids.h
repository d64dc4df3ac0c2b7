/* ids.h: the next id of a table, from memory.
 *
 * The first call for a table asks SQLite how far it ever got (sqlite_sequence, which
 * AUTOINCREMENT keeps for ever); after that the count is here.  Any thread. */
#pragma once
#include <pthread.h>

#include "store/database.h"

enum { ID_TABLES_MAX = 64 };

struct ids {
    pthread_mutex_t lock;
    struct id_count {
        const char *table;          /* borrowed: a constant of the program */
        int64_t     last;
        uint64_t    generation;     /* of the file that was asked */
    } counts[ID_TABLES_MAX];
};

void ids_open(struct ids *i);
void ids_close(struct ids *i);

/* `d` is the connection to ask.  INTERNAL, logged, for a table that does not say AUTOINCREMENT. */
problem ids_next(struct ids *i, struct database *d, uint64_t generation, const char *table,
                 int64_t *id) MUST_CHECK;
