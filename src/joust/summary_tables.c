/* summary_tables.c: the figures, target beside target, four of them a table. */
#include <math.h>

#include "joust/format.h"
#include "joust/summary_page.h"

enum { GROUP_MAX = 4, NAME_COLUMNS = 19 };

struct group {                  /* of targets that stand side by side in a table */
    const unsigned *targets;
    unsigned        count;
};

static struct columns *columns_new(struct page *p, const char *align)
{
    struct columns *c = arena_alloc(&p->arena, sizeof *c);

    if (c)
        *c = (struct columns){ .arena = &p->arena, .align = align };
    return c;
}

/* ---- Figures ------------------------------------------------------------------------------ */

static void write_ns(struct buf *out, double ns)
{
    format_ns(out, ns);
}

static void write_rate(struct buf *out, double a_second)
{
    format_rate(out, a_second);
    buf_add(out, LIT("/s"));
}

/* "38,420/s ± 1.2 %": the wider half, as a share of the value. */
static void add_estimate(struct columns *c, const struct estimate *e,
                         void (*write)(struct buf *out, double value))
{
    char       room[96];
    struct buf text = buf_fixed(room, sizeof room);

    if (!e->known && !e->at_least && !(e->value > 0)) {
        columns_cell(c, LIT("unknown"));
        return;
    }
    buf_add(&text, e->at_least ? LIT("> ") : LIT(""));
    write(&text, e->value);
    if (e->known && !e->at_least && e->value > 0) {
        buf_add(&text, LIT(" ± "));
        format_percent(&text, fmax(e->high - e->value, e->value - e->low) / e->value);
    }
    columns_cell(c, buf_str(&text));
}

typedef const struct estimate *(*estimate_finder)(const struct target_figures *f, unsigned index);

static const struct estimate *find_metric(const struct target_figures *f, unsigned metric)
{
    return &f->metrics[metric];
}

static const struct estimate *find_mean(const struct target_figures *f, unsigned unused)
{
    (void)unused;
    return &f->mean;
}

static const struct estimate *find_quantile(const struct target_figures *f, unsigned quantile)
{
    return &f->quantiles[quantile];
}

static void add_estimates(struct page *p, struct columns *c, struct group g, struct str label,
                          estimate_finder find, unsigned index)
{
    bool is_rate = find == find_metric && index == METRIC_THROUGHPUT;

    columns_row(c);
    columns_cell(c, label);
    for (unsigned i = 0; i < g.count; i++)
        add_estimate(c, find(&p->v->targets[g.targets[i]], index), is_rate ? write_rate : write_ns);
}

static void add_metric(struct page *p, struct columns *c, struct group g, enum metric m)
{
    add_estimates(p, c, g, str_of(metric_infos[m].name), find_metric, m);
}

static void add_memory(struct page *p, struct columns *c, struct group g)
{
    columns_row(c);
    columns_cell(c, LIT("memory"));
    for (unsigned i = 0; i < g.count; i++) {
        char       room[64];
        struct buf text = buf_fixed(room, sizeof room);
        format_bytes(&text, p->v->targets[g.targets[i]].memory_bytes);
        columns_cell(c, buf_str(&text));
    }
}

static void add_failures(struct page *p, struct columns *c, struct group g)
{
    columns_row(c);
    columns_cell(c, LIT("failures"));
    for (unsigned i = 0; i < g.count; i++) {
        const struct target_figures *f = &p->v->targets[g.targets[i]];
        char                         room[64];
        struct buf                   text = buf_fixed(room, sizeof room);
        format_count(&text, f->failures);
        if (f->failures > 0)
            buf_format(&text, " (%.3g %%)", 100 * (double)f->failures / (double)f->attempts);
        columns_cell(c, buf_str(&text));
    }
}

static void add_names(struct page *p, struct columns *c, struct group g, struct str label)
{
    columns_row(c);
    columns_cell(c, label);
    for (unsigned i = 0; i < g.count; i++)
        columns_cell(c, text_cut(page_name(p, g.targets[i]), NAME_COLUMNS, &p->arena));
}

static struct str quantile_label(struct page *p, unsigned quantile)
{
    char       room[32];
    struct buf text = buf_fixed(room, sizeof room);

    format_quantile(&text, p->r->quantiles[quantile]);
    return arena_copy(&p->arena, buf_str(&text));
}

static void write_figures(struct page *p, struct group g)
{
    struct columns *c = columns_new(p, "lr");

    if (!c)
        return;
    add_names(p, c, g, LIT(""));
    add_metric(p, c, g, METRIC_THROUGHPUT);
    add_estimates(p, c, g, LIT("mean"), find_mean, 0);
    add_metric(p, c, g, METRIC_P50);
    add_metric(p, c, g, METRIC_P99);
    for (unsigned q = 0; q < p->r->quantiles_count; q++)
        add_estimates(p, c, g, quantile_label(p, q), find_quantile, q);
    add_metric(p, c, g, METRIC_CPU);
    add_memory(p, c, g);
    add_failures(p, c, g);
    columns_write(c, 0, p->out);
    buf_add_char(p->out, '\n');
}

/* ---- Failures by kind --------------------------------------------------------------------- */

static uint64_t count_outcome(const struct page *p, struct group g, unsigned outcome)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < g.count; i++)
        count += p->v->targets[g.targets[i]].outcomes[outcome];
    return count;
}

static int example_status(const struct page *p)
{
    for (unsigned i = 0; i < p->view->rounds_count; i++)
        if (p->view->rounds[i].figures.example_status)
            return p->view->rounds[i].figures.example_status;
    return 0;
}

static struct str outcome_label(struct page *p, unsigned outcome)
{
    int status = outcome == OUTCOME_STATUS ? example_status(p) : 0;

    if (status)
        return arena_format(&p->arena, "%s (%d)", outcome_infos[outcome].name, status);
    return str_of(outcome_infos[outcome].name);
}

static void write_kinds(struct page *p, struct group g)
{
    struct columns *c = columns_new(p, "lr");
    unsigned        kinds = 0;

    if (!c)
        return;
    add_names(p, c, g, LIT("failures"));
    for (unsigned o = OUTCOME_CORRECT + 1; o < OUTCOMES; o++) {
        if (count_outcome(p, g, o) == 0)
            continue;
        kinds++;
        columns_row(c);
        columns_cell(c, outcome_label(p, o));
        for (unsigned i = 0; i < g.count; i++) {
            char       room[32];
            struct buf text = buf_fixed(room, sizeof room);
            format_count(&text, p->v->targets[g.targets[i]].outcomes[o]);
            columns_cell(c, buf_str(&text));
        }
    }
    if (kinds) {
        columns_write(c, 0, p->out);
        buf_add_char(p->out, '\n');
    }
}

/* ---- Steps -------------------------------------------------------------------------------- */

static void add_quantile(struct columns *c, const struct histogram *h, double q)
{
    struct quantile quantile = { 0 };
    char            room[64];
    struct buf      text = buf_fixed(room, sizeof room);

    if (h->count + h->unanswered > 0) {
        quantile = histogram_quantile(h, q);
        buf_add(&text, quantile.at_least ? LIT("> ") : LIT(""));
        format_ns(&text, quantile.ns);
    }
    columns_cell(c, text.len ? buf_str(&text) : LIT("none"));
}

static void add_count(struct columns *c, uint64_t count)
{
    char       room[32];
    struct buf text = buf_fixed(room, sizeof room);

    format_count(&text, count);
    columns_cell(c, buf_str(&text));
}

static void add_step(struct page *p, struct columns *c, unsigned step, unsigned target, bool first)
{
    const struct step_summary *s = &p->v->targets[target].steps[step];
    struct str                 name = text_cut(p->r->step_names[step], 2 * NAME_COLUMNS, &p->arena);

    columns_row(c);
    columns_cell(c, !first ? LIT("") : p->r->step_measured[step] ? name
                    : arena_format(&p->arena, "%.*s (not measured)", STR_ARG(name)));
    columns_cell(c, text_cut(page_name(p, target), NAME_COLUMNS, &p->arena));
    add_count(c, s->outcomes[OUTCOME_CORRECT]);
    add_count(c, outcomes_failed(s->outcomes));
    add_quantile(c, &s->latency, 0.5);
    add_quantile(c, &s->latency, 0.99);
}

static void write_steps(struct page *p)
{
    static const char *const heads[] = { "step", "target", "correct", "failed", "p50", "p99" };
    struct columns          *c = p->r->steps_count > 1 ? columns_new(p, "llr") : NULL;

    if (!c)
        return;
    columns_row(c);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        columns_cell(c, str_of(heads[i]));
    for (unsigned s = 0; s < p->r->steps_count; s++)
        for (unsigned i = 0; i < p->targets_count; i++)
            add_step(p, c, s, p->targets[i], i == 0);
    columns_write(c, 0, p->out);
    buf_add_char(p->out, '\n');
}

void page_write_tables(struct page *p)
{
    unsigned groups = (p->targets_count + GROUP_MAX - 1) / GROUP_MAX;
    unsigned each = groups ? (p->targets_count + groups - 1) / groups : 1;

    for (unsigned from = 0; from < p->targets_count; from += each) {
        unsigned     count = p->targets_count - from < each ? p->targets_count - from : each;
        struct group g = { p->targets + from, count };
        write_figures(p, g);
        write_kinds(p, g);
    }
    write_steps(p);
}
