/* bodies.c: do two bodies say the same, and what does one say at a pointer?
 *
 * Both are read as JSON (jansson) and walked together.  The way down is a list of places on the
 * stack, so that a path is written only when something differs.  Depth is bounded by jansson's
 * reader (2,048). */
#include <inttypes.h>
#include <jansson.h>

#include "load/expect.h"

enum { SHOWN_BYTES = 60 };

struct place {
    const struct place *up;         /* NULL: the whole body */
    const char         *member;     /* NULL: an element */
    size_t              index;
};

struct comparison {
    const struct ignored *ignored;
    enum expect_body      how;
    struct buf           *why;
};

/* ---- Sentences -------------------------------------------------------------------------- */

/* RFC 6901 section 3 */
static void write_token(const char *member, struct buf *why)
{
    for (; *member; member++)
        if (*member == '~' || *member == '/')
            buf_add(why, *member == '~' ? LIT("~0") : LIT("~1"));
        else
            buf_add_char(why, *member);
}

static void write_path(const struct place *at, struct buf *why)
{
    if (!at->up)
        return;
    write_path(at->up, why);
    buf_add_char(why, '/');
    if (at->member)
        write_token(at->member, why);
    else
        buf_format(why, "%zu", at->index);
}

static void write_place(const struct place *at, struct buf *why)
{
    if (at->up)
        write_path(at, why);
    else
        buf_add(why, LIT("the body"));
}

/* ASCII, so that it can be cut anywhere. */
static void write_value(const json_t *value, struct buf *why)
{
    char       *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
    struct str  all = text ? str_of(text) : LIT("?");

    buf_add(why, str_slice(all, 0, SHOWN_BYTES));
    if (all.len > SHOWN_BYTES)
        buf_add(why, LIT("..."));
    free(text);
}

static const char *kind_of(const json_t *value)
{
    static const char *const kinds[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",    [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",     [JSON_TRUE] = "a boolean",
        [JSON_FALSE] = "a boolean",  [JSON_NULL] = "null",
    };

    return kinds[json_typeof(value)];
}

static bool values_differ(const struct comparison *c, const struct place *at, const json_t *a,
                          const json_t *b)
{
    write_place(at, c->why);
    buf_add(c->why, LIT(" is "));
    write_value(a, c->why);
    buf_add(c->why, LIT(" here and "));
    write_value(b, c->why);
    buf_add(c->why, LIT(" there"));
    return false;
}

/* ---- Comparing -------------------------------------------------------------------------- */

/* 1 and 1.0 are one number; 2^53 + 1 and the real beside it are not. */
static bool integer_is_real(json_int_t integer, double real)
{
    return real >= -0x1p63 && real < 0x1p63 && (double)(json_int_t)real == real &&
           (json_int_t)real == integer;
}

static bool numbers_equal(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b))
        return json_integer_value(a) == json_integer_value(b);
    if (json_is_real(a) && json_is_real(b))
        return !(json_real_value(a) < json_real_value(b)) &&
               !(json_real_value(a) > json_real_value(b));
    return json_is_integer(a) ? integer_is_real(json_integer_value(a), json_real_value(b))
                              : integer_is_real(json_integer_value(b), json_real_value(a));
}

static bool scalars_equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return numbers_equal(a, b);
    return json_equal(a, b);
}

static bool is_ignored(const struct ignored *ignored, const char *member)
{
    for (unsigned i = 0; ignored && i < ignored->count; i++)
        if (str_eq(ignored->names[i], str_of(member)))
            return true;
    return false;
}

static bool compare(const struct comparison *c, const struct place *at, json_t *a, json_t *b);

/* Each member of `a` is in `b`. */
static bool members_there(const struct comparison *c, const struct place *up, json_t *a, json_t *b,
                          const char *where)
{
    const char *member;
    json_t     *value;

    json_object_foreach(a, member, value) {
        if (is_ignored(c->ignored, member) || json_object_get(b, member))
            continue;
        struct place at = { .up = up, .member = member };
        write_path(&at, c->why);
        buf_format(c->why, " is missing %s", where);
        return false;
    }
    return true;
}

static bool compare_objects(const struct comparison *c, const struct place *up, json_t *a,
                            json_t *b)
{
    const char *member;
    json_t     *value;

    if (!members_there(c, up, a, b, "there") || !members_there(c, up, b, a, "here"))
        return false;
    json_object_foreach(a, member, value) {
        struct place at = { .up = up, .member = member };
        if (!is_ignored(c->ignored, member) && !compare(c, &at, value, json_object_get(b, member)))
            return false;
    }
    return true;
}

/* Alike are arrays whose first elements are; an empty one is like any. */
static bool compare_arrays(const struct comparison *c, const struct place *up, json_t *a,
                           json_t *b)
{
    size_t here = json_array_size(a), there = json_array_size(b);
    size_t count = here < there ? here : there;

    if (c->how == BODY_ALIKE) {
        count = count ? 1 : 0;
    } else if (here != there) {
        write_place(up, c->why);
        buf_format(c->why, " has %zu elements here and %zu there", here, there);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct place at = { .up = up, .index = i };
        if (!compare(c, &at, json_array_get(a, i), json_array_get(b, i)))
            return false;
    }
    return true;
}

static bool compare(const struct comparison *c, const struct place *at, json_t *a, json_t *b)
{
    if (strcmp(kind_of(a), kind_of(b)) != 0) {
        write_place(at, c->why);
        buf_format(c->why, " is %s here and %s there", kind_of(a), kind_of(b));
        return false;
    }
    if (json_is_object(a))
        return compare_objects(c, at, a, b);
    if (json_is_array(a))
        return compare_arrays(c, at, a, b);
    if (c->how == BODY_ALIKE || scalars_equal(a, b))
        return true;
    return values_differ(c, at, a, b);
}

static bool bytes_agree(struct str a, struct str b, struct buf *why)
{
    size_t at = 0;

    if (str_eq(a, b))
        return true;
    while (at < a.len && at < b.len && a.at[at] == b.at[at])
        at++;
    if (at < a.len && at < b.len)
        buf_format(why, "the bodies differ at byte %zu", at + 1);
    else
        buf_format(why, "the body has %zu bytes here and %zu there", a.len, b.len);
    return false;
}

/* NULL when it is no JSON, or an integer in it is beyond 64 bits and `flags` keep integers. */
static json_t *read_json(struct str body, size_t flags)
{
    return body.len ? json_loadb(body.at, body.len, JSON_DECODE_ANY | flags, NULL) : NULL;
}

/* ---- Pointers --------------------------------------------------------------------------- */

/* Decodes a token of RFC 6901; NULL when a '~' stands for nothing. */
static const char *read_token(struct str token, struct arena *arena)
{
    char  *out = arena_alloc(arena, token.len + 1);
    size_t len = 0;

    for (size_t i = 0; out && i < token.len; i++) {
        char c = token.at[i];
        if (c == '~') {
            if (++i == token.len || (token.at[i] != '0' && token.at[i] != '1'))
                return NULL;
            c = token.at[i] == '0' ? '~' : '/';
        }
        out[len++] = c;
    }
    return out;
}

static const json_t *find_element(const json_t *array, struct str token)
{
    uint64_t index;

    if (token.len > 1 && token.at[0] == '0')
        return NULL;
    return str_to_uint(token, SIZE_MAX, &index) ? json_array_get(array, index) : NULL;
}

static const json_t *find_value(const json_t *value, struct str pointer, struct arena *arena)
{
    if (pointer.len == 0)
        return value;
    if (pointer.at[0] != '/')
        return NULL;
    for (struct str rest = str_slice(pointer, 1, pointer.len); value && rest.at;) {
        const char *token = read_token(str_cut(&rest, '/'), arena);
        if (!token)
            return NULL;
        value = json_is_object(value)  ? json_object_get(value, token)
                : json_is_array(value) ? find_element(value, str_of(token))
                                       : NULL;
    }
    return value;
}

static struct str real_text(double real, struct arena *arena)
{
    for (int digits = 15; digits < 17; digits++) {      /* as short as gives it back */
        struct str text = arena_format(arena, "%.*g", digits, real);
        if (arena->failed || strtod(text.at, NULL) == real)
            return text;
    }
    return arena_format(arena, "%.17g", real);
}

/* It may be put into a header line: what would end one is not taken. */
static struct str string_text(const json_t *value, struct arena *arena)
{
    struct str text = { json_string_value(value), json_string_length(value) };

    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
            return (struct str){ 0 };
    return arena_copy(arena, text);
}

static struct str scalar_text(const json_t *value, struct arena *arena)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return string_text(value, arena);
    case JSON_INTEGER:
        return arena_format(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL:
        return real_text(json_real_value(value), arena);
    case JSON_TRUE:
        return arena_copy(arena, LIT("true"));
    case JSON_FALSE:
        return arena_copy(arena, LIT("false"));
    default:
        return (struct str){ 0 };
    }
}

/* ---- Public ----------------------------------------------------------------------------- */

bool bodies_agree(struct str a, struct str b, enum expect_body how, const struct ignored *ignored,
                  struct buf *why)
{
    struct comparison c = { .ignored = ignored, .how = how, .why = why };
    struct place      whole = { 0 };

    if (how == BODY_UNCHECKED || str_eq(a, b))
        return true;
    if (how == BODY_SAME)
        return bytes_agree(a, b, why);
    size_t  flags = how == BODY_ALIKE ? JSON_DECODE_INT_AS_REAL : 0;
    json_t *here = read_json(a, flags);
    json_t *there = read_json(b, flags);
    bool    agree = false;
    if (here && there)
        agree = compare(&c, &whole, here, there);
    else if (here || there)
        buf_format(why, "the body is %s", here ? "JSON here and not there" : "JSON there and not here");
    else
        agree = bytes_agree(a, b, why);
    json_decref(here);
    json_decref(there);
    return agree;
}

struct str body_take(struct str body, struct str pointer, struct arena *arena)
{
    json_t       *all = read_json(body, 0);
    const json_t *value = all ? find_value(all, pointer, arena) : NULL;
    struct str    text = value ? scalar_text(value, arena) : (struct str){ 0 };

    json_decref(all);
    return text;
}
