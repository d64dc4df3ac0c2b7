/* columns.c: widths are found when the rows are written. */
#include "joust/columns.h"

#include "base/utf8.h"

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

/* A copy without what a terminal would obey. */
static struct str text_clean(struct str text, struct arena *arena)
{
    struct str copy = arena_copy(arena, text);

    for (size_t i = 0; i < copy.len; i++)
        if ((unsigned char)copy.at[i] < ' ' || copy.at[i] == 0x7f)
            ((char *)copy.at)[i] = '?';
    return copy;
}

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
    return utf8_count(text);
}

struct str text_cut(struct str text, size_t columns, struct arena *arena)
{
    size_t bytes = 0, seen = 0;

    if (text_width(text) <= columns)
        return text;
    while (bytes < text.len && seen + 1 < columns) {
        size_t length = utf8_length(str_slice(text, bytes, text.len));
        bytes += length ? length : 1;
        seen++;
    }
    return arena_format(arena, "%.*s…", (int)bytes, text.at);
}

void text_wrap(struct str text, size_t columns, unsigned indent, struct buf *out)
{
    while (text.len) {
        size_t end = line_bytes(text, columns - indent);
        buf_add(out, str_slice(text, 0, end));
        text = str_slice(text, end + 1, text.len);
        if (text.len)
            buf_format(out, "\n%*s", (int)indent, "");
    }
    buf_add_char(out, '\n');
}
