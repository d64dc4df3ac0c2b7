/* sessions_api.c: sessions, written down as a specification: docs/sessions.md.
 *
 * Tables only.  The functions that the rows name live in sessions.c. */
#include "auth/auth.h"

/* ---- What travels ----------------------------------------------------------------------- */

static const struct schema session_path = SCHEMA(session_path,
    FIELD(session_path, session_id, .max_bytes = 64));

static const struct schema revoke_form = SCHEMA(revoke_form,
    FIELD(revoke_form, token,           .max_bytes = 64 * 1024, .secret = true, .refused_as = BAD_REQUEST),
    FIELD(revoke_form, token_type_hint, .max_bytes = 1024, .optional = true),
    FIELD(revoke_form, client_id,       .max_bytes = 1024, .optional = true),
    FIELD(revoke_form, client_secret,   .max_bytes = 1024, .optional = true, .secret = true));

static const struct schema session_response = SCHEMA(session_response,
    FIELD(session_response, id),
    FIELD(session_response, created_at,   .doc = "The log-in."),
    FIELD(session_response, last_used_at, .doc = "The last refresh, or the log-in."),
    FIELD(session_response, expires_at,   .doc = "Unless it is refreshed before."),
    FIELD(session_response, address,      .doc = "Of the client at that time."),
    FIELD(session_response, agent,        .nullable = true, .doc = "What the client called itself."),
    FIELD(session_response, current,      .doc = "Is it the one that asks?"));

static const struct field session_list_rows[] = {
    LISTED(session_list, sessions, struct session_response, ITEM_OBJECT(session_response, session_response), .root = true),
    { 0 },
};
static const struct schema session_list = {
    .name = "session_list", .size = sizeof(struct session_list), .fields = session_list_rows,
};

/* ---- What can be asked ------------------------------------------------------------------ */

const struct route session_routes[] = {
    ROUTE(POST, "/logout", logout, .who = SIGNED_IN, .problems = { NO_SESSION }, .does = WRITES,
          .doc = "End this session: its tokens are refused from now on."),

    ROUTE(POST, "/revoke", revoke_token, .in = &revoke_form, .form = true, .status = 200,
          .problems = { NO_SESSION }, .does = WRITES,
          .doc = "End the session that a refresh or access token belongs to (RFC 7009)."),

    ROUTE(GET, "/sessions", list_sessions, .who = SIGNED_IN, .out = &session_list, .does = READS,
          .doc = "My sessions, the last used first."),

    ROUTE(DELETE, "/sessions/{session_id}", end_session, .who = SIGNED_IN, .path_parameters = &session_path,
          .problems = { NOT_FOUND }, .does = WRITES, .doc = "End one of my sessions."),

    ROUTE(DELETE, "/sessions", end_other_sessions, .who = SIGNED_IN, .does = WRITES,
          .doc = "End all of my sessions but this one."),
    { 0 },
};
