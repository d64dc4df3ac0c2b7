/* load/plan.h: what is asked of a target: one request, or the steps of a scenario.
 *
 * A plan is made once a target and then only read, by all threads.  A step without places is a
 * run of bytes made beforehand; others are rendered for each request. */
#pragma once
#include "load/template.h"
#include "load/url.h"

enum { STEPS_MAX = 16, TAKES_MAX = 4, LETS_MAX = 8 };

struct take {                   /* a string or number of the answer, kept in a variable */
    struct str pointer;         /* RFC 6901: "/access_token" */
    unsigned   variable;
};

struct step {
    struct str      name;
    struct str      method;
    struct template target, headers, body;  /* headers: complete lines */
    bool            has_body;
    bool            once;       /* when a connection begins, and not measured */
    int             expect;     /* status; 0: any 2xx */
    struct take     takes[TAKES_MAX];
    unsigned        takes_count;
    struct str      bytes;      /* the whole request when it is fixed, else none; */
    struct str      last_bytes; /* and where it is the last on its connection */
};

struct let {                    /* a variable that is made anew for each pass */
    unsigned        variable;
    struct template value;
};

struct plan {
    struct url   url;
    struct step  steps[STEPS_MAX];
    unsigned     steps_count;
    struct let   lets[LETS_MAX];
    unsigned     lets_count;
    struct names variables;
    unsigned     requests_per_connection;   /* 0: as many as the target takes */
    bool         fixed;         /* every step is */
};

struct request_options {        /* of the command line */
    struct str  method;         /* none: GET, or POST with a body */
    struct str *headers;        /* "Name: value", checked here */
    unsigned    headers_count;
    struct str  body;           /* none: no body */
    int         expect;
    unsigned    requests_per_connection;    /* 0: no end */
};

/* One request to the URL's own target; {{seq}}, {{random}} and {{connection}} may stand in its target, headers and
 * body.  False: one sentence in `why`.  A body without a Content-Type gets application/json when
 * it begins with '{' or '['. */
bool plan_request(const struct url *url, const struct request_options *o, struct arena *arena,
                  struct plan *out, struct buf *why) __attribute__((warn_unused_result));

/* The steps of a scenario file (JSON, docs/joust.md); paths are taken at the URL's host, below its
 * path unless that is "/".  Headers of the command line are added to every step. */
bool plan_scenario(const struct url *url, const struct request_options *o, struct str json,
                   struct arena *arena, struct plan *out, struct buf *why)
    __attribute__((warn_unused_result));

/* Makes the values of `let`, in `arena`, each at its variable. */
void plan_make_lets(const struct plan *p, const struct filling *f, struct buf *scratch,
                    struct arena *arena, struct str *values);

/* After so many requests on a connection, is the next one its last? */
static inline bool plan_ends_with_next(const struct plan *p, unsigned sent)
{
    return p->requests_per_connection && sent + 1 >= p->requests_per_connection;
}

/* Writes the whole request of a step; the last on a connection asks the server to close it. */
void plan_render(const struct step *s, bool last, const struct filling *f, struct buf *scratch,
                 struct buf *out);
