/* How many CPUs a process may keep busy, by what files say that look like the kernel's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cpus.h"

static char folder[] = "/tmp/postern-cpus-XXXXXX", membership[64];

static void put(const char *name, const char *text)
{
    char path[256], parent[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
        mkdir(parent, 0700);
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int with(const char *member)
{
    put("member", member);
    return cpus_of_quota(membership, folder, 8);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(membership, sizeof membership, "%s/member", folder);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void test_no_quota(void **state)
{
    (void)state;
    assert_int_equal(with("0::/\n"), 8);
    put("free/cpu.max", "max 100000\n");
    assert_int_equal(with("0::/free\n"), 8);
    assert_int_equal(with("nonsense\n"), 8);
    assert_int_equal(cpus_of_quota("/nowhere", folder, 8), 8);
}

static void test_version_2(void **state)
{
    (void)state;
    put("two/cpu.max", "200000 100000\n");
    put("half/cpu.max", "50000 100000\n");
    put("more/cpu.max", "250001 100000\n");
    put("many/cpu.max", "9900000 100000\n");
    assert_int_equal(with("0::/two\n"), 2);
    assert_int_equal(with("0::/half\n"), 1);
    assert_int_equal(with("0::/more\n"), 3);
    assert_int_equal(with("0::/many\n"), 8);
}

static void test_a_quota_above_counts(void **state)
{
    (void)state;
    put("upper/cpu.max", "100000 100000\n");
    put("upper/lower/cpu.max", "300000 100000\n");
    put("upper/lower/lowest/cpu.max", "max 100000\n");
    assert_int_equal(with("0::/upper/lower/lowest\n"), 1);
}

static void test_version_1(void **state)
{
    (void)state;
    put("cpu/box/cpu.cfs_quota_us", "150000\n");
    put("cpu/box/cpu.cfs_period_us", "100000\n");
    put("cpu/free/cpu.cfs_quota_us", "-1\n");
    put("cpu/free/cpu.cfs_period_us", "100000\n");
    assert_int_equal(with("5:cpuset:/box\n4:cpu,cpuacct:/box\n"), 2);
    assert_int_equal(with("4:cpuset:/box\n"), 8);
    assert_int_equal(with("4:cpu,cpuacct:/free\n"), 8);
}

static void test_this_process(void **state)
{
    cpu_set_t was, one;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof was, &was), 0);
    int before = cpus_usable();
    assert_true(before >= 1 && before <= CPU_COUNT(&was));
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &was))
            CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(cpus_usable(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof was, &was), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_quota),
        cmocka_unit_test(test_version_2),
        cmocka_unit_test(test_a_quota_above_counts),
        cmocka_unit_test(test_version_1),
        cmocka_unit_test(test_this_process),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
