/* service/sandbox.h: what a process may still do once it has started.
 *
 * Landlock first (it holds for threads made afterwards), seccomp last (it is put on all threads at once).  A forbidden system call kills the
 * process.  Where the kernel lacks one of the two, `summary` says so and the service goes on. */
#pragma once
#include "base/buf.h"

enum sandbox_role { SANDBOX_FRONT, SANDBOX_KEEPER };

/* Not dumpable, no new privileges, no core, dies with its parent. */
bool sandbox_prepare(void);

/* Front: no file at all, no TCP bind or connect.  Keeper: files beneath `directory` alone, no TCP.  Appends "landlock=…" to summary.
 * False: the kernel has it, and refused. */
bool sandbox_files(enum sandbox_role role, const char *directory, struct buf *summary);

/* The allow-list of system calls.  Appends "seccomp=…".  False: it could not be put on. */
bool sandbox_calls(enum sandbox_role role, struct buf *summary);
