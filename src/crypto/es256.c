/* es256.c: OpenSSL's ECDSA, with contexts prepared once and our own checks of r and s around it.
 *
 * OpenSSL speaks DER, a JWS has the two numbers side by side: signatures are taken apart and put
 * together by its own ECDSA_SIG, which is strict. */
#include "crypto/es256.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "crypto/context_pool.h"

enum { NUMBER_BYTES = 32, DIGEST_BYTES = 32, DER_BYTES_MAX = 72, PKCS8_BYTES_MAX = 4096 };

struct es256 {
    struct context_pool verifiers, signers;     /* no contexts in `signers` of a public key */
    EVP_PKEY           *key;
    EVP_MD             *sha256;
    bool                has_private;
    unsigned char       point[ES256_POINT_BYTES];
};

/* The order of the group, big-endian (FIPS 186-4, D.1.2.3). */
static const unsigned char order[NUMBER_BYTES] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

/* Not secret: what is checked so came from the network. */
static bool in_range(const char number[NUMBER_BYTES])
{
    static const unsigned char zero[NUMBER_BYTES];

    return memcmp(number, zero, NUMBER_BYTES) != 0 && memcmp(number, order, NUMBER_BYTES) < 0;
}

static bool is_p256(const EVP_PKEY *key)
{
    char   group[32] = "";
    size_t len;

    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &len)
           && strcmp(group, SN_X9_62_prime256v1) == 0;
}

static bool is_valid(EVP_PKEY *key, bool has_private)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool valid = c && (has_private ? EVP_PKEY_check(c) : EVP_PKEY_public_check(c)) == 1;

    EVP_PKEY_CTX_free(c);
    return valid;
}

static bool read_coordinate(const EVP_PKEY *key, const char *name, unsigned char *out)
{
    BIGNUM *number = NULL;
    bool    done = EVP_PKEY_get_bn_param(key, name, &number)
                && BN_bn2binpad(number, out, NUMBER_BYTES) == NUMBER_BYTES;

    BN_free(number);
    return done;
}

static bool read_point(struct es256 *k)
{
    k->point[0] = POINT_CONVERSION_UNCOMPRESSED;
    return read_coordinate(k->key, OSSL_PKEY_PARAM_EC_PUB_X, k->point + 1)
           && read_coordinate(k->key, OSSL_PKEY_PARAM_EC_PUB_Y, k->point + 1 + NUMBER_BYTES);
}

static EVP_PKEY_CTX *make_context(EVP_PKEY *key, bool signs)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

    if (c && (signs ? EVP_PKEY_sign_init(c) : EVP_PKEY_verify_init(c)) == 1)
        return c;
    EVP_PKEY_CTX_free(c);
    return NULL;
}

static bool fill_pool(struct context_pool *p, EVP_PKEY *key, bool signs)
{
    for (int i = 0; i < CONTEXT_POOL_SEATS; i++)
        if (!(p->seats[i].context = make_context(key, signs)))
            return false;
    return true;
}

static void empty_pool(struct context_pool *p)
{
    for (int i = 0; i < CONTEXT_POOL_SEATS; i++)
        EVP_PKEY_CTX_free(p->seats[i].context);
}

/* Takes the key over, checks it and prepares what signatures need. */
static struct es256 *open_key(EVP_PKEY *key, bool has_private)
{
    struct es256 *k = key ? aligned_alloc(_Alignof(struct es256), sizeof *k) : NULL;

    if (!k) {
        EVP_PKEY_free(key);
        ERR_clear_error();
        return NULL;
    }
    memset(k, 0, sizeof *k);
    k->key = key;
    k->has_private = has_private;
    k->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (k->sha256 && is_p256(key) && is_valid(key, has_private) && read_point(k)
        && fill_pool(&k->verifiers, key, false)
        && (!has_private || fill_pool(&k->signers, key, true)))
        return k;
    es256_close(k);
    ERR_clear_error();
    return NULL;
}

static EVP_PKEY *decode_private(struct str pkcs8)
{
    const unsigned char *at = (const unsigned char *)pkcs8.at;
    EVP_PKEY            *key = NULL;

    if (pkcs8.len == 0 || pkcs8.len > PKCS8_BYTES_MAX)
        return NULL;
    const unsigned char *end = at + pkcs8.len;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)pkcs8.len);
    if (info && at == end)
        key = EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    return key;
}

static EVP_PKEY *decode_public(struct str point)
{
    char          group[] = SN_X9_62_prime256v1;
    OSSL_PARAM    params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point.at, point.len),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY     *key = NULL;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

    if (!c || EVP_PKEY_fromdata_init(c) != 1
        || EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(c);
    return key;
}

static bool digest(const struct es256 *k, struct str input, unsigned char out[DIGEST_BYTES])
{
    unsigned len = 0;

    return EVP_Digest(input.at ? input.at : "", input.len, out, &len, k->sha256, NULL) == 1
           && len == DIGEST_BYTES;
}

/* DER to r and s. */
static bool flatten(const unsigned char *der, size_t der_len, unsigned char out[ES256_BYTES])
{
    const unsigned char *at = der;
    ECDSA_SIG           *sig = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    bool                 done = sig && at == der + der_len
                && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, NUMBER_BYTES) == NUMBER_BYTES
                && BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + NUMBER_BYTES, NUMBER_BYTES)
                       == NUMBER_BYTES;

    ECDSA_SIG_free(sig);
    return done;
}

/* r and s to DER; its length, 0 without memory. */
static size_t build_der(const char *signature, unsigned char out[DER_BYTES_MAX])
{
    const unsigned char *numbers = (const unsigned char *)signature;
    ECDSA_SIG           *sig = ECDSA_SIG_new();
    BIGNUM              *r = BN_bin2bn(numbers, NUMBER_BYTES, NULL);
    BIGNUM              *s = BN_bin2bn(numbers + NUMBER_BYTES, NUMBER_BYTES, NULL);
    int                  len = 0;

    if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
        unsigned char *at = out;
        if (i2d_ECDSA_SIG(sig, NULL) <= DER_BYTES_MAX)
            len = i2d_ECDSA_SIG(sig, &at);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(sig);
    return len > 0 ? (size_t)len : 0;
}

static bool sign_with(EVP_PKEY_CTX *c, const unsigned char *hash, unsigned char out[ES256_BYTES])
{
    unsigned char der[DER_BYTES_MAX];
    size_t        len = sizeof der;

    return c && EVP_PKEY_sign(c, der, &len, hash, DIGEST_BYTES) == 1 && flatten(der, len, out);
}

static bool verify_with(EVP_PKEY_CTX *c, const unsigned char *hash, const char *signature)
{
    unsigned char der[DER_BYTES_MAX];
    size_t        len = build_der(signature, der);

    return c && len && EVP_PKEY_verify(c, der, len, hash, DIGEST_BYTES) == 1;
}

struct es256 *es256_generate(void)
{
    return open_key(EVP_EC_gen(SN_X9_62_prime256v1), true);
}

struct es256 *es256_from_private(struct str pkcs8)
{
    return open_key(decode_private(pkcs8), true);
}

struct es256 *es256_from_public(struct str point)
{
    if (point.len != ES256_POINT_BYTES || point.at[0] != POINT_CONVERSION_UNCOMPRESSED)
        return NULL;
    return open_key(decode_public(point), false);
}

void es256_close(struct es256 *k)
{
    if (!k)
        return;
    empty_pool(&k->verifiers);
    empty_pool(&k->signers);
    EVP_MD_free(k->sha256);
    EVP_PKEY_free(k->key);      /* OpenSSL zeros private numbers as it frees them */
    free(k);
}

bool es256_private(const struct es256 *k, struct buf *out)
{
    unsigned char *der = NULL;

    if (!k->has_private)
        return false;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->key);
    int                  len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
    PKCS8_PRIV_KEY_INFO_free(info);
    if (len <= 0)
        return false;
    buf_add(out, (struct str){ (const char *)der, (size_t)len });
    OPENSSL_clear_free(der, (size_t)len);
    return !out->failed;
}

const unsigned char *es256_point(const struct es256 *k)
{
    return k->point;
}

bool es256_sign(struct es256 *k, struct str input, unsigned char out[ES256_BYTES])
{
    unsigned char hash[DIGEST_BYTES];

    if (!k->has_private || !digest(k, input, hash))
        return false;
    struct context_seat *seat = context_pool_take(&k->signers);
    EVP_PKEY_CTX        *c = seat ? seat->context : make_context(k->key, true);
    bool                 done = sign_with(c, hash, out);
    if (seat)
        context_pool_give(seat);
    else
        EVP_PKEY_CTX_free(c);
    if (!done)
        ERR_clear_error();
    return done;
}

bool es256_verify(struct es256 *k, struct str input, struct str signature)
{
    unsigned char hash[DIGEST_BYTES];

    if (signature.len != ES256_BYTES || !in_range(signature.at)
        || !in_range(signature.at + NUMBER_BYTES) || !digest(k, input, hash))
        return false;
    struct context_seat *seat = context_pool_take(&k->verifiers);
    EVP_PKEY_CTX        *c = seat ? seat->context : make_context(k->key, false);
    bool                 good = verify_with(c, hash, signature.at);
    if (seat)
        context_pool_give(seat);
    else
        EVP_PKEY_CTX_free(c);
    if (!good)
        ERR_clear_error();
    return good;
}
