/* load/null_server.h: a server that does nothing: the yardstick, and the generator's ceiling.
 *
 * Epoll, level-triggered: whatever it reads in one go it answers with one fixed reply; of a request
 * that is larger than one read it waits for the end of the body.  One process, or several that share the port (SO_REUSEPORT), for a generator of several threads.
 * It parses nothing, limits nothing and has no deadlines: what is above it is the cost of being a
 * server. */
#pragma once
#include <stdint.h>

#include "base/str.h"

enum { NULL_PROCESSES_MAX = 64 };

struct null_server {
    struct str listen;          /* ADDR:PORT; port 0 chooses one */
    struct str body;            /* of the reply; application/json */
    int64_t    work_ns;         /* CPU time to burn for each request */
    unsigned   processes;       /* at most NULL_PROCESSES_MAX; 0 is 1 */
};

/* Prints "listening on http://ADDR:PORT" and serves until SIGTERM or SIGINT: 0.  1 and a line on
 * standard error when it cannot. */
int null_server_run(const struct null_server *s);

/* The same in a child process, for measuring the ceiling: its process id, or -1; *port. */
int null_server_spawn(const struct null_server *s, uint16_t *port);
