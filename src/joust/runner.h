/* joust/runner.h: the targets that joust starts and stops itself (--run). */
#pragma once
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/buf.h"
#include "load/plan.h"

struct runner {
    pid_t pid;                  /* of the shell or what it exec'd, leader of a process group; 0: none */
    int   log;                  /* a temporary file with what it wrote, already unlinked; -1 */
    pid_t supervisor;           /* its parent, our child */
    int   report;               /* readable when the command has ended */
    bool  ended;
    int   code, status;         /* how, as in siginfo_t */
};

/* Starts `command` by /bin/sh -c in a process group of its own, pinned unless cpus is NULL, with
 * that soft limit of open files unless it is 0; it and all that it starts end with joust, however
 * joust ends.  False: see errno. */
bool runner_start(struct runner *r, struct str command, const cpu_set_t *cpus, rlim_t files);

/* Waits until the plan's first step is answered at all.  False: one sentence in `why`: what it
 * answered, that nobody listens, or, of a runner, how it ended and its last line. `r` may be NULL,
 * and so may `stop`, which ends the waiting when it becomes true. */
bool runner_wait_ready(struct runner *r, const struct plan *plan, int64_t timeout_ns,
                       const atomic_int *stop, struct buf *why);

/* SIGTERM to the group, then to what is left of all that it started, SIGKILL after ten seconds or, at
 * once, when `signals` (or NULL) counts two; waits for all.  A zeroed one may be stopped. */
void runner_stop(struct runner *r, const atomic_int *signals);
