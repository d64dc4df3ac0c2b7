/* joust/comparison.h: each pair of targets, metric by metric.  Private to analysis; what is said
 * of a comparison is declared in joust/analysis.h. */
#pragma once
#include "joust/grid.h"

enum { RESAMPLES = 2000 };

/* Fills comparisons and noise from the grid and from the gates that are in `out` already. */
void comparisons_make(const struct grid *g, struct view_analysis *out);
