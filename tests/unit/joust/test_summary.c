/* test_summary.c: the page after a campaign: what stands on it, in which order, how wide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "joust/columns.h"
#include "joust/summary.h"
#include "made_result.h"

enum { PAGE_COLUMNS = 100 };

/* `change` may be NULL. */
static struct buf page_of(const struct made *m, void (*change)(struct result *r))
{
    struct result    r = made_result(m);
    struct analysis *a = calloc(1, sizeof *a);
    struct buf       out = buf_growing(1 << 20);

    assert_non_null(a);
    if (change)
        change(&r);
    assert_true(analysis_make(&r, a));
    summary_write(&r, a, &out);
    assert_false(out.failed);
    analysis_close(a);
    free(a);
    result_close(&r);
    return out;
}

static size_t position(const struct buf *page, const char *part)
{
    size_t at = str_find(buf_str(page), str_of(part));

    if (at == page->len)
        fail_msg("\"%s\" is not in:\n%.*s", part, STR_ARG(buf_str(page)));
    return at;
}

static void assert_silent(const struct buf *page, const char *part)
{
    if (str_find(buf_str(page), str_of(part)) < page->len)
        fail_msg("\"%s\" is in:\n%.*s", part, STR_ARG(buf_str(page)));
}

/* Columns on a screen: of a code point its first byte. */
static size_t columns_of(struct str line)
{
    size_t count = 0;

    for (size_t i = 0; i < line.len; i++)
        count += ((unsigned char)line.at[i] & 0xc0) != 0x80;
    return count;
}

/* No line is too wide, none ends in a space. */
static void assert_tidy(const struct buf *page)
{
    struct str rest = buf_str(page);

    while (rest.at) {
        struct str line = str_cut(&rest, '\n');
        if (columns_of(line) > PAGE_COLUMNS)
            fail_msg("%zu columns: %.*s", columns_of(line), STR_ARG(line));
        assert_false(str_ends(line, LIT(" ")));
    }
    assert_true(str_ends(buf_str(page), LIT("\n")));
}

static struct str line_with(const struct buf *page, const char *start)
{
    struct str rest = buf_str(page);

    while (rest.at) {
        struct str line = str_cut(&rest, '\n');
        if (str_starts(line, str_of(start)) && str_find(line, LIT(" is ")) == line.len)
            return line;
    }
    fail_msg("no line begins with \"%s\":\n%.*s", start, STR_ARG(buf_str(page)));
    return LIT("");
}

static void assert_line(const struct buf *page, const char *start, const char *part)
{
    struct str line = line_with(page, start);

    if (str_find(line, str_of(part)) == line.len)
        fail_msg("\"%s\" is not in: %.*s", part, STR_ARG(line));
}

static void test_verdicts_stand_before_figures(void **state)
{
    (void)state;
    struct made m = made_usual();
    struct buf  page = page_of(&m, NULL);

    assert_tidy(&page);
    assert_int_equal(position(&page, "Closed loop, 100 connections, 10 rounds of 250 ms a target; ± and [ ] are 95 % intervals\n"), 0);
    size_t verdict = position(&page, "throughput     postern is 4.");
    assert_true(verdict < position(&page, "CPU a request  postern is 8."));
    assert_true(verdict < position(&page, "/s ± "));
    assert_line(&page, "throughput", "/s ± ");
    assert_line(&page, "p50", " ms ± ");
    assert_silent(&page, "± 0.0 %");
    assert_line(&page, "p99.9", " ms ± ");
    assert_line(&page, "CPU a request", "22.0 µs ± ");
    assert_line(&page, "memory", " MiB");
    assert_line(&page, "failures", " 0 ");
    position(&page, "Little's law   off by: postern ");
    position(&page, "ceiling        of the generator's 120,000/s: postern ");
    position(&page, "\nseed           7\n");
    assert_silent(&page, "NOT VALID");
    assert_silent(&page, "noise");
    assert_silent(&page, "step ");
    buf_close(&page);
}

/* Columns are aligned by what is seen: a line with µ has a byte more. */
static void test_columns_are_aligned(void **state)
{
    (void)state;
    struct made m = made_usual();
    struct buf  page = page_of(&m, NULL);

    size_t width = columns_of(line_with(&page, "throughput"));
    assert_int_equal(columns_of(line_with(&page, "p99 ")), width);
    assert_int_equal(columns_of(line_with(&page, "CPU a request")), width);
    assert_int_equal(columns_of(line_with(&page, "memory")), width);
    assert_int_equal(columns_of(line_with(&page, "failures")), width);
    buf_close(&page);
}

static void test_what_voids_stands_first(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.ceiling = 40000;
    struct buf page = page_of(&m, NULL);
    assert_tidy(&page);
    size_t gate = position(&page, "NOT VALID: no verdict where a gate is broken:\n  ceiling      postern reached ");
    size_t voids = position(&page, "than they are (voids throughput, p50, p99)\n\n");
    assert_true(voids > position(&page, "\n               axum reached "));
    assert_int_equal(str_find(buf_str(&page), LIT("(voids")), voids + strlen("than they are "));
    assert_true(gate < position(&page, "\nthroughput     no verdict (ceiling)\n"));
    position(&page, "CPU a request  postern is 8.");
    assert_silent(&page, "fast as");
    assert_silent(&page, "faster");
    buf_close(&page);
}

static void test_what_may_be_said_stands_before_what_may_not(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.failures[1][OUTCOME_STATUS] = 0.01;
    struct buf page = page_of(&m, NULL);
    assert_tidy(&page);
    position(&page, "(voids all)");
    assert_true(position(&page, "throughput     postern is faster than axum by ") <
                position(&page, "no verdict: postern and fastapi; fastapi and axum (failures)\n"));
    buf_close(&page);
}

static void allow_ceiling(struct result *r)
{
    r->allowed[r->allowed_count++] = LIT("ceiling");
}

static void test_what_was_let_pass_is_said(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.ceiling = 40000;
    struct buf page = page_of(&m, allow_ceiling);
    assert_tidy(&page);
    position(&page, "Broken gates that --allow let pass:\n  ceiling      postern reached ");
    position(&page, "throughput     postern is 4.");
    assert_silent(&page, "NOT VALID");
    buf_close(&page);
}

static void ask_for_a_far_quantile(struct result *r)
{
    r->quantiles[0] = 0.9999999;
}

static void test_a_gate_of_one_metric_is_no_alarm(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.window_ns = 100000000;            /* fastapi's rounds have 900 requests */
    struct buf page = page_of(&m, ask_for_a_far_quantile);
    assert_tidy(&page);
    assert_silent(&page, "NOT VALID");
    position(&page, "p99            postern is ");
    position(&page, "no verdict: postern and fastapi; fastapi and axum: fastapi had ");
    assert_line(&page, "p99.99999", " ms");
    buf_close(&page);
    m.targets = 1;
    m.window_ns = 10000000;
    page = page_of(&m, NULL);
    assert_tidy(&page);
    assert_silent(&page, "NOT VALID");
    position(&page, "\np99            no verdict: postern had ");
    buf_close(&page);
}

static void test_every_request_failed(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.targets = 1;
    m.failures[0][OUTCOME_STATUS] = 2;
    struct buf page = page_of(&m, NULL);
    position(&page, " (100 %)\n");
    buf_close(&page);
}

static void test_failures_are_counted_by_kind(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.failures[1][OUTCOME_TIMEOUT] = 0.02;
    m.failures[1][OUTCOME_STATUS] = 0.003;
    struct buf page = page_of(&m, NULL);
    assert_tidy(&page);
    assert_line(&page, "failures ", "%)");
    assert_line(&page, "timeout", "   0  ");
    assert_line(&page, "status (503)", "   0  ");
    assert_line(&page, "p99 ", "> 250 ms");
    assert_silent(&page, "\nshort");
    assert_silent(&page, "\nreset");
    buf_close(&page);
}

static void test_steps_have_a_table(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.steps = 2;
    struct buf page = page_of(&m, NULL);
    assert_tidy(&page);
    assert_line(&page, "step", "target ");
    assert_line(&page, "log in  postern", " ms");
    assert_line(&page, "call    postern", " ms");
    assert_line(&page, "        axum", " ms");
    buf_close(&page);
}

static void test_the_control_is_noise_and_no_rival(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.control = true;
    struct buf page = page_of(&m, NULL);
    assert_tidy(&page);
    position(&page, "noise          postern against itself: throughput ");
    assert_silent(&page, "postern-again");
    buf_close(&page);
}

static void test_both_views_are_there(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.open = true;
    m.cpu_ns[2] = -1;
    struct buf page = page_of(&m, NULL);
    assert_tidy(&page);
    assert_true(position(&page, "Closed loop, ") <
                position(&page, "\nOpen loop, 4,500 requests/s a target, 100 connections, "));
    position(&page, "on time        of the requests due: postern 100.0 %");
    position(&page, "unknown cost   axum: the socket belongs to another user");
    assert_line(&page, "CPU a request  2", "unknown");
    assert_line(&page, "memory", "unknown");
    buf_close(&page);
}

static void renew(struct result *r)
{
    r->requests_per_connection = 10;
}

static void test_renewed_connections_are_said(void **state)
{
    (void)state;
    struct made m = made_usual();
    struct buf  page = page_of(&m, renew);

    assert_tidy(&page);
    assert_int_equal(position(&page, "Closed loop, 100 connections, each renewed after 10 requests, 10 rounds of 250 ms"), 0);
    buf_close(&page);
}

static void name_at_length(struct result *r)
{
    r->targets[1].name = LIT("a-service-whose-name-is-much-too-long-for-any-table-or-line-of-a-page\x1b[2J");
}

static void test_many_targets_and_long_names(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.targets = 8;
    struct buf page = page_of(&m, name_at_length);
    assert_tidy(&page);
    position(&page, "a-service-whose-na…");
    position(&page, "(pairs without the first target: see --report or --json)\n");
    assert_silent(&page, "gin is faster than");
    buf_close(&page);
    m.targets = 1;
    page = page_of(&m, NULL);
    assert_tidy(&page);
    assert_silent(&page, "faster");
    buf_close(&page);
}

static void test_a_text_is_wrapped_between_words(void **state)
{
    (void)state;
    struct buf out = buf_growing(1024);

    text_wrap(LIT("one two three 4 % five"), 13, 2, &out);
    assert_true(str_eq(buf_str(&out), LIT("one two\n  three 4 %\n  five\n")));
    buf_reset(&out);
    text_wrap(LIT("unbreakable-word x"), 8, 2, &out);
    assert_true(str_eq(buf_str(&out), LIT("unbreakable-word\n  x\n")));
    buf_reset(&out);
    text_wrap(LIT(""), 8, 2, &out);
    assert_true(str_eq(buf_str(&out), LIT("\n")));
    buf_close(&out);
}

static void test_widths_are_those_of_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(text_width(LIT("µs …")), 4);
    assert_int_equal(text_width(LIT("漢字のサービス")), 14);
    assert_int_equal(text_width(LIT("가ｆ🚀✅")), 8);
    assert_int_equal(text_width(LIT("e\xcc\x81\xe2\x80\x8d")), 1);
    assert_int_equal(text_width(LIT("\xff\xc3(")), 3);
    assert_true(str_eq(text_front(LIT("漢字"), 3), LIT("漢")));
    assert_true(str_eq(text_front(LIT("e\xcc\x81x"), 1), LIT("e\xcc\x81")));
}

static void test_nothing_written_steers_the_terminal(void **state)
{
    (void)state;
    struct buf out = buf_growing(1024);

    text_wrap(LIT("a \x1b[2J b\nc\xc2\x9b" "31m \xe2\x80\xae\x9b"), 80, 0, &out);
    assert_true(str_eq(buf_str(&out), LIT("a \xef\xbf\xbd[2J b c\xef\xbf\xbd" "31m \xef\xbf\xbd\xef\xbf\xbd\n")));
    buf_close(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts_stand_before_figures),
        cmocka_unit_test(test_columns_are_aligned),
        cmocka_unit_test(test_what_voids_stands_first),
        cmocka_unit_test(test_what_may_be_said_stands_before_what_may_not),
        cmocka_unit_test(test_what_was_let_pass_is_said),
        cmocka_unit_test(test_a_gate_of_one_metric_is_no_alarm),
        cmocka_unit_test(test_every_request_failed),
        cmocka_unit_test(test_failures_are_counted_by_kind),
        cmocka_unit_test(test_steps_have_a_table),
        cmocka_unit_test(test_the_control_is_noise_and_no_rival),
        cmocka_unit_test(test_both_views_are_there),
        cmocka_unit_test(test_renewed_connections_are_said),
        cmocka_unit_test(test_many_targets_and_long_names),
        cmocka_unit_test(test_a_text_is_wrapped_between_words),
        cmocka_unit_test(test_widths_are_those_of_a_terminal),
        cmocka_unit_test(test_nothing_written_steers_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
