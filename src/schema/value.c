/* value.c: what every kind of value has in common: being refused, and being preset. */
#include "schema/value.h"

#include "schema/rows.h"

/* A parameter's text as JSON; none when the arena failed. */
static struct str quoted(struct arena *a, struct str text)
{
    enum { ESCAPED_MAX = 6 };
    size_t need = ESCAPED_MAX * text.len + 2;
    char  *memory = arena_alloc(a, need);

    if (!memory)
        return (struct str){ 0 };
    struct buf out = buf_fixed(memory, need);
    json_quote(&out, text);
    return buf_str(&out);
}

bool value_refuse(struct decoding *d, const struct value *v, const char *type, struct str message,
            struct str context)
{
    struct str input = { 0 };

    if (d->arena->failed)   /* what was refused may be a lack of memory */
        return false;
    if (!row_has_secret(v->field) && !d->faults->conceal)
        input = v->json.at ? v->json : quoted(d->arena, v->token.text);
    fault_add(d->faults, type, v->where, message, input, context);
    return false;
}

bool value_missing(struct decoding *d, const struct place *where, struct str input)
{
    fault_add(d->faults, "missing", where, LIT("Field required"), input, (struct str){ 0 });
    return false;
}

bool value_twin(struct decoding *d, const struct place *where)
{
    fault_add(d->faults, "duplicate_member", where, LIT("Member given more than once"),
              (struct str){ 0 }, (struct str){ 0 });
    return false;
}

static int order(struct str a, struct str b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.at, b.at, a.len) : 0;
}

static void sift_down(struct str *names, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && order(names[child], names[child + 1]) < 0)
            child++;
        if (order(names[at], names[child]) >= 0)
            return;
        struct str held = names[at];
        names[at] = names[child];
        names[child] = held;
    }
}

/* A heap sort: whatever a peer sends, n log n, and no memory. */
static void sort(struct str *names, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(names, i, count);
    for (size_t end = count; end > 1;) {
        struct str largest = names[0];
        names[0] = names[--end];
        names[end] = largest;
        sift_down(names, 0, end);
    }
}

void value_twins(struct decoding *d, struct str *names, size_t count, const struct place *where)
{
    sort(names, count);
    for (size_t i = 1; i < count; i++) {
        bool first_twin = i == 1 || order(names[i - 2], names[i]) != 0;
        if (order(names[i - 1], names[i]) == 0 && first_twin)
            value_twin(d, &(struct place){ .outer = where, .name = names[i] });
    }
}

bool value_preset(struct decoding *d, const struct field *f, const struct place *where, void *out)
{
    struct str         json = str_of(f->preset);
    struct json_reader r = json_reader(json);
    struct value       v = { f, where, json_next(&r), json, 0 };

    return v.token.kind == JSON_NULL || value_decode(d, &v, out);
}
