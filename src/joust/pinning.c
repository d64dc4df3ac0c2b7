/* joust/pinning.c: the masks of threads, by their numbers and the time at which they began. */
#include "joust/pinning.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct pinned_thread {
    pid_t     id;
    uint64_t  started;          /* 0: unknown; numbers are used again */
    cpu_set_t cpus;
};

typedef void visitor(struct pinning *p, pid_t thread);

static void keep(struct pinning *p, pid_t thread)
{
    struct pinned_thread now = { .id = thread, .started = process_started(thread) };

    if (!now.started || sched_getaffinity(thread, sizeof now.cpus, &now.cpus))
        return;                 /* it has vanished */
    if (p->count == p->room) {
        size_t                room = p->room * 2 + 64;
        struct pinned_thread *at = reallocarray(p->at, room, sizeof *at);
        if (!at)
            return;
        p->at = at;
        p->room = room;
    }
    p->at[p->count++] = now;
}

static const struct pinned_thread *kept(const struct pinning *p, pid_t thread, uint64_t started)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->at[i].id == thread && p->at[i].started == started)
            return &p->at[i];
    return &p->at[0];
}

static void give_back(struct pinning *p, pid_t thread)
{
    const struct pinned_thread *before = kept(p, thread, process_started(thread));

    sched_setaffinity(thread, sizeof before->cpus, &before->cpus);
}

/* The first thread of a process has its number, and is listed first. */
static void each_thread(struct pinning *p, visitor *visit)
{
    pid_t  pids[TREE_MAX];
    size_t count = process_list(&p->tree, pids, TREE_MAX);
    char   path[64];

    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "/proc/%d/task", pids[i]);
        DIR *threads = opendir(path);
        for (struct dirent *e; threads && (e = readdir(threads)) != NULL;)
            if (isdigit((unsigned char)e->d_name[0]))
                visit(p, atoi(e->d_name));
        if (threads)
            closedir(threads);
    }
}

bool pinning_open(struct pinning *p, const struct process_tree *t, const cpu_set_t *cpus)
{
    *p = (struct pinning){ .tree = *t };
    each_thread(p, keep);
    if (process_pin(t, cpus))
        return true;
    int error = errno;
    pinning_close(p);
    errno = error;
    return false;
}

/* Those that have left the tree first; then all of it, twice for what was begun by a thread that was
 * still pinned. */
void pinning_close(struct pinning *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (process_started(p->at[i].id) == p->at[i].started)
            give_back(p, p->at[i].id);
    for (int pass = 0; pass < 2 && p->count > 0; pass++)
        each_thread(p, give_back);
    free(p->at);
    *p = (struct pinning){ 0 };
}
