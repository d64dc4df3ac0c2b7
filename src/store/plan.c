/* plan.c: pairs what SQLite calls by name with what the schemas call by name, and finds a plan
 * again by its statement's address. */
#include "store/plan.h"

#include <stdlib.h>

static bool complain(const struct plan *p, struct buf *why, const char *what, const char *name)
{
    buf_format(why, "statement \"%.60s\": %s%s", p->statement->sql, what, name);
    return false;
}

static size_t field_count(const struct schema *s)
{
    size_t count = 0;

    while (s && s->fields[count].kind)
        count++;
    return count;
}

static const struct field *find_field(const struct schema *s, const char *name)
{
    for (size_t i = 0; s && s->fields[i].kind; i++)
        if (strcmp(s->fields[i].name, name) == 0)
            return &s->fields[i];
    return NULL;
}

static bool is_storable(const struct field *f)
{
    return f->kind == STR || f->kind == INT || f->kind == REAL || f->kind == BOOL
           || f->kind == INSTANT;
}

static struct slot slot_of(const struct field *f)
{
    return (struct slot){ .name = f->name, .at = f->at, .kind = f->kind, .maybe = f->maybe,
                          .none = f->optional || f->nullable, .bytes = f->bytes };
}

static bool fits(const struct field *f, const struct plan *p, const char *name, const char *missing,
                 struct buf *why)
{
    if (!f)
        return complain(p, why, missing, name);
    if (!is_storable(f))
        return complain(p, why, "an object, list or map cannot be stored: ", f->name);
    return true;
}

/* Says which row of the schema no slot has. */
static bool none_left(const struct plan *p, const struct schema *s, const struct slot *slots,
                      int count, const char *unused, struct buf *why)
{
    for (size_t i = 0; s && s->fields[i].kind; i++) {
        bool used = false;
        for (int k = 0; k < count && !used; k++)
            used = slots[k].at == s->fields[i].at;
        if (!used)
            return complain(p, why, unused, s->fields[i].name);
    }
    return true;
}

static bool fit_parameters(struct plan *p, sqlite3_stmt *prepared, struct buf *why)
{
    const struct schema *schema = p->statement->in;
    int                  count = sqlite3_bind_parameter_count(prepared);

    p->in = calloc((size_t)count + 1, sizeof *p->in);
    if (!p->in)
        return complain(p, why, "out of memory", "");
    for (int i = 0; i < count; i++) {
        const char *name = sqlite3_bind_parameter_name(prepared, i + 1);
        if (!name || *name != ':')
            return complain(p, why, "a parameter must be written :name, not ", name ? name : "?");
        const struct field *f = find_field(schema, name + 1);
        if (!fits(f, p, name, "the struct that goes in has no member for ", why))
            return false;
        p->in[i] = slot_of(f);
    }
    p->in_count = count;
    return none_left(p, schema, p->in, count, "no parameter for the member :", why);
}

static bool fit_columns(struct plan *p, sqlite3_stmt *prepared, struct buf *why)
{
    const struct schema *schema = p->statement->out;
    int                  count = sqlite3_column_count(prepared);

    p->out = calloc((size_t)count + 1, sizeof *p->out);
    if (!p->out)
        return complain(p, why, "out of memory", "");
    for (int i = 0; i < count; i++) {
        const char         *name = sqlite3_column_name(prepared, i);
        const struct field *f = find_field(schema, name);
        if (!fits(f, p, name, "the struct that comes out has no member for the column ", why))
            return false;
        p->out[i] = slot_of(f);
    }
    p->out_count = count;
    if ((size_t)count > field_count(schema))
        return complain(p, why, "a column is named twice", "");
    return none_left(p, schema, p->out, count, "no column for the member ", why);
}

static size_t hash_of(const struct statement *s)
{
    return (size_t)(((uintptr_t)s >> 3) * 0x9e3779b97f4a7c15u >> 32);
}

static void enter(struct plans *p, struct plan *plan)
{
    size_t i = hash_of(plan->statement) & p->table_mask;

    while (p->table[i])
        i = (i + 1) & p->table_mask;
    p->table[i] = plan;
}

bool plans_open(struct plans *p, const struct statement *const *statements)
{
    size_t count = 0, room = 4;

    while (statements && statements[count])
        count++;
    while (room < 2 * count + 1)
        room *= 2;
    *p = (struct plans){ .table_mask = room - 1 };
    p->rows = calloc(count + 1, sizeof *p->rows);
    p->table = calloc(room, sizeof *p->table);
    if (!p->rows || !p->table)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (plans_find(p, statements[i]))
            continue;
        struct plan *plan = &p->rows[p->count];
        *plan = (struct plan){ .statement = statements[i], .number = p->count++ };
        enter(p, plan);
    }
    return true;
}

void plans_close(struct plans *p)
{
    for (size_t i = 0; p->rows && i < p->count; i++) {
        free(p->rows[i].in);
        free(p->rows[i].out);
    }
    free(p->rows);
    free(p->table);
    *p = (struct plans){ 0 };
}

const struct plan *plans_find(const struct plans *p, const struct statement *s)
{
    size_t i = hash_of(s) & p->table_mask;

    while (p->table[i] && p->table[i]->statement != s)
        i = (i + 1) & p->table_mask;
    return p->table[i];
}

bool plan_fit(struct plan *p, sqlite3_stmt *prepared, struct buf *why)
{
    p->writes = !sqlite3_stmt_readonly(prepared);
    p->fitted = fit_parameters(p, prepared, why) && fit_columns(p, prepared, why);
    p->by_id = p->fitted && !p->writes && p->in_count == 1 && p->in->kind == INT && !p->in->maybe;
    return p->fitted;
}
