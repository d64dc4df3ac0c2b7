/* clocks.c: what base/clock.h does not know: what a thread has cost. */
#include "load/clocks.h"

#include <time.h>

int64_t thread_cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
