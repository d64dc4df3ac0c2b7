/* test_token_rules.c: tokens signed with the right key whose header or claims say the wrong thing.
 *
 * Most rows are a header or claims as text, signed as they stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "token_world.h"

struct row {
    struct str         text;    /* a header or claims */
    enum token_verdict expected;
};

/* Each text as header (beside good claims) or as claims (beside a good header). */
static void check_rows(struct world *w, const struct token_policy *p, struct str header,
                       struct str claims, const struct row *rows)
{
    const struct jws_key *k = p->verifiers[0];

    for (; rows->text.at; rows++) {
        struct str token = header.at ? sign(w, k, header, rows->text)
                                     : sign(w, k, rows->text, claims);
        enum token_verdict v = verdict(w, p, token, NOW);
        if (v != rows->expected)
            fail_msg("%.*s: %.*s, not %.*s", STR_ARG(rows->text), STR_ARG(token_verdict_name(v)),
                     STR_ARG(token_verdict_name(rows->expected)));
        arena_reset(&w->arena);
    }
}

static void test_hs256_claims(void **state)
{
    static const struct row rows[] = {
        { LIT(GOOD_HS), TOKEN_GOOD },
        { LIT(" {\n\"sub\" : \"1\" , \"exp\" : 1000001 } "), TOKEN_GOOD },
        { LIT("{\"exp\":1000001,\"s\\u0075b\":\"1\"}"), TOKEN_GOOD },
        { LIT("{\"sub\":7,\"exp\":1000001}"), TOKEN_GOOD },
        { LIT("{\"sub\":-7,\"exp\":1000001}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":7.0,\"exp\":1000001}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"\",\"exp\":1000001}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":null,\"exp\":1000001}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":[\"1\"],\"exp\":1000001}"), TOKEN_MALFORMED },
        { LIT("{\"exp\":1000001}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\"}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"sub\":\"1\",\"exp\":1000001}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"s\\u0075b\":\"2\",\"exp\":1000001}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"exp\":1000002}"), TOKEN_MALFORMED },
        { LIT(HS("\"x\":1,\"x\":1")), TOKEN_MALFORMED },
        { LIT(HS("\"x\":{\"y\":[1,{\"sub\":\"2\"}]},\"y\":null")), TOKEN_GOOD },
        { LIT(HS("\"x\":1,")), TOKEN_MALFORMED },
        { LIT(GOOD_HS "x"), TOKEN_MALFORMED },
        { LIT(GOOD_HS GOOD_HS), TOKEN_MALFORMED },
        { LIT("[" GOOD_HS "]"), TOKEN_MALFORMED },
        { LIT("\"sub\""), TOKEN_MALFORMED },
        { LIT(""), TOKEN_MALFORMED },
        { LIT("{"), TOKEN_MALFORMED },
        { LIT("\xef\xbb\xbf" GOOD_HS), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"\xff\",\"exp\":1000001}"), TOKEN_MALFORMED },
        { LIT(HS("\"jti\":1")), TOKEN_MALFORMED },
        { LIT(HS("\"sid\":null")), TOKEN_MALFORMED },
        { LIT(HS("\"scope\":[\"a\"]")), TOKEN_MALFORMED },
        { LIT(HS("\"iss\":1")), TOKEN_MALFORMED },
        { LIT(HS("\"iss\":\"anyone\",\"scope\":\"a b\",\"jti\":\"j\"")), TOKEN_GOOD },
        { { 0 }, 0 },
    };

    check_rows(*state, &((struct world *)*state)->hs256, LIT(HS_HEADER), LIT(""), rows);
}

/* What PyJWT makes of `aud` when none is expected. */
static void test_hs256_audience(void **state)
{
    static const struct row rows[] = {
        { LIT(HS("\"aud\":\"us\"")), TOKEN_WRONG_AUDIENCE },
        { LIT(HS("\"aud\":[\"us\"]")), TOKEN_WRONG_AUDIENCE },
        { LIT(HS("\"aud\":[\"\"]")), TOKEN_WRONG_AUDIENCE },
        { LIT(HS("\"aud\":\"\"")), TOKEN_GOOD },
        { LIT(HS("\"aud\":[]")), TOKEN_GOOD },
        { LIT(HS("\"aud\":null")), TOKEN_GOOD },
        { LIT(HS("\"aud\":1")), TOKEN_MALFORMED },
        { { 0 }, 0 },
    };

    check_rows(*state, &((struct world *)*state)->hs256, LIT(HS_HEADER), LIT(""), rows);
}

static void test_dates(void **state)
{
    static const struct row rows[] = {
        { LIT("{\"sub\":\"1\",\"exp\":1000000}"), TOKEN_EXPIRED },
        { LIT("{\"sub\":\"1\",\"exp\":999999}"), TOKEN_EXPIRED },
        { LIT("{\"sub\":\"1\",\"exp\":0}"), TOKEN_EXPIRED },
        { LIT("{\"sub\":\"1\",\"exp\":0.0}"), TOKEN_EXPIRED },
        { LIT("{\"sub\":\"1\",\"exp\":1000000.9}"), TOKEN_EXPIRED },
        { LIT("{\"sub\":\"1\",\"exp\":1000001.0}"), TOKEN_GOOD },
        { LIT("{\"sub\":\"1\",\"exp\":1.000001e6}"), TOKEN_GOOD },
        { LIT("{\"sub\":\"1\",\"exp\":9223372036854775807}"), TOKEN_GOOD },
        { LIT("{\"sub\":\"1\",\"exp\":9223372036854775808}"), TOKEN_GOOD },
        { LIT("{\"sub\":\"1\",\"exp\":1e308}"), TOKEN_GOOD },
        { LIT("{\"sub\":\"1\",\"exp\":1e309}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":-1}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":-0.5}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":-1e308}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":-9223372036854775809}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":\"1000001\"}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":null}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":true}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":[1000001]}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":{}}"), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":NaN}"), TOKEN_MALFORMED },
        { LIT(HS("\"nbf\":1000000")), TOKEN_GOOD },
        { LIT(HS("\"nbf\":1000001")), TOKEN_NOT_YET },
        { LIT(HS("\"nbf\":1000000.1")), TOKEN_NOT_YET },
        { LIT(HS("\"nbf\":1e300")), TOKEN_NOT_YET },
        { LIT(HS("\"nbf\":-1")), TOKEN_MALFORMED },
        { LIT(HS("\"nbf\":\"0\"")), TOKEN_MALFORMED },
        { LIT(HS("\"iat\":1000000")), TOKEN_GOOD },
        { LIT(HS("\"iat\":1000000.9")), TOKEN_GOOD },
        { LIT(HS("\"iat\":1000001")), TOKEN_NOT_YET },
        { LIT(HS("\"iat\":null")), TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":999999,\"iat\":1000001}"), TOKEN_EXPIRED },
        { { 0 }, 0 },
    };

    check_rows(*state, &((struct world *)*state)->hs256, LIT(HS_HEADER), LIT(""), rows);
}

static void test_hs256_header(void **state)
{
    static const struct row rows[] = {
        { LIT(HS_HEADER), TOKEN_GOOD },
        { LIT("{\"alg\":\"HS256\"}"), TOKEN_GOOD },
        { LIT("{\"typ\":\"jwt\",\"alg\":\"HS256\"}"), TOKEN_GOOD },
        { LIT("{\"alg\":\"HS256\",\"typ\":\"application/jwt\"}"), TOKEN_GOOD },
        { LIT("{\"alg\":\"HS256\",\"kid\":\"../../etc/passwd\"}"), TOKEN_GOOD },
        { LIT("{\"alg\":\"HS256\",\"kid\":\"\"}"), TOKEN_GOOD },
        { LIT("{\"alg\":\"HS256\",\"kid\":1}"), TOKEN_MALFORMED },
        { LIT("{\"alg\":\"HS256\",\"x5u\":\"https://x\",\"jwk\":{\"k\":\"\"},\"jku\":1}"),
          TOKEN_GOOD },
        { LIT("{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"), TOKEN_WRONG_TYPE },
        { LIT("{\"alg\":\"HS256\",\"typ\":\"\"}"), TOKEN_WRONG_TYPE },
        { LIT("{\"alg\":\"HS256\",\"typ\":\"application/\"}"), TOKEN_WRONG_TYPE },
        { LIT("{\"alg\":\"HS256\",\"typ\":\"refresh+jwt\"}"), TOKEN_WRONG_TYPE },
        { LIT("{\"alg\":\"HS256\",\"typ\":null}"), TOKEN_MALFORMED },
        { LIT("{\"alg\":\"none\"}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{\"alg\":\"None\"}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{\"alg\":\"nOnE\"}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{\"alg\":\"\"}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{\"alg\":\"hs256\"}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{\"alg\":\"HS256 \"}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{\"alg\":\"HS512\"}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{\"alg\":\"ES256\"}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{\"typ\":\"JWT\"}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{\"alg\":[\"HS256\"]}"), TOKEN_MALFORMED },
        { LIT("{\"alg\":null}"), TOKEN_MALFORMED },
        { LIT("{\"alg\":\"HS256\",\"alg\":\"HS256\"}"), TOKEN_MALFORMED },
        { LIT("{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}"), TOKEN_MALFORMED },
        { LIT("{\"alg\":\"HS256\",\"x\":1,\"x\":2}"), TOKEN_MALFORMED },
        { LIT("{\"alg\":\"HS256\",\"crit\":[\"exp\"]}"), TOKEN_CRITICAL },
        { LIT("{\"alg\":\"HS256\",\"crit\":[]}"), TOKEN_CRITICAL },
        { LIT("{\"alg\":\"HS256\",\"crit\":null}"), TOKEN_CRITICAL },
        { LIT("{\"alg\":\"none\",\"crit\":[\"b64\"],\"b64\":false}"), TOKEN_CRITICAL },
        { LIT("{\"alg\":\"HS256\"} "), TOKEN_GOOD },
        { LIT("{\"alg\":\"HS256\"}}"), TOKEN_MALFORMED },
        { LIT("{\"alg\":\"HS256\""), TOKEN_MALFORMED },
        { LIT("[]"), TOKEN_MALFORMED },
        { LIT(""), TOKEN_MALFORMED },
        { { 0 }, 0 },
    };

    check_rows(*state, &((struct world *)*state)->hs256, (struct str){ 0 }, LIT(GOOD_HS), rows);
}

static void test_es256_header(void **state)
{
    static const struct row rows[] = {
        { LIT("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}"), TOKEN_GOOD },
        { LIT("{\"alg\":\"ES256\",\"typ\":\"AT+JWT\"}"), TOKEN_GOOD },
        { LIT("{\"alg\":\"ES256\",\"typ\":\"Application/At+Jwt\"}"), TOKEN_GOOD },
        { LIT("{\"alg\":\"ES256\",\"typ\":\"application/application/at+jwt\"}"), TOKEN_WRONG_TYPE },
        { LIT("{\"alg\":\"ES256\",\"typ\":\"JWT\"}"), TOKEN_WRONG_TYPE },
        { LIT("{\"alg\":\"ES256\"}"), TOKEN_WRONG_TYPE },
        { LIT("{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\"}"), TOKEN_WRONG_ALGORITHM },
        { LIT("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"other\"}"), TOKEN_UNKNOWN_KEY },
        { LIT("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"\"}"), TOKEN_UNKNOWN_KEY },
        { LIT("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"\\u0000\"}"), TOKEN_UNKNOWN_KEY },
        { LIT("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"' OR 1=1--\"}"), TOKEN_UNKNOWN_KEY },
        { { 0 }, 0 },
    };

    check_rows(*state, &((struct world *)*state)->es256, (struct str){ 0 }, LIT(ES("")), rows);
}

static void test_es256_claims(void **state)
{
    static const struct row rows[] = {
        { LIT(ES("")), TOKEN_GOOD },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"aud\":\"us\"}"), TOKEN_WRONG_ISSUER },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"aud\":\"us\",\"iss\":\"https://i/\"}"),
          TOKEN_WRONG_ISSUER },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"aud\":\"us\",\"iss\":[\"https://i\"]}"),
          TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"iss\":\"https://i\"}"), TOKEN_WRONG_AUDIENCE },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"iss\":\"https://i\",\"aud\":\"\"}"),
          TOKEN_WRONG_AUDIENCE },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"iss\":\"https://i\",\"aud\":\"Us\"}"),
          TOKEN_WRONG_AUDIENCE },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"iss\":\"https://i\",\"aud\":[]}"),
          TOKEN_WRONG_AUDIENCE },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"iss\":\"https://i\",\"aud\":[\"a\",\"b\"]}"),
          TOKEN_WRONG_AUDIENCE },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"iss\":\"https://i\",\"aud\":[\"a\",\"us\",\"b\"]}"),
          TOKEN_GOOD },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"iss\":\"https://i\",\"aud\":[\"us\",1]}"),
          TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"iss\":\"https://i\",\"aud\":[[\"us\"]]}"),
          TOKEN_MALFORMED },
        { LIT("{\"sub\":\"1\",\"exp\":1000001,\"iss\":\"https://i\",\"aud\":{\"us\":1}}"),
          TOKEN_MALFORMED },
        { LIT(ES(",\"aud\":\"us\"")), TOKEN_MALFORMED },
        { { 0 }, 0 },
    };

    check_rows(*state, &((struct world *)*state)->es256,
               LIT("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}"), LIT(""), rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hs256_claims),
        cmocka_unit_test(test_hs256_audience),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_hs256_header),
        cmocka_unit_test(test_es256_header),
        cmocka_unit_test(test_es256_claims),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
