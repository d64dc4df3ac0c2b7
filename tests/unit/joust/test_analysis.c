/* test_analysis.c: planted differences are found and said in the right words, equal ones are not,
 * noise and failures never make anything look better. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "joust/analysis.h"
#include "made_result.h"

struct trial {
    struct result   r;
    struct analysis a;
    const struct view_analysis *v;      /* the first view */
};

static struct trial *analysed(struct result r)
{
    struct trial *t = malloc(sizeof *t);

    assert_non_null(t);
    t->r = r;
    assert_true(analysis_make(&t->r, &t->a));
    t->v = &t->a.views[0];
    return t;
}

static struct trial *made_trial(const struct made *m)
{
    return analysed(made_result(m));
}

static void trial_close(struct trial *t)
{
    analysis_close(&t->a);
    result_close(&t->r);
    free(t);
}

static const struct comparison *pair(const struct trial *t, unsigned a, unsigned b, enum metric m)
{
    const struct comparison *c = analysis_find(t->v, a, b, m);

    assert_non_null(c);
    assert_int_equal(c->metric, m);
    return c;
}

static void assert_says(const struct result *r, const struct comparison *c, const char *what)
{
    char       memory[512];
    struct buf out = buf_fixed(memory, sizeof memory);

    comparison_say(r, c, &out);
    if (str_find(buf_str(&out), str_of(what)) == out.len || out.failed)
        fail_msg("\"%.*s\" has no \"%s\"", STR_ARG(buf_str(&out)), what);
}

static void assert_near(double value, double expected, double relative)
{
    if (!(value > expected * (1 - relative) && value < expected * (1 + relative)))
        fail_msg("%g is not about %g", value, expected);
}

/* Two targets alike in everything, to plant something in. */
static struct made equals(void)
{
    struct made m = made_usual();

    m.seed = made_seed(7);
    m.targets = 2;
    m.rate[0] = m.rate[1] = 20000;
    m.cpu_ns[0] = m.cpu_ns[1] = 20000;
    m.scatter = 0.003;
    return m;
}

static void shift_round(struct round *round, double factor)
{
    struct step_figures *step = &round->figures.steps[0];

    step->completed = (uint64_t)((double)step->completed * factor);
}

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

/* ---- Verdicts --------------------------------------------------------------------------- */

/* a's figure is 10 % better, then 10 % worse: signs turn, and so does who is named first. */
static void test_planted(void **state)
{
    (void)state;
    for (unsigned better = 0; better < 2; better++) {
        struct made m = equals();
        m.rate[better] *= 1.1;
        m.cpu_ns[better] /= 1.1;
        struct trial *t = made_trial(&m);
        for (int i = 0; i < METRICS; i++) {
            const struct comparison *c = pair(t, 0, 1, (enum metric)i);
            bool higher = (better == 0) == metric_infos[i].more_is_better;
            assert_near(c->ratio.estimate, higher ? 1.1 : 1 / 1.1, i == METRIC_P99 ? 0.05 : 0.02);
            assert_int_equal(c->verdict.kind, higher ? VERDICT_HIGHER : VERDICT_LOWER);
            assert_null(c->void_by);
            assert_says(&t->r, c, better ? "fastapi is " : "postern is ");
            assert_says(&t->r, c, i == METRIC_CPU ? " cheaper than " : " faster than ");
            assert_ptr_equal(c, analysis_find(t->v, 1, 0, (enum metric)i));
        }
        assert_true(t->a.valid);
        trial_close(t);
    }
}

/* One metric alone differs; the others are not drawn along. */
static void test_planted_alone(void **state)
{
    struct made m = equals();

    (void)state;
    m.cpu_ns[1] *= 1.2;
    m.spread = 0.2;
    m.tail[0] = 3;
    struct trial *t = made_trial(&m);
    assert_int_equal(pair(t, 0, 1, METRIC_CPU)->verdict.kind, VERDICT_LOWER);
    assert_int_equal(pair(t, 0, 1, METRIC_P99)->verdict.kind, VERDICT_HIGHER);
    assert_true(pair(t, 0, 1, METRIC_P99)->ratio.estimate > 1.3);
    assert_says(&t->r, pair(t, 0, 1, METRIC_P99), "fastapi is faster than postern by ");
    assert_says(&t->r, pair(t, 0, 1, METRIC_CPU), "postern is cheaper than fastapi by ");
    assert_int_equal(pair(t, 0, 1, METRIC_THROUGHPUT)->verdict.kind, VERDICT_EQUIVALENT);
    trial_close(t);
}

static void test_equals(void **state)
{
    struct made m = equals();

    (void)state;
    struct trial *t = made_trial(&m);
    for (int i = 0; i < METRICS; i++) {
        const struct comparison *c = pair(t, 0, 1, (enum metric)i);
        assert_near(c->ratio.estimate, 1, i == METRIC_P99 ? 0.05 : 0.01);
        if (i == METRIC_P99)        /* rests on few requests: whatever a seed makes of it */
            continue;
        assert_int_equal(c->verdict.kind, VERDICT_EQUIVALENT);
        assert_says(&t->r, c, "equivalent within 2 %: ");
    }
    trial_close(t);
}

/* Rounds that scatter widely say nothing yet. */
static void test_undecided(void **state)
{
    struct made m = equals();

    (void)state;
    m.scatter = 0;
    struct result r = made_result(&m);
    for (unsigned i = 0; i < r.views[0].rounds_count; i++)
        if (r.views[0].rounds[i].target == 0)
            shift_round(&r.views[0].rounds[i], r.views[0].rounds[i].block % 2 ? 1.08 : 0.97);
    struct trial *t = analysed(r);
    const struct comparison *c = pair(t, 0, 1, METRIC_THROUGHPUT);
    assert_int_equal(c->verdict.kind, VERDICT_UNDECIDED);
    assert_true(c->verdict.more_rounds > 0);
    assert_says(&t->r, c, "undecided: postern faster than fastapi by 2.");
    assert_says(&t->r, c, "], about ");
    trial_close(t);
}

static void test_unknown_cost(void **state)
{
    struct made m = equals();

    (void)state;
    m.cpu_ns[1] = -1;
    struct trial *t = made_trial(&m);
    const struct comparison *c = pair(t, 0, 1, METRIC_CPU);
    assert_int_equal(c->verdict.kind, VERDICT_UNKNOWN);
    assert_null(c->void_by);
    assert_says(&t->r, c, "no verdict: fastapi's CPU time is unknown: the socket belongs to another user's process");
    assert_false(t->v->targets[1].metrics[METRIC_CPU].known);
    assert_int_equal(t->v->targets[1].memory_bytes, -1);
    assert_true(t->v->targets[0].metrics[METRIC_CPU].known);
    assert_int_equal(pair(t, 0, 1, METRIC_THROUGHPUT)->verdict.kind, VERDICT_EQUIVALENT);
    assert_true(t->a.valid);
    trial_close(t);
}

/* A block where one was not visited is left out, and the rest still pairs block by block: drift
 * that is common to a block would drown the difference otherwise. */
static void test_missing_visit(void **state)
{
    struct made m = equals();

    (void)state;
    m.drift = 0.3;
    m.rate[0] *= 1.05;
    struct result r = made_result(&m);
    for (unsigned i = 0; i < r.views[0].rounds_count; i++) {
        struct round *round = &r.views[0].rounds[i];
        if (round->target == 0 && round->block == 3)
            round->target = TARGETS_MAX;
    }
    struct trial *t = analysed(r);
    assert_int_equal(pair(t, 0, 1, METRIC_THROUGHPUT)->ratio.rounds, 9);
    assert_int_equal(pair(t, 0, 1, METRIC_P99)->ratio.rounds, 9);
    assert_int_equal(pair(t, 0, 1, METRIC_THROUGHPUT)->verdict.kind, VERDICT_HIGHER);
    trial_close(t);
}

/* ---- The control ------------------------------------------------------------------------ */

static void shift_rounds(struct result *r, unsigned target, double factor)
{
    for (unsigned i = 0; i < r->views[0].rounds_count; i++)
        if (r->views[0].rounds[i].target == target)
            shift_round(&r->views[0].rounds[i], factor);
}

/* 6 % is found where the control agrees to 4 %, and withheld where it is 8 % off, in whichever
 * direction. */
static void test_control(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        static const double shifts[] = { 1 / 1.04, 1.08, 1 / 1.08 };
        struct made m = equals();
        m.control = true;
        m.scatter = m.drift = 0;
        m.rate[0] *= 1.06;
        struct result r = made_result(&m);
        r.allowed[r.allowed_count++] = LIT("little");
        shift_rounds(&r, 2, shifts[i]);
        struct trial *t = analysed(r);
        assert_near(t->v->noise[METRIC_THROUGHPUT], i ? 0.08 : 0.04, 0.02);
        assert_int_equal(pair(t, 0, 1, METRIC_THROUGHPUT)->verdict.kind, i ? VERDICT_UNDECIDED : VERDICT_HIGHER);
        assert_true(t->v->noise[METRIC_P50] < 0.01);
        assert_int_equal(pair(t, 0, 1, METRIC_P50)->verdict.kind, VERDICT_LOWER);
        assert_int_equal(pair(t, 0, 2, METRIC_THROUGHPUT)->verdict.kind, i == 1 ? VERDICT_LOWER : VERDICT_HIGHER);
        assert_null(analysis_find(t->v, 1, 2, METRIC_THROUGHPUT));
        trial_close(t);
    }
}

/* ---- Holm ------------------------------------------------------------------------------- */

static void assert_holm(const struct trial *t, enum metric m, unsigned family_count)
{
    const struct comparison *family[COMPARISONS_MAX];
    unsigned count = 0;
    double   least = 0;

    for (unsigned i = 0; i < t->v->comparisons_count; i++) {
        const struct comparison *c = &t->v->comparisons[i];
        if (c->metric != m || t->r.targets[c->b].control_of >= 0)
            continue;
        unsigned at = count++;
        for (; at > 0 && family[at - 1]->ratio.p > c->ratio.p; at--)
            family[at] = family[at - 1];
        family[at] = c;
    }
    assert_int_equal(count, family_count);
    for (unsigned i = 0; i < count; i++) {
        double p = fmin(1, family[i]->ratio.p * (count - i));
        least = fmax(least, p);
        assert_float_equal(family[i]->adjusted_p, least, 1e-12);
    }
}

/* Four targets, six pairs a metric; the control's own pair is not among them. */
static void test_holm(void **state)
{
    (void)state;
    for (int control = 0; control < 2; control++) {
        struct made m = equals();
        m.targets = 4;
        m.control = control;
        m.rate[2] = 20300;
        m.rate[3] = 19900;
        m.cpu_ns[2] = 20100;
        m.cpu_ns[3] = 20400;
        struct trial *t = made_trial(&m);
        assert_int_equal(t->v->comparisons_count, METRICS * (6 + control));
        for (int i = 0; i < METRICS; i++)
            assert_holm(t, (enum metric)i, 6);
        if (control) {
            const struct comparison *c = pair(t, 0, 4, METRIC_CPU);
            assert_float_equal(c->adjusted_p, c->ratio.p, 1e-15);
        }
        trial_close(t);
    }
}

/* An unknown ratio is no test, and takes no part in the correction. */
static void test_holm_of_known(void **state)
{
    struct made m = equals();

    (void)state;
    m.targets = 3;
    m.cpu_ns[1] = -1;
    struct trial *t = made_trial(&m);
    const struct comparison *c = pair(t, 0, 2, METRIC_CPU);
    assert_true(c->ratio.known);
    assert_float_equal(c->adjusted_p, c->ratio.p, 1e-15);
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

static void assert_not_better(const struct estimate *spoilt, const struct estimate *sound, bool more_is_better)
{
    assert_true(sound->known);
    if (!spoilt->known)
        return;
    if (more_is_better)
        assert_true(spoilt->value < sound->value);
    else
        assert_true(spoilt->value >= sound->value * 0.9999);    /* slots' middles are not their values */
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
        assert_says(&t->r, pair(t, 0, 1, METRIC_P50), "no verdict: postern or fastapi does not pass the gate \"failures\"");
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
    struct trial *t = made_trial(&m);
    const struct target_figures *f = &t->v->targets[1];
    assert_float_equal(f->metrics[METRIC_THROUGHPUT].value, 0, 0);
    assert_false(f->metrics[METRIC_CPU].known);
    assert_true(f->metrics[METRIC_P50].at_least);
    assert_true(f->mean.at_least);
    for (int i = 0; i < METRICS; i++)
        assert_int_equal(pair(t, 0, 1, (enum metric)i)->verdict.kind, VERDICT_UNKNOWN);
    trial_close(t);
}

/* ---- Purity and words ------------------------------------------------------------------- */

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

static void test_words(void **state)
{
    static const struct {
        enum metric    metric;
        double         estimate, low, high;
        struct verdict verdict;
        const char    *says;
    } cases[] = {
        { METRIC_THROUGHPUT, 1.123, 1.101, 1.146, { VERDICT_HIGHER, 0 }, "postern is faster than fastapi by 12.3 % [10.1 to 14.6]" },
        { METRIC_THROUGHPUT, 0.5, 0.4, 0.625, { VERDICT_LOWER, 0 }, "fastapi is faster than postern by 100.0 % [60.0 to 150.0]" },
        { METRIC_P50, 0.8, 0.64, 1 / 1.1, { VERDICT_LOWER, 0 }, "postern is faster than fastapi by 25.0 % [10.0 to 56.2]" },
        { METRIC_P99, 1.25, 1.2, 1.3, { VERDICT_HIGHER, 0 }, "fastapi is faster than postern by 25.0 % [20.0 to 30.0]" },
        { METRIC_CPU, 0.8, 0.64, 1 / 1.1, { VERDICT_LOWER, 0 }, "postern is cheaper than fastapi by 25.0 % [10.0 to 56.2]" },
        { METRIC_CPU, 1.25, 1.2, 1.3, { VERDICT_HIGHER, 0 }, "fastapi is cheaper than postern by 25.0 % [20.0 to 30.0]" },
        { METRIC_P50, 1.003, 0.995, 1.011, { VERDICT_EQUIVALENT, 0 },
          "equivalent within 2 %: fastapi faster than postern by 0.3 % [-0.5 to 1.1]" },
        { METRIC_THROUGHPUT, 1.014, 0.997, 1.031, { VERDICT_UNDECIDED, 12 },
          "undecided: postern faster than fastapi by 1.4 % [-0.3 to 3.1], about 12 more rounds" },
        { METRIC_THROUGHPUT, 1.014, 0.997, 1.031, { VERDICT_UNDECIDED, 1 }, "[-0.3 to 3.1], about 1 more round" },
        { METRIC_THROUGHPUT, 1.014, 0.997, 1.031, { VERDICT_UNDECIDED, 0 },
          "undecided: postern faster than fastapi by 1.4 % [-0.3 to 3.1]" },
    };
    struct made   m = made_usual();
    struct result r = made_result(&m);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char              memory[256];
        struct buf        out = buf_fixed(memory, sizeof memory);
        struct comparison c = { 0, 1, cases[i].metric, .verdict = cases[i].verdict,
                                .ratio = { .known = true, .estimate = cases[i].estimate, .low = cases[i].low, .high = cases[i].high } };
        comparison_say(&r, &c, &out);
        size_t from = cases[i].verdict.more_rounds == 1 ? str_find(buf_str(&out), LIT("[")) : 0;
        buf_add_char(&out, 0);
        assert_string_equal(memory + from, cases[i].says);
    }
    result_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_unmeasured_step),
        cmocka_unit_test(test_two_steps),
        cmocka_unit_test(test_planted),
        cmocka_unit_test(test_planted_alone),
        cmocka_unit_test(test_equals),
        cmocka_unit_test(test_undecided),
        cmocka_unit_test(test_unknown_cost),
        cmocka_unit_test(test_missing_visit),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_holm),
        cmocka_unit_test(test_holm_of_known),
        cmocka_unit_test(test_failures_never_help),
        cmocka_unit_test(test_p99_at_least),
        cmocka_unit_test(test_all_failed),
        cmocka_unit_test(test_pure),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
