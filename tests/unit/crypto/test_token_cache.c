/* test_token_cache.c: a token that is remembered answers as one that is verified anew, until its
 * time, its keys or its place in the cache are over.
 *
 * That an answer came from the cache is seen by a policy that has lost its keys without saying
 * so: whatever is verified anew is then of an unknown key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "crypto/token_cache.h"
#include "token_world.h"

struct scene {
    struct world       *w;
    struct token_policy policy;
    struct token_cache *cache;
};

static struct scene open_scene(struct world *w, const struct token_policy *p, size_t tokens)
{
    struct scene s = { w, *p, token_cache_open(tokens, &system_random) };

    assert_true(tokens == 0 || s.cache);
    return s;
}

static void close_scene(struct scene *s)
{
    token_cache_close(s->cache);
    arena_reset(&s->w->arena);
}

static enum token_verdict ask_at(struct scene *s, struct str token, int64_t now_s)
{
    s->w->claims = (struct token_claims){ .subject = LIT("untouched") };
    enum token_verdict v =
        token_cache_verify(s->cache, &s->policy, token, now_s, &s->w->arena, &s->w->claims);
    assert_int_equal(str_eq(s->w->claims.subject, LIT("untouched")), v != TOKEN_GOOD);
    return v;
}

static enum token_verdict ask(struct scene *s, struct str token)
{
    return ask_at(s, token, NOW);
}

/* Without the keys: GOOD only from the cache. */
static enum token_verdict ask_cache(struct scene *s, struct str token)
{
    size_t count = s->policy.verifiers_count;

    s->policy.verifiers_count = 0;
    enum token_verdict v = ask(s, token);
    s->policy.verifiers_count = count;
    return v;
}

static struct str signed_hs(struct world *w, const char *claims)
{
    return sign(w, w->secret, LIT(HS_HEADER), str_of(claims));
}

static struct str numbered(struct world *w, int number)
{
    return signed_hs(w, arena_cstr(&w->arena, arena_format(&w->arena, "{\"sub\":\"%d\",\"exp\":1000001}", number)));
}

static bool is_same(struct str a, struct str b)
{
    return !a.at == !b.at && str_eq(a, b);
}

static void assert_claims_equal(const struct token_claims *a, const struct token_claims *b)
{
    assert_true(is_same(a->subject, b->subject) && is_same(a->id, b->id));
    assert_true(is_same(a->session, b->session) && is_same(a->scope, b->scope));
    assert_int_equal(a->issued_at_s, b->issued_at_s);
    assert_int_equal(a->begins_at_s, b->begins_at_s);
    assert_int_equal(a->expires_at_s, b->expires_at_s);
}

static void test_the_same_claims(void **state)
{
    static const char *const texts[] = {
        GOOD_HS, HS("\"iat\":7"), HS("\"nbf\":9,\"iat\":7"), HS("\"nbf\":7,\"iat\":9"),
        HS("\"jti\":\"\",\"sid\":\"s\",\"scope\":\"a b\""), HS("\"jti\":\"j\",\"scope\":\"\""),
        HS("\"sid\":\"\\u00e9\""), "{\"sub\":42,\"exp\":1e300}",
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct scene        s = open_scene(w, &w->hs256, 8);
        struct token_claims plain;
        struct str          token = signed_hs(w, texts[i]);
        assert_int_equal(token_verify(&w->hs256, token, NOW, &w->arena, &plain), TOKEN_GOOD);
        assert_int_equal(ask(&s, token), TOKEN_GOOD);
        assert_claims_equal(&w->claims, &plain);
        for (int k = 0; k < 3; k++) {
            assert_int_equal(ask_cache(&s, token), TOKEN_GOOD);
            assert_claims_equal(&w->claims, &plain);
        }
        close_scene(&s);
    }
}

/* What it gives out lives in the arena, and not in the cache. */
static void test_claims_outlive_their_entry(void **state)
{
    struct world *w = *state;
    struct scene  s = open_scene(w, &w->hs256, 1);
    struct str    token = signed_hs(w, HS("\"jti\":\"of the first\""));

    assert_int_equal(ask(&s, token), TOKEN_GOOD);
    assert_int_equal(ask_cache(&s, token), TOKEN_GOOD);
    struct token_claims claims = w->claims;
    token_cache_close(s.cache);
    s.cache = NULL;
    assert_true(str_eq(claims.id, LIT("of the first")));
    close_scene(&s);
}

static void test_time_is_checked_each_time(void **state)
{
    struct world *w = *state;
    struct scene  s = open_scene(w, &w->hs256, 8);
    struct str    token = signed_hs(w, "{\"sub\":\"1\",\"exp\":1000100,\"nbf\":999990}");

    assert_int_equal(ask_at(&s, token, NOW), TOKEN_GOOD);
    assert_int_equal(ask_at(&s, token, NOW + 99), TOKEN_GOOD);
    assert_int_equal(ask_at(&s, token, NOW - 11), TOKEN_NOT_YET);   /* the clock was set back */
    assert_int_equal(ask_at(&s, token, NOW - 10), TOKEN_GOOD);
    assert_int_equal(ask_cache(&s, token), TOKEN_GOOD);
    assert_int_equal(ask_at(&s, token, NOW + 100), TOKEN_EXPIRED);
    assert_int_equal(ask_cache(&s, token), TOKEN_UNKNOWN_KEY);      /* forgotten at that moment */
    assert_int_equal(ask_at(&s, token, NOW + 100), TOKEN_EXPIRED);
    close_scene(&s);
}

static void test_another_generation_is_verified_anew(void **state)
{
    struct world *w = *state;
    struct scene  s = open_scene(w, &w->mixed, 8);
    struct str    header = arena_format(&w->arena, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.43s\"}",
                                        jws_key_id(w->one).at);
    struct str    token = sign(w, w->one, header, LIT(ES("")));

    assert_int_equal(ask(&s, token), TOKEN_GOOD);
    assert_int_equal(ask_cache(&s, token), TOKEN_GOOD);
    s.policy.verifiers[1] = w->two;     /* its key is withdrawn */
    s.policy.generation++;
    assert_int_equal(ask(&s, token), TOKEN_UNKNOWN_KEY);
    s.policy.verifiers[1] = w->one;     /* and comes back */
    s.policy.generation++;
    assert_int_equal(ask_cache(&s, token), TOKEN_UNKNOWN_KEY);
    assert_int_equal(ask(&s, token), TOKEN_GOOD);
    assert_int_equal(ask_cache(&s, token), TOKEN_GOOD);
    close_scene(&s);
}

/* Any bit of a token that is remembered makes another one, as does any cut and any byte more. */
static void test_the_whole_token_counts(void **state)
{
    struct world *w = *state;
    struct scene  s = open_scene(w, &w->hs256, 8);
    struct str    token = signed_hs(w, HS("\"jti\":\"some id\""));
    char          text[512];

    assert_true(token.len < sizeof text);
    memcpy(text, token.at, token.len);
    text[token.len] = 'A';
    assert_int_equal(ask(&s, token), TOKEN_GOOD);
    for (size_t i = 0; i < token.len * 8; i++) {
        text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
        assert_int_not_equal(ask_cache(&s, (struct str){ text, token.len }), TOKEN_GOOD);
        text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
    }
    for (size_t i = 0; i <= token.len + 1; i++)
        assert_int_equal(ask_cache(&s, (struct str){ text, i }) == TOKEN_GOOD, i == token.len);
    close_scene(&s);
}

static void test_bad_tokens_are_not_remembered(void **state)
{
    struct world *w = *state;
    struct scene  s = open_scene(w, &w->hs256, 8);
    struct str    token = numbered(w, 1);

    s.policy.verifiers_count = 0;
    assert_int_equal(ask(&s, token), TOKEN_UNKNOWN_KEY);
    s.policy.verifiers_count = 1;
    assert_int_equal(ask_at(&s, token, NOW + 1), TOKEN_EXPIRED);
    assert_int_equal(ask_cache(&s, token), TOKEN_UNKNOWN_KEY);
    assert_int_equal(ask(&s, token), TOKEN_GOOD);
    close_scene(&s);
}

/* A cache of one set: the fifth takes the place of the one that was not used for longest. */
static void test_room_is_made(void **state)
{
    struct world *w = *state;
    struct scene  s = open_scene(w, &w->hs256, 4);
    struct str    tokens[6];

    for (int i = 0; i < 6; i++)
        tokens[i] = numbered(w, i);
    for (int i = 0; i < 4; i++)
        assert_int_equal(ask(&s, tokens[i]), TOKEN_GOOD);
    for (int i = 3; i >= 0; i--)
        assert_int_equal(ask_cache(&s, tokens[i]), TOKEN_GOOD);
    assert_int_equal(ask(&s, tokens[4]), TOKEN_GOOD);   /* 3 goes */
    assert_int_equal(ask(&s, tokens[5]), TOKEN_GOOD);   /* 2 goes */
    for (int i = 0; i < 6; i++)
        assert_int_equal(ask_cache(&s, tokens[i]), i == 2 || i == 3 ? TOKEN_UNKNOWN_KEY : TOKEN_GOOD);
    close_scene(&s);
}

/* Many more than there is room for: each answer is its own token's. */
static void test_many(void **state)
{
    struct world *w = *state;
    struct scene  s = open_scene(w, &w->hs256, 64);
    int           remembered = 0;

    for (int i = 0; i < 4000; i++) {
        int        number = i * 7 % 300;
        struct str token = numbered(w, number);
        remembered += ask_cache(&s, token) == TOKEN_GOOD;
        assert_int_equal(ask(&s, token), TOKEN_GOOD);
        assert_true(str_eq(w->claims.subject, arena_format(&w->arena, "%d", number)));
        arena_reset(&w->arena);
    }
    assert_true(remembered < 1000);
    close_scene(&s);
}

static void test_what_is_too_long(void **state)
{
    struct world *w = *state;
    struct scene  s = open_scene(w, &w->hs256, 8);

    for (int pad = 600; pad < 760; pad++) {     /* of the token */
        struct str token = signed_hs(w, arena_cstr(&w->arena, arena_format(&w->arena, HS("\"x\":\"%0*d\""), pad, 0)));
        assert_int_equal(ask(&s, token), TOKEN_GOOD);
        assert_int_equal(ask_cache(&s, token), token.len <= 1024 ? TOKEN_GOOD : TOKEN_UNKNOWN_KEY);
        arena_reset(&w->arena);
    }
    for (int pad = 120; pad < 135; pad++) {     /* of the claims' strings */
        struct str token = signed_hs(w, arena_cstr(&w->arena, arena_format(&w->arena, HS("\"jti\":\"%0*d\""), pad, 0)));
        assert_int_equal(ask(&s, token), TOKEN_GOOD);
        assert_int_equal(ask_cache(&s, token), pad + 1 <= 128 ? TOKEN_GOOD : TOKEN_UNKNOWN_KEY);
        assert_int_equal(w->claims.id.len, pad + 1 <= 128 ? pad : 0);
        arena_reset(&w->arena);
    }
    close_scene(&s);
}

static bool no_bytes(void *context, void *out, size_t bytes)
{
    (void)context, (void)out, (void)bytes;
    return false;
}

static void test_no_cache_at_all(void **state)
{
    static const struct random_source none = { .fill = no_bytes };
    struct world *w = *state;
    struct scene  s = open_scene(w, &w->hs256, 0);
    struct str    token = numbered(w, 1);

    assert_null(s.cache);
    assert_null(token_cache_open(8, &none));
    assert_int_equal(ask(&s, token), TOKEN_GOOD);
    assert_int_equal(ask_cache(&s, token), TOKEN_UNKNOWN_KEY);
    assert_int_equal(ask(&s, LIT("")), TOKEN_MALFORMED);
    assert_int_equal(ask(&s, (struct str){ 0 }), TOKEN_MALFORMED);
    close_scene(&s);
    s = open_scene(w, &w->hs256, 1);
    assert_int_equal(ask(&s, LIT("")), TOKEN_MALFORMED);
    assert_int_equal(ask(&s, (struct str){ 0 }), TOKEN_MALFORMED);
    close_scene(&s);
}

static void test_arena_fails(void **state)
{
    struct world       *w = *state;
    struct scene        s = open_scene(w, &w->hs256, 8);
    struct str          token = signed_hs(w, HS("\"jti\":\"some id\",\"scope\":\"some scope\""));
    struct token_claims c;
    int                 refused = 0;

    assert_int_equal(ask(&s, token), TOKEN_GOOD);
    for (size_t limit = 0; limit < 256; limit++) {
        struct arena       a = arena_new(limit);
        enum token_verdict v = token_cache_verify(s.cache, &s.policy, token, NOW, &a, &c);
        assert_int_equal(v, a.failed ? TOKEN_MALFORMED : TOKEN_GOOD);
        refused += a.failed;
        arena_close(&a);
    }
    assert_true(refused > 0 && refused < 256);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_claims),
        cmocka_unit_test(test_claims_outlive_their_entry),
        cmocka_unit_test(test_time_is_checked_each_time),
        cmocka_unit_test(test_another_generation_is_verified_anew),
        cmocka_unit_test(test_the_whole_token_counts),
        cmocka_unit_test(test_bad_tokens_are_not_remembered),
        cmocka_unit_test(test_room_is_made),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_what_is_too_long),
        cmocka_unit_test(test_no_cache_at_all),
        cmocka_unit_test(test_arena_fails),
    };

    return cmocka_run_group_tests(tests, open_world, close_world);
}
