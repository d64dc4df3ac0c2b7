/* wheel.c: rings of timers by tick; `filled` says which rings are not empty. */
#include "http/wheel.h"

#include <limits.h>

static size_t slot_of(int64_t tick)
{
    return (size_t)tick % WHEEL_SLOTS;
}

/* The first tick at which the deadline has passed. */
static int64_t tick_of(int64_t deadline_ns)
{
    return (deadline_ns + WHEEL_TICK_NS - 1) / WHEEL_TICK_NS;
}

static void unlink_timer(struct timer *t)
{
    t->previous->next = t->next;
    t->next->previous = t->previous;
}

static void link_before(struct timer *ring, struct timer *t)
{
    t->previous = ring->previous;
    t->next = ring;
    ring->previous->next = t;
    ring->previous = t;
}

static void insert(struct wheel *w, struct timer *t)
{
    int64_t tick = tick_of(t->deadline_ns);

    if (tick <= w->tick)        /* its slot has been looked at already */
        tick = w->tick + 1;
    size_t slot = slot_of(tick);
    link_before(&w->slots[slot], t);
    w->filled[slot / 64] |= 1ull << slot % 64;
    if (tick < w->next_tick)
        w->next_tick = tick;
}

/* The nearest filled slot after w->tick; timers of later revolutions make it too early, never
 * too late. */
static int64_t find_next(const struct wheel *w)
{
    for (int64_t ahead = 1; ahead <= WHEEL_SLOTS;) {
        size_t   slot = slot_of(w->tick + ahead);
        uint64_t bits = w->filled[slot / 64] >> slot % 64;
        if (bits)
            return w->tick + ahead + __builtin_ctzll(bits);
        ahead += (int64_t)(64 - slot % 64);
    }
    return INT64_MAX;
}

void wheel_init(struct wheel *w, int64_t now_ns)
{
    *w = (struct wheel){ .tick = now_ns / WHEEL_TICK_NS, .next_tick = INT64_MAX };
    for (size_t i = 0; i < WHEEL_SLOTS; i++)
        w->slots[i].previous = w->slots[i].next = &w->slots[i];
}

void wheel_set(struct wheel *w, struct timer *t, int64_t deadline_ns)
{
    if (deadline_ns < 1)        /* 0 says that a timer is not set */
        deadline_ns = 1;
    if (t->deadline_ns) {
        bool stays = tick_of(t->deadline_ns) == tick_of(deadline_ns);
        if (!stays)
            unlink_timer(t);
        t->deadline_ns = deadline_ns;
        if (stays)
            return;
    }
    t->deadline_ns = deadline_ns;
    insert(w, t);
}

void wheel_clear(struct wheel *w, struct timer *t)
{
    (void)w;    /* the bit of a slot that this empties is cleared when its tick comes */
    if (!t->deadline_ns)
        return;
    unlink_timer(t);
    t->deadline_ns = 0;
}

/* The ring is taken off first: callbacks may set and clear timers, those of this slot included. */
static bool expire_slot(struct wheel *w, size_t slot, int64_t now_ns)
{
    struct timer *ring = &w->slots[slot], due;
    bool          any = false;

    w->filled[slot / 64] &= ~(1ull << slot % 64);
    if (ring->next == ring)
        return false;
    due = (struct timer){ .previous = ring->previous, .next = ring->next };
    due.previous->next = due.next->previous = &due;
    ring->previous = ring->next = ring;
    while (due.next != &due) {
        struct timer *t = due.next;
        unlink_timer(t);
        if (t->deadline_ns > now_ns) {
            insert(w, t);
            continue;
        }
        t->deadline_ns = 0;
        t->expired(t);
        any = true;
    }
    return any;
}

bool wheel_expire(struct wheel *w, int64_t now_ns)
{
    int64_t now = now_ns / WHEEL_TICK_NS;
    bool    any = false;

    if (now < w->next_tick) {
        if (now > w->tick)
            w->tick = now;
        return false;
    }
    int64_t first = now - w->tick > WHEEL_SLOTS ? now - WHEEL_SLOTS + 1 : w->tick + 1;
    w->tick = now;
    w->next_tick = INT64_MAX;
    for (int64_t tick = first; tick <= now; tick++)
        any |= expire_slot(w, slot_of(tick), now_ns);
    w->next_tick = find_next(w);
    return any;
}

int wheel_wait_ms(const struct wheel *w, int64_t now_ns)
{
    if (w->next_tick == INT64_MAX)
        return -1;
    int64_t wait_ns = w->next_tick * WHEEL_TICK_NS - now_ns;
    if (wait_ns <= 0)
        return 0;
    int64_t ms = (wait_ns + 999999) / 1000000;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}
