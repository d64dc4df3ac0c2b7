/* joust/outputs.h: the files that a campaign will leave behind: can they be written at all? */
#pragma once
#include "joust/options.h"

/* Each in a file of its own, in a folder that is there and may be written to.  False: one sentence
 * in `why`. */
bool outputs_check(const struct options *o, struct buf *why);
