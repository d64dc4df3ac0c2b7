/* joust/process.h: what a target costs: the CPU time and memory of its process tree, from /proc. */
#pragma once
#include <sched.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "load/url.h"

enum { TREE_MAX = 512 };

struct process_tree {
    pid_t    root;              /* 0: unknown */
    uint64_t started;           /* when it was, in ticks since the machine was: numbers are used again; 0: any */
};

/* The tree below a process that was named.  False: one sentence in `why`: there is none, it is not
 * readable by us, or it is this process, one above it or the first of all. */
bool process_find(pid_t pid, struct process_tree *out, struct buf *why);

/* The tree that serves an address of this machine: the processes that hold the listening socket,
 * those above them that run the same executable (never this process or its own ancestors, nor one
 * above a process that serves one of `others` alone), and all below.  False: one sentence in `why`:
 * not local, nobody listens, or not readable by us. */
bool process_find_listening(const struct url *url, const struct url *others, size_t others_count,
                            struct process_tree *out, struct buf *why);

/* The process of the tree that holds the listening socket, the uppermost; 0: none. */
pid_t process_listener(const struct process_tree *t, const struct url *url);

/* One is a part of the other. */
bool process_overlap(const struct process_tree *a, const struct process_tree *b);

/* Their process ids, the root's first; how many.  None when it is gone. */
size_t process_list(const struct process_tree *t, pid_t *pids, size_t max);

/* When a process or a thread was started, as above; 0 when it is gone. */
uint64_t process_started(pid_t pid);

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
