/* test_analysis.c: figures are what the rounds hold, failures never make one look better, and the
 * same result gives the same analysis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trial.h"

/* ---- Figures ---------------------------------------------------------------------------- */

static void test_figures(void **state)
{
    struct made m = made_usual();

    (void)state;
    m.drift = m.scatter = 0;
    struct trial *t = made_trial(&m);
    for (unsigned i = 0; i < 3; i++) {
        const struct target_figures *f = &t->v->targets[i];
        double mean = 100 * 1e9 / m.rate[i];
        assert_near(f->metrics[METRIC_THROUGHPUT].value, m.rate[i], 0.001);
        assert_near(f->metrics[METRIC_CPU].value, m.cpu_ns[i], 0.001);
        assert_near(f->mean.value, mean, 0.02);
        assert_near(f->metrics[METRIC_P50].value, mean * exp(-0.08), 0.02);
        assert_near(f->metrics[METRIC_P99].value, mean * exp(-0.08 + 0.4 * 2.3263), 0.05);
        assert_near(f->quantiles[0].value, mean * exp(-0.08 + 0.4 * 3.0902), 0.12);
        assert_true(f->metrics[METRIC_P99].low < f->metrics[METRIC_P99].value);
        assert_true(f->metrics[METRIC_P99].high > f->metrics[METRIC_P99].value);
        assert_false(f->metrics[METRIC_P99].at_least || f->mean.at_least);
        assert_near((double)f->attempts, m.rate[i] * 2.5, 0.001);
        assert_int_equal(f->failures, 0);
        assert_int_equal(f->latency.count, f->attempts);
        assert_int_equal(f->memory_bytes >> 20, 20 + 30 * i);
        assert_near(f->generator_busy, m.rate[i] * 5e-6 / 2, 0.01);
    }
    assert_true(t->a.valid);
    trial_close(t);
}

/* A step that is not measured gives no throughput and no latency; its failures count. */
static void test_unmeasured_step(void **state)
{
    struct made m = made_usual();

    (void)state;
    m.steps = 2;
    m.drift = m.scatter = 0;
    m.failures[1][OUTCOME_BODY] = 0.1;
    struct result r = made_result(&m);
    r.step_measured[0] = false;
    struct trial *t = analysed(r);
    const struct target_figures *f = &t->v->targets[0];
    double call = 2.0 / 3 * 100 * 1e9 / m.rate[0];
    assert_near(f->metrics[METRIC_THROUGHPUT].value, m.rate[0] / 2, 0.001);
    assert_near(f->mean.value, call, 0.02);
    assert_int_equal(f->latency.count, f->steps[1].latency.count);
    assert_near(histogram_mean_ns(&f->steps[0].latency), 2 * call, 0.02);
    f = &t->v->targets[1];
    assert_int_equal(f->failures, f->outcomes[OUTCOME_BODY]);
    assert_int_equal(f->failures, f->steps[0].outcomes[OUTCOME_BODY] + f->steps[1].outcomes[OUTCOME_BODY]);
    assert_true(f->steps[0].outcomes[OUTCOME_BODY] > 0);
    assert_near((double)f->attempts, m.rate[1] * 2.5, 0.001);
    trial_close(t);
}

static void test_two_steps(void **state)
{
    struct made m = made_usual();

    (void)state;
    m.steps = 2;
    m.drift = m.scatter = 0;
    struct trial *t = made_trial(&m);
    const struct target_figures *f = &t->v->targets[0];
    assert_near(f->metrics[METRIC_THROUGHPUT].value, m.rate[0], 0.001);
    assert_int_equal(f->latency.count, f->steps[0].latency.count + f->steps[1].latency.count);
    assert_near(f->metrics[METRIC_P50].value, histogram_quantile(&f->latency, 0.5).ns, 0.01);
    assert_true(t->a.valid);
    trial_close(t);
}

/* ---- Failures --------------------------------------------------------------------------- */

/* Every hundredth correct answer becomes a failure; `slowest`: from the far end of the tail. */
static void spoil(struct round *round, enum outcome o, int64_t waited_ns, bool slowest)
{
    struct step_figures *step = &round->figures.steps[0];
    struct histogram    *h = &step->latency, old = *h;
    uint64_t lost = step->outcomes[OUTCOME_CORRECT] / 100, left = lost;

    assert_true(histogram_open(h));
    for (size_t i = 0; i < HISTOGRAM_SLOTS; i++) {
        size_t   slot = slowest ? HISTOGRAM_SLOTS - 1 - i : i;
        uint64_t count = old.counts[slot], taken = count < left ? count : left;
        left -= taken;
        for (uint64_t n = taken; n < count; n++)
            histogram_add(h, (int64_t)histogram_slot_ns(slot));
    }
    for (uint64_t n = 0; n < old.unanswered + lost; n++)
        histogram_add_unanswered(h, waited_ns);
    histogram_close(&old);
    step->outcomes[OUTCOME_CORRECT] -= lost;
    step->outcomes[o] += lost;
    step->completed -= lost;
}

static void spoil_target(struct result *r, enum outcome o, int64_t waited_ns, bool slowest)
{
    for (unsigned i = 0; i < r->views[0].rounds_count; i++)
        if (r->views[0].rounds[i].target == 0)
            spoil(&r->views[0].rounds[i], o, waited_ns, slowest);
}

static void assert_not_better(const struct estimate *spoilt, const struct estimate *sound,
                              bool more_is_better)
{
    assert_true(sound->known);
    if (!spoilt->known)
        return;
    if (more_is_better)
        assert_true(spoilt->value < sound->value);
    else
        assert_true(spoilt->value >= sound->value * 0.9999);    /* slots answer with their middle */
}

/* One request in a hundred is not answered any more: nothing may look better for it. */
static void test_failures_never_help(void **state)
{
    (void)state;
    for (int slowest = 0; slowest < 2; slowest++) {
        struct made m = equals();
        struct trial *sound = made_trial(&m);
        struct result r = made_result(&m);
        spoil_target(&r, OUTCOME_TIMEOUT, 250000000, slowest);
        struct trial *t = analysed(r);
        const struct target_figures *f = &t->v->targets[0], *s = &sound->v->targets[0];
        for (int i = 0; i < METRICS; i++) {
            assert_not_better(&f->metrics[i], &s->metrics[i], metric_infos[i].more_is_better);
            assert_non_null(pair(t, 0, 1, (enum metric)i)->void_by);
            assert_string_equal(pair(t, 0, 1, (enum metric)i)->void_by, "failures");
        }
        assert_not_better(&f->mean, &s->mean, false);
        assert_not_better(&f->quantiles[0], &s->quantiles[0], false);
        assert_true(f->mean.at_least);
        assert_true(f->quantiles[0].at_least);
        assert_int_equal(f->failures, f->outcomes[OUTCOME_TIMEOUT]);
        assert_int_equal(f->attempts, s->attempts);
        assert_false(t->a.valid);
        assert_says(&t->r, pair(t, 0, 1, METRIC_P50),
                    "no verdict: postern or fastapi does not pass the gate \"failures\"");
        trial_close(t);
        trial_close(sound);
    }
}

/* Two in a hundred: p99 itself was never seen. */
static void test_p99_at_least(void **state)
{
    struct made m = equals();

    (void)state;
    struct result r = made_result(&m);
    spoil_target(&r, OUTCOME_RESET, 250000000, true);
    spoil_target(&r, OUTCOME_SHORT, 250000000, true);
    r.allowed[r.allowed_count++] = LIT("failures");
    r.allowed[r.allowed_count++] = LIT("little");
    struct trial *t = analysed(r);
    assert_true(t->v->targets[0].metrics[METRIC_P99].at_least);
    assert_near(t->v->targets[0].metrics[METRIC_P99].value, 250000000, 0.001);
    assert_false(t->v->targets[0].metrics[METRIC_P50].at_least);
    const struct comparison *c = pair(t, 0, 1, METRIC_P99);
    assert_null(c->void_by);
    assert_int_equal(c->verdict.kind, VERDICT_UNKNOWN);
    assert_says(&t->r, c, "their p99 falls among what was never answered");
    trial_close(t);
}

/* A target that answers nothing correctly has no cost a request, and is no match for another. */
static void test_all_failed(void **state)
{
    struct made m = equals();

    (void)state;
    m.failures[1][OUTCOME_TIMEOUT] = 1;
    struct result r = made_result(&m);
    for (unsigned i = 0; i < r.views[0].rounds_count; i++)
        r.views[0].rounds[i].server_cpu_ns += 5000;
    struct trial *t = analysed(r);
    const struct target_figures *f = &t->v->targets[1];
    assert_float_equal(f->metrics[METRIC_THROUGHPUT].value, 0, 0);
    assert_false(f->metrics[METRIC_CPU].known);
    assert_true(f->metrics[METRIC_P50].at_least);
    assert_true(f->mean.at_least);
    for (int i = 0; i < METRICS; i++) {
        assert_int_equal(pair(t, 0, 1, (enum metric)i)->verdict.kind, VERDICT_UNKNOWN);
        assert_false(pair(t, 0, 1, (enum metric)i)->ratio.known);
    }
    trial_close(t);
}

/* One round with one request that was never answered makes a lower bound of the whole mean, and
 * nothing of the median. */
static void test_one_unanswered(void **state)
{
    struct made m = equals();

    (void)state;
    struct result r = made_result(&m);
    unsigned first = r.views[0].rounds[0].target;
    histogram_add_unanswered(&r.views[0].rounds[0].figures.steps[0].latency, 250000000);
    struct trial *t = analysed(r);
    assert_true(t->v->targets[first].mean.at_least);
    assert_false(t->v->targets[!first].mean.at_least);
    assert_false(t->v->targets[first].metrics[METRIC_P50].at_least);
    assert_false(t->v->targets[first].metrics[METRIC_P99].at_least);
    assert_int_equal(t->v->targets[first].latency.unanswered, 1);
    assert_true(t->a.valid);
    trial_close(t);
}

/* ---- Purity ----------------------------------------------------------------------------- */

static void assert_same_estimate(const struct estimate *a, const struct estimate *b)
{
    assert_int_equal(a->known, b->known);
    assert_true(a->value == b->value && a->low == b->low && a->high == b->high);
}

static void assert_same(const struct view_analysis *a, const struct view_analysis *b)
{
    assert_int_equal(a->comparisons_count, b->comparisons_count);
    for (unsigned i = 0; i < a->comparisons_count; i++) {
        const struct comparison *x = &a->comparisons[i], *y = &b->comparisons[i];
        assert_true(x->ratio.estimate == y->ratio.estimate && x->ratio.low == y->ratio.low);
        assert_true(x->ratio.high == y->ratio.high && x->adjusted_p == y->adjusted_p);
        assert_int_equal(x->verdict.kind, y->verdict.kind);
        assert_int_equal(x->verdict.more_rounds, y->verdict.more_rounds);
    }
    for (unsigned t = 0; t < TARGETS_MAX; t++) {
        for (int m = 0; m < METRICS; m++)
            assert_same_estimate(&a->targets[t].metrics[m], &b->targets[t].metrics[m]);
        assert_same_estimate(&a->targets[t].quantiles[0], &b->targets[t].quantiles[0]);
    }
    assert_int_equal(a->gates_count, b->gates_count);
    for (unsigned i = 0; i < a->gates_count; i++)
        assert_true(str_eq(a->gates[i].says, b->gates[i].says));
}

/* The same result, the same analysis; and rounds in another order are the same rounds. */
static void test_pure(void **state)
{
    struct made m = made_usual();

    (void)state;
    m.control = m.open = true;
    m.blocks = 6;
    struct result r = made_result(&m);
    struct trial *one = analysed(r), *two = made_trial(&m);
    for (unsigned v = 0; v < 2; v++) {
        struct view *view = &two->r.views[v];
        assert_same(&one->a.views[v], &two->a.views[v]);
        for (unsigned i = 0; i < view->rounds_count / 2; i++) {
            struct round swapped = view->rounds[i];
            view->rounds[i] = view->rounds[view->rounds_count - 1 - i];
            view->rounds[view->rounds_count - 1 - i] = swapped;
        }
    }
    analysis_close(&two->a);
    assert_true(analysis_make(&two->r, &two->a));
    for (unsigned v = 0; v < 2; v++)
        assert_same(&one->a.views[v], &two->a.views[v]);
    trial_close(one);
    trial_close(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_unmeasured_step),
        cmocka_unit_test(test_two_steps),
        cmocka_unit_test(test_failures_never_help),
        cmocka_unit_test(test_p99_at_least),
        cmocka_unit_test(test_all_failed),
        cmocka_unit_test(test_one_unanswered),
        cmocka_unit_test(test_pure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
