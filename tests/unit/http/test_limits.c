/* test_limits.c: how many connections there may be, in all and of an address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness.h"

static void test_connections_are_limited(void **state)
{
    struct harness h = harness_new();
    int            fds[8];

    (void)state;
    harness_open(&h);
    for (int i = 0; i < 8; i++)
        fds[i] = harness_connect(&h);
    struct heard heard = ask(&h, LIT(GET_X));
    assert_int_equal(heard_status(&heard), 503);
    assert_true(heard.ended);
    free(heard.text);
    close(fds[0]);
    harness_run(&h);
    heard = ask(&h, LIT(GET_X));
    assert_int_equal(heard_status(&heard), 200);
    free(heard.text);
    for (int i = 1; i < 8; i++)
        close(fds[i]);
    harness_run(&h);
    assert_int_equal(http_server_connections(h.server), 0);
    harness_close(&h);
}

/* Also when more are refused than there are seats to tell them. */
static void test_flood_beyond_the_limit(void **state)
{
    struct harness h = harness_new();
    int            fds[200];

    (void)state;
    harness_open(&h);
    for (int i = 0; i < 200; i++)
        fds[i] = harness_connect(&h);
    harness_run(&h);
    for (int i = 0; i < 8; i++)
        assert_int_equal(recv(fds[i], &(char){ 0 }, 1, 0), -1);     /* still open */
    for (int i = 0; i < 200; i++)
        close(fds[i]);
    harness_run(&h);
    assert_int_equal(http_server_connections(h.server), 0);
    struct heard heard = ask(&h, LIT(GET_X));
    assert_int_equal(heard_status(&heard), 200);
    free(heard.text);
    harness_close(&h);
}

/* One address that is refused again and again takes no seat from the others. */
static void test_refused_take_no_seats(void **state)
{
    struct harness h = harness_new();
    int            fds[107];

    (void)state;
    h.settings.connections_per_address_max = 1;
    harness_open(&h);
    for (int i = 0; i < 100; i++)
        fds[i] = harness_connect(&h);
    for (int i = 100; i < 107; i++) {
        char address[32];
        snprintf(address, sizeof address, "192.0.2.%d", i);
        fds[i] = harness_connect_from(&h, address);
        harness_send_bytes(&h, fds[i], LIT(GET_X));
    }
    assert_int_equal(h.requests, 7);
    for (int i = 0; i < 107; i++)
        close(fds[i]);
    harness_run(&h);
    assert_int_equal(http_server_connections(h.server), 0);
    harness_close(&h);
}

static int connect_status(struct harness *h, const char *address, int *fd)
{
    *fd = harness_connect_from(h, address);
    harness_send_bytes(h, *fd, LIT(GET_X));
    struct heard heard = harness_hear(h, *fd);
    int          status = heard_status(&heard);
    free(heard.text);
    return status;
}

static void test_addresses_are_limited(void **state)
{
    static const struct {
        const char *address;
        int         status;
    } rows[] = {
        { "192.0.2.1", 200 },
        { "192.0.2.1", 200 },
        { "192.0.2.1", 503 },
        { "::ffff:192.0.2.1", 503 },
        { "192.0.2.2", 200 },
        { "2001:db8::1", 200 },
        { "2001:db8::ffff:2", 200 },
        { "2001:db8::3", 503 },
        { "2001:db8:0:1::1", 200 },
        { "local", 200 },
        { "local", 200 },
        { "local", 200 },
        { "", 200 },
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    struct harness h = harness_new();
    int            fds[COUNT], fd;

    (void)state;
    h.settings.connections_max = 20;
    h.settings.connections_per_address_max = 2;
    harness_open(&h);
    for (int i = 0; i < COUNT; i++) {
        int status = connect_status(&h, rows[i].address, &fds[i]);
        if (status != rows[i].status)
            print_error("%s: %d\n", rows[i].address, status);
        assert_int_equal(status, rows[i].status);
    }
    close(fds[0]);
    harness_run(&h);
    assert_int_equal(connect_status(&h, "192.0.2.1", &fd), 200);
    close(fd);
    for (int i = 1; i < COUNT; i++)
        close(fds[i]);
    harness_run(&h);
    harness_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connections_are_limited),
        cmocka_unit_test(test_flood_beyond_the_limit),
        cmocka_unit_test(test_refused_take_no_seats),
        cmocka_unit_test(test_addresses_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
