/* master_key.c: reads the key's file with suspicion, and makes it so that a crash leaves all or
 * nothing.
 *
 * A new key is written under a random name beside the file, synced, and linked to the file's name,
 * which fails when somebody else was faster: then theirs is read.  What a crash leaves is a file
 * of another name, which nobody reads. */
#include "crypto/master_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGITS = 2 * MASTER_KEY_BYTES, TEXT_BYTES_MAX = DIGITS + 2 };

static bool fail(struct buf *why, const char *path, const char *what)
{
    buf_format(why, "master key %s: %s", path, what);
    return false;
}

static bool fail_errno(struct buf *why, const char *path, const char *what)
{
    const char *reason = strerrordesc_np(errno);

    buf_format(why, "master key %s: %s: %s", path, what, reason ? reason : "unknown error");
    return false;
}

/* Everything up to `max` bytes; -1 on failure. */
static ssize_t read_all(int fd, char *out, size_t max)
{
    size_t len = 0;

    while (len < max) {
        ssize_t got = read(fd, out + len, max - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

/* NULL, or what is wrong with the file that the key is to come from. */
static const char *file_fault(int fd)
{
    struct stat st;

    if (fstat(fd, &st))
        return "cannot be examined";
    if (!S_ISREG(st.st_mode))
        return "is not a regular file";
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return "belongs to another user";
    if (st.st_mode & 077)
        return "is accessible to group or others; make it so that only its owner can read it "
               "(chmod 600)";
    return NULL;
}

static bool load_open(int fd, const char *path, unsigned char out[MASTER_KEY_BYTES],
                      struct buf *why)
{
    char        text[TEXT_BYTES_MAX];
    const char *fault = file_fault(fd);

    if (fault)
        return fail(why, path, fault);
    ssize_t len = read_all(fd, text, sizeof text);
    if (len < 0)
        return fail_errno(why, path, "cannot be read");
    bool sound = master_key_parse((struct str){ text, (size_t)len }, out);
    sodium_memzero(text, sizeof text);
    return sound || fail(why, path, "is not 64 hexadecimal digits of a random key and a newline");
}

/* Makes the names in the file's folder durable. */
static bool sync_folder(const char *path)
{
    char        folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (!slash)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path);
    int  fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return done;
}

/* A new key's text in a file of that name, durable. */
static bool write_new(const char *name, const char *text, size_t len)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return false;
    bool done = write_all(fd, text, len) && fsync(fd) == 0;
    int  error = errno;
    if (close(fd) && done) {
        error = errno;
        done = false;
    }
    if (!done)
        unlink(name);
    errno = error;
    return done;
}

/* Writes the key under a name of its own and links it to `path`; that somebody else's is there by
 * then is fine. */
static bool place(const char *path, const unsigned char key[MASTER_KEY_BYTES],
                  const unsigned char tag[8], struct buf *why)
{
    char name[PATH_MAX], suffix[17], text[DIGITS + 1];

    sodium_bin2hex(suffix, sizeof suffix, tag, 8);
    int len = snprintf(name, sizeof name, "%s.%s", path, suffix);
    if (len < 0 || (size_t)len >= sizeof name)
        return fail(why, path, "has too long a name");
    sodium_bin2hex(text, sizeof text, key, MASTER_KEY_BYTES);
    text[DIGITS] = '\n';
    bool written = write_new(name, text, sizeof text);
    sodium_memzero(text, sizeof text);
    if (!written)
        return fail_errno(why, path, "cannot be made");
    bool linked = link(name, path) == 0 || errno == EEXIST;
    int  error = errno;
    unlink(name);
    errno = error;
    if (!linked || !sync_folder(path))
        return fail_errno(why, path, "cannot be made");
    return true;
}

static bool make(const char *path, const struct random_source *random, struct buf *why)
{
    struct {
        unsigned char key[MASTER_KEY_BYTES], tag[8];
    } fresh;

    if (!random_fill(random, &fresh, sizeof fresh))
        return fail(why, path, "cannot be made: no entropy");
    bool done = place(path, fresh.key, fresh.tag, why);
    sodium_memzero(&fresh, sizeof fresh);
    return done;
}

/* Without O_NONBLOCK a FIFO of that name would be waited for. */
static int open_key(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

bool master_key_load(const char *path, bool may_make, const struct random_source *random,
                     unsigned char out[MASTER_KEY_BYTES], struct buf *why)
{
    int fd = open_key(path);

    if (fd < 0 && errno == ENOENT && may_make) {
        if (!make(path, random, why))
            return false;
        fd = open_key(path);
    }
    if (fd < 0 && errno == ENOENT)
        return fail(why, path, "is not there");
    if (fd < 0)
        return fail_errno(why, path, "cannot be opened");
    bool done = load_open(fd, path, out, why);
    close(fd);
    return done;
}

bool master_key_parse(struct str text, unsigned char out[MASTER_KEY_BYTES])
{
    unsigned char key[MASTER_KEY_BYTES];
    unsigned char differs = 0;
    size_t        len;

    if (text.len == DIGITS + 1 && text.at[DIGITS] == '\n')
        text.len--;
    bool sound = text.len == DIGITS
                 && sodium_hex2bin(key, sizeof key, text.at, text.len, NULL, &len, NULL) == 0
                 && len == sizeof key;
    for (size_t i = 1; sound && i < sizeof key; i++)
        differs |= key[i] ^ key[0];
    if (sound && differs)
        memcpy(out, key, sizeof key);
    sodium_memzero(key, sizeof key);
    return sound && differs;
}
