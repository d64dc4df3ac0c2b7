/* answer.c: the head of a response into slices, malformed where it is not exactly right.
 *
 * The scan finds the end of the head and refuses at once what cannot begin a status line; what
 * stands in the lines is the parser's.  Every refusal of the scan is decided by the bytes up to one
 * position, so that the verdict is the same however they arrive.  Unlike before a request, no empty
 * line may stand before the head. */
#include "http/answer.h"

#include "base/check.h"
#include "http/fields.h"

/* The least and the greatest byte at each place of a status line's beginning (RFC 9112 section
 * 4). */
static const char start_least[] = "HTTP/1.0 100 ", start_most[] = "HTTP/1.9 599 ";

enum {
    START_BYTES = sizeof start_least - 1,
    MINOR_AT = 7,
    STATUS_AT = 9,
    SWITCHING_PROTOCOLS = 101,
};

/* Whether a status line may begin with those bytes, of which START_BYTES are looked at. */
static bool start_valid(struct str bytes)
{
    for (size_t i = 0; i < bytes.len && i < START_BYTES; i++)
        if (bytes.at[i] < start_least[i] || bytes.at[i] > start_most[i])
            return false;
    return true;
}

static bool parse_line(struct cursor *c, struct http_answer *out)
{
    const char *at = c->at;

    if (c->end - at < START_BYTES || !start_valid((struct str){ at, START_BYTES }))
        return false;
    out->minor = at[MINOR_AT] > '0';
    for (int i = STATUS_AT; i < STATUS_AT + 3; i++)
        out->status = out->status * 10 + (at[i] - '0');
    c->at += START_BYTES;
    cursor_take_value(c);
    return cursor_take(c, LIT("\r\n")) && out->status != SWITCHING_PROTOCOLS;
}

static void note_media_type(struct str value, unsigned seen, struct http_answer *out)
{
    out->media_type = (struct str){ 0 };
    if (seen == 0)
        out->media_type = str_trim(str_cut(&value, ';'));
}

static bool parse_headers(struct cursor *c, const struct http_limits *limits, struct framing *f,
                          struct http_answer *out)
{
    unsigned types = 0;

    while (!cursor_take(c, LIT("\r\n"))) {
        if (out->headers_count == limits->headers_max)
            return false;
        struct http_header *h = &out->headers[out->headers_count++];
        if (!cursor_take_header(c, h))
            return false;
        if (h->name.len == 12 && is_named(h->name, LIT("content-type")))
            note_media_type(h->value, types++, out);
        else
            framing_note(f, h);
    }
    return c->at == c->end;
}

/* RFC 9112 section 6.3.  What a bodiless answer says of a body is not of one that comes. */
static bool weigh_framing(const struct framing *f, const struct http_limits *limits,
                          struct http_answer *out)
{
    uint64_t length = 0;

    if (!framing_agrees(f, out->minor))
        return false;
    if (f->codings && !str_eq_nocase(f->coding, LIT("chunked")))
        return false;
    if (f->lengths && !str_to_uint(f->length, UINT64_MAX, &length))
        return false;
    if (out->bodiless)
        return true;
    out->chunked = f->codings;
    out->has_length = f->lengths;
    out->until_close = !out->chunked && !out->has_length;
    out->content_length = length;
    return length <= limits->body_bytes_max;
}

enum http_progress http_answer_scan(struct http_head_scan *scan, struct str bytes,
                                    const struct http_limits *limits, size_t *head_bytes)
{
    bool too_many = bytes.len > limits->head_bytes_max;

    if (too_many)
        bytes.len = limits->head_bytes_max;
    if (scan->scanned < START_BYTES) {
        if (!start_valid(bytes))
            return HTTP_REFUSED;
        if (bytes.len < START_BYTES)
            return too_many ? HTTP_REFUSED : HTTP_MORE;
        scan->scanned = START_BYTES;
    }
    enum http_progress progress = http_lines_scan(scan, bytes, head_bytes);
    return progress == HTTP_MORE && too_many ? HTTP_REFUSED : progress;
}

bool http_answer_parse(struct str head, const struct http_limits *limits, bool to_head,
                       struct http_answer *out)
{
    struct cursor  c = { head.at, head.at + head.len };
    struct framing f = { 0 };

    CHECK(limits->headers_max <= HTTP_HEADERS_MAX);
    memset(out, 0, offsetof(struct http_answer, headers));
    if (!parse_line(&c, out))
        return false;
    out->interim = out->status < 200;
    out->bodiless = to_head || out->interim || out->status == 204 || out->status == 304;
    if (!parse_headers(&c, limits, &f, out) || !weigh_framing(&f, limits, out))
        return false;
    out->keep_alive = !out->until_close && framing_keeps_alive(&f, out->minor);
    return true;
}

struct str http_answer_header(const struct http_answer *a, struct str name)
{
    struct str value = { 0 };
    unsigned   seen = 0;

    for (unsigned i = 0; i < a->headers_count; i++) {
        if (a->headers[i].name.len == name.len && str_eq_nocase(a->headers[i].name, name)) {
            value = a->headers[i].value;
            seen++;
        }
    }
    return seen == 1 ? value : (struct str){ 0 };
}
