/* columns.c: widths are found when the rows are written. */
#include "joust/columns.h"

#include "base/utf8.h"
#include "joust/markup.h"

enum { CELL_BYTES_MAX = 1 << 20 };

/* ---- Widths ----------------------------------------------------------------------------- */

struct range {
    uint32_t from, to;
};

static const struct range combining[] = {
    { 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd }, { 0x610, 0x61a }, { 0x64b, 0x65f },
    { 0x1160, 0x11ff }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200b, 0x200d }, { 0x2060, 0x2064 },
    { 0x20d0, 0x20ff }, { 0x3099, 0x309a }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff },
    { 0xe0020, 0xe01ef },
};

/* Blocks of ideographs, syllables, full-width forms and pictures, and the single signs that are
 * emoji by themselves.  A block counts whole: a picture that is narrow errs to the safe side. */
static const struct range wide[] = {
    { 0x1100, 0x115f }, { 0x231a, 0x231b }, { 0x2329, 0x232a }, { 0x23e9, 0x23ec }, { 0x23f0, 0x23f0 },
    { 0x23f3, 0x23f3 }, { 0x25fd, 0x25fe }, { 0x2614, 0x2615 }, { 0x2648, 0x2653 }, { 0x267f, 0x267f },
    { 0x2693, 0x2693 }, { 0x26a1, 0x26a1 }, { 0x26aa, 0x26ab }, { 0x26bd, 0x26be }, { 0x26c4, 0x26c5 },
    { 0x26ce, 0x26ce }, { 0x26d4, 0x26d4 }, { 0x26ea, 0x26ea }, { 0x26f2, 0x26f3 }, { 0x26f5, 0x26f5 },
    { 0x26fa, 0x26fa }, { 0x26fd, 0x26fd }, { 0x2705, 0x2705 }, { 0x270a, 0x270b }, { 0x2728, 0x2728 },
    { 0x274c, 0x274c }, { 0x274e, 0x274e }, { 0x2753, 0x2755 }, { 0x2757, 0x2757 }, { 0x2795, 0x2797 },
    { 0x27b0, 0x27b0 }, { 0x27bf, 0x27bf }, { 0x2b1b, 0x2b1c }, { 0x2b50, 0x2b50 }, { 0x2b55, 0x2b55 },
    { 0x2e80, 0x303e }, { 0x3041, 0x4dbf }, { 0x4e00, 0xa4cf }, { 0xa960, 0xa97f }, { 0xac00, 0xd7a3 },
    { 0xf900, 0xfaff }, { 0xfe10, 0xfe19 }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 },
    { 0x16fe0, 0x1b2ff }, { 0x1f004, 0x1f004 }, { 0x1f0cf, 0x1f0cf }, { 0x1f18e, 0x1f18e },
    { 0x1f191, 0x1f19a }, { 0x1f200, 0x1f265 }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
    { 0x1f7e0, 0x1f7f0 }, { 0x1f90c, 0x1f9ff }, { 0x1fa70, 0x1faff }, { 0x20000, 0x3fffd },
};

static bool is_in(uint32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && ranges[i].from <= point; i++)
        if (point <= ranges[i].to)
            return true;
    return false;
}

/* Bytes that are no character will be shown as one that is. */
static size_t point_width(uint32_t point)
{
    if (point < 0x300 || point == UTF8_BROKEN)
        return 1;
    if (is_in(point, combining, sizeof combining / sizeof *combining))
        return 0;
    return is_in(point, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

/* ---- Rows ------------------------------------------------------------------------------- */

static bool is_right(const struct columns *t, unsigned column)
{
    size_t last = strlen(t->align) - 1;
    return t->align[column < last ? column : last] == 'r';
}

static size_t column_width(const struct columns *t, unsigned column)
{
    size_t width = 0;

    for (unsigned row = 0; row < t->rows; row++) {
        size_t cell = text_width(t->cells[row][column]);
        width = cell > width ? cell : width;
    }
    return width;
}

/* Spaces are owed until text follows, so that no line ends in them. */
static void write_row(const struct columns *t, unsigned row, const size_t *widths, size_t owed,
                      struct buf *out)
{
    for (unsigned c = 0; c < t->columns; c++) {
        struct str cell = t->cells[row][c];
        size_t     padding = widths[c] - text_width(cell);
        owed += is_right(t, c) ? padding : 0;
        if (cell.len) {
            buf_format(out, "%*s%.*s", (int)owed, "", STR_ARG(cell));
            owed = 0;
        }
        owed += (is_right(t, c) ? 0 : padding) + 2;
    }
    buf_add_char(out, '\n');
}

static struct str text_clean(struct str text, struct arena *arena)
{
    struct buf clean = buf_growing(CELL_BYTES_MAX);

    markup_plain(&clean, text);
    struct str copy = arena_copy(arena, buf_str(&clean));
    buf_close(&clean);
    return copy;
}

/* ---- Lines ------------------------------------------------------------------------------ */

/* The next space that a line may end at: not the one before a number or a percent sign. */
static size_t find_break(struct str text, size_t from)
{
    for (size_t i = from; i < text.len; i++)
        if (text.at[i] == ' ' && i + 1 < text.len &&
            !ascii_is_digit(text.at[i + 1]) && text.at[i + 1] != '%')
            return i;
    return text.len;
}

/* Up to the last break that leaves it within `columns`; what has none stays whole. */
static size_t line_bytes(struct str text, size_t columns)
{
    size_t end = find_break(text, 0);

    while (end < text.len) {
        size_t next = find_break(text, end + 1);
        if (text_width(str_slice(text, 0, next)) > columns)
            break;
        end = next;
    }
    return end;
}

void columns_row(struct columns *t)
{
    t->used = COLUMNS_MAX;        /* of a row that is not there */
    if (t->rows < COLUMNS_ROWS_MAX) {
        t->rows++;
        t->used = 0;
    }
}

void columns_cell(struct columns *t, struct str text)
{
    if (t->rows == 0 || t->used >= COLUMNS_MAX)
        return;
    t->cells[t->rows - 1][t->used++] = text_clean(text, t->arena);
    t->columns = t->used > t->columns ? t->used : t->columns;
}

void columns_write(const struct columns *t, unsigned indent, struct buf *out)
{
    size_t widths[COLUMNS_MAX];

    for (unsigned c = 0; c < t->columns; c++)
        widths[c] = column_width(t, c);
    for (unsigned row = 0; row < t->rows; row++)
        write_row(t, row, widths, indent, out);
}

size_t text_width(struct str text)
{
    size_t width = 0;

    while (text.len)
        width += point_width(utf8_next(&text));
    return width;
}

struct str text_front(struct str text, size_t columns)
{
    struct str rest = text;
    size_t     width = 0, fits = 0;

    while (rest.len) {
        width += point_width(utf8_next(&rest));
        if (width > columns)
            break;
        fits = text.len - rest.len;
    }
    return str_slice(text, 0, fits);
}

struct str text_cut(struct str text, size_t columns, struct arena *arena)
{
    if (text_width(text) <= columns)
        return text;
    return arena_format(arena, "%.*s…", STR_ARG(text_front(text, columns ? columns - 1 : 0)));
}

void text_wrap(struct str text, size_t columns, unsigned indent, struct buf *out)
{
    while (text.len) {
        size_t end = line_bytes(text, columns - indent);
        markup_plain(out, str_slice(text, 0, end));
        text = str_slice(text, end + 1, text.len);
        if (text.len)
            buf_format(out, "\n%*s", (int)indent, "");
    }
    buf_add_char(out, '\n');
}
