/* trial.h: a made result and its analysis.  Only static functions, after cmocka.h. */
#pragma once
#include "joust/analysis.h"
#include "made_result.h"

struct trial {
    struct result   r;
    struct analysis a;
    const struct view_analysis *v;      /* the first view */
};

static inline struct trial *analysed(struct result r)
{
    struct trial *t = malloc(sizeof *t);

    assert_non_null(t);
    t->r = r;
    assert_true(analysis_make(&t->r, &t->a));
    t->v = &t->a.views[0];
    return t;
}

static inline struct trial *made_trial(const struct made *m)
{
    return analysed(made_result(m));
}

static inline void trial_close(struct trial *t)
{
    analysis_close(&t->a);
    result_close(&t->r);
    free(t);
}

static inline const struct comparison *pair(const struct trial *t, unsigned a, unsigned b, enum metric m)
{
    const struct comparison *c = analysis_find(t->v, a, b, m);

    assert_non_null(c);
    assert_int_equal(c->metric, m);
    return c;
}

static inline void assert_says(const struct result *r, const struct comparison *c, const char *what)
{
    char       memory[512];
    struct buf out = buf_fixed(memory, sizeof memory);

    comparison_say(r, c, &out);
    if (str_find(buf_str(&out), str_of(what)) == out.len || out.failed)
        fail_msg("\"%.*s\" has no \"%s\"", STR_ARG(buf_str(&out)), what);
}

static inline void assert_near(double value, double expected, double relative)
{
    if (!(value > expected * (1 - relative) && value < expected * (1 + relative)))
        fail_msg("%g is not about %g", value, expected);
}

/* Two targets alike in everything, to plant something in. */
static inline struct made equals(void)
{
    struct made m = made_usual();

    m.seed = made_seed(7);
    m.targets = 2;
    m.rate[0] = m.rate[1] = 20000;
    m.cpu_ns[0] = m.cpu_ns[1] = 20000;
    m.scatter = 0.003;
    return m;
}
