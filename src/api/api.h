/* api/api.h: an HTTP API, written down as tables.
 *
 * A row of `routes` is an endpoint: what it takes, what it gives, who may call it, how it can
 * fail and what it does. Routing, validation, JSON, OpenAPI and the choice of the process that
 * runs it are read off these rows.  A handler is ordinary blocking C that sees only values that
 * satisfied their schema; it never parses, formats, frees or picks a status.  Tables are
 * constant and may be read on any thread.
 *
 *     static const struct route routes[] = {
 *         ROUTE(POST, "/register", register_user, .in = &user_create, .out = &user_response, .status = 201,
 *               .problems = { EMAIL_TAKEN }, .does = HASHES | WRITES, .doc = "Create an account."),
 *         { 0 },
 *     }; */
#pragma once
#include "base/arena.h"
#include "base/problem.h"
#include "http/request.h"
#include "schema/schema.h"

enum method {
    GET = HTTP_GET, HEAD = HTTP_HEAD, POST = HTTP_POST, PUT = HTTP_PUT, PATCH = HTTP_PATCH, DELETE = HTTP_DELETE,
    OPTIONS = HTTP_OPTIONS,
};

/* What a handler does; where it runs follows from it. */
enum { READS = 1, WRITES = 2, HASHES = 4 };

enum who { ANYONE, SIGNED_IN };

/* Problems of the layer itself; a route has them by what its row says. */
enum {
    NOT_AUTHENTICATED = 16, /* .who: the header is missing */
    BAD_TOKEN,              /* .who: it does not authenticate */
    INVALID,                /* .in, .path, .query: faults, 422 */
    BAD_BODY,               /* .in: not UTF-8, or a form that cannot be parsed */
    BAD_MEDIA_TYPE,         /* .in */
    OTHER_GRANT,            /* password_form.h: no password grant */
    TOO_MANY,               /* .gate */
    NOT_FOUND, METHOD_NOT_ALLOWED,
};

/* A row of a problem table: what a client is told. */
struct problem_row {
    problem     id;
    int         status;
    const char *detail;
    const char *error;      /* RFC 6749 section 5.2: its code, beside the detail; NULL for none */
};

struct service;             /* service/service.h: what a handler may use beside the database */
struct store_session;       /* store/store.h */
struct limiter_claim;       /* service/limiter.h */
struct token_cache;         /* crypto/token_cache.h */

/* One request on its way through a handler; everything in it dies when the answer is written. */
struct call {
    struct arena         *arena;
    const void           *path, *query, *in;    /* structs of the row's schemas */
    void                 *out;                  /* zeroed struct of the row's .out */
    const void           *user;                 /* what authenticate() left, for .who = SIGNED_IN */
    struct store_session *db;                   /* NULL where there is no store */
    struct service       *service;
    struct token_cache   *tokens;               /* the loop's; NULL where every token is verified */
    struct str            address;              /* of the client, as text */
    struct str            agent;                /* what the client calls itself (User-Agent); none when it does not */
    int64_t               now_us;               /* when the request had arrived */
    int                   retry_after_s;        /* may be set beside UNAVAILABLE and TOO_MANY */
    struct limiter_claim *claim;                /* what the row's gate counted; NULL without limits */
    bool                  goes_first;           /* a gate may set it: before those who wait, and have it not */
    struct { const char *member; struct str why; } refused;     /* by call_refuse() */
};

/* INVALID, as the answer of a handler whose body has a member that no schema can judge: 422 in the
 * shape of a failed validator. `why` goes to the client, who does not get the value back. */
problem call_refuse(struct call *c, const char *member, struct str why);

/* What stands before a handler that costs much or tells something: asked in the keeper when a call
 * has come, before it waits for anything. */
struct gate {
    problem (*admit)(struct call *c);       /* OK, or TOO_MANY with c->retry_after_s */
    bool    (*counts)(problem outcome);     /* does what admit() counted stay so after this answer? */
};

enum { PROBLEMS_MAX = 8 };

/* A form field and the value that it must have. */
struct choice {
    const char *field, *value;
};

struct route {
    enum method  method;
    const char  *path;                          /* "/orders/{order_id}" */
    problem    (*run)(struct call *c);
    const char  *name;                          /* the handler's, for operation ids */
    const struct schema *path_parameters, *query, *in, *out;
    bool         form;                          /* .in comes as a form: urlencoded or multipart */
    int          status;                        /* of success: 200, or 204 without .out, unless given */
    enum who     who;
    unsigned     does;
    const struct gate *gate;                    /* NULL for none */
    problem      problems[PROBLEMS_MAX];        /* what the handler may answer; ends with 0 */
    const char  *doc;
    const char  *option;                        /* served only when the program's option of that name is on */
    struct choice when;                         /* for forms that say so; all others are for the row of that method and path without it, which comes first */
};

#define ROUTE(METHOD, PATH, HANDLER, ...)                                                          \
    { .method = METHOD, .path = PATH, .run = HANDLER, .name = #HANDLER, __VA_ARGS__ }

struct route_group {
    const char         *name;       /* a tag in OpenAPI; NULL for none */
    const struct route *routes;     /* ends with a zeroed row */
};

struct api {
    const char *title, *version, *doc;
    const struct route_group *groups;           /* ends with a zeroed row */
    const struct problem_row *problems;         /* ends with a zeroed row; NULL for none */

    /* Whose token is it?  Sets c->user for SIGNED_IN routes; OK or BAD_TOKEN, UNAVAILABLE,
     * INTERNAL. */
    problem   (*authenticate)(struct call *c, struct str token);
    const char *token_url;                      /* of the password flow, for OpenAPI; NULL for none */
    const char *refresh_url;                    /* where it takes refresh tokens; NULL for nowhere */
};

/* What a problem table of rows X(ID, status, "detail", …) is made into. */
#define PROBLEM_ID(ID, ...)                  ID,
#define PROBLEM_ROW(ID, STATUS, DETAIL, ...) { ID, STATUS, DETAIL, __VA_ARGS__ },
