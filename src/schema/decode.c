/* decode.c: objects, parameters and forms to structs.
 *
 * An object is read once, front to back: each member's value is remembered in the slot of its row,
 * so that the text is known to be sound before anything in it is judged.  Then the rows are judged
 * in their order, which is the order of the faults.  What nests is read again in its turn, once for
 * each level of the schema.  Unknown members are only counted on the way; when there are two or
 * more, a second walk looks for twins among them. */
#include "schema/decode.h"

#include "base/check.h"
#include "base/utf8.h"
#include "schema/rows.h"
#include "schema/value.h"

/* Where a member's value stands in the object's text; its first token is read off that again.  As
 * small as this, since the slots of every object are zeroed. */
struct slot {
    uint32_t begin, end;
    uint8_t  kind;      /* of the first token */
    bool     escaped, given, twice;
};

enum { SLOTS_AT_HAND = 6 };

struct members {
    const struct schema *schema;
    struct slot         *slots;     /* a row each */
    size_t               count, unknown;
    struct str           json;      /* the object */
    const struct place  *where;
    unsigned             depth;
};

/* Takes the slots at hand, which are zeroed, when they are enough.  False when the arena failed. */
static bool members_begin(struct decoding *d, struct members *m,
                          struct slot at_hand[SLOTS_AT_HAND])
{
    m->count = rows_count(m->schema);
    m->slots = m->count <= SLOTS_AT_HAND ? at_hand
                                         : arena_alloc_many(d->arena, m->count, sizeof *m->slots);
    return m->slots != NULL;
}

static bool is_named(const struct field *f, struct str name)
{
    return str_eq(str_of(f->name), name);
}

/* The row of that name, or NULL.  Usually it is the expected one. */
static const struct field *row_named(const struct schema *s, const struct field *expected,
                                     struct str name)
{
    if (expected->kind && is_named(expected, name))
        return expected;
    for (const struct field *f = s->fields; f->kind; f++)
        if (is_named(f, name))
            return f;
    return NULL;
}

static inline void keep(struct slot *slot, const struct json_token *t, size_t end)
{
    *slot = (struct slot){ .begin = (uint32_t)t->offset, .end = (uint32_t)end,
                           .kind = (uint8_t)t->kind, .escaped = t->escaped,
                           .given = true, .twice = slot->given };
}

/* The token that a slot was made of; `json` is the value.  Of an object or a list the text is not
 * asked for. */
static inline struct json_token token_of(const struct slot *slot, struct str json)
{
    size_t quote = slot->kind == JSON_STRING;

    return (struct json_token){ slot->kind, { json.at + quote, json.len - 2 * quote },
                                slot->escaped, slot->begin };
}

/* Reads up to the object's end; false when the text broke. */
static bool members_read(struct decoding *d, struct members *m, struct json_reader *r)
{
    const struct field *expected = m->schema->fields;
    struct json_token   t;

    while ((t = json_next(r)).kind == JSON_NAME) {
        const struct field *f = row_named(m->schema, expected, json_unescape(d->arena, t));
        t = json_next(r);
        if (!json_skip(r, t))
            return false;
        if (f) {
            keep(&m->slots[f - m->schema->fields], &t, r->at);
            expected = f + 1;
        } else {
            m->unknown++;
        }
    }
    return t.kind == JSON_OBJECT_END;
}

static COLD void refuse_unknown_twins(struct decoding *d, const struct members *m)
{
    struct str        *names = arena_alloc_many(d->arena, m->unknown, sizeof *names);
    struct json_reader r = json_reader(m->json);
    size_t             count = 0;
    struct json_token  t;

    json_next(&r);
    while (names && (t = json_next(&r)).kind == JSON_NAME) {
        struct str name = json_unescape(d->arena, t);
        if (!row_named(m->schema, m->schema->fields, name) && count < m->unknown)
            names[count++] = name;
        CHECK(json_skip(&r, json_next(&r)));
    }
    if (names && !d->arena->failed)
        value_twins(d, names, count, m->where);
}

static bool decode_absent(struct decoding *d, const struct members *m, const struct field *f,
                          const struct place *where, void *out)
{
    if (f->preset)
        return value_preset(d, f, where, out);
    if (row_may_be_absent(f))
        return true;
    return value_missing(d, where, rows_have_secret(m->schema) ? (struct str){ 0 } : m->json);
}

static bool decode_member(struct decoding *d, const struct members *m, const struct field *f,
                          const struct slot *slot, void *out)
{
    struct place where = { .outer = m->where, .member = f->name };

    if (slot->twice)
        return value_twin(d, &where);
    if (!slot->given)
        return decode_absent(d, m, f, &where, out);
    struct str   json = str_slice(m->json, slot->begin, slot->end);
    struct value v = { f, &where, token_of(slot, json), json, m->depth };
    return value_decode(d, &v, out);
}

/* Judges all that was read; `out` is the struct, zeroed. */
static bool members_decode(struct decoding *d, const struct members *m, void *out)
{
    size_t faults = d->faults->count;

    for (size_t i = 0; i < m->count; i++) {
        const struct field *f = &m->schema->fields[i];
        if (f->always)
            *(struct str *)((char *)out + f->at) = str_of(f->always);
        else
            decode_member(d, m, f, &m->slots[i], (char *)out + f->at);
    }
    if (m->unknown > 1)
        refuse_unknown_twins(d, m);
    return d->faults->count == faults && !d->arena->failed;
}

static COLD bool refuse_object(struct decoding *d, const struct value *v)
{
    return value_refuse(d, v, "model_attributes_type",
                        LIT("Input should be a valid dictionary or object to extract fields from"),
                        (struct str){ 0 });
}

static bool decode_object(struct decoding *d, const struct value *v, void *out)
{
    struct slot        at_hand[SLOTS_AT_HAND] = { 0 };
    struct members     m = { .schema = v->field->of, .json = v->json, .where = v->where,
                             .depth = v->depth + 1 };
    struct json_reader r = json_reader(v->json);

    if (v->token.kind != JSON_OBJECT_BEGIN)
        return refuse_object(d, v);
    if (!members_begin(d, &m, at_hand))
        return false;
    json_next(&r);
    CHECK(members_read(d, &m, &r));
    return members_decode(d, &m, out);
}

static bool decode_pointed(struct decoding *d, const struct value *v, void *out)
{
    void *object = arena_alloc(d->arena, v->field->size);

    if (!object || !decode_object(d, v, object))
        return false;
    *(void **)out = object;
    return true;
}

static bool decode_maybe(struct decoding *d, const struct value *v, void *out)
{
    switch (v->field->kind) {
    case INT:
        return ((struct maybe_int *)out)->given =
                   value_int(d, v, &((struct maybe_int *)out)->value);
    case REAL:
        return ((struct maybe_real *)out)->given =
                   value_real(d, v, &((struct maybe_real *)out)->value);
    case BOOL:
        return ((struct maybe_bool *)out)->given =
                   value_bool(d, v, &((struct maybe_bool *)out)->value);
    case INSTANT:
        return ((struct maybe_instant *)out)->given =
                   value_instant(d, v, &((struct maybe_instant *)out)->value);
    default:
        return decode_pointed(d, v, out);
    }
}

static bool decode_plain(struct decoding *d, const struct value *v, void *out)
{
    switch (v->field->kind) {
    case STR:
        return value_str(d, v, out);
    case INT:
        return value_int(d, v, out);
    case REAL:
        return value_real(d, v, out);
    case BOOL:
        return value_bool(d, v, out);
    case INSTANT:
        return value_instant(d, v, out);
    case OBJECT:
        return decode_object(d, v, out);
    case LIST:
        return value_list(d, v, out);
    case MAP:
        return value_map(d, v, out);
    }
    check_failed("a row without a kind", __FILE__, __LINE__);
}

bool value_decode(struct decoding *d, const struct value *v, void *out)
{
    bool conceal = d->faults->conceal;

    CHECK(v->depth <= JSON_DEPTH_MAX);
    if (v->token.kind == JSON_NULL && row_may_be_null(v->field))
        return true;
    d->faults->conceal |= v->field->secret;
    bool fits = v->field->maybe ? decode_maybe(d, v, out) : decode_plain(d, v, out);
    d->faults->conceal = conceal;
    return fits;
}

static COLD void refuse_json(struct decoding *d, const struct json_reader *r,
                             const struct place *body)
{
    size_t       characters = utf8_count(str_slice(r->text, 0, r->offset));
    struct place where = { .outer = body, .index = characters };
    char         memory[PHRASE_BYTES];
    struct buf   context = buf_fixed(memory, sizeof memory);
    struct json_writer w = json_writer(&context);

    json_object_begin(&w);
    json_name(&w, LIT("error"));
    json_put_string(&w, str_of(r->fault));
    json_object_end(&w);
    fault_add(d->faults, "json_invalid", &where, LIT("JSON decode error"), LIT("{}"),
              buf_str(&context));
}

/* The text has been read and is one value. */
static void decode_body(struct decoding *d, const struct schema *s, struct json_token first,
                        struct str text, const struct place *body, void *out)
{
    struct field whole = { .kind = OBJECT, .of = s, .size = s->size };
    struct value v = { rows_are_root(s) ? s->fields : &whole, body, first, text, 0 };

    if (first.kind == JSON_NULL && !row_may_be_null(v.field))
        value_missing(d, body, (struct str){ 0 });
    else
        value_decode(d, &v, (char *)out + v.field->at);
}

/* A body that begins as an object: read and judged in one go.  False when the text broke. */
static bool decode_members(struct decoding *d, const struct schema *s, struct json_reader *r,
                           const struct place *body, void *out)
{
    struct slot    at_hand[SLOTS_AT_HAND] = { 0 };
    struct members m = { .schema = s, .json = r->text, .where = body, .depth = 1 };

    if (!members_begin(d, &m, at_hand))
        return true;
    if (!members_read(d, &m, r) || json_next(r).kind != JSON_END)
        return false;
    members_decode(d, &m, out);
    return true;
}

bool decode_json(const struct schema *s, struct str text, struct arena *a, struct faults *f,
                 void *out)
{
    struct decoding    d = { a, f };
    struct place       body = { .name = LIT("body") };
    struct json_reader r = json_reader(text);
    size_t             faults = f->count;

    CHECK(text.len <= UINT32_MAX);
    memset(out, 0, s->size);
    if (text.len == 0)
        return value_missing(&d, &body, (struct str){ 0 });
    struct json_token first = json_next(&r);
    if (first.kind == JSON_OBJECT_BEGIN && !rows_are_root(s)) {
        if (!decode_members(&d, s, &r, &body, out))
            refuse_json(&d, &r, &body);
    } else if (json_skip(&r, first) && json_next(&r).kind == JSON_END) {
        decode_body(&d, s, first, str_slice(text, first.offset, text.len), &body, out);
    } else {
        refuse_json(&d, &r, &body);
    }
    return f->count == faults && !a->failed;
}
