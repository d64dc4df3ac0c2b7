/* auth/sessions_rules.h: what a refresh token is worth, as a function of a row and a moment.
 *
 * Nothing here reads a clock, a row or an option: every rule of docs/sessions.md that can be got
 * wrong is a comparison in this file, and a line in a table of its test.  Any thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* In microseconds. */
struct session_rules {
    int64_t idle_us;        /* from one refresh to the next */
    int64_t lifetime_us;    /* from log-in to the end */
    int64_t grace_us;       /* for a client whose answer was lost */
};

/* What the row of a session says. */
struct session_state {
    uint32_t counter;       /* of the newest refresh token that was given out; the first is 1 */
    int64_t  begun_us;      /* by the database's clock, all of them */
    int64_t  rotated_us;    /* when that token came to be */
};

enum session_verdict {
    SESSION_REFUSED,        /* nothing is given, and nothing is written */
    SESSION_ROTATES,        /* the newest token: the next one comes to be */
    SESSION_REPEATS,        /* the one before it, just now: the newest is said again */
    SESSION_REUSED,         /* an older one, or too late: somebody else has a copy, the session ends */
};

/* When it ends unless it is refreshed. */
int64_t session_ends_us(const struct session_rules *r, const struct session_state *s);

bool session_is_live(const struct session_rules *r, const struct session_state *s, int64_t now_us);

/* `presented` is the counter of a token whose MAC is good. */
enum session_verdict session_judge(const struct session_rules *r, const struct session_state *s,
                                   uint32_t presented, int64_t now_us);
