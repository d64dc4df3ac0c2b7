/* crypto/es256.h: ECDSA on P-256 with SHA-256, signatures as r and s (RFC 7518 section 3.4).
 *
 * Any thread. */
#pragma once
#include "base/buf.h"

enum { ES256_BYTES = 64, ES256_POINT_BYTES = 65 };

struct es256;

/* NULL: no memory or entropy, or not a valid key of this curve. */
struct es256 *es256_generate(void);
struct es256 *es256_from_private(struct str pkcs8);     /* DER, and nothing behind it */
struct es256 *es256_from_public(struct str point);      /* SEC 1, uncompressed */
void          es256_close(struct es256 *k);             /* wipes; NULL is fine */

/* PKCS#8 DER; false when the key is public only. */
bool es256_private(const struct es256 *k, struct buf *out) __attribute__((warn_unused_result));

/* 4, x, y. */
const unsigned char *es256_point(const struct es256 *k);

/* False for a public key, and without entropy. */
bool es256_sign(struct es256 *k, struct str input, unsigned char out[ES256_BYTES])
    __attribute__((warn_unused_result));

/* r and s must be between 1 and the group's order less one; a high s is as good as a low one. */
bool es256_verify(struct es256 *k, struct str input, struct str signature)
    __attribute__((warn_unused_result));
