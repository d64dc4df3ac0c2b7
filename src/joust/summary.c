/* summary.c: what an engineer with ten seconds needs, in that order: whether the measurement holds,
 * who is faster, then the figures, then how good they are.
 *
 * 100 columns: up to four targets a table.  The control is told by its noise alone. */
#include "joust/format.h"
#include "joust/summary_page.h"

enum { WORK_BYTES_MAX = 4 << 20 };

/* ---- How good the measurement is ---------------------------------------------------------- */

static void write_noise(struct page *p)
{
    struct buf says = buf_growing(1 << 16);

    for (unsigned t = 0; t < p->r->targets_count; t++)
        if (result_is_control(p->r, t))
            buf_format(&says, "%.*s against itself: ",
                       STR_ARG(page_name(p, (unsigned)p->r->targets[t].control_of)));
    if (says.len) {
        for (int m = 0; m < METRICS; m++) {
            buf_format(&says, "%s%s ", m ? ", " : "", metric_infos[m].name);
            format_percent(&says, p->v->noise[m]);
        }
        page_write_labelled(p, LIT("noise"), buf_str(&says));
    }
    buf_close(&says);
}

/* The figures of gates that tell how good a measurement is, broken or not. */
static const struct { const char *gate, *label, *says; } sound[] = {
    { "little", "Little's law", "off by" },
    { "ceiling", "ceiling", "of the generator's" },
    { "rate", "on time", "of the requests due" },
};

static void write_sound(struct page *p, size_t row)
{
    struct buf  says = buf_growing(1 << 16);
    const char *between = ": ";

    buf_add(&says, str_of(sound[row].says));
    if (str_eq(str_of(sound[row].gate), LIT("ceiling"))) {
        buf_add_char(&says, ' ');
        format_rate(&says, p->r->ceiling);
        buf_add(&says, LIT("/s"));
    }
    size_t none = says.len;
    for (unsigned i = 0; i < p->v->gates_count; i++) {
        const struct gate *g = &p->v->gates[i];
        if (!str_eq(str_of(g->name), str_of(sound[row].gate)) || result_is_control(p->r, g->target))
            continue;
        buf_format(&says, "%s%.*s ", between, STR_ARG(page_name(p, g->target)));
        format_percent(&says, g->figure);
        between = ", ";
    }
    if (says.len > none)
        page_write_labelled(p, str_of(sound[row].label), buf_str(&says));
    buf_close(&says);
}

static void write_unknown_costs(struct page *p)
{
    for (unsigned i = 0; i < p->targets_count; i++) {
        const struct target_record *t = &p->r->targets[p->targets[i]];
        if (t->cost_unknown.len)
            page_write_labelled(p, LIT("unknown cost"),
                                arena_format(&p->arena, "%.*s: %.*s", STR_ARG(t->name),
                                                                STR_ARG(t->cost_unknown)));
    }
}

/* ---- The page ----------------------------------------------------------------------------- */

static double mean_window_ns(const struct view *v)
{
    double sum = 0;

    for (unsigned i = 0; i < v->rounds_count; i++)
        sum += (double)v->rounds[i].figures.window_ns;
    return v->rounds_count ? sum / v->rounds_count : 0;
}

/* What was done, and once a page what its signs mean. */
static void write_head(struct page *p)
{
    struct buf says = buf_growing(1 << 12);

    if (p->view->kind == VIEW_OPEN) {
        buf_add(&says, LIT("Open loop, "));
        format_rate(&says, p->view->rate);
        buf_add(&says, LIT(" requests/s a target, "));
    } else {
        buf_add(&says, LIT("Closed loop, "));
    }
    format_count(&says, p->r->connections);
    buf_format(&says, " connection%s, ", p->r->connections == 1 ? "" : "s");
    if (p->r->requests_per_connection)
        buf_format(&says, "each renewed after %u request%s, ", p->r->requests_per_connection,
                   p->r->requests_per_connection == 1 ? "" : "s");
    buf_format(&says, "%u round%s of ", p->r->blocks, p->r->blocks == 1 ? "" : "s");
    format_ns(&says, mean_window_ns(p->view));
    buf_add(&says, LIT(" a target"));
    if (p->view == p->r->views && p->r->blocks > 1)
        buf_format(&says, "; ± and [ ] are %.4g %% intervals", 100 * p->r->confidence);
    text_wrap(buf_str(&says), PAGE_COLUMNS, 2, p->out);
    buf_add_char(p->out, '\n');
    buf_close(&says);
}

static void write_view(struct page *p)
{
    write_head(p);
    page_write_verdicts(p);
    page_write_tables(p);
    write_noise(p);
    for (size_t row = 0; row < sizeof sound / sizeof *sound; row++)
        write_sound(p, row);
}

struct str page_name(const struct page *p, unsigned target)
{
    return p->r->targets[target].name;
}

void page_write_labelled(struct page *p, struct str label, struct str text)
{
    size_t width = text_width(label);

    buf_add(p->out, label);
    buf_format(p->out, "%*s", width < LABEL_COLUMNS ? (int)(LABEL_COLUMNS - width) : 1, "");
    text_wrap(text, PAGE_COLUMNS, LABEL_COLUMNS, p->out);
}

void summary_write(const struct result *r, const struct analysis *a, struct buf *out)
{
    struct page p = { .arena = arena_new(WORK_BYTES_MAX), .r = r, .out = out };

    for (unsigned t = 0; t < r->targets_count; t++)
        if (!result_is_control(r, t))
            p.targets[p.targets_count++] = t;
    for (unsigned i = 0; i < r->views_count; i++) {
        p.view = &r->views[i];
        p.v = &a->views[i];
        write_view(&p);
        if (i + 1 < r->views_count)
            buf_add_char(out, '\n');
    }
    write_unknown_costs(&p);
    page_write_labelled(&p, LIT("seed"), arena_format(&p.arena, "%llu", (unsigned long long)r->seed));
    if (p.arena.failed)
        out->failed = true;
    arena_close(&p.arena);
}
