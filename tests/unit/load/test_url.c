/* test_url.c: where a URL leads, and what is said of one that leads nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "load/url.h"

static struct url parse(struct str text)
{
    struct url url;
    struct buf why = buf_growing(4096);

    if (!url_parse(text, &url, &why))
        fail_msg("%.*s: %.*s", STR_ARG(text), STR_ARG(buf_str(&why)));
    buf_close(&why);
    return url;
}

static void assert_str(struct str is, const char *expected)
{
    if (!str_eq(is, str_of(expected)))
        fail_msg("\"%.*s\" instead of \"%s\"", STR_ARG(is), expected);
}

static void test_parts(void **state)
{
    static const struct { const char *url, *host, *target; unsigned port; } rows[] = {
        { "http://127.0.0.1:8000/json", "127.0.0.1:8000", "/json", 8000 },
        { "http://127.0.0.1", "127.0.0.1", "/", 80 },
        { "http://127.0.0.1/", "127.0.0.1", "/", 80 },
        { "http://127.0.0.1:80/x?y=1&z=2", "127.0.0.1", "/x?y=1&z=2", 80 },
        { "http://127.0.0.1:8080", "127.0.0.1:8080", "/", 8080 },
        { "HTTP://127.0.0.1:65535/a:b@c", "127.0.0.1:65535", "/a:b@c", 65535 },
        { "http://127.0.0.1/users/{{seq}}", "127.0.0.1", "/users/{{seq}}", 80 },
        { "http://127.0.0.1/a[1]://", "127.0.0.1", "/a[1]://", 80 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct url url = parse(str_of(rows[i].url));
        const struct sockaddr_in *address = (const struct sockaddr_in *)&url.address;
        assert_str(url.text, rows[i].url);
        assert_str(url.host, rows[i].host);
        assert_str(url.target, rows[i].target);
        assert_int_equal(url.address_bytes, sizeof *address);
        assert_int_equal(address->sin_family, AF_INET);
        assert_int_equal(ntohs(address->sin_port), rows[i].port);
        assert_int_equal(ntohl(address->sin_addr.s_addr), INADDR_LOOPBACK);
    }
}

static void test_ipv6_literal(void **state)
{
    struct url url = parse(LIT("http://[::1]:8000/json"));
    const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)&url.address;

    (void)state;
    assert_str(url.host, "[::1]:8000");
    assert_int_equal(address->sin6_family, AF_INET6);
    assert_int_equal(ntohs(address->sin6_port), 8000);
    assert_memory_equal(&address->sin6_addr, &in6addr_loopback, sizeof in6addr_loopback);
    assert_str(parse(LIT("http://[::1]:80")).host, "[::1]");
    assert_str(parse(LIT("http://[::ffff:127.0.0.1]/")).host, "[::ffff:127.0.0.1]");
}

static void test_localhost_is_ipv4(void **state)
{
    (void)state;
    assert_int_equal(parse(LIT("http://localhost:8000/")).address.ss_family, AF_INET);
}

static void test_refusals(void **state)
{
    static const struct { const char *url, *says; } rows[] = {
        { "https://127.0.0.1/", "https is not spoken" },
        { "HTTPS://127.0.0.1/", "https is not spoken" },
        { "ftp://127.0.0.1/", "ftp:// is not spoken" },
        { "127.0.0.1:8000/json", "\"127.0.0.1:8000/json\" is no URL" },
        { "", "\"\" is no URL" },
        { "http:/127.0.0.1/", "is no URL" },
        { "http://", "no host" },
        { "http:///json", "no host" },
        { "http://:8000/json", "no host" },
        { "http://?x=1", "no host" },
        { "http://127.0.0.1:/", "\"\" is no port" },
        { "http://127.0.0.1:0/", "\"0\" is no port" },
        { "http://127.0.0.1:65536/", "\"65536\" is no port" },
        { "http://127.0.0.1:-1/", "\"-1\" is no port" },
        { "http://127.0.0.1:http/", "\"http\" is no port" },
        { "http://me:secret@127.0.0.1/", "a user before its host" },
        { "http://127.0.0.1/json#top", "fragment" },
        { "http://127.0.0.1#top", "fragment" },
        { "http://127.0.0.1?x=1", "needs a path" },
        { "http://::1/", "stands in brackets" },
        { "http://[::1/", "is no IPv6 address" },
        { "http://[]/", "is no IPv6 address" },
        { "http://[fe80::1%25lo]/", "is no IPv6 address" },
        { "http://[::1]8000/", "where :PORT may stand" },
        { "http://[127.0.0.1]/", "is not found: " },
        { "http://[1:2]/", "is not found: " },
        { "http://ex{{seq}}ample/", "is no host name" },
        { "http://a,b/", "is no host name" },
        { "http://no-such-host.invalid/", "host no-such-host.invalid is not found: " },
        { "http://127.0.0.1/a b", "not visible ASCII" },
        { "http://127.0.0.1/\t", "not visible ASCII" },
        { "http://127.0.0.1/\r\nX: y", "not visible ASCII" },
        { "http://127.0.0.1/\xc3\xa4", "not visible ASCII" },
        { " http://127.0.0.1/", "not visible ASCII" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct url url, before;
        struct buf why = buf_growing(4096);
        memset(&before, 7, sizeof before);
        url = before;
        if (url_parse(str_of(rows[i].url), &url, &why))
            fail_msg("%s was taken", rows[i].url);
        if (str_find(buf_str(&why), str_of(rows[i].says)) == why.len)
            fail_msg("%s: \"%.*s\" lacks \"%s\"", rows[i].url, STR_ARG(buf_str(&why)), rows[i].says);
        assert_memory_equal(&url, &before, sizeof url);
        buf_close(&why);
    }
}

static void test_long_and_none(void **state)
{
    char       text[400] = "http://";
    struct url url;
    struct buf why = buf_growing(4096);

    (void)state;
    memset(text + 7, 'a', sizeof text - 8);
    assert_false(url_parse(str_of(text), &url, &why));
    assert_true(str_find(buf_str(&why), LIT("longer than 255 bytes")) < why.len);
    assert_false(url_parse((struct str){ 0 }, &url, &why));
    assert_false(url_parse((struct str){ "http://127.0.0.1/a\0b", 20 }, &url, &why));
    buf_close(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_ipv6_literal),
        cmocka_unit_test(test_localhost_is_ipv4),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_long_and_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
