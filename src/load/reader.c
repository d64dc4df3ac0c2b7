/* reader.c: head, interim heads, and the three ways in which a body can end (RFC 9112 section 6.3). */
#include "load/reader.h"

enum { INTERIMS_MAX = 16 };

static const struct http_limits limits = {
    .head_bytes_max = 64 * 1024,
    .headers_max = HTTP_HEADERS_MAX,
    .body_bytes_max = ANSWER_BYTES_MAX,
};

static enum reader_progress begin_body(struct reader *r, const struct http_answer *a)
{
    r->head_done = true;
    r->status = a->status;
    r->keep_alive = a->keep_alive;
    r->bodiless = a->bodiless;
    r->chunked = a->chunked;
    r->until_close = a->until_close;
    r->content_length = (size_t)a->content_length;
    return READER_DONE;
}

/* DONE: of the head alone. */
static enum reader_progress read_head(struct reader *r, char *bytes, size_t len, bool to_head)
{
    struct http_answer answer;
    size_t             head_bytes;

    for (;;) {
        struct str rest = { bytes + r->head_at, len - r->head_at };
        switch (http_answer_scan(&r->scan, rest, &limits, &head_bytes)) {
        case HTTP_MORE: return READER_MORE;
        case HTTP_REFUSED: return READER_MALFORMED;
        case HTTP_COMPLETE: break;
        }
        rest.len = head_bytes;
        if (!http_answer_parse(rest, &limits, to_head, &answer))
            return READER_MALFORMED;
        r->body_at = r->head_at + head_bytes;
        if (!answer.interim)
            return begin_body(r, &answer);
        if (++r->interims > INTERIMS_MAX)
            return READER_MALFORMED;
        r->head_at = r->body_at;
        r->scan = (struct http_head_scan){ 0 };
    }
}

static enum reader_progress end_at(struct reader *r, size_t body_bytes, size_t end)
{
    r->body_bytes = body_bytes;
    r->end = end;
    return READER_DONE;
}

static enum reader_progress read_chunks(struct reader *r, char *body, size_t len)
{
    int status;

    switch (http_chunks_decode(&r->chunks, body, len, &r->used, &r->body_bytes, ANSWER_BYTES_MAX,
                               &status)) {
    case HTTP_MORE: return READER_MORE;
    case HTTP_REFUSED: return READER_MALFORMED;
    case HTTP_COMPLETE: break;
    }
    return end_at(r, r->body_bytes, r->body_at + r->used);
}

enum reader_progress reader_feed(struct reader *r, char *bytes, size_t len, bool to_head,
                                 bool closed)
{
    if (!r->head_done) {
        enum reader_progress head = read_head(r, bytes, len, to_head);
        if (head != READER_DONE)
            return head;
    }
    size_t have = len - r->body_at;
    if (r->bodiless)
        return end_at(r, 0, r->body_at);
    if (r->chunked)
        return read_chunks(r, bytes + r->body_at, have);
    if (r->until_close) {
        if (have > ANSWER_BYTES_MAX)
            return READER_MALFORMED;
        return closed ? end_at(r, have, len) : READER_MORE;
    }
    if (have < r->content_length)
        return READER_MORE;
    return end_at(r, r->content_length, r->body_at + r->content_length);
}
