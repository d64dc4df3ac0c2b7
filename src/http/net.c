/* net.c: the network as it is. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "http/server.h"

static ssize_t net_recv(void *context, int fd, void *bytes, size_t len)
{
    (void)context;
    return recv(fd, bytes, len, 0);
}

static ssize_t net_send(void *context, int fd, const void *bytes, size_t len)
{
    (void)context;
    return send(fd, bytes, len, MSG_NOSIGNAL);
}

/* An IPv4 client of an IPv6 socket is written as the IPv4 client that it is. */
static void write_address(const struct sockaddr_storage *from, char *address, size_t bytes)
{
    const struct in6_addr *six = &((const struct sockaddr_in6 *)from)->sin6_addr;
    const void            *at = six;
    int                    family = from->ss_family;

    if (family == AF_INET) {
        at = &((const struct sockaddr_in *)from)->sin_addr;
    } else if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(six)) {
        at = &six->s6_addr[12];
        family = AF_INET;
    } else if (family != AF_INET6) {
        snprintf(address, bytes, "local");
        return;
    }
    if (!inet_ntop(family, at, address, (socklen_t)bytes))
        snprintf(address, bytes, "unknown");
}

static int net_accept(void *context, int listener, char *address, size_t address_bytes)
{
    struct sockaddr_storage from = { 0 };
    socklen_t               len = sizeof from;

    (void)context;
    int fd = accept4(listener, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        write_address(&from, address, address_bytes);
    return fd;
}

const struct http_net system_net = { net_recv, net_send, net_accept, NULL, 0 };
