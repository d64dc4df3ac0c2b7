/* joust/runner.c: a supervisor, the log of what it runs, and the waiting for both. */
#include "joust/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "joust/markup.h"
#include "joust/supervisor.h"
#include "load/visit.h"

enum {
    POLL_MS = 20,
    STOP_MS = 3 * SUPERVISOR_MS,        /* it needs two of three at most */
    LAST_BYTES = 4096,          /* of the log, in which its last line is looked for */
    LINE_BYTES = 200,
    BODY_BYTES_MAX = 64 << 20,
};

/* ---- Its beginning -------------------------------------------------------------------------- */

static int open_log(void)
{
    const char *folder = getenv("TMPDIR");
    int         fd = open(folder && *folder ? folder : "/tmp",
                          O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);

    return fd >= 0 ? fd : memfd_create("log", MFD_CLOEXEC);
}

/* False when there is none (yet); errno is that of read(). */
static bool hear(int fd, struct supervisor_word *word)
{
    ssize_t n;

    while ((n = read(fd, word, sizeof *word)) < 0 && errno == EINTR)
        continue;
    if (n == 0)
        errno = ECHILD;         /* the supervisor has been ended by another */
    return n == (ssize_t)sizeof *word;
}

static bool spawn(struct runner *r, const struct supervised *what)
{
    int                    ends[2];
    pid_t                  parent = getpid();
    struct supervisor_word word = { 0 };

    if (pipe2(ends, O_CLOEXEC))
        return false;
    pid_t pid = fork();
    if (pid == 0)
        supervisor_run(what, ends[1], parent);
    close(ends[1]);
    int error = pid < 0 ? errno : hear(ends[0], &word) ? word.error : errno;
    if (error == 0) {
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        *r = (struct runner){ .pid = word.pid, .log = what->log, .supervisor = pid, .report = ends[0] };
        return true;
    }
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    errno = error;
    return false;
}

bool runner_start(struct runner *r, struct str command, const cpu_set_t *cpus, rlim_t files)
{
    char *text = strndup(command.at ? command.at : "", command.len);
    int   log = open_log();

    *r = (struct runner){ .log = -1, .report = -1 };
    const struct supervised what = { .command = text, .log = log, .cpus = cpus, .files = files };
    bool started = text && log >= 0 && spawn(r, &what);
    int  error = errno;
    free(text);
    if (!started && log >= 0)
        close(log);
    errno = error;
    return started;
}

/* ---- Its end ---------------------------------------------------------------------------- */

/* What has once been read is kept. */
static bool has_ended(struct runner *r)
{
    struct supervisor_word word;

    if (!r || r->pid <= 0)
        return false;
    if (!r->ended && hear(r->report, &word)) {
        r->ended = true;
        r->code = word.code;
        r->status = word.status;
    } else if (!r->ended && errno == ECHILD) {
        r->ended = true;
        r->code = CLD_KILLED;
        r->status = SIGKILL;
    }
    return r->ended;
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
    markup_plain(why, line);
}

static void describe_end(struct buf *why, const struct runner *r)
{
    if (r->code == CLD_EXITED)
        buf_format(why, "its command ended with status %d", r->status);
    else
        buf_format(why, "its command was ended by signal %d (%s)", r->status,
                   sigdescr_np(r->status) ? sigdescr_np(r->status) : "unknown");
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
                       const atomic_int *stop, struct buf *why)
{
    int64_t    until = clock_monotonic_ns(&system_clock) + timeout_ns, left = timeout_ns;
    char       memory[1024];
    struct buf last = buf_fixed(memory, sizeof memory);
    bool       ready = false, ended = false;

    while (!ready && !ended && left > 0 && !(stop && *stop)) {
        ready = answers(plan, left, &last);
        ended = has_ended(r);     /* asked last: another may have answered in its place */
        left = until - clock_monotonic_ns(&system_clock);
        if (!ready && !ended && left > 0)
            poll(NULL, 0, POLL_MS);
    }
    if (ended)
        describe_end(why, r);
    else if (!ready)
        describe_silence(why, r, plan, timeout_ns, buf_str(&last));
    return ready && !ended;
}

/* True when the supervisor has ended and was waited for; when told to hurry, it is. */
static bool supervisor_waited(pid_t supervisor, const atomic_int *signals)
{
    int64_t until = clock_monotonic_ns(&system_clock) + STOP_MS * INT64_C(1000000);
    bool    hurried = false;

    while (waitpid(supervisor, NULL, WNOHANG) == 0) {
        if (clock_monotonic_ns(&system_clock) >= until)
            return false;
        if (signals && *signals > 1 && !hurried)
            hurried = kill(supervisor, SIGUSR1) == 0;
        poll(NULL, 0, POLL_MS / 4);
    }
    return true;
}

void runner_stop(struct runner *r, const atomic_int *signals)
{
    if (r->pid <= 0)
        return;
    kill(r->supervisor, SIGTERM);
    if (!supervisor_waited(r->supervisor, signals)) {
        kill(r->supervisor, SIGKILL);
        waitpid(r->supervisor, NULL, 0);
    }
    close(r->log);
    close(r->report);
    *r = (struct runner){ .log = -1, .report = -1 };
}
