/* auth/auth.h: the structs that travel, and the handlers that the tables name.
 *
 * A new member of the user is added in three places: here, in the two schemas of accounts_api.c,
 * and as a migration in users.c beside the statements that read it. */
#pragma once
#include "api/api.h"
#include "base/instant.h"
#include "store/store.h"

/* ---- What travels ----------------------------------------------------------------------- */

struct user_create {
    struct str email, password;
};

struct user_response {
    int64_t        id;
    struct str     email;
    bool           is_active;
    struct instant created_at;
};

struct token_response {
    struct str access_token, token_type;
    int64_t    expires_in;  /* seconds */
};

struct action {
    int64_t    user_id;
    struct str action;
};

struct action_response {
    int64_t    user_id;
    struct str action, status;
};

struct health_response {
    struct str status;
};

struct jwk {
    struct str kty, use, alg, kid, crv, x, y;
};

struct jwk_set {
    LIST_OF(struct jwk) keys;
};

/* ---- What can go wrong ------------------------------------------------------------------ */

#define AUTH_PROBLEMS(X)                                                                           \
    X(EMAIL_TAKEN, 400, "Email already registered", NULL)                                          \
    X(BAD_LOGIN,   401, "Incorrect email or password", "invalid_grant")

enum { AUTH_PROBLEM_BEFORE = PROBLEM_FIRST_OWN - 1, AUTH_PROBLEMS(PROBLEM_ID) };

/* ---- Who does it ------------------------------------------------------------------------ */

problem register_user(struct call *c);
problem login_for_access_token(struct call *c);
problem read_users_me(struct call *c);
problem echo_action(struct call *c);
problem health_live(struct call *c);
problem health_ready(struct call *c);
problem json_web_key_set(struct call *c);

/* Whose token is it?  Leaves a struct user_response in c->user. */
problem authenticate_user(struct call *c, struct str token);

/* ---- The tables ------------------------------------------------------------------------- */

extern const struct route        account_routes[], benchmark_routes[], operation_routes[];
extern const struct migration    user_migrations[];
extern const struct statement   *const user_statements[];
