/* endpoints.c: checks the tables and matches requests.
 *
 * An API has some dozens of routes, so matching is a walk over them: most are compared by length
 * first. */
#include "api/endpoints.h"

#include <stdlib.h>

#include "base/check.h"
#include "schema/check.h"

enum { PROBLEMS_COMMON = 8 };     /* of ENDPOINT_PROBLEMS_MAX: those that no row lists */

static const struct problem_row common[] = {
    { INTERNAL, 500, "Internal Server Error", NULL },
    { UNAVAILABLE, 503, "Service Unavailable", NULL },
    { NOT_AUTHENTICATED, 401, "Not authenticated", NULL },
    { BAD_TOKEN, 401, "Could not validate credentials", NULL },
    { INVALID, 422, "Validation Error", NULL },
    { BAD_BODY, 400, "There was an error parsing the body", NULL },
    { BAD_MEDIA_TYPE, 415, "Unsupported Media Type", NULL },
    { OTHER_GRANT, 400, "Unsupported grant type", "unsupported_grant_type" },
    { TOO_MANY, 429, "Too many attempts, try again later", NULL },
    { NOT_FOUND, 404, "Not Found", NULL },
    { METHOD_NOT_ALLOWED, 405, "Method Not Allowed", NULL },
    { 0 },
};

static const struct problem_row *find_row(const struct problem_row *rows, problem p)
{
    for (; rows && rows->status; rows++)
        if (rows->id == p)
            return rows;
    return NULL;
}

const struct problem_row *endpoints_problem(const struct endpoints *e, problem p)
{
    const struct problem_row *row = find_row(e->api->problems, p);

    if (!row)
        row = find_row(common, p);
    return row ? row : &common[0];
}

static const struct { enum method method; const char *name; } method_names[] = {
    { GET, "GET" }, { HEAD, "HEAD" }, { POST, "POST" }, { PUT, "PUT" }, { PATCH, "PATCH" }, { DELETE, "DELETE" }, { OPTIONS, "OPTIONS" },
};

enum { METHODS = sizeof method_names / sizeof *method_names };

static const char *method_name(enum method m)
{
    for (size_t i = 0; i < METHODS; i++)
        if (method_names[i].method == m)
            return method_names[i].name;
    return "(no method)";
}

/* ---- Checks ----------------------------------------------------------------------------- */

static COLD bool refuse(struct buf *why, const struct route *r, const char *what)
{
    buf_format(why, "%s %s: %s", method_name(r->method), r->path ? r->path : "(no path)", what);
    return false;
}

static bool has_body(enum method m)
{
    return m == POST || m == PUT || m == PATCH || m == DELETE;
}

static bool check_schemas(const struct route *r, struct buf *why)
{
    if (r->in && !schema_check(r->in, r->form ? SCHEMA_FORM : SCHEMA_IN, why))
        return false;
    if (r->out && !schema_check(r->out, SCHEMA_OUT, why))
        return false;
    if (r->path_parameters && !schema_check(r->path_parameters, SCHEMA_PARAMETERS, why))
        return false;
    return !r->query || schema_check(r->query, SCHEMA_PARAMETERS, why);
}

static bool schema_has(const struct schema *s, struct str name)
{
    for (const struct field *f = s ? s->fields : NULL; f && f->kind; f++)
        if (str_eq(str_of(f->name), name))
            return true;
    return false;
}

static bool segment_is_parameter(struct str segment)
{
    return segment.len > 2 && segment.at[0] == '{' && segment.at[segment.len - 1] == '}';
}

static unsigned count_parameters(struct str path)
{
    unsigned count = 0;

    while (path.at)
        count += segment_is_parameter(str_cut(&path, '/'));
    return count;
}

static unsigned count_braces(struct str path)
{
    unsigned count = 0;

    for (size_t i = 0; i < path.len; i++)
        count += path.at[i] == '{' || path.at[i] == '}';
    return count;
}

static bool path_has(const struct endpoint *ep, struct str name)
{
    for (unsigned n = 0; n < ep->parameters; n++)
        if (str_eq(endpoint_parameter(ep, n), name))
            return true;
    return false;
}

static bool is_named_twice(const struct endpoint *ep)
{
    for (unsigned n = 0; n < ep->parameters; n++)
        for (unsigned m = 0; m < n; m++)
            if (str_eq(endpoint_parameter(ep, n), endpoint_parameter(ep, m)))
                return true;
    return false;
}

static bool check_parameters(const struct endpoint *ep, struct buf *why)
{
    const struct route *r = ep->route;

    if (ep->parameters > PATH_PARAMETERS_MAX)
        return refuse(why, r, "too many path parameters");
    if (count_braces(ep->path) != 2 * ep->parameters)
        return refuse(why, r, "a brace in the path that is not of a {name} between slashes");
    if (is_named_twice(ep))
        return refuse(why, r, "a {name} twice in the path");
    for (unsigned n = 0; n < ep->parameters; n++)
        if (!schema_has(r->path_parameters, endpoint_parameter(ep, n)))
            return refuse(why, r, "a {name} in the path that .path_parameters does not have");
    for (const struct field *f = r->path_parameters ? r->path_parameters->fields : NULL;
         f && f->kind; f++)
        if (!path_has(ep, str_of(f->name)))
            return refuse(why, r, "a path parameter that the path does not have");
    return true;
}

static bool has_row(const struct api *api, problem p)
{
    return find_row(api->problems, p) || find_row(common, p);
}

static bool check_problems(const struct api *api, const struct route *r, struct buf *why)
{
    const struct schema *const schemas[] = { r->in, r->query, r->path_parameters };
    bool                       known = true;

    for (int i = 0; i < PROBLEMS_MAX && r->problems[i]; i++)
        known &= has_row(api, r->problems[i]);
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
        for (const struct field *f = schemas[i] ? schemas[i]->fields : NULL; f && f->kind; f++)
            known &= !f->refused_as || has_row(api, f->refused_as);
    return known || refuse(why, r, "a problem without a row in the problem table");
}

static bool check_route(const struct api *api, const struct endpoint *ep, struct buf *why)
{
    const struct route *r = ep->route;

    if (!r->path || r->path[0] != '/')
        return refuse(why, r, "a path begins with '/'");
    if (!r->run)
        return refuse(why, r, "no handler");
    if (!r->doc)
        return refuse(why, r, "no .doc line");
    if (r->in && !has_body(r->method))
        return refuse(why, r, "this method has no body, so no .in");
    if (r->who != ANYONE && !api->authenticate)
        return refuse(why, r, "it is for those who are signed in, but the API has no authenticate");
    if (r->when.field && !(r->form && r->when.value && schema_has(r->in, str_of(r->when.field))))
        return refuse(why, r, ".when names no field of a form");
    return check_problems(api, r, why) && check_schemas(r, why) && check_parameters(ep, why);
}

/* Is there a path that both match, and neither is the closer one?  A literal is closer than a
 * parameter, so one route may be a special case of another; two that are each closer somewhere
 * would be a toss-up. */
static bool paths_collide(struct str a, struct str b)
{
    bool a_closer = false, b_closer = false;

    while (a.at && b.at) {
        struct str x = str_cut(&a, '/'), y = str_cut(&b, '/');
        bool       x_any = segment_is_parameter(x), y_any = segment_is_parameter(y);
        if (!x_any && !y_any && !str_eq(x, y))
            return false;
        a_closer |= !x_any && y_any;
        b_closer |= x_any && !y_any;
    }
    return !a.at && !b.at && a_closer == b_closer;
}

static bool check_unique(const struct endpoints *e, const struct endpoint *ep, struct buf *why)
{
    for (size_t i = 0; i < e->count; i++)
        if (e->rows[i].route->method == ep->route->method &&
            paths_collide(e->rows[i].path, ep->path))
            return refuse(why, ep->route, "two routes for one request");
    return true;
}

static bool is_same_choice(struct choice a, struct choice b)
{
    return str_eq(str_of(a.field), str_of(b.field)) && str_eq(str_of(a.value), str_of(b.value));
}

/* The last of the rows that a variant belongs behind: the plain one, or a variant of it. */
static bool find_plain(struct endpoints *e, const struct endpoint *ep, struct endpoint **last,
                       struct buf *why)
{
    *last = NULL;
    for (size_t i = 0; i < e->count; i++) {
        const struct route *r = e->rows[i].route;
        if (r->method != ep->route->method || !str_eq(e->rows[i].path, ep->path))
            continue;
        if (!r->form || (r->when.field && is_same_choice(r->when, ep->route->when)))
            return refuse(why, ep->route, "two routes for one request");
        *last = &e->rows[i];
    }
    if (!*last)
        return refuse(why, ep->route, ".when without a row of that method and path before it");
    return ((*last)->route->out == ep->route->out && (*last)->status == ep->status) ||
           refuse(why, ep->route, ".when with another answer than the row before it");
}

/* Puts it among the rows that a request can match, or behind the one that it is a variant of. */
static bool place(struct endpoints *e, const struct endpoint *ep, struct buf *why)
{
    struct endpoint *last;

    if (!ep->route->when.field)
        return check_unique(e, ep, why);
    if (!find_plain(e, ep, &last, why))
        return false;
    last->variant = &e->rows[e->count];
    return true;
}

/* ---- Opening ---------------------------------------------------------------------------- */

static bool has_credential(const struct schema *s)
{
    for (const struct field *f = s ? s->fields : NULL; f && f->kind; f++)
        if (f->credential)
            return true;
    return false;
}

static struct endpoint endpoint_of(const struct route *r, const char *group, size_t index)
{
    struct str path = str_of(r->path);

    return (struct endpoint){
        .route = r,
        .group = group,
        .index = (uint16_t)index,
        .status = r->status ? r->status : r->out ? 200 : 204,
        .no_store = r->who != ANYONE || has_credential(r->out),
        .path = path,
        .parameters = count_parameters(path),
    };
}

static bool add_group(struct endpoints *e, const struct route_group *g,
                      bool (*option_is_on)(void *, const char *), void *context, struct buf *why)
{
    for (const struct route *r = g->routes; r->path; r++) {
        if (r->option && !option_is_on(context, r->option))
            continue;
        if (e->count == ENDPOINTS_MAX)
            return refuse(why, r, "too many routes");
        struct endpoint ep = endpoint_of(r, g->name, e->count);
        if (!check_route(e->api, &ep, why) || !place(e, &ep, why))
            return false;
        e->rows[e->count++] = ep;
    }
    return true;
}

bool endpoints_open(struct endpoints *e, const struct api *api,
                    bool (*option_is_on)(void *context, const char *name), void *context,
                    struct buf *why)
{
    *e = (struct endpoints){ .api = api, .rows = calloc(ENDPOINTS_MAX, sizeof *e->rows) };
    if (!e->rows) {
        buf_add(why, LIT("no memory"));
        return false;
    }
    for (const struct route_group *g = api->groups; g && g->routes; g++)
        if (!add_group(e, g, option_is_on, context, why)) {
            endpoints_close(e);
            return false;
        }
    return true;
}

void endpoints_close(struct endpoints *e)
{
    free(e->rows);
    *e = (struct endpoints){ 0 };
}

/* ---- Matching --------------------------------------------------------------------------- */

struct str endpoint_parameter(const struct endpoint *ep, unsigned n)
{
    struct str rest = ep->path;

    while (rest.at) {
        struct str segment = str_cut(&rest, '/');
        if (segment_is_parameter(segment) && n-- == 0)
            return str_slice(segment, 1, segment.len - 1);
    }
    CHECK(!"a parameter that the path has");
    return (struct str){ 0 };
}

/* A parameter stands for any segment but the empty one. */
static bool segments_match(struct str pattern, struct str path)
{
    while (pattern.at && path.at) {
        struct str wanted = str_cut(&pattern, '/'), segment = str_cut(&path, '/');
        if (segment_is_parameter(wanted) ? segment.len == 0 : !str_eq(wanted, segment))
            return false;
    }
    return !pattern.at && !path.at;
}

static bool path_matches(const struct endpoint *ep, struct str path)
{
    return ep->parameters ? segments_match(ep->path, path) : str_eq(ep->path, path);
}

static unsigned methods_of(enum method m)
{
    return 1u << m | 1u << OPTIONS | (m == GET ? 1u << HEAD : 0);
}

/* The less a path has of parameters, the closer it fits. */
static bool is_closer(const struct endpoint *a, const struct endpoint *b)
{
    return !b || a->parameters < b->parameters;
}

struct match endpoints_match(const struct endpoints *e, enum http_method method, struct str path)
{
    struct match m = { 0 };
    enum method  wanted = method == HTTP_HEAD ? GET : (enum method)method;

    for (size_t i = 0; i < e->count; i++) {
        const struct endpoint *ep = &e->rows[i];
        if (ep->route->when.field || !path_matches(ep, path))
            continue;
        m.allowed |= methods_of(ep->route->method);
        if (ep->route->method == wanted && is_closer(ep, m.endpoint))
            m.endpoint = ep;
    }
    return m;
}

void endpoint_values(const struct endpoint *ep, struct str path,
                     struct str values[PATH_PARAMETERS_MAX])
{
    struct str pattern = ep->path;

    for (unsigned n = 0; n < ep->parameters;) {
        struct str wanted = str_cut(&pattern, '/'), segment = str_cut(&path, '/');
        if (segment_is_parameter(wanted))
            values[n++] = segment;
    }
}

void endpoints_write_allow(unsigned allowed, struct buf *out)
{
    bool first = true;

    for (size_t i = 0; i < METHODS; i++) {
        if (!(allowed & 1u << method_names[i].method))
            continue;
        buf_format(out, "%s%s", first ? "" : ", ", method_names[i].name);
        first = false;
    }
}

/* ---- Problems --------------------------------------------------------------------------- */

/* Once each, and not OK. */
static size_t add_problem(problem *problems, size_t count, problem p)
{
    bool there = !p || count == ENDPOINT_PROBLEMS_MAX - PROBLEMS_COMMON;

    for (size_t i = 0; i < count; i++)
        there |= problems[i] == p;
    if (!there)
        problems[count++] = p;
    return count;
}

static size_t add_refusals(problem *problems, size_t count, const struct schema *s)
{
    for (const struct field *f = s ? s->fields : NULL; f && f->kind; f++)
        count = add_problem(problems, count, f->refused_as);
    return count;
}

void endpoint_problems(const struct endpoint *ep, problem out[static ENDPOINT_PROBLEMS_MAX])
{
    const struct route *r = ep->route;
    size_t              n = 0;

    for (const struct endpoint *v = ep; v; v = v->variant) {
        for (int i = 0; i < PROBLEMS_MAX; i++)
            n = add_problem(out, n, v->route->problems[i]);
        n = add_refusals(out, n, v->route->in);
        n = add_refusals(out, n, v->route->query);
    }
    if (r->who != ANYONE) {
        out[n++] = NOT_AUTHENTICATED;
        out[n++] = BAD_TOKEN;
    }
    if (r->in) {
        out[n++] = BAD_BODY;
        out[n++] = BAD_MEDIA_TYPE;
    }
    if (r->in || r->path_parameters || r->query)
        out[n++] = INVALID;
    if (r->gate)
        out[n++] = TOO_MANY;
    if (r->does)
        out[n++] = UNAVAILABLE;
    out[n] = OK;
}
