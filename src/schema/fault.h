/* schema/fault.h: what was wrong with a request, all of it, in FastAPI's shape.
 *
 *     {"detail":[{"type":"missing","loc":["body","email"],"msg":"Field required","input":{…}}, …]}
 *
 * A decoder adds faults as JSON text to a sticky writer; the number of faults and of their bytes is
 * bounded, what is beyond the bound is not reported.  Nothing is written before the first fault.
 * One thread at a time. */
#pragma once
#include "base/check.h"
#include "json/write.h"
#include "schema/schema.h"

enum { FAULTS_MAX = 100, FAULT_BYTES_MAX = 64 * 1024 };

/* Where a value stands, innermost last: a linked list on the stack. */
struct place {
    const struct place *outer;
    const char         *member; /* a row's name; else */
    struct str          name;   /* "body", "query", a name that was given; none: `index` counts */
    size_t              index;
};

struct faults {
    struct json_writer writer;  /* over the buffer that becomes the answer */
    size_t             count;   /* of all, reported or not */
    bool               conceal; /* something on the way is secret: no input is shown */
    problem            problem; /* that a row wants to be refused as; OK: these faults are the answer */
    size_t             begin;   /* private: where in the buffer they begin */
    bool               opened;  /* private: anything is written */
};

/* `out` must be able to hold FAULT_BYTES_MAX; it holds {"detail":[…]} after faults_end(). */
struct faults faults_begin(struct buf *out);
COLD void     faults_end(struct faults *f);

/* A fault; `input` is JSON text or none for null; `context` is the text of a JSON object or none.
 */
COLD void fault_add(struct faults *f, const char *type, const struct place *where,
                    struct str message, struct str input, struct str context);
