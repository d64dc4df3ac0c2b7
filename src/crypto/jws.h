/* crypto/jws.h: keys with one algorithm each, and signatures with them (RFC 7515, 7517, 7518,
 * 8037).
 *
 * A key knows its algorithm; nothing is taken from a token's header but a key id.  Keys are
 * immutable once made and may be used on any thread; nobody may be using one that is closed. */
#pragma once
#include "base/buf.h"
#include "json/write.h"

enum jws_algorithm { JWS_HS256 = 1, JWS_ES256, JWS_EDDSA };

enum { JWS_KEY_ID_BYTES = 43, JWS_SIGNATURE_BYTES_MAX = 64, JWS_SECRET_BYTES_MIN = 32 };

struct jws_key;

/* "HS256", "ES256", "EdDSA". */
struct str         jws_algorithm_name(enum jws_algorithm a);
enum jws_algorithm jws_key_algorithm(const struct jws_key *k);

/* NULL when the secret is under 32 bytes (RFC 7518 section 3.2), a key is not valid, or memory or
 * entropy is missing. */
struct jws_key *jws_key_from_secret(struct str secret);
struct jws_key *jws_key_generate(enum jws_algorithm a);

/* PKCS#8 DER for ES256, a seed of 32 bytes for EdDSA; never for HS256. */
struct jws_key *jws_key_from_private(enum jws_algorithm a, struct str bytes);

/* An uncompressed SEC 1 point for ES256, 32 bytes for EdDSA; never for HS256. */
struct jws_key *jws_key_from_public(enum jws_algorithm a, struct str bytes);
void            jws_key_close(struct jws_key *k);   /* wipes; NULL is fine */

/* Append what jws_key_from_private() and jws_key_from_public() take.  The former is false for
 * HS256 and public keys, and is to be wiped; the latter is false for HS256. */
bool jws_key_private(const struct jws_key *k, struct buf *out) __attribute__((warn_unused_result));
bool jws_key_public(const struct jws_key *k, struct buf *out) __attribute__((warn_unused_result));

/* The RFC 7638 thumbprint, base64url; none for HS256, whose tokens carry no key id. */
struct str jws_key_id(const struct jws_key *k);

/* One object of a JWK set: kty, crv, x, y, kid, use, alg; never a private member, nothing for
 * HS256. */
void jws_key_write_jwk(const struct jws_key *k, struct json_writer *w);

/* The signature of exactly `input`: 32 bytes for HS256, otherwise 64 (r and s for ES256).  False
 * for a public key, without entropy or memory. */
bool jws_sign(const struct jws_key *k, struct str input, unsigned char out[JWS_SIGNATURE_BYTES_MAX],
              size_t *len) __attribute__((warn_unused_result));

/* Strict: lengths, ranges, canonical S; an HMAC is compared in constant time. */
bool jws_verify(const struct jws_key *k, struct str input, struct str signature)
    __attribute__((warn_unused_result));
