/* hash_memory.c: the kept region and the wrappers that lend it to libsodium.
 *
 * The region is aligned to huge pages, left out of core dumps and zero in a forked child: what a
 * hash leaves there allows guesses to be checked cheaply.  It is not wiped after each hash (the
 * next one overwrites it, and zeroing costs a tenth of the hash); see password.h for when it is. */
#include "crypto/hash_memory.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "base/check.h"

enum { HUGE_PAGE = 2 * 1024 * 1024 };

/* Weak, so that a program linked without --wrap, which never calls the wrappers, links too. */
void *__real_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
    __attribute__((weak));
int __real_munmap(void *at, size_t bytes) __attribute__((weak));

void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset);
int   __wrap_munmap(void *at, size_t bytes);

static _Thread_local struct hash_memory *entered;

void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    struct hash_memory *m = entered;

    if (!m || m->taken || at || fd != -1 || bytes > m->bytes)
        return __real_mmap(at, bytes, protection, flags, fd, offset);
    m->taken = m->dirty = true;
    return m->at;
}

int __wrap_munmap(void *at, size_t bytes)
{
    struct hash_memory *m = entered;

    if (!m || !m->taken || at != m->at)
        return __real_munmap(at, bytes);
    m->taken = false;
    return 0;
}

static void map(struct hash_memory *m)
{
    size_t bytes = m->bytes + HUGE_PAGE;
    char  *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        return;
    m->mapping = at;
    m->mapping_bytes = bytes;
    m->at = at + (HUGE_PAGE - (size_t)at % HUGE_PAGE) % HUGE_PAGE;
    /* Each is a wish: an older kernel may refuse it, and the memory works all the same. */
    madvise(at, bytes, MADV_DONTDUMP);
    madvise(at, bytes, MADV_WIPEONFORK);
    madvise(at, bytes, MADV_HUGEPAGE);
}

struct hash_memory hash_memory_new(size_t bytes)
{
    return (struct hash_memory){ .bytes = bytes };
}

void hash_memory_enter(struct hash_memory *m)
{
    CHECK(!entered);
    if (!m->mapping)
        map(m);
    if (m->mapping)
        entered = m;
}

void hash_memory_leave(struct hash_memory *m)
{
    CHECK(!m->taken);
    entered = NULL;
}

bool hash_memory_wipe(struct hash_memory *m)
{
    if (!m->dirty)
        return false;
    explicit_bzero(m->at, m->bytes);
    m->dirty = false;
    return true;
}

void hash_memory_close(struct hash_memory *m)
{
    hash_memory_wipe(m);
    if (m->mapping)
        munmap(m->mapping, m->mapping_bytes);
    *m = hash_memory_new(m->bytes);
}
