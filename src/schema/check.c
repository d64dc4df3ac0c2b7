/* check.c: what can be wrong with a table, looked for row by row; the first fault ends the search.
 *
 * A test of one row is a line in a list: a condition and what to say.  What concerns several rows
 * (names, layout) follows.  A preset is tried by decoding it. */
#include "schema/check.h"

#include <regex.h>
#include <stdlib.h>

#include "json/read.h"
#include "schema/rows.h"
#include "schema/value.h"

struct checking {
    enum schema_use use;
    struct buf     *why;
};

/* The row under test: an item is named by the row that it belongs to. */
struct spot {
    const struct schema *schema;
    const char          *row;
    bool                 item;
};

static bool is_request(enum schema_use use)
{
    return use == SCHEMA_IN || use == SCHEMA_PARAMETERS || use == SCHEMA_FORM;
}

/* "user_create.email: what is wrong"; always false. */
static bool say(struct checking *c, const struct spot *at, const char *what)
{
    buf_format(c->why, "%s%s%s%s: %s",
               at->schema->name ? at->schema->name : "(a schema without a name)",
               at->row ? "." : "", at->row ? at->row : "", at->item ? "[]" : "", what);
    return false;
}

static size_t size_of(const struct field *f)
{
    switch (f->kind) {
    case STR:
        return sizeof(struct str);
    case INT:
        return f->maybe ? sizeof(struct maybe_int) : sizeof(int64_t);
    case REAL:
        return f->maybe ? sizeof(struct maybe_real) : sizeof(double);
    case BOOL:
        return f->maybe ? sizeof(struct maybe_bool) : sizeof(bool);
    case INSTANT:
        return f->maybe ? sizeof(struct maybe_instant) : sizeof(struct instant);
    case OBJECT:
        return f->of->size;
    case LIST:
    case MAP:
        return sizeof(struct many);
    }
    return 0;
}

static bool is_number(const struct field *f)
{
    return f->kind == INT || f->kind == REAL;
}

static bool has_string_rules(const struct field *f)
{
    return f->min_chars || f->max_chars || f->max_bytes || f->format || f->pattern || f->choices ||
           f->always;
}

static bool is_unbounded_string(const struct field *f)
{
    return f->kind == STR && !f->max_chars && !f->max_bytes && !f->choices && !f->always &&
           f->format != EMAIL && f->format != URL;
}

static bool cannot_say_none(const struct field *f)
{
    bool none = row_may_be_null(f) || (f->preset && strcmp(f->preset, "null") == 0);

    return none && !f->maybe &&
           (is_number(f) || f->kind == BOOL || f->kind == INSTANT || f->kind == OBJECT);
}

/* The first thing that is wrong with the row alone; NULL when nothing is. */
static const char *row_fault(const struct field *f, enum schema_use use)
{
    bool in = is_request(use), many = f->kind == LIST || f->kind == MAP;
    const struct {
        bool        wrong;
        const char *what;
    } tests[] = {
        { f->kind < STR || f->kind > MAP, "there is no such kind" },
        { f->kind == OBJECT && !f->of, "an object needs a schema" },
        { many && !f->item, "a list or map needs the row of its items" },
        { f->kind != STR && has_string_rules(f),
          "only a string can have lengths, a format, a pattern or choices" },
        { !is_number(f) && (f->at_least.set || f->at_most.set),
          "only a number can have .at_least or .at_most" },
        { !many && f->max_items, "only a list or map can have .max_items" },
        { in && is_unbounded_string(f), "a string needs .max_chars or .max_bytes" },
        { in && f->kind == LIST && !f->max_items, "a list needs .max_items" },
        { in && f->kind == MAP && !f->max_items, "a map needs .max_items" },
        { f->max_chars && f->min_chars > f->max_chars, ".min_chars is above .max_chars" },
        { f->max_bytes && f->min_chars > f->max_bytes, ".min_chars is above .max_bytes" },
        { f->at_least.set && f->at_most.set && !(f->at_least.value <= f->at_most.value),
          ".at_least is above .at_most" },
        { f->choices && !f->choices[0], "the list of choices is empty" },
        { cannot_say_none(f), f->kind == OBJECT
                                  ? "to be absent or null it needs a pointer (MAYBE_NESTED)"
                                  : "to be absent or null it needs a struct maybe_… type" },
        { use == SCHEMA_OUT && f->secret, "a secret cannot be in an answer" },
        { in && f->credential, "a credential cannot be in a request" },
        { f->refused_as && use != SCHEMA_PARAMETERS && use != SCHEMA_FORM,
          "only a parameter or form field can have .refused_as" },
        { (use == SCHEMA_PARAMETERS || use == SCHEMA_FORM) && (f->kind == OBJECT || f->kind == MAP),
          "a parameter or form field cannot be an object or a map" },
    };

    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (tests[i].wrong)
            return tests[i].what;
    return f->size == size_of(f) ? NULL
           : f->kind == OBJECT   ? "the member is not as large as its schema"
                                 : "the member is not as large as its kind";
}

/* A back-reference makes matching as slow as a peer likes. */
static bool has_back_reference(const char *pattern)
{
    for (const char *at = strchr(pattern, '\\'); at && at[1]; at = strchr(at + 2, '\\'))
        if (ascii_is_digit(at[1]))
            return true;
    return false;
}

static bool compile(struct checking *c, const struct spot *at, struct pattern *p)
{
    char     reason[PHRASE_BYTES] = "a pattern: ";
    size_t   said = strlen(reason);
    regex_t *compiled;

    if (p->compiled)
        return true;
    if (has_back_reference(p->text))
        return say(c, at, "a pattern cannot have back-references");
    compiled = calloc(1, sizeof *compiled);
    if (!compiled)
        return say(c, at, "a pattern: no memory");
    int fault = regcomp(compiled, p->text, REG_EXTENDED);
    if (fault) {
        regerror(fault, compiled, reason + said, sizeof reason - said);
        free(compiled);
        return say(c, at, reason);
    }
    p->compiled = compiled;
    return true;
}

static bool is_json(const char *text)
{
    struct json_reader r = json_reader(str_of(text));

    return json_skip(&r, json_next(&r)) && json_next(&r).kind == JSON_END;
}

/* Does the row take its own preset? */
static bool preset_fits(const struct field *f)
{
    struct arena    arena = arena_new(1 << 20);
    struct buf      text = buf_growing(FAULT_BYTES_MAX);
    struct faults   faults = faults_begin(&text);
    struct decoding d = { &arena, &faults };
    void           *out = arena_alloc(&arena, row_extent(f));
    bool            fits = out && is_json(f->preset) && value_preset(&d, f, NULL, out);

    buf_close(&text);
    arena_close(&arena);
    return fits;
}

static bool check_schema(struct checking *c, const struct schema *s, unsigned depth);

static bool check_row(struct checking *c, const struct spot *at, const struct field *f,
                      unsigned depth)
{
    const char *fault = row_fault(f, c->use);

    if (fault)
        return say(c, at, fault);
    if (f->pattern && !compile(c, at, f->pattern))
        return false;
    if (f->example && !is_json(f->example))
        return say(c, at, "the example is not JSON");
    if (depth > JSON_DEPTH_MAX)
        return say(c, at, "nested too deeply");
    if (f->item && !check_row(c, &(struct spot){ at->schema, at->row, true }, f->item, depth + 1))
        return false;
    if (f->of && !check_schema(c, f->of, depth + 1))
        return false;
    return !f->preset || preset_fits(f) || say(c, at, "the row refuses its own preset");
}

static bool check_name(struct checking *c, const struct schema *s, const struct field *f)
{
    struct spot at = { s, f->name, false };

    if (f->root)
        return (rows_count(s) == 1 && c->use != SCHEMA_PARAMETERS && c->use != SCHEMA_FORM) ||
               say(c, &at, "a root must be the only row, and of a body");
    if (!f->name || !*f->name)
        return say(c, &at, "a row without a name");
    for (const struct field *g = s->fields; g != f; g++)
        if (g->name && strcmp(f->name, g->name) == 0)
            return say(c, &at, "the name is there twice");
    return true;
}

static bool overlap(const struct field *a, const struct field *b)
{
    return a->at < b->at + row_extent(b) && b->at < a->at + row_extent(a);
}

/* The offset at which the first member at or after `at` begins, or the struct's end. */
static size_t next_member(const struct schema *s, size_t at)
{
    size_t next = s->size;

    for (const struct field *f = s->fields; f->kind; f++)
        if (f->at >= at && f->at < next)
            next = f->at;
    return next;
}

/* Room for a member that no row speaks of, after the one that ends at `end`. */
static bool has_gap(const struct schema *s, size_t end)
{
    enum { PADDING_MAX = 7 };

    return next_member(s, end) - end > PADDING_MAX;
}

static const char *member_fault(const struct schema *s, const struct field *f)
{
    if (f->at > s->size || row_extent(f) > s->size - f->at)
        return "the member is outside of the struct";
    for (const struct field *g = s->fields; g != f; g++)
        if (overlap(f, g))
            return "the member overlaps another";
    return NULL;
}

static bool check_layout(struct checking *c, const struct schema *s)
{
    for (const struct field *f = s->fields; f->kind; f++) {
        const char *fault = member_fault(s, f);
        if (fault)
            return say(c, &(struct spot){ s, f->name, false }, fault);
    }
    for (const struct field *f = s->fields; f->kind; f++)
        if (has_gap(s, f->at + row_extent(f)))
            return say(c, &(struct spot){ s, f->name, false },
                       "a member of the struct that no row speaks of follows");
    return !has_gap(s, 0) ||
           say(c, &(struct spot){ .schema = s }, "no row speaks of the struct's first member");
}

static bool check_schema(struct checking *c, const struct schema *s, unsigned depth)
{
    if (!s->name)
        return say(c, &(struct spot){ .schema = s }, "a schema needs a name");
    for (const struct field *f = s->fields; f->kind; f++) {
        struct spot at = { s, f->name, false };
        if (!check_name(c, s, f) || !check_row(c, &at, f, depth))
            return false;
    }
    return check_layout(c, s);
}

bool schema_check(const struct schema *s, enum schema_use use, struct buf *why)
{
    struct checking c = { use, why };

    return check_schema(&c, s, 1);
}
