/* api/cors.h: cross-origin requests of configured origins (Fetch standard, section 3.2).  Any
 * thread. */
#pragma once
#include "base/buf.h"
#include "http/request.h"

struct cors {
    const struct str *origins;  /* compared exactly; one that is "*" allows all, without credentials */
    size_t            count;
};

/* The origin of `r` if it is allowed, as long-lived as the configuration; else NULL. */
const struct str *cors_allowed(const struct cors *c, const struct http_request *r);

/* Header lines for any answer to an allowed origin; Vary even where the origin is not allowed. */
void cors_write(const struct cors *c, const struct str *allowed, struct buf *headers);

/* The further lines that answer a preflight (OPTIONS with Access-Control-Request-Method). */
void cors_write_preflight(const struct cors *c, const struct http_request *r, unsigned allowed,
                          struct buf *headers);
