/* analysis.c: each target's figures, then the gates, then the comparisons, view by view. */
#include "joust/comparison.h"
#include "joust/gates.h"

enum { ANALYSIS_BYTES_MAX = 16 << 20 };

const struct metric_info metric_infos[METRICS] = {
    [METRIC_THROUGHPUT] = { "throughput",    "throughput", "requests/s", true,  "faster",  "slower", "fast",  "slow" },
    [METRIC_P50]        = { "p50",           "p50",        "ns",         false, "faster",  "slower", "fast",  "slow" },
    [METRIC_P99]        = { "p99",           "p99",        "ns",         false, "faster",  "slower", "fast",  "slow" },
    [METRIC_CPU]        = { "CPU a request", "cpu",        "ns",         false, "cheaper", "dearer", "cheap", "dear" },
};

static bool open_figures(struct target_figures *f, unsigned steps_count)
{
    f->memory_bytes = -1;
    if (!histogram_open(&f->latency))
        return false;
    for (unsigned s = 0; s < steps_count; s++)
        if (!histogram_open(&f->steps[s].latency))
            return false;
    return true;
}

static void close_figures(struct target_figures *f)
{
    histogram_close(&f->latency);
    for (unsigned s = 0; s < STEPS_MAX; s++)
        histogram_close(&f->steps[s].latency);
}

/* ---- Counts ----------------------------------------------------------------------------- */

static void count_step(const struct step_figures *from, struct step_summary *step,
                       struct target_figures *f)
{
    histogram_merge(&step->latency, &from->latency);
    for (int o = 0; o < OUTCOMES; o++) {
        step->outcomes[o] += from->outcomes[o];
        f->outcomes[o] += from->outcomes[o];
        f->attempts += from->outcomes[o];
    }
    f->failures += outcomes_failed(from->outcomes);
}

static void count_rounds(const struct grid *g, unsigned target, struct target_figures *f)
{
    const struct cell *cells = grid_target(g, target);
    double driven_ns = 0, wall_ns = 0;

    for (unsigned b = 0; b < g->result->blocks; b++) {
        const struct round *round = cells[b].round;
        if (!round)
            continue;
        for (unsigned s = 0; s < g->result->steps_count; s++)
            count_step(&round->figures.steps[s], &f->steps[s], f);
        histogram_merge(&f->latency, cells[b].latency);
        f->sent += round->figures.sent;
        f->reconnects += round->figures.reconnects;
        if (round->memory_bytes > f->memory_bytes)
            f->memory_bytes = round->memory_bytes;
        driven_ns += (double)round->figures.generator_cpu_ns;
        wall_ns += (double)round->figures.window_ns * g->result->threads;
    }
    f->generator_busy = wall_ns > 0 ? driven_ns / wall_ns : 0;
}

/* ---- Estimates -------------------------------------------------------------------------- */

static struct estimate mean_of_rounds(const struct grid *g, unsigned target, enum metric m)
{
    struct pairs p = grid_pairs(g, target, target, m);

    if (!p.known)
        return (struct estimate){ 0 };
    struct estimate e = estimate_mean(p.a, p.count, g->result->confidence);
    e.at_least = p.at_least;
    return e;
}

static struct estimate quantile_of_rounds(const struct grid *g, unsigned target, double q)
{
    struct pairs p = grid_pairs(g, target, target, METRIC_P99);
    struct rng   rng = rng_seeded(g->result->seed);

    if (p.count == 0)
        return (struct estimate){ 0 };
    return estimate_quantile(p.a_latencies, p.count, q, RESAMPLES, &rng, g->result->confidence);
}

/* The unanswered count too, each as long as the longest of all: failing must not help.  Below 0
 * of none. */
static double mean_of_all_ns(const struct histogram *h)
{
    int64_t longest = h->waited_ns > h->max_ns ? h->waited_ns : h->max_ns;
    double  all = (double)(h->count + h->unanswered);

    return all > 0 ? (h->sum_ns + (double)h->unanswered * (double)longest) / all : -1;
}

static struct estimate mean_latency(const struct grid *g, unsigned target)
{
    struct pairs p = grid_pairs(g, target, target, METRIC_P99);
    bool         known = p.count > 0, at_least = false;

    for (size_t i = 0; i < p.count; i++) {
        p.a[i] = mean_of_all_ns(p.a_latencies[i]);
        known = known && p.a[i] >= 0;
        at_least = at_least || p.a_latencies[i]->unanswered > 0;
    }
    if (!known)
        return (struct estimate){ 0 };
    struct estimate e = estimate_mean(p.a, p.count, g->result->confidence);
    e.at_least = at_least;
    return e;
}

static void estimate_target(const struct grid *g, unsigned target, struct target_figures *f)
{
    f->metrics[METRIC_THROUGHPUT] = mean_of_rounds(g, target, METRIC_THROUGHPUT);
    f->metrics[METRIC_P50] = mean_of_rounds(g, target, METRIC_P50);
    f->metrics[METRIC_P99] = quantile_of_rounds(g, target, 0.99);
    f->metrics[METRIC_CPU] = mean_of_rounds(g, target, METRIC_CPU);
    f->mean = mean_latency(g, target);
    for (unsigned i = 0; i < g->result->quantiles_count; i++)
        f->quantiles[i] = quantile_of_rounds(g, target, g->result->quantiles[i]);
}

/* ---- All of it -------------------------------------------------------------------------- */

static bool analyse_view(const struct result *r, const struct view *view, struct arena *arena,
                         struct view_analysis *out)
{
    struct grid g = { 0 };
    bool        done = false;

    for (unsigned t = 0; t < r->targets_count; t++)
        if (!open_figures(&out->targets[t], r->steps_count))
            goto done;
    if (!grid_open(&g, r, view))
        goto done;
    for (unsigned t = 0; t < r->targets_count; t++) {
        count_rounds(&g, t, &out->targets[t]);
        estimate_target(&g, t, &out->targets[t]);
    }
    gates_judge(&g, arena, out);
    comparisons_make(&g, out);
    done = true;
done:
    grid_close(&g);
    return done;
}

static bool is_sound(const struct view_analysis *v)
{
    for (unsigned i = 0; i < v->gates_count; i++)
        if (gate_invalidates(&v->gates[i]))
            return false;
    return true;
}

bool analysis_make(const struct result *r, struct analysis *out)
{
    *out = (struct analysis){ .arena = arena_new(ANALYSIS_BYTES_MAX), .valid = r->views_count > 0 };
    for (unsigned v = 0; v < r->views_count; v++) {
        if (!analyse_view(r, &r->views[v], &out->arena, &out->views[v]) || out->arena.failed) {
            analysis_close(out);
            return false;
        }
        out->valid = out->valid && is_sound(&out->views[v]);
    }
    return true;
}

void analysis_close(struct analysis *a)
{
    for (unsigned v = 0; v < VIEWS_MAX; v++)
        for (unsigned t = 0; t < TARGETS_MAX; t++)
            close_figures(&a->views[v].targets[t]);
    arena_close(&a->arena);
    *a = (struct analysis){ 0 };
}

bool gate_invalidates(const struct gate *g)
{
    return g->broken && !g->allowed && g->voids[METRIC_THROUGHPUT];
}
