/* test_environment.c: facts are there, short and told once, and shares of CPU time add up. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include <cmocka.h>

#include "joust/environment.h"

static struct str fact(const struct result *r, const char *name)
{
    struct str found = { 0 };

    for (unsigned i = 0; i < r->facts_count; i++)
        if (str_eq(r->facts[i].name, str_of(name))) {
            assert_null(found.at);
            found = r->facts[i].value;
        }
    return found;
}

static void burn_cpu(clock_t ms)
{
    clock_t until = clock() + ms * (CLOCKS_PER_SEC / 1000);

    while (clock() < until)
        continue;
}

static void test_facts(void **state)
{
    static const char *const always[] = { "kernel", "CPUs", "CPU sharing", "open files", "memory", "TIME_WAIT sockets",
                                          "ephemeral ports", "compiler of joust", "load at the start", "CPU use" };
    struct result  r = result_new();
    struct utsname name;

    (void)state;
    environment_describe(&r, LIT(""));
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (fact(&r, always[i]).len == 0)
            fail_msg("%s is missing", always[i]);
    for (unsigned i = 0; i < r.facts_count; i++) {
        struct str value = fact(&r, arena_cstr(&r.arena, r.facts[i].name));
        print_message("%.*s: %.*s\n", STR_ARG(r.facts[i].name), STR_ARG(value));
        assert_in_range(value.len, 1, 200);
        assert_int_equal(str_find_byte(value, '\n'), value.len);
    }
    uname(&name);
    assert_true(str_find(fact(&r, "kernel"), str_of(name.release)) < fact(&r, "kernel").len);
    assert_true(r.facts_count <= FACTS_MAX / 2);        /* the campaign has facts of its own */
    result_close(&r);
}

static void test_end(void **state)
{
    struct result r = result_new();
    double        own, others, idle, stolen;

    (void)state;
    environment_describe(&r, LIT(""));
    unsigned count = r.facts_count;
    burn_cpu(200);
    environment_describe_end(&r);
    const char *use = arena_cstr(&r.arena, fact(&r, "CPU use"));
    print_message("%s\n", use);
    assert_int_equal(sscanf(use, "generator %lf %%, all others (the servers too) %lf %%, idle %lf %%, "
                                 "stolen by other machines %lf %%", &own, &others, &idle, &stolen), 4);
    assert_true(own > 1);
    assert_true(fabs(own + others + idle + stolen - 100) < 15);     /* clocks of 10 ms */
    assert_true(fact(&r, "load at the end").len > 0);
    assert_int_equal(r.facts_count, count + 1);
    result_close(&r);
}

/* The end alone makes nothing up. */
static void test_end_alone(void **state)
{
    struct result r = result_new();

    (void)state;
    environment_describe_end(&r);
    assert_int_equal(fact(&r, "CPU use").len, 0);
    result_close(&r);
}

/* Overlapping sets are said as they are. */
static void test_pinned(void **state)
{
    static const struct { const char *pin, *says; } rows[] = {
        { "0:1", "servers on 0, generator on 1" },
        { "0-2,4:3", "servers on 0-2,4, generator on 3" },
        { "0:0", "servers on 0, generator on 0" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct result r = result_new();
        environment_describe(&r, str_of(rows[i].pin));
        assert_true(str_eq(fact(&r, "CPU sharing"), str_of(rows[i].says)));
        result_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_end_alone),
        cmocka_unit_test(test_pinned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
