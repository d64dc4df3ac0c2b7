/* load/outcome.h: how a request can end.  One table; any thread. */
#pragma once
#include <stdint.h>

enum outcome {
    OUTCOME_CORRECT,
    OUTCOME_REFUSED,        /* no connection, or none in time */
    OUTCOME_RESET,          /* reset or closed before an answer began */
    OUTCOME_TIMEOUT,
    OUTCOME_SHORT,          /* closed in the middle of an answer */
    OUTCOME_MALFORMED,
    OUTCOME_STATUS,
    OUTCOME_BODY,
    OUTCOME_UNSENT,         /* due and never sent */
    OUTCOMES,
};

struct outcome_info {
    const char *name;       /* "timeout" */
    const char *says;       /* "no complete answer in time" */
    int         unanswered; /* stands above every answered one */
};
extern const struct outcome_info outcome_infos[OUTCOMES];

/* The sum of all counts but that of the correct ones. */
uint64_t outcomes_failed(const uint64_t counts[OUTCOMES]);
