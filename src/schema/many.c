/* many.c: lists and maps.
 *
 * Their text has been read once already, so it is sound.  It is walked once to count, so that too
 * many are refused before anything is allocated for them, and once to judge each value. */
#include "schema/value.h"

#include "base/check.h"
#include "schema/rows.h"

static bool refuse_count(struct decoding *d, const struct value *v, size_t count)
{
    char       memory[PHRASE_BYTES];
    struct buf message = buf_fixed(memory, sizeof memory);
    size_t     max = v->field->max_items;
    const char *type = v->field->kind == LIST ? "List" : "Dictionary";

    buf_format(&message, "%s should have at most %zu item%s after validation, not %zu", type, max,
               max == 1 ? "" : "s", count);
    return value_refuse(
        d, v, "too_long", buf_str(&message),
        arena_format(d->arena, "{\"field_type\":\"%s\",\"max_length\":%zu,\"actual_length\":%zu}",
                     type, max, count));
}

/* The values in the list or map. */
static size_t count_values(const struct value *v)
{
    struct json_reader r = json_reader(v->json);
    struct json_token  t = json_next(&r);
    size_t             count = 0;
    bool               map = t.kind == JSON_OBJECT_BEGIN;

    for (t = json_next(&r); t.kind != JSON_LIST_END && t.kind != JSON_OBJECT_END;
         t = json_next(&r)) {
        if (map)
            t = json_next(&r);
        CHECK(json_skip(&r, t));
        count++;
    }
    return count;
}

/* Room for all the values in *out; false when they are too many or the arena failed. */
static bool make_room(struct decoding *d, const struct value *v, size_t count, struct many *out)
{
    if (v->field->max_items && count > v->field->max_items)
        return refuse_count(d, v, count);
    out->at = arena_alloc_many(d->arena, count ? count : 1, row_stride(v->field));
    out->len = count;
    return out->at != NULL;
}

/* The value whose first token the reader has just answered. */
static struct value value_in(const struct value *of, struct json_reader *r, struct json_token t)
{
    CHECK(json_skip(r, t));
    return (struct value){ of->field->item, of->where, t, str_slice(of->json, t.offset, r->at),
                           of->depth + 1 };
}

bool value_list(struct decoding *d, const struct value *v, struct many *out)
{
    if (v->token.kind != JSON_LIST_BEGIN)
        return value_refuse(d, v, "list_type", LIT("Input should be a valid list"),
                            (struct str){ 0 });
    if (!make_room(d, v, count_values(v), out))
        return false;
    struct json_reader r = json_reader(v->json);
    bool               fits = true;
    json_next(&r);
    for (size_t i = 0; i < out->len && !d->arena->failed; i++) {
        struct value item = value_in(v, &r, json_next(&r));
        struct place where = { .outer = v->where, .index = i };
        item.where = &where;
        fits &= value_decode(d, &item, (char *)out->at + i * row_stride(v->field));
    }
    return fits && !d->arena->failed;
}

static bool key_fits(struct decoding *d, const struct field *map, struct str key,
                     const struct value *of)
{
    struct field row = { .kind = STR, .max_chars = row_key_chars_max(map) };
    struct place where = { .outer = of->where, .name = LIT("[key]") };
    struct value v = { &row, &where, { .kind = JSON_STRING, .text = key }, { 0 }, of->depth };
    struct str   unused;

    return value_str(d, &v, &unused);
}

/* The key's token, unescaped; its value is decoded into the element. */
static bool entry(struct decoding *d, const struct value *v, struct json_reader *r, char *element)
{
    struct str   key = json_unescape(d->arena, json_next(r));
    struct place where = { .outer = v->where, .name = key };
    struct value item = value_in(v, r, json_next(r));

    if (!key.at)
        return false;
    *(struct str *)element = key;
    item.where = &where;
    bool fits = key_fits(d, v->field, key, &item);
    return value_decode(d, &item, element + MAP_VALUE_AT) && fits;
}

static void refuse_twin_keys(struct decoding *d, const struct value *v, const struct many *map)
{
    struct str *keys = arena_alloc_many(d->arena, map->len, sizeof *keys);

    for (size_t i = 0; keys && i < map->len; i++)
        keys[i] = *(struct str *)((char *)map->at + i * row_stride(v->field));
    if (keys)
        value_twins(d, keys, map->len, v->where);
}

bool value_map(struct decoding *d, const struct value *v, struct many *out)
{
    size_t faults = d->faults->count;

    if (v->token.kind != JSON_OBJECT_BEGIN)
        return value_refuse(d, v, "dict_type", LIT("Input should be a valid dictionary"),
                            (struct str){ 0 });
    if (!make_room(d, v, count_values(v), out))
        return false;
    struct json_reader r = json_reader(v->json);
    bool               fits = true;
    json_next(&r);
    for (size_t i = 0; i < out->len && !d->arena->failed; i++)
        fits &= entry(d, v, &r, (char *)out->at + i * row_stride(v->field));
    if (out->len > 1 && !d->arena->failed)
        refuse_twin_keys(d, v, out);
    return fits && !d->arena->failed && d->faults->count == faults;
}
