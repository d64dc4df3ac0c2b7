/* schema/decode.h: a request's text to a struct, by a schema.
 *
 * All faults are reported at once.  The struct is filled only with values that satisfy their row;
 * it must not be looked at when decoding answers false.  Strings may point into the text, lists and
 * unescaped strings live in the arena: both must outlive the struct.  Coercions are those of
 * Pydantic's lax mode. Unknown members are ignored with all that is in them, duplicate members
 * (known or not) are a fault. */
#pragma once
#include "base/arena.h"
#include "schema/fault.h"
#include "schema/schema.h"

/* A JSON body.  False: faults were added, or the arena failed (a->failed). */
bool decode_json(const struct schema *s, struct str text, struct arena *a, struct faults *f,
                 void *out);

/* A named text: a path or query parameter or a form field, decoded from its transfer form already.
 */
struct text_value { struct str name, value; };

/* Parameters ("path" or "query" as `source`) or a form body ("body").  Names may repeat: a LIST row
 * takes all of them in order, any other row the last one.  An empty form field counts as absent
 * where the row has a preset, as in FastAPI.  Bytes that are not UTF-8 become U+FFFD. */
bool decode_texts(const struct schema *s, const char *source, const struct text_value *values,
                  size_t count, struct arena *a, struct faults *f, void *out);
