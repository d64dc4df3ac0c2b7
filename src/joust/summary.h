/* joust/summary.h: the table after a campaign, on standard output. */
#pragma once
#include "joust/analysis.h"

/* Figures of each target, of each step, failures by kind, gates, verdicts; the ones that void come
 * first. */
void summary_write(const struct result *r, const struct analysis *a, struct buf *out);
