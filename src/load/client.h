/* load/client.h: one connection that asks and waits (private to the load layer).
 *
 *   DOWN -> CONNECTING -> UP (free) -> WAITING -> UP ...
 *                                              -> DOWN        closed, by whomever
 *   DOWN -> RESTING -> DOWN                                   refused: not again at once
 *
 * A request that finds its connection DOWN opens it first, and that time is in its latency.  With a
 * number of requests per connection the last asks the server to close, and its answer takes the
 * connection down here, whoever is the first to close.  Edge-triggered, watched once for everything:
 * a request costs one send and one recv. */
#pragma once
#include "http/loop.h"
#include "load/plan.h"
#include "load/outcome.h"
#include "load/reader.h"

enum client_state { CLIENT_DOWN, CLIENT_CONNECTING, CLIENT_UP, CLIENT_WAITING,
                    CLIENT_RESTING };

struct driver;

struct client {
    struct watch   watch;
    struct timer   timer;               /* of the request, set lazily; or of the rest */
    struct driver *driver;
    unsigned       number;              /* among all of the visit */
    enum client_state state;
    bool           timed;               /* the timer is set */
    bool           asking;              /* a request is under way, perhaps still connecting */
    bool           preparing;           /* once-steps are to be done */
    bool           in_window;           /* the request is one of the window's */
    bool           last;                /* the request is the last on this connection */
    unsigned       sent;                /* requests on this connection, once steps included */
    unsigned       step;
    int64_t        start_ns;            /* when it was sent, or due */
    uint64_t       answers[STEPS_MAX];  /* which of them are looked at is counted for each step */
    struct str     rest;                /* of the request, not yet taken by the socket */
    struct buf     kept_rest;           /* owns it where it was rendered */
    struct reader  reader;
    struct buf     in;                  /* a partial answer */
    struct str     values[VARIABLES_MAX];
    struct arena   once_values, pass_values;
};

/* Opens it without a request: the visit begins. */
void client_open(struct client *c);

/* Asks the plan's next step. */
void client_ask(struct client *c, int64_t start_ns, bool in_window);

/* Closes what is open and frees what is held; no request is counted. */
void client_close(struct client *c);
