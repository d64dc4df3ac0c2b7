/* value.h: one value on its way from text to a member.  Private to the schema layer.
 *
 * decode.c finds values, these functions judge them: each answers false after it added its fault,
 * or when the arena failed.  `out` points at zeroed memory of the field's size, and holds the value
 * on true. */
#pragma once
#include "base/arena.h"
#include "base/check.h"
#include "json/read.h"
#include "schema/fault.h"
#include "schema/schema.h"

struct decoding {
    struct arena  *arena;
    struct faults *faults;
};

struct value {
    const struct field *field;
    const struct place *where;
    struct json_token
        token; /* the first one; a parameter's text is a JSON_STRING without escapes */
    struct str          json;   /* all of it as JSON text; none for a parameter's text */
    unsigned            depth;  /* of the objects, lists and maps around it */
};

/* What is enough for any message or context that is built. */
enum { PHRASE_BYTES = 200 };

/* value.c.  Adds a fault at the value, which it shows unless that is secret.  Always false. */
COLD bool value_refuse(struct decoding *d, const struct value *v, const char *type,
                       struct str message, struct str context);

/* A value that is not there; `input` is the JSON text of what should have it.  Always false. */
COLD bool value_missing(struct decoding *d, const struct place *where, struct str input);

/* A name that was given twice.  Always false. */
COLD bool value_twin(struct decoding *d, const struct place *where);

/* That fault for each name in `names` that occurs twice; sorts them. */
COLD void value_twins(struct decoding *d, struct str *names, size_t count,
                      const struct place *where);

/* coerce.c */
bool value_int(struct decoding *d, const struct value *v, int64_t *out);
bool value_real(struct decoding *d, const struct value *v, double *out);
bool value_bool(struct decoding *d, const struct value *v, bool *out);

/* moment.c */
bool value_instant(struct decoding *d, const struct value *v, struct instant *out);

/* text.c */
bool value_str(struct decoding *d, const struct value *v, struct str *out);

/* many.c */
bool value_list(struct decoding *d, const struct value *v, struct many *out);
bool value_map(struct decoding *d, const struct value *v, struct many *out);

/* decode.c: a value of any kind; `out` is the member. */
bool value_decode(struct decoding *d, const struct value *v, void *out);

/* The row's preset. */
bool value_preset(struct decoding *d, const struct field *f, const struct place *where, void *out);
