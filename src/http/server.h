/* http/server.h: connections and HTTP/1.1 on one event loop.
 *
 * A server owns its connections; one thread runs it, the one of its loop.  Several loops of a
 * process share a listening socket through an acceptor (acceptor.h).  Each complete request is
 * handed to `on_request` as an exchange, which is answered at once or later on the same thread.
 * Requests of one connection are handled one after the other, answers leave in order, and what
 * was read together is answered with one send.  An idle connection holds no buffer.  The layer
 * knows nothing of what it carries, and wipes what it has read when it is done with it. */
#pragma once
#include <sys/types.h>

#include "base/buf.h"
#include "http/census.h"
#include "http/loop.h"
#include "http/request.h"

/* The calls that reach the network, behind a seam: tests fail the n-th or cut it short. */
struct http_net {
    /* Fewer bytes than were asked for: that was all there is, or the peer's end comes next. */
    ssize_t (*recv)(void *context, int fd, void *bytes, size_t len);
    ssize_t (*send)(void *context, int fd, const void *bytes, size_t len);
    /* Non-blocking, close-on-exec; the peer's address as text, NUL-terminated.  -1: see errno. */
    int (*accept)(void *context, int listener, char *address, size_t address_bytes);
    void *context;
    size_t recv_max;    /* no more is asked for in one call; 0: as much as there is room for */
};
extern const struct http_net system_net;

enum { HTTP_ADDRESS_BYTES = 46 };

struct http_timeouts {      /* 0: none */
    /* From the first byte, or the accept, to the end of the head: 408, or closed when nothing
     * came. */
    int64_t head_ms;
    int64_t body_ms;        /* for the whole body: 408 */
    int64_t idle_ms;        /* between requests: closed */
    int64_t send_ms;        /* without progress of the peer in reading: closed */
    int64_t answer_ms;      /* for a deferred answer to come: 503; 0 is none */
};

struct http_exchange;   /* a request that waits for its answer */
struct http_server;

struct http_settings {
    struct http_limits     limits;
    struct http_timeouts   timeouts;
    size_t                 connections_max;     /* of this server */
    size_t                 connections_per_address_max; /* the same, when there is no census */
    struct http_census    *census;              /* of all servers of the process; may be NULL */
    const struct clock    *clock;
    const struct http_net *net;
    void                  *context;
    void (*on_request)(void *context, struct http_exchange *x);
    /* A refusal, which the server answers itself before it closes: the body for a status, and
     * complete header lines, Content-Type among them.  May be NULL: no body. */
    void (*on_refusal)(void *context, int status, struct buf *headers, struct buf *body);
};

struct http_response {
    int         status;
    struct str  media_type;     /* none: no Content-Type */
    struct str  headers;        /* complete lines, each with its CRLF; checked by their maker */
    struct str  body;
    bool        close;          /* end the connection after this answer */
};

/* Copies the settings; what they point at must outlive the server.  NULL: no memory. */
struct http_server *http_server_open(struct loop *l, const struct http_settings *s);

/* Ends all connections, unanswered.  Never from within on_request. */
void http_server_close(struct http_server *s);

/* Takes over a connected, non-blocking socket.  `address` is the peer's, as text.  When there
 * are too many connections, in all or of this address, it is answered 503 and closed. */
void http_server_adopt(struct http_server *s, int fd, struct str address);

/* The same from any thread: the socket waits in a queue until the loop of the server has been
 * woken. */
void http_server_hand_over(struct http_server *s, int fd, struct str address);

/* Takes over a listening, non-blocking socket: accepts on this loop and hands each connection to
 * `adopt`, or to this server when that is NULL; drain and close close it.  Keeps a reserve
 * descriptor: when descriptors run out, a connection is accepted and closed, not spun on.
 * False, and nothing taken over: see errno. */
bool http_server_listen(struct http_server *s, int listener,
                        void (*adopt)(void *context, int fd, struct str address), void *context)
    __attribute__((warn_unused_result));

/* Accepts what waits on the listener, closes it, closes idle connections; answers from now on
 * say Connection: close.  Drain the server that listens before those that it hands connections
 * to.  Done when http_server_connections() is 0. */
void http_server_drain(struct http_server *s);

/* Open ones, refused ones that linger, and those handed over and not yet adopted.  Any thread. */
size_t http_server_connections(const struct http_server *s);

struct http_stats {
    size_t   connections;
    size_t   buffers, buffer_bytes;     /* partial requests, answers not yet taken */
    uint64_t requests, refusals;        /* since open */
};
struct http_stats http_server_stats(const struct http_server *s);

/* Only within on_request: the slices are gone after it returned. */
const struct http_request *http_exchange_request(const struct http_exchange *x);
struct str                 http_exchange_address(const struct http_exchange *x);

/* Answers; the exchange is over.  Everything in `r` is copied.  HEAD, 204, 304, Date, Content-
 * Length and Connection are the server's.  Sent when all of this read, or of this turn, is
 * answered. */
void http_exchange_answer(struct http_exchange *x, const struct http_response *r);

/* For answers that come later: on_request must have answered or deferred when it returns.  A
 * ticket stays valid however the connection ends; http_server_exchange() then answers NULL.
 * While an exchange waits its connection parses no further request and holds no bytes of this
 * one. */
struct http_ticket {
    uint32_t slot, generation;
};
struct http_ticket    http_exchange_defer(struct http_exchange *x);
struct http_exchange *http_server_exchange(struct http_server *s, struct http_ticket t);
bool                  http_exchange_is_head(const struct http_exchange *x);

/* What to set on an exchange that is deferred: carried to the answer; nobody is told when the
 * connection ends before. */
void  http_exchange_set_context(struct http_exchange *x, void *context);
void *http_exchange_context(const struct http_exchange *x);
