/* joust/grid.h: a view's rounds by target and block, each with its figures.  Private to analysis.
 *
 * Statistics compare what happened in the same block; a block in which one of two targets was not
 * visited is left out of their comparison. */
#pragma once
#include "joust/analysis.h"

struct cell {
    const struct round     *round;      /* NULL: not visited in this block */
    const struct histogram *latency;    /* of the measured steps together */
    struct histogram        merged;     /* owned; where there are several steps */
    uint64_t                completed;  /* of the measured steps */
    double                  figures[METRICS];   /* below 0: unknown; p99 is of all rounds */
    bool                    p50_at_least;
};

/* What two targets have in common, block by block. */
struct pairs {
    double                  *a, *b;                     /* borrowed from the grid */
    const struct histogram **a_latencies, **b_latencies;
    size_t                   count;
    bool                     known;     /* every figure is */
    bool                     at_least;  /* one is only a lower bound */
};

struct grid {
    const struct result *result;
    const struct view   *view;
    struct cell         *cells;         /* owned: blocks of a target after those of the one before */
    double              *figures;       /* owned: room for pairs */
    const struct histogram **latencies; /* owned: likewise */
};

/* False: no memory.  The result must outlive the grid. */
bool grid_open(struct grid *g, const struct result *r, const struct view *v)
    __attribute__((warn_unused_result));
void grid_close(struct grid *g);        /* a zeroed one may be closed */

/* A target's cells, result->blocks of them. */
const struct cell *grid_target(const struct grid *g, unsigned target);

/* Valid until the next call.  For the figures of one target alone ask for it twice. */
struct pairs grid_pairs(const struct grid *g, unsigned a, unsigned b, enum metric m);
