/* load/url.h: http://host[:port]/path?query, and where it leads. */
#pragma once
#include <netdb.h>
#include <sys/socket.h>

#include "base/buf.h"

struct url {
    struct str              text, host, target;     /* host with its port, as the Host header has it */
    struct sockaddr_storage address;
    socklen_t               address_bytes;
};

/* False: one clear sentence about what is wrong is in `why` ("https is not spoken: …").  Slices
 * point into `text`.  Blocks in getaddrinfo(). */
bool url_parse(struct str text, struct url *out, struct buf *why) __attribute__((warn_unused_result));
