/* test_progress.c: what is seen while a campaign runs, on a terminal (a pseudo-terminal, and a
 * screen that does as one would) and in a pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "joust/progress.h"

#include "made_result.h"

enum { ROWS = 64, COLUMNS_MAX = 256, BYTES_MAX = 1 << 16 };

/* ---- A screen --------------------------------------------------------------------------- */

struct screen {
    uint32_t cells[ROWS][COLUMNS_MAX];
    int      row, column, columns;
    unsigned paints;                    /* how often it went up, or was cleared below */
    bool     hidden, wrapped;
    char     shown[BYTES_MAX];
};

static void clear_from(struct screen *s, int row, int column, int rows)
{
    for (int i = row; i < row + rows && i < ROWS; i++)
        for (int j = i == row ? column : 0; j < COLUMNS_MAX; j++)
            s->cells[i][j] = 0;
}

/* Only what progress.c may use; anything else fails the test. */
static void control(struct screen *s, struct str *rest)
{
    int number = 0;

    assert_true(rest->len && rest->at[0] == '[');
    *rest = str_slice(*rest, 1, rest->len);
    while (rest->len && ascii_is_digit(rest->at[0])) {
        number = number * 10 + (rest->at[0] - '0');
        *rest = str_slice(*rest, 1, rest->len);
    }
    assert_true(rest->len);
    char command = rest->at[0];
    *rest = str_slice(*rest, 1, rest->len);
    switch (command) {
    case 'A':
        assert_in_range(number, 1, s->row);
        s->row -= number;
        break;
    case 'K':
        clear_from(s, s->row, s->column, 1);
        break;
    case 'J':
        clear_from(s, s->row, s->column, ROWS);
        s->paints++;
        break;
    default:
        fail_msg("ESC [ %d %c", number, command);
    }
}

static void feed(struct screen *s, struct str text)
{
    while (text.len) {
        uint32_t c = utf8_next(&text);
        if (c == '\033') {
            control(s, &text);
        } else if (c == '\r') {
            s->column = 0;
        } else if (c == '\n') {
            s->row++;
        } else {
            s->wrapped |= s->column >= s->columns;
            assert_true(s->row < ROWS && s->column < COLUMNS_MAX && c >= ' ' && c != UTF8_BROKEN);
            s->cells[s->row][s->column++] = c;
        }
    }
}

static const char *show(struct screen *s)
{
    struct buf out = buf_fixed(s->shown, sizeof s->shown - 1);

    for (int i = 0; i < ROWS; i++) {
        int  last = COLUMNS_MAX;
        char c[UTF8_BYTES_MAX];
        while (last && s->cells[i][last - 1] == 0)
            last--;
        for (int j = 0; j < last; j++)
            buf_add(&out, (struct str){ c, utf8_put(s->cells[i][j], c) });
        buf_add_char(&out, '\n');
    }
    while (out.len && s->shown[out.len - 1] == '\n')
        out.len--;
    s->shown[out.len] = 0;
    return s->shown;
}

/* ---- Terminal and pipe ------------------------------------------------------------------ */

struct terminal {
    int           near, far;            /* the test's end, and progress's */
    struct screen screen;
};

static void resize(struct terminal *t, int columns, int rows)
{
    struct winsize size = { .ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows };

    assert_int_equal(ioctl(t->far, TIOCSWINSZ, &size), 0);
    t->screen.columns = columns;
}

static void open_terminal(struct terminal *t, int columns)
{
    memset(t, 0, sizeof *t);
    setenv("TERM", "xterm", 1);
    assert_int_equal(openpty(&t->near, &t->far, NULL, NULL, NULL), 0);
    assert_int_equal(fcntl(t->near, F_SETFL, O_NONBLOCK), 0);
    resize(t, columns, 40);
}

static void open_pipe(struct terminal *t)
{
    int ends[2];

    memset(t, 0, sizeof *t);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    t->near = ends[0];
    t->far = ends[1];
}

static void close_terminal(struct terminal *t)
{
    close(t->near);
    close(t->far);
}

static struct str receive(struct terminal *t, char *memory, size_t bytes)
{
    size_t  len = 0;
    ssize_t got;

    while (len < bytes && (got = read(t->near, memory + len, bytes - len)) > 0)
        len += (size_t)got;
    return (struct str){ memory, len };
}

/* What was written since the last time goes onto the screen. */
static const char *look(struct terminal *t)
{
    static char memory[BYTES_MAX];

    feed(&t->screen, receive(t, memory, sizeof memory));
    assert_false(t->screen.wrapped);
    return show(&t->screen);
}

static void has(const char *shown, const char *part)
{
    if (!strstr(shown, part))
        fail_msg("'%s' is not in\n%s", part, shown);
}

static void lacks(const char *shown, const char *part)
{
    if (strstr(shown, part))
        fail_msg("'%s' is in\n%s", part, shown);
}

/* ---- A result --------------------------------------------------------------------------- */

enum { LATENCY_NS = 2000 };

/* Two targets; each round of the first has 1,000 answers in a tenth of a second after 2 µs. */
struct campaign {
    struct result result;
    struct round  round;
};

static void open_campaign(struct campaign *c)
{
    static const char *const names[] = { "postern", "größer" };

    *c = (struct campaign){ 0 };
    c->result.blocks = 10;
    c->result.targets_count = 2;
    for (int i = 0; i < 2; i++)
        c->result.targets[i] = (struct target_record){ .name = str_of(names[i]), .control_of = -1 };
    c->result.steps_count = 2;
    c->result.step_measured[0] = true;
    c->result.views_count = 2;
    c->result.views[1] = (struct view){ .kind = VIEW_OPEN, .rate = 4500 };
    c->round.figures.window_ns = 100000000;
    c->round.figures.steps_count = 2;
    for (int i = 0; i < 2; i++) {
        struct step_figures *s = &c->round.figures.steps[i];
        assert_true(histogram_open(&s->latency));
        s->completed = s->outcomes[OUTCOME_CORRECT] = 1000;
        for (int j = 0; j < 1000; j++)
            histogram_add(&s->latency, LATENCY_NS);
    }
    c->round.figures.steps[0].outcomes[OUTCOME_TIMEOUT] = 1;
    c->round.figures.steps[0].outcomes[OUTCOME_STATUS] = 2;
    c->round.figures.steps[1].outcomes[OUTCOME_STATUS] = 500;      /* of a step that is not measured */
}

static void close_campaign(struct campaign *c)
{
    for (int i = 0; i < 2; i++)
        histogram_close(&c->round.figures.steps[i].latency);
}

/* Visits go on until something is painted. */
static void visit_until_painted(struct terminal *t, struct progress *p, const struct view *view,
                                unsigned block, unsigned target, struct visit_progress v)
{
    look(t);
    unsigned before = t->screen.paints;
    int64_t  end = clock_monotonic_ns(&system_clock) + 20000000000;

    do {
        progress_visit(p, view, block, target, v.seconds_left, &v);
        look(t);
    } while (t->screen.paints == before && clock_monotonic_ns(&system_clock) < end);
    assert_true(t->screen.paints > before);
}

/* ---- Tests ------------------------------------------------------------------------------ */

static void plain_lines(void **state)
{
    struct terminal  t;
    struct campaign  c;
    char             memory[4096];
    struct visit_progress v = { .rate = 5 };

    (void)state;
    open_pipe(&t);
    open_campaign(&c);
    struct progress *p = progress_open(t.far, false, &c.result);
    progress_say(p, "%s: ready after %.2f s", "postern", 0.314);
    progress_visit(p, &c.result.views[0], 0, 0, 50, &v);
    c.round.block = 2;
    progress_round(p, &c.result.views[0], &c.round, 41.2);
    c.round.target = 1;
    progress_round(p, &c.result.views[0], &c.round, 125);
    progress_round(p, &c.result.views[1], &c.round, 3725);
    histogram_add_unanswered(&c.round.figures.steps[0].latency, 5000000);
    for (int i = 0; i < 50; i++)
        histogram_add_unanswered(&c.round.figures.steps[0].latency, 5000000);
    progress_round(p, &c.result.views[0], &c.round, -1);
    progress_close(p);
    struct str got = receive(&t, memory, sizeof memory - 1);
    memory[got.len] = 0;
    assert_string_equal(memory,
        "postern: ready after 0.31 s\n"
        "block 3/10 postern 10,000/s p50 2.00 µs p99 2.00 µs failures 3, 41 s left\n"
        "block 3/10 größer 10,000/s p50 2.00 µs p99 2.00 µs failures 3, 2 min 05 s left\n"
        "block 3/10, open loop at 4,500/s größer 10,000/s p50 2.00 µs p99 2.00 µs failures 3, 1 h 02 min left\n"
        "block 3/10 größer 10,000/s p50 2.00 µs p99 > 5.00 ms failures 3\n");
    close_campaign(&c);
    close_terminal(&t);
}

static void a_dumb_terminal_gets_lines(void **state)
{
    struct terminal t;
    struct campaign c;

    (void)state;
    open_terminal(&t, 80);
    open_campaign(&c);
    setenv("TERM", "dumb", 1);
    struct progress *p = progress_open(t.far, false, &c.result);
    progress_round(p, &c.result.views[0], &c.round, 41);
    assert_string_equal(look(&t), "block 1/10 postern 10,000/s p50 2.00 µs p99 2.00 µs failures 3, 41 s left");
    progress_close(p);
    close_campaign(&c);
    close_terminal(&t);
}

static void quiet_is_silent(void **state)
{
    struct terminal t;
    struct campaign c;
    char            memory[16];

    (void)state;
    for (int i = 0; i < 2; i++) {
        if (i)
            open_terminal(&t, 80);
        else
            open_pipe(&t);
        open_campaign(&c);
        struct visit_progress v = { .rate = 5 };
        struct progress *p = progress_open(t.far, true, &c.result);
        progress_say(p, "said");
        progress_visit(p, &c.result.views[0], 0, 0, 50, &v);
        progress_round(p, &c.result.views[0], &c.round, 41);
        progress_close(p);
        assert_int_equal(receive(&t, memory, sizeof memory).len, 0);
        close_campaign(&c);
        close_terminal(&t);
    }
    progress_close(NULL);
}

static void a_table_in_place(void **state)
{
    struct terminal       t;
    struct campaign       c;
    struct visit_progress v = { .seconds_left = 41, .rate = 38420, .failed = 7 };

    (void)state;
    open_terminal(&t, 100);
    open_campaign(&c);
    struct progress *p = progress_open(t.far, false, &c.result);
    progress_say(p, "ready");
    visit_until_painted(&t, p, &c.result.views[0], 0, 0, v);
    assert_string_equal(look(&t),
        "ready\n"
        "  target      rounds        rate    failures         p50         p99\n"
        "> postern          0    38,420/s           7           -           -\n"
        "  größer           0           -           0           -           -\n"
        "block 1 of 10, 41 s left");
    progress_round(p, &c.result.views[0], &c.round, 40);
    progress_round(p, &c.result.views[0], &c.round, 39);
    visit_until_painted(&t, p, &c.result.views[0], 1, 1, v);
    assert_string_equal(look(&t),
        "ready\n"
        "  target      rounds        rate    failures         p50         p99\n"
        "  postern          2    10,000/s           6     2.00 µs     2.00 µs\n"
        "> größer           0    38,420/s           7           -           -\n"
        "block 2 of 10, 41 s left");
    progress_say(p, "a word in between");
    visit_until_painted(&t, p, &c.result.views[1], 0, 0, v);        /* begins anew */
    assert_string_equal(look(&t),
        "ready\n"
        "a word in between\n"
        "  target      rounds        rate    failures         p50         p99\n"
        "> postern          0    38,420/s           7           -           -\n"
        "  größer           0           -           0           -           -\n"
        "block 1 of 10, open loop at 4,500/s, 41 s left");
    progress_round(p, &c.result.views[1], &c.round, 39);
    progress_close(p);
    assert_string_equal(look(&t),
        "ready\n"
        "a word in between\n"
        "  target      rounds        rate    failures         p50         p99\n"
        "  postern          1    10,000/s           3     2.00 µs     2.00 µs\n"
        "  größer           0           -           0           -           -");
    assert_int_equal(t.screen.column, 0);
    close_campaign(&c);
    close_terminal(&t);
}

static void lines_are_cut_to_the_width(void **state)
{
    struct terminal       t;
    struct campaign       c;
    struct visit_progress v = { .seconds_left = 41, .rate = 38420 };

    (void)state;
    open_terminal(&t, 200);
    open_campaign(&c);
    struct progress *p = progress_open(t.far, false, &c.result);
    visit_until_painted(&t, p, &c.result.views[0], 0, 0, v);
    has(look(&t), "failures");
    resize(&t, 31, 40);
    visit_until_painted(&t, p, &c.result.views[0], 0, 0, v);
    assert_string_equal(look(&t),
        "  target      rounds        ra\n"
        "> postern          0    38,420\n"
        "  größer           0          \n"
        "block 1 of 10, 41 s left");
    resize(&t, 31, 4);                          /* no room for the table */
    visit_until_painted(&t, p, &c.result.views[0], 0, 0, v);
    assert_string_equal(look(&t), "block 1 of 10, 41 s left");
    progress_close(p);
    close_campaign(&c);
    close_terminal(&t);
}

static void at_most_four_paints_a_second(void **state)
{
    struct terminal       t;
    struct campaign       c;
    struct visit_progress v = { .seconds_left = 41, .rate = 38420 };

    (void)state;
    open_terminal(&t, 80);
    open_campaign(&c);
    struct progress *p = progress_open(t.far, false, &c.result);
    int64_t began = clock_monotonic_ns(&system_clock), now;
    do {
        progress_visit(p, &c.result.views[0], 0, 0, 41, &v);
        progress_round(p, &c.result.views[0], &c.round, 41);
        look(&t);
        now = clock_monotonic_ns(&system_clock);
        assert_in_range(t.screen.paints, 1, 1 + (now - began) / 250000000);
    } while (now - began < 600000000);
    assert_true(t.screen.paints >= 2);
    progress_close(p);
    close_campaign(&c);
    close_terminal(&t);
}

static void hostile_names_and_words_stay_in_their_cells(void **state)
{
    struct terminal       t;
    struct campaign       c;
    char                  memory[4096];
    struct visit_progress v = { .seconds_left = 41, .rate = 38420 };

    (void)state;
    open_terminal(&t, 36);
    open_campaign(&c);
    c.result.targets[0].name = LIT("漢字のサービス");
    c.result.targets[1].name = LIT("e\xcc\x81\x1b[2J\xc2\x9b");
    struct progress *p = progress_open(t.far, false, &c.result);
    progress_say(p, "%s", "a\x1b]0;b\r\xe2\x80\xae" "c");
    visit_until_painted(&t, p, &c.result.views[0], 0, 0, v);
    assert_string_equal(look(&t),       /* 36 columns: this screen has a cell for each code point */
        "a\xef\xbf\xbd]0;b \xef\xbf\xbd" "c\n"
        "  target          rounds        rat\n"
        "> 漢字のサービス       0    38,420/\n"
        "  e\xcc\x81\xef\xbf\xbd[2J\xef\xbf\xbd               0           \n"
        "block 1 of 10, 41 s left");
    progress_close(p);
    close_terminal(&t);
    open_pipe(&t);
    p = progress_open(t.far, false, &c.result);
    c.round.target = 1;
    progress_round(p, &c.result.views[0], &c.round, -1);
    progress_close(p);
    assert_true(str_starts(receive(&t, memory, sizeof memory), LIT("block 1/10 e\xcc\x81\xef\xbf\xbd[2J\xef\xbf\xbd 10,000/s")));
    close_campaign(&c);
    close_terminal(&t);
}

/* As many targets as there can be, with the longest names, from a whole result. */
static void the_largest_table(void **state)
{
    struct terminal       t;
    struct made           m = made_usual();
    struct visit_progress v = { .seconds_left = 41, .rate = 38420 };

    (void)state;
    m.targets = 7;
    m.control = true;
    m.blocks = 3;
    struct result r = made_result(&m);
    r.targets[6].name = LIT("12345678901234567890123456789012");
    open_terminal(&t, 120);
    struct progress *p = progress_open(t.far, false, &r);
    for (unsigned i = 0; i < r.views[0].rounds_count; i++) {
        progress_round(p, &r.views[0], &r.views[0].rounds[i], 30);
        look(&t);
    }
    visit_until_painted(&t, p, &r.views[0], 2, 7, v);
    has(look(&t), "\n  12345678901234567890123456789012       3");
    has(look(&t), "block 3 of 3, 41 s left");
    lacks(look(&t), "unknown");
    progress_close(p);
    result_close(&r);
    close_terminal(&t);
}

static void what_cannot_be_written_is_no_harm(void **state)
{
    struct terminal t;
    struct campaign c;

    (void)state;
    open_pipe(&t);
    open_campaign(&c);
    struct progress *p = progress_open(t.far, false, &c.result);
    close(t.far);
    progress_say(p, "nobody hears");
    progress_round(p, &c.result.views[0], &c.round, 41);
    progress_close(p);
    close(t.near);
    close_campaign(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_lines),
        cmocka_unit_test(a_dumb_terminal_gets_lines),
        cmocka_unit_test(quiet_is_silent),
        cmocka_unit_test(a_table_in_place),
        cmocka_unit_test(lines_are_cut_to_the_width),
        cmocka_unit_test(at_most_four_paints_a_second),
        cmocka_unit_test(hostile_names_and_words_stay_in_their_cells),
        cmocka_unit_test(the_largest_table),
        cmocka_unit_test(what_cannot_be_written_is_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
