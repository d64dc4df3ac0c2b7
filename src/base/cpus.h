/* base/cpus.h: how many CPUs this process may keep busy. */
#pragma once
#include "base/str.h"

/* Those that it may run on (sched_getaffinity), or fewer where a control group, its own or one
 * above it, has a smaller quota of CPU time (cgroup v2 cpu.max, v1 cpu.cfs_quota_us); a part of a
 * CPU counts as one.  At least 1.  Reads files, so before a sandbox is shut. */
int cpus_usable(void);

/* The same for the quota alone, out of a /proc/self/cgroup and a folder where control groups
 * are mounted; `limit` when none is smaller. */
int cpus_of_quota(const char *membership, const char *mounted, int limit);
