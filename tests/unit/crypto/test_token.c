/* test_token.c: tokens that were forged, cut or changed on the way, and those that are issued. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "token_world.h"

static struct str header_for(struct world *w, const struct jws_key *k, const struct jws_key *named)
{
    return arena_format(&w->arena, "{\"alg\":\"%.*s\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}",
                        STR_ARG(jws_algorithm_name(jws_key_algorithm(k))),
                        STR_ARG(jws_key_id(named)));
}

static void test_several_keys(void **state)
{
    struct world *w = *state;
    struct str    claims = LIT(ES("")), none = LIT("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}");

    struct jws_key *const keys[] = { w->one, w->two, w->ed };
    for (int signer = 0; signer < 3; signer++)
        for (int named = 0; named < 3; named++) {
            struct str header = header_for(w, keys[signer], keys[named]);
            enum token_verdict expected =
                signer == named                        ? TOKEN_GOOD
                : (keys[signer] == w->ed) != (named == 2) ? TOKEN_WRONG_ALGORITHM
                                                       : TOKEN_BAD_SIGNATURE;
            assert_int_equal(verdict(w, &w->mixed, sign(w, keys[signer], header, claims), NOW),
                             expected);
            arena_reset(&w->arena);
        }
    assert_int_equal(verdict(w, &w->mixed, sign(w, w->two, none, claims), NOW), TOKEN_UNKNOWN_KEY);
    struct token_policy nobody = w->mixed;
    nobody.verifiers_count = 0;
    assert_int_equal(verdict(w, &nobody, sign(w, w->two, none, claims), NOW), TOKEN_UNKNOWN_KEY);
}

/* The public key, which everybody knows, as an HMAC secret (RFC 8725 section 2.1). */
static void test_confusion(void **state)
{
    struct world *w = *state;
    char          text[128];
    struct buf    b = buf_fixed(text, sizeof text);

    assert_true(jws_key_public(w->one, &b));
    struct jws_key *forger = jws_key_from_secret(buf_str(&b));
    struct str      claims = LIT(ES(""));
    struct str      token = sign(w, forger, LIT("{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"), claims);
    assert_int_equal(verdict(w, &w->es256, token, NOW), TOKEN_WRONG_ALGORITHM);
    token = sign(w, forger, LIT("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}"), claims);
    assert_int_equal(verdict(w, &w->es256, token, NOW), TOKEN_BAD_SIGNATURE);
    jws_key_close(forger);
}

static void check_shape(struct world *w, struct str token, enum token_verdict expected)
{
    assert_int_equal(verdict(w, &w->hs256, token, NOW), expected);
}

static void test_shapes(void **state)
{
    struct world *w = *state;
    struct str    good = sign(w, w->secret, LIT(HS_HEADER), LIT(GOOD_HS));
    struct str    rest = good, header = str_cut(&rest, '.'), claims = str_cut(&rest, '.');
    struct str    behind = str_slice(good, header.len, good.len);
    struct arena *a = &w->arena;

    check_shape(w, good, TOKEN_GOOD);
    check_shape(w, (struct str){ 0 }, TOKEN_MALFORMED);
    check_shape(w, LIT(""), TOKEN_MALFORMED);
    check_shape(w, LIT("."), TOKEN_MALFORMED);
    check_shape(w, LIT(".."), TOKEN_MALFORMED);
    check_shape(w, LIT("..."), TOKEN_MALFORMED);
    check_shape(w, header, TOKEN_MALFORMED);
    check_shape(w, str_slice(good, 0, header.len + 1 + claims.len), TOKEN_MALFORMED);
    check_shape(w, str_slice(good, 0, header.len + 2 + claims.len), TOKEN_BAD_SIGNATURE);
    check_shape(w, arena_format(a, "%.*s.", STR_ARG(good)), TOKEN_MALFORMED);
    check_shape(w, arena_format(a, "%.*s.x", STR_ARG(good)), TOKEN_MALFORMED);
    check_shape(w, arena_format(a, ".%.*s", STR_ARG(good)), TOKEN_MALFORMED);
    check_shape(w, arena_format(a, " %.*s", STR_ARG(good)), TOKEN_MALFORMED);
    check_shape(w, arena_format(a, "%.*s ", STR_ARG(good)), TOKEN_MALFORMED);
    check_shape(w, arena_format(a, "%.*s=", STR_ARG(good)), TOKEN_MALFORMED);
    check_shape(w, arena_format(a, "%.*s\n", STR_ARG(good)), TOKEN_MALFORMED);
    check_shape(w, arena_format(a, "%.*sAA", STR_ARG(good)), TOKEN_MALFORMED);
    check_shape(w, arena_format(a, "%.*sAAAA", STR_ARG(good)), TOKEN_BAD_SIGNATURE);
    check_shape(w, arena_format(a, "%.*s=%.*s", STR_ARG(header), STR_ARG(behind)),
                TOKEN_MALFORMED);
    check_shape(w, LIT("{\"payload\":\"e30\",\"protected\":\"e30\",\"signature\":\"AA\"}"),
                TOKEN_MALFORMED);
}

/* Padded to the last byte that is allowed, and one beyond. */
static void test_length(void **state)
{
    struct world *w = *state;
    static char   claims[TOKEN_BYTES_MAX];

    for (size_t pad = 2900; pad < 3040; pad++) {
        int n = snprintf(claims, sizeof claims, HS("\"x\":\"%0*d\""), (int)pad, 0);
        struct str token = sign(w, w->secret, LIT(HS_HEADER), (struct str){ claims, (size_t)n });
        assert_int_equal(verdict(w, &w->hs256, token, NOW),
                         token.len <= TOKEN_BYTES_MAX ? TOKEN_GOOD : TOKEN_MALFORMED);
        arena_reset(&w->arena);
    }
}

static void test_members(void **state)
{
    struct world *w = *state;

    for (int others = TOKEN_MEMBERS_MAX - 4; others < TOKEN_MEMBERS_MAX + 2; others++) {
        struct buf b = buf_growing(4096);
        buf_add(&b, LIT("{\"sub\":\"1\",\"exp\":1000001"));
        for (int i = 0; i < others; i++)
            buf_format(&b, ",\"%d\":{\"deep\":[{}]}", i);
        buf_add_char(&b, '}');
        struct str token = sign(w, w->secret, LIT(HS_HEADER), buf_str(&b));
        assert_int_equal(verdict(w, &w->hs256, token, NOW),
                         others + 2 <= TOKEN_MEMBERS_MAX ? TOKEN_GOOD : TOKEN_MALFORMED);
        buf_close(&b);
        arena_reset(&w->arena);
    }
}

static void test_arena_fails(void **state)
{
    struct world       *w = *state;
    struct str          token = sign(w, w->secret, LIT(HS_HEADER), LIT(GOOD_HS));
    struct token_claims c;

    for (size_t limit = 0; limit < 1024; limit++) {
        struct arena       a = arena_new(limit);
        enum token_verdict v = token_verify(&w->hs256, token, NOW, &a, &c);
        assert_int_equal(v, a.failed ? TOKEN_MALFORMED : TOKEN_GOOD);
        assert_int_equal(limit < 16 && !a.failed, 0);
        arena_close(&a);
    }
}

static struct str issue(struct world *w, const struct token_policy *p)
{
    struct buf b = buf_growing(TOKEN_BYTES_MAX);

    buf_add(&b, LIT("before "));
    assert_true(token_issue(p, &system_random, LIT("42"), NOW, &b));
    assert_true(str_starts(buf_str(&b), LIT("before ")));
    struct str token = arena_copy(&w->arena, str_slice(buf_str(&b), 7, b.len));
    buf_close(&b);
    return token;
}

/* Any bit of any character: another token, and no good one. */
static void test_every_bit(void **state)
{
    struct world              *w = *state;
    const struct token_policy *policies[] = { &w->hs256, &w->es256 };

    for (int p = 0; p < 2; p++) {
        char       text[TOKEN_BYTES_MAX];
        struct str token = issue(w, policies[p]);
        size_t     len = token.len;
        memcpy(text, token.at, len);
        for (size_t i = 0; i < len * 8; i++) {
            text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
            arena_reset(&w->arena);
            assert_int_not_equal(verdict(w, policies[p], (struct str){ text, len }, NOW),
                                 TOKEN_GOOD);
            text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
        }
        for (size_t i = 0; i < len; i++)
            assert_int_not_equal(verdict(w, policies[p], (struct str){ text, i }, NOW), TOKEN_GOOD);
        assert_int_equal(verdict(w, policies[p], (struct str){ text, len }, NOW), TOKEN_GOOD);
        arena_reset(&w->arena);
    }
}

static struct str part(struct world *w, struct str token, int which)
{
    char      *out = arena_alloc(&w->arena, token.len);
    struct str rest = token, p = { 0 };
    size_t     len;

    for (int i = 0; i <= which; i++)
        p = str_cut(&rest, '.');
    assert_true(base64url_decode(p, out, token.len, &len));
    return (struct str){ out, len };
}

static void test_issued_hs256(void **state)
{
    struct world *w = *state;
    struct str    token = issue(w, &w->hs256);

    assert_true(str_eq(part(w, token, 0), LIT("{\"alg\":\"HS256\",\"typ\":\"JWT\"}")));
    assert_true(str_eq(part(w, token, 1), LIT("{\"sub\":\"42\",\"exp\":1001800,\"iat\":1000000}")));
    assert_int_equal(verdict(w, &w->hs256, token, NOW - 1), TOKEN_NOT_YET);
    assert_int_equal(verdict(w, &w->hs256, token, NOW + 1799), TOKEN_GOOD);
    assert_int_equal(verdict(w, &w->hs256, token, NOW + 1800), TOKEN_EXPIRED);
    assert_int_equal(verdict(w, &w->hs256, token, NOW), TOKEN_GOOD);
    assert_true(str_eq(w->claims.subject, LIT("42")));
    assert_int_equal(w->claims.issued_at_s, NOW);
    assert_int_equal(w->claims.expires_at_s, NOW + 1800);
    assert_null(w->claims.id.at);
    assert_null(w->claims.session.at);
    assert_null(w->claims.scope.at);
}

static void test_issued_es256(void **state)
{
    struct world *w = *state;
    struct str    token = issue(w, &w->es256), another = issue(w, &w->es256);

    assert_int_equal(verdict(w, &w->es256, token, NOW), TOKEN_GOOD);
    assert_true(str_eq(w->claims.subject, LIT("42")));
    assert_int_equal(w->claims.id.len, 22);
    struct str expected = arena_format(
        &w->arena,
        "{\"iss\":\"https://i\",\"sub\":\"42\",\"aud\":\"us\",\"client_id\":\"c\",\"exp\":1001800,"
        "\"iat\":1000000,\"jti\":\"%.22s\"}",
        w->claims.id.at);
    assert_true(str_eq(part(w, token, 1), expected));
    expected = arena_format(&w->arena, "{\"alg\":\"ES256\",\"kid\":\"%.43s\",\"typ\":\"at+jwt\"}",
                            jws_key_id(w->one).at);
    assert_true(str_eq(part(w, token, 0), expected));
    assert_false(str_eq(part(w, token, 1), part(w, another, 1)));
    assert_int_equal(verdict(w, &w->mixed, token, NOW), TOKEN_GOOD);
}

static bool no_bytes(void *context, void *out, size_t bytes)
{
    (void)context, (void)out, (void)bytes;
    return false;
}

static void test_issue_fails(void **state)
{
    static const struct random_source none = { .fill = no_bytes };
    struct world *w = *state;
    char          text[200], name[3000];
    struct buf    small = buf_fixed(text, sizeof text), b = buf_growing(1 << 14);

    buf_add(&small, LIT("x"));
    assert_false(token_issue(&w->es256, &system_random, LIT("42"), NOW, &small));
    assert_int_equal(small.len, 1);
    buf_add(&b, LIT("x"));
    assert_false(token_issue(&w->es256, &none, LIT("42"), NOW, &b));
    assert_int_equal(b.len, 1);
    assert_true(token_issue(&w->hs256, &none, LIT("42"), NOW, &b));
    b.len = 1;
    memset(name, 'n', sizeof name);
    assert_false(token_issue(&w->hs256, &none, (struct str){ name, 2999 }, NOW, &b));
    assert_int_equal(b.len, 1);
    assert_false(token_issue(&w->hs256, &none, (struct str){ name, 3000 }, NOW, &b));
    assert_true(token_issue(&w->hs256, &none, (struct str){ name, 2900 }, NOW, &b));
    struct token_policy cannot = w->es256;
    struct buf          point = buf_growing(128);
    assert_true(jws_key_public(w->one, &point));
    struct jws_key *verifier = jws_key_from_public(JWS_ES256, buf_str(&point));
    cannot.signer = verifier;
    b.len = 1;
    assert_false(token_issue(&cannot, &system_random, LIT("42"), NOW, &b));
    assert_int_equal(b.len, 1);
    jws_key_close(verifier);
    buf_close(&point);
    buf_close(&b);
}

static void test_names(void **state)
{
    (void)state;
    for (int a = 0; a < TOKEN_VERDICTS; a++)
        for (int b = 0; b < a; b++)
            assert_false(str_eq(token_verdict_name(a), token_verdict_name(b)));
    assert_true(str_eq(token_verdict_name(TOKEN_EXPIRED), LIT("expired")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several_keys),
        cmocka_unit_test(test_confusion),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_arena_fails),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_issued_hs256),
        cmocka_unit_test(test_issued_es256),
        cmocka_unit_test(test_issue_fails),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
