/* load/burn.h: burns CPU time, for planting a cost that is known.  Any thread. */
#pragma once
#include <stdint.h>

/* Burns about so much; nothing of 0. */
void burn(int64_t work_ns);

/* What to ask of burn() so that a call takes `work_ns` in all; takes some 50 ms to find out. */
int64_t burn_calibrate(int64_t work_ns);
