/* token_world.h: the keys, the policies and the clock of the token tests. */
#pragma once
#include <stdlib.h>

#include "crypto/base64url.h"
#include "crypto/token.h"

#define NOW       ((int64_t)1000000)
#define HS_HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define GOOD_HS   "{\"sub\":\"1\",\"exp\":1000001}"

/* Claims that are good but for what is put behind them. */
#define HS(members) "{\"sub\":\"1\",\"exp\":1000001," members "}"
#define ES(members) \
    "{\"sub\":\"1\",\"exp\":1000001,\"iss\":\"https://i\",\"aud\":\"us\"" members "}"

struct world {
    struct jws_key     *secret, *one, *two, *ed;
    struct token_policy hs256, es256, mixed;
    struct arena        arena;
    struct token_claims claims;
};

static struct token_policy asymmetric(struct jws_key *signer)
{
    return (struct token_policy){ .signer = signer,
                                  .verifiers = { signer },
                                  .verifiers_count = 1,
                                  .issuer = LIT("https://i"),
                                  .audience = LIT("us"),
                                  .client_id = LIT("c"),
                                  .lifetime_s = 1800 };
}

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    w->secret = jws_key_from_secret(LIT("0123456789abcdef0123456789abcdef"));
    w->one = jws_key_generate(JWS_ES256);
    w->two = jws_key_generate(JWS_ES256);
    w->ed = jws_key_generate(JWS_EDDSA);
    w->hs256 = (struct token_policy){ .signer = w->secret,
                                      .verifiers = { w->secret },
                                      .verifiers_count = 1,
                                      .lifetime_s = 1800 };
    w->es256 = asymmetric(w->one);
    w->mixed = asymmetric(w->two);
    w->mixed.verifiers[1] = w->one;
    w->mixed.verifiers[2] = w->ed;
    w->mixed.verifiers_count = 3;
    w->arena = arena_new(1 << 16);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;

    jws_key_close(w->secret);
    jws_key_close(w->one);
    jws_key_close(w->two);
    jws_key_close(w->ed);
    arena_close(&w->arena);
    free(w);
    return 0;
}

/* header.claims.signature of these texts, in the arena. */
static struct str sign(struct world *w, const struct jws_key *k, struct str header,
                       struct str claims)
{
    struct buf    b = buf_growing(1 << 14);
    unsigned char signature[JWS_SIGNATURE_BYTES_MAX];
    size_t        len;

    base64url_encode(&b, header.at, header.len);
    buf_add_char(&b, '.');
    base64url_encode(&b, claims.at, claims.len);
    assert_true(jws_sign(k, buf_str(&b), signature, &len));
    buf_add_char(&b, '.');
    base64url_encode(&b, signature, len);
    struct str token = arena_copy(&w->arena, buf_str(&b));
    buf_close(&b);
    return token;
}

static __attribute__((unused)) enum token_verdict verdict(struct world              *w,
                                                          const struct token_policy *p,
                                                          struct str token, int64_t now_s)
{
    w->claims = (struct token_claims){ .subject = LIT("untouched") };
    enum token_verdict v = token_verify(p, token, now_s, &w->arena, &w->claims);
    assert_int_equal(str_eq(w->claims.subject, LIT("untouched")), v != TOKEN_GOOD);
    assert_false(w->arena.failed);
    return v;
}
