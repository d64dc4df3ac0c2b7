/* plan.h: how a statement's parameters and columns lie in the structs that it names.
 *
 * Made once, when the store opens, by asking SQLite about each statement; read-only from then
 * on, on any thread. */
#pragma once
#include <sqlite3.h>

#include "store/store.h"

/* What binding and reading need of a schema row, close together. */
struct slot {
    const char *name;
    size_t      at;
    enum kind   kind;
    bool        maybe;  /* struct maybe_… */
    bool        none;   /* a string that may be none */
    bool        bytes;
};

struct plan {
    const struct statement *statement;
    size_t       number;        /* among all plans */
    struct slot *in, *out;      /* by parameter and by column; owned */
    int          in_count, out_count;
    bool         writes;
    bool         by_id;         /* reads, and one integer is all that goes in */
    bool         fitted;
};

struct plans {
    struct plan  *rows;
    size_t        count;
    struct plan **table;        /* open addressing by the statement's address; NULL is free */
    size_t        table_mask;
};

/* A plan a statement, not yet fitted; `statements` ends with NULL and may be NULL.  False: no
 * memory. */
bool plans_open(struct plans *p, const struct statement *const *statements);
void plans_close(struct plans *p);

/* NULL when the statement was not declared at opening. */
const struct plan *plans_find(const struct plans *p, const struct statement *s);

/* Pairs the parameters and columns of `prepared` with the rows of the schemas.  False with a
 * line in `why` when something is left over on either side. */
bool plan_fit(struct plan *p, sqlite3_stmt *prepared, struct buf *why);
