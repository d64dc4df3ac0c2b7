/* api/call.h: one request from its parts to its answer, whatever carries it.
 *
 * In two steps, so that a front can refuse what is wrong and hand over what is right, and a
 * keeper can check it again by the same tables: call_prepare() authenticates and decodes,
 * call_run() runs the handler and encodes. One thread a call. */
#pragma once
#include "api/endpoints.h"
#include "base/check.h"

/* A request without its transport.  All slices outlive the call. */
struct api_request {
    struct str values[PATH_PARAMETERS_MAX]; /* path parameters, decoded */
    struct str query;           /* raw; none when there is no '?' */
    struct str media_type;      /* the Content-Type header; none when absent */
    struct str authorization;   /* the Authorization header; none when absent */
    struct str agent;           /* the User-Agent header; none when absent */
    struct str body;
};

struct api_answer {
    int        status;
    problem    problem;         /* OK, or why */
    int        retry_after_s;   /* 0: no Retry-After */
    struct buf body;            /* JSON; the caller's, reset before a call */
};

/* Which of an endpoint's variants a request is for: itself, when its form makes no choice.  Reads
 * the form into the arena. */
const struct endpoint *call_variant(const struct endpoint *ep, const struct api_request *r,
                                    struct arena *a);

/* Authenticates and decodes into `c` (whose arena, db, service, now_us are set).  False:
 * `answer` is complete. */
bool call_prepare(const struct endpoints *e, const struct endpoint *ep, const struct api_request *r,
                  struct call *c, struct api_answer *answer);

/* Asks the row's gate about a prepared call.  False: `answer` is complete. */
bool call_admit(const struct endpoints *e, const struct endpoint *ep, struct call *c,
                struct api_answer *answer);

/* Runs the handler of a prepared call and writes the answer. */
void call_run(const struct endpoints *e, const struct endpoint *ep, struct call *c,
              struct api_answer *answer);

/* The answer to a problem: {"detail": …}. */
COLD void answer_problem(const struct endpoints *e, problem p, struct api_answer *answer);
