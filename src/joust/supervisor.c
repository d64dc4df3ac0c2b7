/* joust/supervisor.c: fork, exec, and an end that leaves nobody behind. */
#include "joust/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "joust/process.h"

enum { LOOK_MS = 10, NS_PER_MS = 1000000 };

struct supervisor {
    pid_t   command;            /* leader of a process group */
    int     report;
    bool    ended, rest_told;   /* the command has; SIGTERM went to those that left the group */
    int64_t stop_ns;            /* when it was told to end; 0: it was not */
    int64_t kill_ns;            /* from when on it is SIGKILL */
};

/* ---- The command ------------------------------------------------------------------------ */

/* No descriptor is inherited, nor what joust does with signals. */
static void become(const struct supervised *what, pid_t parent)
{
    sigset_t      none;
    struct rlimit files;
    int           null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setpgid(0, 0) || prctl(PR_SET_PDEATHSIG, SIGTERM) || null < 0 || dup2(null, 0) < 0 ||
        dup2(what->log, 1) < 0 || dup2(what->log, 2) < 0 ||
        (what->cpus && sched_setaffinity(0, sizeof *what->cpus, what->cpus)))
        return;
    if (what->files && getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = what->files;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (getppid() == parent)
        execl("/bin/sh", "sh", "-c", what->command, NULL);
}

/* The errno of a child that could not become the command, or 0 when its end was closed by exec. */
static int hear(int fd)
{
    int     error = 0;
    ssize_t n;

    while ((n = read(fd, &error, sizeof error)) < 0 && errno == EINTR)
        continue;
    return n == (ssize_t)sizeof error ? error : 0;
}

/* Its process id, or 0: see errno. */
static pid_t spawn(const struct supervised *what)
{
    int   ends[2];
    pid_t parent = getpid();

    if (pipe2(ends, O_CLOEXEC))
        return 0;
    pid_t pid = fork();
    if (pid == 0) {
        become(what, parent);
        _exit(write(ends[1], &errno, sizeof errno) > 0 ? 126 : 125);
    }
    int error = pid < 0 ? errno : 0;
    close(ends[1]);
    if (pid > 0)
        error = hear(ends[0]);
    close(ends[0]);
    errno = error;
    return error ? 0 : pid;
}

/* ---- Its end ---------------------------------------------------------------------------- */

static void say(const struct supervisor *s, struct supervisor_word word)
{
    if (write(s->report, &word, sizeof word) < 0)
        return;                 /* joust has ended, which is told otherwise */
}

/* False when there are no children any more. */
static bool reap(struct supervisor *s)
{
    siginfo_t how;

    for (;;) {
        how.si_pid = 0;
        if (waitid(P_ALL, 0, &how, WEXITED | WNOHANG))
            return errno != ECHILD;
        if (how.si_pid == 0)
            return true;
        if (how.si_pid == s->command && !s->ended) {
            s->ended = true;
            say(s, (struct supervisor_word){ s->command, 0, how.si_code, how.si_status });
        }
    }
}

static void tell_rest(int number)
{
    pid_t  pids[TREE_MAX];
    size_t count = process_list(&(struct process_tree){ .root = getpid() }, pids, TREE_MAX);

    for (size_t i = 1; i < count; i++)
        kill(pids[i], number);
}

/* The group's number stays its own while it has members. */
static bool group_is_gone(const struct supervisor *s)
{
    return kill(-s->command, 0) && errno == ESRCH;
}

static void begin_end(struct supervisor *s, int number, int64_t now)
{
    if (s->stop_ns == 0) {
        s->stop_ns = now;
        s->kill_ns = now + SUPERVISOR_MS * (int64_t)NS_PER_MS;
        if (number == SIGTERM && !group_is_gone(s))
            kill(-s->command, SIGTERM);
    }
    if (number == SIGUSR1 && now < s->kill_ns)
        s->kill_ns = now;
}

/* Those that left the group are told when it is gone, or takes its time. */
static void go_on_ending(struct supervisor *s, int64_t now)
{
    int64_t half = SUPERVISOR_MS / 2 * (int64_t)NS_PER_MS;

    if (now >= s->kill_ns) {
        tell_rest(SIGKILL);
    } else if (!s->rest_told && (group_is_gone(s) || now >= s->stop_ns + half)) {
        s->rest_told = true;
        tell_rest(SIGTERM);
    }
    if (now >= s->kill_ns + SUPERVISOR_MS * (int64_t)NS_PER_MS)
        _exit(1);               /* what SIGKILL does not end */
}

/* Nothing of joust's stays open here: no terminal, nor pipes that others wait to see closed. */
static void let_go(int report)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = 0; null >= 0 && fd < 3; fd++)
        dup2(null, fd);
    if (report > 3)
        close_range(3, (unsigned)report - 1, 0);
    close_range((unsigned)report + 1, ~0U, 0);
}

static void serve(struct supervisor *s, const sigset_t *signals)
{
    const struct timespec soon = { .tv_nsec = LOOK_MS * NS_PER_MS };

    while (reap(s) || s->stop_ns == 0) {
        int     number = sigtimedwait(signals, NULL, s->stop_ns ? &soon : NULL);
        int64_t now = clock_monotonic_ns(&system_clock);
        if (number == SIGTERM || number == SIGUSR1)
            begin_end(s, number, now);
        if (s->stop_ns)
            go_on_ending(s, now);
    }
}

void supervisor_run(const struct supervised *what, int report, pid_t parent)
{
    struct supervisor s = { .report = report };
    sigset_t          all, waited;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&waited);
    sigaddset(&waited, SIGTERM);
    sigaddset(&waited, SIGUSR1);
    sigaddset(&waited, SIGCHLD);
    signal(SIGCHLD, SIG_DFL);
    if (setpgid(0, 0) || prctl(PR_SET_PDEATHSIG, SIGTERM) || prctl(PR_SET_CHILD_SUBREAPER, 1) ||
        getppid() != parent)
        _exit(1);
    s.command = spawn(what);
    say(&s, (struct supervisor_word){ .pid = s.command, .error = s.command ? 0 : errno });
    if (!s.command)
        _exit(1);
    let_go(report);
    serve(&s, &waited);
    _exit(0);
}
