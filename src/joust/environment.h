/* joust/environment.h: the machine and its mood, as facts of a result: kernel, CPU model and count,
 * governor, turbo, cgroup limits, load, steal, memory, open-file limit, port range, TIME_WAIT
 * sockets, compiler, the generator's own CPU limits. */
#pragma once
#include "joust/result.h"

/* `pin`: the value of --pin, or none. */
void environment_describe(struct result *r, struct str pin);

/* Steal and load at the end; called after the last round. */
void environment_describe_end(struct result *r);
