/* joust/process.h: what a target costs: the CPU time and memory of its process tree, from /proc. */
#pragma once
#include <sched.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "load/url.h"

enum { TREE_MAX = 512 };

struct process_tree {
    pid_t root;                 /* 0: unknown */
};

/* The tree that serves an address of this machine: the processes that hold the listening socket,
 * those above them that run the same executable (never this process or its own ancestors), and
 * all below.  False: one sentence in `why`: not local, nobody listens, or not readable by us. */
bool process_find_listening(const struct url *url, struct process_tree *out, struct buf *why);

/* CPU time of all living processes of the tree, by their nanosecond clocks, and of the children
 * they have waited for; -1 when it is gone or not readable. */
int64_t process_cpu_ns(const struct process_tree *t);

/* The sum of each process's greatest resident size so far, in bytes; -1 as above. */
int64_t process_memory_bytes(const struct process_tree *t);

/* The path of the root's executable and its SHA-256 (libcrypto's EVP_Digest), hexadecimal; none where
 * unreadable. */
struct str process_program(const struct process_tree *t, struct arena *arena);
struct str process_program_hash(const struct process_tree *t, struct arena *arena);

/* Pins every thread of the tree.  False: see errno. */
bool process_pin(const struct process_tree *t, const cpu_set_t *cpus);
