/* joust/comparison.h: each pair of targets, metric by metric.  Private to analysis, compare and threshold; what is said
 * of a comparison is declared in joust/analysis.h. */
#pragma once
#include "joust/grid.h"

enum { RESAMPLES = 2000 };

/* Fills comparisons and noise from the grid and from the gates that are in `out` already. */
void comparisons_make(const struct grid *g, struct view_analysis *out);

/* By how much the better of two is better, or the worse worse: "faster than axum by 12.3 % [10.1 to
 * 14.6]", from twice on "11.6 times as fast as axum [10.7 to 12.6]"; `rival` may be empty. */
void difference_say(const struct ratio *ratio, enum metric m, bool better, struct str rival,
                    struct buf *out);

/* Is it Holm's correction alone that a verdict fails of, the margin and 1 being excluded? */
bool difference_corrected(const struct ratio *ratio, double adjusted_p, double margin,
                          double confidence);
