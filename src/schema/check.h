/* schema/check.h: is a table sound?  Asked once, at start; an unsound table must not run. */
#pragma once
#include "base/buf.h"
#include "schema/schema.h"

enum schema_use { SCHEMA_IN, SCHEMA_OUT, SCHEMA_PARAMETERS, SCHEMA_FORM, SCHEMA_ROW };

/* Compiles the patterns.  False with one clear line in `why` ("user_create.email: a string needs
 * .max_chars or .max_bytes") for: a string, list or map without a maximum (an EMAIL has its own;
 * answers and rows need none), min above max, a name twice, a member outside or overlapping
 * another, an unclaimed gap of 8 bytes or more, absent or null allowed where the type cannot say
 * so, a preset that the row itself refuses, a choice list that is empty, a nested schema of
 * another size than the member, nesting deeper than JSON_DEPTH_MAX, a secret in an answer, a
 * credential in a request, a parameter or form field that is an object or a map. */
bool schema_check(const struct schema *s, enum schema_use use, struct buf *why);
