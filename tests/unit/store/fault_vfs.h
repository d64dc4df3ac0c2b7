/* fault_vfs.h: a disk for SQLite whose n-th operation of a kind fails, and `length` - 1 after
 * it.
 *
 * Everything else goes to the system's.  A failed write may have put half of its bytes down.
 * One store at a time; operations are counted over all its files and threads. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>

#include <sqlite3.h>

enum fault_kind { FAULT_READ, FAULT_WRITE, FAULT_WRITE_HALF, FAULT_WRITE_FULL, FAULT_SYNC, FAULT_TRUNCATE, FAULT_SIZE,
                  FAULT_OPEN, FAULT_LOCK, FAULT_SHARED_MAP, FAULT_SHARED_LOCK, FAULT_KINDS };

static struct {
    _Atomic int kind, first, length, seen, hits;
} fault;

static inline void fault_arm(enum fault_kind kind, int first, int length)
{
    fault.kind = kind;
    fault.first = first;
    fault.length = length;
    fault.seen = fault.hits = 0;
}

static inline void fault_disarm(void)
{
    fault.first = 0;
}

static inline bool fault_strikes(enum fault_kind kind)
{
    if (fault.first == 0 || (int)kind != fault.kind)
        return false;
    int  number = ++fault.seen;
    bool strikes = number >= fault.first && number < fault.first + fault.length;
    fault.hits += strikes;
    return strikes;
}

struct fault_file {
    sqlite3_file  base;
    sqlite3_file *real;     /* behind this struct */
};

#define REAL(file) (((struct fault_file *)(file))->real)

static int fault_close(sqlite3_file *f)
{
    return REAL(f)->pMethods ? REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK;
}

static int fault_read(sqlite3_file *f, void *to, int bytes, sqlite3_int64 at)
{
    return fault_strikes(FAULT_READ) ? SQLITE_IOERR_READ : REAL(f)->pMethods->xRead(REAL(f), to, bytes, at);
}

static int fault_write(sqlite3_file *f, const void *from, int bytes, sqlite3_int64 at)
{
    if (fault_strikes(FAULT_WRITE))
        return SQLITE_IOERR_WRITE;
    if (fault_strikes(FAULT_WRITE_FULL))
        return SQLITE_FULL;
    if (fault_strikes(FAULT_WRITE_HALF)) {
        REAL(f)->pMethods->xWrite(REAL(f), from, bytes / 2, at);
        return SQLITE_IOERR_WRITE;
    }
    return REAL(f)->pMethods->xWrite(REAL(f), from, bytes, at);
}

static int fault_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return fault_strikes(FAULT_TRUNCATE) ? SQLITE_IOERR_TRUNCATE : REAL(f)->pMethods->xTruncate(REAL(f), size);
}

static int fault_sync(sqlite3_file *f, int flags)
{
    return fault_strikes(FAULT_SYNC) ? SQLITE_IOERR_FSYNC : REAL(f)->pMethods->xSync(REAL(f), flags);
}

static int fault_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return fault_strikes(FAULT_SIZE) ? SQLITE_IOERR_FSTAT : REAL(f)->pMethods->xFileSize(REAL(f), size);
}

static int fault_lock(sqlite3_file *f, int level)
{
    return fault_strikes(FAULT_LOCK) ? SQLITE_IOERR_LOCK : REAL(f)->pMethods->xLock(REAL(f), level);
}

static int fault_unlock(sqlite3_file *f, int level)
{
    return REAL(f)->pMethods->xUnlock(REAL(f), level);
}

static int fault_reserved(sqlite3_file *f, int *reserved)
{
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), reserved);
}

static int fault_control(sqlite3_file *f, int what, void *argument)
{
    return REAL(f)->pMethods->xFileControl(REAL(f), what, argument);
}

static int fault_sector(sqlite3_file *f)
{
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int fault_device(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int fault_shared_map(sqlite3_file *f, int region, int bytes, int extend, void volatile **at)
{
    return fault_strikes(FAULT_SHARED_MAP) ? SQLITE_IOERR_SHMMAP
                                           : REAL(f)->pMethods->xShmMap(REAL(f), region, bytes, extend, at);
}

static int fault_shared_lock(sqlite3_file *f, int offset, int count, int flags)
{
    if ((flags & SQLITE_SHM_LOCK) && fault_strikes(FAULT_SHARED_LOCK))
        return SQLITE_IOERR_SHMLOCK;
    return REAL(f)->pMethods->xShmLock(REAL(f), offset, count, flags);
}

static void fault_shared_barrier(sqlite3_file *f)
{
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int fault_shared_unmap(sqlite3_file *f, int remove)
{
    return REAL(f)->pMethods->xShmUnmap(REAL(f), remove);
}

static const sqlite3_io_methods fault_methods = {
    2, fault_close, fault_read, fault_write, fault_truncate, fault_sync, fault_size, fault_lock, fault_unlock,
    fault_reserved, fault_control, fault_sector, fault_device, fault_shared_map, fault_shared_lock,
    fault_shared_barrier, fault_shared_unmap, NULL, NULL,
};

static int fault_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *flags_out)
{
    sqlite3_vfs       *system = sqlite3_vfs_find("unix");
    struct fault_file *mine = (struct fault_file *)f;

    (void)vfs;
    mine->base.pMethods = NULL;
    mine->real = (sqlite3_file *)(mine + 1);
    if (fault_strikes(FAULT_OPEN))
        return SQLITE_CANTOPEN;
    int rc = system->xOpen(system, path, mine->real, flags, flags_out);
    if (rc == SQLITE_OK)
        mine->base.pMethods = &fault_methods;
    return rc;
}

/* Registers it under "fault", once. */
static inline void fault_vfs_register(void)
{
    static sqlite3_vfs vfs;

    sqlite3_initialize();
    vfs = *sqlite3_vfs_find("unix");
    vfs.szOsFile += (int)sizeof(struct fault_file);
    vfs.zName = "fault";
    vfs.xOpen = fault_open;
    sqlite3_vfs_register(&vfs, 0);
}
