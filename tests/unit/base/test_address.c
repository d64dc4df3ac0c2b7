/* test_address.c: addresses in all their spellings, and networks at their edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/address.h"

static struct address address(const char *text)
{
    struct address a;

    if (!address_parse(str_of(text), &a))
        fail_msg("'%s' is no address", text);
    return a;
}

static struct network network(const char *text)
{
    struct network n;

    if (!network_parse(str_of(text), &n))
        fail_msg("'%s' is no network", text);
    return n;
}

static void assert_written(struct str s, const char *expected)
{
    if (!str_eq(s, str_of(expected)))
        fail_msg("%.*s, not %s", STR_ARG(s), expected);
}

static void each_spelling_is_one_address(void **state)
{
    static const char *const rows[][2] = {
        { "192.0.2.1", "192.0.2.1" }, { "::ffff:192.0.2.1", "192.0.2.1" }, { "::FFFF:c000:201", "192.0.2.1" },
        { "0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1" }, { "2001:DB8:0:0::1", "2001:db8::1" }, { "::", "::" }, { "::1", "::1" },
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = buf_fixed(text, sizeof text);
        address_write(address(rows[i][0]), &b);
        assert_written(buf_str(&b), rows[i][1]);
    }
}

static void what_is_no_address(void **state)
{
    static const char *const never[] = {
        "", " ", "local", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ", "1.2.3.4:80", "[::1]", "::1%eth0", "1::2::3", "unknown",
        "0x7f.0.0.1", "2130706433", "1234:1234:1234:1234:1234:1234:1234:1234:1234:1234",
    };
    struct address a;

    (void)state;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (address_parse(str_of(never[i]), &a))
            fail_msg("'%s' is an address", never[i]);
    assert_false(address_parse((struct str){ "1.2.3.4\0x", 9 }, &a));
    assert_false(address_parse((struct str){ 0 }, &a));
}

static void networks_hold_what_is_theirs(void **state)
{
    static const struct { const char *network, *inside, *outside; } rows[] = {
        { "10.0.0.0/8", "10.255.255.255", "11.0.0.0" }, { "192.0.2.1", "192.0.2.1", "192.0.2.2" },
        { "192.0.2.128/25", "192.0.2.128", "192.0.2.127" }, { "0.0.0.0/1", "127.0.0.1", "128.0.0.1" },
        { "::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0" }, { "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::" },
        { "::1", "::1", "::2" }, { "10.0.0.0/8", "::ffff:10.0.0.1", "a00::" }, { "::/1", "::1", "10.0.0.1" },
        { "fe80::/10", "febf::1", "fec0::" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct network n = network(rows[i].network);
        assert_true(network_holds(&n, address(rows[i].inside)));
        assert_false(network_holds(&n, address(rows[i].outside)));
    }
}

static void what_is_no_network(void **state)
{
    static const char *const never[] = {
        "", "/8", "10.0.0.0/", "10.0.0.0/0", "::/0", "10.0.0.0/33", "::/129", "10.0.0.1/8", "2001:db8::1/32", "10.0.0.0/8/8",
        "10.0.0.0/-1", "::ffff:0.0.0.0/96", "::ffff:0:0/96", "10.0.0.0/x", "10/8", "example.com", "10.0.0.0 /8",
    };
    struct network n;

    (void)state;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (network_parse(str_of(never[i]), &n))
            fail_msg("'%s' is a network", never[i]);
}

static void a_network_of_an_address(void **state)
{
    static const struct { const char *address; unsigned bits; const char *network; } rows[] = {
        { "192.0.2.77", 32, "192.0.2.77/32" }, { "192.0.2.77", 24, "192.0.2.0/24" }, { "::ffff:192.0.2.77", 24, "192.0.2.0/24" },
        { "2001:db8:1:2:3::4", 64, "2001:db8:1:2::/64" }, { "2001:db8:1:2:3::4", 48, "2001:db8:1::/48" },
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf     b = buf_fixed(text, sizeof text);
        struct network n = address_network(address(rows[i].address), rows[i].bits);
        network_write(&n, &b);
        assert_written(buf_str(&b), rows[i].network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_spelling_is_one_address), cmocka_unit_test(what_is_no_address),
        cmocka_unit_test(networks_hold_what_is_theirs), cmocka_unit_test(what_is_no_network),
        cmocka_unit_test(a_network_of_an_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
