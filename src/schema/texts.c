/* texts.c: parameters and form fields to structs.
 *
 * A text is judged as the JSON string that it would be, a list's texts as a list of strings: the
 * rules are then the same. */
#include "schema/decode.h"

#include "base/utf8.h"
#include "schema/rows.h"
#include "schema/value.h"

struct texts {
    const struct text_value *at;
    size_t                   count;
    bool                     form;
};

/* The text, with U+FFFD for what is not UTF-8.  None when the arena failed. */
static struct str cleaned(struct arena *a, struct str text)
{
    enum { REPLACEMENT_BYTES = 3 };
    size_t len = 0;

    if (!text.at)
        return LIT("");
    if (utf8_valid(text))
        return text;
    char *out = arena_alloc_many(a, text.len, REPLACEMENT_BYTES);
    if (!out)
        return (struct str){ 0 };
    while (text.len) {
        char     bytes[UTF8_BYTES_MAX];
        uint32_t c = utf8_next(&text);
        size_t   length = utf8_put(c == UTF8_BROKEN ? UTF8_REPLACEMENT : c, bytes);
        memcpy(out + len, bytes, length);
        len += length;
    }
    return (struct str){ out, len };
}

/* Is it there for that row? */
static bool counts(const struct texts *t, size_t i, const struct field *f)
{
    if (!str_eq(t->at[i].name, str_of(f->name)))
        return false;
    return !(t->form && f->preset && t->at[i].value.len == 0);
}

/* What the row's texts need at most as a list of JSON strings; 0 when there are none. */
static size_t list_bytes(const struct texts *t, const struct field *f)
{
    enum { ESCAPED_MAX = 6, AROUND_BYTES = 3, BRACKETS = 2 };
    size_t bytes = 0;

    for (size_t i = 0; i < t->count; i++)
        if (counts(t, i, f))
            bytes += t->at[i].value.len * ESCAPED_MAX + AROUND_BYTES;
    return bytes ? bytes + BRACKETS : 0;
}

static bool decode_list(struct decoding *d, const struct texts *t, struct value *v, size_t bytes,
                        void *out)
{
    char *memory = arena_alloc(d->arena, bytes);

    if (!memory)
        return false;
    struct buf         json = buf_fixed(memory, bytes);
    struct json_writer w = json_writer(&json);
    json_list_begin(&w);
    for (size_t i = 0; i < t->count; i++)
        if (counts(t, i, v->field))
            json_put_string(&w, t->at[i].value.at ? t->at[i].value : LIT(""));
    json_list_end(&w);
    v->json = buf_str(&json);
    v->token = (struct json_token){ .kind = JSON_LIST_BEGIN, .text = str_slice(v->json, 0, 1) };
    return value_decode(d, v, out);
}

/* The row's last text; false when there is none. */
static bool find_last(const struct texts *t, const struct field *f, struct str *out)
{
    for (size_t i = t->count; i-- > 0;)
        if (counts(t, i, f)) {
            *out = t->at[i].value;
            return true;
        }
    return false;
}

static bool decode_absent(struct decoding *d, const struct value *v, void *out)
{
    if (v->field->preset)
        return value_preset(d, v->field, v->where, out);
    if (row_may_be_absent(v->field))
        return true;
    return value_missing(d, v->where, (struct str){ 0 });
}

static bool judge_row(struct decoding *d, const struct texts *t, const struct field *f,
                      const struct place *source, void *out)
{
    struct place where = { .outer = source, .member = f->name };
    struct value v = { .field = f, .where = &where, .token = { .kind = JSON_STRING } };
    size_t       bytes = f->kind == LIST ? list_bytes(t, f) : 0;

    if (bytes)
        return decode_list(d, t, &v, bytes, out);
    if (f->kind == LIST || !find_last(t, f, &v.token.text))
        return decode_absent(d, &v, out);
    v.token.text = cleaned(d->arena, v.token.text);
    return v.token.text.at && value_decode(d, &v, out);
}

static void decode_row(struct decoding *d, const struct texts *t, const struct field *f,
                       const struct place *source, void *out)
{
    size_t faults = d->faults->count;

    judge_row(d, t, f, source, out);
    if (d->faults->count > faults && !d->faults->problem)
        d->faults->problem = f->refused_as;
}

bool decode_texts(const struct schema *s, const char *source, const struct text_value *values,
                  size_t count, struct arena *a, struct faults *f, void *out)
{
    struct decoding d = { a, f };
    struct texts    t = { values, count, strcmp(source, "body") == 0 };
    struct place    place = { .name = str_of(source) };
    size_t          faults = f->count;

    memset(out, 0, s->size);
    for (const struct field *row = s->fields; row->kind; row++) {
        char *member = (char *)out + row->at;
        if (row->always)
            *(struct str *)member = str_of(row->always);
        else
            decode_row(&d, &t, row, &place, member);
    }
    return f->count == faults && !a->failed;
}
