/* test_reader.c: answers of every framing, whole and cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "load/reader.h"

struct sample {
    const char          *bytes;
    enum reader_progress ends;      /* when all is there and the peer has not closed */
    enum reader_progress closed;    /* and when it has */
    int                  status;
    const char          *body;
    size_t               surplus;
    bool                 to_head;
};

static const struct sample samples[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", READER_DONE, READER_DONE, 200, "hello", 0, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!!", READER_DONE, READER_DONE, 200, "hello", 2, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", READER_MORE, READER_MORE, 0, "", 0, false },
    { "HTTP/1.1 204 No Content\r\n\r\n", READER_DONE, READER_DONE, 204, "", 0, false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", READER_DONE, READER_DONE, 200, "", 0, true },
    { "HTTP/1.1 200 OK\r\n\r\nuntil the end", READER_MORE, READER_DONE, 200, "until the end", 0, false },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", READER_DONE, READER_DONE, 200, "abcde", 0, false },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", READER_MALFORMED, READER_MALFORMED, 0, "", 0, false },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx", READER_DONE, READER_DONE, 201, "x", 0, false },
    { "HTTP/1.1 200 OK\nContent-Length: 0\n\n", READER_MALFORMED, READER_MALFORMED, 0, "", 0, false },
    { "garbage", READER_MALFORMED, READER_MALFORMED, 0, "", 0, false },
    { "HTTP/1.1 200 OK\r\nContent-Le", READER_MORE, READER_MORE, 0, "", 0, false },
};

/* In memory of its own, so that a byte read too far is seen. */
static enum reader_progress feed(const struct sample *s, size_t first, bool closed, struct reader *r,
                                 char *bytes)
{
    size_t len = strlen(s->bytes);
    char  *some = malloc(first + 1);

    memset(r, 0, sizeof *r);
    memcpy(some, s->bytes, first);
    enum reader_progress p = first ? reader_feed(r, some, first, s->to_head, false) : READER_MORE;
    memcpy(bytes, some, first);
    free(some);
    if (p != READER_MORE)
        return p;
    memcpy(bytes + first, s->bytes + first, len - first);
    return reader_feed(r, bytes, len, s->to_head, closed);
}

static void check(const struct sample *s, size_t first, bool closed)
{
    struct reader r;
    char         *bytes = malloc(strlen(s->bytes) + 1);
    enum reader_progress p = feed(s, first, closed, &r, bytes), expected = closed ? s->closed : s->ends;

    if (p != expected)
        print_error("%s\ncut at %zu\n", s->bytes, first);
    assert_int_equal(p, expected);
    if (p == READER_DONE) {
        assert_int_equal(r.status, s->status);
        assert_int_equal(r.body_bytes, strlen(s->body));
        assert_memory_equal(bytes + r.body_at, s->body, r.body_bytes);
    }
    free(bytes);
}

static void every_framing_however_it_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        size_t len = strlen(samples[i].bytes), whole = len - samples[i].surplus;
        for (size_t first = 0; first <= whole; first++)
            check(&samples[i], first, false);
        check(&samples[i], 0, true);
    }
}

static void what_follows_an_answer_is_seen(void **state)
{
    struct reader r;
    char          bytes[64];

    (void)state;
    assert_int_equal(feed(&samples[1], 0, false, &r, bytes), READER_DONE);
    assert_int_equal(r.end, strlen(samples[1].bytes) - 2);
}

static void endless_interim_answers_are_malformed(void **state)
{
    static const char one[] = "HTTP/1.1 100 Continue\r\n\r\n";
    enum { TIMES = 100, BYTES = sizeof one - 1 };
    struct reader r = { 0 };
    char          bytes[TIMES * BYTES];

    (void)state;
    for (size_t i = 0; i < TIMES; i++)
        memcpy(bytes + i * BYTES, one, BYTES);
    assert_int_equal(reader_feed(&r, bytes, sizeof bytes, false, false), READER_MALFORMED);
}

static void endless_headers_are_malformed(void **state)
{
    enum { LINE = 1000, LINES = 100 };
    struct reader r = { 0 };
    char         *bytes = malloc(LINE * LINES);
    static const char start[] = "HTTP/1.1 200 OK\r\n";

    (void)state;
    memset(bytes, 'a', LINE * LINES);
    memcpy(bytes, start, sizeof start - 1);
    bytes[sizeof start] = ':';
    assert_int_equal(reader_feed(&r, bytes, LINE * LINES, false, false), READER_MALFORMED);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_framing_however_it_is_cut),
        cmocka_unit_test(what_follows_an_answer_is_seen),
        cmocka_unit_test(endless_interim_answers_are_malformed),
        cmocka_unit_test(endless_headers_are_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
