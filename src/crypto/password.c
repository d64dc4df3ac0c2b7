/* password.c: slots in first-come order, argon2id by libsodium, comparison in constant time.
 *
 * A call that finds no free slot waits in a queue on its own condition; a slot that is given back
 * goes straight to the first in the queue.  Slots that are free form a stack, so that the memory
 * used last, which is still in the cache, is used next. */
#include "crypto/password.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/blocking.h"
#include "base/check.h"
#include "crypto/hash_memory.h"
#include "crypto/phc.h"

enum { SMOOTHING = 8 };     /* a new duration counts an eighth */

struct slot {
    struct hash_memory memory;
    struct slot       *below;       /* in the stack of free ones */
};

struct waiter {
    pthread_cond_t wake;
    struct slot   *slot;            /* set by whoever gave one back */
    struct waiter *next;
};

struct password_hasher {
    struct password_cost        cost;
    const struct random_source *random;
    const struct clock         *clock;
    _Atomic int64_t             calls;          /* that wait or run */
    _Atomic int64_t             smoothed_ns;    /* of one hash; 0 before the first */
    pthread_mutex_t             lock;           /* of all below but the slots in use */
    struct slot                *free;
    struct waiter              *first, *last;
    unsigned                    slots_count;
    struct slot                 slots[];
};

static void wait_in_queue(struct password_hasher *h, struct waiter *w)
{
    pthread_cond_init(&w->wake, NULL);
    if (h->last)
        h->last->next = w;
    else
        h->first = w;
    h->last = w;
    while (!w->slot)
        pthread_cond_wait(&w->wake, &h->lock);
    pthread_cond_destroy(&w->wake);
}

static struct slot *take_slot(struct password_hasher *h)
{
    struct waiter w = { 0 };

    pthread_mutex_lock(&h->lock);
    if (h->free) {
        w.slot = h->free;
        h->free = w.slot->below;
    } else {
        wait_in_queue(h, &w);
    }
    pthread_mutex_unlock(&h->lock);
    return w.slot;
}

/* With the lock held. */
static void hand_over(struct password_hasher *h, struct slot *s)
{
    struct waiter *w = h->first;

    if (!w) {
        s->below = h->free;
        h->free = s;
        return;
    }
    h->first = w->next;
    if (!h->first)
        h->last = NULL;
    w->slot = s;
    pthread_cond_signal(&w->wake);
}

static void give_slot(struct password_hasher *h, struct slot *s)
{
    pthread_mutex_lock(&h->lock);
    hand_over(h, s);
    pthread_mutex_unlock(&h->lock);
}

static void learn_duration(struct password_hasher *h, int64_t ns)
{
    int64_t known = atomic_load_explicit(&h->smoothed_ns, memory_order_relaxed);
    int64_t next = known ? known + (ns - known) / SMOOTHING : ns;

    /* Two at once may lose one of the two: it is an estimate. */
    atomic_store_explicit(&h->smoothed_ns, next, memory_order_relaxed);
}

/* p->hash becomes the argon2id of the password with p's salt and cost. */
static bool compute(struct password_hasher *h, struct str password, const struct phc *p,
                    unsigned char *out, size_t out_len)
{
    blocking_check();
    atomic_fetch_add(&h->calls, 1);
    struct slot *s = take_slot(h);
    int64_t      begin = clock_monotonic_ns(h->clock);

    hash_memory_enter(&s->memory);
    bool done = crypto_pwhash(out, out_len, password.len ? password.at : "", password.len, p->salt,
                              p->cost.passes, (size_t)p->cost.memory_kib * 1024,
                              crypto_pwhash_ALG_ARGON2ID13) == 0;
    hash_memory_leave(&s->memory);
    learn_duration(h, clock_monotonic_ns(h->clock) - begin);
    give_slot(h, s);
    atomic_fetch_sub(&h->calls, 1);
    return done;
}

/* Lower in memory, or in memory times passes. */
static bool is_cheaper(struct password_cost stored, struct password_cost today)
{
    return stored.memory_kib < today.memory_kib
           || (uint64_t)stored.memory_kib * stored.passes
                  < (uint64_t)today.memory_kib * today.passes;
}

/* A wrong password for a hash of an older, lower cost must not be told from a stranger's by its
 * time: the work that was missing is done, too, to a pass. */
static bool make_up_for(struct password_hasher *h, struct str password, const struct phc *p)
{
    uint64_t      today = (uint64_t)h->cost.memory_kib * h->cost.passes;
    uint64_t      done = (uint64_t)p->cost.memory_kib * p->cost.passes;
    unsigned char hash[PHC_HASH_BYTES];
    struct phc    rest = { .cost = h->cost };

    if (done >= today)
        return true;
    rest.cost.passes = (uint32_t)((today - done + h->cost.memory_kib / 2) / h->cost.memory_kib);
    bool made = rest.cost.passes == 0 || compute(h, password, &rest, hash, sizeof hash);
    sodium_memzero(hash, sizeof hash);
    return made;
}

static enum password_verdict verify_parsed(struct password_hasher *h, struct str password,
                                           const struct phc *p)
{
    unsigned char         hash[PHC_HASH_BYTES_MAX];
    enum password_verdict verdict = PASSWORD_FAILED;

    if (compute(h, password, p, hash, p->hash_len)) {
        bool same = sodium_memcmp(hash, p->hash, p->hash_len) == 0;
        verdict = !same                         ? PASSWORD_WRONG
                  : is_cheaper(p->cost, h->cost) ? PASSWORD_RIGHT_BUT_CHEAP
                                                : PASSWORD_RIGHT;
    }
    sodium_memzero(hash, sizeof hash);
    if (verdict == PASSWORD_WRONG && !make_up_for(h, password, p))
        verdict = PASSWORD_FAILED;
    return verdict;
}

static bool cost_is_sound(struct password_cost c)
{
    return c.memory_kib >= PASSWORD_MEMORY_KIB_MIN && c.memory_kib <= PASSWORD_MEMORY_KIB_MAX
           && c.passes >= 1 && c.passes <= PASSWORD_PASSES_MAX;
}

/* A slot that is free and dirty, out of the stack; NULL when there is none. */
static struct slot *take_dirty(struct password_hasher *h)
{
    struct slot *found = NULL;

    pthread_mutex_lock(&h->lock);
    for (struct slot **at = &h->free; *at && !found; at = &(*at)->below) {
        if (!(*at)->memory.dirty)
            continue;
        found = *at;
        *at = found->below;
        break;
    }
    pthread_mutex_unlock(&h->lock);
    return found;
}

struct password_hasher *password_hasher_open(unsigned slots, struct password_cost cost,
                                             const struct random_source *random,
                                             const struct clock         *clock)
{
    CHECK(slots >= 1);
    if (!cost_is_sound(cost) || sodium_init() < 0)
        return NULL;
    struct password_hasher *h = calloc(1, sizeof *h + slots * sizeof h->slots[0]);
    if (!h)
        return NULL;
    h->cost = cost;
    h->random = random;
    h->clock = clock;
    h->slots_count = slots;
    pthread_mutex_init(&h->lock, NULL);
    for (unsigned i = 0; i < slots; i++) {
        h->slots[i].memory = hash_memory_new((size_t)cost.memory_kib * 1024);
        hand_over(h, &h->slots[i]);
    }
    return h;
}

void password_hasher_close(struct password_hasher *h)
{
    if (!h)
        return;
    CHECK(atomic_load(&h->calls) == 0);
    for (unsigned i = 0; i < h->slots_count; i++)
        hash_memory_close(&h->slots[i].memory);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

void password_hasher_wipe(struct password_hasher *h)
{
    struct slot *s;

    while ((s = take_dirty(h))) {
        hash_memory_wipe(&s->memory);
        give_slot(h, s);
    }
}

bool password_hash(struct password_hasher *h, struct str password, char out[PASSWORD_HASH_BYTES])
{
    struct phc p = { .cost = h->cost, .hash_len = PHC_HASH_BYTES };
    bool       done = random_fill(h->random, p.salt, sizeof p.salt)
                && compute(h, password, &p, p.hash, p.hash_len);

    if (done)
        phc_write(&p, out);
    sodium_memzero(&p, sizeof p);
    return done;
}

enum password_verdict password_verify(struct password_hasher *h, struct str password,
                                      struct str phc)
{
    struct phc            p;
    enum password_verdict verdict = PASSWORD_FAILED;

    if (phc_parse(phc, &p))
        verdict = verify_parsed(h, password, &p);
    sodium_memzero(&p, sizeof p);
    return verdict;
}

bool password_verify_nobody(struct password_hasher *h, struct str password)
{
    struct phc nobody = { .cost = h->cost, .hash_len = PHC_HASH_BYTES };

    return verify_parsed(h, password, &nobody) != PASSWORD_FAILED;
}

int64_t password_hasher_wait_ms(const struct password_hasher *h)
{
    int64_t calls = atomic_load_explicit(&h->calls, memory_order_relaxed);
    int64_t ns = atomic_load_explicit(&h->smoothed_ns, memory_order_relaxed);
    int64_t ahead = calls - (int64_t)h->slots_count + 1;

    return ahead > 0 ? (ahead * (ns / h->slots_count) + 999999) / 1000000 : 0;
}
