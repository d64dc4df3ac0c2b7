/* joust/result_file.h: results as JSON: everything, so that an analysis can be made again.
 *
 * Histograms are written as "STEP:COUNT STEP:COUNT": what is not zero, a step being counted from the
 * slot before, the first from 0.  `analysis` is written too,
 * for those who only want the figures, and not read back. */
#pragma once
#include "joust/analysis.h"

/* False: one sentence in `why`.  Written beside the file and renamed, so that a result is whole
 * or absent. */
bool result_file_write(const struct result *r, const struct analysis *a, struct str path,
                       struct buf *why);

/* False: one sentence in `why`: what in the file is not a result of joust, and where. */
bool result_file_read(struct str path, struct result *out, struct buf *why);
