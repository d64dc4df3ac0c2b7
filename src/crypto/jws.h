/* crypto/jws.h: keys with one algorithm each, and signatures with them (RFC 7515, 7517, 7518).
 *
 * A key knows its algorithm; nothing is taken from a token's header but a key id.  Keys are immutable once made and may be
 * used on any thread (per-thread contexts are kept inside). */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/random.h"
#include "json/write.h"

enum jws_algorithm { JWS_HS256 = 1, JWS_ES256, JWS_EDDSA };

enum { JWS_KEY_ID_BYTES = 43, JWS_SIGNATURE_BYTES_MAX = 64, JWS_SECRET_BYTES_MIN = 32 };

struct jws_key;

/* "HS256", "ES256", "EdDSA". */
struct str         jws_algorithm_name(enum jws_algorithm a);
enum jws_algorithm jws_key_algorithm(const struct jws_key *k);

/* NULL when the secret is under 32 bytes (RFC 7518 section 3.2), a key is not valid, or memory or entropy is missing. */
struct jws_key *jws_key_from_secret(struct str secret);
struct jws_key *jws_key_generate(enum jws_algorithm a);
struct jws_key *jws_key_from_private(enum jws_algorithm a, struct str bytes);   /* PKCS#8 DER, or an Ed25519 seed */
struct jws_key *jws_key_from_public(enum jws_algorithm a, struct str bytes);    /* SEC 1 uncompressed point, or 32 bytes */
void            jws_key_close(struct jws_key *k);                                 /* wipes; NULL is fine */

bool jws_key_private(const struct jws_key *k, struct buf *out);   /* what jws_key_from_private() takes; wipe it */
bool jws_key_public(const struct jws_key *k, struct buf *out);    /* what jws_key_from_public() takes; false for HS256 */

/* The RFC 7638 thumbprint, base64url; none for HS256, whose tokens carry no key id. */
struct str jws_key_id(const struct jws_key *k);

/* One object of a JWK set: kty, crv, x, y, kid, use, alg; never a private member. */
void jws_key_write_jwk(const struct jws_key *k, struct json_writer *w);

/* Sign and verify exactly `input`; signatures are raw (r and s, 32 bytes each, for ES256).  Verification is strict: lengths, ranges, canonical S. */
bool jws_sign(const struct jws_key *k, struct str input, unsigned char out[JWS_SIGNATURE_BYTES_MAX], size_t *len) __attribute__((warn_unused_result));
bool jws_verify(const struct jws_key *k, struct str input, struct str signature) __attribute__((warn_unused_result));
