/* service/listener.h: the listening socket, made by the parent and kept across fronts.  Start-up
 * only. */
#pragma once
#include "base/buf.h"

/* Is it "ADDR:PORT", "[ADDR]:PORT" or "NAME:PORT" at all?  False with one clear line in `why`. */
bool listener_check(struct str address, struct buf *why);

/* Listens on such an address, for which it waits about a second; -1 with one clear line in
 * `why`.  Appends the real address (a port 0 filled in) to `bound`. */
int listener_open(struct str address, struct buf *bound, struct buf *why);
