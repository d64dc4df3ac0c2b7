/* http/forwarded.h: who a request comes from when proxies stand between.
 *
 * Each proxy appends to X-Forwarded-For, or to Forwarded (RFC 7239), the address that it was
 * asked from.  What a trusted proxy appended is true, what stands to the left of it is what
 * somebody said: so the list is read from its right end, as long as each address is that of a
 * trusted proxy.  Pure functions, any thread. */
#pragma once
#include "base/address.h"
#include "http/request.h"

/* Does it have any of these headers? */
bool http_is_forwarded(const struct http_request *r);

/* The rightmost address that `trusts` denies, where `peer` is a trusted proxy; the leftmost when
 * all are trusted.  What cannot be read ends the list: then it is the last one before it.  When
 * both headers are there and name different ones, which a client can bring about and an honest
 * one does not, it is `peer`. */
struct address http_forwarded_client(const struct http_request *r, struct address peer,
                                     bool (*trusts)(void *context, struct address a),
                                     void *context);
