/* http/answer.h: the head of an HTTP/1.1 response, as a client reads it (RFC 9112, RFC 9110).
 *
 * The counterpart of request.h, and as strict: what is not exactly right is malformed.  All
 * slices point into the bytes that were parsed.  The verdict does not depend on how the bytes
 * were cut.  A body is read by its length, by http_chunks_decode() or until the peer closes.
 * Pure functions, any thread. */
#pragma once
#include "http/request.h"

struct http_answer {
    int                status;          /* 100 to 599 */
    unsigned           minor;           /* HTTP/1.minor: 0 or 1 */
    bool               interim;         /* 1xx but 101: another head follows (RFC 9110, 15.2) */
    bool               keep_alive;      /* what version, Connection and framing allow */
    /* How the body is framed: exactly one of these four.  A bodiless answer is so whatever its
     * Content-Length and Transfer-Encoding say, though what they say is checked. */
    bool               bodiless;        /* by its status or method (RFC 9112 section 6.3) */
    bool               chunked, has_length;
    bool               until_close;     /* neither length nor chunks: the body ends with the stream */
    uint64_t           content_length;
    struct str         media_type;      /* of Content-Type, without parameters; none when absent or twice */
    unsigned           headers_count;
    struct http_header headers[HTTP_HEADERS_MAX];
};

/* Looks for the end of the head in `bytes`, as http_head_scan() does for a request.
 * HTTP_REFUSED: malformed, or longer than the limits allow. */
enum http_progress http_answer_scan(struct http_head_scan *scan, struct str bytes,
                                    const struct http_limits *limits, size_t *head_bytes);

/* Parses a complete head; `to_head`: the request was HEAD.  False: malformed (duplicate or
 * contradicting framing, an unknown transfer coding, a bad status line, 101, a body longer than
 * limits->body_bytes_max). */
bool http_answer_parse(struct str head, const struct http_limits *limits, bool to_head,
                       struct http_answer *out) __attribute__((warn_unused_result));

/* The value of the only header of that name; none when it is absent or there are several. */
struct str http_answer_header(const struct http_answer *a, struct str name);
