/* intake.c: makes requests of the bytes of a connection, in place, and hands them on one by one.
 *
 * A request that is complete in what was read is never copied.  Of one whose body is not, only
 * the framing is remembered; its head is parsed again, from the connection's own buffer, when
 * the body is there. */
#include "base/check.h"
#include "http/connection.h"

static struct str rest_of(const struct span *s)
{
    return (struct str){ s->at + s->from, s->len - s->from };
}

/* RFC 9110 section 10.1.1: only when nothing of the body is there yet. */
static void say_continue(struct connection *c, const struct http_request *r, bool body_began)
{
    if (r->expect_continue && !body_began && (r->chunked || r->content_length > 0))
        buf_add(&c->server->out, LIT("HTTP/1.1 100 Continue\r\n\r\n"));
}

static bool take_head(struct connection *c, const struct span *s)
{
    struct http_server       *server = c->server;
    const struct http_limits *limits = &server->settings.limits;
    struct intake            *i = &c->intake;
    struct str                bytes = rest_of(s);
    size_t                    head_bytes = 0;
    int                       status = 0;
    enum http_progress        progress =
        http_head_scan(&i->scan, bytes, limits, &head_bytes, &status);

    if (progress == HTTP_MORE)
        return false;
    if (progress == HTTP_COMPLETE)
        status = http_request_parse(str_slice(bytes, 0, head_bytes), limits, &server->request);
    if (status) {
        exchange_refuse(c, status, str_starts(bytes, LIT("HEAD ")));
        return false;
    }
    i->head_bytes = head_bytes;
    i->chunked = server->request.chunked;
    i->content_length = server->request.content_length;
    say_continue(c, &server->request, bytes.len > head_bytes);
    return true;
}

static bool take_chunks(struct connection *c, struct span *s)
{
    struct intake     *i = &c->intake;
    size_t             begin = s->from + i->head_bytes;
    int                status = 0;
    enum http_progress progress =
        http_chunks_decode(&i->chunks, s->at + begin, s->len - begin, &i->body_used,
                           &i->body_decoded, c->server->settings.limits.body_bytes_max, &status);

    if (progress == HTTP_REFUSED)
        exchange_refuse(c, status, str_starts(rest_of(s), LIT("HEAD ")));
    if (progress == HTTP_MORE) {            /* all was used: what was framing is given up */
        i->body_used = i->body_decoded;
        s->len = begin + i->body_decoded;
    }
    return progress == HTTP_COMPLETE;
}

static bool take_body(struct connection *c, struct span *s)
{
    struct intake *i = &c->intake;

    if (i->chunked)
        return take_chunks(c, s);
    if (s->len - s->from - i->head_bytes < i->content_length)
        return false;
    i->body_used = i->body_decoded = (size_t)i->content_length;
    return true;
}

static void hand_on(struct connection *c)
{
    struct http_server   *server = c->server;
    struct http_exchange *x = &c->exchange;
    struct http_request  *r = &server->request;

    *x = (struct http_exchange){
        .open = true,
        .is_head = r->method == HTTP_HEAD,
        .keeps_alive = r->keep_alive,
        .says_keep_alive = r->keep_alive && r->minor == 0,
    };
    c->peer_closes = !r->keep_alive;
    c->fresh = false;
    c->phase = PHASE_NONE;
    server->requests++;
    server->in_request = true;
    server->settings.on_request(server->settings.context, x);
    server->in_request = false;
    CHECK(!x->open || x->deferred);
}

/* What is known of a request is forgotten; the rest of it is written before it is read. */
static void begin_anew(struct intake *i)
{
    i->scan = (struct http_head_scan){ 0 };
    i->chunks = (struct http_chunks){ 0 };
    i->head_bytes = i->body_used = i->body_decoded = 0;
}

/* False when the bytes hold no further complete request, or one that was refused. */
static bool take_request(struct connection *c, struct span *s)
{
    struct intake *i = &c->intake;
    bool           parsed = i->head_bytes == 0;

    if (parsed && !take_head(c, s))
        return false;
    if (!take_body(c, s))
        return false;
    struct str bytes = rest_of(s);
    if (!parsed) {
        int status = http_request_parse(str_slice(bytes, 0, i->head_bytes),
                                        &c->server->settings.limits, &c->server->request);
        CHECK(status == 0);
    }
    c->server->request.body = str_slice(bytes, i->head_bytes, i->head_bytes + i->body_decoded);
    s->from += i->head_bytes + i->body_used;
    begin_anew(i);
    hand_on(c);
    return true;
}

static bool may_take(struct connection *c)
{
    if (c->server->out.len > BATCH_BYTES_MAX)
        connection_send_batch(c);
    return c->open && !c->closing && !c->exchange.open && c->out.len == 0;
}

void intake_consume(struct connection *c, struct span *bytes)
{
    c->server->current = c;
    while (bytes->from < bytes->len && may_take(c) && take_request(c, bytes))
        continue;
    c->server->current = NULL;
}
