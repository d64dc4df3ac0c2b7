/* cpus.c: what the scheduler and the control groups allow.
 *
 * A container on a machine with 64 cores may have the time of two: threads beyond that take turns
 * and are all stopped together when the quota is spent. */
#include "base/cpus.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_BYTES = PATH_MAX + 64 };

static bool read_line(const char *folder, const char *group, const char *file, char line[static LINE_BYTES])
{
    char path[2 * PATH_MAX];
    int  length = snprintf(path, sizeof path, "%s%s/%s", folder, group, file);

    if (length < 0 || (size_t)length >= sizeof path)
        return false;
    FILE *f = fopen(path, "re");
    bool  good = f && fgets(line, LINE_BYTES, f);
    if (f)
        fclose(f);
    return good;
}

static int smaller(int limit, long long quota_us, long long period_us)
{
    if (quota_us <= 0 || period_us <= 0)
        return limit;
    long long cpus = (quota_us - 1) / period_us + 1;
    return cpus < limit ? (int)cpus : limit;
}

/* Version 2: "max 100000" or "150000 100000". */
static int quota_v2(const char *folder, const char *group, int limit)
{
    char      line[LINE_BYTES];
    long long quota_us, period_us;

    if (!read_line(folder, group, "cpu.max", line) || sscanf(line, "%lld %lld", &quota_us, &period_us) != 2)
        return limit;
    return smaller(limit, quota_us, period_us);
}

/* Version 1: two files, and -1 for no quota. */
static int quota_v1(const char *folder, const char *group, int limit)
{
    char line[LINE_BYTES];

    if (!read_line(folder, group, "cpu.cfs_quota_us", line))
        return limit;
    long long quota_us = atoll(line);
    return read_line(folder, group, "cpu.cfs_period_us", line) ? smaller(limit, quota_us, atoll(line)) : limit;
}

/* The group and all above it, to the root of what is mounted. */
static int quota_upwards(int (*quota)(const char *, const char *, int), const char *folder, char *group, int limit)
{
    for (;;) {
        limit = quota(folder, group, limit);
        char *slash = strrchr(group, '/');
        if (!slash)
            return limit;
        *slash = '\0';
    }
}

/* Is "cpu" one of "cpu,cpuacct"? */
static bool is_listed(struct str controllers)
{
    while (controllers.len)
        if (str_eq(str_cut(&controllers, ','), LIT("cpu")))
            return true;
    return false;
}

/* "0::/path" is version 2's; "4:cpu,cpuacct:/path" one of version 1's. */
static int quota_of_line(const char *mounted, char *line, int limit)
{
    char *first = strchr(line, ':'), *second = first ? strchr(first + 1, ':') : NULL;
    char  folder[PATH_MAX];

    if (!second)
        return limit;
    *second++ = '\0';
    second[strcspn(second, "\n")] = '\0';
    if (!first[1])
        return quota_upwards(quota_v2, mounted, second, limit);
    if (!is_listed(str_of(first + 1)) || snprintf(folder, sizeof folder, "%s/cpu", mounted) >= (int)sizeof folder)
        return limit;
    return quota_upwards(quota_v1, folder, second, limit);
}

int cpus_of_quota(const char *membership, const char *mounted, int limit)
{
    char  line[LINE_BYTES];
    FILE *f = fopen(membership, "re");

    while (f && fgets(line, sizeof line, f))
        limit = quota_of_line(mounted, line, limit);
    if (f)
        fclose(f);
    return limit;
}

int cpus_usable(void)
{
    cpu_set_t set;
    int       count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

    return cpus_of_quota("/proc/self/cgroup", "/sys/fs/cgroup", count);
}
