/* test_compare.c: two made results whose difference is known: found, and told from mere noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "joust/compare.h"
#include "made_result.h"

struct pair {
    struct made   old_made, new_made;
    struct result old, new;
    struct buf    text, why;
    bool          regressed, fine;
};

/* Two campaigns of the same services. */
static struct pair pair_usual(void)
{
    struct pair p = { .old_made = made_usual(), .new_made = made_usual() };

    p.old_made.seed = made_seed(11);
    p.new_made.seed = p.old_made.seed + 1;
    p.old_made.drift = p.new_made.drift = 0;
    return p;
}

static void make(struct pair *p)
{
    p->old = made_result(&p->old_made);
    p->new = made_result(&p->new_made);
    p->text = buf_growing(1 << 20);
    p->why = buf_growing(4096);
}

static void compare(struct pair *p)
{
    p->fine = compare_results(&p->old, &p->new, 0.02, &p->text, &p->regressed, &p->why);
}

static void finish(struct pair *p)
{
    result_close(&p->old);
    result_close(&p->new);
    buf_close(&p->text);
    buf_close(&p->why);
}

static bool says(const struct pair *p, const char *part)
{
    return str_find(buf_str(&p->text), str_of(part)) < p->text.len;
}

static void assert_says(const struct pair *p, const char *part)
{
    if (!says(p, part))
        fail_msg("\"%s\" is not in:\n%.*s", part, STR_ARG(buf_str(&p->text)));
}

static void assert_silent(const struct pair *p, const char *part)
{
    if (says(p, part))
        fail_msg("\"%s\" is in:\n%.*s", part, STR_ARG(buf_str(&p->text)));
}

/* The line of a metric below a target's name. */
static struct str line_of(const struct pair *p, const char *target, const char *metric)
{
    struct str rest = buf_str(&p->text);
    bool       here = false;

    while (rest.at) {
        struct str line = str_cut(&rest, '\n');
        if (line.len && line.at[0] != ' ')
            here = str_starts(line, str_of(target));
        if (here && str_starts(str_trim(line), str_of(metric)))
            return line;
    }
    fail_msg("%s of %s is not in:\n%.*s", metric, target, STR_ARG(buf_str(&p->text)));
    return LIT("");
}

static void assert_line(const struct pair *p, const char *target, const char *metric, const char *part)
{
    struct str line = line_of(p, target, metric);

    if (str_find(line, str_of(part)) == line.len)
        fail_msg("\"%s\" is not in: %.*s", part, STR_ARG(line));
}

static void test_nothing_changed(void **state)
{
    (void)state;
    struct pair p = pair_usual();

    make(&p);
    p.new_made.seed = p.old_made.seed;
    result_close(&p.new);
    p.new = made_result(&p.new_made);
    compare(&p);
    assert_true(p.fine);
    assert_false(p.regressed);
    assert_line(&p, "postern", "throughput", "equivalent within 2 %");
    assert_line(&p, "postern", "throughput", "1.000 [0.99");
    assert_line(&p, "axum", "CPU a request", "equivalent within 2 %");
    assert_says(&p, "Note: the executable is the same in both, so has anything changed? postern, fastapi, axum\n");
    assert_silent(&p, "Warning");
    assert_silent(&p, "slower");
    finish(&p);
}

static void test_a_slowdown_is_found_and_named(void **state)
{
    (void)state;
    struct pair p = pair_usual();

    p.new_made.rate[0] /= 1.1;
    make(&p);
    compare(&p);
    assert_true(p.fine);
    assert_true(p.regressed);
    assert_line(&p, "postern", "throughput", "new is slower by ");
    assert_line(&p, "postern", "throughput", "0.9");
    assert_line(&p, "postern", "p50", "new is slower by ");
    assert_line(&p, "postern", "p99", "new is slower by ");
    assert_line(&p, "postern", "CPU a request", "equivalent within 2 %");
    assert_line(&p, "axum", "throughput", "equivalent within 2 %");
    finish(&p);
}

/* 10 % fewer: 9 to 11 % slower, as verdicts between targets count it. */
static void test_by_how_much_is_told_both_ways(void **state)
{
    (void)state;
    struct pair p = pair_usual();
    double      by = 0;

    p.new_made.scatter = p.old_made.scatter = 0.0005;
    p.new_made.rate[0] /= 1.1;
    make(&p);
    compare(&p);
    struct str line = line_of(&p, "postern", "throughput");
    const char *at = memmem(line.at, line.len, "slower by ", 10);
    assert_non_null(at);
    assert_int_equal(sscanf(at, "slower by %lf", &by), 1);
    assert_true(by > 9.7 && by < 10.3);
    assert_line(&p, "postern", "throughput", "0.9");
    finish(&p);
}

static void test_what_became_better_is_no_regression(void **state)
{
    (void)state;
    struct pair p = pair_usual();

    p.new_made.rate[1] *= 1.2;
    p.new_made.cpu_ns[1] *= 0.8;
    make(&p);
    compare(&p);
    assert_true(p.fine);
    assert_false(p.regressed);
    assert_line(&p, "fastapi", "throughput", "new is faster by ");
    assert_line(&p, "fastapi", "CPU a request", "new is cheaper by ");
    finish(&p);
}

static void test_dearer_is_a_regression(void **state)
{
    (void)state;
    struct pair p = pair_usual();

    p.new_made.cpu_ns[2] *= 1.05;
    make(&p);
    compare(&p);
    assert_true(p.regressed);
    assert_line(&p, "axum", "CPU a request", "new is dearer by ");
    finish(&p);
}

/* The old campaign measured one target twice and found the two 10 % apart (their windows were made
 * longer afterwards, which changes throughput alone, and Little's law with it). */
static void test_noise_of_the_control_is_no_difference(void **state)
{
    (void)state;
    struct pair p = pair_usual();

    p.old_made.control = true;
    p.new_made.rate[0] /= 1.04;
    make(&p);
    p.old.allowed[p.old.allowed_count++] = LIT("little");
    for (unsigned i = 0; i < p.old.views[0].rounds_count; i++) {
        struct round *round = &p.old.views[0].rounds[i];
        if (p.old.targets[round->target].control_of == 0)
            round->figures.window_ns = round->figures.window_ns * 11 / 10;
    }
    compare(&p);
    assert_true(p.fine);
    assert_line(&p, "postern", "p50", "new is slower by");
    assert_line(&p, "postern", "throughput", "undecided");
    finish(&p);
}

static void test_a_side_that_is_not_valid_says_so(void **state)
{
    (void)state;
    struct pair p = pair_usual();

    p.new_made.targets = p.old_made.targets = 1;
    p.new_made.rate[0] /= 1.5;
    p.new_made.failures[0][OUTCOME_STATUS] = 0.05;
    make(&p);
    compare(&p);
    assert_false(p.fine);
    assert_false(p.regressed);
    assert_says(&p, "The new result is not valid: ");
    assert_says(&p, "of postern's requests failed");
    assert_silent(&p, "The old result is not valid");
    assert_line(&p, "postern", "throughput", "no verdict: gate \"failures\"");
    finish(&p);
}

static void test_without_a_p99_the_rest_is_compared(void **state)
{
    (void)state;
    struct pair p = pair_usual();

    p.new_made.targets = p.old_made.targets = 1;
    p.new_made.window_ns = p.old_made.window_ns = 25000000;     /* 950 requests a round */
    p.new_made.rate[0] /= 2.5;
    make(&p);
    compare(&p);
    assert_true(p.fine);
    assert_true(p.regressed);
    assert_silent(&p, "is not valid");
    assert_says(&p, "The new result lacks a verdict: postern had ");
    assert_line(&p, "postern", "p99", "no verdict: gate \"tail\"");
    assert_line(&p, "postern", "throughput", "new is 2.");
    assert_line(&p, "postern", "throughput", " times as slow [2.");
    finish(&p);
}

static void test_figures_that_are_not_known(void **state)
{
    (void)state;
    struct pair p = pair_usual();

    p.new_made.cpu_ns[0] = -1;
    make(&p);
    compare(&p);
    assert_true(p.fine);
    assert_line(&p, "postern", "CPU a request", "unknown");
    assert_line(&p, "postern", "CPU a request", "no verdict: unknown");
    finish(&p);
}

static void test_what_differs_is_said(void **state)
{
    (void)state;
    struct pair p = pair_usual();

    p.new_made.connections = 50;
    p.new_made.open = p.old_made.open = true;
    p.new_made.open_rate = 4000;
    p.new_made.steps = 2;
    make(&p);
    p.new.threads = 3;
    p.new.requests_per_connection = 10;
    p.new.facts[0].value = LIT("Linux 7\x1b[2J");
    p.new.targets[0].body_bytes = 53;
    p.new.targets[2].name = LIT("axle\x1b");
    compare(&p);
    assert_true(p.fine);
    assert_says(&p, "Warning: connections differ: 100 then, 50 now.\n");
    assert_says(&p, "Warning: the generator's threads differ: 2 then, 3 now.\n");
    assert_says(&p, "Warning: requests per connection (0: no end) differ: 0 then, 10 now.\n");
    assert_says(&p, "Warning: another kernel: Linux 6.1.0-28-amd64 then, Linux 7\xef\xbf\xbd[2J now.\n");
    assert_says(&p, "Warning: the steps of the requests differ.\n");
    assert_says(&p, "Warning: the rates differ: 4,500 requests/s then, 4,000 now.\n");
    assert_says(&p, "Warning: postern answers differently: status 200 and 52 bytes then, 200 and 53 now.\n");
    assert_says(&p, "Note: axum is only in the old result.\n");
    assert_says(&p, "Note: axle\xef\xbf\xbd is only in the new result.\n");
    assert_says(&p, "\nClosed loop\n");
    assert_says(&p, "\nOpen loop\n");
    finish(&p);
}

static void test_nothing_in_common(void **state)
{
    (void)state;
    struct pair p = pair_usual();

    p.new_made.targets = p.old_made.targets = 1;
    make(&p);
    p.new.targets[0].name = LIT("other");
    p.regressed = true;
    compare(&p);
    assert_false(p.fine);
    assert_true(p.regressed);       /* not touched */
    assert_true(str_eq(buf_str(&p.why), LIT("the two results have no target in common")));
    finish(&p);

    p = pair_usual();
    p.new_made.closed = false;
    p.new_made.open = true;
    make(&p);
    compare(&p);
    assert_false(p.fine);
    assert_true(str_starts(buf_str(&p.why), LIT("one result is of a closed loop")));
    finish(&p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_changed),
        cmocka_unit_test(test_a_slowdown_is_found_and_named),
        cmocka_unit_test(test_by_how_much_is_told_both_ways),
        cmocka_unit_test(test_what_became_better_is_no_regression),
        cmocka_unit_test(test_dearer_is_a_regression),
        cmocka_unit_test(test_noise_of_the_control_is_no_difference),
        cmocka_unit_test(test_a_side_that_is_not_valid_says_so),
        cmocka_unit_test(test_without_a_p99_the_rest_is_compared),
        cmocka_unit_test(test_figures_that_are_not_known),
        cmocka_unit_test(test_what_differs_is_said),
        cmocka_unit_test(test_nothing_in_common),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
