/* service/service.h: a program's tables, and what its handlers may use.
 *
 * A program is a constant: service_main() makes a service of it, split in two processes by the
 * .does of its routes: a front that owns the network, and a keeper that owns keys, password
 * hashing and all writes.  A struct service belongs to one of them; what a process must not have
 * is NULL there.  It is set up before threads start and read by all of them. */
#pragma once
#include <stdatomic.h>

#include "api/endpoints.h"
#include "crypto/password.h"
#include "crypto/token.h"
#include "crypto/vault.h"
#include "http/server.h"
#include "service/limiter.h"
#include "service/options.h"
#include "store/store.h"

struct program {
    const char                    *name, *version;
    const struct api              *api;
    const struct migration        *migrations;  /* NULL: no store */
    const struct statement *const *statements;  /* ends with NULL */
    const struct program_flag     *flags;       /* ends with a zeroed row; NULL for none */
    const struct limiter_policy   *limits;      /* for the gates of its routes; NULL for none */
};

enum { STATEMENTS_MAX = 256 };

struct service {
    const struct program       *program;
    struct options              options;
    const struct clock         *clock;
    const struct random_source *random;
    const struct http_net      *net;
    const char                 *vfs;        /* SQLite's way to the disk; NULL is the system's */
    bool                        one_thread; /* jobs and writes run where they are asked for: see keeper_turn(), front_turn() */
    struct endpoints            endpoints;
    const struct statement     *statements[STATEMENTS_MAX];     /* the library's and the program's, for the store */
    struct store               *store;      /* read-only in a front; NULL when the program has no tables */
    struct token_policy         tokens;     /* signs in a keeper only, but see JWT_SECRET in docs/security.md */
    struct jws_key             *keys[TOKEN_KEYS_MAX];
    struct password_hasher     *hasher;     /* keeper only */
    struct vault               *vault;      /* keeper only */
    struct limiter             *limiter;    /* keeper only; NULL with --limits off */
    atomic_bool                 draining;   /* front: SIGTERM came */
    atomic_bool                 writes_fail;    /* front: so the keeper said, */
    atomic_int_fast64_t         heard_ns;       /* then; 0: never yet */
};

/* Runs the program by its command line; answers the exit status: 0 served and ended, 1 could
 * not, 2 wrong options. */
int service_main(int argc, char **argv, const struct program *program);

/* The same for a program that is nothing but routes: no store, no log-in, one group. */
int service_main_routes(int argc, char **argv, const char *name, const struct route *routes);

/* The parts of it, for the processes and for tests.  Each answers false with one clear line in
 * `why`.  The seams (clock, random, net, vfs, one_thread) are the machine's unless they were set
 * before service_open_tables(). */
bool service_open_tables(struct service *s, const struct program *program, struct buf *why);
bool service_open_keeper(struct service *s, struct buf *why);   /* store, vault, keys, hasher */
bool service_open_front(struct service *s, struct buf *why);    /* a store that only reads; keys come from the keeper */
void service_close(struct service *s);

/* Front: the keeper says that it lives, and whether the database can be written. */
void service_heard(struct service *s, bool writes);

/* For a load balancer: not draining, the keeper was heard of lately, and the database can be
 * read and, as far as the keeper knows, written. */
bool service_ready(struct service *s, struct store_session *db);

/* Does this endpoint run in the keeper? */
static inline bool service_keeps(const struct endpoint *ep)
{
    return (ep->route->does & (WRITES | HASHES)) != 0;
}
