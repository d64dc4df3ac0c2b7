/* joust/compare.h: joust compare old.json new.json: has a target become slower since?
 *
 * Targets are matched by name, rounds are not paired (Welch's t; resampling of each side). */
#pragma once
#include "joust/analysis.h"

/* Writes a table of each common target and metric, new against old, and adds one sentence for what
 * differs in how the two were made (machine, connections, rate, request).  *regressed: a verdict
 * of worse.  False: one sentence in `why`: no target in common, or, below a table that says which
 * gates, a result that is not valid. */
bool compare_results(const struct result *old, const struct result *new, double margin,
                     struct buf *out, bool *regressed, struct buf *why);
