/* http/response.h: the bytes of an answer (private to the server).  One thread. */
#pragma once
#include "http/server.h"

enum { HTTP_DATE_LINE_BYTES = 37 };

/* The Date line, made once a second. */
struct http_date {
    int64_t fresh_until_ns;                 /* monotonic */
    char    line[HTTP_DATE_LINE_BYTES + 1]; /* "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" */
};

enum http_persistence {
    HTTP_PERSISTS,          /* as HTTP/1.1 does unsaid */
    HTTP_SAYS_KEEP_ALIVE,   /* to a client of HTTP/1.0 that asked */
    HTTP_SAYS_CLOSE,
};

/* RFC 9110 section 6.6.1. */
struct str http_date_line(struct http_date *d, const struct clock *clock, int64_t now_ns);

/* Appends a whole answer; without its body when `head_only`. */
void http_response_add(struct buf *out, const struct http_response *r, struct str date_line,
                       enum http_persistence persistence, bool head_only);
