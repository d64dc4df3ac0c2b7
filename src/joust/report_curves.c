/* report_curves.c: a line for each target: latency by percentile, throughput by time.
 *
 * Lines are named at their ends, and told apart by colour, dashes and markers alike. */
#include <math.h>
#include <stdlib.h>

#include "joust/markup.h"
#include "joust/report_parts.h"

enum {
    SAMPLES = 160, HEIGHT = 360, TOP = 30, AXIS = 44, END_WIDE = 190, END_NARROW = 104, BEHIND = 10,
};

struct line {
    struct point *points;
    size_t        count;
    bool          marked;               /* each point, not only the line */
    bool          open;                 /* goes on where nothing was answered */
};

struct chart {
    const struct sheet *sheet;
    struct svg          svg;
    struct svg_axis     x, y;
    double              left, right, top, bottom;
    double              name_ems;
    struct line         lines[TARGETS_MAX];
};

struct range {
    double low, high;
};

static void widen(struct range *r, double value)
{
    r->low = fmin(r->low, value);
    r->high = fmax(r->high, value);
}

/* ---- Both charts ---------------------------------------------------------------------------- */

static struct chart chart_new(const struct sheet *s, bool narrow)
{
    struct chart c = { .sheet = s };

    c.svg = (struct svg){ s->out, narrow ? NARROW_PX : WIDE_PX, HEIGHT };
    c.left = narrow ? 62 : 76;
    c.right = c.svg.width - (narrow ? END_NARROW : END_WIDE);
    c.top = TOP;
    c.bottom = HEIGHT - AXIS;
    c.name_ems = narrow ? 5.8 : 12;
    c.x.scale.at_from = c.left;
    c.x.scale.at_to = c.right;
    c.y.scale.at_from = c.bottom;
    c.y.scale.at_to = c.top;
    return c;
}

static void draw_line(const struct chart *c, unsigned target)
{
    const struct line *line = &c->lines[target];
    char               room[TEXT_BYTES];
    struct buf         class = buf_fixed(room, sizeof room);

    buf_format(&class, "line c%u d%u", target, target);
    buf_add_char(&class, '\0');
    svg_polyline(&c->svg, room, line->points, line->count);
    buf_reset(&class);
    buf_format(&class, "mark c%u", target);
    buf_add_char(&class, '\0');
    for (size_t i = 0; i < line->count && line->marked; i++)
        svg_marker(&c->svg, room, target, line->points[i].x, line->points[i].y);
    if (line->open && line->count > 0)
        svg_text(&c->svg, "label strong", line->points[line->count - 1].x,
                 line->points[line->count - 1].y - 6, SVG_MIDDLE, LIT("≥"));
}

/* The target's name at the right, tied to where its line ends. */
static void draw_end(const struct chart *c, unsigned target, double y)
{
    const struct line *line = &c->lines[target];
    struct point       end = line->points[line->count - 1];
    struct point       tie[] = { end, { c->right + 8, y }, { c->right + 12, y } };
    char               room[TEXT_BYTES], name[TEXT_BYTES];
    struct buf         class = buf_fixed(room, sizeof room);

    svg_polyline(&c->svg, "leader", tie, 3);
    buf_format(&class, "mark c%u", target);
    buf_add_char(&class, '\0');
    svg_marker(&c->svg, room, target, c->right + 18, y);
    svg_text(&c->svg, "label", c->right + 27, y + 4, SVG_START,
             report_name(c->sheet, target, c->name_ems, name));
}

static void draw_ends(const struct chart *c)
{
    double   ends[TARGETS_MAX];
    unsigned targets[TARGETS_MAX], count = 0;

    for (unsigned t = 0; t < c->sheet->r->targets_count; t++) {
        if (c->lines[t].count == 0)
            continue;
        targets[count] = t;
        ends[count++] = c->lines[t].points[c->lines[t].count - 1].y;
    }
    labels_spread(ends, count, 19, c->top + 6, c->bottom - 4);
    for (unsigned i = 0; i < count; i++)
        draw_end(c, targets[i], ends[i]);
}

static void draw_chart(const struct chart *c, const char *title, const char *x_title,
                       const char *y_title, bool narrow)
{
    svg_begin(&c->svg, narrow ? "narrow" : "wide", str_of(title));
    svg_text(&c->svg, "tick", 0, 12, SVG_START, str_of(y_title));
    svg_axis_y(&c->svg, &c->y, c->left, c->right);
    svg_axis_x(&c->svg, &c->x, c->top, c->bottom);
    svg_text(&c->svg, "tick", (c->left + c->right) / 2, HEIGHT - 8, SVG_MIDDLE, str_of(x_title));
    for (unsigned t = 0; t < c->sheet->r->targets_count; t++)
        draw_line(c, t);
    draw_ends(c);
    svg_end(&c->svg);
}

static bool chart_room(struct chart *c, struct point *points, size_t each)
{
    for (unsigned t = 0; t < TARGETS_MAX; t++)
        c->lines[t].points = points + t * each;
    return points != NULL;
}

/* ---- Latency by percentile ------------------------------------------------------------------ */

static void label_ns(struct buf *out, double ns)
{
    static const struct {
        double      from, one;
        const char *name;
    } units[] = { { 1e9, 1e9, "s" }, { 1e6, 1e6, "ms" }, { 1e3, 1e3, "µs" }, { 0, 1, "ns" } };
    unsigned i = 0;

    while (ns < units[i].from * 0.9999)
        i++;
    buf_format(out, "%.4g %s", ns / units[i].one, units[i].name);
}

/* A place on the axis is log10(1 / (1 - q)). */
static void label_percentile(struct buf *out, double place)
{
    buf_format(out, "%.7g", 100 * (1 - pow(10, -place)));
}

static struct ticks percentile_ticks(double to)
{
    struct ticks t = { .at = { 0, log10(2) }, .count = to > log10(2) ? 2 : 1 };

    for (unsigned nines = 1; nines <= to + 1e-9 && t.count < TICKS_MAX; nines++)
        t.at[t.count++] = nines;
    return t;
}

/* As far as BEHIND requests lie behind a percentile; 0 of too few requests. */
static double reach_of(const struct histogram *h)
{
    double requests = (double)(h->count + h->unanswered);

    return requests > BEHIND ? fmin(log10(requests / BEHIND), 6) : 0;
}

static struct quantile quantile_at(const struct histogram *h, double place)
{
    return histogram_quantile(h, fmax(1 - pow(10, -place), 1e-9));
}

static bool reaches(const struct sheet *s, double *to, struct range *ns)
{
    *to = 0;
    *ns = (struct range){ INFINITY, 0 };
    for (unsigned t = 0; t < s->r->targets_count; t++) {
        const struct histogram *h = &s->va->targets[t].latency;
        double                  reach = reach_of(h);

        if (reach == 0 || h->count == 0)
            continue;
        *to = fmax(*to, reach);
        struct quantile end = quantile_at(h, reach);
        widen(ns, fmax(quantile_at(h, 0).ns, 1));
        widen(ns, fmax(end.at_least ? (double)h->max_ns : end.ns, 1));
    }
    return *to > 0;
}

static void sample_line(const struct chart *c, struct line *line, const struct histogram *h)
{
    double reach = reach_of(h);

    line->count = 0;
    if (reach == 0 || h->count == 0)
        return;
    for (unsigned i = 0; i <= SAMPLES; i++) {
        double          place = reach * i / SAMPLES;
        struct quantile q = quantile_at(h, place);
        if (q.at_least) {
            line->open = true;
            break;
        }
        line->points[line->count++] = (struct point){ scale_at(&c->x.scale, place),
                                                      scale_at(&c->y.scale, q.ns) };
    }
}

static void draw_percentiles(const struct sheet *s, struct point *points, double to,
                             struct range ns, bool narrow)
{
    struct chart c = chart_new(s, narrow);
    double       pad = fmax(pow(ns.high / ns.low, 0.05), 1.05);

    c.x.scale.to = to;
    c.x.ticks = percentile_ticks(to);
    c.x.label = label_percentile;
    c.y.scale.from = ns.low / pad;
    c.y.scale.to = ns.high * pad;
    c.y.scale.log = true;
    c.y.ticks = ticks_log(c.y.scale.from, c.y.scale.to, 9);
    c.y.label = label_ns;
    if (!chart_room(&c, points, SAMPLES + 1))
        return;
    for (unsigned t = 0; t < s->r->targets_count; t++)
        sample_line(&c, &c.lines[t], &s->va->targets[t].latency);
    draw_chart(&c, "Latency by percentile", "percentile (%)", "latency (log scale)", narrow);
}

void report_curves(const struct sheet *s)
{
    double        to;
    struct range  ns;

    buf_add(s->out, LIT("<h3>Latency by percentile</h3>\n"));
    if (!reaches(s, &to, &ns)) {
        buf_add(s->out, LIT("<p>Too few requests were answered to draw it.</p>\n"));
        return;
    }
    struct point *points = calloc((size_t)TARGETS_MAX * (SAMPLES + 1), sizeof *points);
    if (!points) {
        s->out->failed = true;
        return;
    }
    buf_add(s->out, LIT("<p class=\"soft\">All rounds together, as far as ten requests lie behind "
                        "a percentile. A line that ends in ≥ goes on among requests that were "
                        "never answered.</p>\n<figure>\n"));
    draw_percentiles(s, points, to, ns, false);
    draw_percentiles(s, points, to, ns, true);
    buf_add(s->out, LIT("</figure>\n"));
    free(points);
}

/* ---- Throughput by time ---------------------------------------------------------------------- */

static void label_number(struct buf *out, double value)
{
    if (value >= 1e6)
        buf_format(out, "%.4g M", value / 1e6);
    else if (value >= 1e4)
        buf_format(out, "%.4g k", value / 1e3);
    else
        buf_format(out, "%.4g", value);
}

static double throughput_of(const struct sheet *s, const struct round *round)
{
    double answers = 0;

    for (unsigned i = 0; i < round->figures.steps_count; i++)
        if (s->r->step_measured[i])
            answers += (double)round->figures.steps[i].completed;
    return round->figures.window_ns > 0 ? answers * 1e9 / (double)round->figures.window_ns : 0;
}

/* The middle of a round's window, in seconds. */
static double moment_of(const struct round *round)
{
    return ((double)round->began_ns + (double)round->figures.window_ns / 2) / 1e9;
}

static void scale_rounds(struct chart *c, struct range seconds, struct range rate)
{
    double pad = fmax((rate.high - rate.low) * 0.08, rate.high * 0.02);
    bool   log = rate.low > 0 && rate.high / rate.low > 5;

    c->x.scale.from = seconds.low - fmax((seconds.high - seconds.low) * 0.02, 0.01);
    c->x.scale.to = seconds.high + fmax((seconds.high - seconds.low) * 0.02, 0.01);
    c->x.ticks = ticks_linear(c->x.scale.from, c->x.scale.to, c->svg.width < WIDE_PX ? 5 : 9);
    c->x.label = label_number;
    c->y.scale.from = log ? rate.low / 1.3 : fmax(rate.low - pad, 0);
    c->y.scale.to = log ? rate.high * 1.3 : rate.high + fmax(pad, 1e-9);
    c->y.scale.log = log;
    c->y.ticks = log ? ticks_log(c->y.scale.from, c->y.scale.to, 8)
                     : ticks_linear(c->y.scale.from, c->y.scale.to, 7);
    c->y.label = label_number;
}

static void draw_rounds(const struct sheet *s, struct point *points, bool narrow)
{
    struct chart c = chart_new(s, narrow);
    struct range seconds = { INFINITY, 0 }, rate = { INFINITY, 0 };

    for (unsigned i = 0; i < s->view->rounds_count; i++) {
        widen(&seconds, moment_of(&s->view->rounds[i]));
        widen(&rate, throughput_of(s, &s->view->rounds[i]));
    }
    scale_rounds(&c, seconds, rate);
    chart_room(&c, points, s->view->rounds_count);
    for (unsigned i = 0; i < s->view->rounds_count; i++) {
        const struct round *round = &s->view->rounds[i];
        struct line        *line = &c.lines[round->target];
        line->marked = true;
        double x = scale_at(&c.x.scale, moment_of(round));
        double y = scale_at(&c.y.scale, throughput_of(s, round));
        line->points[line->count++] = (struct point){ x, y };
    }
    draw_chart(&c, "Throughput of each round", "seconds since the campaign began",
               c.y.scale.log ? "correct answers a second (log scale)" : "correct answers a second",
               narrow);
}

void report_rounds(const struct sheet *s)
{
    buf_add(s->out, LIT("<h3>Rounds over time</h3>\n"));
    if (s->view->rounds_count == 0) {
        buf_add(s->out, LIT("<p>There were no rounds.</p>\n"));
        return;
    }
    struct point *points = calloc((size_t)TARGETS_MAX * s->view->rounds_count, sizeof *points);
    if (!points) {
        s->out->failed = true;
        return;
    }
    buf_add(s->out, LIT("<p class=\"soft\">A point is a round. Lines that rise or fall together are "
                        "a machine that changed its mood. The axis need not begin at 0.</p>\n"
                        "<figure>\n"));
    draw_rounds(s, points, false);
    draw_rounds(s, points, true);
    buf_add(s->out, LIT("</figure>\n"));
    free(points);
}
