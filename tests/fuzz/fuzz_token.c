/* fuzz_token.c: tokens, and what they say.
 *
 * An input that begins with '0' is a token: it may be good only if its signature is, to the byte,
 * the one that our own key makes for the rest.  One that begins with '1' is a header and claims
 * with a NUL between: they are signed here, so that what is behind the signature is reached; if
 * the verdict is good then they must be so to jansson as well, and no longer good with one bit
 * changed. */
#include <math.h>
#include <stdlib.h>

#include "base/check.h"
#include "crypto/base64url.h"
#include "crypto/token_cache.h"
#include "jansson_aside.h"

#define NOW ((int64_t)1000000)

struct keys {
    struct jws_key     *secret, *ed, *es;
    struct token_policy hs256, asymmetric;
};

static const unsigned char point[] = {      /* the verifier of RFC 7515 appendix A.3 */
    0x04, 0x7f, 0xcd, 0xce, 0x27, 0x70, 0xf6, 0xc4, 0x5d, 0x41, 0x83, 0xcb, 0xee, 0x6f, 0xdb, 0x4b,
    0x7b, 0x58, 0x07, 0x33, 0x35, 0x7b, 0xe9, 0xef, 0x13, 0xba, 0xcf, 0x6e, 0x3c, 0x7b, 0xd1, 0x54,
    0x45, 0xc7, 0xf1, 0x44, 0xcd, 0x1b, 0xbd, 0x9b, 0x7e, 0x87, 0x2c, 0xdf, 0xed, 0xb9, 0xee, 0xb9,
    0xf4, 0xb3, 0x69, 0x5d, 0x6e, 0xa9, 0x0b, 0x24, 0xad, 0x8a, 0x46, 0x23, 0x28, 0x85, 0x88, 0xe5,
    0xad,
};

static void keys_open(struct keys *k)
{
    struct str bytes = LIT("0123456789abcdef0123456789abcdef");

    k->secret = jws_key_from_secret(bytes);
    k->ed = jws_key_from_private(JWS_EDDSA, bytes);
    k->es = jws_key_from_public(JWS_ES256, (struct str){ (const char *)point, sizeof point });
    CHECK(k->secret && k->ed && k->es);
    k->hs256 = (struct token_policy){ .signer = k->secret,
                                      .verifiers = { k->secret },
                                      .verifiers_count = 1,
                                      .lifetime_s = 60 };
    k->asymmetric = (struct token_policy){ .signer = k->ed,
                                           .verifiers = { k->ed, k->es },
                                           .verifiers_count = 2,
                                           .issuer = LIT("i"),
                                           .audience = LIT("us"),
                                           .client_id = LIT("c"),
                                           .lifetime_s = 60 };
}

/* Verified, and then remembered if it was good: the same verdict. */
static void check_cached(const struct token_policy *p, struct str token, enum token_verdict expected)
{
    struct token_cache *cache = token_cache_open(1, &system_random);
    struct arena        a = arena_new(1 << 16);
    struct token_claims claims;

    CHECK(cache);
    for (int i = 0; i < 2; i++)
        CHECK(token_cache_verify(cache, p, token, NOW, &a, &claims) == expected);
    CHECK(expected != TOKEN_GOOD || token_cache_verify(cache, p, token, claims.expires_at_s, &a, &claims) == TOKEN_EXPIRED);
    token_cache_close(cache);
    arena_close(&a);
}

static bool is_good(const struct token_policy *p, struct str token)
{
    struct arena        a = arena_new(1 << 16);
    struct token_claims claims;
    enum token_verdict  v = token_verify(p, token, NOW, &a, &claims);

    CHECK(v < TOKEN_VERDICTS && !a.failed);
    check_cached(p, token, v);
    if (v == TOKEN_GOOD)
        CHECK(claims.subject.len > 0 && claims.expires_at_s > NOW && claims.issued_at_s <= NOW);
    arena_close(&a);
    return v == TOKEN_GOOD;
}

static void add_signature(const struct jws_key *k, struct buf *b)
{
    unsigned char signature[JWS_SIGNATURE_BYTES_MAX];
    size_t        len;

    CHECK(jws_sign(k, buf_str(b), signature, &len));
    buf_add_char(b, '.');
    base64url_encode(b, signature, len);
}

/* Both kinds of signature are deterministic. */
static void check_token(const struct token_policy *p, struct str token)
{
    struct buf b = buf_growing(1 << 16);
    size_t     end = token.len;

    if (!is_good(p, token))
        return;
    while (token.at[end - 1] != '.')
        end--;
    buf_add(&b, str_slice(token, 0, end - 1));
    add_signature(p->signer, &b);
    CHECK(str_eq(buf_str(&b), token));
    buf_close(&b);
}

static json_t *load(struct str text)
{
    return json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
}

static bool is_text(const json_t *object, const char *name, const char *wanted)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text && strcmp(text, wanted) == 0;
}

static double number(const json_t *object, const char *name, double absent)
{
    const json_t *value = json_object_get(object, name);

    return value ? json_number_value(value) : absent;
}

/* jansson refuses some numbers and names that are JSON; then it says nothing here. */
static void check_good_header(struct str text, const struct token_policy *p)
{
    json_t *header = load(text);

    if (!header)
        return;
    CHECK(is_text(header, "alg", jws_algorithm_name(jws_key_algorithm(p->signer)).at));
    CHECK(!json_object_get(header, "crit"));
    CHECK(!p->issuer.at || json_string_value(json_object_get(header, "typ")));
    json_decref(header);
}

static void check_good_claims(struct str text, const struct token_policy *p)
{
    json_t *claims = load(text);

    if (!claims)
        return;
    CHECK(floor(number(claims, "exp", -1)) > (double)NOW);
    CHECK(floor(number(claims, "iat", 0)) <= (double)NOW);
    CHECK(number(claims, "nbf", 0) <= (double)NOW);
    CHECK(json_object_get(claims, "sub"));
    CHECK(!p->issuer.at || is_text(claims, "iss", p->issuer.at));
    json_decref(claims);
}

/* A token whose bit `bit` is another one. */
static bool is_good_changed(const struct token_policy *p, struct buf *token, size_t bit)
{
    char *at = token->at + bit / 8 % token->len;

    *at = (char)(*at ^ 1 << bit % 8);
    bool good = is_good(p, buf_str(token));
    *at = (char)(*at ^ 1 << bit % 8);
    return good;
}

static void check_texts(const struct token_policy *p, struct str header, struct str claims)
{
    struct buf b = buf_growing(1 << 16);

    base64url_encode(&b, header.at, header.len);
    buf_add_char(&b, '.');
    base64url_encode(&b, claims.at, claims.len);
    add_signature(p->signer, &b);
    if (!b.failed && is_good(p, buf_str(&b))) {
        check_good_header(header, p);
        check_good_claims(claims, p);
        for (size_t i = 0; i < 8; i++)
            CHECK(!is_good_changed(p, &b, header.len * 131 + claims.len * 17 + i * 1013));
    }
    buf_close(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct keys keys;
    struct str         text = { (const char *)data + 1, size - 1 };

    if (size < 1 || size > 16384)
        return 0;
    if (!keys.secret)
        keys_open(&keys);
    if (data[0] == '0') {
        check_token(&keys.hs256, text);
        check_token(&keys.asymmetric, text);
    }
    if (data[0] == '1' && memchr(text.at, 0, text.len)) {
        struct str header = str_cut(&text, 0);
        check_texts(&keys.hs256, header, text);
        check_texts(&keys.asymmetric, header, text);
    }
    return 0;
}
