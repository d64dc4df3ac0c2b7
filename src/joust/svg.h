/* svg.h: a small writer of inline SVG: texts, lines, bars, markers, axes.
 *
 * Colours, strokes and fonts are the page's style sheet's: an element carries classes only, so
 * that one drawing serves light and dark.  Coordinates are pixels of the drawing, written with
 * one digit behind the point.  The writer's failure is its buffer's. */
#pragma once
#include "base/buf.h"
#include "joust/scale.h"

struct svg {
    struct buf *out;            /* borrowed */
    double      width, height;
};

struct point {
    double x, y;
};

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

enum { SVG_MARKERS = 8 };

/* `title` is what a screen reader says of it. */
void svg_begin(const struct svg *s, const char *class, struct str title);
void svg_end(const struct svg *s);

void svg_text(const struct svg *s, const char *class, double x, double y, enum svg_anchor anchor,
              struct str text);
void svg_line(const struct svg *s, const char *class, double x1, double y1, double x2, double y2);
void svg_rect(const struct svg *s, const char *class, double x, double y, double width,
              double height);
void svg_polyline(const struct svg *s, const char *class, const struct point *points, size_t count);

/* The shape is one of SVG_MARKERS, taken modulo; about nine pixels wide. */
void svg_marker(const struct svg *s, const char *class, unsigned shape, double x, double y);

/* How the value at a tick is written. */
struct svg_axis {
    struct scale scale;
    struct ticks ticks;
    void (*label)(struct buf *out, double value);
};

/* A grid line and a label for each tick; a label that would touch the one before it is left out.
 * The x axis runs along `bottom` with its grid up to `top`, the y axis along `left`. */
void svg_axis_x(const struct svg *s, const struct svg_axis *a, double top, double bottom);
void svg_axis_y(const struct svg *s, const struct svg_axis *a, double left, double right);
