/* file.c: written under a name of its own, then renamed.
 *
 * What is not a plain file (a pipe, a link, /dev/stdout) is written to and not replaced. */
#include "joust/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, struct str text)
{
    while (text.len) {
        ssize_t n = write(fd, text.at, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text = str_slice(text, (size_t)n, text.len);
    }
    return fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP;     /* pipes have nothing to sync */
}

static bool say(struct buf *why, const char *path)
{
    buf_format(why, "%s: cannot be written: %s", path, strerror(errno));
    return false;
}

/* As open(2) would have made it: mkstemp(3) is more private than a report should be. */
static void set_mode(int fd)
{
    mode_t mask = umask(0);

    umask(mask);
    (void)fchmod(fd, 0666 & ~mask);
}

static bool is_replaceable(const char *name)
{
    struct stat found;

    return lstat(name, &found) != 0 || S_ISREG(found.st_mode);
}

static bool write_through(const char *name, struct str text)
{
    int  fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool written = fd >= 0 && write_all(fd, text);

    return fd >= 0 && close(fd) == 0 && written;
}

bool file_write(struct str path, struct str text, struct buf *why)
{
    char name[PATH_MAX], beside[PATH_MAX];

    snprintf(name, sizeof name, "%.*s", STR_ARG(path));
    if (!is_replaceable(name))
        return write_through(name, text) || say(why, name);
    if (path.len >= sizeof name || snprintf(beside, sizeof beside, "%s.XXXXXX", name) >= (int)sizeof beside) {
        errno = ENAMETOOLONG;
        return say(why, name);
    }
    int fd = mkstemp(beside);
    if (fd < 0)
        return say(why, name);
    set_mode(fd);
    bool written = write_all(fd, text);
    if (close(fd) == 0 && written && rename(beside, name) == 0)
        return true;
    say(why, name);
    unlink(beside);
    return false;
}
