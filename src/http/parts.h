/* http/parts.h: parts of a request line and of Host (private to the codec).  Pure, any thread. */
#pragma once
#include "http/request.h"

enum { HTTP_VERSION_BYTES = 8 };

/* "HTTP/1.1" and the like, RFC 9112 section 2.3.  0 with *minor 0 or 1 (later minors are treated
 * as 1), 400 for what is no version, 505 for another major one. */
int http_version_parse(const char text[HTTP_VERSION_BYTES], unsigned *minor);

/* Splits a target of visible ASCII into path, query and, for the absolute form, host (RFC 9112
 * section 3.2). False when it has none of the forms that its method may use. */
bool http_target_split(struct str target, enum http_method method, struct http_request *out);

/* host [":" port] with a host that is not empty. */
bool http_host_valid(struct str host);
