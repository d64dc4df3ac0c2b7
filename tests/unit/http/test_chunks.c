/* test_chunks.c: chunked bodies: what is decoded, where it ends, in every cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "http/request.h"

struct decoded {
    enum http_progress progress;
    int                status;
    size_t             used, len;
    char               bytes[4096];
};

/* Feeds bytes as a server does: what was framing is given up between two pieces. */
static struct decoded decode(struct str body, size_t cut, size_t bytes_max)
{
    struct http_chunks c = { 0 };
    struct decoded     d = { .progress = HTTP_MORE };
    size_t             fed = 0, kept = 0;

    while (d.progress == HTTP_MORE && fed < body.len) {
        struct str piece = str_slice(body, fed, fed ? body.len : cut);
        size_t     used = kept, before = kept;
        memcpy(d.bytes + kept, piece.at, piece.len);
        d.progress = http_chunks_decode(&c, d.bytes, kept + piece.len, &used, &kept, bytes_max,
                                        &d.status);
        d.used = fed + used - before;
        fed += piece.len;
    }
    d.len = kept;
    return d;
}

static void test_joins_chunks(void **state)
{
    struct str body = LIT("4\r\nsome\r\n6\r\n words\r\nF\r\n in \r\n\r\nchunks.\r\n"
                          "0\r\nX: y\r\n\r\nrest");

    (void)state;
    for (size_t cut = 1; cut <= body.len; cut++) {
        struct decoded d = decode(body, cut, 100);
        assert_int_equal(d.progress, HTTP_COMPLETE);
        assert_int_equal(d.used, body.len - 4);
        assert_true(str_eq((struct str){ d.bytes, d.len }, LIT("some words in \r\n\r\nchunks.")));
    }
}

static void test_is_bounded(void **state)
{
    struct str body = LIT("4\r\nsome\r\n6\r\n words\r\n0\r\n\r\n");

    (void)state;
    for (size_t cut = 1; cut <= body.len; cut++) {
        assert_int_equal(decode(body, cut, 10).progress, HTTP_COMPLETE);
        assert_int_equal(decode(body, cut, 9).status, 413);
        assert_int_equal(decode(body, cut, 3).status, 413);
        assert_int_equal(decode(body, cut, 0).status, 413);
    }
    assert_int_equal(decode(LIT("0\r\n\r\n"), 1, 0).progress, HTTP_COMPLETE);
}

/* Random bodies, encoded here, come out again. */
static void test_random_bodies(void **state)
{
    const char *given = getenv("SEED");
    unsigned    seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    char        body[512], encoded[4096];

    (void)state;
    print_message("SEED=%u\n", seed);
    srandom(seed);
    for (int round = 0; round < 2000; round++) {
        struct buf out = buf_fixed(encoded, sizeof encoded);
        size_t     len = (size_t)random() % sizeof body;
        for (size_t i = 0; i < len; i++)
            body[i] = (char)random();
        for (size_t at = 0, run; at < len; at += run) {
            run = 1 + (size_t)random() % (len - at < 40 ? len - at : 40);
            buf_format(&out, random() % 2 ? "%zx\r\n" : "0%zX\r\n", run);
            buf_add(&out, (struct str){ body + at, run });
            buf_add(&out, LIT("\r\n"));
        }
        buf_add(&out, LIT("0\r\n\r\n"));
        assert_false(out.failed);
        struct decoded d = decode(buf_str(&out), 1 + (size_t)random() % out.len, sizeof body);
        assert_int_equal(d.progress, HTTP_COMPLETE);
        assert_int_equal(d.used, out.len);
        assert_true(str_eq((struct str){ d.bytes, d.len }, (struct str){ body, len }));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joins_chunks),
        cmocka_unit_test(test_is_bounded),
        cmocka_unit_test(test_random_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
