/* json/read.h: JSON text to tokens, strictly (RFC 8259), without memory of its own.
 *
 * A reader walks a text that it does not own.  Each json_next() answers one token; names and
 * values come in the order of the text.  The whole grammar is checked on the way: UTF-8 (no BOM,
 * no surrogates, no overlong forms), escapes (a lone surrogate escape is refused), control
 * characters, numbers, commas, depth.  Once it has answered JSON_BROKEN it answers that for
 * ever.  It does not look for duplicate names: whoever gives names a meaning does.  One thread
 * at a time. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

enum { JSON_DEPTH_MAX = 32 };

enum json_kind {
    JSON_END,           /* the text is over, and was one complete value */
    JSON_BROKEN,        /* see reader.fault and reader.offset */
    JSON_OBJECT_BEGIN,
    JSON_OBJECT_END,
    JSON_LIST_BEGIN,
    JSON_LIST_END,
    JSON_NAME,          /* a member's name; its value is the next token */
    JSON_STRING,
    JSON_INTEGER,       /* a number without fraction and exponent */
    JSON_REAL,          /* any other number */
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
};

struct json_token {
    enum json_kind kind;
    struct str     text;    /* name, string: what stands between the quotes; number: its text */
    bool           escaped; /* name, string: has escapes, json_unescape() is needed */
    size_t         offset;  /* where the token begins, in bytes */
};

struct json_reader {
    struct str  text;
    size_t      at;
    unsigned    depth;
    uint32_t    in_object;  /* a bit for each open level: object or list */
    unsigned    expects;    /* private to read.c */
    const char *fault;      /* what was wrong, in the words of Python's json where it has them */
    size_t      offset;     /* where */
};

struct json_reader json_reader(struct str text);

struct json_token json_next(struct json_reader *r);

/* Skips the value whose first token is `first`; false when the text breaks on the way. */
bool json_skip(struct json_reader *r, struct json_token first);

/* The characters that a name or string stands for; without escapes it is the text itself, not
 * copied. None when the arena failed. */
struct str json_unescape(struct arena *a, struct json_token t);

/* A JSON_INTEGER's value; false when it is beyond int64. */
bool json_to_int(struct str text, int64_t *out);

/* A number's value, correctly rounded; false when it is beyond a double. */
bool json_to_real(struct str text, double *out);
