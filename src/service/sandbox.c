/* sandbox.c: two tables of system calls and a Landlock rule set.
 *
 * The lists hold what the processes do after start-up: the front reads and writes sockets that
 * it has, accepts, waits, reads a database whose descriptors are open; the keeper opens, writes
 * and syncs files beneath one directory and talks over pairs that it has.  Neither makes a
 * socket, runs a program, or maps executable memory. */
#include "service/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool sandbox_prepare(void)
{
    struct rlimit none = { 0, 0 };

    return prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           setrlimit(RLIMIT_CORE, &none) == 0;
}

/* ---- Landlock --------------------------------------------------------------------------- */

/* Rights and rules beyond the kernel headers of Debian 12 (linux/landlock.h of 6.7). */
enum { NET_BIND_TCP = 1 << 0, NET_CONNECT_TCP = 1 << 1 };

struct ruleset_with_net {
    __u64 handled_access_fs;
    __u64 handled_access_net;
};

static const __u64 files_v1 =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM;

static const __u64 keeper_files = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                                  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG;

static bool allow_beneath(int ruleset, const char *directory)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = keeper_files };

    rule.parent_fd = open(directory, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return false;
    long done = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
    return done == 0;
}

static bool allow_all_beneath(int ruleset, const char *const *directories)
{
    for (; directories && *directories; directories++)
        if (!allow_beneath(ruleset, *directories))
            return false;
    return true;
}

bool sandbox_files(const char *const *directories, struct buf *summary)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct ruleset_with_net rules = { files_v1, NET_BIND_TCP | NET_CONNECT_TCP };

    if (version < 1) {
        buf_add(summary, LIT("landlock=absent "));
        return true;
    }
    size_t size = version >= 4 ? sizeof rules : sizeof rules.handled_access_fs;
    int    ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    bool   done = ruleset >= 0 && allow_all_beneath(ruleset, directories) &&
                syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    if (ruleset >= 0)
        close(ruleset);
    buf_format(summary, "landlock=%s ", !done ? "failed" : version >= 4 ? "files,tcp" : "files");
    return done;
}

/* ---- seccomp ---------------------------------------------------------------------------- */

static const int both_calls[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(recvfrom),
    SCMP_SYS(close), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(futex), SCMP_SYS(brk),
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield),
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lseek),
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sysinfo) /* qsort() asks how much memory there is */, SCMP_SYS(sigaltstack), SCMP_SYS(getrusage), SCMP_SYS(getuid), SCMP_SYS(geteuid),
};

static const int front_calls[] = {
    SCMP_SYS(accept4), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl),
};

static const int keeper_calls[] = {
    SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(pwrite64), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(access), SCMP_SYS(faccessat2), SCMP_SYS(lstat), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
    SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(flock), SCMP_SYS(getcwd), SCMP_SYS(readlink), SCMP_SYS(getdents64), SCMP_SYS(uname),
};

static bool allow_all(scmp_filter_ctx filter, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0)
            return false;
    return true;
}

/* Memory may be mapped and re-protected, but never executable. */
static bool allow_mapping(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_executable) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_executable) == 0;
}

/* Signals to itself alone: abort() raises one. */
static bool allow_own_signals(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)) == 0;
}

/* Only on sockets that are connected: an address, or TCP Fast Open, could connect one. */
static bool allow_sending(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 2, SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0),
                            SCMP_A4(SCMP_CMP_EQ, 0, 0)) == 0;
}

/* Not F_SETOWN, F_SETSIG or O_ASYNC, by which the kernel would send signals to others. */
static bool allow_fcntl(scmp_filter_ctx filter)
{
    static const scmp_datum_t commands[] = { F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC,
                                             F_GETLK, F_SETLK, F_SETLKW };

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, commands[i], 0)) != 0)
            return false;
    return true;
}

/* What the HTTP server does to a socket, and nothing else: a listening socket that was shut
 * down, or given a filter, would be deaf for every front to come. */
static bool allow_sockets(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(shutdown), 1, SCMP_A1(SCMP_CMP_EQ, SHUT_WR, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2, SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP, 0),
                            SCMP_A2(SCMP_CMP_EQ, TCP_NODELAY, 0)) == 0;
}

/* Calls that are allowed whatever their arguments the kernel remembers; of the others those that
 * requests make are looked for first. */
static bool order(scmp_filter_ctx filter)
{
    return seccomp_syscall_priority(filter, SCMP_SYS(sendto), 255) == 0 &&
           seccomp_syscall_priority(filter, SCMP_SYS(fcntl), 254) == 0;
}

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool fill(scmp_filter_ctx filter, enum sandbox_role role)
{
    return order(filter) && allow_all(filter, both_calls, COUNT(both_calls)) && allow_mapping(filter) &&
           allow_own_signals(filter) && allow_sending(filter) && allow_fcntl(filter) &&
           (role == SANDBOX_FRONT
                ? allow_all(filter, front_calls, COUNT(front_calls)) && allow_sockets(filter)
                : allow_all(filter, keeper_calls, COUNT(keeper_calls)));
}

bool sandbox_calls(enum sandbox_role role, struct buf *summary)
{
    if (prctl(PR_GET_SECCOMP) < 0 && errno == EINVAL) {
        buf_add(summary, LIT("seccomp=absent"));
        return true;
    }
    tzset();    /* libc reads the time zone at first use, and could not later */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool done = filter && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
                fill(filter, role) && seccomp_load(filter) == 0;

    seccomp_release(filter);
    buf_add(summary, done ? LIT("seccomp=on") : LIT("seccomp=failed"));
    return done;
}
