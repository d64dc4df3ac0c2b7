/* joust/report.h: one self-contained HTML page: verdicts with intervals, percentile curves, rounds
 * over time, errors, environment.  No script, no font, no request; light and dark. */
#pragma once
#include "joust/analysis.h"

void report_write(const struct result *r, const struct analysis *a, struct buf *out);
