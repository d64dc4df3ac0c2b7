/* draw.h: seeds and random figures for the tests of statistics. */
#pragma once
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stats/histogram.h"
#include "stats/rng.h"

static inline uint64_t draw_seed(void)
{
    const char *given = getenv("SEED");
    uint64_t    value = given ? strtoull(given, NULL, 10) : 20261123;

    printf("SEED=%llu\n", (unsigned long long)value);
    return value;
}

static inline double draw_normal(struct rng *r)
{
    return sqrt(-2 * log(1 - rng_unit(r))) * cos(2 * M_PI * rng_unit(r));
}

/* A latency of `middle_ns` as most are, and of several times that as a few are. */
static inline int64_t draw_latency(struct rng *r, double middle_ns, double sigma)
{
    return (int64_t)(middle_ns * exp(sigma * draw_normal(r)));
}
