/* service/front_loop.h: one loop of a front, and what the loops of a front share.  For front.c
 * and front_loop.c alone.
 *
 * Everything in a front_loop belongs to its thread; everything in a front is set before the
 * threads start, or atomic. */
#pragma once
#include <pthread.h>

#include "api/cors.h"
#include "crypto/token_cache.h"
#include "http/acceptor.h"
#include "http/census.h"
#include "http/server.h"
#include "service/front.h"
#include "service/proxies.h"

enum { POLICY_BYTES = 1024 };

/* What one loop's thread has of its own. */
struct front_loop {
    struct front         *front;
    struct loop          *loop;
    struct http_server   *server;
    struct store_session *db;
    struct token_cache   *tokens;       /* NULL: every token is verified */
    int                   channel;
    struct watch          watch;
    struct timer          deadline;     /* of draining */
    bool                  draining;
    struct arena          arena;
    struct buf            body, headers, packet;
    char                 *incoming;     /* MESSAGE_BYTES_MAX */
    pthread_t             thread;
};

struct front {
    struct service       *service;
    uint32_t              generation;
    struct cors           cors;
    struct proxies        proxies;
    struct buf            openapi;
    char                  policy[POLICY_BYTES];
    struct str            policy_text;
    struct http_census   *census;
    struct http_acceptor *acceptor;
    atomic_bool           listener_closed;
    size_t                count;
    struct front_loop    *loops;
};

/* False when memory, descriptors or the database are missing; front_loop_close() is due all the
 * same. */
bool front_loop_open(struct front *f, struct front_loop *l, int channel);
void front_loop_close(struct front_loop *l);

/* On the loop's thread: no new connections, `Connection: close` from now on, and the loop ends
 * with the last answer. */
void front_loop_drain(struct front_loop *l);
