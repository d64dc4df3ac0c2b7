/* problem.h: a failure that was promised.
 *
 * 0 is none.  Every other value is a row of a problem table, which knows what the client is
 * told; the rows below are those that each layer may answer.  A program's own rows begin at
 * PROBLEM_FIRST_OWN. */
#pragma once

typedef int problem;

enum {
    OK = 0,
    INTERNAL,          /* the program or the machine is wrong: 500 */
    UNAVAILABLE,       /* storage or capacity is missing now, later it may not be: 503 */
    NO_ROW,            /* a statement found nothing */
    CONFLICT,          /* a statement met a row that must be unique */
    PROBLEM_FIRST_OWN = 64,
};

#define MUST_CHECK __attribute__((warn_unused_result))
