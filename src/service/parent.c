/* parent.c: fork, exec, wait. */
#include "service/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "service/listener.h"
#include "service/role.h"

enum {
    EARLY_DEATH_NS = 1000000000,
    ECHO_NS = 1000000000,   /* a supervisor may signal the process and then its group */
    PAUSE_MS_MAX = 2000,
    PATIENCE_MS = 5000,
    CHANNEL_BYTES = 4 << 20
};

struct child {
    pid_t       pid;            /* 0: not running */
    const char *name;           /* argv[0] of the process */
    int64_t     started_ns;
    int         early_deaths;   /* in a row */
    bool        told;           /* to end, by us: how it ends is no fault of its own */
};

struct parent {
    const struct options *options;
    char                **argv;
    int                   listener, signals, ready_read, ready_write;
    char                  address[128], issuer[160];
    size_t                count;
    int                   front_ends[ROLE_CHANNELS_MAX], keeper_ends[ROLE_CHANNELS_MAX];
    struct child          keeper, front;
    uint32_t              generation;
    bool                  announced, stopping;
    int                   status;       /* to exit with */
    int64_t               patience_ns;  /* when stopping: until then children may end by themselves, */
    int64_t               echo_ns;      /* and until then a second signal is an echo of the first */
};

static int fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    return 1;
}

/* ---- Channels --------------------------------------------------------------------------- */

static void close_channels(struct parent *p)
{
    for (size_t i = 0; i < p->count; i++) {
        close(p->front_ends[i]);
        close(p->keeper_ends[i]);
    }
    p->count = 0;
}

static bool open_channels(struct parent *p)
{
    size_t wanted = (size_t)p->options->threads;
    int    bytes = CHANNEL_BYTES;

    while (p->count < wanted) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
            return false;
        for (int i = 0; i < 2; i++)
            setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
        p->front_ends[p->count] = ends[0];
        p->keeper_ends[p->count++] = ends[1];
    }
    return true;
}

/* ---- Children --------------------------------------------------------------------------- */

static void keep_open(int fd)
{
    CHECK(fcntl(fd, F_SETFD, 0) == 0);
}

/* Who issues tokens is named after the real port, when the system chose it; an option or the
 * environment still wins. */
static bool names_issuer(const struct parent *p)
{
    return str_ends(p->options->listen, LIT(":0")) && !getenv("POSTERN_ISSUER");
}

/* The child's environment: its role, the issuer, and for a front nothing of the master key. */
static char **environment_for(struct parent *p, const struct role_card *card, char *text)
{
    size_t count = 0, n = 0;

    while (environ[count])
        count++;
    char **out = calloc(count + 3, sizeof *out);
    CHECK(out);
    for (size_t i = 0; i < count; i++)
        if (card->role == ROLE_KEEPER ||
            !str_starts(str_of(environ[i]), LIT("POSTERN_MASTER_KEY=")))
            out[n++] = environ[i];
    out[n++] = text;
    if (names_issuer(p))
        out[n] = p->issuer;
    return out;
}

static _Noreturn void become(struct parent *p, const struct role_card *card, const char *name)
{
    char   text[ROLE_TEXT_BYTES];
    char **environment;

    /* Signals stay blocked until the child is ready for them. */
    keep_open(card->ready_fd);
    if (card->role == ROLE_FRONT)
        keep_open(card->listener);
    for (size_t i = 0; i < card->count; i++)
        keep_open(card->channels[i]);
    role_write(card, text);
    environment = environment_for(p, card, text);
    p->argv[0] = (char *)name;
    execve("/proc/self/exe", p->argv, environment);
    _exit(fail("cannot run my own binary anew"));
}

static bool start(struct parent *p, struct child *c, enum role role)
{
    struct role_card card = { .role = role,
                              .parent = getpid(),
                              .ready_fd = p->ready_write,
                              .listener = p->listener,
                              .count = p->count };

    memcpy(card.channels, role == ROLE_FRONT ? p->front_ends : p->keeper_ends,
           sizeof card.channels);
    if (role == ROLE_FRONT)
        card.generation = ++p->generation;
    c->started_ns = clock_monotonic_ns(&system_clock);
    c->told = false;
    c->pid = fork();
    if (c->pid == 0)
        become(p, &card, c->name);
    return c->pid > 0;
}

static bool start_both(struct parent *p)
{
    return open_channels(p) && start(p, &p->keeper, ROLE_KEEPER) && start(p, &p->front, ROLE_FRONT);
}

/* ---- Deaths ----------------------------------------------------------------------------- */

static void tell(struct child *c, int signal)
{
    if (!c->pid)
        return;
    c->told = true;
    kill(c->pid, signal);
}

/* The front ends first, so that the keeper can still answer what it has accepted.  One that does
 * not serve yet has nothing to answer. */
static void stop(struct parent *p, int status)
{
    p->stopping = true;
    p->status = status;
    p->echo_ns = clock_monotonic_ns(&system_clock) + ECHO_NS;
    p->patience_ns = clock_monotonic_ns(&system_clock) +
                     (p->options->shutdown_timeout_ms + PATIENCE_MS) * 1000000;
    if (p->front.pid)
        tell(&p->front, p->announced ? SIGTERM : SIGKILL);
    else
        tell(&p->keeper, KEEPER_STOPS);
}

static void stop_at_once(struct parent *p)
{
    tell(&p->front, SIGKILL);
    tell(&p->keeper, SIGKILL);
}

static void log_death(const struct child *c, int status)
{
    char       text[64];
    struct buf b = buf_fixed(text, sizeof text);

    if (WIFSIGNALED(status))
        buf_format(&b, "signal %d", WTERMSIG(status));
    else
        buf_format(&b, "exit %d", WEXITSTATUS(status));
    log_event(LOG_LEVEL_ERROR, "process_died",
              LOG_PAIRS({ "name", str_of(c->name) }, { "with", buf_str(&b) }));
}

/* The first replacement comes at once; one that dies early again and again is waited for a
 * little longer each time, but never given up: what it lacks (a database, say) may come back. */
static void pause_before(struct child *c)
{
    bool early = clock_monotonic_ns(&system_clock) - c->started_ns < EARLY_DEATH_NS;
    int  ms = 0;

    c->early_deaths = early ? c->early_deaths + 1 : 0;
    for (int i = 1; i < c->early_deaths && ms < PAUSE_MS_MAX; i++)
        ms = ms ? ms * 2 : 50;
    if (ms)
        poll(NULL, 0, ms < PAUSE_MS_MAX ? ms : PAUSE_MS_MAX);
}

static int exit_status(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 1;
}

/* When stopping: did it end as it was told? */
static void note_status(struct parent *p, const struct child *c, int status)
{
    bool never_served = c->told && WIFSIGNALED(status) && !p->announced;

    if (status && p->status == 0 && !never_served)
        p->status = exit_status(status);
}

static void front_died(struct parent *p, int status)
{
    p->front.pid = 0;
    if (p->stopping) {
        note_status(p, &p->front, status);
        tell(&p->keeper, KEEPER_STOPS);
    } else if (!p->announced) {
        stop(p, exit_status(status));
    } else {
        log_death(&p->front, status);
        pause_before(&p->front);
        if (!start(p, &p->front, ROLE_FRONT))
            stop(p, 1);
    }
}

static void keeper_died(struct parent *p, int status)
{
    p->keeper.pid = 0;
    if (p->stopping) {
        note_status(p, &p->keeper, status);
        tell(&p->front, SIGKILL);   /* it could not answer any more */
        return;
    }
    if (!p->announced) {
        stop(p, exit_status(status));
        return;
    }
    log_death(&p->keeper, status);
    if (p->front.pid) {
        kill(p->front.pid, SIGKILL);
        waitpid(p->front.pid, NULL, 0);
        p->front.pid = 0;
    }
    close_channels(p);
    pause_before(&p->keeper);
    if (!start_both(p))
        stop(p, 1);
}

static void reap(struct parent *p)
{
    int   status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == p->keeper.pid)
            keeper_died(p, status);
        else if (pid == p->front.pid)
            front_died(p, status);
    }
}

/* ---- Events ----------------------------------------------------------------------------- */

static void take_signal(struct parent *p)
{
    struct signalfd_siginfo info;

    if (read(p->signals, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGCHLD)
        reap(p);
    else if (!p->stopping)
        stop(p, 0);
    else if (clock_monotonic_ns(&system_clock) > p->echo_ns)
        stop_at_once(p);    /* whoever asks twice does not want to wait */
}

/* How long to wait for events; whoever has not ended when patience is over is ended. */
static int wait_ms(struct parent *p)
{
    if (!p->stopping)
        return -1;
    int64_t left_ms = (p->patience_ns - clock_monotonic_ns(&system_clock)) / 1000000;
    if (left_ms <= 0)
        stop_at_once(p);
    return left_ms > 0 ? (int)left_ms : 1000;
}

static void take_ready(struct parent *p)
{
    char byte;

    /* One that is ready when it was already told to end does not count as having served. */
    if (read(p->ready_read, &byte, 1) != 1 || p->announced || p->stopping)
        return;
    p->announced = true;
    printf("listening on http://%s\n", p->address);
    fflush(stdout);
}

static bool open_parent(struct parent *p, struct buf *why)
{
    struct buf bound = buf_fixed(p->address, sizeof p->address - 1);
    sigset_t   ours;
    int        pipe_ends[2];

    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    sigaddset(&ours, KEEPER_STOPS);             /* not ours, but a child must not die of it early */
    sigprocmask(SIG_BLOCK, &ours, NULL);
    sigdelset(&ours, KEEPER_STOPS);
    signal(SIGPIPE, SIG_IGN);                   /* who reads the log may go away */
    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);   /* whatever was left open is not for the children */
    p->signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    p->listener = listener_open(p->options->listen, &bound, why);
    if (p->listener < 0)
        return false;
    snprintf(p->issuer, sizeof p->issuer, "POSTERN_ISSUER=http://%s", p->address);
    if (p->signals < 0 || pipe2(pipe_ends, O_CLOEXEC) != 0) {
        buf_add(why, LIT("no descriptors"));
        return false;
    }
    p->ready_read = pipe_ends[0];
    p->ready_write = pipe_ends[1];
    return true;
}

int parent_run(const struct options *o, char **argv)
{
    struct parent p = {
        .options = o, .argv = argv, .keeper.name = "postern-keeper", .front.name = "postern-front"
    };
    char          text[512];
    struct buf    why = buf_fixed(text, sizeof text - 1);

    if (!o->no_sandbox)     /* LeakSanitizer must be able to look */
        prctl(PR_SET_DUMPABLE, 0);
    if (!open_parent(&p, &why)) {
        text[why.len] = 0;
        return fail(text);
    }
    if (!start_both(&p))
        return fail("cannot start processes");
    while (p.keeper.pid || p.front.pid) {
        struct pollfd fds[] = { { .fd = p.signals, .events = POLLIN },
                                { .fd = p.ready_read, .events = POLLIN } };
        if (poll(fds, 2, wait_ms(&p)) < 0)
            continue;
        if (fds[1].revents & POLLIN)
            take_ready(&p);
        if (fds[0].revents & POLLIN)
            take_signal(&p);
    }
    return p.status;
}
