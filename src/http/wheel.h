/* http/wheel.h: the timers of a loop: a hashed wheel of coarse ticks (private to loop.c).
 *
 * A timer hangs in the slot of its deadline's tick; one further away than a revolution is passed
 * over until its own comes.  Setting, moving and clearing are O(1), and a timer that is moved
 * within its tick, as the idle timer of a busy connection is with every request, is not relinked
 * at all. */
#pragma once
#include "http/loop.h"

enum {
    WHEEL_SLOTS = 512,
    WHEEL_TICK_NS = 50 * 1000 * 1000,
};

struct wheel {
    struct timer slots[WHEEL_SLOTS];    /* rings; only previous and next are used */
    int64_t      tick;                  /* every timer of this tick and before has been looked at */
    int64_t      next_tick;             /* nothing expires before it; INT64_MAX without timers */
    uint64_t     filled[WHEEL_SLOTS / 64];
};

void wheel_init(struct wheel *w, int64_t now_ns);
void wheel_set(struct wheel *w, struct timer *t, int64_t deadline_ns);
void wheel_clear(struct wheel *w, struct timer *t);

/* Calls what has expired by now; true when there was one. */
bool wheel_expire(struct wheel *w, int64_t now_ns);

/* Milliseconds to wait until the next tick that has a timer, rounded up; -1 without timers. */
int wheel_wait_ms(const struct wheel *w, int64_t now_ns);
