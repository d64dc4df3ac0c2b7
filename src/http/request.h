/* http/request.h: the head of an HTTP/1.1 request, strictly (RFC 9112, RFC 9110).
 *
 * All slices point into the bytes that were parsed.  Whatever is not exactly right is refused
 * with the status to answer; the connection is then closed.  The verdict does not depend on how
 * the bytes were cut. Pure functions, any thread. */
#pragma once
#include "base/str.h"

enum { HTTP_HEADERS_MAX = 64 };

enum http_method {
    HTTP_OTHER_METHOD,      /* a token that we do not know, CONNECT and TRACE among them: 501 */
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
};

struct http_limits {
    size_t   target_bytes_max;  /* 414 beyond */
    size_t   head_bytes_max;    /* 431 beyond: request line and headers together */
    unsigned headers_max;       /* 431 beyond; at most HTTP_HEADERS_MAX */
    size_t   body_bytes_max;    /* 413 beyond, decoded */
};

struct http_header {
    struct str name, value;
};

struct http_request {
    enum http_method   method;
    struct str         method_text;
    struct str         target;          /* as sent */
    struct str         path, query;     /* not decoded; query is none when there is no '?' */
    struct str         host;            /* of an absolute target and the Host header, which agree */
    unsigned           minor;           /* HTTP/1.minor: 0 or 1 */
    bool               keep_alive;      /* what version and Connection ask for */
    bool               expect_continue;
    bool               chunked;
    bool               has_length;
    uint64_t           content_length;
    struct str         media_type;      /* Content-Type; none when there are several */
    unsigned           media_types;     /* how many there are */
    unsigned           headers_count;
    struct http_header headers[HTTP_HEADERS_MAX];
    struct str         body;            /* filled by the server when complete, chunks joined */
};

/* How much of a head has been seen; zeroed at its beginning. */
struct http_head_scan {
    size_t   scanned, mark;
    unsigned state;
};

enum http_progress { HTTP_MORE, HTTP_COMPLETE, HTTP_REFUSED };

/* Looks for the end of the head in `bytes`, which begin where the head begins and may only have
 * grown since the last call.  HTTP_COMPLETE: *head_bytes is its length, the blank line and an
 * empty line before the request line included; it may still be refused.  HTTP_REFUSED: *status
 * (400, 414, 431, 505). */
enum http_progress http_head_scan(struct http_head_scan *scan, struct str bytes,
                                  const struct http_limits *limits, size_t *head_bytes,
                                  int *status);

/* Parses a complete head.  0, or the status to refuse it with (400, 413, 414, 417, 431, 501,
 * 505). */
int http_request_parse(struct str head, const struct http_limits *limits, struct http_request *out);

/* The value of the only header of that name (ASCII case ignored); none when it is absent or
 * there are several.  *count, unless NULL, how many there are. */
struct str http_request_header(const struct http_request *r, struct str name, unsigned *count);

/* A chunked body (RFC 9112 section 7.1), decoded in place: extensions are refused, trailers
 * checked and dropped.  Zeroed at its beginning. */
struct http_chunks {
    unsigned state, digits;
    uint64_t left;
    size_t   framing_bytes, trailer_bytes;
};

/* Consumes from bytes[*used...], moving data down to bytes[*decoded...]; both are advanced.
 * `bytes` is where the body begins.  HTTP_COMPLETE at its end; HTTP_REFUSED: *status (400, 413,
 * 431). */
enum http_progress http_chunks_decode(struct http_chunks *c, char *bytes, size_t len, size_t *used,
                                      size_t *decoded, size_t body_bytes_max, int *status);
