/* load/template.h: text with places that are filled for each request.
 *
 * {{seq}} counts a target's requests from 1, {{random}} is 16 hexadecimal digits, {{connection}} the
 * number of the connection from 0; any other name is a variable of the scenario.  "{{{{" is a
 * literal "{{".  Read-only once parsed, so that all threads share it. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "stats/rng.h"

enum { VARIABLES_MAX = 16 };

enum piece_kind { PIECE_TEXT, PIECE_SEQ, PIECE_RANDOM, PIECE_CONNECTION, PIECE_VARIABLE };

struct piece {
    enum piece_kind kind;
    unsigned        variable;
    struct str      text;
};

struct template {
    struct piece *pieces;
    size_t        count;
    bool          fixed;        /* no places: one piece of text, or none */
};

struct names {                  /* of variables, in the order of their values */
    struct str at[VARIABLES_MAX];
    unsigned   count;
};

/* What the places are filled with. */
struct filling {
    uint64_t          seq;
    unsigned          connection;
    struct rng       *rng;
    const struct str *values;   /* by variable; none is written as nothing */
};

/* A name that `variables` lacks is a mistake: false, and one sentence in `why`. */
bool template_parse(struct str text, const struct names *variables, struct arena *arena,
                    struct template *out, struct buf *why) __attribute__((warn_unused_result));

/* seq, random or connection: no variable may be called so. */
bool template_knows(struct str name);

void template_fill(const struct template *t, const struct filling *f, struct buf *out);
