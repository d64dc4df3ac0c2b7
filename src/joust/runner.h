/* joust/runner.h: the targets that joust starts and stops itself (--run). */
#pragma once
#include <sched.h>
#include <signal.h>
#include <sys/types.h>

#include "base/buf.h"
#include "load/plan.h"

struct runner {
    pid_t pid;                  /* of the shell's exec'd command, leader of a process group; 0: none */
    int   log;                  /* a temporary file with what it wrote, already unlinked; -1 */
};

/* Starts `command` by /bin/sh -c in a process group of its own, pinned unless cpus is NULL; it
 * dies with joust.  False: see errno. */
bool runner_start(struct runner *r, struct str command, const cpu_set_t *cpus);

/* Waits until the plan's first step is answered at all.  False: one sentence in `why`: what it
 * answered, that nobody listens, or, of a runner, how it ended and its last line. `r` may be NULL,
 * and so may `stop`, which ends the waiting when it becomes true. */
bool runner_wait_ready(struct runner *r, const struct plan *plan, int64_t timeout_ns,
                       const volatile sig_atomic_t *stop, struct buf *why);

/* SIGTERM to the group, SIGKILL after ten seconds; waits.  A zeroed one may be stopped. */
void runner_stop(struct runner *r);
