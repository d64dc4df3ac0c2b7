/* openapi.c: a walk over the endpoints, in the words of FastAPI's documents.
 *
 * Operation ids, titles and schema names are the ones that FastAPI makes of the same names, so
 * that generated clients stay the same.  What its documents leave out, we add: the problems of
 * each route, with their details as examples. */
#include "api/openapi.h"

#include "http/status.h"
#include "schema/describe.h"

enum { NAME_BYTES = 256, SCHEMAS_MAX = 128, STATUSES_MAX = 16, DESCRIPTION_BYTES_MAX = 64 * 1024 };

static void put(struct json_writer *w, const char *name, const char *value)
{
    json_name(w, str_of(name));
    json_put_string(w, str_of(value));
}

static void put_object(struct json_writer *w, const char *name)
{
    json_name(w, str_of(name));
    json_object_begin(w);
}

static void put_ref(struct json_writer *w, const char *name)
{
    char       text[NAME_BYTES];
    struct buf b = buf_fixed(text, sizeof text);

    buf_format(&b, "#/components/schemas/%s", name);
    json_object_begin(w);
    json_name(w, LIT("$ref"));
    json_put_string(w, buf_str(&b));
    json_object_end(w);
}

static void put_schema_ref(struct json_writer *w, const struct schema *s)
{
    char       text[NAME_BYTES];
    struct buf b = buf_fixed(text, sizeof text - 1);

    describe_name(&b, s->name);
    text[b.len] = 0;
    put_ref(w, text);
}

/* ---- Names ------------------------------------------------------------------------------ */

static const char *method_name(enum method m)
{
    switch (m) {
    case GET:     return "get";
    case POST:    return "post";
    case PUT:     return "put";
    case PATCH:   return "patch";
    case DELETE:  return "delete";
    default:      return "options";
    }
}

/* FastAPI's: name and path with what is not a word character as '_', then the method. */
static void write_operation_id(const struct route *r, struct buf *out)
{
    buf_add(out, str_of(r->name));
    for (const char *p = r->path; *p; p++) {
        bool word = ascii_is_alpha(*p) || ascii_is_digit(*p) || *p == '_';
        buf_add_char(out, word ? *p : '_');
    }
    buf_format(out, "_%s", method_name(r->method));
}

static void put_operation_id(struct json_writer *w, const struct route *r, const char *prefix)
{
    char       text[NAME_BYTES];
    struct buf b = buf_fixed(text, sizeof text);

    buf_add(&b, str_of(prefix));
    write_operation_id(r, &b);
    json_put_string(w, buf_str(&b));
}

/* A form's schema is named after its operation. */
static const char *form_name(const struct route *r, char text[static NAME_BYTES])
{
    struct buf b = buf_fixed(text, NAME_BYTES - 1);

    buf_add(&b, LIT("Body_"));
    write_operation_id(r, &b);
    text[b.len] = 0;
    return text;
}

/* ---- Requests --------------------------------------------------------------------------- */

static void write_parameters_of(const struct schema *s, const char *where, struct json_writer *w)
{
    char title[NAME_BYTES];

    for (const struct field *f = s ? s->fields : NULL; f && f->kind; f++) {
        struct buf b = buf_fixed(title, sizeof title - 1);
        describe_title(&b, f->name);
        title[b.len] = 0;
        json_object_begin(w);
        put(w, "name", f->name);
        put(w, "in", where);
        json_name(w, LIT("required"));
        json_put_bool(w, !f->optional && !f->preset);
        if (f->doc)
            put(w, "description", f->doc);
        json_name(w, LIT("schema"));
        describe_field(f, title, w);
        json_object_end(w);
    }
}

static void write_parameters(const struct route *r, struct json_writer *w)
{
    if (!r->path_parameters && !r->query)
        return;
    json_name(w, LIT("parameters"));
    json_list_begin(w);
    write_parameters_of(r->path_parameters, "path", w);
    write_parameters_of(r->query, "query", w);
    json_list_end(w);
}

static void write_content(const struct route *r, const char *media_type, struct json_writer *w)
{
    char name[NAME_BYTES];

    put_object(w, media_type);
    json_name(w, LIT("schema"));
    if (r->form)
        put_ref(w, form_name(r, name));
    else
        put_schema_ref(w, r->in);
    json_object_end(w);
}

static void write_request_body(const struct route *r, struct json_writer *w)
{
    if (!r->in)
        return;
    put_object(w, "requestBody");
    put_object(w, "content");
    write_content(r, r->form ? "application/x-www-form-urlencoded" : "application/json", w);
    json_object_end(w);
    json_name(w, LIT("required"));
    json_put_bool(w, true);
    json_object_end(w);
}

/* ---- Answers ---------------------------------------------------------------------------- */

static void put_status(struct json_writer *w, int status)
{
    char       text[16];
    struct buf b = buf_fixed(text, sizeof text);

    buf_add_int(&b, status);
    json_name(w, buf_str(&b));
}

/* A list or map without a name around it is described in place, with FastAPI's title. */
static void write_root_schema(const struct endpoint *ep, struct json_writer *w)
{
    char       title[NAME_BYTES], id[NAME_BYTES];
    struct buf i = buf_fixed(id, sizeof id - 1), t = buf_fixed(title, sizeof title - 1);

    buf_add(&i, LIT("Response_"));
    write_operation_id(ep->route, &i);
    id[i.len] = 0;
    describe_title(&t, id);
    title[t.len] = 0;
    describe_field(ep->route->out->fields, title, w);
}

static void write_success(const struct endpoint *ep, struct json_writer *w)
{
    put_status(w, ep->status);
    json_object_begin(w);
    put(w, "description", "Successful Response");
    if (ep->route->out) {
        put_object(w, "content");
        put_object(w, "application/json");
        json_name(w, LIT("schema"));
        if (ep->route->out->fields->root)
            write_root_schema(ep, w);
        else
            put_schema_ref(w, ep->route->out);
        json_object_end(w);
        json_object_end(w);
    }
    json_object_end(w);
}

static void write_problem_example(const struct problem_row *row, struct json_writer *w)
{
    put_object(w, row->detail);
    put_object(w, "value");
    put(w, "detail", row->detail);
    if (row->error) {
        put(w, "error", row->error);
        put(w, "error_description", row->detail);
    }
    json_object_end(w);
    json_object_end(w);
}

/* One response for all problems that share a status. */
static void write_problem_status(const struct endpoints *e, const problem *problems, int status,
                                 struct json_writer *w)
{
    put_status(w, status);
    json_object_begin(w);
    put(w, "description", status == 422 ? "Validation Error" : http_status_phrase(status).at);
    put_object(w, "content");
    put_object(w, "application/json");
    json_name(w, LIT("schema"));
    put_ref(w, status == 422 ? "HTTPValidationError" : "Problem");
    if (status != 422) {
        put_object(w, "examples");
        for (const problem *p = problems; *p; p++)
            if (endpoints_problem(e, *p)->status == status)
                write_problem_example(endpoints_problem(e, *p), w);
        json_object_end(w);
    }
    json_object_end(w);
    json_object_end(w);
    json_object_end(w);
}

static void write_responses(const struct endpoints *e, const struct endpoint *ep,
                            struct json_writer *w)
{
    problem problems[ENDPOINT_PROBLEMS_MAX];
    int     done[STATUSES_MAX] = { 0 };

    endpoint_problems(ep, problems);
    put_object(w, "responses");
    write_success(ep, w);
    for (size_t i = 0; problems[i]; i++) {
        int    status = endpoints_problem(e, problems[i])->status;
        size_t n = 0;
        while (done[n] && done[n] != status)
            n++;
        if (done[n] == status)
            continue;
        done[n] = status;
        write_problem_status(e, problems, status, w);
    }
    json_object_end(w);
}

/* ---- Operations ------------------------------------------------------------------------- */

static void write_security(struct json_writer *w)
{
    json_name(w, LIT("security"));
    json_list_begin(w);
    json_object_begin(w);
    json_name(w, LIT("OAuth2PasswordBearer"));
    json_list_begin(w);
    json_list_end(w);
    json_object_end(w);
    json_list_end(w);
}

/* The variants' lines stand behind the row's own. */
static void write_description(const struct endpoint *ep, struct json_writer *w)
{
    struct buf b = buf_growing(DESCRIPTION_BYTES_MAX);

    for (const struct endpoint *v = ep; v; v = v->variant)
        buf_format(&b, "%s%s", v == ep ? "" : "\n\n", v->route->doc);
    json_name(w, LIT("description"));
    json_put_string(w, buf_str(&b));
    buf_close(&b);
}

static void write_operation(const struct endpoints *e, const struct endpoint *ep,
                            struct json_writer *w)
{
    const struct route *r = ep->route;
    char                title[NAME_BYTES];
    struct buf          b = buf_fixed(title, sizeof title);

    json_name(w, str_of(method_name(r->method)));
    json_object_begin(w);
    if (ep->group) {
        json_name(w, LIT("tags"));
        json_list_begin(w);
        json_put_string(w, str_of(ep->group));
        json_list_end(w);
    }
    describe_title(&b, r->name);
    json_name(w, LIT("summary"));
    json_put_string(w, buf_str(&b));
    write_description(ep, w);
    json_name(w, LIT("operationId"));
    put_operation_id(w, r, "");
    write_parameters(r, w);
    write_request_body(r, w);
    write_responses(e, ep, w);
    if (r->who != ANYONE)
        write_security(w);
    json_object_end(w);
}

static bool path_was_seen(const struct endpoints *e, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (str_eq(e->rows[j].path, e->rows[i].path))
            return true;
    return false;
}

static void write_paths(const struct endpoints *e, struct json_writer *w)
{
    put_object(w, "paths");
    for (size_t i = 0; i < e->count; i++) {
        if (path_was_seen(e, i))
            continue;
        json_name(w, e->rows[i].path);
        json_object_begin(w);
        for (size_t j = i; j < e->count; j++)
            if (str_eq(e->rows[j].path, e->rows[i].path) && !e->rows[j].route->when.field)
                write_operation(e, &e->rows[j], w);
        json_object_end(w);
    }
    json_object_end(w);
}

/* ---- Components ------------------------------------------------------------------------- */

struct schemas {
    const struct schema *seen[SCHEMAS_MAX];
    size_t               count;
    enum describe_use    use;
    struct json_writer  *w;
};

static void write_schema_once(void *context, const struct schema *s)
{
    struct schemas *all = context;
    char            name[NAME_BYTES];
    struct buf      b = buf_fixed(name, sizeof name);

    for (size_t i = 0; i < all->count; i++)
        if (all->seen[i] == s)
            return;
    if (s->fields->root || all->count == SCHEMAS_MAX)
        return;
    all->seen[all->count++] = s;
    describe_name(&b, s->name);
    json_name(all->w, buf_str(&b));
    describe_schema(s, all->use, all->w);
}

static void write_form_schema(const struct route *r, struct json_writer *w)
{
    char          name[NAME_BYTES];
    struct schema named = *r->in;

    named.name = form_name(r, name);
    json_name(w, str_of(name));
    describe_schema(&named, DESCRIBE_IN, w);
}

static void write_route_schemas(const struct endpoints *e, struct schemas *all)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct route *r = e->rows[i].route;
        if (r->form && !r->when.field)
            write_form_schema(r, all->w);
        all->use = DESCRIBE_IN;
        if (r->in && !r->form)
            describe_nested(r->in, write_schema_once, all);
        all->use = DESCRIBE_OUT;
        if (r->out)
            describe_nested(r->out, write_schema_once, all);
    }
}

static const char http_validation_error[] =
    "{\"properties\":{\"detail\":{\"items\":{\"$ref\":\"#/components/schemas/ValidationError\"},\"type\":\"array\","
    "\"title\":\"Detail\"}},\"type\":\"object\",\"title\":\"HTTPValidationError\"}";
static const char validation_error[] =
    "{\"properties\":{\"loc\":{\"items\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]},\"type\":\"array\","
    "\"title\":\"Location\"},\"msg\":{\"type\":\"string\",\"title\":\"Message\"},\"type\":{\"type\":\"string\","
    "\"title\":\"Error Type\"}},\"type\":\"object\",\"required\":[\"loc\",\"msg\",\"type\"],\"title\":\"ValidationError\"}";
static const char problem_schema[] =
    "{\"properties\":{\"detail\":{\"type\":\"string\",\"title\":\"Detail\"},\"error\":{\"type\":\"string\","
    "\"title\":\"Error\",\"description\":\"RFC 6749 section 5.2\"},\"error_description\":{\"type\":\"string\","
    "\"title\":\"Error Description\"}},\"type\":\"object\",\"required\":[\"detail\"],\"title\":\"Problem\"}";

static void put_raw(struct json_writer *w, const char *name, const char *json)
{
    json_name(w, str_of(name));
    json_put_raw(w, str_of(json));
}

static void write_security_scheme(const struct api *api, struct json_writer *w)
{
    put_object(w, "securitySchemes");
    put_object(w, "OAuth2PasswordBearer");
    put(w, "type", "oauth2");
    put_object(w, "flows");
    put_object(w, "password");
    put_object(w, "scopes");
    json_object_end(w);
    put(w, "tokenUrl", api->token_url);
    if (api->refresh_url)
        put(w, "refreshUrl", api->refresh_url);
    json_object_end(w);
    json_object_end(w);
    json_object_end(w);
    json_object_end(w);
}

static void write_components(const struct endpoints *e, struct json_writer *w)
{
    struct schemas all = { .w = w };

    put_object(w, "components");
    put_object(w, "schemas");
    write_route_schemas(e, &all);
    put_raw(w, "HTTPValidationError", http_validation_error);
    put_raw(w, "Problem", problem_schema);
    put_raw(w, "ValidationError", validation_error);
    json_object_end(w);
    if (e->api->token_url)
        write_security_scheme(e->api, w);
    json_object_end(w);
}

void openapi_write(const struct endpoints *e, struct buf *out)
{
    struct json_writer w = json_writer(out);

    json_object_begin(&w);
    put(&w, "openapi", "3.1.0");
    put_object(&w, "info");
    put(&w, "title", e->api->title);
    if (e->api->doc)
        put(&w, "description", e->api->doc);
    put(&w, "version", e->api->version);
    json_object_end(&w);
    write_paths(e, &w);
    write_components(e, &w);
    json_object_end(&w);
}
