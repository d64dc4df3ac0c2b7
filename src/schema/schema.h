/* schema/schema.h: what a C struct looks like as data.
 *
 * A schema is a constant table with a row a member.  Decoding, validation, encoding, OpenAPI and
 * the row mapping of the store are loops over these rows.  A row takes the member's kind from
 * its C type, so it cannot lie about it.  Tables are read on any thread.
 *
 *     struct user_create { struct str email, password; };
 *
 *     static const struct schema user_create = SCHEMA(user_create,
 *         FIELD(user_create, email,    .format = EMAIL),
 *         FIELD(user_create, password, .min_chars = 8, .max_chars = 1024, .secret = true));
 *
 * A member that may be absent or null has a type that can say so: struct str, LIST_OF and MAP_OF
 * (`at` is NULL), a pointer to a nested object (NULL), struct maybe_int and its brothers
 * (`given` is false).  Absent and null are one and the same to a handler. */
#pragma once
#include "base/instant.h"
#include "base/problem.h"
#include "base/str.h"

struct maybe_int     { bool given; int64_t value; };
struct maybe_real    { bool given; double value; };
struct maybe_bool    { bool given; bool value; };
struct maybe_instant { bool given; struct instant value; };

/* Members that hold many values; they live in the arena of the call. */
#define LIST_OF(type) struct { type *at; size_t len; }
#define MAP_OF(type)  struct { struct { struct str key; type value; } *at; size_t len; }

/* What LIST_OF and MAP_OF look like to the readers of a table. */
struct many { void *at; size_t len; };

enum kind { STR = 1, INT, REAL, BOOL, INSTANT, OBJECT, LIST, MAP };

enum format {
    TEXT,
    EMAIL,      /* syntax and refusals of email-validator 2, normalised; its own maximum */
    URL,        /* http or https with a host */
    PASSWORD,   /* shown as dots; implied by .secret */
};

/* A bound of a number: .at_least = IS(1). */
struct bound { bool set; double value; };
#define IS(n) { true, n }

/* A POSIX extended regular expression (regex.h) that a string must match, compiled by
 * schema_check(). */
struct pattern { const char *text; void *compiled; };
#define PATTERN(expression) &(struct pattern){ .text = expression }

struct schema;

struct field {
    const char *name;
    bool        root;       /* the schema's only row: its value is the body, without a name around it */
    size_t      at;         /* offset in the struct */
    size_t      size;       /* of the member, in bytes */
    enum kind   kind;
    bool        maybe;      /* struct maybe_…, or a pointer to an object */

    /* presence */
    bool        optional;   /* may be absent, and without a preset null, too: Optional[…] = None */
    bool        nullable;   /* may be null */
    const char *preset;     /* the value when absent, as JSON text; implies .optional */

    /* strings */
    size_t             min_chars, max_chars;   /* code points */
    size_t             max_bytes;              /* of UTF-8 */
    enum format        format;
    struct pattern    *pattern;
    const char *const *choices;                /* ends with NULL */
    const char        *always;                 /* an answer's constant: written whatever the member holds */
    bool               secret;                 /* never in an answer, a log or a fault's `input` */
    bool               no_nul;                 /* U+0000 is refused */
    bool               credential;             /* an answer's token: that answer is not to be stored */
    bool               bytes;                  /* rows of a store: any bytes, a BLOB there */
    problem            refused_as;             /* a form's or a query's: what is wrong with it is this problem, instead of 422 */

    /* numbers */
    struct bound at_least, at_most;

    /* objects, lists, maps */
    const struct schema *of;        /* OBJECT */
    const struct field  *item;      /* LIST, MAP: the row of one value */
    size_t               max_items; /* LIST, MAP */
    size_t               max_key_chars; /* MAP; 64 when 0 */

    const char *doc;
    const char *example;            /* as JSON text, for the documentation */
};

struct schema {
    const char         *name;       /* the struct's tag: user_create is UserCreate in OpenAPI */
    size_t              size;
    const struct field *fields;     /* ends with a row of kind 0 */
    const char         *doc;
};

#define KIND(m)                                                                                    \
    _Generic((m),                                                                                  \
        struct str: STR, int64_t: INT, double: REAL, bool: BOOL, struct instant: INSTANT,          \
        struct maybe_int: INT, struct maybe_real: REAL, struct maybe_bool: BOOL,                   \
        struct maybe_instant: INSTANT)

#define IS_MAYBE(m)                                                                                \
    _Generic((m),                                                                                  \
        struct str: false, int64_t: false, double: false, bool: false, struct instant: false,      \
        struct maybe_int: true, struct maybe_real: true, struct maybe_bool: true,                  \
        struct maybe_instant: true)

#define MEMBER(S, m) (((struct S *)0)->m)

/* Zero when the two types are the same, else the table does not compile. */
#define SAME_TYPE(a, b) (0 * sizeof(char[__builtin_types_compatible_p(a, b) ? 1 : -1]))

#define SCHEMA(S, ...)                                                                             \
    { .name = #S, .size = sizeof(struct S), .fields = (const struct field[]){ __VA_ARGS__, { 0 } } }

/* A string, number, boolean or instant. */
#define FIELD(S, m, ...)                                                                           \
    { .name = #m, .at = offsetof(struct S, m), .size = sizeof(MEMBER(S, m)),                       \
      .kind = KIND(MEMBER(S, m)), .maybe = IS_MAYBE(MEMBER(S, m)), __VA_ARGS__ }

/* A nested `struct tag m`, described by the schema `tag_schema`. */
#define NESTED(S, m, tag, tag_schema, ...)                                                         \
    { .name = #m, .at = offsetof(struct S, m) + SAME_TYPE(__typeof__(MEMBER(S, m)), struct tag),   \
      .size = sizeof(struct tag), .kind = OBJECT, .of = &(tag_schema), __VA_ARGS__ }

/* A nested `struct tag *m`, NULL when absent or null. */
#define MAYBE_NESTED(S, m, tag, tag_schema, ...)                                                   \
    { .name = #m, .at = offsetof(struct S, m) + SAME_TYPE(__typeof__(MEMBER(S, m)), struct tag *), \
      .size = sizeof(struct tag), .kind = OBJECT, .maybe = true, .of = &(tag_schema), __VA_ARGS__ }

/* The row of one value of a list or map: ITEM(struct str, .max_chars = 20). */
#define ITEM(type, ...)                                                                            \
    &(const struct field){ .kind = KIND((type){ 0 }), .maybe = IS_MAYBE((type){ 0 }),              \
                           .size = sizeof(type), __VA_ARGS__ }
#define ITEM_OBJECT(tag, tag_schema)                                                               \
    &(const struct field){ .kind = OBJECT, .size = sizeof(struct tag), .of = &(tag_schema) }

/* LIST_OF(type) m: LISTED(order, tags, struct str, ITEM(struct str, .max_chars = 20), .max_items
 * = 10). */
#define LISTED(S, m, type, ITEM_ROW, ...)                                                          \
    { .name = #m,                                                                                  \
      .at = offsetof(struct S, m) + SAME_TYPE(__typeof__(*MEMBER(S, m).at), type),                 \
      .size = sizeof(MEMBER(S, m)), .kind = LIST, .item = ITEM_ROW, __VA_ARGS__ }

/* MAP_OF(type) m. */
#define MAPPED(S, m, type, ITEM_ROW, ...)                                                          \
    { .name = #m,                                                                                  \
      .at = offsetof(struct S, m) + SAME_TYPE(__typeof__(MEMBER(S, m).at->value), type),           \
      .size = sizeof(MEMBER(S, m)), .kind = MAP, .item = ITEM_ROW, __VA_ARGS__ }
