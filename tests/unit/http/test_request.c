/* test_request.c: heads, strictly, and the same verdict however the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "strictness.h"
#include "verdict.h"

static void test_strictness(void **state)
{
    (void)state;
    for (int i = 0; i < STRICTNESS_COUNT; i++) {
        const struct strictness *s = &strictness[i];
        struct verdict           whole = verdict_of(s->bytes, s->bytes.len, &strict_limits);
        if (whole.status != s->status)
            print_error("%s: %d, not %d\n", s->name, whole.status, s->status);
        assert_int_equal(whole.status, s->status);
        for (size_t step = 1; step <= 7; step += 2) {
            struct verdict cut = verdict_of(s->bytes, step, &strict_limits);
            if (cut.status != whole.status || cut.digest != whole.digest)
                print_error("%s: %d in steps of %zu\n", s->name, cut.status, step);
            assert_int_equal(cut.status, whole.status);
            assert_int_equal(cut.requests, whole.requests);
            assert_true(cut.digest == whole.digest);
        }
    }
}

static int parse(struct str head, struct http_request *r)
{
    return http_request_parse(head, &strict_limits, r);
}

static void assert_str(struct str s, const char *expected)
{
    if (!str_eq(s, str_of(expected)))
        print_error("\"%.*s\", not \"%s\"\n", STR_ARG(s), expected);
    assert_true(str_eq(s, str_of(expected)));
}

static void test_says_what_was_sent(void **state)
{
    struct http_request r;

    (void)state;
    assert_int_equal(parse(LIT("\r\nPOST /a/b?c=d?e HTTP/1.1\r\nHost: x:1\r\nA:  b c \t\r\n"
                               "Content-Length: 7\r\nExpect: 100-continue\r\n\r\n"), &r), 0);
    assert_int_equal(r.method, HTTP_POST);
    assert_str(r.method_text, "POST");
    assert_str(r.target, "/a/b?c=d?e");
    assert_str(r.path, "/a/b");
    assert_str(r.query, "c=d?e");
    assert_str(r.host, "x:1");
    assert_int_equal(r.minor, 1);
    assert_true(r.keep_alive && r.expect_continue && r.has_length && !r.chunked);
    assert_int_equal(r.content_length, 7);
    assert_int_equal(r.headers_count, 4);
    assert_str(r.headers[1].name, "A");
    assert_str(r.headers[1].value, "b c");
    assert_null(r.body.at);
}

static void test_splits_the_target(void **state)
{
    struct http_request r;

    (void)state;
    assert_int_equal(parse(LIT("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"), &r), 0);
    assert_null(r.query.at);
    assert_int_equal(parse(LIT("GET /x? HTTP/1.1\r\nHost: a\r\n\r\n"), &r), 0);
    assert_non_null(r.query.at);
    assert_int_equal(r.query.len, 0);
    assert_int_equal(parse(LIT("GET http://A:1?q HTTP/1.1\r\nHost: a:1\r\n\r\n"), &r), 0);
    assert_str(r.path, "/");
    assert_str(r.query, "q");
    assert_int_equal(parse(LIT("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), &r), 0);
    assert_str(r.path, "*");
}

static void test_knows_how_the_connection_goes_on(void **state)
{
    static const struct {
        struct str head;
        bool       keep_alive;
    } rows[] = {
        { BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), true },
        { BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), false },
        { BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE ,y\r\n\r\n"), false },
        { BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n\r\n"), false },
        { BYTES("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n"), true },
        { BYTES("GET / HTTP/1.0\r\n\r\n"), false },
        { BYTES("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), true },
        { BYTES("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"), false },
    };
    struct http_request r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(parse(rows[i].head, &r), 0);
        assert_int_equal(r.keep_alive, rows[i].keep_alive);
    }
    assert_int_equal(parse(LIT("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), &r), 0);
    assert_false(r.expect_continue);
}

static void test_finds_headers(void **state)
{
    struct http_request r;
    unsigned            count;

    (void)state;
    assert_int_equal(parse(LIT(GET_A "X: 1\r\nx: 2\r\nEmpty:\r\n\r\n"), &r), 0);
    assert_str(http_request_header(&r, LIT("HOST"), NULL), "a");
    assert_null(http_request_header(&r, LIT("X"), &count).at);
    assert_int_equal(count, 2);
    assert_null(http_request_header(&r, LIT("Y"), &count).at);
    assert_int_equal(count, 0);
    assert_non_null(http_request_header(&r, LIT("empty"), &count).at);
    assert_int_equal(count, 1);
}

static void test_notes_the_media_type(void **state)
{
    struct http_request r;

    (void)state;
    assert_int_equal(parse(LIT(GET_A "CONTENT-type:  a/b; c \r\n\r\n"), &r), 0);
    assert_str(r.media_type, "a/b; c");
    assert_int_equal(r.media_types, 1);
    assert_int_equal(parse(LIT(GET_A "Content-Type:\r\n\r\n"), &r), 0);
    assert_non_null(r.media_type.at);
    assert_int_equal(parse(LIT(GET_A "Content-Types: a\r\nContent_Type: b\r\nXontent-Type: c\r\n\r\n"), &r), 0);
    assert_int_equal(r.media_types, 0);
    assert_null(r.media_type.at);
    assert_int_equal(parse(LIT(GET_A "Content-Type: a\r\ncontent-type: b\r\nContent-type: c\r\n\r\n"), &r), 0);
    assert_int_equal(r.media_types, 3);
    assert_null(r.media_type.at);
}

static void test_parse_alone_refuses_what_is_no_head(void **state)
{
    static const struct str rows[] = {
        BYTES(""), BYTES("\r\n"), BYTES("GET"), BYTES("GET / HTTP/1.1"),
        BYTES("GET / HTTP/1.1\r\n"),
        BYTES("GET / HTTP/1.1\r\nHost: a\r\n"), BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\nrest"),
        BYTES("GET / HTTP/1.1\r\nHost"), BYTES("GET / HTTP/1.1\r\nHost: a\r"),
    };
    struct http_request r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(parse(rows[i], &r), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strictness),
        cmocka_unit_test(test_says_what_was_sent),
        cmocka_unit_test(test_splits_the_target),
        cmocka_unit_test(test_knows_how_the_connection_goes_on),
        cmocka_unit_test(test_finds_headers),
        cmocka_unit_test(test_notes_the_media_type),
        cmocka_unit_test(test_parse_alone_refuses_what_is_no_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
