/* describe.c: rows to JSON Schema, in the order of members that FastAPI 0.115 has.
 *
 * What Pydantic says the same way is said its way (an optional value is anyOf with null, a constant
 * is a default); what it does not know is added: passwords, write-only members, the length of a
 * map's keys. */
#include "schema/describe.h"

#include "schema/rows.h"
#include "schema/url.h"

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

enum { NAME_BYTES = 256 };

static void write_title(const char *name, void (*form)(struct buf *, const char *),
                        struct json_writer *w)
{
    char       memory[NAME_BYTES];
    struct buf title = buf_fixed(memory, sizeof memory);

    form(&title, name);
    json_name(w, LIT("title"));
    json_put_string(w, buf_str(&title));
}

static void write_text(struct json_writer *w, const char *name, const char *text)
{
    if (!text)
        return;
    json_name(w, str_of(name));
    json_put_string(w, str_of(text));
}

static void write_json(struct json_writer *w, const char *name, const char *json)
{
    if (!json)
        return;
    json_name(w, str_of(name));
    json_put_copy(w, str_of(json));
}

/* A count; 0 is none. */
static void write_count(struct json_writer *w, const char *name, size_t count)
{
    if (count == 0)
        return;
    json_name(w, str_of(name));
    json_put_int(w, (int64_t)count);
}

static void write_bound(struct json_writer *w, const struct field *f, const char *name,
                        struct bound b)
{
    if (!b.set)
        return;
    json_name(w, str_of(name));
    if (f->kind == INT && b.value > -0x1p63 && b.value < 0x1p63)
        json_put_int(w, (int64_t)b.value);
    else
        json_put_double(w, b.value);
}

static void write_choices(struct json_writer *w, const char *const *choices)
{
    if (!choices)
        return;
    json_name(w, LIT("enum"));
    json_list_begin(w);
    for (const char *const *c = choices; *c; c++)
        json_put_string(w, str_of(*c));
    json_list_end(w);
    if (choices[0] && !choices[1])
        write_text(w, "const", choices[0]);
}

static const char *format_of(const struct field *f)
{
    if (f->secret || f->format == PASSWORD)
        return "password";
    return f->format == EMAIL ? "email" : f->format == URL ? "uri" : NULL;
}

static void write_string(const struct field *f, struct json_writer *w)
{
    bool url = f->format == URL;

    write_text(w, "type", "string");
    write_choices(w, f->choices);
    write_count(w, "maxLength", url && !f->max_chars ? URL_CHARS_MAX : f->max_chars);
    write_count(w, "minLength", url && !f->min_chars ? 1 : f->min_chars);
    if (f->pattern)
        write_text(w, "pattern", f->pattern->text);
    write_text(w, "format", format_of(f));
}

static void write_number(const struct field *f, const char *type, struct json_writer *w)
{
    write_text(w, "type", type);
    write_bound(w, f, "maximum", f->at_most);
    write_bound(w, f, "minimum", f->at_least);
}

static void write_reference(const struct schema *s, struct json_writer *w)
{
    char       memory[NAME_BYTES];
    struct buf path = buf_fixed(memory, sizeof memory);

    buf_add(&path, LIT("#/components/schemas/"));
    describe_name(&path, s->name);
    json_name(w, LIT("$ref"));
    json_put_string(w, buf_str(&path));
}

static void write_list(const struct field *f, struct json_writer *w)
{
    json_name(w, LIT("items"));
    describe_field(f->item, NULL, w);
    write_text(w, "type", "array");
    write_count(w, "maxItems", f->max_items);
}

static void write_map(const struct field *f, struct json_writer *w)
{
    json_name(w, LIT("additionalProperties"));
    describe_field(f->item, NULL, w);
    write_text(w, "type", "object");
    write_count(w, "maxProperties", f->max_items);
    if (f->max_items) {
        json_name(w, LIT("propertyNames"));
        json_object_begin(w);
        write_count(w, "maxLength", row_key_chars_max(f));
        json_object_end(w);
    }
}

/* The members that say what the value is, null apart, within an object that is open. */
static void write_type(const struct field *f, struct json_writer *w)
{
    switch (f->kind) {
    case STR:
        write_string(f, w);
        return;
    case INT:
        write_number(f, "integer", w);
        return;
    case REAL:
        write_number(f, "number", w);
        return;
    case BOOL:
        write_text(w, "type", "boolean");
        return;
    case INSTANT:
        write_text(w, "type", "string");
        write_text(w, "format", "date-time");
        return;
    case OBJECT:
        write_reference(f->of, w);
        return;
    case LIST:
        write_list(f, w);
        return;
    case MAP:
        write_map(f, w);
        return;
    }
}

static void write_type_or_null(const struct field *f, struct json_writer *w)
{
    if (!row_may_be_null(f)) {
        write_type(f, w);
        return;
    }
    json_name(w, LIT("anyOf"));
    json_list_begin(w);
    json_object_begin(w);
    write_type(f, w);
    json_object_end(w);
    json_object_begin(w);
    write_text(w, "type", "null");
    json_object_end(w);
    json_list_end(w);
}

/* What is said about the value beside its type. */
static void write_about(const struct field *f, enum describe_use use, struct json_writer *w)
{
    write_text(w, "description", f->doc);
    if (f->always)
        write_text(w, "default", f->always);
    else
        write_json(w, "default", f->preset);
    if (f->secret && use == DESCRIBE_IN) {
        json_name(w, LIT("writeOnly"));
        json_put_bool(w, true);
    }
    if (f->example) {
        json_name(w, LIT("examples"));
        json_list_begin(w);
        json_put_copy(w, str_of(f->example));
        json_list_end(w);
    }
}

static void write_properties(const struct schema *s, enum describe_use use, struct json_writer *w)
{
    json_name(w, LIT("properties"));
    json_object_begin(w);
    for (const struct field *f = s->fields; f->kind; f++) {
        json_name(w, str_of(f->name));
        json_object_begin(w);
        write_type_or_null(f, w);
        if (f->kind != OBJECT)
            write_title(f->name, describe_title, w);
        write_about(f, use, w);
        json_object_end(w);
    }
    json_object_end(w);
}

static void write_required(const struct schema *s, struct json_writer *w)
{
    bool any = false;

    for (const struct field *f = s->fields; f->kind; f++) {
        if (row_may_be_absent(f))
            continue;
        if (!any) {
            json_name(w, LIT("required"));
            json_list_begin(w);
            any = true;
        }
        json_put_string(w, str_of(f->name));
    }
    if (any)
        json_list_end(w);
}

/* A tag that begins with a capital is written as it is. */
void describe_name(struct buf *out, const char *tag)
{
    bool as_is = *tag >= 'A' && *tag <= 'Z', first = true;

    for (; *tag; tag++) {
        if (as_is || *tag != '_')
            buf_add_char(out, first && !as_is ? upper(*tag) : *tag);
        first = *tag == '_';
    }
}

void describe_title(struct buf *out, const char *name)
{
    bool letter = false;

    for (; *name; name++) {
        char c = *name == '_' ? ' ' : *name;
        buf_add_char(out, letter ? ascii_lower(c) : upper(c));
        letter = ascii_is_alpha(c);
    }
}

void describe_schema(const struct schema *s, enum describe_use use, struct json_writer *w)
{
    json_object_begin(w);
    if (rows_are_root(s)) {
        write_type_or_null(s->fields, w);
    } else {
        write_properties(s, use, w);
        write_text(w, "type", "object");
        write_required(s, w);
    }
    write_title(s->name, describe_name, w);
    write_text(w, "description", s->doc);
    json_object_end(w);
}

void describe_field(const struct field *f, const char *title, struct json_writer *w)
{
    json_object_begin(w);
    write_type_or_null(f, w);
    write_text(w, "title", title);
    write_about(f, DESCRIBE_IN, w);
    json_object_end(w);
}

void describe_nested(const struct schema *s, void (*visit)(void *context, const struct schema *),
                     void *context)
{
    visit(context, s);
    for (const struct field *f = s->fields; f->kind; f++)
        for (const struct field *value = f; value; value = value->item)
            if (value->of)
                describe_nested(value->of, visit, context);
}
