/* schema/describe.h: a schema as JSON Schema 2020-12, the way FastAPI's OpenAPI documents say it.
 */
#pragma once
#include "json/write.h"
#include "schema/schema.h"

/* "user_create" is "UserCreate"; a tag that begins with a capital stays as it is.  Written without
 * quotes. */
void describe_name(struct buf *out, const char *tag);

/* "created_at" is "Created At". */
void describe_title(struct buf *out, const char *name);

/* One object of components/schemas:
 * {"properties":{…},"type":"object","required":[…],"title":"UserCreate"}. Nested schemas are
 * {"$ref":"#/components/schemas/…"}; describe_nested() tells which. */
enum describe_use { DESCRIBE_IN, DESCRIBE_OUT };
void describe_schema(const struct schema *s, enum describe_use use, struct json_writer *w);

/* The schema of one value (a parameter, an item), an object written inline; `title` NULL for none.
 */
void describe_field(const struct field *f, const char *title, struct json_writer *w);

/* Calls `visit` for `s` and every schema it nests, each possibly more than once. */
void describe_nested(const struct schema *s, void (*visit)(void *context, const struct schema *),
                     void *context);
