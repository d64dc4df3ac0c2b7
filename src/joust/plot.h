/* joust/plot.h: the article's picture: three bar charts (average latency, p99, throughput) with
 * their intervals, as PNG or SVG by the name of the file.  By cairo. */
#pragma once
#include "joust/analysis.h"

/* False: one sentence in `why`. */
bool plot_write(const struct result *r, const struct analysis *a, struct str path,
                struct buf *why);
