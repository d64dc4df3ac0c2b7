/* load/members.h: the members that a JSON object may have, as a table (private to scenarios). */
#pragma once
#include <jansson.h>

#include "base/buf.h"

enum { OBJECT = 1 << JSON_OBJECT, ARRAY = 1 << JSON_ARRAY, TEXT = 1 << JSON_STRING,
       INTEGER = 1 << JSON_INTEGER, BOOLEAN = 1 << JSON_TRUE | 1 << JSON_FALSE };

struct scenario;

struct member {                 /* a table ends with a row without a name */
    const char *name;
    int         types;
    const char *type;           /* "a text" */
    bool      (*read)(struct scenario *s, const json_t *value);
};

/* Reads the members in the order of the table, whatever the order in the file.  One that the
 * table lacks, or of another type: false and one sentence; `whose` is "a step". */
bool object_read(const struct member *members, const char *whose, const json_t *object,
                  struct scenario *s, struct buf *why) __attribute__((warn_unused_result));
