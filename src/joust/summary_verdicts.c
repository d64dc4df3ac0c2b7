/* summary_verdicts.c: whether the measurement holds, and who is faster.
 *
 * What may be said stands before what may not, and pairs that one gate voids share a line. */
#include "joust/summary_page.h"

enum { ALL_PAIRS_MAX = 4 };

/* ---- What voids --------------------------------------------------------------------------- */

static void add_voided(const struct gate *g, struct buf *out)
{
    const char *between = " (voids ";
    unsigned    count = 0;

    for (int m = 0; m < METRICS; m++)
        count += g->voids[m];
    if (count == METRICS) {
        buf_add(out, LIT(" (voids all)"));
        return;
    }
    for (int m = 0; m < METRICS; m++)
        if (g->voids[m]) {
            buf_format(out, "%s%s", between, metric_infos[m].name);
            between = ", ";
        }
    buf_add(out, count ? LIT(")") : LIT(""));
}

static bool is_listed(const struct gate *g, bool allowed)
{
    return allowed ? g->broken && g->allowed : gate_invalidates(g);
}

/* Is the next or the one before, as `step` has it, of the same gate? */
static bool goes_on(const struct page *p, unsigned gate, int step, bool allowed)
{
    const struct gate *gates = p->v->gates;

    for (unsigned i = gate + (unsigned)step; i < p->v->gates_count; i += (unsigned)step)
        if (is_listed(&gates[i], allowed))
            return strcmp(gates[i].name, gates[gate].name) == 0;
    return false;
}

/* What a gate is called stands beside its first target, what it voids behind its last. */
static void write_gate(struct page *p, unsigned gate, bool allowed)
{
    const struct gate *g = &p->v->gates[gate];
    struct buf         says = buf_growing(1 << 17);
    bool               first = !goes_on(p, gate, -1, allowed);

    buf_add(&says, g->says);
    if (!allowed && !goes_on(p, gate, 1, allowed))
        add_voided(g, &says);
    page_write_labelled(p, first ? arena_format(&p->arena, "  %s", g->name) : LIT(""), buf_str(&says));
    buf_close(&says);
}

static unsigned write_gates(struct page *p, bool allowed)
{
    unsigned count = 0;

    for (unsigned i = 0; i < p->v->gates_count; i++) {
        if (!is_listed(&p->v->gates[i], allowed))
            continue;
        if (count++ == 0)
            buf_add(p->out, allowed ? LIT("Broken gates that --allow let pass:\n")
                                    : LIT("NOT VALID: no verdict where a gate is broken:\n"));
        write_gate(p, i, allowed);
    }
    return count;
}

/* ---- Verdicts ----------------------------------------------------------------------------- */

/* With many targets, the pairs of the first: all are in the report. */
static bool is_shown(const struct page *p, const struct comparison *c)
{
    if (result_is_control(p->r, c->a) || result_is_control(p->r, c->b))
        return false;
    return p->targets_count <= ALL_PAIRS_MAX || c->a == 0 || c->b == 0;
}

/* What voids a metric: " (ceiling)" where the gate stands above the verdicts with its figures, else
 * these: ": axum had 412 requests …; gin had …". */
static void add_reasons(const struct page *p, enum metric m, const char *gate, struct buf *out)
{
    const char *between = ": ";

    for (unsigned i = 0; i < p->v->gates_count; i++) {
        const struct gate *g = &p->v->gates[i];
        if (!g->broken || g->allowed || !g->voids[m] || strcmp(g->name, gate) != 0)
            continue;
        if (gate_invalidates(g)) {
            buf_format(out, " (%s)", gate);
            return;
        }
        if (result_is_control(p->r, g->target))
            continue;
        buf_format(out, "%s%.*s", between, STR_ARG(g->says));
        between = "; ";
    }
}

/* The gate that voids every pair of a metric, or NULL. */
static const char *common_gate(const struct page *p, enum metric m)
{
    const char *gate = NULL;

    for (unsigned i = 0; i < p->v->comparisons_count; i++) {
        const struct comparison *c = &p->v->comparisons[i];
        if (c->metric != m || !is_shown(p, c))
            continue;
        if (!c->void_by || (gate && strcmp(gate, c->void_by) != 0))
            return NULL;
        gate = c->void_by;
    }
    return gate;
}

static void write_verdict(struct page *p, const struct comparison *c, bool first)
{
    struct buf says = buf_growing(1 << 16);

    comparison_say(p->r, c, &says);
    page_write_labelled(p, first ? str_of(metric_infos[c->metric].name) : LIT(""), buf_str(&says));
    buf_close(&says);
}

/* Does a gate void a pair of the metric, and was it not told of in a comparison before? */
static bool is_new_gate(const struct page *p, unsigned comparison)
{
    const struct comparison *c = &p->v->comparisons[comparison];

    for (unsigned i = 0; i < comparison; i++) {
        const struct comparison *before = &p->v->comparisons[i];
        if (before->metric == c->metric && before->void_by && is_shown(p, before) &&
            strcmp(before->void_by, c->void_by) == 0)
            return false;
    }
    return true;
}

/* All pairs that the gate voids, in one sentence. */
static void write_voided(struct page *p, enum metric m, const char *gate, bool first)
{
    struct buf  says = buf_growing(1 << 17);
    const char *between = "no verdict: ";

    for (unsigned i = 0; i < p->v->comparisons_count; i++) {
        const struct comparison *c = &p->v->comparisons[i];
        if (c->metric != m || !c->void_by || !is_shown(p, c) || strcmp(c->void_by, gate) != 0)
            continue;
        buf_format(&says, "%s%.*s and %.*s", between, STR_ARG(page_name(p, c->a)),
                   STR_ARG(page_name(p, c->b)));
        between = "; ";
    }
    add_reasons(p, m, gate, &says);
    page_write_labelled(p, first ? str_of(metric_infos[m].name) : LIT(""), buf_str(&says));
    buf_close(&says);
}

/* Of a metric as a whole. */
static void write_none(struct page *p, enum metric m, const char *gate)
{
    struct buf says = buf_growing(1 << 17);

    buf_add(&says, LIT("no verdict"));
    add_reasons(p, m, gate, &says);
    page_write_labelled(p, str_of(metric_infos[m].name), buf_str(&says));
    buf_close(&says);
}

/* What may be said, then what may not. */
static void write_metric(struct page *p, enum metric m)
{
    const char *gate = common_gate(p, m);
    bool        first = true;

    if (gate) {
        write_none(p, m, gate);
        return;
    }
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < p->v->comparisons_count; i++) {
            const struct comparison *c = &p->v->comparisons[i];
            if (c->metric != m || !is_shown(p, c) || (c->void_by != NULL) != (pass == 1) ||
                (c->void_by && !is_new_gate(p, i)))
                continue;
            if (c->void_by)
                write_voided(p, m, c->void_by, first);
            else
                write_verdict(p, c, first);
            first = false;
        }
}

/* One target has no verdicts: what its figures are worth is said all the same. */
static void write_doubts(struct page *p)
{
    unsigned count = 0;

    for (unsigned i = 0; i < p->v->gates_count; i++) {
        const struct gate *g = &p->v->gates[i];
        if (g->target > 0 || !g->broken || g->allowed || gate_invalidates(g))
            continue;
        for (int m = 0; m < METRICS; m++)
            if (g->voids[m]) {
                write_none(p, (enum metric)m, g->name);
                count++;
            }
    }
    buf_add(p->out, count ? LIT("\n") : LIT(""));
}

static void write_pairs(struct page *p)
{
    if (p->targets_count < 2) {
        write_doubts(p);
        return;
    }
    for (int m = 0; m < METRICS; m++)
        write_metric(p, (enum metric)m);
    if (p->targets_count > ALL_PAIRS_MAX)
        page_write_labelled(p, LIT(""),
                            LIT("(pairs without the first target: see --report or --json)"));
    buf_add_char(p->out, '\n');
}

void page_write_verdicts(struct page *p)
{
    if (write_gates(p, false))
        buf_add_char(p->out, '\n');
    if (write_gates(p, true))
        buf_add_char(p->out, '\n');
    write_pairs(p);
}
