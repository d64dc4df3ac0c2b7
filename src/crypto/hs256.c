/* hs256.c: keyed contexts made once, and begun anew for each input.
 *
 * Fetching the algorithm and setting the key cost four times what the sums themselves do. */
#include "crypto/hs256.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/context_pool.h"

struct hs256 {
    struct context_pool pool;
    EVP_MAC_CTX        *model;      /* keyed; only ever duplicated */
};

static EVP_MAC_CTX *make_model(struct str secret)
{
    char       digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC     *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *model = mac ? EVP_MAC_CTX_new(mac) : NULL;

    EVP_MAC_free(mac);      /* the context keeps it */
    if (model && EVP_MAC_init(model, (const unsigned char *)secret.at, secret.len, params))
        return model;
    EVP_MAC_CTX_free(model);
    ERR_clear_error();
    return NULL;
}

static bool compute(EVP_MAC_CTX *c, struct str input, unsigned char out[HS256_BYTES])
{
    size_t len = 0;

    return EVP_MAC_init(c, NULL, 0, NULL)
           && EVP_MAC_update(c, (const unsigned char *)input.at, input.len)
           && EVP_MAC_final(c, out, &len, HS256_BYTES) && len == HS256_BYTES;
}

static bool compute_once(const EVP_MAC_CTX *model, struct str input,
                         unsigned char out[HS256_BYTES])
{
    EVP_MAC_CTX *c = EVP_MAC_CTX_dup(model);
    bool         done = c && compute(c, input, out);

    EVP_MAC_CTX_free(c);
    return done;
}

struct hs256 *hs256_open(struct str secret)
{
    struct hs256 *k = aligned_alloc(_Alignof(struct hs256), sizeof *k);

    if (!k)
        return NULL;
    memset(k, 0, sizeof *k);
    k->model = make_model(secret);
    bool whole = k->model;
    for (int i = 0; whole && i < CONTEXT_POOL_SEATS; i++) {
        k->pool.seats[i].context = EVP_MAC_CTX_dup(k->model);
        whole = k->pool.seats[i].context;
    }
    if (whole)
        return k;
    hs256_close(k);
    return NULL;
}

void hs256_close(struct hs256 *k)
{
    if (!k)
        return;
    for (int i = 0; i < CONTEXT_POOL_SEATS; i++)
        EVP_MAC_CTX_free(k->pool.seats[i].context);
    EVP_MAC_CTX_free(k->model);
    free(k);
}

bool hs256_sign(struct hs256 *k, struct str input, unsigned char out[HS256_BYTES])
{
    struct context_seat *seat = context_pool_take(&k->pool);
    bool                 done;

    if (seat) {
        done = compute(seat->context, input, out);
        context_pool_give(seat);
    } else {
        done = compute_once(k->model, input, out);
    }
    if (!done)
        ERR_clear_error();
    return done;
}
