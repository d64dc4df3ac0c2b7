/* password_form.c: the table of it. */
#include "api/password_form.h"

#include "api/api.h"

#define ANY_TEXT .max_bytes = 128 * 1024

const struct schema password_form = SCHEMA(password_form,
    FIELD(password_form, grant_type,    ANY_TEXT, .optional = true, .pattern = PATTERN("password"),
          .refused_as = OTHER_GRANT),
    FIELD(password_form, username,      ANY_TEXT),
    FIELD(password_form, password,      ANY_TEXT, .secret = true),
    FIELD(password_form, scope,         ANY_TEXT, .preset = "\"\""),
    FIELD(password_form, client_id,     ANY_TEXT, .optional = true),
    FIELD(password_form, client_secret, ANY_TEXT, .optional = true, .secret = true));
