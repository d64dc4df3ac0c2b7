/* joust/columns.h: rows and columns of text, aligned by what is seen (a µ is one column wide, 漢 two).
 *
 * What is written by it is clean: no text of a stranger can steer the terminal (markup_plain()). */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

enum { COLUMNS_MAX = 12, COLUMNS_ROWS_MAX = 160 };

struct columns {
    struct arena *arena;        /* keeps the cells */
    const char   *align;        /* "lrr": left or right; the last letter holds for the rest */
    struct str    cells[COLUMNS_ROWS_MAX][COLUMNS_MAX];
    unsigned      rows, columns;
    unsigned      used;         /* cells of the last row */
};

/* Begins a row; what does not fit is left out. */
void columns_row(struct columns *t);

/* The next cell of the row, copied and cleaned. */
void columns_cell(struct columns *t, struct str text);

/* Each row behind `indent` spaces, columns two spaces apart, no spaces at the ends. */
void columns_write(const struct columns *t, unsigned indent, struct buf *out);

/* Columns that a line takes on a terminal: two of a character that is wide in East Asia or an emoji,
 * none of one that combines with what stands before it (Unicode 15, in ranges). */
size_t text_width(struct str text);

/* The front of it that takes at most so many columns. */
struct str text_front(struct str text, size_t columns);

/* Cut to `columns`, the last an ellipsis where something was cut. */
struct str text_cut(struct str text, size_t columns, struct arena *arena);

/* Writes a sentence and a line's end, cleaned and wrapped to `columns`: what follows the first line stands behind
 * `indent` spaces, which the caller has written for the first. */
void text_wrap(struct str text, size_t columns, unsigned indent, struct buf *out);
