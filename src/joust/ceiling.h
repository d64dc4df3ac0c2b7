/* joust/ceiling.h: what the generator gets out of a server that does nothing (private to
 * campaigns). */
#pragma once
#include "joust/lineup.h"

/* Some visits to a do-nothing server of our own, with the first target's request and an answer as
 * long as its; sets r->ceiling and r->floor_ns.  False: one sentence in `why`. */
bool ceiling_measure(struct lineup *l, struct result *r, const atomic_int *stop,
                     struct buf *why);
