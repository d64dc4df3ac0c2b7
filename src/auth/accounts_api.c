/* accounts_api.c: accounts, written down as a specification.
 *
 * Tables only.  The functions that the rows name live in accounts.c. */
#include "api/password_form.h"
#include "auth/auth.h"
#include "auth/guessing.h"

/* ---- What travels ----------------------------------------------------------------------- */

static const struct schema user_create = SCHEMA(user_create,
    FIELD(user_create, email,    .format = EMAIL),
    FIELD(user_create, password, .min_chars = 8, .max_chars = 1024, .max_bytes = 4096, .secret = true, .no_nul = true));

static const struct schema user_response = SCHEMA(user_response,
    FIELD(user_response, id),
    FIELD(user_response, email),
    FIELD(user_response, is_active),
    FIELD(user_response, created_at));

static const struct schema token_response = SCHEMA(token_response,
    FIELD(token_response, access_token, .credential = true),
    FIELD(token_response, token_type,   .always = "bearer"),
    FIELD(token_response, expires_in,   .doc = "In seconds."));

/* ---- What can be asked ------------------------------------------------------------------ */

const struct route account_routes[] = {
    ROUTE(POST, "/register", register_user, .in = &user_create, .out = &user_response,
          .status = 201, .gate = &register_gate, .problems = { EMAIL_TAKEN }, .does = HASHES | WRITES,
          .doc = "Create an account."),

    ROUTE(POST, "/token", login_for_access_token, .in = &password_form, .form = true,
          .out = &token_response, .gate = &login_gate, .problems = { BAD_LOGIN }, .does = HASHES | WRITES,
          .doc = "Log in with the OAuth2 password form."),

    ROUTE(GET, "/users/me", read_users_me, .who = SIGNED_IN, .out = &user_response, .does = READS,
          .doc = "Who am I?"),
    { 0 },
};
