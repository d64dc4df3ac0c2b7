/* head.c: finds the end of a head, and refuses at once what can no longer become one.
 *
 * Every refusal is decided by the bytes up to one position and in the order of positions, so
 * that the verdict is the same however the bytes arrive.  What stands inside the lines is
 * http_request_parse()'s, which judges the request line in the same order once more: so a head that
 * arrives whole, as nearly all do, needs only its end found. */
#include "base/check.h"
#include "http/fields.h"
#include "http/parts.h"

enum state { AT_START, AT_EMPTY_LINE, AT_METHOD, IN_METHOD, IN_TARGET, IN_VERSION, IN_HEADERS };

enum { VERSION_LINE_BYTES = HTTP_VERSION_BYTES + 2 };

struct head {
    struct http_head_scan *scan;
    struct str             bytes;   /* no more than head_bytes_max of them */
    const struct http_limits *limits;
    int                   *status;
};

static COLD enum http_progress refuse(struct head *h, int status)
{
    *h->status = status;
    return HTTP_REFUSED;
}

static void move_on(struct head *h, enum state next, size_t bytes)
{
    h->scan->state = next;
    h->scan->scanned += bytes;
    h->scan->mark = h->scan->scanned;
}

/* RFC 9112 section 2.2: at least one empty line before the request line should be ignored; one
 * is. */
static enum http_progress scan_start(struct head *h)
{
    char c = h->bytes.at[h->scan->scanned];

    if (h->scan->state == AT_EMPTY_LINE) {
        if (c != '\n')
            return refuse(h, 400);
        move_on(h, AT_METHOD, 1);
        return HTTP_MORE;
    }
    if (c == '\r' && h->scan->state == AT_START) {
        move_on(h, AT_EMPTY_LINE, 1);
        return HTTP_MORE;
    }
    if (!http_byte_is(c, BYTE_TOKEN))
        return refuse(h, 400);
    move_on(h, IN_METHOD, 0);
    return HTTP_MORE;
}

static enum http_progress scan_word(struct head *h, enum http_byte kind, size_t bytes_max,
                                    int too_long, enum state next)
{
    size_t at = h->scan->scanned, mark = h->scan->mark;

    while (at < h->bytes.len && http_byte_is(h->bytes.at[at], kind) && at - mark <= bytes_max)
        at++;
    h->scan->scanned = at;
    if (at - mark > bytes_max)
        return refuse(h, too_long);
    if (at == h->bytes.len)
        return HTTP_MORE;
    if (h->bytes.at[at] != ' ' || at == mark)
        return refuse(h, 400);
    move_on(h, next, 1);
    return HTTP_MORE;
}

static enum http_progress scan_version(struct head *h)
{
    const char *from = h->bytes.at + h->scan->mark;
    size_t      seen = h->bytes.len - h->scan->mark;
    const char *lf = memchr(from, '\n', seen < VERSION_LINE_BYTES ? seen : VERSION_LINE_BYTES);
    unsigned    minor;

    if (!lf) {
        h->scan->scanned = h->bytes.len;
        return seen < VERSION_LINE_BYTES ? HTTP_MORE : refuse(h, 400);
    }
    if (lf - from != VERSION_LINE_BYTES - 1 || lf[-1] != '\r')
        return refuse(h, 400);
    int status = http_version_parse(from, &minor);
    if (status)
        return refuse(h, status);
    h->scan->scanned = h->scan->mark;
    move_on(h, IN_HEADERS, VERSION_LINE_BYTES);
    return HTTP_MORE;
}

static enum http_progress scan_headers(struct head *h, size_t *head_bytes)
{
    enum http_progress progress = http_lines_scan(h->scan, h->bytes, head_bytes);

    return progress == HTTP_REFUSED ? refuse(h, 400) : progress;
}

static enum http_progress scan_step(struct head *h, size_t *head_bytes)
{
    switch ((enum state)h->scan->state) {
    case IN_METHOD:
        return scan_word(h, BYTE_TOKEN, SIZE_MAX, 400, IN_TARGET);
    case IN_TARGET:
        return scan_word(h, BYTE_TARGET, h->limits->target_bytes_max, 414, IN_VERSION);
    case IN_VERSION:
        return scan_version(h);
    case IN_HEADERS:
        return scan_headers(h, head_bytes);
    default:
        return scan_start(h);
    }
}

/* A head that is there at once, in lines that end as they should. */
static bool is_whole(struct str bytes, size_t *head_bytes)
{
    struct http_head_scan scan = { 0 };

    return bytes.len && http_byte_is(bytes.at[0], BYTE_TOKEN) &&
           http_lines_scan(&scan, bytes, head_bytes) == HTTP_COMPLETE;
}

enum http_progress http_head_scan(struct http_head_scan *scan, struct str bytes,
                                  const struct http_limits *limits, size_t *head_bytes, int *status)
{
    bool        too_many = bytes.len > limits->head_bytes_max;
    struct head h = { scan, bytes, limits, status };

    if (too_many)
        h.bytes.len = limits->head_bytes_max;
    if (scan->scanned == 0 && is_whole(h.bytes, head_bytes))
        return HTTP_COMPLETE;
    while (scan->scanned < h.bytes.len) {
        enum http_progress progress = scan_step(&h, head_bytes);
        if (progress != HTTP_MORE)
            return progress;
    }
    return too_many ? refuse(&h, 431) : HTTP_MORE;
}
