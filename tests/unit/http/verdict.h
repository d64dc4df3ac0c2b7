/* verdict.h: what the codec alone says of bytes that arrive `step` at a time, as a server would
 * ask it. */
#pragma once
#include <stdlib.h>

#include "http/request.h"

struct verdict {
    int      status;            /* as in strictness.h */
    unsigned requests;
    uint64_t digest;            /* of what the complete requests said */
};

static inline uint64_t digest_add(uint64_t digest, struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        digest = (digest ^ (unsigned char)s.at[i]) * 0x100000001b3u;
    return (digest ^ s.len) * 0x100000001b3u;
}

static inline uint64_t digest_request(uint64_t digest, const struct http_request *r)
{
    digest = digest_add(digest, r->method_text);
    digest = digest_add(digest, r->path);
    digest = digest_add(digest, r->query);
    digest = digest_add(digest, r->host);
    digest = digest_add(digest, r->body);
    for (unsigned i = 0; i < r->headers_count; i++)
        digest = digest_add(digest_add(digest, r->headers[i].name), r->headers[i].value);
    return digest * 31 + (uint64_t)r->method * 8 + r->keep_alive * 4u + r->expect_continue * 2u +
           r->minor;
}

struct taking {
    const struct http_limits *limits;
    char                     *bytes;
    size_t                    len;      /* what has arrived, chunks decoded */
    size_t                    head_bytes, used, decoded;
    struct http_head_scan     scan;
    struct http_chunks        chunks;
    struct http_request       request;
    struct verdict            verdict;
};

static inline enum http_progress take_body(struct taking *t)
{
    char  *body = t->bytes + t->head_bytes;
    size_t len = t->len - t->head_bytes;

    if (t->request.chunked) {
        enum http_progress p = http_chunks_decode(&t->chunks, body, len, &t->used, &t->decoded,
                                                  t->limits->body_bytes_max, &t->verdict.status);
        if (p == HTTP_MORE) {
            t->used = t->decoded;
            t->len = t->head_bytes + t->decoded;
        }
        return p;
    }
    t->used = t->decoded = (size_t)t->request.content_length;
    return len < t->used ? HTTP_MORE : HTTP_COMPLETE;
}

/* One request, if it is complete. */
static inline enum http_progress take_one(struct taking *t)
{
    enum http_progress p = HTTP_COMPLETE;
    struct verdict    *v = &t->verdict;

    if (!t->head_bytes)
        p = http_head_scan(&t->scan, (struct str){ t->bytes, t->len }, t->limits, &t->head_bytes,
                           &v->status);
    if (p != HTTP_COMPLETE)
        return p;
    v->status = http_request_parse((struct str){ t->bytes, t->head_bytes }, t->limits, &t->request);
    if (v->status)
        return HTTP_REFUSED;
    p = take_body(t);
    if (p != HTTP_COMPLETE)
        return p;
    t->request.body = (struct str){ t->bytes + t->head_bytes, t->decoded };
    v->digest = digest_request(v->digest, &t->request);
    v->requests++;
    size_t total = t->head_bytes + t->used;
    memmove(t->bytes, t->bytes + total, t->len - total);
    t->len -= total;
    t->head_bytes = t->used = t->decoded = 0;
    t->scan = (struct http_head_scan){ 0 };
    t->chunks = (struct http_chunks){ 0 };
    return HTTP_COMPLETE;
}

static inline struct verdict verdict_of(struct str bytes, size_t step,
                                        const struct http_limits *limits)
{
    struct taking      t = { .limits = limits, .bytes = malloc(bytes.len + 1) };
    enum http_progress p = HTTP_MORE;

    for (size_t at = 0; t.bytes && at < bytes.len && p != HTTP_REFUSED; at += step) {
        struct str piece = str_slice(bytes, at, at + step);
        memcpy(t.bytes + t.len, piece.at, piece.len);
        t.len += piece.len;
        do
            p = t.len ? take_one(&t) : HTTP_MORE;
        while (p == HTTP_COMPLETE);
    }
    free(t.bytes);
    if (p == HTTP_MORE)
        t.verdict.status = t.verdict.requests ? 200 : 0;
    return t.verdict;
}
