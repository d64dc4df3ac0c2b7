/* service/sandbox.h: what a process may still do once it has started.
 *
 * Landlock first (it holds for threads made afterwards), seccomp last (it is put on all threads
 * at once).  A forbidden system call kills the process.  Where the kernel lacks one of the two,
 * `summary` says so and the service goes on. */
#pragma once
#include "base/buf.h"

enum sandbox_role { SANDBOX_FRONT, SANDBOX_KEEPER };

/* Not dumpable, no new privileges, no core. */
bool sandbox_prepare(void);

/* No file at all but what is beneath the `directories` (which end with NULL), no TCP bind or
 * connect.  Appends "landlock=…" to summary.  False: the kernel has it, and refused. */
bool sandbox_files(const char *const *directories, struct buf *summary);

/* The allow-list of system calls.  Appends "seccomp=…".  False: the kernel has it, and it could
 * not be put on. */
bool sandbox_calls(enum sandbox_role role, struct buf *summary);
