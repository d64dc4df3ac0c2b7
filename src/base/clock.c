/* clock.c: the machine's clocks. */
#include "base/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t system_wall_us(void *context)
{
    struct timespec t;

    (void)context;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t system_monotonic_ns(void *context)
{
    struct timespec t;

    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

const struct clock system_clock = {
    .wall_us = system_wall_us,
    .monotonic_ns = system_monotonic_ns,
};
