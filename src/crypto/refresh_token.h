/* crypto/refresh_token.h: refresh tokens: which session, and which of its tokens.
 *
 *     version 1 | session, 8 bytes | counter, 4 bytes | HMAC-SHA256 of all that     as base64url
 *
 * Numbers are big-endian.  There is no time inside and no random byte: a pair has exactly one
 * token, so that it can be said again without having been kept.  What a token is worth, the row of
 * its session decides.  Pure functions, any thread. */
#pragma once
#include "crypto/vault.h"

enum { REFRESH_TOKEN_CHARS = 60 };

struct refresh_token {
    int64_t  session;       /* at least 1 */
    uint32_t counter;
};

/* Appends the token's text. */
void refresh_token_write(const struct vault *v, struct refresh_token t, struct buf *out);

/* False, and *out untouched, for whatever refresh_token_write() did not write under this key. */
bool refresh_token_read(const struct vault *v, struct str text, struct refresh_token *out)
    __attribute__((warn_unused_result));
