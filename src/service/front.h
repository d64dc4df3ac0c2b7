/* service/front.h: the process that owns the network.
 *
 * One loop a thread, each with a server, a database session that only reads, and a channel to
 * the keeper.  Routes that neither write nor hash are run on the loop; the others are checked
 * here, sent to the keeper, and checked there again. */
#pragma once
#include "service/service.h"

struct front;

/* Asks the keeper for its public keys; it answers once its database is ready.  Before
 * service_open_front(). */
bool front_greet(struct service *s, int channel, struct buf *why);

/* `channels` has one for each loop (options.threads); `listener` is -1 where front_adopt() is
 * used.  NULL with one clear line in `why`. */
struct front *front_open(struct service *s, int listener, const int *channels, uint32_t generation,
                         struct buf *why);

/* Runs until front_drain() and the last answer; `ready` is called once, when connections are
 * accepted.  False, and nothing ran: no threads. */
bool front_run(struct front *f, void (*ready)(void *context), void *context, struct buf *why);

/* For runs on one thread: one turn of each loop, without waiting; a connected, non-blocking
 * socket for the first loop. */
void front_turn(struct front *f);
void front_adopt(struct front *f, int fd, struct str address);

void front_drain(struct front *f);      /* any thread, async-signal-safe */
void front_close(struct front *f);
