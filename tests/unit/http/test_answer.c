/* test_answer.c: heads of answers, strictly, and the same verdict wherever the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "answers.h"

#define TEN(x) x x x x x x x x x x
#define BYTES(literal) { literal, sizeof(literal) - 1 }
#define OK_ "HTTP/1.1 200 OK\r\n"
#define EMPTY OK_ "Content-Length: 0\r\n\r\n"
#define DONE(n) .end = ANSWERS_DONE, .complete = (n)
#define MALFORMED(n) .end = ANSWERS_MALFORMED, .complete = (n)
#define UNFINISHED(n) .end = ANSWERS_UNFINISHED, .complete = (n)
#define CHUNKED OK_ "Transfer-Encoding: chunked\r\n\r\n"

struct row {
    const char      *name;
    struct str       bytes;
    enum answers_end end;
    unsigned         complete;
    bool             to_head;
};

static const struct row rows[] = {
    { "length", BYTES(OK_ "Content-Length: 3\r\n\r\nabc"), DONE(1) },
    { "chunks", BYTES(CHUNKED "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), DONE(1) },
    { "chunks, trailer", BYTES(CHUNKED "1\r\na\r\n0\r\nX: y\r\n\r\n"), DONE(1) },
    { "until close", BYTES(OK_ "\r\nabc"), DONE(1) },
    { "until close, nothing", BYTES(OK_ "\r\n"), DONE(1) },
    { "until close takes another head as body", BYTES(OK_ "\r\n" OK_ "\r\n"), DONE(1) },
    { "two", BYTES(EMPTY EMPTY), DONE(2) },
    { "two of chunks", BYTES(CHUNKED "0\r\n\r\n" CHUNKED "1\r\na\r\n0\r\n\r\n"), DONE(2) },
    { "nothing after close", BYTES(OK_ "Content-Length: 0\r\nConnection: close\r\n\r\nrest"), DONE(1) },
    { "HTTP/1.0", BYTES("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na"), DONE(1) },
    { "a later minor", BYTES("HTTP/1.9 200 OK\r\nContent-Length: 1\r\n\r\na"), DONE(1) },
    { "interim", BYTES("HTTP/1.1 100 Continue\r\n\r\n" EMPTY), DONE(1) },
    { "interims", BYTES("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 \r\n\r\n" EMPTY), DONE(1) },
    { "interim with a length", BYTES("HTTP/1.1 100 \r\nContent-Length: 9\r\n\r\n" EMPTY), DONE(1) },
    { "204", BYTES("HTTP/1.1 204 No Content\r\n\r\n" EMPTY), DONE(2) },
    { "204 with a length", BYTES("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n" EMPTY), DONE(2) },
    { "304 with a length", BYTES("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" EMPTY), DONE(2) },
    { "HEAD", BYTES(OK_ "Content-Length: 9\r\n\r\n" OK_ "\r\n"), DONE(2), .to_head = true },
    { "HEAD, chunked", BYTES(CHUNKED OK_ "\r\n"), DONE(2), .to_head = true },
    { "HEAD, longer than a body may be", BYTES(OK_ "Content-Length: 99\r\n\r\n"), DONE(1), .to_head = true },
    { "length of the limit", BYTES(OK_ "Content-Length: 32\r\n\r\n" TEN("abc") "de"), DONE(1) },
    { "header without a value", BYTES(OK_ "X:\r\nContent-Length:0\r\n\r\n"), DONE(1) },
    { "blanks around a value", BYTES(OK_ "Content-Length: \t 0 \t\r\n\r\n"), DONE(1) },
    { "obs-text and tab in a value", BYTES(OK_ "X: a\tb\xe4\r\nContent-Length: 0\r\n\r\n"), DONE(1) },
    { "coding in capitals", BYTES(OK_ "TRANSFER-ENCODING: Chunked\r\n\r\n0\r\n\r\n"), DONE(1) },
    { "six headers", BYTES(OK_ "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\nContent-Length: 0\r\n\r\n"), DONE(1) },

    /* the status line, RFC 9112 section 4 */
    { "no reason", BYTES("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), DONE(1) },
    { "obs-text and tab in the reason", BYTES("HTTP/1.1 200 a\tb \xe4\r\nContent-Length: 0\r\n\r\n"), DONE(1) },
    { "no space after the status", BYTES("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), MALFORMED(0) },
    { "no status", BYTES("HTTP/1.1 OK\r\n\r\n"), MALFORMED(0) },
    { "two digits", BYTES("HTTP/1.1 20 OK\r\n\r\n"), MALFORMED(0) },
    { "four digits", BYTES("HTTP/1.1 2000 OK\r\n\r\n"), MALFORMED(0) },
    { "a status below 100", BYTES("HTTP/1.1 099 OK\r\n\r\n"), MALFORMED(0) },
    { "a status above 599", BYTES("HTTP/1.1 600 OK\r\n\r\n"), MALFORMED(0) },
    { "a letter in the status", BYTES("HTTP/1.1 2O0 OK\r\n\r\n"), MALFORMED(0) },
    { "two spaces before the status", BYTES("HTTP/1.1  200 OK\r\n\r\n"), MALFORMED(0) },
    { "a tab before the status", BYTES("HTTP/1.1\t200 OK\r\n\r\n"), MALFORMED(0) },
    { "a control in the reason", BYTES("HTTP/1.1 200 O\x01K\r\n\r\n"), MALFORMED(0) },
    { "NUL in the reason", BYTES("HTTP/1.1 200 O\0K\r\n\r\n"), MALFORMED(0) },
    { "DEL in the reason", BYTES("HTTP/1.1 200 O\x7fK\r\n\r\n"), MALFORMED(0) },
    { "bare CR in the reason", BYTES("HTTP/1.1 200 O\rK\r\n\r\n"), MALFORMED(0) },
    { "HTTP/2.0", BYTES("HTTP/2.0 200 OK\r\n\r\n"), MALFORMED(0) },
    { "HTTP/2", BYTES("HTTP/2 200 OK\r\n\r\n"), MALFORMED(0) },
    { "HTTP/0.9", BYTES("HTTP/0.9 200 OK\r\n\r\n"), MALFORMED(0) },
    { "HTTP/1.10", BYTES("HTTP/1.10 200 OK\r\n\r\n"), MALFORMED(0) },
    { "http/1.1", BYTES("http/1.1 200 OK\r\n\r\n"), MALFORMED(0) },
    { "an empty line before", BYTES("\r\n" EMPTY), MALFORMED(0) },
    { "a space before", BYTES(" " EMPTY), MALFORMED(0) },
    { "another protocol, unfinished", BYTES("SSH-2.0-x"), MALFORMED(0) },
    { "one wrong byte", BYTES("h"), MALFORMED(0) },
    { "switching protocols", BYTES("HTTP/1.1 101 Switching Protocols\r\n\r\n"), MALFORMED(0) },

    /* lines */
    { "bare LF after the status line", BYTES("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"), MALFORMED(0) },
    { "bare LF at once", BYTES("HTTP/1.1 200 \nContent-Length: 0\r\n\r\n"), MALFORMED(0) },
    { "bare LF after a header", BYTES(OK_ "Content-Length: 0\n\r\n"), MALFORMED(0) },
    { "bare LF as the last line", BYTES(OK_ "Content-Length: 0\r\n\n"), MALFORMED(0) },
    { "bare LF, unfinished", BYTES("HTTP/1.1 200 OK\n"), MALFORMED(0) },
    { "CR CR LF", BYTES(OK_ "Content-Length: 0\r\r\n\r\n"), MALFORMED(0) },
    { "bare CR in a value", BYTES(OK_ "X: a\rb\r\nContent-Length: 0\r\n\r\n"), MALFORMED(0) },
    { "NUL in a value", BYTES(OK_ "X: a\0b\r\nContent-Length: 0\r\n\r\n"), MALFORMED(0) },
    { "a control in a long value", BYTES(OK_ "X: abcdefghi\x1fjklmnopq\r\n\r\n"), MALFORMED(0) },
    { "a folded value", BYTES(OK_ "X: a\r\n b\r\nContent-Length: 0\r\n\r\n"), MALFORMED(0) },
    { "a fold at first", BYTES(OK_ " X: a\r\nContent-Length: 0\r\n\r\n"), MALFORMED(0) },
    { "a space before the colon", BYTES(OK_ "Content-Length : 0\r\n\r\n"), MALFORMED(0) },
    { "a tab before the colon", BYTES(OK_ "Content-Length\t: 0\r\n\r\n"), MALFORMED(0) },
    { "a header without a name", BYTES(OK_ ": 0\r\n\r\n"), MALFORMED(0) },
    { "a header without a colon", BYTES(OK_ "Content-Length\r\n\r\n"), MALFORMED(0) },
    { "a name that is no token", BYTES(OK_ "Content(Length): 0\r\n\r\n"), MALFORMED(0) },
    { "seven headers", BYTES(OK_ "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\n\r\n"), MALFORMED(0) },
    { "endless headers", BYTES(OK_ TEN(TEN("X: y\r\n"))), MALFORMED(0) },
    { "an endless reason", BYTES(OK_ TEN(TEN("abc"))), MALFORMED(0) },

    /* framing, RFC 9112 section 6 */
    { "two lengths", BYTES(OK_ "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"), MALFORMED(0) },
    { "two lengths that differ", BYTES(OK_ "Content-Length: 0\r\ncontent-length: 1\r\n\r\na"), MALFORMED(0) },
    { "a list of lengths", BYTES(OK_ "Content-Length: 0, 0\r\n\r\n"), MALFORMED(0) },
    { "an empty length", BYTES(OK_ "Content-Length:\r\n\r\n"), MALFORMED(0) },
    { "a signed length", BYTES(OK_ "Content-Length: +1\r\n\r\na"), MALFORMED(0) },
    { "a negative length", BYTES(OK_ "Content-Length: -1\r\n\r\n"), MALFORMED(0) },
    { "a length in hex", BYTES(OK_ "Content-Length: 0x1\r\n\r\na"), MALFORMED(0) },
    { "a length beyond 64 bits", BYTES(OK_ "Content-Length: 18446744073709551616\r\n\r\n"), MALFORMED(0) },
    { "a length over the limit", BYTES(OK_ "Content-Length: 33\r\n\r\n"), MALFORMED(0) },
    { "a wrong length in a 204", BYTES("HTTP/1.1 204 \r\nContent-Length: a\r\n\r\n"), MALFORMED(0) },
    { "two lengths to HEAD", BYTES(OK_ "Content-Length: 0\r\nContent-Length: 0\r\n\r\n"), MALFORMED(0), .to_head = true },
    { "length and coding", BYTES(OK_ "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), MALFORMED(0) },
    { "two codings", BYTES(OK_ "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), MALFORMED(0) },
    { "gzip, chunked", BYTES(OK_ "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), MALFORMED(0) },
    { "identity", BYTES(OK_ "Transfer-Encoding: identity\r\n\r\n"), MALFORMED(0) },
    { "an empty coding", BYTES(OK_ "Transfer-Encoding:\r\n\r\n"), MALFORMED(0) },
    { "a parameter of chunked", BYTES(OK_ "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n"), MALFORMED(0) },
    { "a coding in HTTP/1.0", BYTES("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), MALFORMED(0) },
    { "a coding in a 304", BYTES("HTTP/1.1 304 \r\nTransfer-Encoding: gzip\r\n\r\n"), MALFORMED(0) },

    /* bodies */
    { "surplus after a length", BYTES(OK_ "Content-Length: 1\r\n\r\nab" EMPTY), MALFORMED(1) },
    { "a body after 204", BYTES("HTTP/1.1 204 \r\nContent-Length: 1\r\n\r\na"), MALFORMED(1) },
    { "an empty line between", BYTES(EMPTY "\r\n" EMPTY), MALFORMED(1) },
    { "the greatest chunk", BYTES(CHUNKED "ffffffffffffffff\r\na"), MALFORMED(0) },
    { "a chunk of no size", BYTES(CHUNKED "\r\n\r\n"), MALFORMED(0) },
    { "a chunk that is longer than it says", BYTES(CHUNKED "1\r\nab\r\n0\r\n\r\n"), MALFORMED(0) },
    { "until close, over the limit", BYTES(OK_ "\r\n" TEN("abcd")), MALFORMED(0) },

    /* unfinished */
    { "half a start", BYTES("HTTP/1.1 2"), UNFINISHED(0) },
    { "half a head", BYTES(OK_ "Content-Length: 0\r\n"), UNFINISHED(0) },
    { "half a body", BYTES(OK_ "Content-Length: 2\r\n\r\na"), UNFINISHED(0) },
    { "half a chunk", BYTES(CHUNKED "2\r\na"), UNFINISHED(0) },
    { "no last chunk", BYTES(CHUNKED "1\r\na\r\n"), UNFINISHED(0) },
    { "an interim alone", BYTES("HTTP/1.1 100 \r\n\r\n"), UNFINISHED(0) },
};

enum { ROWS_COUNT = sizeof rows / sizeof *rows };

static void assert_same(const struct row *r, const struct answers *a, const struct answers *b, size_t first, size_t step)
{
    if (a->end != b->end || a->complete != b->complete || a->digest != b->digest)
        print_error("%s: another verdict in %zu and then steps of %zu\n", r->name, first, step);
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->complete, b->complete);
    assert_int_equal(a->interims, b->interims);
    assert_true(a->digest == b->digest);
}

static void test_strictness(void **state)
{
    (void)state;
    for (int i = 0; i < ROWS_COUNT; i++) {
        const struct row *r = &rows[i];
        struct answers    whole = answers_of(r->bytes, r->to_head, r->bytes.len, 1, NULL);
        if (whole.end != r->end || whole.complete != r->complete)
            print_error("%s: %d after %u\n", r->name, whole.end, whole.complete);
        assert_int_equal(whole.end, r->end);
        assert_int_equal(whole.complete, r->complete);
    }
}

static void test_every_cut_gives_the_same_verdict(void **state)
{
    (void)state;
    for (int i = 0; i < ROWS_COUNT; i++) {
        const struct row *r = &rows[i];
        struct answers    whole = answers_of(r->bytes, r->to_head, r->bytes.len, 1, NULL);
        for (size_t step = 1; step <= 7; step++) {
            struct answers cut = answers_of(r->bytes, r->to_head, step, step, NULL);
            assert_same(r, &whole, &cut, step, step);
        }
        for (size_t first = 1; first < r->bytes.len; first++) {
            struct answers cut = answers_of(r->bytes, r->to_head, first, r->bytes.len, NULL);
            assert_same(r, &whole, &cut, first, r->bytes.len);
        }
    }
}

/* What is wrong is known when its byte is there, and not when the answer ends. */
static void test_refuses_at_once(void **state)
{
    static const struct str begun[] = {
        BYTES("S"), BYTES("HTTP/2"), BYTES("HTTP/1.1 6"), BYTES("HTTP/1.1 200\r"), BYTES("\r"),
        BYTES("HTTP/1.1 200 OK\n"), BYTES("HTTP/1.1 200 OK\r\nA: b\n"),
    };
    size_t head_bytes;

    (void)state;
    for (size_t i = 0; i < sizeof begun / sizeof *begun; i++) {
        struct http_head_scan scan = { 0 };
        struct str            before = { begun[i].at, begun[i].len - 1 };
        assert_int_equal(http_answer_scan(&scan, before, &answer_limits, &head_bytes), HTTP_MORE);
        assert_int_equal(http_answer_scan(&scan, begun[i], &answer_limits, &head_bytes), HTTP_REFUSED);
    }
}

static void test_keeps_to_a_limit_within_the_status_line(void **state)
{
    struct http_limits    limits = answer_limits;
    struct http_head_scan scan = { 0 };
    size_t                head_bytes;

    (void)state;
    limits.head_bytes_max = 10;
    assert_int_equal(http_answer_scan(&scan, LIT("HTTP/1.1 2"), &limits, &head_bytes), HTTP_MORE);
    assert_int_equal(http_answer_scan(&scan, LIT("HTTP/1.1 20"), &limits, &head_bytes), HTTP_REFUSED);
}

static void assert_str(struct str s, const char *expected)
{
    if (!str_eq(s, str_of(expected)))
        print_error("\"%.*s\", not \"%s\"\n", STR_ARG(s), expected);
    assert_true(str_eq(s, str_of(expected)));
}

static void parse(struct str head, bool to_head, struct http_answer *a)
{
    memset(a, 0xff, sizeof *a);
    assert_true(http_answer_parse(head, &answer_limits, to_head, a));
}

static void test_says_what_was_sent(void **state)
{
    struct http_answer a;

    (void)state;
    parse(LIT("HTTP/1.1 404 Not Found\r\nContent-Type: application/json; charset=utf-8\r\nA:  b c \t\r\n"
              "Content-Length: 17\r\n\r\n"), false, &a);
    assert_int_equal(a.status, 404);
    assert_int_equal(a.minor, 1);
    assert_true(a.keep_alive && a.has_length && !a.chunked && !a.bodiless && !a.until_close && !a.interim);
    assert_int_equal(a.content_length, 17);
    assert_str(a.media_type, "application/json");
    assert_int_equal(a.headers_count, 3);
    assert_str(a.headers[1].name, "A");
    assert_str(a.headers[1].value, "b c");
}

static void test_knows_the_framing(void **state)
{
    enum framed { BODILESS = 1, CHUNKS = 2, LENGTH = 4, UNTIL_CLOSE = 8 };
    static const struct {
        struct str  head;
        bool        to_head;
        enum framed framed;
        bool        interim;
    } cases[] = {
        { BYTES(EMPTY), false, LENGTH, false },
        { BYTES(EMPTY), true, BODILESS, false },
        { BYTES(CHUNKED), false, CHUNKS, false },
        { BYTES(CHUNKED), true, BODILESS, false },
        { BYTES(OK_ "\r\n"), false, UNTIL_CLOSE, false },
        { BYTES(OK_ "\r\n"), true, BODILESS, false },
        { BYTES("HTTP/1.1 100 \r\n\r\n"), false, BODILESS, true },
        { BYTES("HTTP/1.1 199 \r\n\r\n"), false, BODILESS, true },
        { BYTES("HTTP/1.1 204 \r\n\r\n"), false, BODILESS, false },
        { BYTES("HTTP/1.1 205 \r\n\r\n"), false, UNTIL_CLOSE, false },
        { BYTES("HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n"), false, BODILESS, false },
        { BYTES("HTTP/1.1 599 \r\nContent-Length: 9\r\n\r\n"), false, LENGTH, false },
    };
    struct http_answer a;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parse(cases[i].head, cases[i].to_head, &a);
        assert_int_equal(a.bodiless * BODILESS + a.chunked * CHUNKS + a.has_length * LENGTH + a.until_close * UNTIL_CLOSE,
                         cases[i].framed);
        assert_int_equal(a.interim, cases[i].interim);
        assert_int_equal(a.content_length, cases[i].framed == LENGTH && a.status == 599 ? 9 : 0);
    }
}

static void test_knows_how_the_connection_goes_on(void **state)
{
    static const struct {
        struct str head;
        bool       keep_alive;
    } cases[] = {
        { BYTES(EMPTY), true },
        { BYTES(CHUNKED), true },
        { BYTES(OK_ "\r\n"), false },
        { BYTES(OK_ "Connection: keep-alive\r\n\r\n"), false },
        { BYTES(OK_ "Content-Length: 0\r\nConnection: close\r\n\r\n"), false },
        { BYTES(OK_ "Content-Length: 0\r\nConnection: x, CLOSE ,y\r\n\r\n"), false },
        { BYTES(OK_ "Content-Length: 0\r\nConnection: x\r\nConnection: close\r\n\r\n"), false },
        { BYTES(OK_ "Content-Length: 0\r\nConnection: closed\r\n\r\n"), true },
        { BYTES("HTTP/1.1 204 \r\n\r\n"), true },
        { BYTES("HTTP/1.0 204 \r\n\r\n"), false },
        { BYTES("HTTP/1.0 200 \r\nContent-Length: 0\r\n\r\n"), false },
        { BYTES("HTTP/1.0 200 \r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n"), true },
        { BYTES("HTTP/1.0 200 \r\nContent-Length: 0\r\nConnection: keep-alive, close\r\n\r\n"), false },
        { BYTES("HTTP/1.0 200 \r\nConnection: keep-alive\r\n\r\n"), false },
    };
    struct http_answer a;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parse(cases[i].head, false, &a);
        assert_int_equal(a.keep_alive, cases[i].keep_alive);
    }
}

static void test_finds_the_media_type(void **state)
{
    struct http_answer a;

    (void)state;
    parse(LIT(OK_ "content-TYPE: text/plain ;charset=x\r\n\r\n"), false, &a);
    assert_str(a.media_type, "text/plain");
    parse(LIT(OK_ "\r\n"), false, &a);
    assert_null(a.media_type.at);
    parse(LIT(OK_ "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n"), false, &a);
    assert_null(a.media_type.at);
    parse(LIT(OK_ "Content-Types: a/b\r\nContent-Typo: a/b\r\n\r\n"), false, &a);
    assert_null(a.media_type.at);
}

static void test_finds_headers(void **state)
{
    struct http_answer a;

    (void)state;
    parse(LIT(OK_ "X: 1\r\nx: 2\r\nServer: s\r\nEmpty:\r\n\r\n"), false, &a);
    assert_str(http_answer_header(&a, LIT("SERVER")), "s");
    assert_null(http_answer_header(&a, LIT("X")).at);
    assert_null(http_answer_header(&a, LIT("Y")).at);
    assert_non_null(http_answer_header(&a, LIT("empty")).at);
    assert_int_equal(http_answer_header(&a, LIT("empty")).len, 0);
}

static void test_parse_alone_refuses_what_is_no_head(void **state)
{
    static const struct str heads[] = {
        BYTES(""), BYTES("\r\n"), BYTES("HTTP/1.1 200"), BYTES("HTTP/1.1 200 "), BYTES("HTTP/1.1 200 OK\r"),
        BYTES(OK_), BYTES(OK_ "A: b\r\n"), BYTES(EMPTY "rest"), BYTES(OK_ "A"), BYTES(OK_ "A:"), BYTES(OK_ "A: b\r"),
    };
    struct http_answer a;

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        assert_false(http_answer_parse(heads[i], &answer_limits, false, &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strictness),
        cmocka_unit_test(test_every_cut_gives_the_same_verdict),
        cmocka_unit_test(test_refuses_at_once),
        cmocka_unit_test(test_keeps_to_a_limit_within_the_status_line),
        cmocka_unit_test(test_says_what_was_sent),
        cmocka_unit_test(test_knows_the_framing),
        cmocka_unit_test(test_knows_how_the_connection_goes_on),
        cmocka_unit_test(test_finds_the_media_type),
        cmocka_unit_test(test_finds_headers),
        cmocka_unit_test(test_parse_alone_refuses_what_is_no_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
