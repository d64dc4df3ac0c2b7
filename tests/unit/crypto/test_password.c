/* test_password.c: hashes made by libargon2, what a stored hash may not say, slots, and memory.
 *
 * The reference hashes come from libargon2, an implementation that this project does not use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include "crypto/hash_memory.h"
#include "crypto/password.h"

static const struct password_cost cheap = { 8, 1 };

static struct password_hasher *open_hasher(unsigned slots, struct password_cost cost)
{
    struct password_hasher *h = password_hasher_open(slots, cost, &system_random, &system_clock);

    assert_non_null(h);
    return h;
}

static void test_reference(void **state)
{
    struct password_hasher *h = open_hasher(1, cheap);
    static const char       all[] = "$argon2id$v=19$m=8,t=1,p=1$/////////////////////w$"
                              "Jm5ttfTuI2nMkvzfWlk+vmGK5tyT8WF3yivpiZ2IFmw";
    char                    long_password[4096];
    static const struct {
        struct str  password;
        const char *phc;
    } rows[] = {
        { LIT("password"), "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
                           "K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE" },
        { LIT(""), "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$"
                   "Me1B4tc/J/3+TrS+xlE0Hli6Q0dwUcb+StrXNdgu4Io" },
        { LIT("pass\0word"), "$argon2id$v=19$m=64,t=3,p=1$AAECAwQFBgcICQoLDA0ODw$"
                             "666B5yzRPNDy2AL9ZTfRYZ5zvaPYOCUKk04up9Y/sP8" },
        { LIT("password"),
          "$argon2id$v=19$m=32,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Odkw9q5MmZVTnFlDs3GCvg" },
        { LIT("password"), "$argon2id$v=19$m=32,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
                           "7oHECLFxSe2xZz68EkgWGRB3R6nYfae6720iYLT7EoJfaW28XV0vDFnhKZ/AZu09cstw"
                           "mgCf501+bI1oBxSpug" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(password_verify(h, rows[i].password, str_of(rows[i].phc)),
                         PASSWORD_RIGHT);
        assert_int_equal(password_verify(h, LIT("another"), str_of(rows[i].phc)), PASSWORD_WRONG);
    }
    for (size_t i = 0; i < sizeof long_password; i++)
        long_password[i] = (char)i;
    assert_int_equal(password_verify(h, (struct str){ long_password, 4096 }, str_of(all)),
                     PASSWORD_RIGHT);
    assert_int_equal(password_verify(h, (struct str){ long_password, 4095 }, str_of(all)),
                     PASSWORD_WRONG);
    password_hasher_close(h);
}

/* With memory that a hash has left dirty, and at costs above and below the kept memory. */
static void test_memory_is_reused(void **state)
{
    struct password_hasher *h = open_hasher(1, (struct password_cost){ 64, 1 });
    const char             *equal = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"
                        "55PWTvddWPUD1GMbKxSff4ASfF85k9ibHJt4HlHQtBM";
    const char *smaller = "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$"
                          "Me1B4tc/J/3+TrS+xlE0Hli6Q0dwUcb+StrXNdgu4Io";
    const char *larger = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
                         "K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE";

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(password_verify(h, LIT("password"), str_of(equal)), PASSWORD_RIGHT);
        assert_int_equal(password_verify(h, LIT(""), str_of(smaller)), PASSWORD_RIGHT_BUT_CHEAP);
        assert_int_equal(password_verify(h, LIT("password"), str_of(larger)), PASSWORD_RIGHT);
        password_hasher_wipe(h);
    }
    password_hasher_close(h);
}

static void test_hash(void **state)
{
    struct password_hasher *h = open_hasher(2, (struct password_cost){ 19456, 2 });
    char                    one[PASSWORD_HASH_BYTES], two[PASSWORD_HASH_BYTES];

    (void)state;
    assert_true(password_hash(h, LIT("correct horse"), one));
    assert_true(password_hash(h, LIT("correct horse"), two));
    assert_true(str_starts(str_of(one), LIT("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_int_equal(strlen(one), 31 + 22 + 1 + 43);
    assert_string_not_equal(one, two);
    assert_int_equal(password_verify(h, LIT("correct horse"), str_of(one)), PASSWORD_RIGHT);
    assert_int_equal(password_verify(h, LIT("correct horse"), str_of(two)), PASSWORD_RIGHT);
    assert_int_equal(password_verify(h, LIT("correct hors"), str_of(one)), PASSWORD_WRONG);
    assert_int_equal(password_verify(h, LIT("correct horse\0"), str_of(one)), PASSWORD_WRONG);
    assert_int_equal(password_verify(h, LIT("Correct horse"), str_of(one)), PASSWORD_WRONG);
    assert_int_equal(crypto_pwhash_str_verify(one, "correct horse", 13), 0);
    assert_true(password_verify_nobody(h, LIT("anything")));
    password_hasher_close(h);
}

/* Salts differ: a thousand equal passwords give a thousand hashes. */
static void test_salts(void **state)
{
    enum { COUNT = 1000 };
    static char             hashes[COUNT][PASSWORD_HASH_BYTES];
    struct password_hasher *h = open_hasher(1, cheap);

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        assert_true(password_hash(h, LIT("password"), hashes[i]));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(hashes[i], hashes[j]);
    }
    password_hasher_close(h);
}

#define SALT "AAECAwQFBgcICQoLDA0ODw"
#define HASH "Me1B4tc/J/3+TrS+xlE0Hli6Q0dwUcb+StrXNdgu4Io"

static void test_not_a_hash(void **state)
{
    struct password_hasher *h = open_hasher(1, cheap);
    static const char *const rows[] = {
        "",
        "password",
        "$",
        "$argon2id$v=19$",
        "$argon2id$v=19$m=8,t=1,p=1",
        "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw",
        "$argon2id$v=19$m=8,t=1,p=1$" SALT "$",
        "$argon2i$v=19$m=8,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=16$m=8,t=1,p=1$" SALT "$" HASH,
        "$argon2id$m=8,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$t=1,m=8,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=8,t=1$" SALT "$" HASH,
        "$argon2id$v=19$m=8,t=1,p=2$" SALT "$" HASH,
        "$argon2id$v=19$m=8,t=1,p=1,x=1$" SALT "$" HASH,
        "$argon2id$v=19$m=7,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=08,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=+8,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=8,t=0,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=8,t=,p=1$" SALT "$" HASH,
        /* Bombs: each would take gigabytes or hours. */
        "$argon2id$v=19$m=1048577,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=4294967304,t=1,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=8,t=65,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=8,t=4294967295,p=1$" SALT "$" HASH,
        /* Salt and hash: length, alphabet, padding, stray bits, something behind. */
        "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0O$" HASH,
        "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODxAR$" HASH,
        "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw==$" HASH,
        "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODx$" HASH,
        "$argon2id$v=19$m=8,t=1,p=1$" SALT "$Me1B4tc_J_3-TrS-xlE0Hli6Q0dwUcb-StrXNdgu4Io",
        "$argon2id$v=19$m=8,t=1,p=1$" SALT "$AAECAwQFBgcICQoLDA0O",
        "$argon2id$v=19$m=8,t=1,p=1$" SALT "$" HASH "=",
        "$argon2id$v=19$m=8,t=1,p=1$" SALT "$" HASH "$",
        "$argon2id$v=19$m=8,t=1,p=1$" SALT "$" HASH "\n",
        " $argon2id$v=19$m=8,t=1,p=1$" SALT "$" HASH,
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (password_verify(h, LIT(""), str_of(rows[i])) != PASSWORD_FAILED)
            fail_msg("taken for a hash: %s", rows[i]);
    assert_int_equal(password_hasher_wait_ms(h), 0);
    password_hasher_close(h);
}

/* No character of a hash can be changed without a difference. */
static void test_every_bit(void **state)
{
    struct password_hasher *h = open_hasher(1, cheap);
    char                    phc[PASSWORD_HASH_BYTES];

    (void)state;
    assert_true(password_hash(h, LIT("password"), phc));
    size_t len = strlen(phc);
    for (size_t i = 0; i < len; i++)
        for (int bit = 0; bit < 8; bit++) {
            phc[i] = (char)(phc[i] ^ 1 << bit);
            /* No larger memory: "m=8" with one bit changed is at most "m=9" or not a number. */
            enum password_verdict v = password_verify(h, LIT("password"), (struct str){ phc, len });
            if (v != PASSWORD_WRONG && v != PASSWORD_FAILED)
                fail_msg("right: %s", phc);
            phc[i] = (char)(phc[i] ^ 1 << bit);
        }
    assert_int_equal(password_verify(h, LIT("password"), str_of(phc)), PASSWORD_RIGHT);
    password_hasher_close(h);
}

static enum password_verdict verdict_after(uint32_t memory_kib, uint32_t passes)
{
    const struct password_cost before = { memory_kib, passes }, now = { 16, 2 };
    struct password_hasher *h = open_hasher(1, before);
    char                    phc[PASSWORD_HASH_BYTES];

    assert_true(password_hash(h, LIT("password"), phc));
    password_hasher_close(h);
    h = open_hasher(1, now);
    enum password_verdict v = password_verify(h, LIT("password"), str_of(phc));
    password_hasher_close(h);
    return v;
}

static void test_cheap(void **state)
{
    (void)state;
    assert_int_equal(verdict_after(16, 2), PASSWORD_RIGHT);
    assert_int_equal(verdict_after(16, 1), PASSWORD_RIGHT_BUT_CHEAP);
    assert_int_equal(verdict_after(8, 4), PASSWORD_RIGHT_BUT_CHEAP);
    assert_int_equal(verdict_after(48, 1), PASSWORD_RIGHT);
    assert_int_equal(verdict_after(16, 3), PASSWORD_RIGHT);
}

static void test_cost_limits(void **state)
{
    static const struct password_cost rows[] = { { 7, 1 }, { 1048577, 1 }, { 8, 0 }, { 8, 65 } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_null(password_hasher_open(1, rows[i], &system_random, &system_clock));
    password_hasher_close(NULL);
}

static bool no_bytes(void *context, void *out, size_t bytes)
{
    (void)context, (void)out, (void)bytes;
    return false;
}

static void test_no_entropy(void **state)
{
    static const struct random_source none = { .fill = no_bytes };
    struct password_hasher *h = password_hasher_open(1, cheap, &none, &system_clock);
    char                    phc[PASSWORD_HASH_BYTES] = "untouched";

    (void)state;
    assert_non_null(h);
    assert_false(password_hash(h, LIT("password"), phc));
    assert_string_equal(phc, "untouched");
    password_hasher_close(h);
}

/* A clock that stands still until the test lets it go on: who asks for the time waits in it. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t  moved;
    int             asked, open;    /* how often it was asked, how often it may answer */
};

static int64_t gate_ns(void *context)
{
    struct gate *g = context;

    pthread_mutex_lock(&g->lock);
    int mine = ++g->asked;
    pthread_cond_broadcast(&g->moved);
    while (mine > g->open)
        pthread_cond_wait(&g->moved, &g->lock);
    pthread_mutex_unlock(&g->lock);
    return mine % 2 ? 0 : 10000000;     /* each hash takes 10 ms */
}

static void gate_wait_asked(struct gate *g, int times)
{
    pthread_mutex_lock(&g->lock);
    while (g->asked < times)
        pthread_cond_wait(&g->moved, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

static void gate_let(struct gate *g, int times)
{
    pthread_mutex_lock(&g->lock);
    g->open = times;
    pthread_cond_broadcast(&g->moved);
    pthread_mutex_unlock(&g->lock);
}

static void *hash_once(void *context)
{
    assert_true(password_verify_nobody(context, LIT("password")));
    return NULL;
}

/* One slot, one call in it, more behind: the wait is the calls ahead times the last duration. */
static void test_waiting(void **state)
{
    struct gate             g = { .lock = PTHREAD_MUTEX_INITIALIZER,
                                  .moved = PTHREAD_COND_INITIALIZER,
                                  .open = 2 };
    struct clock            clock = { .monotonic_ns = gate_ns, .context = &g };
    struct password_hasher *h = password_hasher_open(1, cheap, &system_random, &clock);
    pthread_t               threads[3];

    (void)state;
    assert_non_null(h);
    assert_int_equal(password_hasher_wait_ms(h), 0);
    assert_true(password_verify_nobody(h, LIT("password")));
    assert_int_equal(password_hasher_wait_ms(h), 0);
    assert_int_equal(pthread_create(&threads[0], NULL, hash_once, h), 0);
    gate_wait_asked(&g, 3);
    assert_int_equal(password_hasher_wait_ms(h), 10);
    for (int i = 1; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hash_once, h), 0);
        while (password_hasher_wait_ms(h) < 10 * (i + 1))
            sched_yield();
    }
    assert_int_equal(password_hasher_wait_ms(h), 30);
    assert_int_equal(g.asked, 3);       /* nobody else has a slot */
    gate_let(&g, 8);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(g.asked, 8);
    assert_int_equal(password_hasher_wait_ms(h), 0);
    password_hasher_close(h);
}

static void *verify_many(void *context)
{
    struct password_hasher *h = context;
    char                    phc[PASSWORD_HASH_BYTES];

    for (int i = 0; i < 50; i++) {
        if (!password_hash(h, LIT("password"), phc)
            || password_verify(h, LIT("password"), str_of(phc)) != PASSWORD_RIGHT
            || password_verify(h, LIT("passwords"), str_of(phc)) != PASSWORD_WRONG)
            return h;       /* anything but NULL */
        if (i % 10 == 0)
            password_hasher_wipe(h);
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct password_hasher *h = open_hasher(2, (struct password_cost){ 32, 1 });
    pthread_t               threads[6];

    (void)state;
    for (int i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, verify_many, h), 0);
    for (int i = 0; i < 6; i++) {
        void *fault;
        pthread_join(threads[i], &fault);
        assert_null(fault);
    }
    password_hasher_close(h);
}

/* The wrappers lend the memory between enter and leave, to the first mapping that fits. */
static void test_lending(void **state)
{
    enum { BYTES = 65536, FLAGS = MAP_PRIVATE | MAP_ANONYMOUS, MODE = PROT_READ | PROT_WRITE };
    struct hash_memory m = hash_memory_new(BYTES);

    (void)state;
    hash_memory_enter(&m);
    char *lent = mmap(NULL, BYTES, MODE, FLAGS, -1, 0);
    assert_ptr_equal(lent, m.at);
    char *second = mmap(NULL, BYTES, MODE, FLAGS, -1, 0);
    assert_true(second != MAP_FAILED && second != lent);
    assert_int_equal(munmap(second, BYTES), 0);
    memset(lent, 'x', BYTES);
    assert_int_equal(munmap(lent, BYTES), 0);
    assert_int_equal(lent[BYTES - 1], 'x');
    char *larger = mmap(NULL, BYTES + 1, MODE, FLAGS, -1, 0);
    assert_ptr_not_equal(larger, lent);
    assert_int_equal(munmap(larger, BYTES + 1), 0);
    hash_memory_leave(&m);
    char *after = mmap(NULL, BYTES, MODE, FLAGS, -1, 0);
    assert_ptr_not_equal(after, lent);
    assert_int_equal(munmap(after, BYTES), 0);
    assert_true(hash_memory_wipe(&m));
    for (size_t i = 0; i < BYTES; i++)
        assert_int_equal(lent[i], 0);
    assert_false(hash_memory_wipe(&m));
    hash_memory_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),  cmocka_unit_test(test_memory_is_reused),
        cmocka_unit_test(test_hash),       cmocka_unit_test(test_salts),
        cmocka_unit_test(test_not_a_hash), cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_cheap),      cmocka_unit_test(test_cost_limits),
        cmocka_unit_test(test_no_entropy), cmocka_unit_test(test_waiting),
        cmocka_unit_test(test_threads),    cmocka_unit_test(test_lending),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
