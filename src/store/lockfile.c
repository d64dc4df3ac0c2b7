/* lockfile.c: flock(2) on PATH-lock, with the holder's pid inside for whoever is turned away. */
#include "store/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000, STEP_MS = 10 };

/* A holder that was killed lets go when the kernel is done with it, which a disk may delay.
 * False: see errno. */
static bool lock_soon(int lock)
{
    for (int waited = 0; flock(lock, LOCK_EX | LOCK_NB) != 0; waited += STEP_MS) {
        if (errno != EWOULDBLOCK || waited >= PATIENCE_MS)
            return false;
        poll(NULL, 0, STEP_MS);
    }
    return true;
}

static void say_held(int lock, const char *path, struct buf *why)
{
    char     text[21];
    ssize_t  len = pread(lock, text, sizeof text - 1, 0);
    uint64_t pid;

    buf_format(why, "%s is in use by another process", path);
    if (len > 0 && str_to_uint(str_trim((struct str){ text, (size_t)len }), INT_MAX, &pid))
        buf_format(why, " (pid %d)", (int)pid);
}

/* Only for the message of others: a failure is not one of the lock. */
static void note_holder(int lock)
{
    char text[21];
    int  len = snprintf(text, sizeof text, "%d", (int)getpid());

    if (ftruncate(lock, 0) == 0 && pwrite(lock, text, (size_t)len, 0) < 0)
        return;
}

int lockfile_take(const char *path, struct buf *why)
{
    char name[PATH_MAX];
    int  len = snprintf(name, sizeof name, "%s-lock", path);

    if (len < 0 || (size_t)len >= sizeof name) {
        buf_format(why, "%s: the path is too long", path);
        return -1;
    }
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (lock < 0) {
        buf_format(why, "%s: cannot be made: %m", name);
        return -1;
    }
    if (!lock_soon(lock)) {
        if (errno == EWOULDBLOCK)
            say_held(lock, path, why);
        else
            buf_format(why, "%s: cannot be locked: %m", name);
        close(lock);
        return -1;
    }
    note_holder(lock);
    return lock;
}

void lockfile_release(int lock)
{
    if (lock >= 0)
        close(lock);
}
