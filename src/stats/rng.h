/* stats/rng.h: pseudo-random numbers from a seed, the same on every machine: xoshiro256** (Blackman
 * and Vigna 2018), seeded by splitmix64.  For orders, placeholders and resampling, never for
 * secrets.  One thread a generator. */
#pragma once
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

struct rng rng_seeded(uint64_t seed);
uint64_t   rng_next(struct rng *r);
uint64_t   rng_below(struct rng *r, uint64_t bound);    /* uniform in [0, bound); bound > 0 */
double     rng_unit(struct rng *r);                     /* uniform in [0, 1) */
