/* exchange.c: answers.  Those of the batch that is being handled go to the server's buffer,
 * which is sent when the batch ends; those that come later go to the connection's own, which is
 * sent when the turn ends. */
#include "base/check.h"
#include "http/connection.h"

static struct connection *connection_of(const struct http_exchange *x)
{
    return (struct connection *)x;
}

static void resume_later(struct connection *c)
{
    struct http_server *server = c->server;

    if (c->to_resume)
        return;
    c->to_resume = true;
    c->next = server->to_resume;
    server->to_resume = c->slot;
    loop_post(server->loop, &server->resume);
}

static enum http_persistence persistence_of(const struct connection *c, bool closes)
{
    if (closes)
        return HTTP_SAYS_CLOSE;
    return c->exchange.says_keep_alive ? HTTP_SAYS_KEEP_ALIVE : HTTP_PERSISTS;
}

static void respond(struct connection *c, const struct http_response *r, bool closes,
                    bool head_only)
{
    struct http_server *server = c->server;
    bool                in_batch = server->current == c;
    struct buf         *out = in_batch ? &server->out : &c->out;
    struct str          date = http_date_line(&server->date, server->settings.clock,
                                              loop_now_ns(server->loop));

    http_response_add(out, r, date, persistence_of(c, closes), head_only);
    if (closes)
        c->closing = true;
    if (!in_batch)
        resume_later(c);
}

void exchange_refuse(struct connection *c, int status, bool head_only)
{
    struct http_server *server = c->server;

    buf_reset(&server->refusal_headers);
    buf_reset(&server->refusal_body);
    if (server->settings.on_refusal)
        server->settings.on_refusal(server->settings.context, status, &server->refusal_headers,
                                    &server->refusal_body);
    if (server->refusal_headers.failed || server->refusal_body.failed) {
        buf_reset(&server->refusal_headers);
        buf_reset(&server->refusal_body);
    }
    struct http_response r = {
        .status = status,
        .headers = buf_str(&server->refusal_headers),
        .body = buf_str(&server->refusal_body),
    };
    server->refusals++;
    c->peer_closes = false;
    respond(c, &r, true, head_only);
}

const struct http_request *http_exchange_request(const struct http_exchange *x)
{
    const struct http_server *server = connection_of(x)->server;

    CHECK(x->open && server->in_request && server->current == connection_of(x));
    return &server->request;
}

struct str http_exchange_address(const struct http_exchange *x)
{
    const struct connection *c = connection_of(x);

    return (struct str){ c->address, c->address_bytes };
}

void http_exchange_answer(struct http_exchange *x, const struct http_response *r)
{
    struct connection *c = connection_of(x);

    CHECK(x->open);
    x->open = false;
    c->generation++;
    respond(c, r, r->close || !x->keeps_alive || c->server->draining, x->is_head);
}

struct http_ticket http_exchange_defer(struct http_exchange *x)
{
    const struct connection *c = connection_of(x);

    CHECK(x->open);
    x->deferred = true;
    return (struct http_ticket){ c->slot, c->generation };
}

struct http_exchange *http_server_exchange(struct http_server *s, struct http_ticket t)
{
    if (t.slot >= s->seats_used)
        return NULL;
    struct connection *c = &s->seats[t.slot];
    return c->open && c->exchange.open && c->generation == t.generation ? &c->exchange : NULL;
}

bool http_exchange_is_head(const struct http_exchange *x)
{
    return x->is_head;
}

void http_exchange_set_context(struct http_exchange *x, void *context)
{
    x->context = context;
}

void *http_exchange_context(const struct http_exchange *x)
{
    return x->context;
}
