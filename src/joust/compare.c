/* compare.c: two results side by side: target by target, view by view, metric by metric.
 *
 * The rounds of two campaigns are not paired: each side's scatter counts.  What both measured under
 * other conditions is compared all the same, with a sentence that says so. */
#include "joust/compare.h"

#include <math.h>

#include "joust/columns.h"
#include "joust/comparison.h"
#include "joust/format.h"
#include "joust/gates.h"
#include "joust/markup.h"

enum { WORK_BYTES_MAX = 4 << 20, NAME_COLUMNS = 30, PAGE_COLUMNS = 100 };

struct side {
    const struct result *result;
    struct analysis      analysis;
    struct grid          grid;          /* of the view that is being compared */
    unsigned             view;
    double              *figures;
    const struct histogram **latencies;
    size_t               count;         /* of the rounds in the two above */
    bool                 known, at_least;
};

struct match {
    unsigned       old, new;            /* targets of the same name */
    struct ratio   ratios[METRICS];     /* new / old */
    double         adjusted_p[METRICS];
    struct verdict verdicts[METRICS];
    const char    *void_by[METRICS];
};

struct comparing {
    struct arena arena;
    struct side  old, new;
    struct match matches[TARGETS_MAX];
    unsigned     matches_count;
    double       margin;
    struct buf  *out;
    bool        *regressed;
};

/* ---- Ratios ------------------------------------------------------------------------------- */

/* Figures and latencies of all rounds of a target. */
static void gather(struct side *s, unsigned target, enum metric m)
{
    const struct cell *cells = grid_target(&s->grid, target);

    s->count = 0;
    s->known = true;
    s->at_least = false;
    for (unsigned b = 0; b < s->result->blocks; b++) {
        if (!cells[b].round)
            continue;
        s->known = s->known && (m == METRIC_P99 || cells[b].figures[m] >= 0);
        s->at_least = s->at_least || (m == METRIC_P50 && cells[b].p50_at_least);
        s->figures[s->count] = cells[b].figures[m];
        s->latencies[s->count++] = cells[b].latency;
    }
}

static struct ratio ratio_of(struct comparing *c, const struct match *match, enum metric m)
{
    struct side *old = &c->old, *new = &c->new;
    struct rng   rng = rng_seeded(new->result->seed);
    double       confidence = new->result->confidence;

    gather(old, match->old, m);
    gather(new, match->new, m);
    if (!old->known || !new->known || old->at_least || new->at_least)
        return (struct ratio){ 0 };
    if (m == METRIC_P99)
        return ratio_quantile_unpaired(new->latencies, new->count, old->latencies, old->count, 0.99,
                                       RESAMPLES, &rng, confidence);
    return ratio_unpaired(new->figures, new->count, old->figures, old->count, confidence);
}

static const struct view_analysis *view_of(const struct side *s)
{
    return &s->analysis.views[s->view];
}

/* Holm's correction over the targets of a metric. */
static void adjust(struct comparing *c, enum metric m)
{
    double   p[TARGETS_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < c->matches_count; i++)
        if (c->matches[i].ratios[m].known)
            p[count++] = c->matches[i].ratios[m].p;
    holm_adjust(p, count);
    count = 0;
    for (unsigned i = 0; i < c->matches_count; i++)
        c->matches[i].adjusted_p[m] = c->matches[i].ratios[m].known ? p[count++] : 1;
}

static const char *gate_between(const struct comparing *c, const struct match *match, enum metric m)
{
    const char *gate = gates_void(view_of(&c->new), match->new, match->new, m);
    return gate ? gate : gates_void(view_of(&c->old), match->old, match->old, m);
}

static void judge(struct comparing *c, enum metric m)
{
    double noise = fmax(view_of(&c->old)->noise[m], view_of(&c->new)->noise[m]);

    for (unsigned i = 0; i < c->matches_count; i++)
        c->matches[i].ratios[m] = ratio_of(c, &c->matches[i], m);
    adjust(c, m);
    for (unsigned i = 0; i < c->matches_count; i++) {
        struct match *match = &c->matches[i];
        match->void_by[m] = gate_between(c, match, m);
        match->verdicts[m] = verdict_of(&match->ratios[m], match->adjusted_p[m], c->margin, noise,
                                        c->new.result->confidence);
    }
}

/* ---- Words -------------------------------------------------------------------------------- */

static bool is_worse(const struct match *match, enum metric m)
{
    enum verdict_kind kind = match->verdicts[m].kind;

    return !match->void_by[m] &&
           kind == (metric_infos[m].more_is_better ? VERDICT_LOWER : VERDICT_HIGHER);
}

static void say_difference(const struct ratio *ratio, enum metric m, struct buf *out)
{
    bool higher = ratio->estimate >= 1;

    buf_add(out, LIT("new is "));
    difference_say(ratio, m, higher == metric_infos[m].more_is_better, LIT(""), out);
}

static void say_verdict(const struct comparing *c, const struct match *match, enum metric m,
                        struct buf *out)
{
    if (match->void_by[m]) {
        buf_format(out, "no verdict: gate \"%s\"", match->void_by[m]);
        return;
    }
    switch (match->verdicts[m].kind) {
    case VERDICT_UNKNOWN:
        buf_add(out, LIT("no verdict: unknown"));
        break;
    case VERDICT_EQUIVALENT:
        buf_format(out, "equivalent within %.3g %%", 100 * c->margin);
        break;
    case VERDICT_UNDECIDED:     /* by how much stands beside it */
        buf_add(out, LIT("undecided"));
        if (difference_corrected(&match->ratios[m], match->adjusted_p[m], c->margin,
                                 c->new.result->confidence))
            buf_add(out, LIT(" (after Holm's correction)"));
        break;
    case VERDICT_HIGHER:
    case VERDICT_LOWER:
        say_difference(&match->ratios[m], m, out);
        break;
    }
}

/* ---- The table ---------------------------------------------------------------------------- */

static void add_figure(struct columns *t, const struct side *s, unsigned target, enum metric m)
{
    const struct estimate *e = &view_of(s)->targets[target].metrics[m];
    char                   room[64];
    struct buf             text = buf_fixed(room, sizeof room);

    if (!e->known && !(e->value > 0)) {
        columns_cell(t, LIT("unknown"));
        return;
    }
    if (e->at_least)
        buf_add(&text, LIT("> "));
    if (m == METRIC_THROUGHPUT)
        format_rate(&text, e->value);
    else
        format_ns(&text, e->value);
    if (m == METRIC_THROUGHPUT)
        buf_add(&text, LIT("/s"));
    columns_cell(t, buf_str(&text));
}

static void add_ratio(struct columns *t, const struct ratio *r)
{
    char       room[96];
    struct buf text = buf_fixed(room, sizeof room);

    if (r->known)
        buf_format(&text, "%.3f [%.3f to %.3f]", r->estimate, r->low, r->high);
    columns_cell(t, buf_str(&text));
}

static void add_row(const struct comparing *c, const struct match *match, enum metric m,
                    struct columns *t)
{
    struct buf says = buf_growing(1024);

    say_verdict(c, match, m, &says);
    columns_row(t);
    columns_cell(t, arena_format(t->arena, "  %s", metric_infos[m].name));
    add_figure(t, &c->old, match->old, m);
    add_figure(t, &c->new, match->new, m);
    add_ratio(t, &match->ratios[m]);
    columns_cell(t, buf_str(&says));
    buf_close(&says);
}

static void write_table(struct comparing *c)
{
    struct columns *t = arena_alloc(&c->arena, sizeof *t);

    if (!t)
        return;
    *t = (struct columns){ .arena = &c->arena, .align = "lrrll" };
    for (unsigned i = 0; i < c->matches_count; i++) {
        const struct target_record *target = &c->new.result->targets[c->matches[i].new];
        columns_row(t);
        columns_cell(t, text_cut(target->name, NAME_COLUMNS, t->arena));
        columns_cell(t, LIT("old"));
        columns_cell(t, LIT("new"));
        columns_cell(t, LIT("new / old"));
        for (int m = 0; m < METRICS; m++)
            add_row(c, &c->matches[i], (enum metric)m, t);
    }
    columns_write(t, 0, c->out);
}

/* ---- What differs ------------------------------------------------------------------------- */

static void say_counts(struct buf *out, const char *name, unsigned old, unsigned new)
{
    if (old != new)
        buf_format(out, "Warning: %s differ: %u then, %u now.\n", name, old, new);
}

static struct str fact_of(const struct result *r, struct str name)
{
    for (unsigned i = 0; i < r->facts_count; i++)
        if (str_eq(r->facts[i].name, name))
            return r->facts[i].value;
    return (struct str){ NULL, 0 };
}

static bool is_same_text(struct str a, struct str b)
{
    return (a.at == NULL) == (b.at == NULL) && str_eq(a, b);
}

/* What is of the moment (load, free memory) is not a difference of the machine. */
static const char *const machine_facts[] = {
    "kernel", "CPU", "CPUs", "virtual machine", "SMT", "governor", "turbo", "clock source",
    "cgroup CPU limit", "cgroup memory limit",
};

static void add_fact(struct buf *out, struct str value)
{
    markup_plain(out, value.at ? value : LIT("unknown"));
}

static void say_machine(struct buf *out, const struct result *old, const struct result *new)
{
    for (size_t i = 0; i < sizeof machine_facts / sizeof *machine_facts; i++) {
        struct str name = str_of(machine_facts[i]);
        struct str then = fact_of(old, name), now = fact_of(new, name);
        if (is_same_text(then, now))
            continue;
        buf_format(out, "Warning: another %s: ", machine_facts[i]);
        add_fact(out, then);
        buf_add(out, LIT(" then, "));
        add_fact(out, now);
        buf_add(out, LIT(" now.\n"));
    }
}

static bool are_steps_same(const struct result *old, const struct result *new)
{
    if (old->steps_count != new->steps_count)
        return false;
    for (unsigned s = 0; s < old->steps_count; s++)
        if (!is_same_text(old->step_names[s], new->step_names[s]) ||
            old->step_measured[s] != new->step_measured[s])
            return false;
    return true;
}

static void say_target(const struct comparing *c, const struct match *match)
{
    const struct target_record *old = &c->old.result->targets[match->old];
    const struct target_record *new = &c->new.result->targets[match->new];

    if (old->status == new->status && old->body_bytes == new->body_bytes)
        return;
    buf_add(c->out, LIT("Warning: "));
    markup_plain(c->out, new->name);
    buf_format(c->out, " answers differently: status %d and %zu bytes then, %d and %zu now.\n",
               old->status, old->body_bytes, new->status, new->body_bytes);
}

static void say_same_programs(const struct comparing *c)
{
    const char *between = "Note: the executable is the same in both, so has anything changed? ";
    unsigned    count = 0;

    for (unsigned i = 0; i < c->matches_count; i++) {
        struct str old = c->old.result->targets[c->matches[i].old].program_hash;
        const struct target_record *new = &c->new.result->targets[c->matches[i].new];
        if (!old.len || !is_same_text(old, new->program_hash))
            continue;
        buf_add(c->out, str_of(between));
        markup_plain(c->out, new->name);
        between = ", ";
        count++;
    }
    buf_add(c->out, count ? LIT("\n") : LIT(""));
}

static bool is_in_both(const struct comparing *c, unsigned target, bool of_old)
{
    for (unsigned i = 0; i < c->matches_count; i++)
        if ((of_old ? c->matches[i].old : c->matches[i].new) == target)
            return true;
    return false;
}

static void say_missing(const struct comparing *c, const struct result *r, bool of_old)
{
    for (unsigned t = 0; t < r->targets_count; t++) {
        if (is_in_both(c, t, of_old) || result_is_control(r, t))
            continue;
        buf_add(c->out, LIT("Note: "));
        markup_plain(c->out, r->targets[t].name);
        buf_format(c->out, " is only in the %s result.\n", of_old ? "old" : "new");
    }
}

static void say_differences(const struct comparing *c)
{
    const struct result *old = c->old.result, *new = c->new.result;

    say_counts(c->out, "connections", old->connections, new->connections);
    say_counts(c->out, "the generator's threads", old->threads, new->threads);
    say_counts(c->out, "requests per connection (0: no end)", old->requests_per_connection, new->requests_per_connection);
    say_machine(c->out, old, new);
    if (!are_steps_same(old, new))
        buf_add(c->out, LIT("Warning: the steps of the requests differ.\n"));
    for (unsigned i = 0; i < c->matches_count; i++)
        say_target(c, &c->matches[i]);
    say_same_programs(c);
    say_missing(c, old, true);
    say_missing(c, new, false);
}

static void say_gate(struct comparing *c, const struct gate *g, const char *side)
{
    const char *is = gate_invalidates(g) ? "is not valid" : "lacks a verdict";

    text_wrap(arena_format(&c->arena, "The %s result %s: %.*s.", side, is, STR_ARG(g->says)),
              PAGE_COLUMNS, 2, c->out);
}

/* Why verdicts of a side are withheld. */
static void say_gates(struct comparing *c, const struct side *s, const char *name)
{
    for (unsigned v = 0; v < s->result->views_count; v++) {
        const struct view_analysis *view = &s->analysis.views[v];
        for (unsigned i = 0; i < view->gates_count; i++)
            if (view->gates[i].broken && !view->gates[i].allowed)
                say_gate(c, &view->gates[i], name);
    }
}

/* ---- Views -------------------------------------------------------------------------------- */

static bool open_side(struct side *s, struct arena *arena)
{
    s->figures = arena_alloc_many(arena, s->result->blocks, sizeof *s->figures);
    s->latencies = arena_alloc_many(arena, s->result->blocks, sizeof *s->latencies);
    return s->figures && s->latencies && analysis_make(s->result, &s->analysis);
}

static void say_view(const struct comparing *c)
{
    const struct view *old = &c->old.result->views[c->old.view];
    const struct view *new = &c->new.result->views[c->new.view];

    buf_add(c->out, new->kind == VIEW_OPEN ? LIT("\nOpen loop\n") : LIT("\nClosed loop\n"));
    if (new->rate < old->rate || new->rate > old->rate) {
        buf_add(c->out, LIT("Warning: the rates differ: "));
        format_rate(c->out, old->rate);
        buf_add(c->out, LIT(" requests/s then, "));
        format_rate(c->out, new->rate);
        buf_add(c->out, LIT(" now.\n"));
    }
}

static bool compare_view(struct comparing *c)
{
    const struct result *old = c->old.result, *new = c->new.result;
    bool                 done = grid_open(&c->old.grid, old, &old->views[c->old.view]) &&
                grid_open(&c->new.grid, new, &new->views[c->new.view]);

    if (done) {
        for (int m = 0; m < METRICS; m++)
            judge(c, (enum metric)m);
        say_view(c);
        write_table(c);
        for (unsigned i = 0; i < c->matches_count; i++)
            for (int m = 0; m < METRICS; m++)
                *c->regressed |= is_worse(&c->matches[i], (enum metric)m);
    }
    grid_close(&c->old.grid);
    grid_close(&c->new.grid);
    return done;
}

static void match_targets(struct comparing *c)
{
    const struct result *old = c->old.result, *new = c->new.result;

    for (unsigned n = 0; n < new->targets_count; n++)
        for (unsigned o = 0; o < old->targets_count; o++)
            if (str_eq(new->targets[n].name, old->targets[o].name) &&
                !result_is_control(new, n) && !result_is_control(old, o))
                c->matches[c->matches_count++] = (struct match){ .old = o, .new = n };
}

static unsigned count_common_views(const struct result *old, const struct result *new)
{
    unsigned count = 0;

    for (unsigned n = 0; n < new->views_count; n++)
        for (unsigned o = 0; o < old->views_count; o++)
            count += new->views[n].kind == old->views[o].kind;
    return count;
}

static bool compare_views(struct comparing *c)
{
    const struct result *old = c->old.result, *new = c->new.result;

    for (unsigned n = 0; n < new->views_count; n++)
        for (unsigned o = 0; o < old->views_count; o++) {
            c->old.view = o;
            c->new.view = n;
            if (new->views[n].kind == old->views[o].kind && !compare_view(c))
                return false;
        }
    return true;
}

static const char *run(struct comparing *c)
{
    match_targets(c);
    if (c->matches_count == 0)
        return "the two results have no target in common";
    if (count_common_views(c->old.result, c->new.result) == 0)
        return "one result is of a closed loop and the other of an open loop";
    if (!open_side(&c->old, &c->arena) || !open_side(&c->new, &c->arena))
        return "out of memory";
    say_gates(c, &c->old, "old");
    say_gates(c, &c->new, "new");
    say_differences(c);
    if (!compare_views(c) || c->arena.failed || c->out->failed)
        return "out of memory";
    return NULL;
}

bool compare_results(const struct result *old, const struct result *new, double margin,
                     struct buf *out, bool *regressed, struct buf *why)
{
    bool             worse = false;
    struct comparing c = { .arena = arena_new(WORK_BYTES_MAX), .old.result = old, .new.result = new,
                           .margin = margin, .out = out, .regressed = &worse };
    const char      *failed = run(&c);

    if (!failed && !(c.old.analysis.valid && c.new.analysis.valid))
        failed = "a result that is not valid proves nothing";
    if (failed)
        buf_add(why, str_of(failed));
    else
        *regressed = worse;
    analysis_close(&c.old.analysis);
    analysis_close(&c.new.analysis);
    arena_close(&c.arena);
    return !failed;
}
