/* cors.c: says which origins may read an answer.  Credentials (cookies) are never allowed: there
 * are none. */
#include "api/cors.h"

#include "api/endpoints.h"

static bool allows_all(const struct cors *c)
{
    return c->count == 1 && str_eq(c->origins[0], LIT("*"));
}

const struct str *cors_allowed(const struct cors *c, const struct http_request *r)
{
    if (c->count == 0)
        return NULL;
    struct str origin = http_request_header(r, LIT("origin"), NULL);
    for (size_t i = 0; origin.at && i < c->count; i++)
        if (allows_all(c) || str_eq(c->origins[i], origin))
            return &c->origins[i];
    return NULL;
}

void cors_write(const struct cors *c, const struct str *allowed, struct buf *headers)
{
    if (c->count == 0)
        return;
    if (!allows_all(c))
        buf_add(headers, LIT("Vary: Origin\r\n"));
    if (allowed) {
        buf_add(headers, LIT("Access-Control-Allow-Origin: "));
        buf_add(headers, *allowed);
        buf_add(headers,
                LIT("\r\nAccess-Control-Expose-Headers: Retry-After, WWW-Authenticate\r\n"));
    }
}

void cors_write_preflight(const struct cors *c, const struct http_request *r, unsigned allowed,
                          struct buf *headers)
{
    if (!cors_allowed(c, r) ||
        !http_request_header(r, LIT("access-control-request-method"), NULL).at)
        return;
    buf_add(headers, LIT("Access-Control-Allow-Methods: "));
    endpoints_write_allow(allowed, headers);
    buf_add(headers, LIT("\r\nAccess-Control-Allow-Headers: Authorization, Content-Type\r\n"
                         "Access-Control-Max-Age: 600\r\n"));
}
