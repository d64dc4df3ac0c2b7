/* test_threshold.c: what --fail-if understands, what it says of the rest, and when it is crossed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "joust/threshold.h"
#include "made_result.h"

struct judged {
    bool       crossed;
    struct buf says;
};

static struct threshold parsed(const char *text)
{
    struct buf       why = buf_growing(1024);
    struct threshold t = { 0 };

    if (!threshold_parse(str_of(text), &t, &why))
        fail_msg("%s: %.*s", text, STR_ARG(buf_str(&why)));
    buf_close(&why);
    return t;
}

static void assert_refused(const char *text, const char *says)
{
    struct buf       why = buf_growing(1024);
    struct threshold t;

    if (threshold_parse(str_of(text), &t, &why))
        fail_msg("%s is understood", text);
    if (str_find(buf_str(&why), str_of(says)) == why.len)
        fail_msg("%s: \"%.*s\" does not say \"%s\"", text, STR_ARG(buf_str(&why)), says);
    buf_close(&why);
}

static void assert_says(struct str says, const char *part)
{
    if (str_find(says, str_of(part)) == says.len)
        fail_msg("\"%.*s\" does not say \"%s\"", STR_ARG(says), part);
}

/* `part`: what the sentence says, or NULL for not crossed. */
static void assert_judged(const struct made *m, const char *text, const char *part)
{
    struct result    r = made_result(m);
    struct analysis *a = calloc(1, sizeof *a);
    struct threshold t = parsed(text);
    struct buf       says = buf_growing(1 << 16);

    assert_non_null(a);
    assert_true(analysis_make(&r, a));
    bool crossed = threshold_crossed(&t, &r, a, &says);
    if (crossed != (part != NULL))
        fail_msg("%s: crossed is %d: %.*s", text, crossed, STR_ARG(buf_str(&says)));
    if (part)
        assert_says(buf_str(&says), part);
    else
        assert_int_equal(says.len, 0);
    buf_close(&says);
    analysis_close(a);
    free(a);
    result_close(&r);
}

static void test_values_are_in_base_units(void **state)
{
    (void)state;
    static const struct { const char *text; double value; bool above; } cases[] = {
        { "p99>20ms", 20e6, true },      { "p50>1.5us", 1500, true }, { "p50>1.5µs", 1500, true },
        { "mean<2s", 2e9, false },       { "cpu>800ns", 800, true },  { "throughput<1000", 1000, false },
        { "failures>0.1%", 0.001, true }, { "memory>64MiB", 64 * 0x1p20, true },
        { "memory>1GiB", 0x1p30, true }, { "memory>3KiB", 3072, true }, { "p99.9 > 50 ms", 50e6, true },
        { "slower>5%", 0.05, true },     { "dearer>12.5%", 0.125, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct threshold t = parsed(cases[i].text);
        assert_true(fabs(t.value - cases[i].value) <= 1e-9 * cases[i].value);
        assert_int_equal(t.above, cases[i].above);
        assert_null(t.name.at);
        assert_true(str_eq(t.text, str_of(cases[i].text)));
    }
}

static void test_names_stand_before_the_last_colon(void **state)
{
    (void)state;
    struct threshold t = parsed("axum:p99>20ms");
    assert_true(str_eq(t.name, LIT("axum")));
    assert_true(str_eq(t.metric, LIT("p99")));
    t = parsed("127.0.0.1:8000:throughput<1000");
    assert_true(str_eq(t.name, LIT("127.0.0.1:8000")));
    t = parsed("a>b:slower>5%");
    assert_true(str_eq(t.name, LIT("a>b")));
    assert_int_equal(t.kind, THRESHOLD_REGRESSION);
}

static void test_refusals_say_what_is_missing(void **state)
{
    (void)state;
    assert_refused("p99>20", "'p99>20': a unit is missing (ns, us, ms, s)");
    assert_refused("memory>20", "a unit is missing (KiB, MiB, GiB)");
    assert_refused("failures>1", "a unit is missing (%)");
    assert_refused("p99>20MiB", "'MiB' is no unit of p99 (ns, us, ms, s)");
    assert_refused("memory>1ms", "'ms' is no unit of memory (KiB, MiB, GiB)");
    assert_refused("throughput<10ms", "'ms' is no unit of throughput, which takes none");
    assert_refused("p99", "a > or < is missing");
    assert_refused("", "a > or < is missing");
    assert_refused("latency>20ms", "there is no such metric (throughput, mean, p99, cpu");
    assert_refused("p100>20ms", "there is no such metric");
    assert_refused("p0>20ms", "there is no such metric");
    assert_refused("p>20ms", "there is no such metric");
    assert_refused("p99>=20ms", "a number must follow");
    assert_refused("p99>", "a number must follow");
    assert_refused("p99>-1ms", "a number must follow");
    assert_refused("p99>1e3ms", "'e3ms' is no unit");
    assert_refused("slower<5%", "slower and dearer take >");
    assert_refused(":p99>20ms", "a target's name is missing");
}

static void test_figures_are_judged_target_by_target(void **state)
{
    (void)state;
    struct made m = made_usual();

    assert_judged(&m, "throughput<1000", NULL);
    assert_judged(&m, "throughput<20000", "throughput<20000 is crossed: fastapi's throughput is");
    assert_judged(&m, "postern:throughput<20000", NULL);
    assert_judged(&m, "throughput>1000000", NULL);
    assert_judged(&m, "p99>10s", NULL);
    assert_judged(&m, "p99>1us", "axum's p99 is");
    assert_judged(&m, "p99.9>10s", NULL);
    assert_judged(&m, "p75>1us", "postern's p75 is");
    assert_judged(&m, "mean>5ms", "fastapi's mean is 11.");
    assert_judged(&m, "cpu>100us", "fastapi's cpu is");
    assert_judged(&m, "postern:cpu>100us", NULL);
    assert_judged(&m, "memory>1MiB", "postern's memory is");
    assert_judged(&m, "memory>1GiB", NULL);
    assert_judged(&m, "failures>0%", NULL);
    assert_judged(&m, "nobody:p99>10s", "no target has that name");
}

static void test_failures_are_a_share(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.failures[2][OUTCOME_STATUS] = 0.05;
    assert_judged(&m, "failures>1%", "axum's failures are ");
    assert_judged(&m, "failures>10%", NULL);
    assert_judged(&m, "postern:failures>1%", NULL);
}

static void test_what_is_not_known_is_crossed(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.cpu_ns[0] = -1;
    assert_judged(&m, "cpu>1s", "postern's cpu is not known");
    assert_judged(&m, "memory>1GiB", "postern's memory is not known");
    assert_judged(&m, "fastapi:cpu>1s", NULL);
    assert_judged(&m, "dearer>50%", "cannot be compared");
    m.closed = false;
    assert_judged(&m, "p99>10s", "nothing was measured");
}

/* 2 % never answered: p99 is among them, and only known to be above the time-out. */
static void test_lower_bounds_are_crossed_from_below_only(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.failures[0][OUTCOME_TIMEOUT] = 0.02;
    assert_judged(&m, "postern:p99>10ms", "postern's p99 is at least 250 ms");
    assert_judged(&m, "postern:p99>10s", "postern's p99 is at least 250 ms");
    assert_judged(&m, "postern:p99<10ms", NULL);
    assert_judged(&m, "postern:p50>10s", NULL);
}

static void test_regressions_are_verdicts(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.targets = 2;
    m.rate[0] = 20000;
    m.rate[1] = 22000;          /* 10 % more */
    assert_judged(&m, "slower>5%", "postern is slower than fastapi by");
    assert_judged(&m, "slower>5%", "(throughput)");
    assert_judged(&m, "slower>20%", NULL);
    assert_judged(&m, "fastapi:slower>5%", NULL);
    assert_judged(&m, "fastapi:dearer>5%", " times as dear as postern [");
    assert_judged(&m, "dearer>5%", NULL);
}

static void test_void_comparisons_are_crossed(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.ceiling = 40000;
    assert_judged(&m, "slower>5%", "the gate \"ceiling\" is broken");
    assert_judged(&m, "dearer>5%", NULL);
    m = made_usual();
    m.targets = 1;
    assert_judged(&m, "slower>5%", "postern has nothing to be compared with");
}

static void test_the_control_is_not_judged_unless_named(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.control = true;
    m.targets = 2;
    assert_judged(&m, "fastapi:throughput<1", NULL);
    assert_judged(&m, "throughput<38000000", "fastapi's throughput");
    assert_judged(&m, "postern-again:throughput<38000000", "postern-again's throughput");
    assert_judged(&m, "slower>5%", NULL);
}

static void test_each_view_is_judged(void **state)
{
    (void)state;
    struct made m = made_usual();

    m.open = true;
    assert_judged(&m, "postern:throughput<20000", "is crossed in the open loop: postern's throughput is 4,");
}

static void test_sentences_do_not_steer_the_terminal(void **state)
{
    struct made      m = made_usual();
    struct result    r = made_result(&m);
    struct analysis *a = calloc(1, sizeof *a);
    struct threshold t = parsed("throughput<20000");
    struct buf       says = buf_growing(1 << 16);

    (void)state;
    r.targets[1].name = LIT("fast\x1b[2J\xc2\x9b\n");
    assert_true(analysis_make(&r, a));
    assert_true(threshold_crossed(&t, &r, a, &says));
    assert_says(buf_str(&says), "fast\xef\xbf\xbd[2J\xef\xbf\xbd 's throughput is");
    assert_true(str_find(buf_str(&says), LIT("\n")) == says.len - 1);
    buf_close(&says);
    analysis_close(a);
    free(a);
    result_close(&r);
}

/* `part`: what the refusal says, or NULL for fine. */
static void assert_checked(const struct options *o, const char *text, const char *part)
{
    struct threshold t = parsed(text);
    struct buf       why = buf_growing(1024);

    assert_int_equal(threshold_check(&t, o, &why), part == NULL);
    if (part)
        assert_says(buf_str(&why), part);
    else
        assert_int_equal(why.len, 0);
    buf_close(&why);
}

static void test_what_cannot_be_judged_is_refused_before(void **state)
{
    (void)state;
    static struct options o = { .targets_count = 1, .targets[0].name = { "axum", 4 } };

    assert_checked(&o, "p99>20ms", NULL);
    assert_checked(&o, "axum:p99>20ms", NULL);
    assert_checked(&o, "axmu:p99>20ms", "'axmu:p99>20ms': no target is called 'axmu' (there are: axum)");
    assert_checked(&o, "slower>5%", "there is only one");
    assert_checked(&o, "axum:dearer>5%", "there is only one");
    o.targets[o.targets_count++].name = LIT("axum-again");
    o.control = true;
    assert_checked(&o, "slower>5%", "there is only one");
    assert_checked(&o, "axum-again:slower>5%", NULL);
    o.control = false;
    assert_checked(&o, "slower>5%", NULL);
    assert_checked(&o, "axum-again:slower>5%", NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_in_base_units),
        cmocka_unit_test(test_names_stand_before_the_last_colon),
        cmocka_unit_test(test_refusals_say_what_is_missing),
        cmocka_unit_test(test_figures_are_judged_target_by_target),
        cmocka_unit_test(test_failures_are_a_share),
        cmocka_unit_test(test_what_is_not_known_is_crossed),
        cmocka_unit_test(test_lower_bounds_are_crossed_from_below_only),
        cmocka_unit_test(test_regressions_are_verdicts),
        cmocka_unit_test(test_void_comparisons_are_crossed),
        cmocka_unit_test(test_the_control_is_not_judged_unless_named),
        cmocka_unit_test(test_each_view_is_judged),
        cmocka_unit_test(test_sentences_do_not_steer_the_terminal),
        cmocka_unit_test(test_what_cannot_be_judged_is_refused_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
