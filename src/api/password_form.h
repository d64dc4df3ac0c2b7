/* api/password_form.h: the form by which a password is exchanged for a token (RFC 6749 section
 * 4.3.2), as FastAPI's OAuth2PasswordRequestForm takes it.
 *
 * No rule but a bound: whatever is wrong with a log-in is the handler's 401, not a 422.  Another
 * grant type is 400, as RFC 6749 section 5.2 has it. */
#pragma once
#include "schema/schema.h"

struct password_form {
    struct str grant_type;                  /* "password", or none */
    struct str username, password;
    struct str scope;                       /* empty unless it is sent */
    struct str client_id, client_secret;    /* none unless they are sent */
};

extern const struct schema password_form;
