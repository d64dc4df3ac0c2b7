/* commits.c: finds the index of the log through SQLite's own way to the file, and compares. */
#include "store/commits.h"

#include <string.h>

enum {
    INDEX_BYTES = 32768,        /* of its first block */
    INDEX_VERSION = 3007000,
};

/* NULL where there is none, for whatever reason.  A connection that only reads is told READONLY,
 * and given the memory all the same. */
static const uint64_t *find_index(sqlite3 *handle)
{
    sqlite3_file  *file = NULL;
    void volatile *block = NULL;

    if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file
        || !file->pMethods || file->pMethods->iVersion < 2)
        return NULL;
    int rc = file->pMethods->xShmMap(file, 0, INDEX_BYTES, 0, &block);
    return rc == SQLITE_OK || rc == SQLITE_READONLY ? (const uint64_t *)block : NULL;
}

static bool is_known(const uint64_t *index)
{
    return (uint32_t)__atomic_load_n(index, __ATOMIC_RELAXED) == INDEX_VERSION;
}

void commits_open(struct commits *c, sqlite3 *handle)
{
    const uint64_t *index = find_index(handle);

    c->index = index && is_known(index) ? index : NULL;
    c->number++;
}

void commits_close(struct commits *c)
{
    c->index = NULL;
}

/* A look into the middle of a commit gives a mixture, which is nobody's number for long. */
uint64_t commits_number(struct commits *c)
{
    uint64_t now[COMMITS_WORDS];

    if (!c->index)
        return 0;
    for (int i = 0; i < COMMITS_WORDS; i++)
        now[i] = __atomic_load_n(&c->index[i], __ATOMIC_ACQUIRE);
    if (memcmp(now, c->seen, sizeof now) != 0) {
        memcpy(c->seen, now, sizeof now);
        c->number++;
    }
    return c->number;
}
