/* bench_hash.c: how many passwords a second the machine can hash at best.
 *
 *   bench_hash THREADS SECONDS [mapped]     prints hashes a second, and CPU milliseconds a hash
 *
 * libsodium's argon2id at the default cost in each thread, over memory that is kept as the
 * service keeps it, or, with "mapped", mapped anew for each hash as libsodium does it by itself.
 * Nothing else is done: log-ins a second are held against this. */
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "crypto/hash_memory.h"

enum { THREADS_MAX = 64, MEMORY_KIB = 19456, PASSES = 2 };

struct hashing {
    pthread_t thread;
    int64_t   until_ns;
    bool      keeps;
    long      count;
};

static void hash(void)
{
    unsigned char out[32], salt[crypto_pwhash_SALTBYTES] = { 0 };

    CHECK(crypto_pwhash(out, sizeof out, "correct horse", 13, salt, PASSES,
                        (size_t)MEMORY_KIB * 1024, crypto_pwhash_ALG_ARGON2ID13)
          == 0);
}

static void *work(void *context)
{
    struct hashing    *h = context;
    struct hash_memory memory = hash_memory_new((size_t)MEMORY_KIB * 1024);

    while (clock_monotonic_ns(&system_clock) < h->until_ns) {
        if (h->keeps)
            hash_memory_enter(&memory);
        hash();
        if (h->keeps)
            hash_memory_leave(&memory);
        h->count++;
    }
    hash_memory_close(&memory);
    return NULL;
}

/* Of all threads, ended ones too. */
static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
    static struct hashing threads[THREADS_MAX];
    long                  count = argc > 2 ? atol(argv[1]) : 0, hashes = 0;

    if (count < 1 || count > THREADS_MAX || sodium_init() < 0) {
        fprintf(stderr, "usage: bench_hash THREADS SECONDS [mapped]\n");
        return 2;
    }
    int64_t begun = clock_monotonic_ns(&system_clock);
    for (long i = 0; i < count; i++) {
        threads[i].until_ns = begun + atol(argv[2]) * 1000000000;
        threads[i].keeps = argc < 4 || strcmp(argv[3], "mapped") != 0;
        CHECK(pthread_create(&threads[i].thread, NULL, work, &threads[i]) == 0);
    }
    for (long i = 0; i < count; i++) {
        pthread_join(threads[i].thread, NULL);
        hashes += threads[i].count;
    }
    double seconds = (double)(clock_monotonic_ns(&system_clock) - begun) / 1e9;
    printf("%.2f %.4f\n", (double)hashes / seconds, cpu_ms() / (double)hashes);
    return 0;
}
