/* encode.c: the rows, written one after the other. */
#include "schema/encode.h"

#include "base/check.h"
#include "schema/rows.h"

static void encode_value(const struct field *f, const void *at, struct json_writer *w);

static void encode_text(const struct field *f, const struct str *text, struct json_writer *w)
{
    if (f->always)
        json_put_string(w, str_of(f->always));
    else if (text->at)
        json_put_string(w, *text);
    else
        json_put_null(w);
}

static void encode_instant(struct instant t, struct json_writer *w)
{
    char       memory[INSTANT_CHARS];
    struct buf text = buf_fixed(memory, sizeof memory);

    instant_add(&text, t);
    json_put_string(w, buf_str(&text));
}

/* A list that holds nothing is empty, unless null can say so. */
static bool is_none(const struct field *f, const struct many *m)
{
    return !m->at && row_may_be_null(f);
}

static void encode_list(const struct field *f, const struct many *m, struct json_writer *w)
{
    if (is_none(f, m)) {
        json_put_null(w);
        return;
    }
    json_list_begin(w);
    for (size_t i = 0; i < m->len; i++)
        encode_value(f->item, (const char *)m->at + i * row_stride(f), w);
    json_list_end(w);
}

static void encode_map(const struct field *f, const struct many *m, struct json_writer *w)
{
    if (is_none(f, m)) {
        json_put_null(w);
        return;
    }
    json_object_begin(w);
    for (size_t i = 0; i < m->len; i++) {
        const char *element = (const char *)m->at + i * row_stride(f);
        json_name(w, *(const struct str *)element);
        encode_value(f->item, element + MAP_VALUE_AT, w);
    }
    json_object_end(w);
}

/* Where the value itself is, behind `given` or a pointer; NULL when there is none. */
static const void *value_of(const struct field *f, const void *at)
{
    if (!f->maybe)
        return at;
    switch (f->kind) {
    case INT:
        return ((const struct maybe_int *)at)->given ? &((const struct maybe_int *)at)->value
                                                     : NULL;
    case REAL:
        return ((const struct maybe_real *)at)->given ? &((const struct maybe_real *)at)->value
                                                      : NULL;
    case BOOL:
        return ((const struct maybe_bool *)at)->given ? &((const struct maybe_bool *)at)->value
                                                      : NULL;
    case INSTANT:
        return ((const struct maybe_instant *)at)->given
                   ? &((const struct maybe_instant *)at)->value
                   : NULL;
    default:
        return *(void *const *)at;
    }
}

/* The recursion ends with the schema, whose depth schema_check() bounds. */
static void encode_value(const struct field *f, const void *at, struct json_writer *w)
{
    CHECK(!f->secret);
    at = value_of(f, at);
    if (!at) {
        json_put_null(w);
        return;
    }
    switch (f->kind) {
    case STR:
        encode_text(f, at, w);
        return;
    case INT:
        json_put_int(w, *(const int64_t *)at);
        return;
    case REAL:
        json_put_double(w, *(const double *)at);
        return;
    case BOOL:
        json_put_bool(w, *(const bool *)at);
        return;
    case INSTANT:
        encode_instant(*(const struct instant *)at, w);
        return;
    case OBJECT:
        encode_json(f->of, at, w);
        return;
    case LIST:
        encode_list(f, at, w);
        return;
    case MAP:
        encode_map(f, at, w);
        return;
    }
}

void encode_json(const struct schema *s, const void *value, struct json_writer *w)
{
    if (rows_are_root(s)) {
        encode_value(s->fields, (const char *)value + s->fields->at, w);
        return;
    }
    json_object_begin(w);
    for (const struct field *f = s->fields; f->kind; f++) {
        json_name(w, str_of(f->name));
        encode_value(f, (const char *)value + f->at, w);
    }
    json_object_end(w);
}
