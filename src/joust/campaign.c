/* campaign.c: block after block, visit after visit, each a round of the result. */
#include "joust/campaign.h"

#include <string.h>

#include "base/clock.h"
#include "base/instant.h"
#include "joust/ceiling.h"
#include "joust/environment.h"
#include "joust/lineup.h"
#include "joust/order.h"

enum { NS_PER_S = 1000000000, NS_PER_MS = 1000000, SETTLE_SHARE = 10, SETTLE_OF_COUNT_MS = 100, BLOCKS_LEAST = 2 };

static const double confidence = 0.95, equal_load_share = 0.5;

struct campaign {
    const struct options *options;
    const atomic_int *stop;
    struct result        *result;
    struct lineup         lineup;
    struct progress      *progress;
    struct buf           *why;
    int64_t               began_ns;
    uint64_t              visits;           /* so far; each draws its own random placeholders */
    double                visit_s;          /* what a visit takes in all, by those so far */
    unsigned              visits_left;
    bool                  warmed[TARGETS_MAX];
    struct view          *view;             /* the one being run, its round and target */
    struct round         *round;
    struct contestant    *contestant;
    int64_t               cpu_begin_ns;
};

static int64_t monotonic_ns(void)
{
    return clock_monotonic_ns(&system_clock);
}

/* ---- A visit ------------------------------------------------------------------------------------ */

static void window_begins(void *context)
{
    struct campaign *c = context;

    c->cpu_begin_ns = process_cpu_ns(&c->contestant->tree);
}

static void window_ends(void *context)
{
    struct campaign *c = context;
    int64_t          end = process_cpu_ns(&c->contestant->tree);

    c->round->server_cpu_ns = end < 0 || c->cpu_begin_ns < 0 ? -1 : end - c->cpu_begin_ns;
}

static void shown(void *context, const struct visit_progress *p)
{
    struct campaign *c = context;
    double           left = p->seconds_left + c->visits_left * c->visit_s;

    progress_visit(c->progress, c->view, c->round->block, c->round->target, left, p);
}

static uint64_t quota_of(const struct options *o, unsigned block)
{
    uint64_t blocks = (uint64_t)o->blocks;

    return o->requests / blocks + (block < o->requests % blocks);
}

static int64_t settle_ns(const struct options *o)
{
    if (o->settle_ns >= 0)
        return o->settle_ns;
    return o->requests ? SETTLE_OF_COUNT_MS * (int64_t)NS_PER_MS : o->duration_ns / o->blocks / SETTLE_SHARE;
}

static struct visit visit_of(struct campaign *c)
{
    const struct options *o = c->options;
    bool                  warm_up = o->warm_up_ns > 0 && !c->warmed[c->round->target];
    struct rng            seeds = rng_seeded(o->seed ^ ++c->visits);

    return (struct visit){
        .plan = &c->contestant->plan,
        .expects = c->contestant->expects,
        .connections = (unsigned)o->connections,
        .threads = (unsigned)o->threads,
        .settle_ns = settle_ns(o),
        .window_ns = o->requests ? 0 : o->duration_ns / o->blocks,
        .quota = o->requests ? quota_of(o, c->round->block) : 0,
        .rate = c->view->rate,
        .timeout_ns = o->timeout_ns,
        .warm_up = warm_up,
        .warm_up_max_ns = o->warm_up_ns,
        .seed = rng_next(&seeds),
        .first_seq = c->contestant->next_seq,
        .stop = c->stop,
        .cpus = o->pinned ? &o->generator_cpus : NULL,
    };
}

static enum campaign_verdict gone(struct campaign *c, enum visit_verdict verdict)
{
    struct str name = c->result->targets[c->round->target].name;
    struct buf what = buf_growing(c->why->bytes_max);

    if (verdict == VISIT_STOPPED)
        return CAMPAIGN_STOPPED;
    buf_format(&what, "%.*s: %.*s, in block %u", STR_ARG(name), STR_ARG(buf_str(c->why)), c->round->block + 1);
    buf_reset(c->why);
    buf_add(c->why, buf_str(&what));
    buf_close(&what);
    return CAMPAIGN_INVALID;
}

static void note_time(struct campaign *c, int64_t began_ns)
{
    double took = (double)(monotonic_ns() - began_ns) / NS_PER_S;

    c->visit_s += (took - c->visit_s) / (double)c->visits;
}

static enum campaign_verdict run_visit(struct campaign *c, struct round *round)
{
    const struct visit_watcher watcher = { window_begins, window_ends, shown, c };
    int64_t                    began = monotonic_ns(), warmed;

    c->round = round;
    c->contestant = lineup_contestant(&c->lineup, c->result, round->target);
    c->visits_left--;
    round->began_ns = began - c->began_ns;
    round->server_cpu_ns = -1;
    struct visit       v = visit_of(c);
    enum visit_verdict verdict = visit_run(&v, &watcher, &round->figures, &warmed, c->why);
    if (verdict != VISIT_DONE)
        return gone(c, verdict);
    if (v.warm_up)
        c->result->targets[round->target].warmed_ns = warmed;
    c->warmed[round->target] = true;
    c->contestant->next_seq = round->figures.next_seq;
    round->memory_bytes = process_memory_bytes(&c->contestant->tree);
    note_time(c, began);
    progress_round(c->progress, c->view, round, c->visits_left * c->visit_s);
    return CAMPAIGN_DONE;
}

/* ---- A view ------------------------------------------------------------------------------------- */

/* What was measured before the end is not lost: whole blocks are as good as if no more had been asked
 * for. */
static void end_early(struct campaign *c, unsigned blocks)
{
    struct result *r = c->result;
    char           text[64];
    struct buf     says = buf_fixed(text, sizeof text);

    view_keep_rounds(c->view, blocks * r->targets_count);
    buf_format(&says, "after block %u of %u", blocks, r->blocks);
    result_add_fact(r, "ended early", buf_str(&says));
    if (blocks < BLOCKS_LEAST)
        r->views_count--;
    else if (r->views_count == 1)
        r->blocks = blocks;
}

static enum campaign_verdict run_view(struct campaign *c, enum view_kind kind, double rate)
{
    unsigned   targets = c->result->targets_count, blocks = (unsigned)c->options->blocks;
    unsigned  *order = arena_alloc_many(&c->lineup.arena, (size_t)targets * blocks, sizeof *order);
    struct rng rng = rng_seeded(c->options->seed + kind);

    c->view = result_add_view(c->result, kind, rate, targets * blocks);
    if (!order || !c->view) {
        buf_add(c->why, LIT("no memory for the rounds"));
        return CAMPAIGN_INVALID;
    }
    order_make(targets, blocks, &rng, order);
    for (unsigned i = 0; i < targets * blocks; i++) {
        struct round *round = &c->view->rounds[i];
        round->target = order[i];
        round->block = i / targets;
        round->place = i % targets;
        enum campaign_verdict verdict = run_visit(c, round);
        if (verdict != CAMPAIGN_DONE) {
            end_early(c, round->block);
            return verdict;
        }
    }
    return CAMPAIGN_DONE;
}

/* Half of what the slowest target answered, by its whole closed loop. */
static double equal_rate(const struct result *r)
{
    double slowest = 0;

    for (unsigned t = 0; t < r->targets_count; t++) {
        double completed = 0, ns = 0;
        for (unsigned i = 0; i < r->views[0].rounds_count; i++) {
            const struct round *round = &r->views[0].rounds[i];
            for (unsigned k = 0; round->target == t && k < round->figures.steps_count; k++)
                completed += (double)round->figures.steps[k].completed;
            ns += round->target == t ? (double)round->figures.window_ns : 0;
        }
        double rate = completed / ns * NS_PER_S;
        slowest = t == 0 || rate < slowest ? rate : slowest;
    }
    return slowest * equal_load_share;
}

static enum campaign_verdict run_views(struct campaign *c)
{
    const struct options *o = c->options;
    unsigned              visits = c->result->targets_count * (unsigned)o->blocks;

    c->visits_left = visits * (1 + o->equal_load);
    c->visit_s = o->requests ? 0 : (double)(o->duration_ns / o->blocks + settle_ns(o)) / NS_PER_S;
    if (o->rate > 0)
        return run_view(c, VIEW_OPEN, o->rate);
    enum campaign_verdict verdict = run_view(c, VIEW_CLOSED, 0);
    if (verdict != CAMPAIGN_DONE || !o->equal_load)
        return verdict;
    double rate = equal_rate(c->result);
    if (rate <= 0) {
        buf_add(c->why, LIT("the slowest target answered nothing, and half of that is no load"));
        return CAMPAIGN_INVALID;
    }
    return run_view(c, VIEW_OPEN, rate);
}

/* ---- All of it ---------------------------------------------------------------------------------- */

static void describe(struct result *r, const struct options *o, const char *command)
{
    struct buf     now = buf_growing(64);
    struct instant began = { clock_wall_us(&system_clock) };

    instant_add(&now, began);
    *r = result_new();
    r->version = LIT(JOUST_VERSION);
    r->command = arena_copy(&r->arena, str_of(command));
    r->began = arena_copy(&r->arena, buf_str(&now));
    r->seed = o->seed;
    r->connections = (unsigned)o->connections;
    r->threads = (unsigned)o->threads;
    r->requests_per_connection = (unsigned)o->requests_per_connection;
    r->blocks = (unsigned)o->blocks;
    r->margin = o->margin;
    r->failures_max = o->failures_max;
    r->confidence = confidence;
    memcpy(r->quantiles, o->quantiles, sizeof r->quantiles);
    r->quantiles_count = o->quantiles_count;
    for (unsigned i = 0; i < o->allowed_count; i++)
        r->allowed[r->allowed_count++] = arena_copy(&r->arena, o->allowed[i]);
    environment_describe(r, o->pin);
    buf_close(&now);
}

/* Minutes of load would end without a verdict. */
static bool refuse_differing(struct campaign *c)
{
    const struct result *r = c->result;

    for (unsigned i = 0; i < r->targets_count; i++)
        if (r->targets[i].differs.at && !result_allows(r, LIT("answers"))) {
            buf_format(c->why, "%.*s does other work than %.*s: %.*s (--ignore NAME leaves a member out, --allow answers compares all the same)",
                       STR_ARG(r->targets[i].name), STR_ARG(r->targets[0].name), STR_ARG(r->targets[i].differs));
            return true;
        }
    return false;
}

static enum campaign_verdict run(struct campaign *c)
{
    if (!lineup_open(&c->lineup, c->options, c->result, c->progress, c->stop, c->why) ||
        !lineup_compare_answers(&c->lineup, c->result, c->why))
        return *c->stop ? CAMPAIGN_STOPPED : CAMPAIGN_WRONG;
    if (refuse_differing(c))
        return CAMPAIGN_INVALID;
    if (!ceiling_measure(&c->lineup, c->result, c->stop, c->why))
        return *c->stop ? CAMPAIGN_STOPPED : CAMPAIGN_INVALID;
    progress_say(c->progress, "the generator reaches %.0f requests/s against a server that does nothing; seed %llu", c->result->ceiling,
                 (unsigned long long)c->options->seed);
    c->began_ns = monotonic_ns();
    enum campaign_verdict verdict = run_views(c);
    environment_describe_end(c->result);
    return verdict;
}

enum campaign_verdict campaign_run(const struct options *o, const char *command,
                                   const atomic_int *stop, struct result *out,
                                   struct buf *why)
{
    struct campaign c = { .options = o, .stop = stop, .result = out, .why = why };

    describe(out, o, command);
    c.progress = progress_open(2, o->quiet, out);
    enum campaign_verdict verdict = run(&c);
    progress_close(c.progress);
    lineup_close(&c.lineup);
    return verdict;
}
