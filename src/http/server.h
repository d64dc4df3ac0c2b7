/* http/server.h: connections and HTTP/1.1 on one event loop.
 *
 * A server owns its connections; one thread runs it.  Several loops of a process share a listening socket through an acceptor
 * (acceptor.h).  Each complete request is handed to `on_request` as an exchange, which is answered at once or later on the same
 * thread.  Requests of one connection are handled one after the other, answers leave in order, and what was read together is
 * answered with one send.  An idle connection holds no buffer.  The layer knows nothing of what it carries. */
#pragma once
#include "base/buf.h"
#include "http/loop.h"
#include "http/request.h"

/* The calls that reach the network, behind a seam: tests fail the n-th or cut it short. */
struct http_net {
    ssize_t (*recv)(void *context, int fd, void *bytes, size_t len);
    ssize_t (*send)(void *context, int fd, const void *bytes, size_t len);
    int     (*accept)(void *context, int listener, char *address, size_t address_bytes); /* non-blocking, close-on-exec */
    void *context;
};
extern const struct http_net system_net;

struct http_timeouts {
    int64_t head_ms;    /* from the first byte (or the accept) to the end of the head: 408 */
    int64_t body_ms;    /* for the whole body: 408 */
    int64_t idle_ms;    /* between requests: closed */
    int64_t send_ms;    /* without progress of the peer in reading: closed */
};

struct http_exchange;   /* a request that waits for its answer */
struct http_server;

struct http_settings {
    struct http_limits    limits;
    struct http_timeouts  timeouts;
    size_t                connections_max;              /* of this server */
    size_t                connections_per_address_max;  /* IPv6: per /64 */
    const struct clock   *clock;
    const struct http_net *net;
    void                 *context;
    void (*on_request)(void *context, struct http_exchange *x);
    /* An answer that the server makes itself (refusals): the body and media type for a status; may add headers. */
    void (*on_refusal)(void *context, int status, struct buf *headers, struct buf *body);
};

struct http_response {
    int         status;
    struct str  media_type;     /* none: no Content-Type */
    struct str  headers;        /* further complete lines, each with its CRLF; checked by whoever made them */
    struct str  body;
    bool        close;          /* end the connection after this answer */
};

struct http_server *http_server_open(struct loop *l, const struct http_settings *s);
void                http_server_close(struct http_server *s);

/* Takes over a connected, non-blocking socket.  `address` is the peer's, as text.  It refuses with 503 and closes when full. */
void http_server_adopt(struct http_server *s, int fd, struct str address);

/* Accepts from a listening socket on this loop and hands each connection to `adopt` (or to this server when NULL).
 * Keeps a reserve descriptor: when descriptors run out, a connection is accepted and closed, not spun on. */
bool http_server_listen(struct http_server *s, int listener, void (*adopt)(void *context, int fd, struct str address), void *context);

/* No new connections; idle ones are closed, answers from now on say Connection: close. */
void   http_server_drain(struct http_server *s);
size_t http_server_connections(const struct http_server *s);

const struct http_request *http_exchange_request(const struct http_exchange *x);
struct str                 http_exchange_address(const struct http_exchange *x);

/* Answers; the exchange is over.  Everything in `r` is copied.  HEAD, 204, 304, Date, Content-Length and Connection are the server's. */
void http_exchange_answer(struct http_exchange *x, const struct http_response *r);

/* For answers that come later: a ticket stays valid however the connection ends, http_server_exchange() then answers NULL.
 * The request's slices are gone after on_request returned. */
struct http_ticket { uint32_t slot, generation; };
struct http_ticket    http_exchange_defer(struct http_exchange *x);
struct http_exchange *http_server_exchange(struct http_server *s, struct http_ticket t);
bool                  http_exchange_is_head(const struct http_exchange *x);

/* What to set on an exchange that is deferred: carried to the answer. */
void  http_exchange_set_context(struct http_exchange *x, void *context);
void *http_exchange_context(const struct http_exchange *x);
