/* progress.c: a table that is painted in place, or one line a round.
 *
 * Each paint is one write: up to the table's first line, every line anew, the rest of the screen
 * cleared.  Between paints the cursor stands below the table, at the begin of a line and visible,
 * so that the terminal is in order whenever the program ends.  Without a terminal there is one
 * line a round.  Owned and used by one thread. */
#include "joust/progress.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "joust/columns.h"
#include "joust/format.h"
#include "joust/markup.h"

enum {
    PAINT_NS = 250000000,           /* at most four times a second */
    TEXT_BYTES_MAX = 64 * 1024,
    LINE_BYTES_MAX = 4096,
    COLUMNS_UNKNOWN = 80, ROWS_UNKNOWN = 24,
    NAME_COLUMNS = 10, COUNT_COLUMNS = 8, FIGURE_COLUMNS = 12,
};

struct tally {                      /* of one target in one view */
    struct histogram latency;       /* of its rounds; opened with the first */
    uint64_t         completed, failures;
    int64_t          window_ns;
    unsigned         rounds;
};

struct progress {
    int                  fd;
    bool                 quiet, terminal;
    const struct result *r;
    const struct view   *view;
    struct tally         tallies[TARGETS_MAX];
    bool                 visiting;
    unsigned             block, target;
    double               left_s;
    struct visit_progress visit;
    unsigned             painted;   /* lines of the table that are on the screen */
    int64_t              painted_ns;
    struct buf           text;
};

/* ---- Writing ---------------------------------------------------------------------------- */

/* What cannot be shown is lost: no campaign ends for it. */
static void write_out(struct progress *p)
{
    struct str rest = buf_str(&p->text);

    while (rest.len && !p->text.failed) {
        ssize_t wrote = write(p->fd, rest.at, rest.len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            break;
        rest = str_slice(rest, (size_t)wrote, rest.len);
    }
    buf_reset(&p->text);
}

static void add_blanks(struct buf *out, size_t used, size_t columns)
{
    for (; used < columns; used++)
        buf_add_char(out, ' ');
}

static void add_left(struct buf *out, struct str text, size_t columns)
{
    markup_plain(out, text);
    add_blanks(out, text_width(text), columns);
}

static void add_right(struct buf *out, struct str text, size_t columns)
{
    add_blanks(out, text_width(text), columns);
    buf_add(out, text);
}

static void write_left_time(double seconds, struct buf *out)
{
    long long whole = (long long)(seconds + 0.5);

    if (whole < 60)
        buf_format(out, "%lld s left", whole);
    else if (whole < 3600)
        buf_format(out, "%lld min %02lld s left", whole / 60, whole % 60);
    else
        buf_format(out, "%lld h %02lld min left", whole / 3600, whole / 60 % 60);
}

static void write_quantile(const struct histogram *h, double q, struct buf *out)
{
    struct quantile value = { 0 };

    if (h->counts && h->count + h->unanswered)
        value = histogram_quantile(h, q);
    if (value.at_least)
        buf_add(out, LIT("> "));
    if (value.ns > 0 || value.at_least)
        format_ns(out, value.ns);
    else
        buf_add_char(out, '-');
}

/* ---- Figures so far --------------------------------------------------------------------- */

static void reset_tallies(struct progress *p)
{
    for (unsigned i = 0; i < TARGETS_MAX; i++) {
        histogram_close(&p->tallies[i].latency);
        p->tallies[i] = (struct tally){ 0 };
    }
}

/* The open loop's figures are others than the closed one's. */
static void see_view(struct progress *p, const struct view *view)
{
    if (p->view == view)
        return;
    reset_tallies(p);
    p->view = view;
}

static void add_round(struct tally *t, const struct result *r, const struct round_figures *f)
{
    if (!t->latency.counts && !histogram_open(&t->latency))
        return;
    for (unsigned i = 0; i < f->steps_count; i++) {
        if (!r->step_measured[i])
            continue;
        t->completed += f->steps[i].completed;
        t->failures += outcomes_failed(f->steps[i].outcomes);
        histogram_merge(&t->latency, &f->steps[i].latency);
    }
    t->window_ns += f->window_ns;
    t->rounds++;
}

static double rate_of(const struct tally *t)
{
    return t->window_ns > 0 ? (double)t->completed * 1e9 / (double)t->window_ns : 0;
}

/* ---- The table -------------------------------------------------------------------------- */

static void add_rate(struct buf *out, double rate)
{
    if (rate > 0) {
        format_rate(out, rate);
        buf_add(out, LIT("/s"));
    } else {
        buf_add_char(out, '-');
    }
}

static size_t name_columns(const struct result *r)
{
    size_t most = NAME_COLUMNS;

    for (unsigned i = 0; i < r->targets_count; i++)
        if (text_width(r->targets[i].name) > most)
            most = text_width(r->targets[i].name);
    return most;
}

static void write_heads(const struct progress *p, struct buf *out)
{
    static const char *const heads[] = { "rate", "failures", "p50", "p99" };

    add_left(out, LIT("  target"), name_columns(p->r) + 2);
    add_right(out, LIT("rounds"), COUNT_COLUMNS);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        add_right(out, str_of(heads[i]), FIGURE_COLUMNS);
}

static void write_target(const struct progress *p, unsigned target, struct buf *out)
{
    const struct tally *t = &p->tallies[target];
    bool                now = p->visiting && target == p->target;
    char                cell[64];
    struct buf          c = buf_fixed(cell, sizeof cell);

#define CELL(columns, write) (buf_reset(&c), (write), add_right(out, buf_str(&c), columns))
    buf_add(out, now ? LIT("> ") : LIT("  "));
    add_left(out, p->r->targets[target].name, name_columns(p->r));
    CELL(COUNT_COLUMNS, buf_add_int(&c, t->rounds));
    CELL(FIGURE_COLUMNS, add_rate(&c, now ? p->visit.rate : rate_of(t)));
    CELL(FIGURE_COLUMNS, format_count(&c, t->failures + (now ? p->visit.failed : 0)));
    CELL(FIGURE_COLUMNS, write_quantile(&t->latency, 0.5, &c));
    CELL(FIGURE_COLUMNS, write_quantile(&t->latency, 0.99, &c));
#undef CELL
}

static void write_view(const struct view *view, struct buf *out)
{
    if (view->kind != VIEW_OPEN)
        return;
    buf_add(out, LIT(", open loop at "));
    add_rate(out, view->rate);
}

static void write_status(const struct progress *p, struct buf *out)
{
    buf_format(out, "block %u of %u", p->block + 1, p->r->blocks);
    write_view(p->view, out);
    if (p->left_s >= 0) {
        buf_add(out, LIT(", "));
        write_left_time(p->left_s, out);
    }
}

/* ---- The screen ------------------------------------------------------------------------- */

struct screen {
    size_t columns, rows;
};

static struct screen measure_screen(int fd)
{
    struct winsize size;
    struct screen  s = { COLUMNS_UNKNOWN, ROWS_UNKNOWN };

    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row)
        s = (struct screen){ size.ws_col, size.ws_row };
    return s;
}

/* One line, cut so that it never wraps: a wrapped line would be one more to go up. */
static void add_line(struct progress *p, const struct buf *line, size_t columns)
{
    buf_add(&p->text, text_front(buf_str(line), columns - 1));
    buf_add(&p->text, LIT("\033[K\n"));
    p->painted++;
}

static void go_up(struct progress *p)
{
    if (p->painted)
        buf_format(&p->text, "\033[%uA\r", p->painted);
    p->painted = 0;
}

static void paint(struct progress *p, bool status)
{
    char          memory[LINE_BYTES_MAX];
    struct buf    line = buf_fixed(memory, sizeof memory);
    struct screen screen = measure_screen(p->fd);
    bool          fits = p->r->targets_count + 3 <= screen.rows;

    go_up(p);
    if (fits) {
        write_heads(p, &line);
        add_line(p, &line, screen.columns);
    }
    for (unsigned i = 0; fits && i < p->r->targets_count; i++) {
        buf_reset(&line);
        write_target(p, i, &line);
        add_line(p, &line, screen.columns);
    }
    if (status) {
        buf_reset(&line);
        write_status(p, &line);
        add_line(p, &line, screen.columns);
    }
    buf_add(&p->text, LIT("\033[J"));
    write_out(p);
}

static void paint_if_due(struct progress *p)
{
    int64_t now = clock_monotonic_ns(&system_clock);

    if (p->painted_ns && now - p->painted_ns < PAINT_NS)
        return;
    paint(p, true);
    p->painted_ns = now;
}

/* ---- Lines ------------------------------------------------------------------------------ */

/* "block 3/10 postern 38,420/s p50 1.24 ms p99 3.10 ms failures 0, 41 s left" */
static void write_round(struct progress *p, const struct round *round)
{
    struct tally t = { 0 };

    add_round(&t, p->r, &round->figures);
    buf_format(&p->text, "block %u/%u", round->block + 1, p->r->blocks);
    write_view(p->view, &p->text);
    buf_add_char(&p->text, ' ');
    markup_plain(&p->text, p->r->targets[round->target].name);
    buf_add_char(&p->text, ' ');
    add_rate(&p->text, rate_of(&t));
    buf_add(&p->text, LIT(" p50 "));
    write_quantile(&t.latency, 0.5, &p->text);
    buf_add(&p->text, LIT(" p99 "));
    write_quantile(&t.latency, 0.99, &p->text);
    buf_add(&p->text, LIT(" failures "));
    format_count(&p->text, t.failures);
    if (p->left_s >= 0) {
        buf_add(&p->text, LIT(", "));
        write_left_time(p->left_s, &p->text);
    }
    buf_add_char(&p->text, '\n');
    histogram_close(&t.latency);
    write_out(p);
}

static bool is_terminal(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) && !(term && strcmp(term, "dumb") == 0);
}

struct progress *progress_open(int fd, bool quiet, const struct result *r)
{
    struct progress *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    *p = (struct progress){ .fd = fd, .quiet = quiet, .terminal = is_terminal(fd), .r = r,
                            .text = buf_growing(TEXT_BYTES_MAX) };
    return p;
}

void progress_close(struct progress *p)
{
    if (!p)
        return;
    p->visiting = false;
    if (p->view && p->terminal && !p->quiet)
        paint(p, false);
    reset_tallies(p);
    buf_close(&p->text);
    free(p);
}

void progress_say(struct progress *p, const char *format, ...)
{
    char    line[LINE_BYTES_MAX];
    va_list args;

    if (!p || p->quiet)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    bool painted = p->painted > 0;
    go_up(p);
    markup_plain(&p->text, str_of(line));
    buf_add(&p->text, painted ? LIT("\033[J\n") : LIT("\n"));
    write_out(p);
    p->painted_ns = 0;
}

void progress_visit(struct progress *p, const struct view *view, unsigned block, unsigned target,
                    double seconds_left_in_all, const struct visit_progress *v)
{
    if (!p || p->quiet || !p->terminal)
        return;
    see_view(p, view);
    p->visiting = true;
    p->block = block;
    p->target = target;
    p->left_s = seconds_left_in_all;
    p->visit = v ? *v : (struct visit_progress){ 0 };
    paint_if_due(p);
}

void progress_round(struct progress *p, const struct view *view, const struct round *round,
                    double seconds_left_in_all)
{
    if (!p || p->quiet)
        return;
    see_view(p, view);
    p->left_s = seconds_left_in_all;
    if (!p->terminal) {
        write_round(p, round);
        return;
    }
    p->visiting = false;
    p->block = round->block;
    add_round(&p->tallies[round->target], p->r, &round->figures);
    paint_if_due(p);
}
