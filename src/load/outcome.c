/* outcome.c: the table of how a request can end (docs/joust.md, "What is counted"). */
#include "load/outcome.h"

const struct outcome_info outcome_infos[OUTCOMES] = {
    [OUTCOME_CORRECT]   = { "correct", "the expected answer", 0 },
    [OUTCOME_REFUSED]   = { "refused", "no connection, or none in time", 1 },
    [OUTCOME_RESET]     = { "reset", "the connection was reset or closed before an answer began", 1 },
    [OUTCOME_TIMEOUT]   = { "timeout", "no complete answer in time", 1 },
    [OUTCOME_SHORT]     = { "short", "the connection was closed in the middle of an answer", 1 },
    [OUTCOME_MALFORMED] = { "malformed", "an answer that is not HTTP/1.1", 0 },
    [OUTCOME_STATUS]    = { "status", "an unexpected status", 0 },
    [OUTCOME_BODY]      = { "body", "an unexpected body", 0 },
    [OUTCOME_UNSENT]    = { "unsent", "due, and not sent in time", 1 },
};

uint64_t outcomes_failed(const uint64_t counts[OUTCOMES])
{
    uint64_t failed = 0;

    for (int o = OUTCOME_CORRECT + 1; o < OUTCOMES; o++)
        failed += counts[o];
    return failed;
}
