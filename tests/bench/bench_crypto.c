/* bench_crypto.c: what tokens cost, in nanoseconds, and passwords, in milliseconds.
 *
 * Prints the best and the median of many rounds, since another process can only make a round
 * slower. The three ways to hash a password take turns, and their ratios are those of the
 * medians.  It is no test.  With an argument it does each piece of token work so many times, once,
 * and prints nothing: for counting instructions under valgrind --tool=callgrind. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "crypto/hash_memory.h"
#include "crypto/password.h"
#include "crypto/token.h"

enum { ROUNDS = 51, HASH_ROUNDS = 41, MEMORY_KIB = 19456, PASSES = 2 };

#define NOW ((int64_t)1800000000)

struct bench {
    struct token_policy policy;
    struct arena        arena;
    struct buf          token, out;
    char                input[200];
    unsigned char       signature[JWS_SIGNATURE_BYTES_MAX];
    size_t              signature_len;
};

static void sign_input(struct bench *b)
{
    CHECK(jws_sign(b->policy.signer, (struct str){ b->input, sizeof b->input }, b->signature,
                   &b->signature_len));
}

static void verify_input(struct bench *b)
{
    CHECK(jws_verify(b->policy.signer, (struct str){ b->input, sizeof b->input },
                     (struct str){ (char *)b->signature, b->signature_len }));
}

static void issue_token(struct bench *b)
{
    buf_reset(&b->out);
    CHECK(token_issue(&b->policy, &system_random, LIT("123456"), NOW, &b->out));
}

static void verify_token(struct bench *b)
{
    struct token_claims claims;

    CHECK(token_verify(&b->policy, buf_str(&b->token), NOW, &b->arena, &claims) == TOKEN_GOOD);
    arena_reset(&b->arena);
}

static const struct work {
    const char *name;
    void (*run)(struct bench *b);
} works[] = {
    { "sign 200 bytes", sign_input },
    { "verify 200 bytes", verify_input },
    { "issue a token", issue_token },
    { "verify a token", verify_token },
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static double round_ns(const struct work *work, struct bench *b, int times)
{
    int64_t began = clock_monotonic_ns(&system_clock);

    for (int i = 0; i < times; i++)
        work->run(b);
    return (double)(clock_monotonic_ns(&system_clock) - began) / times;
}

static void measure(const struct work *work, struct bench *b, const char *algorithm, int times)
{
    double ns[ROUNDS];

    for (int i = 0; i < ROUNDS; i++)
        ns[i] = round_ns(work, b, times);
    double middle = median(ns, ROUNDS);
    printf("%-6s %-18s %9.0f ns best  %9.0f ns median\n", algorithm, work->name, ns[0], middle);
}

/* `counted` above 0: so many times, silently. */
static void bench_algorithm(enum jws_algorithm a, int times, int counted)
{
    struct jws_key *key = jws_key_generate(a);
    struct bench    b = { .policy = { .signer = key,
                                      .verifiers = { key },
                                      .verifiers_count = 1,
                                      .lifetime_s = 1800 },
                          .arena = arena_new(1 << 16),
                          .token = buf_growing(TOKEN_BYTES_MAX),
                          .out = buf_growing(TOKEN_BYTES_MAX) };

    if (a != JWS_HS256) {
        b.policy.issuer = LIT("https://accounts.example.org");
        b.policy.audience = b.policy.client_id = LIT("postern");
    }
    CHECK(key && token_issue(&b.policy, &system_random, LIT("123456"), NOW, &b.token));
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        if (counted)
            round_ns(&works[i], &b, counted);
        else
            measure(&works[i], &b, jws_algorithm_name(a).at, times);
    arena_close(&b.arena);
    buf_close(&b.token);
    buf_close(&b.out);
    jws_key_close(key);
}

struct hashing {
    struct password_hasher *hasher;
    struct hash_memory      memory;
};

static void hash_plainly(struct hashing *h)
{
    unsigned char out[32], salt[crypto_pwhash_SALTBYTES] = { 0 };

    (void)h;
    CHECK(crypto_pwhash(out, sizeof out, "correct horse", 13, salt, PASSES,
                        (size_t)MEMORY_KIB * 1024, crypto_pwhash_ALG_ARGON2ID13)
          == 0);
}

static void hash_barely(struct hashing *h)
{
    hash_memory_enter(&h->memory);
    hash_plainly(h);
    hash_memory_leave(&h->memory);
}

static void hash_here(struct hashing *h)
{
    char phc[PASSWORD_HASH_BYTES];

    CHECK(password_hash(h->hasher, LIT("correct horse"), phc));
}

static void hash_here_and_wipe(struct hashing *h)
{
    hash_here(h);
    password_hasher_wipe(h->hasher);
}

static double once_ms(void (*run)(struct hashing *), struct hashing *h)
{
    int64_t began = clock_monotonic_ns(&system_clock);

    run(h);
    return (double)(clock_monotonic_ns(&system_clock) - began) / 1e6;
}

static void bench_passwords(void)
{
    static const struct {
        const char *name;
        void (*run)(struct hashing *h);
    } ways[] = {
        { "libsodium, memory mapped anew", hash_plainly },
        { "libsodium, memory kept (bare)", hash_barely },
        { "password_hash", hash_here },
        { "password_hash, then wiped", hash_here_and_wipe },
    };
    enum { WAYS = sizeof ways / sizeof *ways };
    const struct password_cost cost = { MEMORY_KIB, PASSES };
    struct hashing             h = { .memory = hash_memory_new((size_t)MEMORY_KIB * 1024) };
    double                     ms[WAYS][HASH_ROUNDS], medians[WAYS];

    h.hasher = password_hasher_open(1, cost, &system_random, &system_clock);
    CHECK(h.hasher);
    hash_barely(&h);
    hash_here(&h);
    for (int i = 0; i < HASH_ROUNDS; i++)
        for (int way = 0; way < WAYS; way++)
            ms[way][i] = once_ms(ways[way].run, &h);
    for (int way = 0; way < WAYS; way++)
        medians[way] = median(ms[way], HASH_ROUNDS);
    for (int way = 0; way < WAYS; way++)
        printf("%-30s %6.2f ms best  %6.2f ms median  %.3f of the bare rate\n", ways[way].name,
               ms[way][0], medians[way], medians[1] / medians[way]);
    password_hasher_close(h.hasher);
    hash_memory_close(&h.memory);
}

int main(int argc, char **argv)
{
    int counted = argc > 1 ? atoi(argv[1]) : 0;

    bench_algorithm(JWS_HS256, 5000, counted);
    bench_algorithm(JWS_ES256, 100, counted);
    bench_algorithm(JWS_EDDSA, 100, counted);
    if (!counted)
        bench_passwords();
    return 0;
}
