/* plot.c: three bar charts side by side on a canvas of 800 by 310, twice as many pixels in a PNG.
 *
 * Each chart has one unit, chosen by its greatest bar.  Names that are wider than their bar are
 * slanted, and shortened where that is not enough. */
#include "joust/plot.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdio.h>

#include "joust/file.h"
#include "joust/markup.h"
#include "joust/scale.h"

enum {
    WIDTH = 800, HEIGHT = 310, PIXELS = 2, EDGE = 14, GAP = 16, AXIS = 34, TOP = 78, FOOT = 30,
    CHARTS = 3, TEXT_BYTES = 512, PICTURE_BYTES_MAX = 16 << 20,
};

static const double SLANT = 0.61, NAME_FONT = 9, VALUE_FONT = 9, NAME_PX_MAX = 100;

struct unit {
    double      from, one;
    const char *name;
};

static const struct unit latency_units[] = {
    { 1e9, 1e9, "s" }, { 1e6, 1e6, "ms" }, { 1e3, 1e3, "µs" }, { 0, 1, "ns" },
};
static const struct unit rate_units[] = {
    { 1e6, 1e6, "million requests/s" }, { 1e4, 1e3, "thousand requests/s" }, { 0, 1, "requests/s" },
};

static struct estimate mean_of(const struct target_figures *f)
{
    return f->mean;
}

static struct estimate p99_of(const struct target_figures *f)
{
    return f->metrics[METRIC_P99];
}

static struct estimate throughput_of(const struct target_figures *f)
{
    return f->metrics[METRIC_THROUGHPUT];
}

static const struct chart {
    const char        *title;
    const struct unit *units;
    struct estimate (*figure)(const struct target_figures *f);
} charts[CHARTS] = {
    { "Average latency", latency_units, mean_of },
    { "p99 latency", latency_units, p99_of },
    { "Throughput", rate_units, throughput_of },
};

/* As the report has them in its light scheme. */
static const unsigned colours[TARGETS_MAX] = {
    0x0068a8, 0xc85200, 0x00845f, 0xa8447f, 0x9a6a00, 0x2484bd, 0x1c2025, 0x7a7400,
};

enum { INK = 0x1c2025, SOFT = 0x575f69, LINE = 0xdcdfd9, RED = 0xae231b };

struct plot {
    cairo_t                    *cairo;
    const struct result        *r;
    const struct analysis      *a;
    const struct view          *view;
    const struct view_analysis *va;
    unsigned                    targets[TARGETS_MAX];   /* without the control */
    unsigned                    count;
    double                      slot;                   /* a target's share of a chart's width */
    bool                        slanted;
    double                      bottom;                 /* where bars stand */
};

struct panel {
    const struct chart *chart;
    const struct unit  *unit;
    struct estimate     figures[TARGETS_MAX];
    double              left, right;
    struct scale        scale;
};

/* ---- Text ----------------------------------------------------------------------------------- */

static void set_colour(cairo_t *c, unsigned rgb)
{
    cairo_set_source_rgb(c, (rgb >> 16) / 255.0, (rgb >> 8 & 0xff) / 255.0, (rgb & 0xff) / 255.0);
}

static void set_font(cairo_t *c, double size, bool bold)
{
    cairo_select_font_face(c, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c, size);
}

static double width_of(cairo_t *c, const char *text)
{
    cairo_text_extents_t e;

    cairo_text_extents(c, text, &e);
    return e.x_advance;
}

/* `part` of the text's width lies left of x: 0, a half or all of it. */
static void draw_text(cairo_t *c, double x, double y, double part, const char *text)
{
    cairo_move_to(c, x - part * width_of(c, text), y);
    cairo_show_text(c, text);
    cairo_new_path(c);
}

/* NUL-terminated, at most `px` wide in the font that is set: estimated, then measured. */
static const char *fitted(cairo_t *c, struct str text, double px, char *room)
{
    double ems = markup_ems(text) + 1;

    do {
        struct buf b = buf_fixed(room, TEXT_BYTES - 1);
        markup_shorten(&b, str_slice(text, 0, TEXT_BYTES / 4), ems);
        room[b.len] = '\0';
        ems = (ems > 50 ? 50 : ems) - 0.5;
    } while (ems > 1 && width_of(c, room) > px);
    return room;
}

static void draw_line(cairo_t *c, double x1, double y1, double x2, double y2)
{
    cairo_move_to(c, x1, y1);
    cairo_line_to(c, x2, y2);
    cairo_stroke(c);
}

/* ---- Layout --------------------------------------------------------------------------------- */

static double chart_px(void)
{
    return (WIDTH - 2.0 * EDGE - GAP * (CHARTS - 1)) / CHARTS;
}

/* How long a slanted name may be: to the edge of the canvas, from under the first bar. */
static double slanted_px(const struct plot *p)
{
    return fmin((EDGE + AXIS + p->slot / 2 - 4) / cos(SLANT), NAME_PX_MAX);
}

static double name_px(const struct plot *p)
{
    return p->slanted ? slanted_px(p) : p->slot - 6;
}

static void lay_out(struct plot *p)
{
    double longest = 0, deep = 0;

    for (unsigned t = 0; t < p->r->targets_count; t++)
        if (p->r->targets[t].control_of < 0)
            p->targets[p->count++] = t;
    p->slot = (chart_px() - AXIS) / (p->count ? p->count : 1);
    for (unsigned i = 0; i < p->count; i++)
        longest = fmax(longest, markup_ems(p->r->targets[p->targets[i]].name) * NAME_FONT);
    p->slanted = longest > p->slot - 6;
    if (p->slanted)
        deep = fmin(longest, slanted_px(p)) * sin(SLANT);
    p->bottom = HEIGHT - FOOT - 18 - deep;
}

/* ---- A chart -------------------------------------------------------------------------------- */

static struct panel panel_new(const struct plot *p, unsigned index)
{
    struct panel panel = { .chart = &charts[index] };
    double       most = 0, greatest = 0;

    panel.left = EDGE + index * (chart_px() + GAP);
    panel.right = panel.left + chart_px();
    for (unsigned i = 0; i < p->count; i++) {
        struct estimate e = panel.chart->figure(&p->va->targets[p->targets[i]]);
        panel.figures[i] = e;
        if (!e.known && !e.at_least)
            continue;
        greatest = fmax(greatest, e.value);
        most = fmax(most, e.at_least ? e.value : fmax(e.value, e.high));
    }
    panel.unit = panel.chart->units;
    while (greatest < panel.unit->from)
        panel.unit++;
    panel.scale = (struct scale){ 0, most > 0 ? most : 1, p->bottom, TOP, false };
    return panel;
}

/* Three digits, as far as they are behind the point. */
static void write_value(char *room, const struct panel *panel, const struct estimate *e)
{
    double value = e->value / panel->unit->one;
    int    behind = value >= 99.95 || value == 0 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : 3;

    snprintf(room, TEXT_BYTES, "%s%.*f", e->at_least ? "≥" : "", behind, value);
}

/* The size at which the widest value fits over its bar. */
static double value_font(const struct plot *p, const struct panel *panel)
{
    char   room[TEXT_BYTES];
    double widest = 0;

    set_font(p->cairo, VALUE_FONT, true);
    for (unsigned i = 0; i < p->count; i++) {
        write_value(room, panel, &panel->figures[i]);
        widest = fmax(widest, width_of(p->cairo, room));
    }
    return widest > p->slot - 3 ? VALUE_FONT * (p->slot - 3) / widest : VALUE_FONT;
}

static void draw_axis(const struct plot *p, const struct panel *panel)
{
    cairo_t     *c = p->cairo;
    struct ticks ticks = ticks_linear(0, panel->scale.to / panel->unit->one, 5);
    char         room[TEXT_BYTES];

    set_font(c, 8, false);
    cairo_set_line_width(c, 0.6);
    for (unsigned i = 0; i < ticks.count; i++) {
        double y = scale_at(&panel->scale, ticks.at[i] * panel->unit->one);
        set_colour(c, i == 0 ? SOFT : LINE);
        draw_line(c, panel->left + AXIS, y, panel->right, y);
        set_colour(c, SOFT);
        snprintf(room, sizeof room, "%.6g", ticks.at[i]);
        draw_text(c, panel->left + AXIS - 5, y + 3, 1, room);
    }
}

static void draw_whisker(cairo_t *c, double x, double low, double high)
{
    set_colour(c, INK);
    cairo_set_line_width(c, 1.1);
    draw_line(c, x, low, x, high);
    draw_line(c, x - 3, low, x + 3, low);
    draw_line(c, x - 3, high, x + 3, high);
}

static void draw_unknown(const struct plot *p, double x)
{
    cairo_save(p->cairo);
    set_font(p->cairo, 8, false);
    set_colour(p->cairo, SOFT);
    cairo_translate(p->cairo, x + 3, p->bottom - 6);
    cairo_rotate(p->cairo, -M_PI / 2);
    draw_text(p->cairo, 0, 0, 0, "unknown");
    cairo_restore(p->cairo);
}

/* A light rim keeps the interval's line apart from the bar it stands in. */
static void draw_bar(const struct plot *p, const struct panel *panel, unsigned i, double font)
{
    const struct estimate *e = &panel->figures[i];
    cairo_t               *c = p->cairo;
    char                   room[TEXT_BYTES];
    double                 x = panel->left + AXIS + p->slot * (i + 0.5);
    double                 half = fmin(p->slot * 0.36, 34), top;

    if (!e->known && !e->at_least) {
        draw_unknown(p, x);
        return;
    }
    top = scale_at(&panel->scale, e->value);
    set_colour(c, colours[p->targets[i]]);
    cairo_rectangle(c, x - half, top, 2 * half, p->bottom - top);
    cairo_fill(c);
    if (e->known && !e->at_least) {
        double low = scale_at(&panel->scale, e->low), high = scale_at(&panel->scale, e->high);
        set_colour(c, 0xffffff);
        cairo_set_line_width(c, 2.8);
        draw_line(c, x, low, x, top);
        draw_whisker(c, x, low, high);
        top = fmin(top, high);
    }
    write_value(room, panel, e);
    set_font(c, font, true);
    set_colour(c, INK);
    draw_text(c, x, top - 4, 0.5, room);
}

static void draw_name(const struct plot *p, const struct panel *panel, unsigned i)
{
    cairo_t *c = p->cairo;
    char     room[TEXT_BYTES];
    double   x = panel->left + AXIS + p->slot * (i + 0.5);

    set_font(c, NAME_FONT, false);
    set_colour(c, INK);
    fitted(c, p->r->targets[p->targets[i]].name, name_px(p), room);
    if (!p->slanted) {
        draw_text(c, x, p->bottom + 14, 0.5, room);
        return;
    }
    cairo_save(c);
    cairo_translate(c, x + 3, p->bottom + 12);
    cairo_rotate(c, -SLANT);
    draw_text(c, 0, 0, 1, room);
    cairo_restore(c);
}

static void draw_panel(const struct plot *p, unsigned index)
{
    struct panel panel = panel_new(p, index);
    char         room[TEXT_BYTES];
    double       font = value_font(p, &panel);

    set_font(p->cairo, 11, true);
    set_colour(p->cairo, INK);
    snprintf(room, sizeof room, "%s (%s)", panel.chart->title, panel.unit->name);
    draw_text(p->cairo, (panel.left + panel.right) / 2, 54, 0.5, room);
    draw_axis(p, &panel);
    for (unsigned i = 0; i < p->count; i++) {
        draw_bar(p, &panel, i, font);
        draw_name(p, &panel, i);
    }
}

/* ---- The picture ---------------------------------------------------------------------------- */

static void write_title(const struct plot *p, struct buf *out)
{
    for (unsigned i = 0; i < p->count; i++) {
        buf_add(out, i ? LIT(", ") : LIT(""));
        buf_add(out, p->r->targets[p->targets[i]].name);
    }
}

/* The gates that withhold something, each named once. */
static void write_faults(const struct plot *p, struct buf *out)
{
    for (unsigned i = 0; i < p->va->gates_count; i++) {
        const struct gate *g = &p->va->gates[i];
        if (!g->broken || g->allowed || str_find(buf_str(out), str_of(g->name)) < out->len)
            continue;
        buf_format(out, "%s%s", out->len ? ", " : "not sound: ", g->name);
    }
}

static void draw_title(const struct plot *p)
{
    char       names[TARGETS_MAX * TEXT_BYTES], gates[TEXT_BYTES], room[TEXT_BYTES];
    struct buf title = buf_fixed(names, sizeof names), faults = buf_fixed(gates, sizeof gates);
    double     right = 0;

    write_faults(p, &faults);
    set_font(p->cairo, 11, true);
    set_colour(p->cairo, RED);
    if (faults.len > 0) {
        fitted(p->cairo, buf_str(&faults), 300, room);
        right = width_of(p->cairo, room) + 16;
        draw_text(p->cairo, WIDTH - EDGE, 24, 1, room);
    }
    write_title(p, &title);
    set_font(p->cairo, 13, true);
    set_colour(p->cairo, INK);
    fitted(p->cairo, buf_str(&title), WIDTH - 2 * EDGE - right, room);
    draw_text(p->cairo, EDGE, 24, 0, room);
}

static void draw_footer(const struct plot *p)
{
    char room[TEXT_BYTES];
    char loop[64] = "closed loop";

    if (p->view->kind == VIEW_OPEN)
        snprintf(loop, sizeof loop, "open loop at %.6g requests/s", p->view->rate);
    snprintf(room, sizeof room, "%s · %u connections · %u blocks · seed %llu · whiskers: %.0f %% intervals",
             loop, p->r->connections, p->r->blocks, (unsigned long long)p->r->seed,
             p->r->confidence * 100);
    set_font(p->cairo, 9, false);
    set_colour(p->cairo, SOFT);
    draw_text(p->cairo, EDGE, HEIGHT - 12, 0, room);
}

static void draw_picture(struct plot *p)
{
    lay_out(p);
    cairo_set_source_rgb(p->cairo, 1, 1, 1);
    cairo_paint(p->cairo);
    draw_title(p);
    for (unsigned i = 0; i < CHARTS; i++)
        draw_panel(p, i);
    draw_footer(p);
}

static cairo_status_t add_bytes(void *file, const unsigned char *bytes, unsigned count)
{
    struct buf *b = file;

    buf_add(b, (struct str){ (const char *)bytes, count });
    return b->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static cairo_status_t draw_on(struct plot *p, cairo_surface_t *surface, double scale)
{
    p->cairo = cairo_create(surface);
    cairo_scale(p->cairo, scale, scale);
    draw_picture(p);
    cairo_status_t status = cairo_status(p->cairo);
    cairo_destroy(p->cairo);
    return status;
}

static cairo_status_t make_png(struct plot *p, struct buf *file)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH * PIXELS, HEIGHT * PIXELS);
    cairo_status_t   status = draw_on(p, surface, PIXELS);

    if (!status)
        status = cairo_surface_write_to_png_stream(surface, add_bytes, file);
    cairo_surface_destroy(surface);
    return status;
}

static cairo_status_t make_svg(struct plot *p, struct buf *file)
{
    cairo_surface_t *surface = cairo_svg_surface_create_for_stream(add_bytes, file, WIDTH, HEIGHT);

    cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    cairo_status_t status = draw_on(p, surface, 1);
    cairo_surface_finish(surface);
    if (!status)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return status;
}

/* The closed loop's view, else the open one's. */
static bool choose_view(struct plot *p)
{
    for (unsigned v = 0; v < p->r->views_count; v++) {
        if (p->view && p->r->views[v].kind != VIEW_CLOSED)
            continue;
        p->view = &p->r->views[v];
        p->va = &p->a->views[v];
    }
    return p->view != NULL;
}

bool plot_write(const struct result *r, const struct analysis *a, struct str path, struct buf *why)
{
    struct plot p = { .r = r, .a = a };
    bool        png = str_ends(path, LIT(".png"));

    if (!png && !str_ends(path, LIT(".svg"))) {
        buf_format(why, "%.*s: a picture is .png or .svg", STR_ARG(path));
        return false;
    }
    if (!choose_view(&p)) {
        buf_format(why, "%.*s: nothing was measured", STR_ARG(path));
        return false;
    }
    struct buf     file = buf_growing(PICTURE_BYTES_MAX);
    cairo_status_t status = png ? make_png(&p, &file) : make_svg(&p, &file);
    if (status)
        buf_format(why, "%.*s: cannot be drawn: %s", STR_ARG(path), cairo_status_to_string(status));
    bool written = !status && file_write(path, buf_str(&file), why);
    buf_close(&file);
    return written;
}
