/* auth/sessions.h: what log-in and authentication need of sessions: docs/sessions.md.
 *
 * Runs in a call.  Sessions begin and are refreshed in the keeper alone. */
#pragma once
#include "auth/sessions_rows.h"

struct session_rules session_rules_of(const struct service *s);

/* After a password was found right against `sealed_hash`: a session of its user, and its first pair
 * of tokens.  NO_ROW when the user's row is another by now. */
problem session_begin(struct call *c, int64_t user_id, struct str sealed_hash,
                      struct token_response *out) MUST_CHECK;

/* What c->user is on a route that is .who = SIGNED_IN. */
static inline const struct signed_in *signed_in(const struct call *c)
{
    return c->user;
}
