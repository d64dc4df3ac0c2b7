/* schema/encode.h: a struct to JSON, by a schema.  Any thread, one writer each. */
#pragma once
#include "json/write.h"
#include "schema/schema.h"

/* Members in the order of their rows; absent values are null.  CHECKs that no secret is written. */
void encode_json(const struct schema *s, const void *value, struct json_writer *w);
