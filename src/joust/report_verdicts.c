/* report_verdicts.c: what may be said, in sentences; before it, what forbids to say it. */
#include "joust/format.h"
#include "joust/markup.h"
#include "joust/report_parts.h"

enum { FOLDED_FROM = 9 };       /* of so many pairs only the first target's are shown at once */

static void add_gate(const struct sheet *s, const struct gate *g)
{
    buf_format(s->out, "<li class=\"%s\"><strong>", g->allowed ? "let" : "broken");
    markup_add(s->out, str_of(g->name));
    buf_add(s->out, LIT("</strong>: "));
    markup_add(s->out, g->says);
    buf_add(s->out, g->allowed ? LIT(" (let pass by --allow)</li>\n") : LIT("</li>\n"));
}

void report_voids(const struct sheet *s)
{
    bool any = false;

    for (unsigned pass = 0; pass < 2; pass++) {     /* what voids before what was let pass */
        for (unsigned i = 0; i < s->va->gates_count; i++) {
            const struct gate *g = &s->va->gates[i];
            if (!g->broken || g->allowed != (pass == 1))
                continue;
            if (!any)
                buf_add(s->out, LIT("<ul class=\"voids\">\n"));
            any = true;
            add_gate(s, g);
        }
    }
    if (any)
        buf_add(s->out, LIT("</ul>\n"));
}

static const char *class_of(const struct comparison *c)
{
    if (c->void_by)
        return "withheld";
    if (c->verdict.kind == VERDICT_HIGHER || c->verdict.kind == VERDICT_LOWER)
        return "decided";
    return "open";
}

static void say(const struct sheet *s, const struct comparison *c)
{
    struct buf sentence = buf_growing(4096);

    comparison_say(s->r, c, &sentence);
    buf_format(s->out, "<li class=\"%s\">", class_of(c));
    markup_add(s->out, buf_str(&sentence));
    buf_add(s->out, LIT("</li>\n"));
    buf_close(&sentence);
}

static unsigned count_of(const struct view_analysis *va, enum metric m)
{
    unsigned count = 0;

    for (unsigned i = 0; i < va->comparisons_count; i++)
        count += va->comparisons[i].metric == m;
    return count;
}

/* Of one metric, those that concern the first target, or the others; withheld ones first. */
static void say_some(const struct sheet *s, enum metric m, bool firsts, bool others)
{
    buf_add(s->out, LIT("<ul>\n"));
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < s->va->comparisons_count; i++) {
            const struct comparison *c = &s->va->comparisons[i];
            bool                     first = c->a == 0 || c->b == 0;
            if (c->metric == m && (c->void_by != NULL) == (pass == 0) && (first ? firsts : others))
                say(s, c);
        }
    buf_add(s->out, LIT("</ul>\n"));
}

static void say_metric(const struct sheet *s, enum metric m)
{
    unsigned count = count_of(s->va, m);
    bool     folded = count >= FOLDED_FROM;

    if (count == 0)
        return;
    buf_add(s->out, LIT("<div class=\"card\">\n<h4>"));
    markup_add(s->out, str_of(metric_infos[m].name));
    buf_add(s->out, LIT("</h4>\n"));
    say_some(s, m, true, !folded);
    if (folded) {
        buf_add(s->out, LIT("<details>\n<summary>The other pairs</summary>\n"));
        say_some(s, m, false, true);
        buf_add(s->out, LIT("</details>\n"));
    }
    buf_add(s->out, LIT("</div>\n"));
}

void report_verdicts(const struct sheet *s)
{
    if (s->va->comparisons_count == 0) {
        buf_add(s->out, LIT("<p>One target alone: there is nothing to compare it with.</p>\n"));
        return;
    }
    buf_add(s->out, LIT("<div class=\"cards\">\n"));
    for (enum metric m = 0; m < METRICS; m++)
        say_metric(s, m);
    buf_add(s->out, LIT("</div>\n"));
}

/* ---- Gates ---------------------------------------------------------------------------------- */

/* How a gate's figures read; those that are not here are counts. */
static const char *const shares[] = { "failures", "little", "ceiling", "rate" };

static void add_figure(struct buf *out, const char *gate, double figure)
{
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (strcmp(shares[i], gate) == 0) {
            buf_format(out, "%.3g %%", figure * 100);
            return;
        }
    buf_format(out, "%.6g", figure);
}

static void gate_row(const struct sheet *s, const struct gate *g)
{
    char       room[TEXT_BYTES], name[TEXT_BYTES];
    struct buf text = buf_fixed(room, sizeof room);

    table_row(s->out, str_of(g->name));
    table_cell(s->out, report_name(s, g->target, TABLE_NAME_EMS, name));
    add_figure(&text, g->name, g->figure);
    table_number(s->out, "%.*s", STR_ARG(buf_str(&text)));
    buf_reset(&text);
    add_figure(&text, g->name, g->limit);
    table_number(s->out, "%.*s", STR_ARG(buf_str(&text)));
    if (g->broken)
        buf_format(s->out, "<td class=\"broken\">%s</td>\n", g->allowed ? "broken, let pass" : "broken");
    else
        table_cell(s->out, LIT("passed"));
    table_cell(s->out, g->says);
    table_row_end(s->out);
}

void report_gates(const struct sheet *s)
{
    static const char *const heads[] = { "gate", "target", "figure", "limit", "state", "in words" };

    buf_add(s->out, LIT("<h3>Gates</h3>\n"));
    if (s->va->gates_count == 0) {
        buf_add(s->out, LIT("<p>None was asked.</p>\n"));
        return;
    }
    table_begin(s->out, heads, sizeof heads / sizeof *heads);
    for (unsigned i = 0; i < s->va->gates_count; i++)
        gate_row(s, &s->va->gates[i]);
    table_end(s->out);
}
