/* crypto/context_pool.h: OpenSSL contexts that belong to a key and are lent to one thread at a
 * time.
 *
 * A keyed context may be used again and again, but not by two threads at once.  Kept by the key
 * and not by the thread, it dies with the key, whatever threads there were.  Each thread begins
 * its search at a seat of its own, so that threads seldom meet; whoever finds all seats busy makes
 * a context for one use. The owner fills the seats before the first take and empties them after
 * the last give. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { CONTEXT_POOL_SEATS = 8 };

struct context_seat {
    _Alignas(64) atomic_flag busy;
    void *context;          /* owned by the pool's owner */
};

struct context_pool {
    struct context_seat seats[CONTEXT_POOL_SEATS];
};

/* A seat for this thread alone; NULL when all are busy. */
static inline struct context_seat *context_pool_take(struct context_pool *p)
{
    unsigned first = (unsigned)((uint64_t)pthread_self() * 0x9e3779b97f4a7c15 >> 61);

    for (unsigned i = 0; i < CONTEXT_POOL_SEATS; i++) {
        struct context_seat *s = &p->seats[(first + i) % CONTEXT_POOL_SEATS];
        if (!atomic_flag_test_and_set_explicit(&s->busy, memory_order_acquire))
            return s;
    }
    return NULL;
}

static inline void context_pool_give(struct context_seat *s)
{
    atomic_flag_clear_explicit(&s->busy, memory_order_release);
}
