/* fuzz_call.c: any method, path, query, media type, authorization and body as a call of a toy
 * API.
 *
 * The input is those six, each ended by a NUL but the body.  Every answer is one that the route
 * may give, with a body that is JSON; a handler runs only with values that satisfy their rows,
 * and with a token that is good. */
#include <stdlib.h>

#include "../unit/api/toy.h"
#include "base/check.h"
#include "base/utf8.h"
#include "json/read.h"

enum { ARENA_BYTES = 1 << 20, BODY_BYTES = 1 << 18 };

static bool is_json(struct str text)
{
    struct json_reader r = json_reader(text);

    return json_skip(&r, json_next(&r)) && json_next(&r).kind == JSON_END;
}

static void check_in(const struct endpoint *ep, const struct call *c)
{
    const struct toy_in    *in = c->in;
    const struct toy_login *login = c->in;
    const struct toy_renewal *renewal = c->in;
    const struct toy_query *query = c->query;
    const struct toy_path  *path = c->path;

    CHECK(!ep->route->in == !c->in && !ep->route->query == !c->query && !ep->route->path_parameters == !c->path);
    if (ep->route->in == &toy_in)
        CHECK(in->name.at && utf8_valid(in->name) && utf8_count(in->name) <= 10 && in->count >= 0);
    if (ep->route->in == &toy_login)
        CHECK(utf8_count(login->username) <= 20 && utf8_count(login->password) <= 20 && str_find_byte(login->password, 0) == login->password.len);
    if (ep->route->in == &toy_renewal)
        CHECK(str_eq(renewal->grant, LIT("renew")) && utf8_count(renewal->token) <= 20);
    if (query)
        CHECK(query->limit <= 100);
    if (path)
        CHECK(path->item_id >= 1);
    CHECK(ep->route->who == ANYONE || c->user);
}

static void check_answer(const struct endpoint *ep, const struct api_request *r, const struct api_answer *a)
{
    static const int refusals[] = { 400, 401, 409, 415, 422, 503 };
    bool             known = a->status == ep->status;

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        known |= a->status == refusals[i];
    CHECK(known && !a->body.failed);
    CHECK(a->status == 204 ? a->body.len == 0 : is_json(buf_str(&a->body)) && utf8_valid(buf_str(&a->body)));
    CHECK((a->retry_after_s > 0) == (a->status == 503));
    CHECK(a->status != 409 || ep->route->in == &toy_renewal);
    CHECK(a->status != 401 || ep->route->who != ANYONE);
    CHECK(a->status != 415 || r->media_type.at);
}

static struct api_request request_of(struct str *rest)
{
    struct api_request r = { 0 };
    struct str         query = str_cut(rest, 0), media_type = str_cut(rest, 0), authorization = str_cut(rest, 0);

    r.query = query.len ? query : (struct str){ 0 };
    r.media_type = media_type.len ? media_type : (struct str){ 0 };
    r.authorization = authorization.len ? authorization : (struct str){ 0 };
    r.body = rest->at ? *rest : LIT("");
    return r;
}

static void try_call(const struct endpoints *e, const struct endpoint *ep, struct api_request *r, size_t arena_bytes)
{
    struct toy        toy = { 0 };
    struct arena      arena = arena_new(arena_bytes);
    struct call       c = { .arena = &arena, .service = (struct service *)(void *)&toy };
    struct api_answer a = { .body = buf_growing(BODY_BYTES) };

    ep = call_variant(ep, r, &arena);
    if (call_prepare(e, ep, r, &c, &a)) {
        CHECK(!arena.failed && a.body.len == 0);
        check_in(ep, &c);
        call_run(e, ep, &c, &a);
        CHECK(toy.ran == 1 || arena.failed);
    } else {
        CHECK(toy.ran == 0 && a.problem != OK);
    }
    check_answer(ep, r, &a);
    buf_close(&a.body);
    arena_close(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str         rest = { (const char *)data, size };
    struct str         method = str_cut(&rest, 0), path = str_cut(&rest, 0);
    struct api_request r = request_of(&rest);
    struct buf         why = buf_growing(1024);
    struct endpoints   e;

    CHECK(endpoints_open(&e, &toy_api, toy_all_on, NULL, &why));
    struct match m = endpoints_match(&e, (enum http_method)(method.len ? method.at[0] & 7 : 0), path);
    if (m.endpoint) {
        endpoint_values(m.endpoint, path, r.values);
        try_call(&e, m.endpoint, &r, ARENA_BYTES);
        try_call(&e, m.endpoint, &r, size % 512);
    }
    endpoints_close(&e);
    buf_close(&why);
    return 0;
}
