/* service/credentials.h: passwords and tokens, for handlers.
 *
 * All of it belongs to one call; what it answers lives in the call's arena.  Password functions
 * run in the keeper and need a route that says HASHES (a CHECK otherwise); they take
 * milliseconds. */
#pragma once
#include "api/api.h"

/* A hash of `password`, sealed for `owner`, as bytes for a column: OK, UNAVAILABLE. */
problem password_store(struct call *c, int64_t owner, struct str password,
                       struct str *sealed) MUST_CHECK;

/* Is it the password that was stored for `owner`?  *right tells; *raised, unless NULL, is a new
 * sealed hash when the stored one was made at a lower cost, else none.  OK, or UNAVAILABLE or
 * INTERNAL, and *right is then false. */
problem password_check(struct call *c, int64_t owner, struct str password, struct str sealed,
                       bool *right, struct str *raised) MUST_CHECK;

/* The same work for nobody, so that neither time nor a failure tells whether a user exists: OK,
 * or UNAVAILABLE as above. */
problem password_check_nobody(struct call *c, struct str password) MUST_CHECK;

/* A signed access token for `subject`, and its life in seconds: OK, INTERNAL. */
problem token_create(struct call *c, int64_t subject, struct str *token,
                     int64_t *expires_in) MUST_CHECK;

/* The same for a session: `sid` names it, and the token ends with it at the latest. */
problem token_create_within(struct call *c, int64_t subject, struct str session,
                            int64_t session_ends_us, struct str *token,
                            int64_t *expires_in) MUST_CHECK;

/* Whose token is it?  OK, or BAD_TOKEN for whatever is wrong with it. */
problem token_subject(struct call *c, struct str token, int64_t *subject) MUST_CHECK;

/* And of which session?  None when the token does not say. */
problem token_owner(struct call *c, struct str token, int64_t *subject,
                    struct str *session) MUST_CHECK;
