/* answers.h: what the codec says of a stream of answers that arrives `first` bytes at once and then
 * `step` at a time, as a client would ask it. */
#pragma once
#include <stdlib.h>

#include "http/answer.h"

/* Small, so that each can be met in a line. */
static const struct http_limits answer_limits = {
    .head_bytes_max = 256,
    .headers_max = 6,
    .body_bytes_max = 32,
};

enum answers_end {
    ANSWERS_UNFINISHED,     /* the stream ends within an answer */
    ANSWERS_DONE,
    ANSWERS_MALFORMED,
};

struct answers {
    enum answers_end end;
    unsigned         complete, interims;
    uint64_t         digest;            /* of what the complete ones said */
};

/* Called for each head that was accepted; may be NULL. */
typedef void answers_check(struct str head, bool to_head, const struct http_answer *a);

struct answers_reader {
    bool                  to_head, closed, over;    /* over: the connection is not used further */
    answers_check        *check;
    char                 *bytes;
    size_t                len;          /* what has arrived, chunks decoded */
    size_t                head_bytes, used, decoded;
    struct http_head_scan scan;
    struct http_chunks    chunks;
    struct http_answer    answer;
    struct answers        out;
};

static inline uint64_t answers_digest_str(uint64_t digest, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        digest = (digest ^ (unsigned char)s.at[i]) * 0x100000001b3u;
    return (digest ^ s.len) * 0x100000001b3u;
}

static inline uint64_t answers_digest(uint64_t digest, const struct http_answer *a, struct str body)
{
    digest = answers_digest_str(answers_digest_str(digest, a->media_type), body);
    for (unsigned i = 0; i < a->headers_count; i++) {
        digest = answers_digest_str(digest, a->headers[i].name);
        digest = answers_digest_str(digest, a->headers[i].value);
    }
    return digest * 31 + (uint64_t)a->status * 64 + a->interim * 32u + a->keep_alive * 16u +
           a->bodiless * 8u + a->chunked * 4u + a->has_length * 2u + a->minor;
}

static inline enum http_progress answers_take_body(struct answers_reader *r)
{
    char  *body = r->bytes + r->head_bytes;
    size_t len = r->len - r->head_bytes;
    int    status;

    if (r->answer.chunked) {
        enum http_progress p = http_chunks_decode(&r->chunks, body, len, &r->used, &r->decoded,
                                                  answer_limits.body_bytes_max, &status);
        if (p == HTTP_MORE) {
            r->used = r->decoded;
            r->len = r->head_bytes + r->decoded;
        }
        return p;
    }
    r->used = r->decoded = r->answer.until_close ? len : (size_t)r->answer.content_length;
    if (r->answer.until_close && len > answer_limits.body_bytes_max)
        return HTTP_REFUSED;
    return len < r->used || (r->answer.until_close && !r->closed) ? HTTP_MORE : HTTP_COMPLETE;
}

static inline void answers_next(struct answers_reader *r)
{
    size_t total = r->head_bytes + r->used;

    memmove(r->bytes, r->bytes + total, r->len - total);
    r->len -= total;
    r->head_bytes = r->used = r->decoded = 0;
    r->scan = (struct http_head_scan){ 0 };
    r->chunks = (struct http_chunks){ 0 };
}

/* One answer, if it is complete. */
static inline enum http_progress answers_take(struct answers_reader *r)
{
    if (!r->head_bytes) {
        enum http_progress p = http_answer_scan(&r->scan, (struct str){ r->bytes, r->len },
                                                &answer_limits, &r->head_bytes);
        if (p != HTTP_COMPLETE)
            return p;
    }
    struct str head = { r->bytes, r->head_bytes };
    if (!http_answer_parse(head, &answer_limits, r->to_head, &r->answer))
        return HTTP_REFUSED;
    if (r->check)
        r->check(head, r->to_head, &r->answer);
    enum http_progress p = answers_take_body(r);
    if (p != HTTP_COMPLETE)
        return p;
    struct str body = { r->bytes + r->head_bytes, r->decoded };
    r->out.digest = answers_digest(r->out.digest, &r->answer, body);
    r->out.complete += !r->answer.interim;
    r->out.interims += r->answer.interim;
    r->over = !r->answer.keep_alive && !r->answer.interim;
    answers_next(r);
    return HTTP_COMPLETE;
}

static inline enum http_progress answers_arrive(struct answers_reader *r, struct str piece)
{
    enum http_progress p;

    memcpy(r->bytes + r->len, piece.at, piece.len);
    r->len += piece.len;
    do
        p = r->len && !r->over ? answers_take(r) : HTTP_MORE;
    while (p == HTTP_COMPLETE);
    return p;
}

static inline struct answers answers_of(struct str bytes, bool to_head, size_t first, size_t step,
                                        answers_check *check)
{
    struct answers_reader r = { .to_head = to_head, .check = check, .bytes = malloc(bytes.len + 1) };
    enum http_progress    p = HTTP_MORE;
    size_t                at = 0, piece = first;

    for (; r.bytes && at < bytes.len && p == HTTP_MORE; at += piece, piece = step)
        p = answers_arrive(&r, str_slice(bytes, at, at + piece));
    r.closed = true;
    if (p == HTTP_MORE)
        p = answers_arrive(&r, LIT(""));
    if (p == HTTP_REFUSED)
        r.out.end = ANSWERS_MALFORMED;
    else
        r.out.end = r.over || (!r.len && r.out.complete) ? ANSWERS_DONE : ANSWERS_UNFINISHED;
    free(r.bytes);
    return r.out;
}
