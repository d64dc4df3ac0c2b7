/* gates.c: one table: a gate's name, what it voids, and the function that finds its figure.
 *
 * A function answers false where its gate does not apply; else it sets figure, limit and broken,
 * and writes the sentence, which is true whether or not the gate is broken. */
#include "joust/gates.h"

#include <math.h>

enum { SENTENCE_BYTES_MAX = 1 << 16, TAIL_REQUESTS = 1000 };

static const double little_limit = 0.05, ceiling_limit = 0.7, busy_limit = 0.9, rate_limit = 0.99;

struct question {
    const struct grid           *grid;
    const struct result         *result;
    const struct target_figures *figures;
    unsigned                     target;
    struct str                   name;      /* the target's */
};

struct rule {
    const char *name;
    bool        voids[METRICS];
    bool      (*judge)(const struct question *q, struct gate *g, struct buf *says);
};

#define ALL         { true, true, true, true }
#define NOT_CPU     { true, true, true, false }
#define P99_ALONE   { [METRIC_P99] = true }

static const struct round *round_of(const struct question *q, unsigned block)
{
    return grid_target(q->grid, q->target)[block].round;
}

/* ---- Gates ------------------------------------------------------------------------------ */

static void list_failures(const uint64_t *outcomes, struct buf *says)
{
    const char *before = ": ";

    for (int o = OUTCOME_CORRECT + 1; o < OUTCOMES; o++)
        if (outcomes[o]) {
            buf_format(says, "%s%llu %s", before, (unsigned long long)outcomes[o],
                       outcome_infos[o].name);
            before = ", ";
        }
}

static bool judge_failures(const struct question *q, struct gate *g, struct buf *says)
{
    const struct target_figures *f = q->figures;

    g->limit = q->result->failures_max;
    g->figure = f->attempts ? (double)f->failures / (double)f->attempts : 1;
    g->broken = g->figure > g->limit;
    if (f->attempts == 0) {
        buf_format(says, "not one request of %.*s was measured", STR_ARG(q->name));
        return true;
    }
    buf_format(says, "%.3g %% of %.*s's requests failed (limit %.3g %%)", 100 * g->figure,
               STR_ARG(q->name), 100 * g->limit);
    list_failures(f->outcomes, says);
    return true;
}

static bool judge_connections(const struct question *q, struct gate *g, struct buf *says)
{
    unsigned asked = q->result->connections;
    unsigned fewest = asked;
    int      error = 0;

    for (unsigned b = 0; b < q->result->blocks; b++) {
        const struct round *round = round_of(q, b);
        if (!round)
            continue;
        if (round->figures.established < fewest) {
            fewest = round->figures.established;
            error = round->figures.connect_error;
        }
    }
    g->figure = fewest;
    g->limit = asked;
    g->broken = fewest < asked;
    buf_format(says, "%.*s had %u connections of %u at its worst visit", STR_ARG(q->name), fewest,
               asked);
    if (error)
        buf_format(says, ": %s", strerrordesc_np(error) ? strerrordesc_np(error) : "unknown error");
    return true;
}

static bool judge_answers(const struct question *q, struct gate *g, struct buf *says)
{
    const struct target_record *t = &q->result->targets[q->target];

    g->broken = t->differs.len > 0;
    g->figure = g->broken;
    if (q->target == 0 && !g->broken)
        buf_format(says, "%.*s's answer is the one that the others are held to", STR_ARG(q->name));
    else
        buf_format(says, "%.*s %s as %.*s does", STR_ARG(q->name),
                   g->broken ? "does not answer" : "answers", STR_ARG(q->result->targets[0].name));
    if (g->broken) {
        buf_add(says, LIT(": "));
        buf_add(says, t->differs);
    }
    return true;
}

/* The time that a round's requests held their connections, those that failed too. */
static double held_ns(const struct result *r, const struct cell *c)
{
    double ns = (double)c->completed * histogram_mean_ns(c->latency);

    for (unsigned s = 0; s < r->steps_count; s++)
        if (r->step_measured[s])
            ns += (double)c->round->figures.steps[s].failed_ns;
    return ns;
}

/* Little 1961. */
static bool judge_little(const struct question *q, struct gate *g, struct buf *says)
{
    const struct cell *cells = grid_target(q->grid, q->target);
    unsigned           asked = q->result->connections;
    double             ns = 0, window_ns = 0, held;

    if (q->grid->view->kind != VIEW_CLOSED)
        return false;
    for (unsigned b = 0; b < q->result->blocks; b++)
        if (cells[b].round) {
            ns += held_ns(q->result, &cells[b]);
            window_ns += (double)cells[b].round->figures.window_ns;
        }
    held = window_ns > 0 ? ns / window_ns : 0;
    g->limit = little_limit;
    g->figure = asked ? fabs(1 - held / asked) : 1;
    g->broken = g->figure > g->limit;
    buf_format(says, "%.*s: throughput times mean latency make %.1f connections instead of %u, ",
               STR_ARG(q->name), held, asked);
    buf_format(says, "%.1f %% off (limit %.0f %%)%s", 100 * g->figure, 100 * g->limit,
               g->broken && held < asked ? ": the rest was spent in the generator" : "");
    return true;
}

static bool judge_ceiling(const struct question *q, struct gate *g, struct buf *says)
{
    g->limit = ceiling_limit;
    g->broken = !(q->result->ceiling > 0);
    g->figure = 1;
    if (g->broken) {
        buf_add(says, LIT("what the generator can do is not known: it got nothing from a server that does nothing"));
        return true;
    }
    g->figure = q->figures->metrics[METRIC_THROUGHPUT].value / q->result->ceiling;
    g->broken = g->figure > g->limit;
    if (q->figures->generator_busy > busy_limit) {
        g->figure = q->figures->generator_busy;
        g->limit = busy_limit;
        g->broken = true;
        buf_format(says, "the generator was busy for %.0f %% of the time with %.*s (limit %.0f %%): it measured itself",
                   100 * g->figure, STR_ARG(q->name), 100 * g->limit);
        return true;
    }
    buf_format(says, "%.*s reached %.0f %% of what the generator can do (limit %.0f %%)%s",
               STR_ARG(q->name), 100 * g->figure, 100 * g->limit,
               g->broken ? ": differences look smaller than they are" : "");
    return true;
}

static bool judge_rate(const struct question *q, struct gate *g, struct buf *says)
{
    uint64_t due = 0, missed = 0;

    if (q->grid->view->kind != VIEW_OPEN)
        return false;
    for (unsigned b = 0; b < q->result->blocks; b++) {
        const struct round *round = round_of(q, b);
        if (!round)
            continue;
        due += round->figures.due;
        missed += round->figures.late;
        for (unsigned s = 0; s < round->figures.steps_count; s++)
            missed += round->figures.steps[s].outcomes[OUTCOME_UNSENT];
    }
    g->limit = rate_limit;
    g->figure = due > missed ? 1 - (double)missed / (double)due : 0;
    g->broken = g->figure < g->limit;
    buf_format(says, "%.2f %% of the requests due to %.*s were sent on time (limit %.0f %%)",
               100 * g->figure, STR_ARG(q->name), 100 * g->limit);
    return true;
}

static bool judge_tail(const struct question *q, struct gate *g, struct buf *says)
{
    const struct cell *cells = grid_target(q->grid, q->target);
    uint64_t           fewest = 0;
    bool               any = false;

    for (unsigned b = 0; b < q->result->blocks; b++) {
        if (!cells[b].round)
            continue;
        uint64_t count = cells[b].latency->count + cells[b].latency->unanswered;
        fewest = any && fewest < count ? fewest : count;
        any = true;
    }
    g->limit = TAIL_REQUESTS;
    g->figure = (double)fewest;
    g->broken = fewest < TAIL_REQUESTS;
    buf_format(says, "%.*s had %llu requests in its smallest round (limit %d)%s", STR_ARG(q->name),
               (unsigned long long)fewest, TAIL_REQUESTS,
               g->broken ? ": its p99 rests on less than ten" : "");
    return true;
}

static const struct rule rules[] = {
    { "failures",    ALL,       judge_failures },
    { "connections", ALL,       judge_connections },
    { "answers",     ALL,       judge_answers },
    { "little",      NOT_CPU,   judge_little },
    { "ceiling",     NOT_CPU,   judge_ceiling },
    { "rate",        ALL,       judge_rate },
    { "tail",        P99_ALONE, judge_tail },
};

enum { RULES = sizeof rules / sizeof *rules };
_Static_assert(RULES * TARGETS_MAX <= GATE_ROWS_MAX, "a row for each gate and target");

/* ---- All of them ------------------------------------------------------------------------ */

static bool judge(const struct rule *rule, const struct question *q, struct arena *arena,
                  struct gate *out)
{
    struct buf says = buf_growing(SENTENCE_BYTES_MAX);

    *out = (struct gate){ .name = rule->name, .target = q->target };
    bool applies = rule->judge(q, out, &says);
    memcpy(out->voids, rule->voids, sizeof out->voids);
    out->allowed = result_allows(q->result, str_of(rule->name));
    if (applies)
        out->says = arena_copy(arena, buf_str(&says));
    buf_close(&says);
    return applies;
}

void gates_judge(const struct grid *g, struct arena *arena, struct view_analysis *out)
{
    out->gates_count = 0;
    for (unsigned i = 0; i < RULES; i++)
        for (unsigned t = 0; t < g->result->targets_count; t++) {
            struct question q = { g, g->result, &out->targets[t], t, g->result->targets[t].name };
            out->gates_count += judge(&rules[i], &q, arena, &out->gates[out->gates_count]);
        }
}

const char *gates_void(const struct view_analysis *v, unsigned a, unsigned b, enum metric m)
{
    for (unsigned i = 0; i < v->gates_count; i++) {
        const struct gate *g = &v->gates[i];
        if ((g->target == a || g->target == b) && g->broken && !g->allowed && g->voids[m])
            return g->name;
    }
    return NULL;
}

const char *gate_name(unsigned i)
{
    return i < RULES ? rules[i].name : NULL;
}
