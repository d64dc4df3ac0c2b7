/* call.c: authenticate, decode, run, encode.
 *
 * The order is part of the contract: who is asking comes before what is asked, so that a
 * protected route tells a stranger nothing.  A handler's problem that its row does not declare
 * is a bug: it is answered as 500 and logged, and a CHECK in builds for tests. */
#include "api/call.h"

#include "api/form.h"
#include "api/media_type.h"
#include "api/multipart.h"
#include "base/check.h"
#include "base/log.h"
#include "base/utf8.h"
#include "schema/decode.h"
#include "schema/encode.h"

enum { FORM_FIELDS_MAX = 100 };

/* ---- Answers ---------------------------------------------------------------------------- */

void answer_problem(const struct endpoints *e, problem p, struct api_answer *answer)
{
    const struct problem_row *row = endpoints_problem(e, p);
    struct json_writer        w;

    buf_reset(&answer->body);
    w = json_writer(&answer->body);
    json_object_begin(&w);
    json_name(&w, LIT("detail"));
    json_put_string(&w, str_of(row->detail));
    if (row->error) {
        json_name(&w, LIT("error"));
        json_put_string(&w, str_of(row->error));
        json_name(&w, LIT("error_description"));
        json_put_string(&w, str_of(row->detail));
    }
    json_object_end(&w);
    answer->status = row->status;
    answer->problem = p;
    if (row->status == 503 && answer->retry_after_s == 0)
        answer->retry_after_s = 1;
}

static COLD bool refuse(const struct endpoints *e, problem p, struct api_answer *answer)
{
    answer_problem(e, p, answer);
    return false;
}

/* ---- Who is asking ---------------------------------------------------------------------- */

/* RFC 6750 section 2.1: the scheme in any case, then the token; as FastAPI reads it. */
static bool bearer_token(struct str authorization, struct str *token)
{
    struct str rest = authorization;
    struct str scheme = str_cut(&rest, ' ');

    if (!authorization.at || !str_eq_nocase(scheme, LIT("bearer")))
        return false;
    *token = rest.at ? str_trim(rest) : LIT("");
    return true;
}

static problem authenticate(const struct endpoints *e, const struct endpoint *ep,
                            struct str authorization, struct call *c)
{
    struct str token;

    if (ep->route->who == ANYONE)
        return OK;
    if (!bearer_token(authorization, &token))
        return NOT_AUTHENTICATED;
    return e->api->authenticate(c, token);
}

/* ---- What is asked ---------------------------------------------------------------------- */

static bool room_for(const struct schema *s, struct arena *a, void **out)
{
    *out = s ? arena_alloc(a, s->size) : NULL;
    return !s || *out;
}

static bool decode_path(const struct endpoint *ep, const struct api_request *r, struct call *c,
                        struct faults *f)
{
    void *out;

    if (!ep->route->path_parameters)
        return true;
    struct text_value values[PATH_PARAMETERS_MAX];
    for (unsigned n = 0; n < ep->parameters; n++)
        values[n] = (struct text_value){ endpoint_parameter(ep, n), r->values[n] };
    if (!room_for(ep->route->path_parameters, c->arena, &out))
        return false;
    c->path = out;
    return decode_texts(ep->route->path_parameters, "path", values, ep->parameters, c->arena, f,
                        out);
}

static bool decode_query(const struct endpoint *ep, const struct api_request *r, struct call *c,
                         struct faults *f)
{
    struct text_value *values = NULL;
    size_t             count = 0;
    void              *out;

    if (!ep->route->query)
        return true;
    if (!room_for(ep->route->query, c->arena, &out))
        return false;
    if (r->query.at && !form_parse(r->query, FORM_FIELDS_MAX, c->arena, &values, &count)) {
        fault_add(f, "value_error", &(struct place){ .name = LIT("query") },
                  LIT("Value error, malformed query"), (struct str){ 0 }, LIT("{\"error\":{}}"));
        return false;
    }
    c->query = out;
    return decode_texts(ep->route->query, "query", values, count, c->arena, f, out);
}

static problem decode_json_body(const struct endpoint *ep, const struct api_request *r,
                                struct call *c, struct faults *f, void *out)
{
    if (r->body.len == 0) {
        fault_add(f, "missing", &(struct place){ .name = LIT("body") }, LIT("Field required"),
                  (struct str){ 0 }, (struct str){ 0 });
        return OK;
    }
    if (!utf8_valid(r->body))
        return BAD_BODY;
    (void)decode_json(ep->route->in, r->body, c->arena, f, out);
    return OK;
}

static problem parse_form(struct media_type type, struct str body, struct arena *a,
                          struct text_value **values, size_t *count)
{
    if (str_eq_nocase(type.subtype, LIT("x-www-form-urlencoded")))
        return form_parse(body, FORM_FIELDS_MAX, a, values, count) ? OK : BAD_BODY;
    return multipart_parse(body, type.boundary, FORM_FIELDS_MAX, a, values, count) == MULTIPART_OK
               ? OK
               : BAD_BODY;
}

static problem decode_form_body(const struct endpoint *ep, const struct api_request *r,
                                struct media_type type, struct call *c, struct faults *f, void *out)
{
    struct text_value *values = NULL;
    size_t             count = 0;
    problem p = r->media_type.at ? parse_form(type, r->body, c->arena, &values, &count) : OK;

    if (p == OK)
        (void)decode_texts(ep->route->in, "body", values, count, c->arena, f, out);
    return p;
}

static bool is_form(struct media_type t)
{
    return (str_eq_nocase(t.type, LIT("application")) &&
            str_eq_nocase(t.subtype, LIT("x-www-form-urlencoded"))) ||
           (str_eq_nocase(t.type, LIT("multipart")) && str_eq_nocase(t.subtype, LIT("form-data")));
}

static bool takes(const struct route *r, struct str text, struct media_type *type)
{
    if (!r->form && str_eq(text, LIT("application/json")))  /* as nearly everybody writes it */
        return true;
    return media_type_parse(text, type) && (r->form ? is_form(*type) : media_type_is_json(type));
}

static problem decode_body(const struct endpoint *ep, const struct api_request *r, struct call *c,
                           struct faults *f)
{
    struct media_type type = { 0 };
    void             *out;

    if (!ep->route->in)
        return OK;
    if (r->media_type.at && !takes(ep->route, r->media_type, &type))
        return BAD_MEDIA_TYPE;
    if (!room_for(ep->route->in, c->arena, &out))
        return UNAVAILABLE;
    c->in = out;
    return ep->route->form ? decode_form_body(ep, r, type, c, f, out)
                           : decode_json_body(ep, r, c, f, out);
}

/* A form's last value of that name, as decoding takes it; none when there is no such form. */
static struct str chosen(const struct api_request *r, const char *field, struct arena *a)
{
    struct media_type  type = { 0 };
    struct text_value *values = NULL;
    size_t             count = 0;

    if (!r->media_type.at || !media_type_parse(r->media_type, &type) || !is_form(type) ||
        parse_form(type, r->body, a, &values, &count) != OK)
        return (struct str){ 0 };
    while (count-- > 0)
        if (str_eq(values[count].name, str_of(field)))
            return values[count].value;
    return (struct str){ 0 };
}

const struct endpoint *call_variant(const struct endpoint *ep, const struct api_request *r,
                                    struct arena *a)
{
    for (const struct endpoint *v = ep->variant; v; v = v->variant)
        if (str_eq(chosen(r, v->route->when.field, a), str_of(v->route->when.value)))
            return v;
    return ep;
}

bool call_prepare(const struct endpoints *e, const struct endpoint *ep, const struct api_request *r,
                  struct call *c, struct api_answer *answer)
{
    c->agent = r->agent;
    problem p = authenticate(e, ep, r->authorization, c);
    if (p != OK)
        return refuse(e, c->arena->failed ? UNAVAILABLE : p, answer);
    struct faults f = faults_begin(&answer->body);
    (void)decode_path(ep, r, c, &f);
    (void)decode_query(ep, r, c, &f);
    p = decode_body(ep, r, c, &f);
    if (p == OK)
        p = f.problem;
    if (c->arena->failed)
        p = UNAVAILABLE;
    if (p != OK)
        return refuse(e, p, answer);
    if (f.count == 0) {
        buf_reset(&answer->body);
        return true;
    }
    faults_end(&f);
    if (answer->body.failed)    /* too much to tell */
        return refuse(e, INVALID, answer);
    answer->status = 422;
    answer->problem = INVALID;
    return false;
}

/* ---- The answer ------------------------------------------------------------------------- */

problem call_refuse(struct call *c, const char *member, struct str why)
{
    c->refused.member = member;
    c->refused.why = why;
    return INVALID;
}

/* As Pydantic words what a validator of one's own raised. */
static void answer_refused(const struct endpoints *e, const struct call *c,
                           struct api_answer *answer)
{
    struct place  body = { .name = LIT("body") };
    struct place  member = { .outer = &body, .name = str_of(c->refused.member) };
    struct str    message = arena_format(c->arena, "Value error, %.*s", STR_ARG(c->refused.why));
    struct faults f;

    buf_reset(&answer->body);
    f = faults_begin(&answer->body);
    fault_add(&f, "value_error", &member, message, (struct str){ 0 }, LIT("{\"error\":{}}"));
    faults_end(&f);
    answer->status = 422;
    answer->problem = INVALID;
    if (answer->body.failed || c->arena->failed)
        answer_problem(e, UNAVAILABLE, answer);
}

static bool is_declared(const struct route *r, problem p)
{
    if (p == INTERNAL || p == UNAVAILABLE)
        return true;
    if (p == TOO_MANY && r->gate)
        return true;
    if (p == INVALID && r->in)
        return true;
    for (int i = 0; i < PROBLEMS_MAX && r->problems[i]; i++)
        if (r->problems[i] == p)
            return true;
    return false;
}

static problem checked(const struct endpoint *ep, problem p)
{
    if (p == OK || is_declared(ep->route, p))
        return p;
#ifdef ARENA_MALLOC
    CHECK(!"a problem that the route's row declares");
#endif
    log_event(LOG_LEVEL_ERROR, "undeclared_problem", LOG_PAIRS({ "route", ep->path }));
    return INTERNAL;
}

static void answer_failure(const struct endpoints *e, problem p, struct call *c,
                           struct api_answer *answer)
{
    answer->retry_after_s = c->retry_after_s;
    if (p == INVALID && c->refused.member)
        answer_refused(e, c, answer);
    else
        answer_problem(e, p, answer);
}

bool call_admit(const struct endpoints *e, const struct endpoint *ep, struct call *c,
                struct api_answer *answer)
{
    problem p = checked(ep, ep->route->gate->admit(c));

    if (p == OK)
        return true;
    answer_failure(e, p, c, answer);
    return false;
}

void call_run(const struct endpoints *e, const struct endpoint *ep, struct call *c,
              struct api_answer *answer)
{
    void *out;

    answer->retry_after_s = 0;
    if (!room_for(ep->route->out, c->arena, &out)) {
        answer_problem(e, UNAVAILABLE, answer);
        return;
    }
    c->out = out;
    problem p = checked(ep, ep->route->run(c));
    if (p == OK && c->arena->failed)
        p = UNAVAILABLE;
    if (p != OK) {
        answer_failure(e, p, c, answer);
        return;
    }
    buf_reset(&answer->body);
    struct json_writer w = json_writer(&answer->body);
    if (ep->route->out)
        encode_json(ep->route->out, out, &w);
    answer->status = ep->status;
    answer->problem = OK;
    if (answer->body.failed)
        answer_problem(e, UNAVAILABLE, answer);
}
