/* rng.c: xoshiro256** of Blackman and Vigna (2018), its state filled by splitmix64 (Steele, Lea
 * and Flood 2014), as its authors advise: neighbouring seeds give unrelated streams, and no seed
 * gives the state of all zeros. */
#include "base/check.h"
#include "stats/rng.h"

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline uint64_t rotated(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

struct rng rng_seeded(uint64_t seed)
{
    struct rng r;

    for (int i = 0; i < 4; i++)
        r.state[i] = splitmix(&seed);
    return r;
}

uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->state;
    uint64_t  result = rotated(s[1] * 5, 7) * 9;
    uint64_t  t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotated(s[3], 45);
    return result;
}

/* Lemire 2019: the high half of a product, and a new draw for the few that would favour some. */
uint64_t rng_below(struct rng *r, uint64_t bound)
{
    CHECK(bound > 0);
    unsigned __int128 product = (unsigned __int128)rng_next(r) * bound;
    if ((uint64_t)product < bound) {
        uint64_t favoured = -bound % bound;
        while ((uint64_t)product < favoured)
            product = (unsigned __int128)rng_next(r) * bound;
    }
    return (uint64_t)(product >> 64);
}

double rng_unit(struct rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1p-53;
}
