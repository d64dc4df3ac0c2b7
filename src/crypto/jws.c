/* jws.c: one key type over three algorithms.
 *
 * HMAC and ECDSA are OpenSSL's (hs256.c, es256.c), Ed25519 is libsodium's, whose verification
 * refuses what RFC 8037 wants refused and takes half the time. */
#include "crypto/jws.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/random.h"
#include "crypto/base64url.h"
#include "crypto/es256.h"
#include "crypto/hs256.h"

enum { COORDINATE_BYTES = 32, SEED_BYTES = 32, THUMBPRINT_INPUT_MAX = 256 };

struct jws_key {
    enum jws_algorithm algorithm;
    struct hs256      *hs256;                   /* owned; NULL but for HS256 */
    struct es256      *es256;                   /* owned; NULL but for ES256 */
    bool               has_private;
    unsigned char      ed_secret[64];           /* seed and public key: libsodium's form */
    unsigned char      x[COORDINATE_BYTES], y[COORDINATE_BYTES];    /* EdDSA has no y */
    char               id[JWS_KEY_ID_BYTES];
};

static struct str bytes_of(const void *at, size_t len)
{
    return (struct str){ at, len };
}

static struct jws_key *key_new(enum jws_algorithm a)
{
    if (sodium_init() < 0)
        return NULL;
    struct jws_key *k = calloc(1, sizeof *k);
    if (k)
        k->algorithm = a;
    return k;
}

static void add_coordinate(struct buf *out, const char *name, const unsigned char *at)
{
    buf_format(out, "\"%s\":\"", name);
    base64url_encode(out, at, COORDINATE_BYTES);
    buf_add_char(out, '"');
}

/* RFC 7638 section 3: the members a key of this kind must have, by name, without blanks. */
static void set_id(struct jws_key *k)
{
    char          text[THUMBPRINT_INPUT_MAX];
    struct buf    b = buf_fixed(text, sizeof text);
    struct buf    id = buf_fixed(k->id, sizeof k->id);
    unsigned char hash[32];

    if (k->algorithm == JWS_ES256)
        buf_add(&b, LIT("{\"crv\":\"P-256\",\"kty\":\"EC\","));
    else
        buf_add(&b, LIT("{\"crv\":\"Ed25519\",\"kty\":\"OKP\","));
    add_coordinate(&b, "x", k->x);
    if (k->algorithm == JWS_ES256) {
        buf_add_char(&b, ',');
        add_coordinate(&b, "y", k->y);
    }
    buf_add_char(&b, '}');
    CHECK(!b.failed);
    crypto_hash_sha256(hash, (const unsigned char *)b.at, b.len);
    base64url_encode(&id, hash, sizeof hash);
    CHECK(id.len == JWS_KEY_ID_BYTES);
}

/* Takes `es` over. */
static struct jws_key *from_es256(struct es256 *es, bool has_private)
{
    struct jws_key *k = es ? key_new(JWS_ES256) : NULL;

    if (!k) {
        es256_close(es);
        return NULL;
    }
    k->es256 = es;
    k->has_private = has_private;
    memcpy(k->x, es256_point(es) + 1, COORDINATE_BYTES);
    memcpy(k->y, es256_point(es) + 1 + COORDINATE_BYTES, COORDINATE_BYTES);
    set_id(k);
    return k;
}

static struct jws_key *from_seed(struct str seed)
{
    struct jws_key *k = seed.len == SEED_BYTES ? key_new(JWS_EDDSA) : NULL;

    if (!k)
        return NULL;
    crypto_sign_seed_keypair(k->x, k->ed_secret, (const unsigned char *)seed.at);
    k->has_private = true;
    set_id(k);
    return k;
}

static struct jws_key *from_ed_public(struct str bytes)
{
    struct jws_key *k = bytes.len == COORDINATE_BYTES ? key_new(JWS_EDDSA) : NULL;

    if (!k)
        return NULL;
    if (!crypto_core_ed25519_is_valid_point((const unsigned char *)bytes.at)) {
        jws_key_close(k);
        return NULL;
    }
    memcpy(k->x, bytes.at, COORDINATE_BYTES);
    set_id(k);
    return k;
}

/* A key of 32 random bytes, made by `from`, which wipes what it keeps. */
static struct jws_key *from_random(struct jws_key *(*from)(struct str))
{
    unsigned char   seed[SEED_BYTES];
    struct jws_key *k = NULL;

    if (random_fill(&system_random, seed, sizeof seed))
        k = from(bytes_of(seed, sizeof seed));
    sodium_memzero(seed, sizeof seed);
    return k;
}

static bool verify_hs256(const struct jws_key *k, struct str input, struct str signature)
{
    unsigned char mac[HS256_BYTES];
    bool          good = signature.len == HS256_BYTES && hs256_sign(k->hs256, input, mac)
                && sodium_memcmp(mac, signature.at, HS256_BYTES) == 0;

    sodium_memzero(mac, sizeof mac);
    return good;
}

static bool verify_ed25519(const struct jws_key *k, struct str input, struct str signature)
{
    return signature.len == crypto_sign_BYTES
           && crypto_sign_verify_detached((const unsigned char *)signature.at,
                                          (const unsigned char *)input.at, input.len, k->x)
                  == 0;
}

static void write_member(struct json_writer *w, struct str name, const unsigned char *at)
{
    char       text[JWS_KEY_ID_BYTES];
    struct buf b = buf_fixed(text, sizeof text);

    base64url_encode(&b, at, COORDINATE_BYTES);
    json_name(w, name);
    json_put_string(w, buf_str(&b));
}

static void write_text(struct json_writer *w, struct str name, struct str value)
{
    json_name(w, name);
    json_put_string(w, value);
}

struct str jws_algorithm_name(enum jws_algorithm a)
{
    switch (a) {
    case JWS_HS256:
        return LIT("HS256");
    case JWS_ES256:
        return LIT("ES256");
    case JWS_EDDSA:
        return LIT("EdDSA");
    }
    CHECK(a == JWS_EDDSA);      /* there is no other */
    return LIT("");
}

enum jws_algorithm jws_key_algorithm(const struct jws_key *k)
{
    return k->algorithm;
}

struct jws_key *jws_key_from_secret(struct str secret)
{
    struct jws_key *k = secret.len >= JWS_SECRET_BYTES_MIN ? key_new(JWS_HS256) : NULL;

    if (!k)
        return NULL;
    k->hs256 = hs256_open(secret);
    k->has_private = true;
    if (k->hs256)
        return k;
    jws_key_close(k);
    return NULL;
}

struct jws_key *jws_key_generate(enum jws_algorithm a)
{
    switch (a) {
    case JWS_HS256:
        return from_random(jws_key_from_secret);
    case JWS_ES256:
        return from_es256(es256_generate(), true);
    case JWS_EDDSA:
        return from_random(from_seed);
    }
    return NULL;
}

struct jws_key *jws_key_from_private(enum jws_algorithm a, struct str bytes)
{
    if (a == JWS_ES256)
        return from_es256(es256_from_private(bytes), true);
    return a == JWS_EDDSA ? from_seed(bytes) : NULL;
}

struct jws_key *jws_key_from_public(enum jws_algorithm a, struct str bytes)
{
    if (a == JWS_ES256)
        return from_es256(es256_from_public(bytes), false);
    return a == JWS_EDDSA ? from_ed_public(bytes) : NULL;
}

void jws_key_close(struct jws_key *k)
{
    if (!k)
        return;
    hs256_close(k->hs256);
    es256_close(k->es256);
    sodium_memzero(k, sizeof *k);
    free(k);
}

bool jws_key_private(const struct jws_key *k, struct buf *out)
{
    if (k->algorithm == JWS_ES256)
        return es256_private(k->es256, out);
    if (k->algorithm != JWS_EDDSA || !k->has_private)
        return false;
    buf_add(out, bytes_of(k->ed_secret, SEED_BYTES));
    return !out->failed;
}

bool jws_key_public(const struct jws_key *k, struct buf *out)
{
    if (k->algorithm == JWS_HS256)
        return false;
    if (k->algorithm == JWS_ES256)
        buf_add(out, bytes_of(es256_point(k->es256), ES256_POINT_BYTES));
    else
        buf_add(out, bytes_of(k->x, COORDINATE_BYTES));
    return !out->failed;
}

struct str jws_key_id(const struct jws_key *k)
{
    if (k->algorithm == JWS_HS256)
        return (struct str){ 0 };
    return bytes_of(k->id, sizeof k->id);
}

void jws_key_write_jwk(const struct jws_key *k, struct json_writer *w)
{
    bool curve = k->algorithm == JWS_ES256;

    if (k->algorithm == JWS_HS256)
        return;
    json_object_begin(w);
    write_text(w, LIT("kty"), curve ? LIT("EC") : LIT("OKP"));
    write_text(w, LIT("crv"), curve ? LIT("P-256") : LIT("Ed25519"));
    write_member(w, LIT("x"), k->x);
    if (curve)
        write_member(w, LIT("y"), k->y);
    write_text(w, LIT("kid"), jws_key_id(k));
    write_text(w, LIT("use"), LIT("sig"));
    write_text(w, LIT("alg"), jws_algorithm_name(k->algorithm));
    json_object_end(w);
}

bool jws_sign(const struct jws_key *k, struct str input, unsigned char out[JWS_SIGNATURE_BYTES_MAX],
              size_t *len)
{
    if (!k->has_private)
        return false;
    if (k->algorithm == JWS_HS256) {
        *len = HS256_BYTES;
        return hs256_sign(k->hs256, input, out);
    }
    *len = JWS_SIGNATURE_BYTES_MAX;
    if (k->algorithm == JWS_ES256)
        return es256_sign(k->es256, input, out);
    return crypto_sign_detached(out, NULL, (const unsigned char *)input.at, input.len, k->ed_secret)
           == 0;
}

bool jws_verify(const struct jws_key *k, struct str input, struct str signature)
{
    switch (k->algorithm) {
    case JWS_HS256:
        return verify_hs256(k, input, signature);
    case JWS_ES256:
        return es256_verify(k->es256, input, signature);
    case JWS_EDDSA:
        return verify_ed25519(k, input, signature);
    }
    return false;
}
