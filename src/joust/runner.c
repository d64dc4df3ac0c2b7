/* joust/runner.c: fork, exec, and an end that leaves nobody behind.
 *
 * A runner leads a process group, which is what is stopped.  joust makes itself the parent of what
 * its runners leave behind (PR_SET_CHILD_SUBREAPER), so that it can wait for all of a group and not
 * for the shell alone.  When joust is killed, the kernel ends the shell's exec'd command with it
 * (PR_SET_PDEATHSIG); that does not reach what a command has forked. */
#include "joust/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/visit.h"

enum {
    POLL_MS = 20,
    STOP_MS = 10000,
    LAST_BYTES = 4096,          /* of the log, in which its last line is looked for */
    LINE_BYTES = 200,
    BODY_BYTES_MAX = 64 << 20,
};

/* ---- The child -------------------------------------------------------------------------- */

static int open_log(void)
{
    const char *folder = getenv("TMPDIR");
    int         fd = open(folder && *folder ? folder : "/tmp",
                          O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);

    return fd >= 0 ? fd : memfd_create("log", MFD_CLOEXEC);
}

/* No descriptor is inherited, nor what this process does with signals. */
static void become(const char *command, int log, const cpu_set_t *cpus, pid_t parent)
{
    sigset_t none;
    int      null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setpgid(0, 0) || prctl(PR_SET_PDEATHSIG, SIGTERM) || null < 0 || dup2(null, 0) < 0 ||
        dup2(log, 1) < 0 || dup2(log, 2) < 0 ||
        (cpus && sched_setaffinity(0, sizeof *cpus, cpus)))
        return;
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (getppid() == parent)
        execl("/bin/sh", "sh", "-c", command, NULL);
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

/* Its process id, or -1: see errno. */
static pid_t spawn(const char *command, int log, const cpu_set_t *cpus)
{
    int   ends[2];
    pid_t parent = getpid();

    if (pipe2(ends, O_CLOEXEC))
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        become(command, log, cpus, parent);
        _exit(write(ends[1], &errno, sizeof errno) > 0 ? 126 : 125);
    }
    int error = pid < 0 ? errno : 0;
    close(ends[1]);
    if (pid > 0 && (error = hear(ends[0])) != 0) {
        waitpid(pid, NULL, 0);
        pid = -1;
    }
    close(ends[0]);
    errno = error;
    return pid;
}

bool runner_start(struct runner *r, struct str command, const cpu_set_t *cpus)
{
    char *text = strndup(command.at ? command.at : "", command.len);
    int   log = open_log();
    pid_t pid = -1;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (text && log >= 0)
        pid = spawn(text, log, cpus);
    int error = errno;
    free(text);
    if (pid < 0 && log >= 0)
        close(log);
    *r = pid > 0 ? (struct runner){ pid, log } : (struct runner){ 0, -1 };
    errno = error;
    return pid > 0;
}

/* ---- Its end ---------------------------------------------------------------------------- */

/* Leaves it to be waited for, so that its number and its group's stay its own. */
static bool has_ended(const struct runner *r, siginfo_t *how)
{
    *how = (siginfo_t){ 0 };
    return r && r->pid > 0 && waitid(P_PID, (id_t)r->pid, how, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           how->si_pid == r->pid;
}

static struct str last_line(const struct runner *r, char *memory, size_t bytes)
{
    struct stat file;
    off_t       from = 0;

    if (fstat(r->log, &file))
        return LIT("");
    if (file.st_size > (off_t)bytes)
        from = file.st_size - (off_t)bytes;
    ssize_t    n = pread(r->log, memory, bytes, from);
    struct str text = { memory, n > 0 ? (size_t)n : 0 };
    while (text.len > 0 && (unsigned char)text.at[text.len - 1] <= ' ')
        text.len--;
    const char *newline = text.len ? memrchr(text.at, '\n', text.len) : NULL;
    if (newline)
        text = str_slice(text, (size_t)(newline + 1 - text.at), text.len);
    return str_slice(text, 0, LINE_BYTES);
}

static void add_last_line(struct buf *why, const struct runner *r)
{
    char       memory[LAST_BYTES];
    struct str line = last_line(r, memory, sizeof memory);

    if (line.len)
        buf_add(why, LIT(": "));
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.at[i];
        buf_add_char(why, c < ' ' || c == 0x7f ? ' ' : (char)c);
    }
}

static void describe_end(struct buf *why, const struct runner *r, const siginfo_t *how)
{
    if (how->si_code == CLD_EXITED)
        buf_format(why, "its command ended with status %d", how->si_status);
    else
        buf_format(why, "its command was ended by signal %d (%s)", how->si_status,
                   sigdescr_np(how->si_status) ? sigdescr_np(how->si_status) : "unknown");
    add_last_line(why, r);
}

/* ---- Waiting ---------------------------------------------------------------------------- */

/* `why` holds what is in the way of an answer, when there is none. */
static bool answers(const struct plan *plan, int64_t timeout_ns, struct buf *why)
{
    struct rng     rng = rng_seeded(1);
    struct str     values[VARIABLES_MAX] = { 0 };
    struct filling filling = { .rng = &rng, .values = values };
    struct buf     media_type = buf_growing(4096), body = buf_growing(BODY_BYTES_MAX);
    int            status = 0;

    buf_reset(why);
    bool answered = visit_ask(plan, &plan->steps[0], &filling, timeout_ns, &status, &media_type,
                              &body, why);
    buf_close(&media_type);
    buf_close(&body);
    return answered || status > 0;
}

static void describe_silence(struct buf *out, const struct runner *r, const struct plan *plan,
                             int64_t timeout_ns, struct str why)
{
    buf_format(out, "%.*s did not answer within %.3g s: %.*s", STR_ARG(plan->url.text),
               (double)timeout_ns / 1e9, STR_ARG(why));
    if (r && r->pid > 0) {
        buf_add(out, LIT("; its command runs"));
        add_last_line(out, r);
    }
}

bool runner_wait_ready(struct runner *r, const struct plan *plan, int64_t timeout_ns,
                       const volatile sig_atomic_t *stop, struct buf *why)
{
    int64_t    until = clock_monotonic_ns(&system_clock) + timeout_ns, left = timeout_ns;
    char       memory[1024];
    struct buf last = buf_fixed(memory, sizeof memory);
    siginfo_t  how;
    bool       ready = false, ended = false;

    while (!ready && !ended && left > 0 && !(stop && *stop)) {
        ready = answers(plan, left, &last);
        ended = has_ended(r, &how);     /* asked last: another may have answered in its place */
        left = until - clock_monotonic_ns(&system_clock);
        if (!ready && !ended && left > 0)
            poll(NULL, 0, POLL_MS);
    }
    if (ended)
        describe_end(why, r, &how);
    else if (!ready)
        describe_silence(why, r, plan, timeout_ns, buf_str(&last));
    return ready && !ended;
}

/* True when all of the group have ended and were waited for. */
static bool group_waited(pid_t group, int64_t timeout_ns)
{
    int64_t until = clock_monotonic_ns(&system_clock) + timeout_ns;
    pid_t   one;

    for (;;) {
        while ((one = waitpid(-group, NULL, WNOHANG)) > 0)
            continue;
        if (one < 0 && errno == ECHILD)
            return true;
        if (clock_monotonic_ns(&system_clock) >= until)
            return false;
        poll(NULL, 0, POLL_MS / 4);
    }
}

void runner_stop(struct runner *r)
{
    if (r->pid <= 0)
        return;
    kill(-r->pid, SIGTERM);
    if (!group_waited(r->pid, STOP_MS * INT64_C(1000000))) {
        kill(-r->pid, SIGKILL);
        group_waited(r->pid, STOP_MS * INT64_C(1000000));
    }
    close(r->log);
    *r = (struct runner){ 0, -1 };
}
