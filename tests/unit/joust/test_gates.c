/* test_gates.c: each gate breaks beyond its limit and not before, voids its metrics and no others,
 * of its target and no other, and lets pass what is allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "joust/analysis.h"
#include "joust/gates.h"
#include "made_result.h"

enum { VICTIM = 1, BYSTANDERS = 2 };    /* postern and axum are the bystanders */

/* ---- How to break each ------------------------------------------------------------------ */

static struct step_figures *step_of(struct round *round)
{
    return &round->figures.steps[0];
}

static void spoil(struct round *round, double share)
{
    struct step_figures *step = step_of(round);
    uint64_t lost = (uint64_t)((double)step->outcomes[OUTCOME_CORRECT] * share);

    step->outcomes[OUTCOME_CORRECT] -= lost;
    step->outcomes[OUTCOME_STATUS] += lost;
}

static void disconnect(struct round *round, double connections)
{
    if (round->block != 3)
        return;
    round->figures.established -= (unsigned)connections;
    round->figures.connect_error = EADDRNOTAVAIL;
}

static void lose_time(struct round *round, double share)
{
    step_of(round)->completed = (uint64_t)((double)step_of(round)->completed * (1 - share));
}

static void send_late(struct round *round, double share)
{
    round->figures.late = (uint64_t)((double)round->figures.due * share);
}

static void leave_unsent(struct round *round, double share)
{
    uint64_t lost = (uint64_t)((double)round->figures.due * share);

    step_of(round)->outcomes[OUTCOME_UNSENT] += lost;
}

static void shorten(struct round *round, double requests)
{
    struct histogram *h = &step_of(round)->latency;
    double mean = histogram_mean_ns(h);

    if (round->block != 5)
        return;
    histogram_reset(h);
    for (unsigned i = 0; i < (unsigned)requests; i++)
        histogram_add(h, (int64_t)mean);
}

static void answer_differently(struct result *r, double differs)
{
    if (differs > 0)
        r->targets[VICTIM].differs = LIT("/user/id is 7 here and 8 there");
}

static void lower_ceiling(struct result *r, double share)
{
    r->ceiling = 38000 / share;
}

struct gate_case {
    const char    *name;
    enum view_kind kind;
    void         (*each)(struct round *round, double amount);
    void         (*whole)(struct result *r, double amount);
    double         fine, broken;
    bool           voids[METRICS];
    const char    *says;
};

static const struct gate_case cases[] = {
    { "failures", VIEW_CLOSED, spoil, NULL, 0.0009, 0.0012, { true, true, true, true },
      "% of fastapi's requests failed (limit 0.1 %)" },
    { "connections", VIEW_CLOSED, disconnect, NULL, 0, 1, { true, true, true, true },
      "fastapi had 99 connections of 100 at its worst visit: Cannot assign requested address" },
    { "answers", VIEW_CLOSED, NULL, answer_differently, 0, 1, { true, true, true, true },
      "fastapi does not answer as postern does: /user/id is 7 here and 8 there" },
    { "little", VIEW_CLOSED, lose_time, NULL, 0.03, 0.07, { true, true, true, false },
      "% off (limit 5 %): the rest was spent in the generator" },
    { "ceiling", VIEW_CLOSED, NULL, lower_ceiling, 0.68, 0.73, { true, true, true, false },
      "fastapi reached 73 % of what the generator can do (limit 70 %): differences look smaller than they are" },
    { "rate", VIEW_OPEN, send_late, NULL, 0.009, 0.012, { true, true, true, true },
      "of the requests due to fastapi were sent on time (limit 99 %)" },
    { "rate", VIEW_OPEN, leave_unsent, NULL, 0.009, 0.012, { true, true, true, true },
      "of the requests due to fastapi were sent on time (limit 99 %)" },
    { "tail", VIEW_CLOSED, shorten, NULL, 1000, 999, { [METRIC_P99] = true },
      "fastapi had 999 requests in its smallest round (limit 1000): its p99 rests on less than ten" },
};

static struct result broken_result(const struct gate_case *c, double amount)
{
    struct made m = made_usual();

    m.closed = c->kind == VIEW_CLOSED;
    m.open = c->kind == VIEW_OPEN;
    m.rate[0] = m.rate[2] = 12000;
    m.rate[VICTIM] = 38000;
    m.drift = 0;
    struct result r = made_result(&m);
    r.failures_max = c->each == leave_unsent ? 1 : r.failures_max;
    if (c->whole)
        c->whole(&r, amount);
    for (unsigned i = 0; c->each && i < r.views[0].rounds_count; i++)
        if (r.views[0].rounds[i].target == VICTIM)
            c->each(&r.views[0].rounds[i], amount);
    return r;
}

/* ---- Tests ------------------------------------------------------------------------------ */

static void assert_voids(const struct view_analysis *v, const struct gate_case *c, bool broken)
{
    for (unsigned i = 0; i < v->comparisons_count; i++) {
        const struct comparison *pair = &v->comparisons[i];
        bool concerned = pair->a == VICTIM || pair->b == VICTIM;
        bool withheld = broken && concerned && c->voids[pair->metric];
        if (withheld) {
            assert_non_null(pair->void_by);
            assert_string_equal(pair->void_by, c->name);
            assert_int_equal(pair->verdict.kind, VERDICT_UNKNOWN);
        } else {
            assert_null(pair->void_by);
        }
    }
}

static void assert_gates(const struct view_analysis *v, const struct gate_case *c, bool broken,
                         bool allowed)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < v->gates_count; i++) {
        const struct gate *g = &v->gates[i];
        bool this = strcmp(g->name, c->name) == 0;
        bool expected = broken && this && g->target == VICTIM;
        if (g->broken != expected)
            fail_msg("%s: %s of target %u: %.*s", c->name, g->name, g->target, STR_ARG(g->says));
        assert_int_equal(g->allowed, allowed && this);
        assert_true(g->says.len > 0);
        seen += this;
        if (expected && str_find(g->says, str_of(c->says)) == g->says.len)
            fail_msg("%s says \"%.*s\"", c->name, STR_ARG(g->says));
    }
    assert_int_equal(seen, BYSTANDERS + 1);
}

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int broken = 0; broken < 2; broken++) {
            struct result   r = broken_result(&cases[i], broken ? cases[i].broken : cases[i].fine);
            struct analysis a;
            assert_true(analysis_make(&r, &a));
            assert_gates(&a.views[0], &cases[i], broken, false);
            assert_voids(&a.views[0], &cases[i], broken);
            bool lame = broken && cases[i].voids[METRIC_THROUGHPUT];      /* without a p99 the rest is worth it */
            assert_int_equal(a.valid, !lame);
            analysis_close(&a);
            result_close(&r);
        }
}

static void test_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct result   r = broken_result(&cases[i], cases[i].broken);
        struct analysis a;
        r.allowed[r.allowed_count++] = str_of(cases[i].name);
        assert_true(analysis_make(&r, &a));
        assert_gates(&a.views[0], &cases[i], true, true);
        assert_voids(&a.views[0], &cases[i], false);
        assert_true(a.valid);
        analysis_close(&a);
        result_close(&r);
    }
}

/* Another gate's name lets nothing pass. */
static void test_allowed_is_exact(void **state)
{
    struct result   r = broken_result(&cases[0], cases[0].broken);
    struct analysis a;

    (void)state;
    r.allowed[r.allowed_count++] = LIT("tail");
    r.allowed[r.allowed_count++] = LIT("failure");
    assert_true(analysis_make(&r, &a));
    assert_false(a.valid);
    assert_voids(&a.views[0], &cases[0], true);
    analysis_close(&a);
    result_close(&r);
}

static const struct gate *find(const struct view_analysis *v, const char *name, unsigned target)
{
    for (unsigned i = 0; i < v->gates_count; i++)
        if (strcmp(v->gates[i].name, name) == 0 && v->gates[i].target == target)
            return &v->gates[i];
    return NULL;
}

/* Which gates there are depends on the loop, and on what is known. */
static void test_where_they_apply(void **state)
{
    struct made m = made_usual();

    (void)state;
    m.open = true;
    m.ceiling = 0;
    struct result   r = made_result(&m);
    struct analysis a;
    assert_true(analysis_make(&r, &a));
    assert_non_null(find(&a.views[0], "little", 0));
    assert_null(find(&a.views[0], "rate", 0));
    assert_null(find(&a.views[1], "little", 0));
    assert_non_null(find(&a.views[1], "rate", 0));
    assert_true(find(&a.views[0], "ceiling", 0)->broken);     /* what is not known passes nothing */
    assert_false(a.valid);
    analysis_close(&a);
    result_close(&r);
}

/* Connections that wait for an answer that never comes are not idle: Little's law must not blame
 * the generator for them. */
static void test_timeouts_hold_connections(void **state)
{
    struct made m = made_usual();

    (void)state;
    m.failures[VICTIM][OUTCOME_TIMEOUT] = 0.01;
    struct result   r = made_result(&m);
    struct analysis a;
    assert_true(analysis_make(&r, &a));
    assert_true(find(&a.views[0], "failures", VICTIM)->broken);
    struct str says = find(&a.views[0], "failures", VICTIM)->says;
    assert_true(str_find(says, LIT(" timeout")) < says.len);
    assert_false(find(&a.views[0], "little", VICTIM)->broken);
    analysis_close(&a);
    result_close(&r);
}

/* What measured nothing passes nothing. */
static void test_nothing_measured(void **state)
{
    struct made m = made_usual();

    (void)state;
    m.open = true;
    struct result   r = made_result(&m);
    struct analysis a;
    for (unsigned v = 0; v < 2; v++)
        for (unsigned i = 0; i < r.views[v].rounds_count; i++)
            if (r.views[v].rounds[i].target == VICTIM)
                r.views[v].rounds[i].target = TARGETS_MAX;
    assert_true(analysis_make(&r, &a));
    assert_true(find(&a.views[0], "failures", VICTIM)->broken);
    assert_true(find(&a.views[0], "little", VICTIM)->broken);
    assert_true(find(&a.views[1], "rate", VICTIM)->broken);
    assert_true(find(&a.views[0], "tail", VICTIM)->broken);
    assert_false(find(&a.views[0], "failures", 0)->broken);
    assert_false(a.valid);
    analysis_close(&a);
    result_close(&r);
}

/* A result is sound when each of its views is. */
static void test_each_view_counts(void **state)
{
    (void)state;
    for (int v = 0; v < 2; v++) {
        struct made m = made_usual();
        m.open = true;
        struct result   r = made_result(&m);
        struct analysis a;
        r.views[v].rounds[4].figures.established--;
        assert_true(analysis_make(&r, &a));
        assert_false(a.valid);
        assert_null(a.views[!v].comparisons[0].void_by);
        analysis_close(&a);
        result_close(&r);
    }
}

/* Without a view nothing was measured. */
static void test_no_view(void **state)
{
    struct result   r = result_new();
    struct analysis a;

    (void)state;
    assert_true(analysis_make(&r, &a));
    assert_false(a.valid);
    analysis_close(&a);
    result_close(&r);
}

static void test_names(void **state)
{
    static const char *const names[] = { "failures", "connections", "answers", "little",
                                         "ceiling", "rate", "tail" };

    (void)state;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(gate_name(i), names[i]);
    assert_null(gate_name(7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_allowed_is_exact),
        cmocka_unit_test(test_where_they_apply),
        cmocka_unit_test(test_timeouts_hold_connections),
        cmocka_unit_test(test_nothing_measured),
        cmocka_unit_test(test_each_view_counts),
        cmocka_unit_test(test_no_view),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
