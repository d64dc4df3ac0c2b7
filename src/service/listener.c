/* listener.c: getaddrinfo, bind, listen. */
#include "service/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, NAME_BYTES = 256, PATIENCE_MS = 1000, STEP_MS = 10 };

static bool split(struct str address, char host[static NAME_BYTES], char port[static 8])
{
    size_t colon = address.len;

    while (colon > 0 && address.at[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    struct str h = str_slice(address, 0, colon - 1), p = str_slice(address, colon, address.len);
    if (h.len > 2 && h.at[0] == '[' && h.at[h.len - 1] == ']')
        h = str_slice(h, 1, h.len - 1);
    uint64_t number;
    if (h.len == 0 || h.len >= NAME_BYTES || p.len >= 8 || !str_to_uint(p, 65535, &number))
        return false;
    memcpy(host, h.at, h.len);
    host[h.len] = 0;
    memcpy(port, p.at, p.len);
    port[p.len] = 0;
    return true;
}

/* A name of digits and dots alone is meant as an IPv4 address, and must be one. */
static bool is_broken_ipv4(const char *host)
{
    unsigned char bytes[4];

    return host[strspn(host, "0123456789.")] == 0 && inet_pton(AF_INET, host, bytes) != 1;
}

bool listener_check(struct str address, struct buf *why)
{
    char host[NAME_BYTES], port[8];
    bool good = split(address, host, port) && !is_broken_ipv4(host);

    if (!good)
        buf_format(why, "--listen: '%.*s' is not ADDR:PORT", STR_ARG(address));
    return good;
}

static void write_bound(int fd, struct buf *bound)
{
    struct sockaddr_storage a;
    socklen_t               len = sizeof a;
    char                    host[NI_MAXHOST], port[NI_MAXSERV];

    if (getsockname(fd, (struct sockaddr *)&a, &len) != 0 ||
        getnameinfo((struct sockaddr *)&a, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    buf_format(bound, a.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static int listen_on(const struct addrinfo *a)
{
    int one = 1;
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* A front that was killed with its parent may listen for a moment longer. */
static int listen_soon(const struct addrinfo *a)
{
    int fd;

    for (int waited = 0; (fd = listen_on(a)) < 0 && errno == EADDRINUSE && waited < PATIENCE_MS;
         waited += STEP_MS)
        poll(NULL, 0, STEP_MS);
    return fd;
}

int listener_open(struct str address, struct buf *bound, struct buf *why)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *found;
    char            host[NAME_BYTES], port[8];

    if (!listener_check(address, why) || !split(address, host, port))
        return -1;
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed) {
        buf_format(why, "--listen: %s: %s", host, gai_strerror(failed));
        return -1;
    }
    int fd = listen_soon(found);
    if (fd < 0)
        buf_format(why, "--listen: cannot listen on %.*s: %s", STR_ARG(address), strerror(errno));
    else
        write_bound(fd, bound);
    freeaddrinfo(found);
    return fd;
}
