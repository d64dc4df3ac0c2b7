/* http/acceptor.h: one listening socket for the servers of several loops.
 *
 * It accepts on the loop of the first server and gives each connection to the server that has
 * the fewest, so that they differ by one at most while none ends.  Whoever opens it closes it,
 * after the servers. */
#pragma once
#include "http/server.h"

struct http_acceptor;

/* `servers` is copied, what it points at is borrowed.  NULL: no memory. */
struct http_acceptor *http_acceptor_open(struct http_server *const *servers, size_t count);
void                  http_acceptor_close(struct http_acceptor *a);

/* On the thread of the first server, which takes over the listener: see http_server_listen(). */
bool http_acceptor_listen(struct http_acceptor *a, int listener)
    __attribute__((warn_unused_result));
