/* api/endpoints.h: the tables of an API, checked and made ready at start.
 *
 * Made once, read on any thread.  An endpoint's index is the same in every process that was
 * given the same tables and options: it is how a front names a route to its keeper. */
#pragma once
#include "api/api.h"
#include "base/buf.h"

enum { PATH_PARAMETERS_MAX = 8, ENDPOINTS_MAX = 256 };

struct endpoint {
    const struct route *route;
    const char         *group;
    uint16_t            index;
    int                 status;     /* of success */
    bool                no_store;   /* the answer has a credential, or speaks of a person */
    struct str          path;
    unsigned            parameters; /* in the path; 0: it is compared as a whole */
    const struct endpoint *variant; /* the next one for this method and path, whose row has .when; NULL for none */
};

struct endpoints {
    const struct api *api;
    struct endpoint  *rows;
    size_t            count;
};

/* Checks every table and leaves out the routes whose option is off.  False with one clear line
 * in `why`: an unsound schema, two routes for one request, a {name} that no parameter has or the
 * other way round, a secret in an answer, a problem without a row, a route without .doc, a body
 * where the method has none, .who without authenticate, .when without a form or a plain row that answers
 * the same. */
bool endpoints_open(struct endpoints *e, const struct api *api,
                    bool (*option_is_on)(void *context, const char *name), void *context,
                    struct buf *why);
void endpoints_close(struct endpoints *e);

struct match {
    const struct endpoint *endpoint;    /* NULL: nothing here */
    unsigned               allowed;     /* bit for each method that this path has, HEAD and OPTIONS included; 0: no such path */
};

/* The endpoint for a method and a decoded path; HEAD finds GET.  Which of its variants it is for,
 * call_variant() says. */
struct match endpoints_match(const struct endpoints *e, enum http_method method, struct str path);

/* The path parameters of a path that this endpoint was matched with, in the order of the path. */
void endpoint_values(const struct endpoint *ep, struct str path,
                     struct str values[PATH_PARAMETERS_MAX]);

/* The name of a path's n-th parameter. */
struct str endpoint_parameter(const struct endpoint *ep, unsigned n);

/* The row that says what a client is told of `p`; never NULL. */
const struct problem_row *endpoints_problem(const struct endpoints *e, problem p);

/* "GET, HEAD, OPTIONS". */
void endpoints_write_allow(unsigned allowed, struct buf *out);

/* All that an endpoint and its variants may answer beside success, each once; ends with OK. */
enum { ENDPOINT_PROBLEMS_MAX = 4 * PROBLEMS_MAX + 8 };
void endpoint_problems(const struct endpoint *ep, problem out[static ENDPOINT_PROBLEMS_MAX]);
