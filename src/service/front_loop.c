/* front_loop.c: from an exchange to an answer.
 *
 *   exchange -> match -> prepare -> run here, or call -> keeper -> answer
 *
 * An exchange that waits for the keeper holds no request: all that its answer needs travels in
 * the ticket, and which origin may read it. */
#include "service/front_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "api/call.h"
#include "api/docs.h"
#include "api/percent.h"
#include "base/log.h"
#include "http/status.h"
#include "service/message.h"

enum {
    ARENA_BYTES = 1 << 20,
    BODY_BYTES_MAX = 4 << 20,
    HEADER_BYTES_MAX = 4096,
    WORK_MS_MAX = 30000,
    KEPT_MAX = 4096             /* tokens, and rows */
};

/* ---- Answers ---------------------------------------------------------------------------- */

static void add_headers(struct front_loop *l, const struct endpoint *ep, int status,
                        int retry_after_s)
{
    if (status == 401)
        buf_add(&l->headers, LIT("WWW-Authenticate: Bearer\r\n"));
    if (retry_after_s > 0)
        buf_format(&l->headers, "Retry-After: %d\r\n", retry_after_s);
    if (ep && ep->no_store)
        buf_add(&l->headers, LIT("Cache-Control: no-store\r\n"));
}

static void answer(struct front_loop *l, struct http_exchange *x, int status, struct str media_type,
                   struct str body)
{
    if (l->headers.failed) {    /* half a header line is none */
        buf_reset(&l->headers);
        status = 503;
        media_type = body = (struct str){ 0 };
    }
    http_exchange_answer(x, &(struct http_response){
        .status = status, .media_type = media_type, .headers = buf_str(&l->headers), .body = body,
        .close = l->draining,
    });
}

static void answer_call(struct front_loop *l, struct http_exchange *x, const struct endpoint *ep,
                        const struct api_answer *a)
{
    add_headers(l, ep, a->status, a->retry_after_s);
    answer(l, x, a->status, a->body.len ? LIT("application/json") : (struct str){ 0 },
           buf_str(&a->body));
}

static COLD void answer_with_problem(struct front_loop *l, struct http_exchange *x,
                                     const struct endpoint *ep, problem p, int retry_after_s)
{
    struct api_answer a = { .body = l->body, .retry_after_s = retry_after_s };

    answer_problem(&l->front->service->endpoints, p, &a);
    answer_call(l, x, ep, &a);
    l->body = a.body;
}

/* What the server itself refuses: the same shape as everything else. */
static void on_refusal(void *context, int status, struct buf *headers, struct buf *body)
{
    struct json_writer w = json_writer(body);

    (void)context;
    buf_add(headers, LIT("Content-Type: application/json\r\n"));
    if (status == 503)
        buf_add(headers, LIT("Retry-After: 1\r\n"));
    json_object_begin(&w);
    json_name(&w, LIT("detail"));
    json_put_string(&w, http_status_phrase(status));
    json_object_end(&w);
}

/* ---- Documents, and what is not there --------------------------------------------------- */

static bool answer_document(struct front_loop *l, struct http_exchange *x, struct str path)
{
    struct front *f = l->front;

    if (str_eq(path, LIT("/openapi.json"))) {
        answer(l, x, 200, LIT("application/json"), buf_str(&f->openapi));
        return true;
    }
    if (!str_eq(path, LIT("/docs")))
        return false;
    buf_add(&l->headers, LIT("Content-Security-Policy: "));
    buf_add(&l->headers, f->policy_text);
    buf_add(&l->headers,
            LIT("\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
                "Cache-Control: no-cache\r\n"));
    answer(l, x, 200, LIT("text/html; charset=utf-8"), docs_page());
    return true;
}

static bool is_document(struct str path)
{
    return str_eq(path, LIT("/openapi.json")) || str_eq(path, LIT("/docs"));
}

static COLD void answer_elsewhere(struct front_loop *l, struct http_exchange *x, struct str path,
                                  unsigned allowed)
{
    const struct http_request *r = http_exchange_request(x);
    bool reads = r->method == HTTP_GET || r->method == HTTP_HEAD;

    if (is_document(path)) {
        if (reads && answer_document(l, x, path))
            return;
        allowed = 1u << GET | 1u << HEAD | 1u << OPTIONS;
    }
    if (allowed) {
        buf_add(&l->headers, LIT("Allow: "));
        endpoints_write_allow(allowed, &l->headers);
        buf_add(&l->headers, LIT("\r\n"));
    }
    if (r->method == HTTP_OPTIONS && (allowed || str_eq(path, LIT("*")))) {
        cors_write_preflight(&l->front->cors, r, allowed, &l->headers);
        answer(l, x, 204, (struct str){ 0 }, (struct str){ 0 });
        return;
    }
    answer_with_problem(l, x, NULL, allowed ? METHOD_NOT_ALLOWED : NOT_FOUND, 0);
}

/* ---- Calls ------------------------------------------------------------------------------ */

_Static_assert(BODY_BYTES_LIMIT + HEAD_BYTES_LIMIT + 4096 <= MESSAGE_BYTES_MAX,
               "every request that is accepted can be sent on");

static bool send_call(struct front_loop *l, const struct call_message *m)
{
    buf_reset(&l->packet);
    message_write_call(&l->packet, m);
    bool sent = !l->packet.failed && send(l->channel, l->packet.at, l->packet.len,
                                          MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)l->packet.len;
    buf_wipe(&l->packet);
    return sent;
}

static void call_keeper(struct front_loop *l, struct http_exchange *x, const struct endpoint *ep,
                        const struct api_request *r, struct str address)
{
    const struct str   *origin = cors_allowed(&l->front->cors, http_exchange_request(x));
    struct http_ticket  t = http_exchange_defer(x);
    struct call_message m = {
        .ticket = { l->front->generation, t.slot, t.generation },
        .endpoint = ep->index,
        .address = address,
        .request = *r,
    };

    http_exchange_set_context(x, (void *)origin);
    if (!send_call(l, &m))
        answer_with_problem(l, x, ep, UNAVAILABLE, 1);
}

/* Several are no media type at all, rather than none: no body is read that one of them denies. */
static struct str media_type_of(const struct http_request *h)
{
    return h->media_types > 1 ? LIT("several") : h->media_type;
}

/* None where nobody asks who it is. */
static struct str authorization_for(const struct endpoint *ep, const struct http_request *h)
{
    return ep->route->who == ANYONE ? (struct str){ 0 }
                                    : http_request_header(h, LIT("authorization"), NULL);
}

/* A turn may have waited for the disk: whether a token has expired is asked of the clock. */
static int64_t time_for(struct front_loop *l, const struct endpoint *ep)
{
    return ep->route->who == SIGNED_IN ? clock_wall_us(l->front->service->clock) : loop_wall_us(l->loop);
}

/* None where nothing is kept. */
static struct str agent_for(const struct endpoint *ep, const struct http_request *h)
{
    return service_keeps(ep) ? http_request_header(h, LIT("user-agent"), NULL)
                             : (struct str){ 0 };
}

static void serve_endpoint(struct front_loop *l, struct http_exchange *x, const struct endpoint *ep,
                           struct str path)
{
    struct service            *s = l->front->service;
    const struct http_request *h = http_exchange_request(x);
    struct api_request         r = {
        .query = h->query,
        .media_type = media_type_of(h),
        .authorization = authorization_for(ep, h),
        .agent = agent_for(ep, h),
        .body = h->body,
    };
    struct api_answer a = { .body = l->body };
    struct call c = { .arena = &l->arena,
                      .db = l->db,
                      .service = s,
                      .tokens = l->tokens,
                      .address = proxies_client(&l->front->proxies, h, http_exchange_address(x),
                                                &l->arena),
                      .now_us = time_for(l, ep) };

    ep = call_variant(ep, &r, &l->arena);
    endpoint_values(ep, path, r.values);
    buf_reset(&a.body);
    bool good = call_prepare(&s->endpoints, ep, &r, &c, &a);
    if (good && service_keeps(ep)) {
        l->body = a.body;
        call_keeper(l, x, ep, &r, c.address);
        return;
    }
    if (good)
        call_run(&s->endpoints, ep, &c, &a);
    answer_call(l, x, ep, &a);
    l->body = a.body;
}

static bool decoded_path(struct front_loop *l, struct str raw, struct str *path)
{
    *path = raw;
    return str_find_byte(raw, '%') == raw.len || percent_decode(raw, &l->arena, path);
}

static void on_request(void *context, struct http_exchange *x)
{
    struct front_loop         *l = context;
    const struct http_request *r = http_exchange_request(x);
    struct str                 path;

    buf_reset(&l->headers);
    cors_write(&l->front->cors, cors_allowed(&l->front->cors, r), &l->headers);
    if (!decoded_path(l, r->path, &path)) {
        answer_with_problem(l, x, NULL, NOT_FOUND, 0);
    } else {
        struct match m = endpoints_match(&l->front->service->endpoints, r->method, path);
        if (m.endpoint)
            serve_endpoint(l, x, m.endpoint, path);
        else
            answer_elsewhere(l, x, path, m.allowed);
    }
    arena_reset(&l->arena);
    buf_wipe(&l->body);
}

/* ---- Answers of the keeper -------------------------------------------------------------- */

static void take_answer(struct front_loop *l, struct str packet)
{
    const struct endpoints *e = &l->front->service->endpoints;
    struct answer_message   m;

    bool                    writes;

    if (message_read_health(packet, &writes)) {
        service_heard(l->front->service, writes);
        return;
    }
    if (!message_read_answer(packet, &m) || m.ticket.front != l->front->generation ||
        m.endpoint >= e->count)
        return;     /* of a front that is gone */
    struct http_exchange *x =
        http_server_exchange(l->server, (struct http_ticket){ m.ticket.slot, m.ticket.generation });
    if (!x)
        return;     /* the client is gone */
    buf_reset(&l->headers);
    cors_write(&l->front->cors, http_exchange_context(x), &l->headers);
    add_headers(l, &e->rows[m.endpoint], m.status, (int)m.retry_after_s);
    answer(l, x, m.status, m.body.len ? LIT("application/json") : (struct str){ 0 }, m.body);
}

static void on_channel(struct watch *w, uint32_t events)
{
    struct front_loop *l = (struct front_loop *)((char *)w - offsetof(struct front_loop, watch));

    (void)events;
    for (;;) {
        ssize_t got = recv(l->channel, l->incoming, MESSAGE_BYTES_MAX, MSG_DONTWAIT);
        if (got <= 0)
            return;
        take_answer(l, (struct str){ l->incoming, (size_t)got });
        explicit_bzero(l->incoming, (size_t)got);
    }
}

/* ---- Life ------------------------------------------------------------------------------- */

static void on_deadline(struct timer *t)
{
    struct front_loop *l = (struct front_loop *)((char *)t - offsetof(struct front_loop, deadline));

    log_event(LOG_LEVEL_WARN, "shutdown_timeout", NULL);
    loop_stop(l->loop);
}

static void on_turn(void *context)
{
    struct front_loop *l = context;

    if (l->draining && http_server_connections(l->server) == 0)
        loop_stop(l->loop);
}

void front_loop_drain(struct front_loop *l)
{
    l->draining = true;
    http_server_drain(l->server);
    loop_timer_set(l->loop, &l->deadline, l->front->service->options.shutdown_timeout_ms);
}

static struct http_settings http_settings_of(struct front_loop *l)
{
    const struct options *o = &l->front->service->options;

    return (struct http_settings){
        .limits = { .target_bytes_max = (size_t)o->target_bytes_max, .head_bytes_max = (size_t)o->head_bytes_max,
                    .headers_max = (unsigned)o->headers_max, .body_bytes_max = (size_t)o->body_bytes_max },
        .timeouts = { .head_ms = o->head_timeout_ms, .body_ms = o->body_timeout_ms, .idle_ms = o->idle_timeout_ms,
                      .send_ms = o->send_timeout_ms, .answer_ms = o->queue_wait_ms + WORK_MS_MAX },
        .connections_max = (size_t)o->connections,
        .census = l->front->census,
        .clock = l->front->service->clock,
        .net = l->front->service->net,
        .context = l,
        .on_request = on_request,
        .on_refusal = on_refusal,
    };
}

/* Without memory or entropy nothing is kept, and all is right but slower. */
static void keep(struct front_loop *l)
{
    l->tokens = token_cache_open(KEPT_MAX, l->front->service->random);
    if (l->db)
        store_session_keep_rows(l->db, KEPT_MAX);
}

bool front_loop_open(struct front *f, struct front_loop *l, int channel)
{
    l->front = f;
    l->channel = channel;
    l->arena = arena_new(ARENA_BYTES);
    l->body = buf_growing(BODY_BYTES_MAX);
    l->headers = buf_growing(HEADER_BYTES_MAX);
    l->packet = buf_growing(MESSAGE_BYTES_MAX);
    l->incoming = malloc(MESSAGE_BYTES_MAX);
    l->loop = loop_open(f->service->clock);
    if (!l->incoming || !l->loop)
        return false;
    struct http_settings settings = http_settings_of(l);
    l->server = http_server_open(l->loop, &settings);
    l->watch = (struct watch){ .fd = channel, .ready = on_channel };
    l->deadline = (struct timer){ .expired = on_deadline };
    loop_on_turn(l->loop, on_turn, l);
    if (f->service->store)
        l->db = store_session_open(f->service->store);
    if (f->service->options.cache)
        keep(l);
    return l->server && loop_watch(l->loop, &l->watch, EPOLLIN) && (l->db || !f->service->store);
}

void front_loop_close(struct front_loop *l)
{
    if (l->server)
        http_server_close(l->server);
    if (l->db)
        store_session_close(l->db);
    token_cache_close(l->tokens);
    if (l->loop)
        loop_close(l->loop);
    arena_close(&l->arena);
    buf_close(&l->body);
    buf_close(&l->headers);
    buf_close(&l->packet);
    free(l->incoming);
}
