/* clock.h: what time it is, behind a seam so that tests own time.
 *
 * The functions may be called on any thread. */
#pragma once
#include <stdint.h>

struct clock {
    int64_t (*wall_us)(void *context);      /* microseconds since 1970-01-01T00:00:00Z */
    int64_t (*monotonic_ns)(void *context); /* nanoseconds since some moment; never goes back */
    void *context;
};

extern const struct clock system_clock;

static inline int64_t clock_wall_us(const struct clock *c)
{
    return c->wall_us(c->context);
}

static inline int64_t clock_monotonic_ns(const struct clock *c)
{
    return c->monotonic_ns(c->context);
}
