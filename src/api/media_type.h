/* api/media_type.h: what a Content-Type header says (RFC 9110 section 8.3.1).  Pure functions,
 * any thread. */
#pragma once
#include "base/str.h"

struct media_type {
    struct str type, subtype;       /* as sent; compared without case */
    struct str boundary, charset;   /* without quotes; none when absent */
};

/* Slices of `text`.  False for what does not follow the grammar, a boundary or charset given
 * twice, or one with escapes in it. */
bool media_type_parse(struct str text, struct media_type *out);

/* application/json, or application/… ending in +json. */
bool media_type_is_json(const struct media_type *m);

/* For headers that are parameters behind a word: the token at the front of *rest, which is moved
 * behind it; none when there is none. */
struct str media_type_token(struct str *rest);

/* The next ";name=value" of *rest, which is moved behind it.  A quoted value comes without
 * quotes, its escapes untouched.  False when *rest is at its end (then it is empty) or broken. */
bool media_type_parameter(struct str *rest, struct str *name, struct str *value);
