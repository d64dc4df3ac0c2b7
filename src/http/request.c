/* request.c: a complete head into slices, refused where it is not exactly right.
 *
 * The headers that frame the message (Content-Length, Transfer-Encoding), that say how the
 * connection goes on (Connection, Expect) and Host are understood here, Content-Type is noted;
 * every other one is only split. */
#include "http/request.h"

#include "base/check.h"
#include "http/fields.h"
#include "http/parts.h"

/* Headers seen, and what they said, before they are weighed against each other. */
struct notes {
    struct framing framing;
    uint16_t       hosts, expects;
    struct str     host, expect;
};

static enum http_method method_of(struct str m)
{
#define IS(name) (memcmp(m.at, name, sizeof name - 1) == 0)
    switch (m.len) {
    case 3: return IS("GET") ? HTTP_GET : IS("PUT") ? HTTP_PUT : HTTP_OTHER_METHOD;
    case 4: return IS("POST") ? HTTP_POST : IS("HEAD") ? HTTP_HEAD : HTTP_OTHER_METHOD;
    case 5: return IS("PATCH") ? HTTP_PATCH : HTTP_OTHER_METHOD;
    case 6: return IS("DELETE") ? HTTP_DELETE : HTTP_OTHER_METHOD;
    case 7: return IS("OPTIONS") ? HTTP_OPTIONS : HTTP_OTHER_METHOD;
    default: return HTTP_OTHER_METHOD;
    }
#undef IS
}

static int parse_line(struct cursor *c, const struct http_limits *limits, struct http_request *out)
{
    cursor_take(c, LIT("\r\n"));
    out->method_text = cursor_take_while(c, BYTE_TOKEN);
    out->method = method_of(out->method_text);
    if (out->method_text.len == 0 || !cursor_take(c, LIT(" ")))
        return 400;
    out->target = cursor_take_while(c, BYTE_TARGET);
    if (out->target.len > limits->target_bytes_max)
        return 414;
    if (out->target.len == 0 || !cursor_take(c, LIT(" ")) || c->end - c->at < HTTP_VERSION_BYTES)
        return 400;
    const char *version = c->at;
    c->at += HTTP_VERSION_BYTES;
    if (!cursor_take(c, LIT("\r\n")))
        return 400;
    int status = http_version_parse(version, &out->minor);
    if (status)
        return status;
    /* The authority form of CONNECT is none of ours, and its method is refused in the end. */
    if (out->method != HTTP_OTHER_METHOD && !http_target_split(out->target, out->method, out))
        return 400;
    return 0;
}

static void note_header(struct notes *n, const struct http_header *h, struct http_request *out)
{
    switch (h->name.len) {
    case 4:
        if (is_named(h->name, LIT("host"))) {
            n->hosts++;
            n->host = h->value;
        }
        break;
    case 6:
        if (is_named(h->name, LIT("expect"))) {
            n->expects++;
            n->expect = h->value;
        }
        break;
    case 12:
        if (is_named(h->name, LIT("content-type")))
            out->media_type = out->media_types++ ? (struct str){ 0 } : h->value;
        break;
    default:
        framing_note(&n->framing, h);
        break;
    }
}

static int parse_headers(struct cursor *c, const struct http_limits *limits, struct notes *n,
                         struct http_request *out)
{
    while (!cursor_take(c, LIT("\r\n"))) {
        if (out->headers_count == limits->headers_max)
            return 431;
        struct http_header *h = &out->headers[out->headers_count++];
        if (!cursor_take_header(c, h))
            return 400;
        note_header(n, h, out);
    }
    return c->at == c->end ? 0 : 400;
}

/* RFC 9112 section 3.2: exactly one, and it agrees with an absolute target. */
static int weigh_host(const struct notes *n, struct http_request *out)
{
    if (n->hosts > 1 || (n->hosts == 0 && out->minor > 0))
        return 400;
    if (n->hosts == 0)
        return 0;
    if (!http_host_valid(n->host) || (out->host.at && !str_eq_nocase(out->host, n->host)))
        return 400;
    out->host = n->host;
    return 0;
}

/* "chunked" and nothing else; a coding that is not known is 501, what is no single coding 400. */
static int weigh_coding(struct str coding, struct http_request *out)
{
    struct cursor c = { coding.at, coding.at + coding.len };

    out->chunked = str_eq_nocase(coding, LIT("chunked"));
    if (out->chunked)
        return 0;
    return cursor_take_while(&c, BYTE_TOKEN).len == coding.len && coding.len ? 501 : 400;
}

static int weigh_length(struct str length, const struct http_limits *limits,
                        struct http_request *out)
{
    if (!str_to_uint(length, UINT64_MAX, &out->content_length))
        return 400;
    out->has_length = true;
    return out->content_length > limits->body_bytes_max ? 413 : 0;
}

/* RFC 9112 section 6. */
static int weigh_framing(const struct framing *f, const struct http_limits *limits,
                         struct http_request *out)
{
    if (!framing_agrees(f, out->minor))
        return 400;
    if (f->codings)
        return weigh_coding(f->coding, out);
    if (f->lengths)
        return weigh_length(f->length, limits, out);
    return 0;
}

/* RFC 9110 section 10.1.1; HTTP/1.0 cannot be told to continue. */
static int weigh_expect(const struct notes *n, struct http_request *out)
{
    if (n->expects == 0)
        return 0;
    if (n->expects > 1 || !str_eq_nocase(n->expect, LIT("100-continue")))
        return 417;
    out->expect_continue = out->minor > 0;
    return 0;
}

/* Nothing was said yet.  Not memset(): of as much as this the compiler makes a loop in microcode. */
static void begin(struct http_request *out)
{
    out->target = out->path = out->query = out->host = out->media_type = out->body =
        (struct str){ 0 };
    out->minor = out->media_types = out->headers_count = 0;
    out->keep_alive = out->expect_continue = out->chunked = out->has_length = false;
    out->content_length = 0;
}

int http_request_parse(struct str head, const struct http_limits *limits, struct http_request *out)
{
    struct cursor c = { head.at, head.at + head.len };
    struct notes  n = { 0 };

    CHECK(limits->headers_max <= HTTP_HEADERS_MAX);
    begin(out);
    int status = parse_line(&c, limits, out);
    if (!status)
        status = parse_headers(&c, limits, &n, out);
    if (!status)
        status = weigh_host(&n, out);
    if (!status)
        status = weigh_framing(&n.framing, limits, out);
    if (!status)
        status = weigh_expect(&n, out);
    if (!status && out->method == HTTP_OTHER_METHOD)
        status = 501;
    out->keep_alive = framing_keeps_alive(&n.framing, out->minor);
    return status;
}

struct str http_request_header(const struct http_request *r, struct str name, unsigned *count)
{
    struct str value = { 0 };
    unsigned   seen = 0;

    for (unsigned i = 0; i < r->headers_count; i++) {
        if (r->headers[i].name.len == name.len && str_eq_nocase(r->headers[i].name, name)) {
            value = r->headers[i].value;
            seen++;
        }
    }
    if (count)
        *count = seen;
    return seen == 1 ? value : (struct str){ 0 };
}
