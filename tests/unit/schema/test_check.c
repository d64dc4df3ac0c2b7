/* test_check.c: unsound tables, and the one line that each is refused with. */
#include <stdio.h>

#include "everything.h"
#include "trial.h"

#define ROWS(S, ...)                                                                               \
    &(const struct schema){ .name = "t", .size = sizeof(struct S),                                 \
                            .fields = (const struct field[]){ __VA_ARGS__, { 0 } } }

/* A row that no macro would make. */
#define STRING_AT(offset, bytes)                                                                   \
    { .name = "b", .kind = STR, .at = offset, .size = bytes, .max_chars = 1 }

struct text { struct str s; };
struct number { int64_t n; };
struct real { double x; };
struct two { struct str a, b; };
struct three { struct str a; int64_t n; struct str b; };
struct padded { bool a; int64_t n; bool b; };
struct nested { struct inner o; };
struct pointed { struct inner *o; };
struct list { LIST_OF(struct str) l; };
struct objects { LIST_OF(struct inner) l; };
struct map { MAP_OF(int64_t) m; };
struct moment { struct instant t; };

/* Nests in itself. */
struct tree { struct tree *left; };
static const struct schema tree =
    SCHEMA(tree, MAYBE_NESTED(tree, left, tree, tree, .optional = true));

static const struct schema other_inner = {
    .name = "other", .size = sizeof(struct text), .fields = (const struct field[]){
        FIELD(text, s, .max_chars = 1), { 0 } },
};
static const struct schema open_inner = {
    .name = "inner", .size = sizeof(struct inner), .fields = (const struct field[]){
        FIELD(inner, sku), FIELD(inner, count), { 0 } },
};

/* Compiled patterns stay: they are not the stack's. */
static struct pattern only_a = { .text = "a" }, a_dot_b = { .text = "^a\\.b$" };

static void assert_refused(const struct schema *s, enum schema_use use, const char *line)
{
    struct buf why = buf_growing(1000);

    if (schema_check(s, use, &why))
        fail_msg("accepted, but should be: %s", line);
    buf_add_char(&why, 0);
    assert_string_equal(why.at, line);
    assert_null(strchr(why.at, '\n'));
    buf_close(&why);
}

#define IN(line, ...) assert_refused(__VA_ARGS__, SCHEMA_IN, line)

static void lengths(void **unused)
{
    (void)unused;
    IN("t.s: a string needs .max_chars or .max_bytes", ROWS(text, FIELD(text, s)));
    IN("t.s: a string needs .max_chars or .max_bytes", ROWS(text, FIELD(text, s, .min_chars = 1)));
    IN("t.l: a list needs .max_items",
       ROWS(list, LISTED(list, l, struct str, ITEM(struct str, .max_chars = 1))));
    IN("t.l[]: a string needs .max_chars or .max_bytes",
       ROWS(list, LISTED(list, l, struct str, ITEM(struct str), .max_items = 1)));
    IN("t.m: a map needs .max_items", ROWS(map, MAPPED(map, m, int64_t, ITEM(int64_t))));
    IN("inner.sku: a string needs .max_chars or .max_bytes",
       ROWS(nested, NESTED(nested, o, inner, open_inner)));
    IN("t.s: .min_chars is above .max_chars",
       ROWS(text, FIELD(text, s, .min_chars = 2, .max_chars = 1)));
    IN("t.s: .min_chars is above .max_bytes",
       ROWS(text, FIELD(text, s, .min_chars = 2, .max_bytes = 1)));
    IN("t.n: .at_least is above .at_most",
       ROWS(number, FIELD(number, n, .at_least = IS(2), .at_most = IS(1))));
    IN("t.x: .at_least is above .at_most",
       ROWS(real, FIELD(real, x, .at_least = IS(__builtin_nan("")), .at_most = IS(1))));
    assert_sound(ROWS(text, FIELD(text, s)), SCHEMA_OUT);
    assert_sound(ROWS(text, FIELD(text, s)), SCHEMA_ROW);
    assert_sound(ROWS(text, FIELD(text, s, .format = EMAIL)), SCHEMA_IN);
    assert_sound(ROWS(text, FIELD(text, s, .choices = CHOICES("a"))), SCHEMA_IN);
}

static void names(void **unused)
{
    (void)unused;
    IN("t.a: the name is there twice",
       ROWS(two, FIELD(two, a, .max_chars = 1), FIELD(two, a, .max_chars = 1)));
    IN("t: a row without a name",
       ROWS(text, { .kind = STR, .size = sizeof(struct str), .max_chars = 1 }));
    IN("(a schema without a name): a schema needs a name",
       &(const struct schema){ .fields = (const struct field[]){ { 0 } } });
    IN("t.a: a root must be the only row, and of a body",
       ROWS(two, FIELD(two, a, .max_chars = 1, .root = true), FIELD(two, b, .max_chars = 1)));
    assert_refused(ROWS(text, FIELD(text, s, .max_chars = 1, .root = true)), SCHEMA_FORM,
                   "t.s: a root must be the only row, and of a body");
}

static void layout(void **unused)
{
    (void)unused;
    IN("t.b: the member is outside of the struct",
       ROWS(text, FIELD(text, s, .max_chars = 1), FIELD(two, b, .max_chars = 1)));
    IN("t.b: the member is outside of the struct",
       ROWS(two, FIELD(two, a, .max_chars = 1), STRING_AT(SIZE_MAX - 7, 16)));
    IN("t.b: the member overlaps another",
       ROWS(two, FIELD(two, a, .max_chars = 1), STRING_AT(8, 16)));
    IN("t.a: a member of the struct that no row speaks of follows",
       ROWS(three, FIELD(three, a, .max_chars = 1), FIELD(three, b, .max_chars = 1)));
    IN("t.a: a member of the struct that no row speaks of follows",
       ROWS(two, FIELD(two, a, .max_chars = 1)));
    IN("t: no row speaks of the struct's first member", ROWS(two, FIELD(two, b, .max_chars = 1)));
    assert_sound(ROWS(padded, FIELD(padded, a), FIELD(padded, b), FIELD(padded, n)), SCHEMA_IN);
    IN("t.b: the member is not as large as its kind",
       ROWS(text, STRING_AT(0, 8)));
    IN("t.o: the member is not as large as its schema",
       ROWS(nested, NESTED(nested, o, inner, other_inner)));
    IN("t.l[]: the member is not as large as its schema",
       ROWS(objects,
            LISTED(objects, l, struct inner, ITEM_OBJECT(inner, other_inner), .max_items = 1)));
    IN("t.n: there is no such kind", ROWS(number, { .name = "n", .kind = 99, .size = 8 }));
    IN("t.o: an object needs a schema",
       ROWS(nested, { .name = "o", .kind = OBJECT, .size = sizeof(struct inner) }));
    IN("t.l: a list or map needs the row of its items",
       ROWS(list, { .name = "l", .kind = LIST, .size = sizeof(struct many), .max_items = 1 }));
    IN("tree.left: nested too deeply", &tree);
}

static void none(void **unused)
{
    (void)unused;
    IN("t.n: to be absent or null it needs a struct maybe_… type",
       ROWS(number, FIELD(number, n, .optional = true)));
    IN("t.n: to be absent or null it needs a struct maybe_… type",
       ROWS(number, FIELD(number, n, .nullable = true, .preset = "1")));
    IN("t.t: to be absent or null it needs a struct maybe_… type",
       ROWS(moment, FIELD(moment, t, .preset = "null")));
    IN("t.o: to be absent or null it needs a pointer (MAYBE_NESTED)",
       ROWS(nested, NESTED(nested, o, inner, inner_schema, .nullable = true)));
    IN("t.l[]: to be absent or null it needs a pointer (MAYBE_NESTED)",
       ROWS(objects, LISTED(objects, l, struct inner,
                            &(const struct field){ .kind = OBJECT, .size = sizeof(struct inner),
                                                   .of = &inner_schema, .nullable = true },
                            .max_items = 1)));
    assert_sound(ROWS(number, FIELD(number, n, .preset = "1")), SCHEMA_IN);
    assert_sound(ROWS(text, FIELD(text, s, .max_chars = 1, .optional = true)), SCHEMA_IN);
    assert_sound(ROWS(pointed, MAYBE_NESTED(pointed, o, inner, inner_schema, .nullable = true)),
                 SCHEMA_IN);
}

static void presets(void **unused)
{
    static const char line[] = "t.n: the row refuses its own preset";

    (void)unused;
    IN(line, ROWS(number, FIELD(number, n, .preset = "x")));
    IN(line, ROWS(number, FIELD(number, n, .preset = "1 2")));
    IN(line, ROWS(number, FIELD(number, n, .preset = "")));
    IN(line, ROWS(number, FIELD(number, n, .preset = "\"x\"")));
    IN(line, ROWS(number, FIELD(number, n, .preset = "3", .at_most = IS(2))));
    IN("t.s: the row refuses its own preset",
       ROWS(text, FIELD(text, s, .preset = "\"b\"", .choices = CHOICES("a"))));
    IN("t.s: the row refuses its own preset",
       ROWS(text, FIELD(text, s, .preset = "\"b\"", .max_chars = 3, .pattern = &only_a)));
    IN("t.l: the row refuses its own preset",
       ROWS(list, LISTED(list, l, struct str, ITEM(struct str, .max_chars = 1), .max_items = 1,
                         .preset = "[\"a\",\"b\"]")));
    IN("t.s: the example is not JSON",
       ROWS(text, FIELD(text, s, .max_chars = 3, .example = "abc")));
}

static void rules(void **unused)
{
    (void)unused;
    IN("t.s: the list of choices is empty",
       ROWS(text, FIELD(text, s, .choices = (const char *const[]){ NULL })));
    IN("t.n: only a string can have lengths, a format, a pattern or choices",
       ROWS(number, FIELD(number, n, .max_chars = 1)));
    IN("t.s: only a number can have .at_least or .at_most",
       ROWS(text, FIELD(text, s, .max_chars = 1, .at_most = IS(1))));
    IN("t.s: only a list or map can have .max_items",
       ROWS(text, FIELD(text, s, .max_chars = 1, .max_items = 1)));
    IN("t.s: a pattern cannot have back-references",
       ROWS(text, FIELD(text, s, .max_chars = 1, .pattern = PATTERN("\\\\(a)\\1"))));
    IN("t.s: a pattern: Unmatched ( or \\(",
       ROWS(text, FIELD(text, s, .max_chars = 1, .pattern = PATTERN("("))));
}

static void uses(void **unused)
{
    const struct schema *secret = ROWS(text, FIELD(text, s, .max_chars = 9, .secret = true));
    const struct schema *credential =
        ROWS(text, FIELD(text, s, .max_chars = 9, .credential = true));
    const struct schema *object = ROWS(nested, NESTED(nested, o, inner, inner_schema));
    const struct schema *map = ROWS(map, MAPPED(map, m, int64_t, ITEM(int64_t), .max_items = 1));
    const struct schema *objects =
        ROWS(objects,
             LISTED(objects, l, struct inner, ITEM_OBJECT(inner, inner_schema), .max_items = 1));
    static const char composite[] = "a parameter or form field cannot be an object or a map";
    char line[100];

    (void)unused;
    assert_refused(secret, SCHEMA_OUT, "t.s: a secret cannot be in an answer");
    assert_sound(secret, SCHEMA_IN);
    assert_sound(secret, SCHEMA_FORM);
    assert_sound(secret, SCHEMA_ROW);
    assert_refused(credential, SCHEMA_IN, "t.s: a credential cannot be in a request");
    assert_refused(credential, SCHEMA_FORM, "t.s: a credential cannot be in a request");
    assert_refused(credential, SCHEMA_PARAMETERS, "t.s: a credential cannot be in a request");
    assert_sound(credential, SCHEMA_OUT);
    for (enum schema_use use = SCHEMA_PARAMETERS; use <= SCHEMA_FORM; use++) {
        snprintf(line, sizeof line, "t.o: %s", composite);
        assert_refused(object, use, line);
        snprintf(line, sizeof line, "t.m: %s", composite);
        assert_refused(map, use, line);
        snprintf(line, sizeof line, "t.l[]: %s", composite);
        assert_refused(objects, use, line);
    }
    assert_sound(object, SCHEMA_IN);
    assert_sound(map, SCHEMA_OUT);
}

/* A table may be asked about twice: patterns are kept. */
static void again(void **unused)
{
    const struct schema *s = ROWS(text, FIELD(text, s, .max_chars = 5, .pattern = &a_dot_b));

    (void)unused;
    assert_sound(s, SCHEMA_IN);
    assert_sound(s, SCHEMA_IN);
    assert_answer(s, "{\"s\":\"a.b\"}", "{\"s\":\"a.b\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths), cmocka_unit_test(names), cmocka_unit_test(layout),
        cmocka_unit_test(none),    cmocka_unit_test(presets), cmocka_unit_test(rules),
        cmocka_unit_test(uses),    cmocka_unit_test(again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
