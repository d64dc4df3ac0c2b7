/* joust/sockets.h: the listening sockets that an address of this machine leads to, as inodes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum { SOCKETS_MAX = 256 };

struct sockets {
    unsigned long inodes[SOCKETS_MAX];  /* several: of SO_REUSEPORT */
    size_t        count;
};

/* Loopback, any (which leads to it), or of one of this machine's interfaces. */
bool sockets_are_local(const struct sockaddr_storage *address);

/* Those bound to that very address and port; if none, to any address of its family; if none, to
 * any of IPv6, which take IPv4 too. */
void sockets_find(const struct sockaddr_storage *address, struct sockets *out);
