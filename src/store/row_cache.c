/* row_cache.c: slots of one size, found by the id. */
#include "store/row_cache.h"

#include <stdlib.h>

enum { ROW_BYTES = 128, TEXT_BYTES = 352 };

struct row {
    const struct plan *plan;        /* NULL: free */
    int64_t            id;
    uint64_t           number;
    _Alignas(max_align_t) char bytes[ROW_BYTES];    /* the struct; its strings in `text` */
    char               text[TEXT_BYTES];
};

struct row_cache {
    size_t     slots;       /* a power of two */
    struct row rows[];
};

/* Ids that were given out one after the other do not meet. */
static size_t slot_of(const struct row_cache *c, const struct plan *p, int64_t id)
{
    return ((uint64_t)id + p->number * 0x9e3779b97f4a7c15u) & (c->slots - 1);
}

/* The i-th member when it is a string, else NULL. */
static struct str *string_at(const struct plan *p, int i, void *row)
{
    return p->out[i].kind == STR ? (struct str *)((char *)row + p->out[i].at) : NULL;
}

static bool fits(const struct plan *p, const void *row)
{
    size_t text = 0;

    for (int i = 0; i < p->out_count; i++) {
        const struct str *s = string_at(p, i, (void *)row);
        text += s ? s->len : 0;
    }
    return p->statement->out->size <= ROW_BYTES && text <= TEXT_BYTES;
}

/* None stays none. */
static void keep_strings(struct row *r)
{
    char *at = r->text;

    for (int i = 0; i < r->plan->out_count; i++) {
        struct str *s = string_at(r->plan, i, r->bytes);
        if (!s || !s->at)
            continue;
        memcpy(at, s->at, s->len);
        s->at = at;
        at += s->len;
    }
}

struct row_cache *row_cache_open(size_t rows)
{
    size_t slots = 1;

    if (rows == 0)
        return NULL;
    while (slots < rows)
        slots *= 2;
    size_t            bytes = sizeof(struct row_cache) + slots * sizeof(struct row);
    struct row_cache *c = calloc(1, bytes);
    if (c)
        c->slots = slots;
    return c;
}

void row_cache_close(struct row_cache *c)
{
    for (size_t i = 0; c && i < c->slots; i++)
        if (c->rows[i].plan)    /* writing to memory that was never touched would make it */
            explicit_bzero(&c->rows[i], sizeof c->rows[i]);
    free(c);
}

bool row_cache_find(const struct row_cache *c, const struct plan *p, int64_t id, uint64_t number,
                    struct arena *a, void *out)
{
    if (!c || number == 0)
        return false;
    const struct row *r = &c->rows[slot_of(c, p, id)];
    if (r->plan != p || r->id != id || r->number != number)
        return false;
    memcpy(out, r->bytes, p->statement->out->size);
    for (int i = 0; i < p->out_count; i++) {
        struct str *s = string_at(p, i, out);
        if (s)
            *s = arena_copy(a, *s);
    }
    return true;
}

void row_cache_keep(struct row_cache *c, const struct plan *p, int64_t id, uint64_t number,
                    const void *row)
{
    if (!c || number == 0 || !fits(p, row))
        return;
    struct row *r = &c->rows[slot_of(c, p, id)];
    explicit_bzero(r, sizeof *r);
    r->plan = p;
    r->id = id;
    r->number = number;
    memcpy(r->bytes, row, p->statement->out->size);
    keep_strings(r);
}
