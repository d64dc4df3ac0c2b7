/* readonly.c: a copy of another VFS whose every open is for reading. */
#include "store/readonly.h"

#include <stdio.h>
#include <stdlib.h>

struct readonly_vfs {
    sqlite3_vfs  vfs;   /* first: SQLite hands a pointer to it back */
    sqlite3_vfs *base;
    char         name[48];
};

static int open_to_read(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                        int *flags_out)
{
    sqlite3_vfs *base = ((struct readonly_vfs *)vfs)->base;
    int drop = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE
               | SQLITE_OPEN_DELETEONCLOSE;

    return base->xOpen(base, path, file, (flags & ~drop) | SQLITE_OPEN_READONLY, flags_out);
}

static int refuse_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    (void)vfs, (void)path, (void)sync;
    return SQLITE_READONLY;
}

struct readonly_vfs *readonly_open(const char *base)
{
    sqlite3_vfs         *below = sqlite3_vfs_find(base);
    struct readonly_vfs *r = below ? calloc(1, sizeof *r) : NULL;

    if (!r)
        return NULL;
    r->vfs = *below;
    r->base = below;
    snprintf(r->name, sizeof r->name, "readonly-%p", (void *)r);
    r->vfs.zName = r->name;
    r->vfs.pNext = NULL;
    r->vfs.xOpen = open_to_read;
    r->vfs.xDelete = refuse_delete;
    if (sqlite3_vfs_register(&r->vfs, 0) != SQLITE_OK) {
        free(r);
        return NULL;
    }
    return r;
}

const char *readonly_name(const struct readonly_vfs *r)
{
    return r->name;
}

void readonly_close(struct readonly_vfs *r)
{
    if (r)
        sqlite3_vfs_unregister(&r->vfs);
    free(r);
}
