/* joust/campaign.h: targets up, answers compared, ceiling measured, blocks of visits run. */
#pragma once
#include "joust/result.h"

enum campaign_verdict {
    CAMPAIGN_DONE,
    CAMPAIGN_WRONG,             /* usage or targets: one line in `why`; exit 2 */
    CAMPAIGN_INVALID,           /* began and could not be ended; exit 5 */
    CAMPAIGN_INTERRUPTED,       /* SIGINT or SIGTERM: targets stopped, no result */
};

enum campaign_verdict campaign_run(const struct options *o, struct result *out, struct buf *why);
