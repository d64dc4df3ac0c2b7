/* service/keeper.h: the process that owns keys, hashes and writes, and has no network.
 *
 * It serves calls from channels (SOCK_SEQPACKET pairs), one for each loop of a front.  A call is
 * decoded and checked again by the tables before its handler runs: what a captured front can ask
 * for is what any client could.  keeper_run() owns its thread until it is told to stop. */
#pragma once
#include "service/service.h"

struct keeper;

struct keeper *keeper_open(struct service *s, const int *channels, size_t count, struct buf *why);
bool           keeper_run(struct keeper *k); /* until keeper_stop(), true; false: must be made anew */
void           keeper_turn(struct keeper *k);   /* what waits on the channels, without blocking: for runs on one thread */
void           keeper_stop(struct keeper *k);   /* any thread, async-signal-safe */
void           keeper_close(struct keeper *k);

/* Serves one packet that came from `channel`; for keeper_run() and tests. */
void keeper_serve(struct keeper *k, int channel, struct str packet);
