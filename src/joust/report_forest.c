/* report_forest.c: ratios with their intervals, a row for each pair, a drawing for each metric.
 *
 * A logarithmic axis, so that twice and half are equally far from 1; the band round 1 is the
 * practical margin. */
#include <math.h>

#include "joust/format.h"
#include "joust/markup.h"
#include "joust/report_parts.h"

enum {
    TOP = 34, BOTTOM = 40, ROW_WIDE = 42, ROW_NARROW = 66, NAME_EMS_WIDE = 17, NAME_EMS_NARROW = 25,
};

struct forest {
    const struct sheet *sheet;
    struct svg          svg;
    struct svg_axis     axis;
    enum metric         metric;
    bool                narrow;
    double              left, right, bottom, row;
};

static void label_ratio(struct buf *out, double value)
{
    buf_format(out, "%.4g", value);
}

static unsigned rows_of(const struct view_analysis *va, enum metric m)
{
    unsigned rows = 0;

    for (unsigned i = 0; i < va->comparisons_count; i++)
        rows += va->comparisons[i].metric == m;
    return rows;
}

/* The range of all intervals of a metric, the margin and 1 always inside. */
static struct scale scale_of(const struct sheet *s, enum metric m, double left, double right)
{
    double low = 1 / (1 + 2.5 * s->r->margin), high = 1 + 2.5 * s->r->margin;

    for (unsigned i = 0; i < s->va->comparisons_count; i++) {
        const struct comparison *c = &s->va->comparisons[i];
        if (c->metric != m || !c->ratio.known)
            continue;
        low = fmin(low, fmax(c->ratio.low, c->ratio.estimate / 10));
        high = fmax(high, fmin(c->ratio.high, c->ratio.estimate * 10));
    }
    low = fmax(low, 1e-6);
    high = fmin(high, 1e6);
    double pad = pow(high / low, 0.06);
    return (struct scale){ low / pad, high * pad, left, right, true };
}

static const char *word_of(const struct comparison *c)
{
    const struct metric_info *m = &metric_infos[c->metric];

    switch (c->verdict.kind) {
    case VERDICT_HIGHER:
        return m->more_is_better ? m->better : m->worse;
    case VERDICT_LOWER:
        return m->more_is_better ? m->worse : m->better;
    case VERDICT_EQUIVALENT:
        return "equivalent";
    case VERDICT_UNDECIDED:
        return "undecided";
    case VERDICT_UNKNOWN:
        break;
    }
    return "not known";
}

/* "0.893 [0.871 to 0.915] faster", on one line or on two. */
static void draw_figures(const struct forest *f, const struct comparison *c, double y)
{
    char       room[TEXT_BYTES], more[TEXT_BYTES];
    struct buf figures = buf_fixed(room, sizeof room), word = buf_fixed(more, sizeof more);

    if (c->ratio.known)
        buf_format(&figures, "%.3f [%.3f to %.3f]", c->ratio.estimate, c->ratio.low, c->ratio.high);
    else
        buf_add(&figures, LIT("no ratio"));
    if (c->void_by)
        buf_format(&word, "no verdict: %s", c->void_by);
    else
        buf_format(&word, "%s", word_of(c));
    if (f->narrow) {
        svg_text(&f->svg, "label", 0, y + 31, SVG_START, buf_str(&figures));
        svg_text(&f->svg, "label strong", f->svg.width, y + 31, SVG_END, buf_str(&word));
    } else {
        svg_text(&f->svg, "label", f->right + 16, y + 17, SVG_START, buf_str(&figures));
        svg_text(&f->svg, "label strong", f->right + 16, y + 33, SVG_START, buf_str(&word));
    }
}

static void draw_names(const struct forest *f, const struct comparison *c, double y)
{
    const struct sheet *s = f->sheet;
    char                a[TEXT_BYTES], b[TEXT_BYTES], room[2 * TEXT_BYTES];
    double              ems = f->narrow ? NAME_EMS_NARROW / 2.0 - 2 : NAME_EMS_WIDE;
    struct str          first = report_name(s, c->a, ems, a);
    struct str          second = report_name(s, c->b, f->narrow ? ems : ems - 4, b);
    struct buf          line = buf_fixed(room, sizeof room);

    if (f->narrow) {
        buf_format(&line, "%.*s against %.*s", STR_ARG(first), STR_ARG(second));
        svg_text(&f->svg, "label", 0, y + 15, SVG_START, buf_str(&line));
        return;
    }
    buf_format(&line, "against %.*s", STR_ARG(second));
    svg_text(&f->svg, "label strong", 0, y + 17, SVG_START, first);
    svg_text(&f->svg, "label", 0, y + 33, SVG_START, buf_str(&line));
}

/* A bar as long as the interval with a line at the estimate: a marker would hide what is narrow. */
static void draw_interval(const struct forest *f, const struct comparison *c, double middle)
{
    double low = scale_at(&f->axis.scale, c->ratio.low);
    double high = scale_at(&f->axis.scale, c->ratio.high);
    double at = scale_at(&f->axis.scale, c->ratio.estimate);
    double width = fmax(high - low, 2);

    svg_rect(&f->svg, c->void_by ? "void" : "ratio", fmin(low, at - 1), middle - 5, width, 10);
    svg_line(&f->svg, c->void_by ? "void" : "ratio", at, middle - 9, at, middle + 9);
}

static void draw_row(const struct forest *f, const struct comparison *c, double y)
{
    double middle = f->narrow ? y + 48 : y + 22;

    svg_line(&f->svg, "grid", 0, y, f->svg.width, y);
    draw_names(f, c, y);
    draw_figures(f, c, y);
    if (c->ratio.known)
        draw_interval(f, c, middle);
}

/* What lies on either side of 1. */
static void draw_sides(const struct forest *f)
{
    const struct metric_info *m = &metric_infos[f->metric];
    double one = scale_at(&f->axis.scale, 1);
    char   room[TEXT_BYTES], more[TEXT_BYTES];
    struct buf low = buf_fixed(room, sizeof room), high = buf_fixed(more, sizeof more);

    buf_format(&low, "← the first is %s", m->more_is_better ? m->worse : m->better);
    buf_format(&high, "the first is %s →", m->more_is_better ? m->better : m->worse);
    double low_px = markup_ems(buf_str(&low)) * 12, high_px = markup_ems(buf_str(&high)) * 12;
    double middle = fmin(fmax(one, f->left + low_px + 8), f->svg.width - high_px - 8);
    svg_text(&f->svg, "tick", middle - 8, 14, SVG_END, buf_str(&low));
    svg_text(&f->svg, "tick", middle + 8, 14, SVG_START, buf_str(&high));
}

static void draw_ground(const struct forest *f)
{
    const struct scale *scale = &f->axis.scale;
    double              margin = 1 + f->sheet->r->margin;
    double              low = scale_at(scale, 1 / margin), high = scale_at(scale, margin);

    svg_rect(&f->svg, "margin", low, TOP - 8, high - low, f->bottom - TOP + 8);
    svg_axis_x(&f->svg, &f->axis, TOP - 8, f->bottom);
    svg_line(&f->svg, "one", scale_at(scale, 1), TOP - 8, scale_at(scale, 1), f->bottom);
    svg_text(&f->svg, "tick", (f->left + f->right) / 2, f->bottom + 34, SVG_MIDDLE,
             LIT("ratio, first to second (log scale)"));
}

static void draw(const struct sheet *s, enum metric m, bool narrow)
{
    unsigned      rows = rows_of(s->va, m);
    char          room[TEXT_BYTES];
    struct buf    title = buf_fixed(room, sizeof room);
    struct forest f = { .sheet = s, .metric = m, .narrow = narrow };

    f.row = narrow ? ROW_NARROW : ROW_WIDE;
    f.bottom = TOP + rows * f.row;
    f.left = narrow ? 8 : 244;
    f.right = narrow ? NARROW_PX - 8 : 640;
    f.svg = (struct svg){ s->out, narrow ? NARROW_PX : WIDE_PX, f.bottom + BOTTOM };
    f.axis.scale = scale_of(s, m, f.left, f.right);
    f.axis.ticks = ticks_log(f.axis.scale.from, f.axis.scale.to, narrow ? 6 : 8);
    f.axis.label = label_ratio;
    buf_format(&title, "Ratios of %s with their intervals", metric_infos[m].name);
    svg_begin(&f.svg, narrow ? "narrow" : "wide", buf_str(&title));
    draw_ground(&f);
    draw_sides(&f);
    double y = TOP;
    for (unsigned i = 0; i < s->va->comparisons_count; i++) {
        if (s->va->comparisons[i].metric != m)
            continue;
        draw_row(&f, &s->va->comparisons[i], y);
        y += f.row;
    }
    svg_end(&f.svg);
}

void report_forest(const struct sheet *s)
{
    buf_format(s->out, "<h3>Ratios</h3>\n<p class=\"soft\">Lines are estimates, the bars round them "
               "%.0f %% intervals; the shaded band is the margin of %.3g %% inside which a "
               "difference does not matter. Hollow and grey: withheld by a gate.</p>\n",
               s->r->confidence * 100, s->r->margin * 100);
    for (enum metric m = 0; m < METRICS; m++) {
        if (rows_of(s->va, m) == 0)
            continue;
        buf_add(s->out, LIT("<figure>\n<figcaption>"));
        markup_add(s->out, str_of(metric_infos[m].name));
        if (s->va->noise[m] > 0) {
            buf_add(s->out, LIT(" <span class=\"soft\">noise by the control: "));
            format_percent(s->out, s->va->noise[m]);
            buf_add(s->out, LIT("</span>"));
        }
        buf_add(s->out, LIT("</figcaption>\n"));
        draw(s, m, false);
        draw(s, m, true);
        buf_add(s->out, LIT("</figure>\n"));
    }
}
