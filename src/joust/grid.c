/* grid.c: finds each round its cell, and reads the round's figures off once. */
#include "joust/grid.h"

#include <stdlib.h>

/* One measured step is read in place; several are merged, for a quantile of both is wanted. */
static bool gather_latency(struct cell *c, const struct result *r)
{
    const struct round_figures *f = &c->round->figures;
    unsigned measured = 0;

    for (unsigned s = 0; s < r->steps_count; s++)
        if (r->step_measured[s]) {
            c->completed += f->steps[s].completed;
            c->latency = &f->steps[s].latency;
            measured++;
        }
    if (measured == 1)
        return true;
    if (!histogram_open(&c->merged))
        return false;
    c->latency = &c->merged;
    for (unsigned s = 0; s < r->steps_count; s++)
        if (r->step_measured[s])
            histogram_merge(&c->merged, &f->steps[s].latency);
    return true;
}

static void read_figures(struct cell *c)
{
    const struct round_figures *f = &c->round->figures;
    struct quantile p50 = histogram_quantile(c->latency, 0.5);
    bool            any = c->latency->count + c->latency->unanswered > 0;

    c->figures[METRIC_THROUGHPUT] = f->window_ns > 0
                                  ? (double)c->completed * 1e9 / (double)f->window_ns : -1;
    c->figures[METRIC_P50] = any ? p50.ns : -1;
    c->figures[METRIC_CPU] = c->round->figures.answered > 0 && c->round->server_cpu_ns >= 0
                           ? (double)c->round->server_cpu_ns / (double)c->round->figures.answered : -1;
    c->p50_at_least = p50.at_least;
}

static bool fill(struct grid *g)
{
    const struct result *r = g->result;

    for (unsigned i = 0; i < g->view->rounds_count; i++) {
        const struct round *round = &g->view->rounds[i];
        if (round->target >= r->targets_count || round->block >= r->blocks)
            continue;
        struct cell *c = &g->cells[(size_t)round->target * r->blocks + round->block];
        if (c->round)
            continue;
        c->round = round;
        if (!gather_latency(c, r))
            return false;
        read_figures(c);
    }
    return true;
}

bool grid_open(struct grid *g, const struct result *r, const struct view *v)
{
    size_t blocks = r->blocks ? r->blocks : 1;

    *g = (struct grid){ r, v, calloc(blocks * TARGETS_MAX, sizeof *g->cells),
                        calloc(2 * blocks, sizeof *g->figures),
                        calloc(2 * blocks, sizeof *g->latencies) };
    if (g->cells && g->figures && g->latencies && fill(g))
        return true;
    grid_close(g);
    return false;
}

void grid_close(struct grid *g)
{
    if (g->cells)
        for (size_t i = 0; i < (size_t)g->result->blocks * TARGETS_MAX; i++)
            histogram_close(&g->cells[i].merged);
    free(g->cells);
    free(g->figures);
    free(g->latencies);
    *g = (struct grid){ 0 };
}

const struct cell *grid_target(const struct grid *g, unsigned target)
{
    return &g->cells[(size_t)target * g->result->blocks];
}

struct pairs grid_pairs(const struct grid *g, unsigned a, unsigned b, enum metric m)
{
    const struct cell *as = grid_target(g, a), *bs = grid_target(g, b);
    unsigned     blocks = g->result->blocks;
    struct pairs p = { g->figures, g->figures + blocks, g->latencies, g->latencies + blocks,
                       .known = true };

    for (unsigned i = 0; i < blocks; i++) {
        if (!as[i].round || !bs[i].round)
            continue;
        p.a[p.count] = as[i].figures[m];
        p.b[p.count] = bs[i].figures[m];
        p.a_latencies[p.count] = as[i].latency;
        p.b_latencies[p.count] = bs[i].latency;
        p.known = p.known && as[i].figures[m] >= 0 && bs[i].figures[m] >= 0;
        p.at_least = p.at_least || (m == METRIC_P50 && (as[i].p50_at_least || bs[i].p50_at_least));
        p.count++;
    }
    p.known = p.known && p.count > 0;
    return p;
}
