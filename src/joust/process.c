/* joust/process.c: one look at all of /proc, from which a tree is taken.
 *
 * The tree is walked anew each time, since workers come and go.  It is found by the parents that
 * /proc/PID/stat names: the kernel's lists of children (/proc/PID/task/TID/children) need an option
 * that not every kernel has, and may leave out siblings of one that ends meanwhile.  What vanishes
 * between two looks is passed over.  A process whose parent has ended belongs to init and to no
 * tree. */
#include "joust/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "joust/sockets.h"

enum { PATH_BYTES = 64, STAT_BYTES = 1024, STATUS_BYTES = 8192, HOLDERS_MAX = 256 };

struct process {
    pid_t    pid, parent;
    char     state;
    int64_t  waited_ticks;      /* CPU time of the children that it has waited for */
    uint64_t started;           /* in ticks since the machine was */
};

struct table {
    struct process *at;         /* owned */
    size_t          count, room;
};

struct tree {
    struct process at[TREE_MAX];        /* the root first */
    size_t         count;
};

/* ---- Looking ---------------------------------------------------------------------------- */

/* NUL-terminated; cut at `bytes`.  False when it cannot be read. */
static bool read_file(char *out, size_t bytes, pid_t pid, const char *name)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int     fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, bytes - 1);
    if (fd >= 0)
        close(fd);
    out[n > 0 ? n : 0] = 0;
    return n > 0;
}

/* The name in parentheses may hold any byte, so fields are counted from the last ')'. */
static bool read_process(pid_t pid, struct process *out)
{
    char               text[STAT_BYTES];
    long long          self, children;
    unsigned long long started;

    if (!read_file(text, sizeof text, pid, "stat"))
        return false;
    const char *behind = strrchr(text, ')');
    *out = (struct process){ .pid = pid };
    if (!behind || sscanf(behind, ") %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lld %lld"
                                  " %*d %*d %*d %*d %llu",
                          &out->state, &out->parent, &self, &children, &started) != 5)
        return false;
    out->waited_ticks = self + children;
    out->started = started;
    return true;
}

static bool table_add(struct table *t, const struct process *p)
{
    if (t->count == t->room) {
        size_t          room = t->room * 2 + 256;
        struct process *at = reallocarray(t->at, room, sizeof *at);
        if (!at)
            return false;
        t->at = at;
        t->room = room;
    }
    t->at[t->count++] = *p;
    return true;
}

static struct table look(void)
{
    struct table   t = { 0 };
    struct process p;
    DIR           *all = opendir("/proc");
    bool           fits = true;

    for (struct dirent *e; all && fits && (e = readdir(all)) != NULL;)
        if (isdigit((unsigned char)e->d_name[0]) && read_process(atoi(e->d_name), &p))
            fits = table_add(&t, &p);
    if (all)
        closedir(all);
    return t;
}

static const struct process *find(const struct table *t, pid_t pid)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->at[i].pid == pid)
            return &t->at[i];
    return NULL;
}

static pid_t parent_of(const struct table *t, pid_t pid)
{
    const struct process *p = find(t, pid);

    return p ? p->parent : 0;
}

/* NULL when it is gone; a root that has ended and was not yet waited for is, and so is one whose
 * number another process has now. */
static const struct process *root_of(const struct table *t, const struct process_tree *which)
{
    const struct process *root = which->root > 0 ? find(t, which->root) : NULL;

    if (!root || root->state == 'Z' || root->state == 'X' ||
        (which->started && which->started != root->started))
        return NULL;
    return root;
}

/* Empty when the root is gone. */
static void tree_of(const struct process_tree *which, struct tree *out)
{
    struct table          t = look();
    const struct process *root = root_of(&t, which);

    out->count = 0;
    if (root)
        out->at[out->count++] = *root;
    for (size_t i = 0; i < out->count; i++)
        for (size_t j = 0; j < t.count && out->count < TREE_MAX; j++)
            if (t.at[j].parent == out->at[i].pid)
                out->at[out->count++] = t.at[j];
    free(t.at);
}

static int64_t clock_of(pid_t pid)
{
    clockid_t       clock;
    struct timespec t;

    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
        return -1;
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- Who listens ------------------------------------------------------------------------ */

static bool holds_one(pid_t pid, const struct sockets *wanted, bool *unreadable)
{
    char          path[PATH_BYTES], link[PATH_BYTES];
    unsigned long inode;
    bool          holds = false;

    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *fds = opendir(path);
    if (!fds)
        *unreadable |= errno == EACCES || errno == EPERM;
    for (struct dirent *e; fds && !holds && (e = readdir(fds)) != NULL;) {
        ssize_t n = readlinkat(dirfd(fds), e->d_name, link, sizeof link - 1);
        link[n > 0 ? n : 0] = 0;
        if (sscanf(link, "socket:[%lu]", &inode) == 1)
            for (size_t i = 0; i < wanted->count && !holds; i++)
                holds = wanted->inodes[i] == inode;
    }
    if (fds)
        closedir(fds);
    return holds;
}

/* ---- Their root ------------------------------------------------------------------------- */

static bool is_above(const struct table *t, pid_t above, pid_t pid)
{
    for (int depth = 0; depth < TREE_MAX && pid > 0; depth++, pid = parent_of(t, pid))
        if (pid == above)
            return true;
    return false;
}

/* This process, those above it, and the first of all: none of them is a target. */
static bool is_ours(const struct table *t, pid_t pid)
{
    return pid <= 1 || is_above(t, pid, getpid());
}

static size_t read_program(pid_t pid, char *out, size_t bytes)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    ssize_t n = readlink(path, out, bytes - 1);
    out[n > 0 ? n : 0] = 0;
    return n > 0 ? (size_t)n : 0;
}

static bool same_program(pid_t a, pid_t b)
{
    char one[PATH_MAX], two[PATH_MAX];

    if (read_program(a, one, sizeof one) && read_program(b, two, sizeof two))
        return strcmp(one, two) == 0;
    return read_file(one, sizeof one, a, "comm") &&
           read_file(two, sizeof two, b, "comm") && strcmp(one, two) == 0;
}

/* Processes that hold one of a few sockets. */
struct holders {
    pid_t  at[HOLDERS_MAX];
    size_t count;
    bool   unreadable;          /* some may be missing */
};

static bool is_one_of(const struct holders *h, pid_t pid)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->at[i] == pid)
            return true;
    return false;
}

/* True when another target is served below, too. */
static bool is_shared(const struct table *t, pid_t above, const struct holders *own,
                      const struct holders *others)
{
    for (size_t i = 0; i < others->count; i++)
        if (!is_one_of(own, others->at[i]) && is_above(t, above, others->at[i]))
            return true;
    return false;
}

static pid_t climb(const struct table *t, pid_t pid, const struct holders *own,
                   const struct holders *others)
{
    for (int depth = 0; depth < TREE_MAX; depth++) {
        pid_t above = parent_of(t, pid);
        if (is_ours(t, above) || !same_program(pid, above) || is_shared(t, above, own, others))
            break;
        pid = above;
    }
    return pid;
}

/* The one above all others.  0: there are two, the second in *other. */
static pid_t topmost(const struct table *t, const struct holders *own, const struct holders *others,
                     pid_t *other)
{
    pid_t top = climb(t, own->at[0], own, others);

    for (size_t i = 1; i < own->count; i++)
        if (is_above(t, own->at[i], top))
            top = climb(t, own->at[i], own, others);
    for (size_t i = 0; i < own->count; i++)
        if (!is_above(t, top, own->at[i])) {
            *other = own->at[i];
            return 0;
        }
    return top;
}

static void add_holders(struct holders *h, const struct table *t, const struct sockets *wanted)
{
    for (size_t i = 0; wanted->count && i < t->count && h->count < HOLDERS_MAX; i++)
        if (holds_one(t->at[i].pid, wanted, &h->unreadable) && !is_ours(t, t->at[i].pid))
            h->at[h->count++] = t->at[i].pid;
}

static void add_holders_of_others(struct holders *h, const struct table *t, const struct url *urls,
                                  size_t count, const struct sockets *own)
{
    struct sockets wanted;

    for (size_t i = 0; i < count; i++) {
        sockets_find(&urls[i].address, &wanted);
        bool same = wanted.count && own->count && wanted.inodes[0] == own->inodes[0];
        if (!same && sockets_are_local(&urls[i].address))
            add_holders(h, t, &wanted);
    }
}

bool process_find(pid_t pid, struct process_tree *out, struct buf *why)
{
    struct process p;
    struct table   t = look();
    bool           above = is_above(&t, pid, getpid()), found = false;

    free(t.at);
    if (pid == 1)
        buf_add(why, LIT("process 1 is the machine's first, and no target"));
    else if (above)
        buf_format(why, "process %d is joust itself or has started it, and is no target", pid);
    else if (!read_process(pid, &p) || p.state == 'Z' || clock_of(pid) < 0)
        buf_format(why, "there is no process %d that joust may read", pid);
    else
        found = true;
    if (found)
        *out = (struct process_tree){ pid, p.started };
    return found;
}

bool process_find_listening(const struct url *url, const struct url *others, size_t others_count,
                            struct process_tree *out, struct buf *why)
{
    struct sockets wanted;
    struct holders own = { 0 }, rest = { 0 };
    pid_t          other = 0;

    if (!sockets_are_local(&url->address)) {
        buf_format(why, "%.*s is not this machine", STR_ARG(url->host));
        return false;
    }
    sockets_find(&url->address, &wanted);
    if (wanted.count == 0) {
        buf_format(why, "nobody listens on %.*s here", STR_ARG(url->host));
        return false;
    }
    struct table t = look();
    add_holders(&own, &t, &wanted);
    add_holders_of_others(&rest, &t, others, others_count, &wanted);
    pid_t    root = own.count ? topmost(&t, &own, &rest, &other) : 0;
    uint64_t started = root ? find(&t, root)->started : 0;
    free(t.at);
    if (own.count == 0)
        buf_format(why, own.unreadable ? "the process that listens on %.*s belongs to another user"
                                   : "the process that listens on %.*s is not to be seen from here",
                   STR_ARG(url->host));
    else if (root == 0)
        buf_format(why, "processes %d and %d both listen on %.*s and are not related",
                   own.at[0], other, STR_ARG(url->host));
    else
        *out = (struct process_tree){ root, started };
    return root > 0;
}

pid_t process_listener(const struct process_tree *which, const struct url *url)
{
    struct sockets wanted;
    struct tree    t;
    bool           unreadable;

    sockets_find(&url->address, &wanted);
    tree_of(which, &t);
    for (size_t i = 0; wanted.count && i < t.count; i++)
        if (holds_one(t.at[i].pid, &wanted, &unreadable))
            return t.at[i].pid;
    return 0;
}

bool process_overlap(const struct process_tree *a, const struct process_tree *b)
{
    struct table t = look();
    bool         do_overlap = root_of(&t, a) && root_of(&t, b) &&
                      (is_above(&t, a->root, b->root) || is_above(&t, b->root, a->root));

    free(t.at);
    return do_overlap;
}

size_t process_list(const struct process_tree *which, pid_t *pids, size_t max)
{
    struct tree t;
    size_t      count = 0;

    tree_of(which, &t);
    for (; count < t.count && count < max; count++)
        pids[count] = t.at[count].pid;
    return count;
}

uint64_t process_started(pid_t pid)
{
    struct process p;

    return read_process(pid, &p) ? p.started : 0;
}

/* ---- Cost ------------------------------------------------------------------------------- */

int64_t process_cpu_ns(const struct process_tree *which)
{
    struct tree t;
    int64_t     sum = -1, tick_ns = 1000000000 / sysconf(_SC_CLK_TCK);

    tree_of(which, &t);
    for (size_t i = 0; i < t.count; i++) {
        int64_t own = clock_of(t.at[i].pid);
        if (own < 0 && i == 0)
            return -1;
        if (own >= 0)
            sum = (sum < 0 ? 0 : sum) + own + t.at[i].waited_ticks * tick_ns;
    }
    return sum;
}

int64_t process_memory_bytes(const struct process_tree *which)
{
    struct tree t;
    int64_t     sum = -1;
    char        text[STATUS_BYTES];
    long long   kib;

    tree_of(which, &t);
    for (size_t i = 0; i < t.count; i++) {
        const char *line = read_file(text, sizeof text, t.at[i].pid, "status")
                               ? strstr(text, "\nVmHWM:") : NULL;
        if (line && sscanf(line, "\nVmHWM: %lld kB", &kib) == 1)
            sum = (sum < 0 ? 0 : sum) + kib * 1024;
    }
    return sum;
}

struct str process_program(const struct process_tree *t, struct arena *arena)
{
    char   path[PATH_MAX];
    size_t len = t->root > 0 ? read_program(t->root, path, sizeof path) : 0;

    return len ? arena_copy(arena, (struct str){ path, len }) : (struct str){ 0 };
}

static bool digest_file(int fd, EVP_MD_CTX *context, unsigned char *digest, unsigned *len)
{
    char    bytes[16384];
    ssize_t n = -1;

    if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        return false;
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        if (EVP_DigestUpdate(context, bytes, (size_t)n) != 1)
            return false;
    return n == 0 && EVP_DigestFinal_ex(context, digest, len) == 1;
}

struct str process_program_hash(const struct process_tree *t, struct arena *arena)
{
    char          path[PATH_BYTES], text[2 * EVP_MAX_MD_SIZE + 1];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned      len = 0;

    snprintf(path, sizeof path, "/proc/%d/exe", t->root);
    int         fd = t->root > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool        done = fd >= 0 && context && digest_file(fd, context, digest, &len);
    EVP_MD_CTX_free(context);
    if (fd >= 0)
        close(fd);
    for (unsigned i = 0; done && i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return done ? arena_copy(arena, (struct str){ text, 2 * len }) : (struct str){ 0 };
}

/* Threads that have vanished are pinned enough. */
static bool pin_threads(pid_t pid, const cpu_set_t *cpus)
{
    char path[PATH_BYTES];
    int  error = 0;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    for (struct dirent *e; threads && (e = readdir(threads)) != NULL;)
        if (isdigit((unsigned char)e->d_name[0]) &&
            sched_setaffinity(atoi(e->d_name), sizeof *cpus, cpus) && errno != ESRCH)
            error = errno;
    if (threads)
        closedir(threads);
    errno = error;
    return error == 0;
}

/* Twice, for what was begun by a thread that was not pinned yet. */
bool process_pin(const struct process_tree *which, const cpu_set_t *cpus)
{
    struct tree t;

    for (int pass = 0; pass < 2; pass++) {
        tree_of(which, &t);
        if (t.count == 0)
            errno = ESRCH;
        for (size_t i = 0; i < t.count; i++)
            if (!pin_threads(t.at[i].pid, cpus))
                return false;
    }
    return t.count > 0;
}
