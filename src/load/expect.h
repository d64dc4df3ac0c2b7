/* load/expect.h: is this answer the right one?
 *
 * Made from the answers that a target gave before the load; then only read, by all threads. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

enum expect_body {
    BODY_UNCHECKED,
    BODY_SAME,          /* byte for byte */
    BODY_EQUAL,         /* as JSON, without the ignored members, one answer in EXPECT_SAMPLE */
    BODY_ALIKE,         /* the same members of the same kinds, likewise */
};

enum { EXPECT_SAMPLE = 64, IGNORED_MAX = 32 };

struct ignored {        /* member names, at any depth */
    struct str names[IGNORED_MAX];
    unsigned   count;
};

struct expect {
    int              status;        /* 0: any 2xx */
    enum expect_body how;
    struct str       body;          /* the first answer's */
    struct ignored   ignored;
};

static inline bool expect_status(const struct expect *e, int status)
{
    return e->status ? status == e->status : status >= 200 && status <= 299;
}

/* `number` counts a connection's answers, from a number of its own so that connections do not check
 * all at once: sampled checks look at every EXPECT_SAMPLE-th. */
bool expect_holds(const struct expect *e, struct str body, uint64_t number);

/* Are two bodies equal (BODY_EQUAL) or alike (BODY_ALIKE)?  When not, one sentence in `why`:
 * "/user/id is 7 here and 8 there".  Bodies that are not JSON are compared byte for byte. */
bool bodies_agree(struct str a, struct str b, enum expect_body how, const struct ignored *ignored,
                  struct buf *why);

/* The string at a JSON pointer (RFC 6901) of a body; a number or a boolean as its text.  None
 * when it is not there, or holds a control character, which no header may. In `arena`. */
struct str body_take(struct str body, struct str pointer, struct arena *arena);
