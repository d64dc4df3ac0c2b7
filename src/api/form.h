/* api/form.h: application/x-www-form-urlencoded, in bodies and query strings, as browsers write
 * it and Starlette reads it.  Pure functions, any thread. */
#pragma once
#include "base/arena.h"
#include "schema/decode.h"

/* The fields in order, empty ones and those without "=" too; a + is a blank, a % without two
 * digits is itself.  Only & separates.  Text lives in the body or the arena.  False: more than
 * `fields_max`, not UTF-8 (also once decoded), or the arena failed. */
bool form_parse(struct str body, size_t fields_max, struct arena *a, struct text_value **out,
                size_t *count);
