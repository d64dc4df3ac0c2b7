/* test_forwarded.c: whom a request comes from, as trusted proxies tell it and others lie about it.
 *
 * 10.0.0.0/8 and 2001:db8:ffff::/48 are trusted; the peer is 10.0.0.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/forwarded.h"

static bool trusts(void *context, struct address a)
{
    static const char *const ours[] = { "10.0.0.0/8", "2001:db8:ffff::/48" };
    struct network           n;

    (void)context;
    for (size_t i = 0; i < 2; i++)
        if (network_parse(str_of(ours[i]), &n) && network_holds(&n, a))
            return true;
    return false;
}

/* `lines` are "Name: value" with a line feed between them. */
static const char *client_of(const char *lines)
{
    static char         text[128];
    struct http_request r = { 0 };
    struct str          rest = str_of(lines);
    struct buf          b = buf_fixed(text, sizeof text - 1);
    struct address      peer;

    while (rest.at && rest.len) {
        struct str line = str_cut(&rest, '\n'), name = str_cut(&line, ':');
        r.headers[r.headers_count++] = (struct http_header){ name, str_trim(line) };
    }
    assert_true(address_parse(LIT("10.0.0.1"), &peer));
    address_write(http_forwarded_client(&r, peer, trusts, NULL), &b);
    text[b.len] = 0;
    return text;
}

static void the_rightmost_that_is_not_trusted(void **state)
{
    static const char *const rows[][2] = {
        { "", "10.0.0.1" },
        { "X-Forwarded-For: 192.0.2.1", "192.0.2.1" },
        { "x-forwarded-for: 192.0.2.1", "192.0.2.1" },
        { "X-Forwarded-For: 198.51.100.7, 192.0.2.1", "192.0.2.1" },
        { "X-Forwarded-For: 192.0.2.1, 10.2.0.1", "192.0.2.1" },
        { "X-Forwarded-For: 6.6.6.6, 192.0.2.1,10.2.0.1 ,\t10.3.0.1", "192.0.2.1" },
        { "X-Forwarded-For: 6.6.6.6\nX-Forwarded-For: 192.0.2.1\nX-Forwarded-For: 10.2.0.1", "192.0.2.1" },
        { "X-Forwarded-For: 10.2.0.1, 10.3.0.1", "10.2.0.1" },
        { "X-Forwarded-For: ::ffff:192.0.2.1", "192.0.2.1" },
        { "X-Forwarded-For: 2001:DB8::1, 2001:db8:ffff::5", "2001:db8::1" },
        { "X-Forwarded-For: 192.0.2.1:4711", "192.0.2.1" },
        { "X-Forwarded-For: [2001:db8::1]:4711", "2001:db8::1" },
        { "X-Forwarded-For: [2001:db8::1]", "2001:db8::1" },
        { "Forwarded: for=192.0.2.1;proto=https;by=10.0.0.1", "192.0.2.1" },
        { "Forwarded: for=6.6.6.6, For=\"192.0.2.1:80\" ; proto=https, for=10.2.0.1", "192.0.2.1" },
        { "Forwarded: proto=https;for=\"[2001:db8::1]:4711\"", "2001:db8::1" },
        { "Forwarded: for=6.6.6.6\nForwarded: for=192.0.2.1", "192.0.2.1" },
        { "X-Forwarded-For: 192.0.2.1\nForwarded: for=\"192.0.2.1\"", "192.0.2.1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(client_of(rows[i][0]), rows[i][1]) != 0)
            fail_msg("%s: %s, not %s", rows[i][0], client_of(rows[i][0]), rows[i][1]);
}

static void what_cannot_be_read_ends_the_list(void **state)
{
    static const char *const rows[][2] = {
        { "X-Forwarded-For: unknown", "10.0.0.1" },
        { "X-Forwarded-For: 6.6.6.6, unknown, 10.2.0.1", "10.2.0.1" },
        { "X-Forwarded-For: 6.6.6.6,", "10.0.0.1" },
        { "X-Forwarded-For:", "10.0.0.1" },
        { "X-Forwarded-For: 192.0.2.1:x", "10.0.0.1" },
        { "X-Forwarded-For: [2001:db8::1]x", "10.0.0.1" },
        { "X-Forwarded-For: [2001:db8::1", "10.0.0.1" },
        { "X-Forwarded-For: 192.0.2.1 6.6.6.6", "10.0.0.1" },
        { "Forwarded: for=_hidden", "10.0.0.1" },
        { "Forwarded: for=unknown, for=10.2.0.1", "10.2.0.1" },
        { "Forwarded: proto=https", "10.0.0.1" },
        { "Forwarded: for=192.0.2.1, proto=https", "10.0.0.1" },
        { "Forwarded: for=6.6.6.6;for=192.0.2.1", "10.0.0.1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(client_of(rows[i][0]), rows[i][1]) != 0)
            fail_msg("%s: %s, not %s", rows[i][0], client_of(rows[i][0]), rows[i][1]);
}

/* A client's own text stands before what the proxy appends to the same line. */
static void a_quote_left_open_hides_nothing(void **state)
{
    static const char *const rows[][2] = {
        { "Forwarded: for=\"6.6.6.6, for=192.0.2.1", "10.0.0.1" },
        { "Forwarded: for=6.6.6.6;x=\"a, for=\"[2001:db8::1]\"", "10.0.0.1" },
        { "Forwarded: for=6.6.6.6;x=\"\\\", for=192.0.2.1", "10.0.0.1" },
        { "Forwarded: for=\"6.6.6.6\nForwarded: for=192.0.2.1", "192.0.2.1" },
        { "Forwarded: for=\"6.6.6.6\nForwarded: for=10.2.0.1", "10.2.0.1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(client_of(rows[i][0]), rows[i][1]) != 0)
            fail_msg("%s: %s, not %s", rows[i][0], client_of(rows[i][0]), rows[i][1]);
}

/* A proxy that knows one of the headers passes the other on as the client wrote it. */
static void two_headers_that_differ_are_none(void **state)
{
    (void)state;
    assert_string_equal(client_of("X-Forwarded-For: 192.0.2.1\nForwarded: for=6.6.6.6"), "10.0.0.1");
    assert_string_equal(client_of("Forwarded: for=192.0.2.1\nX-Forwarded-For: 6.6.6.6"), "10.0.0.1");
    assert_string_equal(client_of("Forwarded: nonsense\nX-Forwarded-For: 192.0.2.1"), "10.0.0.1");
}

static void of_a_long_list_the_nearest_count(void **state)
{
    char       text[4096];
    struct buf b = buf_fixed(text, sizeof text - 1);

    (void)state;
    buf_add(&b, LIT("X-Forwarded-For: "));
    for (int i = 0; i < 300; i++)
        buf_add(&b, LIT("6.6.6.6,"));
    buf_add(&b, LIT("192.0.2.1,10.2.0.1"));
    text[b.len] = 0;
    assert_string_equal(client_of(text), "192.0.2.1");
}

static void which_requests_are_forwarded(void **state)
{
    struct http_request r = { .headers_count = 1, .headers = { { LIT("FORWARDED"), LIT("x") } } };

    (void)state;
    assert_true(http_is_forwarded(&r));
    r.headers[0].name = LIT("X-Forwarded-for");
    assert_true(http_is_forwarded(&r));
    r.headers[0].name = LIT("X-Forwarded-Host");
    assert_false(http_is_forwarded(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rightmost_that_is_not_trusted), cmocka_unit_test(what_cannot_be_read_ends_the_list),
        cmocka_unit_test(a_quote_left_open_hides_nothing), cmocka_unit_test(two_headers_that_differ_are_none),
        cmocka_unit_test(of_a_long_list_the_nearest_count), cmocka_unit_test(which_requests_are_forwarded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
