/* test_base64url.c: the vectors of RFC 4648, round trips, and everything that is not strict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/base64url.h"

static void check_pair(struct str bytes, struct str text)
{
    char       coded[64], back[64];
    struct buf b = buf_fixed(coded, sizeof coded);
    size_t     len;

    base64url_encode(&b, bytes.at, bytes.len);
    assert_true(str_eq(buf_str(&b), text));
    assert_true(base64url_decode(text, back, sizeof back, &len));
    assert_true(str_eq((struct str){ back, len }, bytes));
}

static void test_vectors(void **state)
{
    (void)state;
    check_pair(LIT(""), LIT(""));               /* RFC 4648 section 10, without its padding */
    check_pair(LIT("f"), LIT("Zg"));
    check_pair(LIT("fo"), LIT("Zm8"));
    check_pair(LIT("foo"), LIT("Zm9v"));
    check_pair(LIT("foob"), LIT("Zm9vYg"));
    check_pair(LIT("fooba"), LIT("Zm9vYmE"));
    check_pair(LIT("foobar"), LIT("Zm9vYmFy"));
    check_pair(LIT("\x03\xec\xff\xe0\xc1"), LIT("A-z_4ME"));    /* RFC 7515 appendix C */
    check_pair(LIT("\0\0\0\0"), LIT("AAAAAA"));
    check_pair(LIT("\xff\xff\xff\xff"), LIT("_____w"));
}

static void refuse(struct str text)
{
    char   out[64];
    size_t len = 77;

    assert_false(base64url_decode(text, out, sizeof out, &len));
    assert_int_equal(len, 77);
}

static void test_refusals(void **state)
{
    (void)state;
    refuse(LIT("Z"));
    refuse(LIT("Zm9vY"));
    refuse(LIT("Zg=="));
    refuse(LIT("Zg="));
    refuse(LIT("Zm8="));
    refuse(LIT("Zm9v "));
    refuse(LIT(" Zm9v"));
    refuse(LIT("Zm9v\n"));
    refuse(LIT("Zm9v\n\n\n\n"));
    refuse(LIT("Zm\0v"));
    refuse(LIT("Zm+v"));
    refuse(LIT("Zm/v"));
    refuse(LIT("Zh"));          /* bits behind the last byte */
    refuse(LIT("Zm9"));
    refuse(LIT("Zm9vZh"));
    refuse(LIT("\xc3\xa9m9v"));
}

/* Of all 256 bytes, the 64 of the alphabet count, each as another value. */
static void test_alphabet(void **state)
{
    unsigned count = 0;
    bool     seen[256] = { false };

    (void)state;
    for (int c = 0; c < 256; c++) {
        char          text[4] = { 'A', 'A', 'A', (char)c };
        unsigned char out[3];
        size_t        len;
        if (!base64url_decode((struct str){ text, 4 }, out, sizeof out, &len))
            continue;
        assert_int_equal(len, 3);
        assert_false(seen[out[2]]);
        seen[out[2]] = true;
        count++;
    }
    assert_int_equal(count, 64);
}

static void test_room(void **state)
{
    char       out[6] = "xxxxx";
    struct buf b = buf_fixed(out, 5);
    size_t     len = 77;

    (void)state;
    assert_false(base64url_decode(LIT("Zm9vYmFy"), out, 5, &len));
    assert_int_equal(len, 77);
    assert_true(base64url_decode(LIT("Zm9vYmE"), out, 5, &len));
    assert_int_equal(len, 5);
    assert_int_equal(out[5], 0);
    base64url_encode(&b, "fooba", 5);
    assert_true(b.failed);
    assert_int_equal(b.len, 0);
}

static void test_round_trip(void **state)
{
    unsigned char bytes[256], back[256];
    char          text[400];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 167 + 13);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        struct buf b = buf_fixed(text, sizeof text);
        size_t     len;
        base64url_encode(&b, bytes, n);
        assert_false(b.failed);
        assert_true(base64url_decode(buf_str(&b), back, n, &len));
        assert_int_equal(len, n);
        assert_memory_equal(back, bytes, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),  cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_alphabet), cmocka_unit_test(test_room),
        cmocka_unit_test(test_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
