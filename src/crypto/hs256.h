/* crypto/hs256.h: HMAC with SHA-256 under one secret (RFC 7518 section 3.2).  Any thread. */
#pragma once
#include "base/str.h"

enum { HS256_BYTES = 32 };

struct hs256;

/* NULL: no memory.  How long a secret must be, the caller knows. */
struct hs256 *hs256_open(struct str secret);
void          hs256_close(struct hs256 *k);   /* wipes; NULL is fine */

bool hs256_sign(struct hs256 *k, struct str input, unsigned char out[HS256_BYTES])
    __attribute__((warn_unused_result));
