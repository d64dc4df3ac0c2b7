/* request.c: a complete head into slices, refused where it is not exactly right.
 *
 * The headers that frame the message (Content-Length, Transfer-Encoding), that say how the
 * connection goes on (Connection, Expect) and Host are understood here; every other one is only
 * split. */
#include "http/request.h"

#include "base/check.h"
#include "http/bytes.h"
#include "http/parts.h"

struct cursor {
    const char *at, *end;
};

/* Headers seen, and what they said, before they are weighed against each other. */
struct framing {
    unsigned   hosts, lengths, codings, expects;
    bool       says_close, says_keep_alive;
    struct str host, length, coding, expect;
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

static struct str take_while(struct cursor *c, enum http_byte kind)
{
    const char *from = c->at;

    while (c->at < c->end && http_byte_is(*c->at, kind))
        c->at++;
    return (struct str){ from, (size_t)(c->at - from) };
}

static bool take(struct cursor *c, struct str literal)
{
    if ((size_t)(c->end - c->at) < literal.len || memcmp(c->at, literal.at, literal.len) != 0)
        return false;
    c->at += literal.len;
    return true;
}

static int parse_line(struct cursor *c, const struct http_limits *limits, struct http_request *out)
{
    take(c, LIT("\r\n"));
    out->method_text = take_while(c, BYTE_TOKEN);
    out->method = method_of(out->method_text);
    if (out->method_text.len == 0 || !take(c, LIT(" ")))
        return 400;
    out->target = take_while(c, BYTE_TARGET);
    if (out->target.len > limits->target_bytes_max)
        return 414;
    if (!take(c, LIT(" ")) || c->end - c->at < HTTP_VERSION_BYTES)
        return 400;
    int status = http_version_parse(c->at, &out->minor);
    c->at += HTTP_VERSION_BYTES;
    if (status || !take(c, LIT("\r\n")))
        return status ? status : 400;
    /* The authority form of CONNECT is none of ours, and its method is refused in the end. */
    if (out->method != HTTP_OTHER_METHOD && !http_target_split(out->target, out->method, out))
        return 400;
    return 0;
}

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

/* Whether one of eight bytes is a control character; the tab counts here as one. */
static bool has_control(uint64_t eight)
{
    uint64_t below_space = (eight - EACH(0x20)) & ~eight;
    uint64_t not_del = eight ^ EACH(0x7f);

    return (below_space | ((not_del - EACH(1)) & ~not_del)) & EACH(0x80);
}

static struct str take_value(struct cursor *c)
{
    const char *from = c->at;
    uint64_t    eight;

    for (; c->end - c->at >= 8; c->at += 8) {
        memcpy(&eight, c->at, 8);
        if (has_control(eight))
            break;
    }
    take_while(c, BYTE_VALUE);
    const char *to = c->at;
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (from < to && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    return (struct str){ from, (size_t)(to - from) };
}

static void note_connection(struct framing *f, struct str value)
{
    while (value.at) {
        struct str option = str_trim(str_cut(&value, ','));
        f->says_close |= str_eq_nocase(option, LIT("close"));
        f->says_keep_alive |= str_eq_nocase(option, LIT("keep-alive"));
    }
}

/* Whether a token is that word of letters and hyphens, in any case: no other byte of a token
 * becomes one of those when the bit of the case is set. */
static bool is_named(struct str name, const char *lower)
{
    for (size_t i = 0; i < name.len; i++)
        if ((name.at[i] | 0x20) != lower[i])
            return false;
    return true;
}

static void note_header(struct framing *f, const struct http_header *h)
{
    switch (h->name.len) {
    case 4:
        if (is_named(h->name, "host")) {
            f->hosts++;
            f->host = h->value;
        }
        break;
    case 6:
        if (is_named(h->name, "expect")) {
            f->expects++;
            f->expect = h->value;
        }
        break;
    case 10:
        if (is_named(h->name, "connection"))
            note_connection(f, h->value);
        break;
    case 14:
        if (is_named(h->name, "content-length")) {
            f->lengths++;
            f->length = h->value;
        }
        break;
    case 17:
        if (is_named(h->name, "transfer-encoding")) {
            f->codings++;
            f->coding = h->value;
        }
        break;
    default:
        break;
    }
}

static int parse_headers(struct cursor *c, const struct http_limits *limits, struct framing *f,
                         struct http_request *out)
{
    while (!take(c, LIT("\r\n"))) {
        if (out->headers_count == limits->headers_max)
            return 431;
        struct http_header *h = &out->headers[out->headers_count++];
        h->name = take_while(c, BYTE_TOKEN);
        if (h->name.len == 0 || !take(c, LIT(":")))
            return 400;
        h->value = take_value(c);
        if (!take(c, LIT("\r\n")))
            return 400;
        note_header(f, h);
    }
    return c->at == c->end ? 0 : 400;
}

/* RFC 9112 section 3.2: exactly one, and it agrees with an absolute target. */
static int weigh_host(const struct framing *f, struct http_request *out)
{
    if (f->hosts > 1 || (f->hosts == 0 && out->minor > 0))
        return 400;
    if (f->hosts == 0)
        return 0;
    if (!http_host_valid(f->host) || (out->host.at && !str_eq_nocase(out->host, f->host)))
        return 400;
    out->host = f->host;
    return 0;
}

/* "chunked" and nothing else; a coding that is not known is 501, what is no single coding 400. */
static int weigh_coding(struct str coding, struct http_request *out)
{
    struct cursor c = { coding.at, coding.at + coding.len };

    out->chunked = str_eq_nocase(coding, LIT("chunked"));
    if (out->chunked)
        return 0;
    return take_while(&c, BYTE_TOKEN).len == coding.len && coding.len ? 501 : 400;
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
    if (f->codings > 1 || f->lengths > 1 || (f->codings && (f->lengths || out->minor == 0)))
        return 400;
    if (f->codings)
        return weigh_coding(f->coding, out);
    if (f->lengths)
        return weigh_length(f->length, limits, out);
    return 0;
}

/* RFC 9110 section 10.1.1; HTTP/1.0 cannot be told to continue. */
static int weigh_expect(const struct framing *f, struct http_request *out)
{
    if (f->expects == 0)
        return 0;
    if (f->expects > 1 || !str_eq_nocase(f->expect, LIT("100-continue")))
        return 417;
    out->expect_continue = out->minor > 0;
    return 0;
}

int http_request_parse(struct str head, const struct http_limits *limits, struct http_request *out)
{
    struct cursor  c = { head.at, head.at + head.len };
    struct framing f = { 0 };

    CHECK(limits->headers_max <= HTTP_HEADERS_MAX);
    memset(out, 0, offsetof(struct http_request, headers));
    out->body = (struct str){ 0 };
    int status = parse_line(&c, limits, out);
    if (!status)
        status = parse_headers(&c, limits, &f, out);
    if (!status)
        status = weigh_host(&f, out);
    if (!status)
        status = weigh_framing(&f, limits, out);
    if (!status)
        status = weigh_expect(&f, out);
    if (!status && out->method == HTTP_OTHER_METHOD)
        status = 501;
    out->keep_alive = !f.says_close && (out->minor > 0 || f.says_keep_alive);
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
