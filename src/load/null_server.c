/* load/null_server.c: level-triggered epoll, one receive and one send a request.
 *
 * A reply that the peer's window cannot take at once is finished when there is room; until then
 * nothing more is read of that connection. */
#include "load/null_server.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "load/burn.h"

enum {
    EVENTS_MAX = 256,
    READ_BYTES = 64 * 1024,
    LARGE_BYTES = 16 * 1024,    /* what is smaller came whole */
    REPLY_BYTES_MAX = 64 * 1024 * 1024,
    MEASURES = 24,              /* the lower quartile is taken: a neighbour only adds */
    MEASURE_NS = 2000000,
    LEAP_NS = 2000,             /* sooner no other thread has come and gone */
};

struct serving {
    int        epoll, listener, signals;
    struct buf reply;
    int64_t    work_ns;         /* to burn for each request, what runs over taken off */
    uint32_t  *owed;            /* by descriptor: bytes of the reply not sent yet, */
    uint32_t  *missing;         /* and of a large request not read yet */
    size_t     room;            /* of both */
    char      *bytes;           /* what was read; nobody looks at it */
};

/* ---- Listening -------------------------------------------------------------------------- */

static bool split(struct str listen, char *host, size_t host_bytes, char *port, size_t port_bytes)
{
    const char *colon = listen.len ? memrchr(listen.at, ':', listen.len) : NULL;
    size_t      at = colon ? (size_t)(colon - listen.at) : 0;
    struct str  name = str_slice(listen, 0, at), number = str_slice(listen, at + 1, listen.len);
    uint64_t    value;

    if (name.len > 2 && name.at[0] == '[' && name.at[name.len - 1] == ']')
        name = str_slice(name, 1, name.len - 1);
    if (name.len == 0 || name.len >= host_bytes || !str_to_uint(number, 65535, &value))
        return false;
    snprintf(host, host_bytes, "%.*s", STR_ARG(name));
    snprintf(port, port_bytes, "%u", (unsigned)value);
    return true;
}

/* "127.0.0.1:0", "[::1]:8080", "localhost:80".  NULL: *why says why. */
static struct addrinfo *resolve(struct str listen, const char **why)
{
    const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char             host[NI_MAXHOST], port[NI_MAXSERV];

    if (!split(listen, host, sizeof host, port, sizeof port)) {
        *why = "that is not ADDR:PORT";
        return NULL;
    }
    int error = getaddrinfo(host, port, &hints, &found);
    if (error)
        *why = gai_strerror(error);
    return error ? NULL : found;
}

static int listen_at(const struct addrinfo *at, bool shared)
{
    const int on = 1;
    int       fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);      /* connections inherit it */
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* -1: *why says why. */
static int listen_on(struct str listen, bool shared, const char **why)
{
    struct addrinfo *found = resolve(listen, why);
    int              fd = found ? listen_at(found, shared) : -1;

    if (found && fd < 0)
        *why = strerror(errno);
    if (found)
        freeaddrinfo(found);
    return fd;
}

static void name_of(int listener, char *host, size_t host_bytes, uint16_t *port)
{
    struct sockaddr_storage at = { 0 };
    socklen_t               len = sizeof at;
    char                    number[NI_MAXSERV] = "0";
    uint64_t                value = 0;

    getsockname(listener, (struct sockaddr *)&at, &len);
    getnameinfo((struct sockaddr *)&at, len, host, (socklen_t)host_bytes, number, sizeof number,
                NI_NUMERICHOST | NI_NUMERICSERV);
    str_to_uint(str_of(number), 65535, &value);
    *port = (uint16_t)value;
}

static void announce(int listener)
{
    char     host[NI_MAXHOST] = "";
    uint16_t port;

    name_of(listener, host, sizeof host, &port);
    printf(strchr(host, ':') ? "listening on http://[%s]:%u\n" : "listening on http://%s:%u\n",
           host, port);
    fflush(stdout);
}

/* ---- Serving ---------------------------------------------------------------------------- */

static bool watch(const struct serving *s, int how, int fd, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.fd = fd };

    return epoll_ctl(s->epoll, how, fd, &e) == 0;
}

static bool grow(uint32_t **array, size_t count)
{
    uint32_t *larger = reallocarray(*array, count, sizeof **array);

    if (larger)
        *array = larger;
    return larger != NULL;
}

static bool has_room(struct serving *s, size_t fd)
{
    size_t count = fd * 2 + 1024;

    if (fd < s->room)
        return true;
    if (!grow(&s->owed, count) || !grow(&s->missing, count))
        return false;
    s->room = count;
    return true;
}

static void accept_all(struct serving *s)
{
    int fd;

    while ((fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (has_room(s, (size_t)fd) && watch(s, EPOLL_CTL_ADD, fd, EPOLLIN))
            s->owed[fd] = s->missing[fd] = 0;
        else
            close(fd);
    }
}

/* Sends the last `owed` bytes of the reply, or as many as can go. */
static void send_rest(struct serving *s, int fd, uint32_t owed)
{
    bool    waits = s->owed[fd] > 0;
    ssize_t n = send(fd, s->reply.at + s->reply.len - owed, owed, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        close(fd);
        return;
    }
    s->owed[fd] = owed - (n > 0 ? (uint32_t)n : 0);
    bool waits_now = s->owed[fd] > 0;
    if (waits != waits_now && !watch(s, EPOLL_CTL_MOD, fd, waits_now ? EPOLLOUT : EPOLLIN))
        close(fd);
}

/* What the head of a large request says that is still to come; nothing else is parsed. */
static uint32_t body_left(const char *bytes, size_t len)
{
    static const char name[] = "\r\nContent-Length: ";
    const char       *end = memmem(bytes, len, "\r\n\r\n", 4);
    const char       *at = end ? memmem(bytes, (size_t)(end - bytes), name, sizeof name - 1) : NULL;
    size_t            whole = at ? (size_t)(end - bytes) + 4 + strtoul(at + sizeof name - 1, NULL, 10) : 0;

    return whole > len ? (uint32_t)(whole - len) : 0;
}

static uint32_t missing_after(const struct serving *s, int fd, uint32_t n)
{
    if (s->missing[fd])
        return s->missing[fd] > n ? s->missing[fd] - n : 0;
    return n < LARGE_BYTES ? 0 : body_left(s->bytes, n);
}

static void answer(struct serving *s, int fd)
{
    ssize_t n = recv(fd, s->bytes, READ_BYTES, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        close(fd);
        return;
    }
    s->missing[fd] = missing_after(s, fd, (uint32_t)n);
    if (s->missing[fd])
        return;
    burn(s->work_ns);
    send_rest(s, fd, (uint32_t)s->reply.len);
}

/* Read, so that it is not delivered when signals are no longer blocked. */
static bool take_signal(const struct serving *s)
{
    struct signalfd_siginfo signal_taken;

    return read(s->signals, &signal_taken, sizeof signal_taken) > 0;
}

/* True until a signal came. */
static bool serve_events(struct serving *s, const struct epoll_event *events, int count)
{
    bool goes_on = true;

    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;
        if (fd == s->listener)
            accept_all(s);
        else if (fd == s->signals)
            goes_on = !take_signal(s);
        else if (s->owed[fd])
            send_rest(s, fd, s->owed[fd]);
        else
            answer(s, fd);
    }
    return goes_on;
}

/* The members opened so far are closed by serving_close(), whatever failed. */
static bool serving_open(struct serving *s, const struct null_server *with, const sigset_t *signals)
{
    s->bytes = malloc(READ_BYTES);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->signals = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
    s->reply = buf_growing(REPLY_BYTES_MAX);
    buf_format(&s->reply, "HTTP/1.1 200 OK\r\n"
                          "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                          "Content-Type: application/json\r\n"
                          "Content-Length: %zu\r\n"
                          "\r\n", with->body.len);
    buf_add(&s->reply, with->body);
    s->work_ns = burn_calibrate(with->work_ns);
    return s->bytes && !s->reply.failed && s->epoll >= 0 && s->signals >= 0 &&
           watch(s, EPOLL_CTL_ADD, s->listener, EPOLLIN) &&
           watch(s, EPOLL_CTL_ADD, s->signals, EPOLLIN);
}

static void serving_close(struct serving *s)
{
    if (s->epoll >= 0)
        close(s->epoll);
    if (s->signals >= 0)
        close(s->signals);
    buf_close(&s->reply);
    free(s->owed);
    free(s->missing);
    free(s->bytes);
}

static void allow_descriptors(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* Blocks the signals that end it for as long as it serves. */
static int serve(const struct null_server *with, int listener, bool announced)
{
    struct epoll_event events[EVENTS_MAX];
    struct serving     s = { .listener = listener };
    sigset_t           signals, before;
    int                count = 0;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    allow_descriptors();
    bool sound = serving_open(&s, with, &signals);
    if (sound && announced)
        announce(listener);
    while (sound && serve_events(&s, events, count)) {
        count = epoll_wait(s.epoll, events, EVENTS_MAX, -1);
        sound = count >= 0 || errno == EINTR;
    }
    if (!sound)
        fprintf(stderr, "joust: the do-nothing server failed: %s\n", strerror(errno));
    serving_close(&s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !sound;
}

/* ---- Processes -------------------------------------------------------------------------- */

struct crew {                   /* processes that serve one port, this one first */
    unsigned count;
    int      listeners[NULL_PROCESSES_MAX];
    pid_t    pids[NULL_PROCESSES_MAX];
};

static bool is_shared(const struct null_server *s)
{
    return s->processes > 1;
}

/* Another listener where the first one is. */
static int listen_beside(int listener)
{
    struct sockaddr_storage at = { 0 };
    socklen_t               len = sizeof at;
    struct addrinfo         same = { .ai_addr = (struct sockaddr *)&at };

    if (getsockname(listener, (struct sockaddr *)&at, &len))
        return -1;
    same.ai_family = at.ss_family;
    same.ai_addrlen = len;
    return listen_at(&same, true);
}

static void crew_close(struct crew *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        close(c->listeners[i]);
        if (c->pids[i] > 0) {
            kill(c->pids[i], SIGTERM);
            waitpid(c->pids[i], NULL, 0);
        }
    }
}

/* All listen before one serves, so that the kernel spreads connections from the first on. */
static bool crew_listen(struct crew *c, const struct null_server *s, const char **why)
{
    unsigned wanted = is_shared(s) ? s->processes : 1;

    CHECK(wanted <= NULL_PROCESSES_MAX);
    c->listeners[0] = listen_on(s->listen, is_shared(s), why);
    c->count = c->listeners[0] >= 0;
    while (c->count > 0 && c->count < wanted) {
        int fd = listen_beside(c->listeners[0]);
        if (fd < 0) {
            *why = strerror(errno);
            crew_close(c);
            return false;
        }
        c->listeners[c->count++] = fd;
    }
    return c->count == wanted;
}

/* A child that dies with its parent and serves nothing but what it is given. */
static pid_t fork_server(const struct null_server *s, struct crew *c, unsigned i)
{
    pid_t parent = getpid(), pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    for (unsigned k = 0; k < c->count; k++)
        if (k != i)
            close(c->listeners[k]);
    _exit(serve(s, c->listeners[i], false));
}

static int crew_serve(struct crew *c, const struct null_server *s, bool announced)
{
    for (unsigned i = 1; i < c->count; i++)
        c->pids[i] = fork_server(s, c, i);
    int status = serve(s, c->listeners[0], announced);
    crew_close(c);
    return status;
}

int null_server_run(const struct null_server *s)
{
    struct crew crew = { 0 };
    const char *why = "";

    if (!crew_listen(&crew, s, &why)) {
        fprintf(stderr, "joust: cannot listen on \"%.*s\": %s\n", STR_ARG(s->listen), why);
        return 1;
    }
    return crew_serve(&crew, s, true);
}

int null_server_spawn(const struct null_server *s, uint16_t *port)
{
    struct crew crew = { 0 };
    const char *why;
    pid_t       parent = getpid();
    char        host[NI_MAXHOST];
    uint16_t    chosen = 0;

    if (!crew_listen(&crew, s, &why))
        return -1;
    name_of(crew.listeners[0], host, sizeof host, &chosen);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(getppid() == parent ? crew_serve(&crew, s, false) : 1);
    }
    crew_close(&crew);
    if (pid > 0)
        *port = chosen;
    return pid;
}
