/* joust/order.h: who is visited when.
 *
 * A Williams square (Williams 1949): in n blocks of an even n, 2n of an odd n, each target stands
 * equally often in each place and equally often behind each other one.  Targets and blocks are
 * shuffled by the seed. */
#pragma once
#include "stats/rng.h"

enum { ORDER_TARGETS_MAX = 8 };

/* order[block * targets + place] = target. */
void order_make(unsigned targets, unsigned blocks, struct rng *rng, unsigned *order);
