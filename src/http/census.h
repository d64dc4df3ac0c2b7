/* http/census.h: how many connections there are, in all and of each address.
 *
 * One census is shared by all servers of a process; it is asked when a connection comes and told
 * when one ends, under a mutex, on any thread.  Whoever opens it closes it, after the servers. */
#pragma once
#include "base/str.h"

struct http_census;

/* Who is counted as one: an IPv4 address (mapped ones included) or the /64 of an IPv6 address. */
struct http_visitor {
    uint64_t prefix;
    enum { VISITOR_LOCAL, VISITOR_IPV4, VISITOR_IPV6 } kind;
};

/* From an address as text; what is none is VISITOR_LOCAL and not limited by address. */
struct http_visitor http_visitor_of(struct str address);

/* NULL: no memory. */
struct http_census *http_census_open(size_t connections_max, size_t per_address_max);
void                http_census_close(struct http_census *c);

/* False, and not counted, when it would be one too many. */
bool http_census_enter(struct http_census *c, struct http_visitor v)
    __attribute__((warn_unused_result));
void http_census_leave(struct http_census *c, struct http_visitor v);

size_t http_census_total(struct http_census *c);
