/* joust/pinning.h: where the threads of a process tree were allowed to run, to be given back.
 *
 * A service that joust measures goes on when joust ends: it must not stay where joust put it. */
#pragma once
#include "joust/process.h"

struct pinning {
    struct process_tree tree;
    struct pinned_thread *at;           /* owned; the root's first thread is the first */
    size_t              count, room;
};

/* Remembers, then pins every thread of the tree.  False: see errno; what was pinned is given back. */
bool pinning_open(struct pinning *p, const struct process_tree *t, const cpu_set_t *cpus);

/* Each thread may run again where it might; those born since, where the root's first might.  Of two
 * that share threads, the second is closed first.  A zeroed one may be closed. */
void pinning_close(struct pinning *p);
