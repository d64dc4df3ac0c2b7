/* test_jws.c: the vectors of RFC 7515, 8037 and 9449, bad keys, lax signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>

#include "crypto/base64url.h"
#include "crypto/jws.h"

enum { BYTES_MAX = 512 };

struct bytes {
    unsigned char at[BYTES_MAX];
    size_t        len;
};

static struct bytes decoded(const char *base64)
{
    struct bytes b;

    assert_true(base64url_decode(str_of(base64), b.at, sizeof b.at, &b.len));
    return b;
}

static struct str slice(const struct bytes *b)
{
    return (struct str){ (const char *)b->at, b->len };
}

static const char rfc7515_claims[] =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
static const char rfc7515_secret[] =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0i"
    "PS4hcgUuTwjAzZr1Z9CAow";
static const char rfc7515_x[] = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
static const char rfc7515_y[] = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
static const char rfc7515_es256[] =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
    "pmWQxfKTUJqPP3-Kg6NU1Q";

static struct jws_key *point_key(const char *x, const char *y)
{
    struct bytes point = decoded(x), second = decoded(y);

    memmove(point.at + 1, point.at, 32);
    point.at[0] = 4;
    memcpy(point.at + 33, second.at, 32);
    return jws_key_from_public(JWS_ES256, (struct str){ (const char *)point.at, 65 });
}

static struct str rfc7515_input(const char *header, char out[BYTES_MAX])
{
    snprintf(out, BYTES_MAX, "%s.%s", header, rfc7515_claims);
    return str_of(out);
}

static void test_hs256_vector(void **state)     /* RFC 7515 appendix A.1 */
{
    char            text[BYTES_MAX];
    struct str      input = rfc7515_input("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", text);
    struct bytes    secret = decoded(rfc7515_secret);
    struct bytes    expected = decoded("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    struct jws_key *k = jws_key_from_secret(slice(&secret));
    unsigned char   signature[JWS_SIGNATURE_BYTES_MAX];
    size_t          len;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(jws_sign(k, input, signature, &len));
        assert_int_equal(len, 32);
        assert_memory_equal(signature, expected.at, 32);
        assert_true(jws_verify(k, input, slice(&expected)));
    }
    jws_key_close(k);
}

static void test_es256_vector(void **state)     /* RFC 7515 appendix A.3 */
{
    char            text[BYTES_MAX];
    struct str      input = rfc7515_input("eyJhbGciOiJFUzI1NiJ9", text);
    struct bytes    signature = decoded(rfc7515_es256);
    struct jws_key *k = point_key(rfc7515_x, rfc7515_y);

    (void)state;
    assert_non_null(k);
    for (int i = 0; i < 3; i++)
        assert_true(jws_verify(k, input, slice(&signature)));
    assert_false(jws_verify(k, str_slice(input, 0, input.len - 1), slice(&signature)));
    for (size_t i = 0; i < signature.len * 8; i++) {
        signature.at[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_false(jws_verify(k, input, slice(&signature)));
        signature.at[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    jws_key_close(k);
}

static void test_eddsa_vector(void **state)     /* RFC 8037 appendix A.1 to A.5 */
{
    struct bytes    seed = decoded("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    struct bytes    x = decoded("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    struct bytes    expected = decoded("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6"
                                       "dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    struct str      input = LIT("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
    struct jws_key *k = jws_key_from_private(JWS_EDDSA, slice(&seed));
    struct jws_key *verifier = jws_key_from_public(JWS_EDDSA, slice(&x));
    unsigned char   signature[JWS_SIGNATURE_BYTES_MAX];
    size_t          len;

    (void)state;
    assert_non_null(k);
    assert_non_null(verifier);
    assert_true(str_eq(jws_key_id(k), LIT("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")));
    assert_true(str_eq(jws_key_id(verifier), jws_key_id(k)));
    assert_true(jws_sign(k, input, signature, &len));
    assert_int_equal(len, 64);
    assert_memory_equal(signature, expected.at, 64);
    assert_true(jws_verify(verifier, input, slice(&expected)));
    assert_false(jws_sign(verifier, input, signature, &len));
    for (size_t i = 0; i < 64 * 8; i++) {
        signature[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_false(jws_verify(k, input, (struct str){ (char *)signature, 64 }));
        signature[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    jws_key_close(k);
    jws_key_close(verifier);
}

/* S plus the group's order is the same to a verifier that reduces it (RFC 8032 section 5.1.7). */
static void test_eddsa_canonical(void **state)
{
    static const unsigned char order[32] = {
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
        0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10,
    };
    struct jws_key *k = jws_key_generate(JWS_EDDSA);
    unsigned char   signature[64];
    size_t          len;
    unsigned        carry = 0;

    (void)state;
    assert_true(jws_sign(k, LIT("text"), signature, &len));
    for (int i = 0; i < 32; i++) {
        carry += (unsigned)signature[32 + i] + order[i];
        signature[32 + i] = (unsigned char)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_false(jws_verify(k, LIT("text"), (struct str){ (char *)signature, 64 }));
    jws_key_close(k);
}

static void test_es256_thumbprint(void **state)     /* RFC 9449 section 6.1 */
{
    struct jws_key *k = point_key("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
                                  "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA");

    (void)state;
    assert_non_null(k);
    assert_true(str_eq(jws_key_id(k), LIT("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")));
    jws_key_close(k);
}

static void test_jwk(void **state)
{
    struct jws_key    *k = point_key(rfc7515_x, rfc7515_y);
    struct jws_key    *secret = jws_key_generate(JWS_HS256);
    struct bytes       x = decoded("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    struct jws_key    *ed = jws_key_from_public(JWS_EDDSA, slice(&x));
    struct buf         b = buf_growing(1024), expected = buf_growing(1024);
    struct json_writer w = json_writer(&b);

    (void)state;
    jws_key_write_jwk(secret, &w);
    assert_int_equal(b.len, 0);
    assert_null(jws_key_id(secret).at);
    json_list_begin(&w);
    jws_key_write_jwk(k, &w);
    jws_key_write_jwk(ed, &w);
    json_list_end(&w);
    buf_format(&expected,
               "[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\",\"kid\":\"%.43s\","
               "\"use\":\"sig\",\"alg\":\"ES256\"},"
               "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
               "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
               "\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\","
               "\"use\":\"sig\",\"alg\":\"EdDSA\"}]",
               rfc7515_x, rfc7515_y, jws_key_id(k).at);
    assert_true(str_eq(buf_str(&b), buf_str(&expected)));
    jws_key_close(k);
    jws_key_close(ed);
    jws_key_close(secret);
    buf_close(&b);
    buf_close(&expected);
}

/* What a key writes makes the same key again, and neither more nor less than that. */
static void test_round_trip(void **state)
{
    static const enum jws_algorithm algorithms[] = { JWS_ES256, JWS_EDDSA };

    (void)state;
    for (int i = 0; i < 2; i++) {
        enum jws_algorithm a = algorithms[i];
        struct jws_key    *k = jws_key_generate(a);
        struct buf         secret = buf_growing(1024), open = buf_growing(1024);
        unsigned char      signature[64];
        size_t             len;
        assert_true(jws_key_private(k, &secret));
        assert_true(jws_key_public(k, &open));
        struct jws_key *again = jws_key_from_private(a, buf_str(&secret));
        struct jws_key *verifier = jws_key_from_public(a, buf_str(&open));
        assert_int_equal(jws_key_algorithm(again), a);
        assert_true(str_eq(jws_key_id(again), jws_key_id(k)));
        assert_true(str_eq(jws_key_id(verifier), jws_key_id(k)));
        assert_true(jws_sign(again, LIT("text"), signature, &len));
        struct str s = { (char *)signature, len };
        assert_true(jws_verify(verifier, LIT("text"), s));
        assert_true(jws_verify(k, LIT("text"), s));
        assert_false(jws_verify(k, LIT("texts"), s));
        assert_false(jws_sign(verifier, LIT("text"), signature, &len));
        buf_wipe(&secret);
        assert_false(jws_key_private(verifier, &secret));
        assert_int_equal(secret.len, 0);
        jws_key_close(k);
        jws_key_close(again);
        jws_key_close(verifier);
        buf_close(&secret);
        buf_close(&open);
    }
}

static void test_not_keys(void **state)
{
    char            bytes[66] = { 4 };
    struct jws_key *k = jws_key_generate(JWS_ES256);
    struct buf      b = buf_growing(1024);

    (void)state;
    assert_null(jws_key_from_secret((struct str){ bytes, 31 }));
    assert_null(jws_key_from_private(JWS_HS256, (struct str){ bytes, 32 }));
    assert_null(jws_key_from_public(JWS_HS256, (struct str){ bytes, 32 }));
    assert_null(jws_key_from_private(JWS_EDDSA, (struct str){ bytes, 31 }));
    assert_null(jws_key_from_private(JWS_EDDSA, (struct str){ bytes, 33 }));
    assert_null(jws_key_from_public(JWS_EDDSA, (struct str){ bytes, 31 }));
    /* Of small order */
    assert_null(jws_key_from_public(JWS_EDDSA, (struct str){ bytes + 1, 32 }));
    /* Not on the curve */
    assert_null(jws_key_from_public(JWS_ES256, (struct str){ bytes, 65 }));
    /* The infinite one */
    assert_null(jws_key_from_public(JWS_ES256, (struct str){ "", 1 }));
    assert_null(jws_key_from_public(JWS_ES256, (struct str){ 0 }));
    assert_null(jws_key_from_private(JWS_ES256, (struct str){ 0 }));
    assert_true(jws_key_public(k, &b));
    assert_null(jws_key_from_public(JWS_ES256, str_slice(buf_str(&b), 0, 64)));
    b.at[0] = 6;        /* the hybrid form */
    assert_null(jws_key_from_public(JWS_ES256, buf_str(&b)));
    b.at[0] = 2;
    assert_null(jws_key_from_public(JWS_ES256, str_slice(buf_str(&b), 0, 33)));
    buf_reset(&b);
    assert_true(jws_key_private(k, &b));
    for (size_t len = 0; len < b.len; len++)
        assert_null(jws_key_from_private(JWS_ES256, str_slice(buf_str(&b), 0, len)));
    buf_add_char(&b, 0);
    assert_null(jws_key_from_private(JWS_ES256, buf_str(&b)));
    jws_key_close(k);
    jws_key_close(NULL);
    buf_close(&b);
}

/* A private key of another curve, or of another kind. */
static void check_other_kind(EVP_PKEY *key)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    unsigned char       *der = NULL;
    int                  len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

    assert_true(len > 0);
    assert_null(jws_key_from_private(JWS_ES256, (struct str){ (char *)der, (size_t)len }));
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(key);
}

static void test_other_kinds(void **state)
{
    (void)state;
    check_other_kind(EVP_EC_gen("P-384"));
    check_other_kind(EVP_EC_gen("secp256k1"));
    check_other_kind(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

/* r and s of 0, of the order and beyond are refused whatever the text is. */
static void test_es256_ranges(void **state)
{
    static const unsigned char order[32] = {
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25,
        0x51,
    };
    struct jws_key *k = jws_key_generate(JWS_ES256);
    unsigned char   good[64], bad[65];
    size_t          len;

    (void)state;
    assert_true(jws_sign(k, LIT("text"), good, &len));
    for (int half = 0; half < 2; half++) {
        struct str s = { (char *)bad, 64 };
        memcpy(bad, good, 64);
        memset(bad + 32 * half, 0, 32);
        assert_false(jws_verify(k, LIT("text"), s));
        memcpy(bad + 32 * half, order, 32);
        assert_false(jws_verify(k, LIT("text"), s));
        bad[32 * half + 31]++;
        assert_false(jws_verify(k, LIT("text"), s));
        memset(bad + 32 * half, 0xff, 32);
        assert_false(jws_verify(k, LIT("text"), s));
    }
    memset(bad, 0, 64);
    assert_false(jws_verify(k, LIT("text"), (struct str){ (char *)bad, 64 }));
    memcpy(bad, good, 64);
    bad[64] = 0;
    assert_false(jws_verify(k, LIT("text"), (struct str){ (char *)bad, 65 }));
    assert_false(jws_verify(k, LIT("text"), (struct str){ (char *)good, 63 }));
    assert_false(jws_verify(k, LIT("text"), (struct str){ 0 }));
    assert_true(jws_verify(k, LIT("text"), (struct str){ (char *)good, 64 }));
    jws_key_close(k);
}

static void test_lengths(void **state)
{
    static const enum jws_algorithm algorithms[] = { JWS_HS256, JWS_EDDSA };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct jws_key *k = jws_key_generate(algorithms[i]);
        unsigned char   signature[JWS_SIGNATURE_BYTES_MAX + 1] = { 0 };
        size_t          len;
        assert_true(jws_sign(k, LIT(""), signature, &len));
        for (size_t n = 0; n <= sizeof signature; n++)
            assert_int_equal(jws_verify(k, LIT(""), (struct str){ (char *)signature, n }),
                             n == len);
        jws_key_close(k);
    }
}

/* One key, more threads than it has contexts. */
struct crowd {
    struct jws_key   *key;
    pthread_barrier_t begin;
    int               times;
};

static void *sign_many(void *context)
{
    struct crowd         *crowd = context;
    const struct jws_key *k = crowd->key;

    pthread_barrier_wait(&crowd->begin);
    for (int i = 0; i < crowd->times; i++) {
        unsigned char signature[JWS_SIGNATURE_BYTES_MAX];
        char          text[32];
        size_t        len;
        snprintf(text, sizeof text, "%d", i);
        if (!jws_sign(k, str_of(text), signature, &len)
            || !jws_verify(k, str_of(text), (struct str){ (char *)signature, len })
            || jws_verify(k, LIT("other"), (struct str){ (char *)signature, len }))
            return context;
    }
    return NULL;
}

static void test_threads(void **state)
{
    enum { THREADS = 12 };

    (void)state;
    for (enum jws_algorithm a = JWS_HS256; a <= JWS_EDDSA; a++) {
        struct crowd crowd = { .key = jws_key_generate(a), .times = a == JWS_HS256 ? 20000 : 100 };
        pthread_t    threads[THREADS];
        pthread_barrier_init(&crowd.begin, NULL, THREADS);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, sign_many, &crowd), 0);
        for (int i = 0; i < THREADS; i++) {
            void *fault;
            pthread_join(threads[i], &fault);
            assert_null(fault);
        }
        pthread_barrier_destroy(&crowd.begin);
        jws_key_close(crowd.key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hs256_vector),    cmocka_unit_test(test_es256_vector),
        cmocka_unit_test(test_eddsa_vector),    cmocka_unit_test(test_eddsa_canonical),
        cmocka_unit_test(test_es256_thumbprint), cmocka_unit_test(test_jwk),
        cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_not_keys),
        cmocka_unit_test(test_other_kinds),     cmocka_unit_test(test_es256_ranges),
        cmocka_unit_test(test_lengths),         cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
