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

/* RFC 6749 section 6. */
struct refresh_form {
    struct str grant_type, refresh_token, scope, client_id, client_secret;
};

struct token_response {
    struct str access_token, token_type;
    int64_t    expires_in;  /* seconds */
    struct str refresh_token;
    int64_t    refresh_expires_in;
};

struct password_change {
    struct str current_password, new_password;
};

struct user_update {
    struct str email, current_password;
};

/* RFC 7009 section 2.1. */
struct revoke_form {
    struct str token, token_type_hint, client_id, client_secret;
};

struct session_path {
    struct str session_id;
};

struct session_response {
    struct str     id;
    struct instant created_at, last_used_at, expires_at;
    struct str     address, agent;
    bool           current;
};

struct session_list {
    LIST_OF(struct session_response) sessions;
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
    X(BAD_LOGIN,   401, "Incorrect email or password", "invalid_grant")                            \
    X(BAD_GRANT,   400, "Invalid refresh token", "invalid_grant")                                  \
    X(BAD_REQUEST, 400, "A parameter is missing", "invalid_request")                               \
    X(NO_SESSION,  400, "This token belongs to no session", "unsupported_token_type")              \
    X(BAD_PASSWORD, 400, "Incorrect password", NULL)

enum { AUTH_PROBLEM_BEFORE = PROBLEM_FIRST_OWN - 1, AUTH_PROBLEMS(PROBLEM_ID) };

/* ---- Who does it ------------------------------------------------------------------------ */

problem register_user(struct call *c);
problem login_for_access_token(struct call *c);
problem refresh_access_token(struct call *c);
problem read_users_me(struct call *c);
problem update_users_me(struct call *c);
problem delete_users_me(struct call *c);
problem change_password(struct call *c);
problem logout(struct call *c);
problem revoke_token(struct call *c);
problem list_sessions(struct call *c);
problem end_session(struct call *c);
problem end_other_sessions(struct call *c);
problem echo_action(struct call *c);
problem health_live(struct call *c);
problem health_ready(struct call *c);
problem json_web_key_set(struct call *c);

/* Whose token is it?  Leaves one of these in c->user. */
struct signed_in {
    struct user_response user;
    int64_t              session;   /* 0: the token is of none */
};
problem authenticate_user(struct call *c, struct str token);

/* ---- The tables ------------------------------------------------------------------------- */

extern const struct route        account_routes[], session_routes[], benchmark_routes[], operation_routes[];
extern const struct migration    user_migrations[];
extern const struct statement   *const auth_statements[];
