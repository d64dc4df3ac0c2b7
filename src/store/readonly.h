/* readonly.h: a way to the disk for a process that may only read.
 *
 * SQLite opens the write-ahead log for writing even on a connection that only reads.  Through
 * this the process has no descriptor that it could write to, whoever gets hold of it. */
#pragma once
#include <sqlite3.h>

struct readonly_vfs;

/* Registers it over the VFS named `base` (NULL: the system's); NULL when there is none or no
 * memory. */
struct readonly_vfs *readonly_open(const char *base);
const char          *readonly_name(const struct readonly_vfs *r);
void                 readonly_close(struct readonly_vfs *r);    /* after the connections; NULL is allowed */
