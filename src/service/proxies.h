/* service/proxies.h: whose word about a client's address is taken.
 *
 * The networks of --trusted-proxy; nobody's by default.  One for all loops of a front; any
 * thread. */
#pragma once
#include <stdatomic.h>

#include "base/arena.h"
#include "http/request.h"
#include "service/options.h"

struct proxies {
    const struct options *options;  /* borrowed */
    atomic_bool           warned;   /* of a proxy that is not trusted */
};

/* The line at start: whom we trust. */
void proxies_announce(const struct proxies *p);

/* The address of the client, as text: the peer's own, or what trusted proxies say.  Headers of one
 * who is not trusted are logged, once. */
struct str proxies_client(struct proxies *p, const struct http_request *r, struct str peer,
                          struct arena *a);
