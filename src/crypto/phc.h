/* crypto/phc.h: the text form of an argon2id hash.
 *
 *   $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>      both in base64 without padding
 *
 * Pure functions, any thread. */
#pragma once
#include "crypto/password.h"

enum { PHC_SALT_BYTES = 16, PHC_HASH_BYTES = 32, PHC_HASH_BYTES_MIN = 16, PHC_HASH_BYTES_MAX = 64 };

struct phc {
    struct password_cost cost;
    unsigned char        salt[PHC_SALT_BYTES];
    unsigned char        hash[PHC_HASH_BYTES_MAX];
    size_t               hash_len;
};

/* Strict: this version, one lane, members in this order, numbers without leading zeros and within
 * the limits of password.h, a salt of 16 bytes, a hash of 16 to 64.  False, and *out unspecified,
 * otherwise. */
bool phc_parse(struct str text, struct phc *out);

/* Writes a hash of at most PHC_HASH_BYTES as text with its NUL. */
void phc_write(const struct phc *p, char out[PASSWORD_HASH_BYTES]);
