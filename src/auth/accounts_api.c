/* accounts_api.c: accounts, written down as a specification.
 *
 * Tables only.  The functions that the rows name live in accounts.c. */
#include "api/password_form.h"
#include "auth/auth.h"
#include "auth/guessing.h"

/* ---- What travels ----------------------------------------------------------------------- */

#define NEW_PASSWORD .min_chars = 8, .max_chars = 1024, .max_bytes = 4096, .secret = true, .no_nul = true

static const struct schema user_create = SCHEMA(user_create,
    FIELD(user_create, email,    .format = EMAIL),
    FIELD(user_create, password, NEW_PASSWORD));

static const struct schema user_response = SCHEMA(user_response,
    FIELD(user_response, id),
    FIELD(user_response, email),
    FIELD(user_response, is_active),
    FIELD(user_response, created_at));

static const struct schema password_change = SCHEMA(password_change,
    FIELD(password_change, current_password, .max_bytes = 64 * 1024, .secret = true),
    FIELD(password_change, new_password, NEW_PASSWORD));

static const struct schema user_update = SCHEMA(user_update,
    FIELD(user_update, email,            .format = EMAIL),
    FIELD(user_update, current_password, .max_bytes = 64 * 1024, .secret = true));

/* A bound alone, as in password_form. */
#define ANY_TEXT .max_bytes = 128 * 1024

static const char *const refresh_grant[] = { "refresh_token", NULL };

static const struct schema refresh_form = SCHEMA(refresh_form,
    FIELD(refresh_form, grant_type,    .choices = refresh_grant),
    FIELD(refresh_form, refresh_token, ANY_TEXT, .secret = true, .refused_as = BAD_REQUEST),
    FIELD(refresh_form, scope,         ANY_TEXT, .preset = "\"\""),
    FIELD(refresh_form, client_id,     ANY_TEXT, .optional = true),
    FIELD(refresh_form, client_secret, ANY_TEXT, .optional = true, .secret = true));

static const struct schema token_response = SCHEMA(token_response,
    FIELD(token_response, access_token,       .credential = true),
    FIELD(token_response, token_type,         .always = "bearer"),
    FIELD(token_response, expires_in,         .doc = "In seconds."),
    FIELD(token_response, refresh_token,      .credential = true),
    FIELD(token_response, refresh_expires_in, .doc = "In seconds, unless it is used before."));

/* ---- What can be asked ------------------------------------------------------------------ */

const struct route account_routes[] = {
    ROUTE(POST, "/register", register_user, .in = &user_create, .out = &user_response,
          .status = 201, .gate = &register_gate, .problems = { EMAIL_TAKEN }, .does = HASHES | WRITES,
          .doc = "Create an account."),

    ROUTE(POST, "/token", login_for_access_token, .in = &password_form, .form = true,
          .out = &token_response, .gate = &login_gate, .problems = { BAD_LOGIN }, .does = HASHES | WRITES,
          .doc = "Log in with the OAuth2 password form."),

    ROUTE(POST, "/token", refresh_access_token, .when = { "grant_type", "refresh_token" },
          .in = &refresh_form, .form = true, .out = &token_response,
          .problems = { BAD_GRANT }, .does = WRITES,
          .doc = "With grant_type=refresh_token and refresh_token: a new pair of tokens."),

    ROUTE(GET, "/users/me", read_users_me, .who = SIGNED_IN, .out = &user_response, .does = READS,
          .doc = "Who am I?"),

    ROUTE(PATCH, "/users/me", update_users_me, .who = SIGNED_IN, .in = &user_update, .out = &user_response,
          .gate = &confirm_gate, .problems = { BAD_PASSWORD, EMAIL_TAKEN }, .does = HASHES | WRITES,
          .doc = "Change my address; the current password is needed."),

    ROUTE(DELETE, "/users/me", delete_users_me, .who = SIGNED_IN, .does = WRITES,
          .doc = "Delete my account, and end all of its sessions."),

    ROUTE(POST, "/users/me/password", change_password, .who = SIGNED_IN, .in = &password_change,
          .gate = &confirm_gate, .problems = { BAD_PASSWORD }, .does = HASHES | WRITES,
          .doc = "Change my password, and end all of my sessions but this one."),
    { 0 },
};
