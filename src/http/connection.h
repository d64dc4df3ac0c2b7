/* http/connection.h: what the files of the server share (private to them).
 *
 * server.c keeps the seats, listener.c accepts, connection.c moves bytes and watches deadlines,
 * intake.c makes requests of bytes, exchange.c answers.  Everything here belongs to the loop's
 * thread, but for what is marked.
 *
 *   HEAD -> BODY -> WAITING -> SENDING -> IDLE -> HEAD ...     each but IDLE may be passed over
 *   any  -> LINGERING -> ended                             after the last answer, input dropped */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "base/check.h"
#include "http/response.h"
#include "http/server.h"

enum {
    READ_BYTES = 64 * 1024,
    WAITING_BYTES_MAX = 16 * 1024,  /* read behind an exchange that waits, before reading stops */
    BATCH_BYTES_MAX = 16 * 1024,    /* of answers, before a send is tried in between: what a peer that does not read costs */
    LINGER_MS = 1000,
    LINGER_BYTES_MAX = 1024 * 1024,
    DRAIN_GRACE_MS = 500,           /* for connections that have not yet sent a byte */
    REFUSED_SEATS = 64,             /* beyond connections_max, to linger in */
    NO_SLOT = UINT32_MAX,
};

enum phase {
    PHASE_NONE,         /* to be found out when the batch ends */
    PHASE_HEAD,
    PHASE_BODY,
    PHASE_IDLE,
    PHASE_WAITING,
    PHASE_SENDING,
    PHASE_LINGERING,
};

struct http_exchange {
    void *context;
    bool  open, deferred;
    bool  is_head, keeps_alive, says_keep_alive;
};

/* How far the request at the front of the bytes has come. */
struct intake {
    struct http_head_scan scan;
    struct http_chunks    chunks;
    size_t                head_bytes;   /* 0: the head is not complete */
    size_t                body_used, body_decoded;
    uint64_t              content_length;
    bool                  chunked;
};

struct connection {
    struct http_exchange exchange;      /* first: one is made from the other */
    struct watch         watch;
    struct timer         timer;
    struct http_server  *server;
    struct buf           in;            /* owned: a partial request, or what waits behind one */
    struct buf           out;           /* owned: what the peer has not taken yet */
    size_t               sent;          /* of out */
    struct intake        intake;
    struct http_visitor  visitor;
    size_t               linger_bytes;
    uint32_t             slot, generation;
    uint32_t             next;          /* free seat, or connection to be resumed */
    enum phase           phase;
    bool                 open, counted, fresh, to_resume;
    bool                 closing;       /* no further request; ended when everything is sent */
    bool                 peer_done;     /* end of its bytes was read */
    bool                 peer_ends;     /* its end has come, behind what is still to be read */
    bool                 unread;        /* the last read may have left something */
    bool                 peer_closes;   /* it asked for the end: nothing follows */
    uint8_t              address_bytes;
    char                 address[HTTP_ADDRESS_BYTES];
};

struct arrival {
    int     fd;
    uint8_t address_bytes;
    char    address[HTTP_ADDRESS_BYTES];
};

struct listener {
    struct watch        watch;
    struct timer        pause;
    struct http_server *server;
    int                 reserve;        /* -1: lost to somebody, being won back */
    void              (*adopt)(void *context, int fd, struct str address);
    void               *context;
};

struct http_server {
    struct http_settings settings;
    struct loop         *loop;
    struct http_census  *own_census;    /* owned, when the settings have none */
    struct listener      listener;
    bool                 draining;

    struct connection   *seats;         /* never move; touched only as they are needed */
    uint32_t             seats_count, seats_used, seats_free;
    atomic_size_t        load;          /* any thread: connections, those on their way included */
    size_t               refused;       /* connections that were not counted in and linger */

    struct connection   *current;       /* whose batch is being handled; its answers go to `out` */
    bool                 in_request;
    struct http_request  request;
    struct buf           out;
    struct http_date     date;
    struct buf           refusal_headers, refusal_body;
    uint64_t             requests, refusals;

    struct task          resume;
    uint32_t             to_resume;     /* connections answered outside of their batch */

    pthread_mutex_t      arrivals_lock;
    struct buf           arrivals;      /* any thread, under the lock */
    struct buf           arriving;

    char                 read_buffer[READ_BYTES];
};

/* server.c */
void connection_free(struct connection *c);

/* connection.c: a seat is taken (`admitted`), or used to refuse. */
void connection_open(struct connection *c, int fd, bool admitted);
void connection_end(struct connection *c);
void connection_resume(struct connection *c);   /* after an answer outside of a batch */
void connection_drain(struct connection *c);
void connection_send_batch(struct connection *c);

/* intake.c: bytes from `from` up to `len`; what is left behind is the beginning of a request. */
struct span {
    char  *at;
    size_t from, len;
};
void intake_consume(struct connection *c, struct span *bytes);

/* exchange.c: an answer of the server's own, after which the connection closes. */
COLD void exchange_refuse(struct connection *c, int status, bool head_only);

/* listener.c */
void listener_close(struct listener *l);
void listener_accept_all(struct listener *l);
