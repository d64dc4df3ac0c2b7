/* everything.h: a schema with every kind of row, for the tests of the schema layer and the fuzzer.
 */
#pragma once
#include "schema/schema.h"

struct inner {
    struct str sku;
    int64_t    count;
};

struct everything {
    int64_t              i, n;
    double               f, g;
    bool                 b;
    struct str           s, p, c, one, u, e;
    struct maybe_instant t;
    struct maybe_int     mi;
    struct maybe_real    mr;
    struct maybe_bool    mb;
    LIST_OF(struct str) l;
    LIST_OF(struct inner) lo;
    LIST_OF(struct maybe_int) lm;
    MAP_OF(int64_t) m;
    MAP_OF(bool) mm;
    MAP_OF(struct inner) mo;
    struct inner *o;
    struct inner  in;
};

static const struct schema inner_schema = {
    .name = "inner",
    .size = sizeof(struct inner),
    .fields = (const struct field[]){
        FIELD(inner, sku, .max_chars = 8),
        FIELD(inner, count, .at_least = IS(1), .at_most = IS(100)),
        { 0 },
    },
};

#define CHOICES(...) (const char *const[]){ __VA_ARGS__, NULL }

static const struct schema everything = SCHEMA(everything,
    FIELD(everything, i, .at_least = IS(0), .at_most = IS(1000), .preset = "1"),
    FIELD(everything, n, .preset = "5"),
    FIELD(everything, f, .preset = "1.5"),
    FIELD(everything, g, .at_least = IS(0.5), .at_most = IS(2), .preset = "1"),
    FIELD(everything, b, .preset = "false"),
    FIELD(everything, s, .min_chars = 1, .max_chars = 5, .preset = "\"abc\""),
    FIELD(everything, p, .pattern = PATTERN("^[a-z]+$"), .max_chars = 1000, .preset = "\"abc\""),
    FIELD(everything, c, .choices = CHOICES("red", "green"), .preset = "\"red\""),
    FIELD(everything, one, .choices = CHOICES("one"), .preset = "\"one\""),
    FIELD(everything, u, .format = URL, .optional = true),
    FIELD(everything, e, .format = EMAIL, .optional = true),
    FIELD(everything, t, .optional = true),
    FIELD(everything, mi, .optional = true),
    FIELD(everything, mr, .optional = true),
    FIELD(everything, mb, .optional = true),
    LISTED(everything, l, struct str, ITEM(struct str, .max_chars = 3), .max_items = 2,
           .preset = "[]"),
    LISTED(everything, lo, struct inner, ITEM_OBJECT(inner, inner_schema), .max_items = 2,
           .optional = true),
    LISTED(everything, lm, struct maybe_int, ITEM(struct maybe_int, .nullable = true),
           .max_items = 3, .preset = "[]"),
    MAPPED(everything, m, int64_t, ITEM(int64_t), .max_items = 100, .preset = "{}"),
    MAPPED(everything, mm, bool, ITEM(bool), .max_items = 2, .max_key_chars = 3, .preset = "{}"),
    MAPPED(everything, mo, struct inner, ITEM_OBJECT(inner, inner_schema), .max_items = 2,
           .optional = true),
    MAYBE_NESTED(everything, o, inner, inner_schema, .optional = true),
    NESTED(everything, in, inner, inner_schema,
           .preset = "{\"sku\":\"none\",\"count\":1}"));
