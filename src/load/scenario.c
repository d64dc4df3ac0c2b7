/* scenario.c: reads the steps of a scenario file (docs/joust.md, "A scenario").
 *
 * The members of the file and of a step are tables; a step's are gathered first, in any order,
 * and the step is made of them as the command line's single request is.  A variable is known to
 * the steps behind the one that takes it, so that reading in order finds what is used too early. */
#include "load/members.h"
#include "load/plan.h"
#include "load/step.h"

enum { SHOWN_BYTES = 60, NAME_BYTES_MAX = 40 };
enum { REAL_DIGITS = 15 };      /* so that 0.1 goes out as it was written */

struct scenario {
    const struct url             *url;
    const struct request_options *options;
    const struct header          *defaults;     /* the command line's headers */
    struct arena                 *arena;
    struct plan                  *plan;
    struct buf                   *why;
    struct step_source            source;       /* of the step being read */
    struct step                   step;         /* what a source has not: expect, once, takes */
    const json_t                 *takes;
};

static struct str text_of(const json_t *value)
{
    return (struct str){ json_string_value(value), json_string_length(value) };
}

static struct str shown(const char *text)
{
    return str_slice(str_of(text), 0, SHOWN_BYTES);
}

static bool no_memory(struct scenario *s)
{
    buf_add(s->why, LIT("there is no memory left for the scenario"));
    return false;
}

/* ---- Variables -------------------------------------------------------------------------- */

static bool is_variable_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!ascii_is_alpha(name.at[i]) && name.at[i] != '_' && !ascii_is_digit(name.at[i]))
            return false;
    return name.len > 0 && name.len <= SHOWN_BYTES && !template_knows(name);
}

static unsigned find_variable(const struct names *names, struct str name)
{
    unsigned i = 0;

    while (i < names->count && !str_eq(names->at[i], name))
        i++;
    return i;
}

static bool add_variable(struct scenario *s, const char *text, unsigned *out)
{
    struct names *names = &s->plan->variables;
    struct str    name = str_of(text);

    if (!is_variable_name(name)) {
        buf_format(s->why, "\"%.*s\" cannot be a variable: letters, digits and \"_\", "
                           "and not seq, random or connection", STR_ARG(shown(text)));
        return false;
    }
    *out = find_variable(names, name);
    if (*out < names->count)
        return true;
    if (names->count == VARIABLES_MAX) {
        buf_format(s->why, "there are more than %d variables", VARIABLES_MAX);
        return false;
    }
    names->at[names->count++] = arena_copy(s->arena, name);
    return !s->arena->failed || no_memory(s);
}

static bool is_let(const struct plan *p, unsigned variable)
{
    for (unsigned i = 0; i < p->lets_count; i++)
        if (p->lets[i].variable == variable)
            return true;
    return false;
}

/* Taken when the connection begins, for as long as it lasts. */
static bool is_once(const struct plan *p, unsigned variable)
{
    for (unsigned i = 0; i < p->steps_count && p->steps[i].once; i++)
        for (unsigned k = 0; k < p->steps[i].takes_count; k++)
            if (p->steps[i].takes[k].variable == variable)
                return true;
    return false;
}

/* Like a header's: it may be put into one. */
static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] < ' ' || s.at[i] == 0x7f)
            return true;
    return false;
}

static bool read_let(struct scenario *s, const char *name, const json_t *value)
{
    static const struct names no_variables;
    struct plan              *p = s->plan;

    if (p->lets_count == LETS_MAX) {
        buf_format(s->why, "there are more than %d", LETS_MAX);
        return false;
    }
    if (!json_is_string(value) || has_control(text_of(value))) {
        buf_format(s->why, "\"%.*s\" must be a text without control characters", STR_ARG(shown(name)));
        return false;
    }
    struct let *let = &p->lets[p->lets_count];
    if (!add_variable(s, name, &let->variable) ||
        !template_parse(text_of(value), &no_variables, s->arena, &let->value, s->why))
        return false;
    p->lets_count++;
    return true;
}

static bool read_lets(struct scenario *s, const json_t *lets)
{
    size_t      mark = s->why->len;
    const char *name;
    json_t     *value;

    buf_add(s->why, LIT("\"let\": "));
    json_object_foreach((json_t *)lets, name, value)
        if (!read_let(s, name, value))
            return false;
    buf_cut(s->why, mark);
    return true;
}

/* RFC 6901 section 3 */
static bool is_pointer(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] == '~' && (i + 1 == s.len || (s.at[i + 1] != '0' && s.at[i + 1] != '1')))
            return false;
    return s.len == 0 || s.at[0] == '/';
}

static bool read_take(struct scenario *s, struct step *step, const char *name,
                      const json_t *value)
{
    struct take *take = &step->takes[step->takes_count];
    struct str   pointer = text_of(value);

    if (step->takes_count == TAKES_MAX) {
        buf_format(s->why, "\"take\" has more than %d variables", TAKES_MAX);
        return false;
    }
    if (!json_is_string(value) || !is_pointer(pointer)) {
        buf_format(s->why, "\"take\" of %.*s must be a JSON pointer, such as \"/access_token\"",
                   STR_ARG(shown(name)));
        return false;
    }
    if (!add_variable(s, name, &take->variable))
        return false;
    if (is_let(s->plan, take->variable) || (!step->once && is_once(s->plan, take->variable))) {
        buf_format(s->why, "\"take\" of %s: \"let\" or a step done \"once\" makes that variable", name);
        return false;
    }
    take->pointer = arena_copy(s->arena, pointer);
    step->takes_count++;
    return !s->arena->failed || no_memory(s);
}

static bool read_takes(struct scenario *s, struct step *step)
{
    const char *name;
    json_t     *value;

    json_object_foreach((json_t *)s->takes, name, value)
        if (!read_take(s, step, name, value))
            return false;
    return true;
}

/* ---- Members of a step ------------------------------------------------------------------ */

static bool read_name(struct scenario *s, const json_t *value)
{
    s->source.name = text_of(value);
    if (s->source.name.len && s->source.name.len <= NAME_BYTES_MAX && !has_control(s->source.name))
        return true;
    buf_format(s->why, "\"name\" must have 1 to %d bytes, and no control characters", NAME_BYTES_MAX);
    return false;
}

static bool read_method(struct scenario *s, const json_t *value)
{
    s->source.method = text_of(value);
    return true;
}

/* Below the URL's path, unless that is "/". */
static bool read_path(struct scenario *s, const json_t *value)
{
    struct str base = s->url->target, path = text_of(value);

    if (str_ends(base, LIT("/")))
        base.len--;
    if (!str_starts(path, LIT("/"))) {
        buf_add(s->why, LIT("\"path\" must begin with \"/\""));
        return false;
    }
    s->source.target = arena_format(s->arena, "%.*s%.*s", STR_ARG(base), STR_ARG(path));
    return !s->arena->failed || no_memory(s);
}

static bool read_headers(struct scenario *s, const json_t *value)
{
    size_t         count = json_object_size(value), i = 0;
    struct header *headers = arena_alloc_many(s->arena, count, sizeof *headers);
    const char    *name;
    json_t        *text;

    if (!headers)
        return no_memory(s);
    json_object_foreach((json_t *)value, name, text) {
        if (!json_is_string(text)) {
            buf_format(s->why, "the header \"%.*s\" must be a text", STR_ARG(shown(name)));
            return false;
        }
        headers[i++] = (struct header){ str_of(name), str_trim(text_of(text)) };
    }
    s->source.headers = headers;
    s->source.headers_count = (unsigned)count;
    return headers_check(headers, (unsigned)count, s->why);
}

static bool read_json_body(struct scenario *s, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));

    if (!text)
        return no_memory(s);
    s->source.body = arena_copy(s->arena, str_of(text));
    s->source.body_type = LIT("application/json");
    free(text);
    return !s->arena->failed || no_memory(s);
}

static bool read_body(struct scenario *s, const json_t *value)
{
    if (s->source.body.at) {
        buf_add(s->why, LIT("a step has \"json\" or \"body\", not both"));
        return false;
    }
    s->source.body = text_of(value);
    return true;
}

static bool read_expect(struct scenario *s, const json_t *value)
{
    json_int_t status = json_integer_value(value);

    s->step.expect = (int)status;
    if (status >= 200 && status <= 599)
        return true;
    buf_add(s->why, LIT("\"expect\" must be a status from 200 to 599"));
    return false;
}

static bool read_once(struct scenario *s, const json_t *value)
{
    s->step.once = json_is_true(value);
    return true;
}

static bool keep_takes(struct scenario *s, const json_t *value)
{
    s->takes = value;
    return true;
}

static const struct member step_members[] = {
    { "name", TEXT, "a text", read_name },
    { "method", TEXT, "a text", read_method },
    { "path", TEXT, "a text", read_path },
    { "headers", OBJECT, "an object of texts", read_headers },
    { "json", OBJECT | ARRAY, "an object or an array", read_json_body },
    { "body", TEXT, "a text", read_body },
    { "expect", INTEGER, "a status", read_expect },
    { "take", OBJECT, "an object of JSON pointers", keep_takes },
    { "once", BOOLEAN, "true or false", read_once },
    { 0 },
};

/* ---- Steps ------------------------------------------------------------------------------ */

static bool check_order(struct scenario *s)
{
    const struct plan *p = s->plan;

    if (!s->step.once || p->steps_count == 0 || p->steps[p->steps_count - 1].once)
        return true;
    buf_add(s->why, LIT("a step that is done \"once\" stands before all others"));
    return false;
}

/* Made of its source; what a source has not is carried over.  Its variables are for the steps
 * behind it. */
static bool make_step(struct scenario *s, struct step *out)
{
    struct step step;

    if (!step_make(&s->source, &s->plan->variables, s->arena, &step, s->why))
        return false;
    step.expect = s->step.expect;
    step.once = s->step.once;
    if (!read_takes(s, &step))
        return false;
    *out = step;
    return true;
}

static bool read_step(struct scenario *s, json_t *object)
{
    s->step = (struct step){ .expect = s->options->expect };
    s->takes = NULL;
    s->source = (struct step_source){
        .host = s->url->host,
        .defaults = s->defaults,
        .defaults_count = s->options->headers_count,
    };
    if (!json_is_object(object)) {
        buf_add(s->why, LIT("a step must be an object"));
        return false;
    }
    if (!object_read(step_members, "a step", object, s, s->why))
        return false;
    if (!s->source.target.at) {
        buf_add(s->why, LIT("\"path\" is missing"));
        return false;
    }
    if (!check_order(s) || !make_step(s, &s->plan->steps[s->plan->steps_count]))
        return false;
    s->plan->steps_count++;
    return true;
}

/* "step 2 (log in): " */
static void say_which(const json_t *step, size_t index, struct buf *why)
{
    const json_t *name = json_object_get(step, "name");
    struct str    text = str_slice(text_of(name), 0, SHOWN_BYTES);

    buf_format(why, "step %zu", index + 1);
    if (text.len && !has_control(text))
        buf_format(why, " (%.*s)", STR_ARG(text));
    buf_add(why, LIT(": "));
}

static bool read_steps(struct scenario *s, const json_t *steps)
{
    if (json_array_size(steps) > STEPS_MAX) {
        buf_format(s->why, "the scenario has more than %d steps", STEPS_MAX);
        return false;
    }
    for (size_t i = 0; i < json_array_size(steps); i++) {
        size_t mark = s->why->len;
        say_which(json_array_get(steps, i), i, s->why);
        if (!read_step(s, json_array_get(steps, i)))
            return false;
        buf_cut(s->why, mark);
    }
    return true;
}

/* "let" before "steps": it is read in this order. */
static const struct member scenario_members[] = {
    { "let", OBJECT, "an object of texts", read_lets },
    { "steps", ARRAY, "an array of steps", read_steps },
    { 0 },
};

/* ---- The whole -------------------------------------------------------------------------- */

static bool check_measured(const struct plan *p, struct buf *why)
{
    if (p->steps_count && !p->steps[p->steps_count - 1].once)
        return true;
    buf_add(why, p->steps_count ? LIT("the scenario measures nothing: each step is done \"once\"")
                                : LIT("the scenario has no \"steps\""));
    return false;
}

static bool check_request(const struct url *url, const struct request_options *o, struct buf *why)
{
    if (o->method.at || o->body.at) {
        buf_add(why, LIT("a scenario's steps have methods and bodies of their own: leave -X and -b out"));
        return false;
    }
    if (str_find_byte(url->target, '?') == url->target.len)
        return true;
    buf_add(why, LIT("a scenario's steps have paths of their own: leave the query out of the URL"));
    return false;
}

static json_t *load(struct str text, struct buf *why)
{
    json_error_t error;
    json_t      *file = json_loadb(text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES, &error);

    if (!file)
        buf_format(why, "the scenario cannot be read: line %d, column %d: %s", error.line,
                   error.column, error.text);
    if (!file || json_is_object(file))
        return file;
    buf_add(why, LIT("the scenario must be a JSON object with \"steps\""));
    json_decref(file);
    return NULL;
}

bool plan_scenario(const struct url *url, const struct request_options *o, struct str json,
                   struct arena *arena, struct plan *out, struct buf *why)
{
    struct plan     plan = { .url = *url, .requests_per_connection = o->requests_per_connection };
    struct scenario s = { .url = url, .options = o, .arena = arena, .plan = &plan, .why = why };

    if (!check_request(url, o, why) ||
        !headers_parse(o->headers, o->headers_count, arena, &s.defaults, why))
        return false;
    json_t *file = load(json, why);
    if (!file)
        return false;
    bool read = object_read(scenario_members, "a scenario", file, &s, why) &&
                check_measured(&plan, why) && plan_fix(&plan, arena, why);
    json_decref(file);
    if (read)
        *out = plan;
    return read;
}
