/* test_refresh_token.c: a session and a counter as text, and nothing else as that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/hmac.h>

#include "crypto/base64url.h"
#include "crypto/refresh_token.h"

static struct vault vault_of(unsigned char seed)
{
    unsigned char master[MASTER_KEY_BYTES];
    struct vault  v;

    for (unsigned i = 0; i < sizeof master; i++)
        master[i] = (unsigned char)(i + seed);
    vault_open(&v, master);
    return v;
}

static struct str write(const struct vault *v, int64_t session, uint32_t counter, char text[static 80])
{
    struct buf out = buf_fixed(text, 80);

    refresh_token_write(v, (struct refresh_token){ session, counter }, &out);
    assert_false(out.failed);
    return buf_str(&out);
}

static void refuses(const struct vault *v, struct str text)
{
    struct refresh_token t = { -7, 77 };

    if (refresh_token_read(v, text, &t))
        fail_msg("%.*s", STR_ARG(text));
    assert_int_equal(t.session, -7);
    assert_int_equal(t.counter, 77);
}

static void a_pair_comes_back(void **state)
{
    static const struct refresh_token rows[] = {
        { 1, 1 }, { INT64_MAX, UINT32_MAX }, { 0x0123456789abcdef, 0x01020304 }, { 1, UINT32_MAX }, { INT64_MAX, 1 },
    };
    struct vault v = vault_of(1);
    char         text[80], again[80];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct refresh_token t;
        struct str           s = write(&v, rows[i].session, rows[i].counter, text);
        assert_int_equal(s.len, REFRESH_TOKEN_CHARS);
        assert_true(refresh_token_read(&v, s, &t));
        assert_true(t.session == rows[i].session && t.counter == rows[i].counter);
        assert_true(str_eq(s, write(&v, t.session, t.counter, again)));     /* it has one spelling */
    }
}

/* The layout is part of what clients hold: written by hand, with another library's HMAC. */
static void the_layout(void **state)
{
    struct vault  v = vault_of(1);
    unsigned char bytes[45] = { 1, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 1, 2 };
    unsigned      len = 0;
    char          text[80], expected[80];
    struct buf    out = buf_fixed(expected, sizeof expected);

    (void)state;
    assert_non_null(HMAC(EVP_sha256(), v.keys[VAULT_REFRESH_TOKEN], 32, bytes, 13, bytes + 13, &len));
    assert_int_equal(len, 32);
    base64url_encode(&out, bytes, sizeof bytes);
    assert_true(str_eq(buf_str(&out), write(&v, 0x1234, 258, text)));
}

static void whatever_is_changed_is_refused(void **state)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ ";
    struct vault v = vault_of(1), other = vault_of(2);
    char         text[80];
    struct str   s = write(&v, 4711, 3, text);

    (void)state;
    refuses(&other, s);
    for (size_t i = 0; i < s.len; i++) {
        char kept = text[i];
        for (const char *c = alphabet; *c; c++) {
            text[i] = *c;
            if (*c != kept)
                refuses(&v, s);
        }
        text[i] = 0;
        refuses(&v, s);
        text[i] = kept;
        refuses(&v, str_slice(s, 0, i));
        refuses(&v, str_slice(s, i + 1, s.len));
    }
    for (int c = 0; c < 256; c++) {
        text[s.len] = (char)c;
        refuses(&v, (struct str){ text, s.len + 1 });
    }
    refuses(&v, LIT(""));
    refuses(&v, (struct str){ 0 });
    struct refresh_token t;
    assert_true(refresh_token_read(&v, s, &t));
}

/* A MAC of one pair is none of another, and one under another purpose's key is none at all. */
static void parts_cannot_be_exchanged(void **state)
{
    struct vault  v = vault_of(1);
    unsigned char one[45], two[45], mixed[45];
    char          text[80];
    size_t        len;

    (void)state;
    assert_true(base64url_decode(write(&v, 1, 1, text), one, sizeof one, &len));
    assert_true(base64url_decode(write(&v, 1, 2, text), two, sizeof two, &len));
    for (size_t cut = 1; cut < sizeof one; cut++) {
        memcpy(mixed, one, sizeof one);
        memcpy(mixed + cut, two + cut, sizeof two - cut);
        if (memcmp(mixed, one, sizeof one) == 0 || memcmp(mixed, two, sizeof two) == 0)
            continue;
        struct buf out = buf_fixed(text, sizeof text);
        base64url_encode(&out, mixed, sizeof mixed);
        refuses(&v, buf_str(&out));
    }
    for (int purpose = 0; purpose < VAULT_PURPOSES; purpose++) {
        if (purpose == VAULT_REFRESH_TOKEN)
            continue;
        vault_mac(&v, purpose, (struct str){ (char *)one, 13 }, one + 13);
        struct buf out = buf_fixed(text, sizeof text);
        base64url_encode(&out, one, sizeof one);
        refuses(&v, buf_str(&out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_comes_back),
        cmocka_unit_test(the_layout),
        cmocka_unit_test(whatever_is_changed_is_refused),
        cmocka_unit_test(parts_cannot_be_exchanged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
