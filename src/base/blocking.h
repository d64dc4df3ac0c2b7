/* base/blocking.h: a thread that must not block says so, and whatever blocks CHECKs it.
 *
 * An event loop that waits for a disk or a hash keeps all its connections waiting.  That is a
 * bug of a route table (a .does that is not true), so it is found at once and not under load.
 * The one mark is the calling thread's own. */
#pragma once
#include <stdbool.h>

/* From here to blocking_allow() the calling thread must not block. */
void blocking_forbid(void);
void blocking_allow(void);

/* Called by commits, hashes, remote queries: stops a program that does one on an event loop. */
void blocking_check(void);

/* Around a wait for what another thread does (a commit), in which the calling thread uses no CPU. */
void blocking_begin(void);
void blocking_end(void);

/* Who wants to know of the calling thread's waits; called on it.  Kept, not copied; NULL for
 * nobody. */
struct blocking_watch {
    void (*begins)(struct blocking_watch *w);
    void (*ends)(struct blocking_watch *w);
};

void blocking_watch(struct blocking_watch *w);
