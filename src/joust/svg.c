/* svg.c: elements, one function each. */
#include "joust/svg.h"

#include <math.h>

#include "joust/markup.h"

enum { TICK_FONT = 12, LABEL_BYTES = 64 };

static const char *const anchors[] = {
    [SVG_START] = "start", [SVG_MIDDLE] = "middle", [SVG_END] = "end",
};

/* Distinct in outline, so that colours need not be told apart. */
static const char *const markers[SVG_MARKERS] = {
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",           /* disc */
    "M-3.6-3.6h7.2v7.2h-7.2z",                      /* square */
    "M0-4.6L4.6 3.6H-4.6z",                         /* triangle */
    "M0-5L5 0L0 5L-5 0z",                           /* diamond */
    "M0 4.6L4.6-3.6H-4.6z",                         /* triangle, downwards */
    "M-1.4-4.6h2.8v3.2h3.2v2.8h-3.2v3.2h-2.8v-3.2h-3.2v-2.8h3.2z",     /* plus */
    "M-4.4-4.4h8.8L-4.4 4.4h8.8z",                  /* hourglass */
    "M-4.4-4.4v8.8L4.4-4.4v8.8z",                   /* bow tie */
};

void svg_begin(const struct svg *s, const char *class, struct str title)
{
    buf_format(s->out, "<svg class=\"%s\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" ", class,
               s->width, s->height, s->width, s->height);
    buf_add(s->out, LIT("role=\"img\" aria-label=\""));
    markup_add(s->out, title);
    buf_add(s->out, LIT("\">\n"));
}

void svg_end(const struct svg *s)
{
    buf_add(s->out, LIT("</svg>\n"));
}

void svg_text(const struct svg *s, const char *class, double x, double y, enum svg_anchor anchor,
              struct str text)
{
    buf_format(s->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", class, x, y,
               anchors[anchor]);
    markup_add(s->out, text);
    buf_add(s->out, LIT("</text>\n"));
}

void svg_line(const struct svg *s, const char *class, double x1, double y1, double x2, double y2)
{
    buf_format(s->out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
               class, x1, y1, x2, y2);
}

void svg_rect(const struct svg *s, const char *class, double x, double y, double width,
              double height)
{
    buf_format(s->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
               class, x, y, width > 0 ? width : 0, height > 0 ? height : 0);
}

void svg_polyline(const struct svg *s, const char *class, const struct point *points, size_t count)
{
    if (count < 2)
        return;
    buf_format(s->out, "<polyline class=\"%s\" points=\"", class);
    for (size_t i = 0; i < count; i++)
        buf_format(s->out, "%s%.1f,%.1f", i ? " " : "", points[i].x, points[i].y);
    buf_add(s->out, LIT("\"/>\n"));
}

void svg_marker(const struct svg *s, const char *class, unsigned shape, double x, double y)
{
    buf_format(s->out, "<path class=\"%s\" transform=\"translate(%.1f %.1f)\" d=\"%s\"/>\n", class, x,
               y, markers[shape % SVG_MARKERS]);
}

static struct str label_of(const struct svg_axis *a, double value, char *room)
{
    struct buf b = buf_fixed(room, LABEL_BYTES);

    a->label(&b, value);
    return buf_str(&b);
}

void svg_axis_x(const struct svg *s, const struct svg_axis *a, double top, double bottom)
{
    double free_from = 0;
    char   room[LABEL_BYTES];

    for (unsigned i = 0; i < a->ticks.count; i++) {
        struct str label = label_of(a, a->ticks.at[i], room);
        double     x = scale_at(&a->scale, a->ticks.at[i]);
        double     half = markup_ems(label) * TICK_FONT / 2;

        svg_line(s, "grid", x, top, x, bottom);
        if (x - half < free_from || x + half > s->width)
            continue;
        svg_text(s, "tick", x, bottom + 16, SVG_MIDDLE, label);
        free_from = x + half + 6;
    }
}

void svg_axis_y(const struct svg *s, const struct svg_axis *a, double left, double right)
{
    double last = INFINITY;
    char   room[LABEL_BYTES];

    for (unsigned i = 0; i < a->ticks.count; i++) {
        double y = scale_at(&a->scale, a->ticks.at[i]);

        svg_line(s, "grid", left, y, right, y);
        if (fabs(last - y) < TICK_FONT + 4)
            continue;
        svg_text(s, "tick", left - 7, y + 4, SVG_END, label_of(a, a->ticks.at[i], room));
        last = y;
    }
}
