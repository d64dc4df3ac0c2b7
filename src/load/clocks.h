/* load/clocks.h: the clocks that a generator reads.  Any thread. */
#pragma once
#include "base/clock.h"

static inline int64_t now_ns(void)
{
    return clock_monotonic_ns(&system_clock);
}

/* CPU time of the calling thread. */
int64_t thread_cpu_ns(void);
