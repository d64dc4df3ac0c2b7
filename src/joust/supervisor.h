/* joust/supervisor.h: the process between joust and a command that it runs.
 *
 * What the command starts cannot leave it: whatever loses its parent becomes the supervisor's child
 * (PR_SET_CHILD_SUBREAPER), daemons too, so that it is done when it has no children left.  It is
 * told to end by a signal, or by the end of joust, however that comes about (PR_SET_PDEATHSIG). */
#pragma once
#include <sched.h>
#include <sys/resource.h>
#include <sys/types.h>

enum { SUPERVISOR_MS = 10000 };         /* for an end by SIGTERM, then for one by SIGKILL */

struct supervised {
    const char      *command;   /* for sh -c */
    int              log;
    const cpu_set_t *cpus;      /* where it may run, or NULL */
    rlim_t           files;     /* the soft limit of open files, or 0 */
};

/* What it writes to `report`: once whether the command has begun, once how it ended. */
struct supervisor_word {
    pid_t pid;                  /* of the command; 0: it did not begin, see error */
    int   error;
    int   code, status;         /* as in siginfo_t; 0 at the beginning */
};

/* What a process forked for it does from then on.  SIGTERM: SIGTERM to the command's group, then to
 * what is left below it, then SIGKILL; SIGUSR1: SIGKILL at once. */
void supervisor_run(const struct supervised *what, int report, pid_t parent) __attribute__((noreturn));
