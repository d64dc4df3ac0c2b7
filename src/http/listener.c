/* listener.c: accepts connections, a bounded number a turn, and survives having no descriptor
 * left.
 *
 * A reserve descriptor is given up to accept one connection and close it, so that the queue
 * moves and the client learns.  When even that fails the listener is not watched for a moment. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/connection.h"

enum {
    ACCEPTS_MAX = 64,   /* in one turn, so that connections that are open get theirs */
    QUEUE_MAX = 65536,  /* longer than a listener's queue gets */
    PAUSE_MS = 100,
};

static void reserve(struct listener *l)
{
    if (l->reserve < 0)
        l->reserve = fcntl(l->watch.fd, F_DUPFD_CLOEXEC, 0);
}

static void adopt(struct listener *l, int fd, const char *address)
{
    struct str text = str_of(address);

    if (l->adopt)
        l->adopt(l->context, fd, text);
    else
        http_server_adopt(l->server, fd, text);
}

static int accept_one(struct listener *l, char address[HTTP_ADDRESS_BYTES])
{
    const struct http_net *net = l->server->settings.net;

    return net->accept(net->context, l->watch.fd, address, HTTP_ADDRESS_BYTES);
}

static void rest(struct listener *l)
{
    loop_unwatch(l->server->loop, &l->watch);
    loop_timer_set(l->server->loop, &l->pause, PAUSE_MS);
}

/* True when a connection was turned away.  The kernel says EMFILE also when none is waiting. */
static bool shed_one(struct listener *l)
{
    char address[HTTP_ADDRESS_BYTES];

    if (l->reserve >= 0)
        close(l->reserve);
    l->reserve = -1;
    int  fd = accept_one(l, address);
    bool empty = fd < 0 && errno == EAGAIN;
    if (fd >= 0)
        close(fd);
    reserve(l);
    if (l->reserve < 0 || (fd < 0 && !empty))
        rest(l);
    return fd >= 0 && l->reserve >= 0;
}

static void rested(struct timer *t)
{
    struct listener *l = (struct listener *)((char *)t - offsetof(struct listener, pause));

    reserve(l);
    if (!loop_watch(l->server->loop, &l->watch, EPOLLIN))
        loop_timer_set(l->server->loop, &l->pause, PAUSE_MS);
}

/* False when there is nothing to accept, or no means. */
static bool accept_next(struct listener *l)
{
    char address[HTTP_ADDRESS_BYTES] = "";
    int  fd = accept_one(l, address);

    if (fd >= 0) {
        adopt(l, fd, address);
        return true;
    }
    switch (errno) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
        return shed_one(l);
    case EINTR:
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENETDOWN:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return true;    /* the fault of one connection, see accept(2) */
    default:
        rest(l);
        return false;
    }
}

static void ready(struct watch *w, uint32_t events)
{
    struct listener *l = (struct listener *)((char *)w - offsetof(struct listener, watch));

    (void)events;
    for (int i = 0; i < ACCEPTS_MAX && accept_next(l); i++)
        continue;
}

void listener_accept_all(struct listener *l)
{
    if (l->watch.fd < 0)
        return;
    for (int i = 0; i < QUEUE_MAX && accept_next(l); i++)
        continue;
}

void listener_close(struct listener *l)
{
    if (l->watch.fd < 0)
        return;
    loop_timer_clear(l->server->loop, &l->pause);
    if (l->reserve >= 0)
        close(l->reserve);
    l->reserve = -1;
    loop_unwatch(l->server->loop, &l->watch);
    close(l->watch.fd);
    l->watch.fd = -1;
}

bool http_server_listen(struct http_server *s, int fd,
                        void (*take)(void *context, int fd, struct str address), void *context)
{
    struct listener *l = &s->listener;
    const int        on = 1;

    if (l->watch.fd >= 0) {
        errno = EBUSY;
        return false;
    }
    *l = (struct listener){
        .watch = { .fd = fd, .ready = ready },
        .pause = { .expired = rested },
        .server = s,
        .reserve = -1,
        .adopt = take,
        .context = context,
    };
    /* Connections inherit it; a socket that is none of TCP's needs it not. */
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) && errno != EOPNOTSUPP)
        errno = 0;
    reserve(l);
    if (l->reserve >= 0 && loop_watch(s->loop, &l->watch, EPOLLIN))
        return true;
    int error = errno;
    if (l->reserve >= 0)
        close(l->reserve);
    l->watch.fd = l->reserve = -1;
    errno = error;
    return false;
}
