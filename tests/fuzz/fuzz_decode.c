/* fuzz_decode.c: any bytes as a body, and as parameters, of a schema with every kind of row.
 *
 * What is accepted must satisfy its rows, and must be the same after it was written and read again;
 * what is refused must be refused with faults that are JSON, or for want of memory. */
#include "base/check.h"
#include "base/utf8.h"
#include "json/read.h"
#include "schema/check.h"
#include "schema/decode.h"
#include "schema/encode.h"

#include "../unit/schema/everything.h"

enum { ARENA_BYTES = 1 << 20, ANSWER_BYTES = 1 << 21, TEXTS_MAX = 64 };

struct parameters {
    int64_t i;
    LIST_OF(struct str) l;
    struct maybe_real mr;
    struct maybe_bool mb;
    struct str        s, e;
    struct maybe_instant t;
};

static const struct schema parameters = SCHEMA(parameters,
    FIELD(parameters, i, .at_least = IS(0), .preset = "1"),
    LISTED(parameters, l, struct str, ITEM(struct str, .max_chars = 3), .max_items = 3,
           .preset = "[]"),
    FIELD(parameters, mr, .optional = true), FIELD(parameters, mb, .optional = true),
    FIELD(parameters, s, .max_chars = 4, .preset = "\"\""),
    FIELD(parameters, e, .format = EMAIL, .optional = true),
    FIELD(parameters, t, .optional = true));

static void check_value(const struct field *f, const void *at);

static void check_struct(const struct schema *s, const void *at)
{
    for (const struct field *f = s->fields; f->kind; f++)
        check_value(f, (const char *)at + f->at);
}

static void check_str(const struct field *f, struct str s)
{
    bool found = !f->choices;

    CHECK(s.at || f->optional);
    if (!s.at)
        return;
    CHECK(utf8_valid(s));
    CHECK(f->format == EMAIL || utf8_count(s) >= f->min_chars);
    CHECK(!f->max_chars || utf8_count(s) <= f->max_chars);
    for (size_t i = 0; f->choices && f->choices[i]; i++)
        found |= str_eq(s, str_of(f->choices[i]));
    CHECK(found);
}

static void check_bounds(const struct field *f, long double value)
{
    CHECK(!f->at_least.set || value >= (long double)f->at_least.value);
    CHECK(!f->at_most.set || value <= (long double)f->at_most.value);
}

static void check_many(const struct field *f, const struct many *m)
{
    size_t head = f->kind == MAP ? sizeof(struct str) : 0;
    size_t stride = f->kind == MAP ? head + (f->item->size + 7) / 8 * 8 : f->item->size;

    CHECK(m->at || f->optional);
    CHECK(m->len <= f->max_items);
    for (size_t i = 0; i < m->len; i++) {
        const char *element = (const char *)m->at + i * stride;
        if (head)
            CHECK(utf8_valid(*(const struct str *)element));
        check_value(f->item, element + head);
    }
}

static void check_value(const struct field *f, const void *at)
{
    switch (f->kind) {
    case STR:
        check_str(f, *(const struct str *)at);
        return;
    case INT:
        if (!f->maybe)
            check_bounds(f, *(const int64_t *)at);
        return;
    case REAL:
        if (!f->maybe)
            check_bounds(f, *(const double *)at);
        return;
    case LIST:
    case MAP:
        check_many(f, at);
        return;
    case OBJECT:
        at = f->maybe ? *(void *const *)at : at;
        if (at)
            check_struct(f->of, at);
        return;
    default:
        return;
    }
}

static void check_faults(struct faults *f, const struct arena *a)
{
    faults_end(f);
    struct json_reader r = json_reader(buf_str(f->writer.out));
    CHECK(f->count > 0 || a->failed);
    CHECK(!f->writer.out->failed && f->writer.out->len <= FAULT_BYTES_MAX);
    CHECK(json_skip(&r, json_next(&r)) && json_next(&r).kind == JSON_END);
}

/* Writes the struct; the text lives in the arena. */
static struct str written(const struct schema *s, const void *value, struct arena *a)
{
    struct buf         out = buf_growing(ANSWER_BYTES);
    struct json_writer w = json_writer(&out);

    encode_json(s, value, &w);
    CHECK(!out.failed);
    struct str copy = arena_copy(a, buf_str(&out));
    buf_close(&out);
    return copy;
}

static void check_again(const struct schema *s, const void *value, void *other)
{
    struct arena  a = arena_new(4 * ANSWER_BYTES);
    struct buf    answer = buf_growing(ANSWER_BYTES);
    struct faults f = faults_begin(&answer);
    struct str    first = written(s, value, &a);

    CHECK(decode_json(s, first, &a, &f, other));
    check_struct(s, other);
    CHECK(str_eq(first, written(s, other, &a)));
    arena_close(&a);
    buf_close(&answer);
}

static void try_body(struct str text)
{
    struct arena      a = arena_new(ARENA_BYTES);
    struct buf        answer = buf_growing(ANSWER_BYTES);
    struct faults     f = faults_begin(&answer);
    struct everything value, other;

    if (decode_json(&everything, text, &a, &f, &value)) {
        CHECK(f.count == 0);
        check_struct(&everything, &value);
        check_again(&everything, &value, &other);
    } else {
        check_faults(&f, &a);
    }
    arena_close(&a);
    buf_close(&answer);
}

static void try_texts(struct str text)
{
    struct text_value values[TEXTS_MAX];
    size_t            count = 0;
    struct arena      a = arena_new(ARENA_BYTES);
    struct buf        answer = buf_growing(ANSWER_BYTES);
    struct faults     f = faults_begin(&answer);
    struct parameters value, other;

    while (text.at && count < TEXTS_MAX) {
        struct str pair = str_cut(&text, '&');
        values[count].name = str_cut(&pair, '=');
        values[count++].value = pair;
    }
    if (decode_texts(&parameters, count % 2 ? "body" : "query", values, count, &a, &f, &value)) {
        check_struct(&parameters, &value);
        check_again(&parameters, &value, &other);
    } else {
        check_faults(&f, &a);
    }
    arena_close(&a);
    buf_close(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    struct buf why = buf_growing(ARENA_BYTES);

    CHECK(schema_check(&everything, SCHEMA_IN, &why));
    CHECK(schema_check(&parameters, SCHEMA_PARAMETERS, &why));
    try_body(text);
    try_texts(text);
    return 0;
}
