/* random.c: the kernel's random bytes. */
#include "base/random.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

static bool system_fill(void *context, void *out, size_t bytes)
{
    char *at = out;

    (void)context;
    while (bytes) {
        ssize_t got = getrandom(at, bytes, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        bytes -= (size_t)got;
    }
    return true;
}

const struct random_source system_random = { .fill = system_fill };
