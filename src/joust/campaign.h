/* joust/campaign.h: targets up, answers compared, ceiling measured, blocks of visits run. */
#pragma once
#include <stdatomic.h>

#include "joust/result.h"

enum campaign_verdict {
    CAMPAIGN_DONE,
    CAMPAIGN_WRONG,             /* usage, or a target that is not as asked: one line in `why` */
    CAMPAIGN_INVALID,           /* targets that differ, or one that went away: one line in `why` */
    CAMPAIGN_STOPPED,           /* *stop became true */
};

/* `out` is closed by the caller, whatever the verdict; INVALID and STOPPED leave in it what whole blocks
 * there were, if there are views in it at all.  What was started is stopped again. */
enum campaign_verdict campaign_run(const struct options *o, const char *command,
                                   const atomic_int *stop, struct result *out,
                                   struct buf *why);
