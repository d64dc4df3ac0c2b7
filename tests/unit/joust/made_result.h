/* made_result.h: results that nobody measured, with figures that are known.
 *
 *   struct made   m = made_usual();             // 3 targets, 10 blocks, a closed loop, sound
 *   m.rate[2] = 1.05 * m.rate[0];               // change what the test is about
 *   struct result r = made_result(&m);          // the same for the same seed
 *   ...
 *   result_close(&r);
 *
 * Latencies are log-normal around connections/rate, so that Little's law holds, and rounds
 * scatter.  Only static functions: including it is enough. */
#pragma once
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "joust/result.h"

struct made {
    uint64_t seed;
    unsigned targets;                   /* without the control; at most TARGETS_MAX - 1 with it */
    unsigned blocks, connections;
    unsigned steps;                     /* 1; or 2: "log in" takes twice as long as "call" */
    int64_t  window_ns, timeout_ns;
    double   rate[TARGETS_MAX];         /* requests a second of the closed loop */
    double   cpu_ns[TARGETS_MAX];       /* a correct request; below 0: unknown */
    double   tail[TARGETS_MAX];         /* the slowest 2 % take so many times longer */
    double   failures[TARGETS_MAX][OUTCOMES];   /* shares of the requests */
    double   spread;                    /* of log latency within a round */
    double   scatter;                   /* of log rate and log CPU between rounds of a target */
    double   drift;                     /* of log rate between blocks, the same for all targets */
    bool     control;                   /* the last target is the first again */
    bool     closed, open;              /* views, in this order */
    double   open_rate;                 /* a second and target */
    double   ceiling;                   /* 0: unknown */
};

static inline struct made made_usual(void)
{
    struct made m = {
        .seed = 7, .targets = 3, .blocks = 10, .connections = 100, .steps = 1,
        .window_ns = 250000000, .timeout_ns = 250000000,
        .rate = { 38000, 9000, 36000, 12000, 34000, 37000, 15000, 8000 },
        .cpu_ns = { 22000, 180000, 24000, 110000, 26000, 23000, 70000, 200000 },
        .tail = { 1, 1, 1, 1, 1, 1, 1, 1 },
        .spread = 0.4, .scatter = 0.005, .drift = 0.02,
        .closed = true, .open_rate = 4500, .ceiling = 120000,
    };
    return m;
}

static inline uint64_t made_seed(uint64_t preset)
{
    const char *given = getenv("SEED");
    uint64_t    seed = given ? strtoull(given, NULL, 10) : preset;

    printf("SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static inline double made_normal(struct rng *rng)       /* Box and Muller 1958 */
{
    double radius = sqrt(-2 * log(1 - rng_unit(rng)));
    return radius * cos(2 * 3.14159265358979323846 * rng_unit(rng));
}

static inline enum outcome made_outcome(const double *failures, struct rng *rng)
{
    double u = rng_unit(rng);

    for (int o = OUTCOME_CORRECT + 1; o < OUTCOMES; o++) {
        if (u < failures[o])
            return (enum outcome)o;
        u -= failures[o];
    }
    return OUTCOME_CORRECT;
}

static inline bool made_unanswered(enum outcome o)
{
    return outcome_infos[o].unanswered;
}

/* One request of a round; `mean` is that of all its requests. */
static inline void made_request(const struct made *m, unsigned t, unsigned number, double mean,
                                struct round_figures *f, struct rng *rng)
{
    struct step_figures *step = &f->steps[number % m->steps];
    double        by_step = m->steps == 1 ? 1 : number % 2 ? 2.0 / 3 : 4.0 / 3;
    double        timeouts = m->failures[t][OUTCOME_TIMEOUT];
    double        left = fmax(0.2 * mean, mean - timeouts * (double)m->timeout_ns);
    double        body = left / (0.98 + 0.02 * m->tail[t]) / (1 - timeouts);
    double        shift = m->spread * made_normal(rng) - m->spread * m->spread / 2;
    double        ns = by_step * body * exp(shift);
    enum outcome  outcome = made_outcome(m->failures[t], rng);

    if (rng_below(rng, 50) == 0)
        ns *= m->tail[t];
    step->outcomes[outcome]++;
    if (outcome != OUTCOME_CORRECT)
        step->failed_ns += outcome == OUTCOME_TIMEOUT ? m->timeout_ns : (int64_t)ns;
    if (outcome == OUTCOME_CORRECT) {
        step->completed++;
        histogram_add(&step->latency, (int64_t)ns);
    } else if (made_unanswered(outcome)) {
        histogram_add_unanswered(&step->latency,
                                 outcome == OUTCOME_TIMEOUT ? m->timeout_ns : (int64_t)ns);
    } else if (!f->example_status && outcome == OUTCOME_STATUS) {
        f->example_status = 503;
    }
}

static inline void made_round(const struct made *m, const struct view *v, unsigned t,
                              double block_shift, struct rng *rng, struct round *round)
{
    struct round_figures *f = &round->figures;
    unsigned source = m->control && t == m->targets ? 0 : t;
    double   rate = m->rate[source] * exp(block_shift + m->scatter * made_normal(rng));
    double   seconds = (double)m->window_ns / 1e9;
    double   mean = (v->kind == VIEW_CLOSED ? m->connections : 5.0) * 1e9 / rate;
    uint64_t count = (uint64_t)((v->kind == VIEW_CLOSED ? rate : v->rate) * seconds + 0.5);
    double   completed = 0;

    f->window_ns = m->window_ns;
    f->asked = f->established = m->connections;
    f->sent = count + count / 7;
    f->due = v->kind == VIEW_OPEN ? count : 0;
    f->generator_cpu_ns = (int64_t)count * 5000;
    for (uint64_t i = 0; i < count; i++)
        made_request(m, source, (unsigned)i, mean, f, rng);
    for (unsigned s = 0; s < f->steps_count; s++)
        completed += (double)f->steps[s].completed;
    f->answered = (uint64_t)completed;
    if (m->cpu_ns[source] >= 0) {
        double cost = m->cpu_ns[source] * exp(m->scatter * made_normal(rng));
        round->server_cpu_ns = (int64_t)(cost * completed);
        round->memory_bytes = (int64_t)(20 + 30 * source) << 20;
        round->memory_bytes += (int64_t)rng_below(rng, 1 << 20);
    }
}

static inline void made_view(const struct made *m, enum view_kind kind, struct rng *rng,
                             struct result *r)
{
    unsigned     n = r->targets_count;
    struct view *v = result_add_view(r, kind, kind == VIEW_OPEN ? m->open_rate : 0, m->blocks * n);
    double       shift = 0;

    CHECK(v != NULL);
    for (unsigned i = 0; i < v->rounds_count; i++) {
        struct round *round = &v->rounds[i];
        round->block = i / n;
        round->place = i % n;
        round->target = (round->block + round->place) % n;
        round->began_ns = (int64_t)i * (m->window_ns + m->window_ns / 5);
        if (round->place == 0)
            shift = m->drift * made_normal(rng);
        made_round(m, v, round->target, shift, rng, round);
    }
}

static inline void made_targets(const struct made *m, struct result *r)
{
    static const char *const names[TARGETS_MAX] = { "postern", "fastapi", "axum", "express",
                                                    "gin", "actix", "django", "rails" };
    const struct str hash = LIT("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    struct arena    *a = &r->arena;

    r->targets_count = m->targets + m->control;
    CHECK(r->targets_count <= TARGETS_MAX);
    for (unsigned t = 0; t < r->targets_count; t++) {
        bool     again = m->control && t == m->targets;
        unsigned source = again ? 0 : t;
        bool     known = m->cpu_ns[source] >= 0;
        r->targets[t] = (struct target_record){
            .name = arena_format(a, "%s%s", names[source], again ? "-again" : ""),
            .url = arena_format(a, "http://127.0.0.1:%u/json", 8000 + source),
            .command = t == 0 ? LIT("postern --listen 127.0.0.1:8000") : (struct str){ 0 },
            .control_of = again ? 0 : -1,
            .program = known ? arena_format(a, "/usr/bin/%s", names[source]) : (struct str){ 0 },
            .program_hash = known ? hash : (struct str){ 0 },
            .status = 200,
            .media_type = LIT("application/json"),
            .body_bytes = 52,
            .warmed_ns = 500000000 + (int64_t)source * 250000000,
            .cost_unknown = known ? (struct str){ 0 } : LIT("the socket belongs to another user"),
        };
    }
}

static inline struct result made_result(const struct made *m)
{
    struct result r = result_new();
    struct rng    rng = rng_seeded(m->seed);

    CHECK(m->steps == 1 || m->steps == 2);
    r.version = LIT("0.1.0");
    r.command = LIT("joust -c 100 -d 30s postern=http://127.0.0.1:8000/json "
                    "fastapi=http://127.0.0.1:8001/json");
    r.began = LIT("2026-11-23T03:00:00Z");
    r.seed = m->seed;
    r.connections = m->connections;
    r.threads = 2;
    r.blocks = m->blocks;
    r.margin = 0.02;
    r.failures_max = 0.001;
    r.steps_count = m->steps;
    for (unsigned s = 0; s < m->steps; s++) {
        r.step_names[s] = m->steps == 1 ? LIT("request") : s == 0 ? LIT("log in") : LIT("call");
        r.step_measured[s] = true;
    }
    r.quantiles[r.quantiles_count++] = 0.999;
    r.ceiling = m->ceiling;
    r.floor_ns = m->ceiling > 0 ? m->connections * 1e9 / m->ceiling : 0;
    result_add_fact(&r, "kernel", LIT("Linux 6.1.0-28-amd64"));
    result_add_fact(&r, "processor", LIT("AMD EPYC 7763 64-Core Processor"));
    result_add_fact(&r, "processors", LIT("2"));
    result_add_fact(&r, "load at the beginning", LIT("0.31"));
    made_targets(m, &r);
    if (m->closed)
        made_view(m, VIEW_CLOSED, &rng, &r);
    if (m->open)
        made_view(m, VIEW_OPEN, &rng, &r);
    return r;
}
