/* comparison.c: ratios, then the control's noise and Holm's correction, then verdicts, in words.
 *
 * A control is compared with the target that it is, to learn how far apart equals come out; it
 * is no rival of the others and not in the family that Holm corrects. */
#include "joust/comparison.h"

#include <math.h>

#include "joust/format.h"
#include "joust/gates.h"

/* ---- Ratios ----------------------------------------------------------------------------- */

/* Each ratio draws anew from the result's seed, so that it does not depend on the others. */
static struct ratio ratio_of(const struct grid *g, unsigned a, unsigned b, enum metric m)
{
    const struct result *r = g->result;
    struct pairs p = grid_pairs(g, a, b, m);
    struct rng   rng = rng_seeded(r->seed);

    if (m == METRIC_P99)
        return ratio_quantile_paired(p.a_latencies, p.b_latencies, p.count, 0.99, RESAMPLES, &rng,
                                     r->confidence);
    if (!p.known || p.at_least)
        return (struct ratio){ 0 };
    return ratio_paired(p.a, p.b, p.count, r->confidence);
}

static bool is_control_pair(const struct result *r, const struct comparison *c)
{
    return result_is_control(r, c->a) || result_is_control(r, c->b);
}

static bool are_rivals(const struct result *r, unsigned a, unsigned b)
{
    if (result_is_control(r, a) || result_is_control(r, b))
        return r->targets[b].control_of == (int)a || r->targets[a].control_of == (int)b;
    return true;
}

static void compare(const struct grid *g, unsigned a, unsigned b, struct view_analysis *out)
{
    for (int m = 0; m < METRICS; m++)
        out->comparisons[out->comparisons_count++] = (struct comparison){
            .a = a,
            .b = b,
            .metric = (enum metric)m,
            .ratio = ratio_of(g, a, b, (enum metric)m),
            .void_by = gates_void(out, a, b, (enum metric)m),
        };
}

/* ---- Noise, Holm, verdicts -------------------------------------------------------------- */

/* A control that found no figure found no limit to the noise: nothing may be called a difference. */
static void find_noise(const struct result *r, struct view_analysis *v)
{
    for (unsigned i = 0; i < v->comparisons_count; i++) {
        const struct comparison *c = &v->comparisons[i];
        if (!is_control_pair(r, c))
            continue;
        bool   sound = c->ratio.known && !gates_void(v, c->a, c->b, c->metric);
        double apart = sound ? exp(fabs(log(c->ratio.estimate))) - 1 : INFINITY;
        if (apart > v->noise[c->metric])
            v->noise[c->metric] = apart;
    }
}

static void adjust(const struct result *r, enum metric m, struct view_analysis *v)
{
    double             p[COMPARISONS_MAX / METRICS];
    struct comparison *family[COMPARISONS_MAX / METRICS];
    unsigned           count = 0;

    for (unsigned i = 0; i < v->comparisons_count; i++) {
        struct comparison *c = &v->comparisons[i];
        if (c->metric != m)
            continue;
        c->adjusted_p = c->ratio.known ? c->ratio.p : 1;
        if (c->ratio.known && !is_control_pair(r, c)) {
            family[count] = c;
            p[count++] = c->ratio.p;
        }
    }
    holm_adjust(p, count);
    for (unsigned i = 0; i < count; i++)
        family[i]->adjusted_p = p[i];
}

/* A broken gate leaves the ratio to be seen, and nothing to be concluded from it. */
static void judge(const struct result *r, struct view_analysis *v)
{
    for (unsigned i = 0; i < v->comparisons_count; i++) {
        struct comparison *c = &v->comparisons[i];
        double noise = is_control_pair(r, c) ? 0 : v->noise[c->metric];
        if (c->void_by || !c->ratio.known)
            c->verdict = (struct verdict){ VERDICT_UNKNOWN, 0 };
        else
            c->verdict = verdict_of(&c->ratio, c->adjusted_p, r->margin, noise, r->confidence);
    }
}

void comparisons_make(const struct grid *g, struct view_analysis *out)
{
    const struct result *r = g->result;

    for (unsigned a = 0; a < r->targets_count; a++)
        for (unsigned b = a + 1; b < r->targets_count; b++)
            if (are_rivals(r, a, b))
                compare(g, a, b, out);
    find_noise(r, out);
    for (int m = 0; m < METRICS; m++)
        adjust(r, (enum metric)m, out);
    judge(r, out);
}

/* ---- Words ------------------------------------------------------------------------------ */

static void add_than(const char *than, struct str rival, struct buf *out)
{
    if (rival.len)
        buf_format(out, " %s %.*s", than, STR_ARG(rival));
}

static void add_times(double low, double high, struct buf *out)
{
    buf_add(out, LIT(" ["));
    format_times(out, low);
    buf_add(out, LIT(" to "));
    format_times(out, high);
    buf_add_char(out, ']');
}

/* A percentage is read at a glance as long as it is less than 100. */
void difference_say(const struct ratio *ratio, enum metric m, bool better, struct str rival,
                    struct buf *out)
{
    const struct metric_info *info = &metric_infos[m];
    bool   higher = ratio->estimate >= 1;
    double times = higher ? ratio->estimate : 1 / ratio->estimate;
    double low = higher ? ratio->low : 1 / ratio->high;
    double high = higher ? ratio->high : 1 / ratio->low;

    if (times >= 2) {
        format_times(out, times);
        buf_format(out, " times as %s", better ? info->good : info->bad);
        add_than("as", rival, out);
        add_times(low, high, out);
        return;
    }
    buf_add(out, str_of(better ? info->better : info->worse));
    add_than("than", rival, out);
    buf_format(out, " by %.1f %% [%.1f to %.1f]", 100 * (times - 1), 100 * (low - 1),
               100 * (high - 1));
}

bool difference_corrected(const struct ratio *ratio, double adjusted_p, double margin,
                          double confidence)
{
    return (ratio->low > 1 || ratio->high < 1) && adjusted_p > ratio->p &&
           adjusted_p >= 1 - confidence && fabs(log(ratio->estimate)) > log1p(margin);
}

/* "postern is faster than axum by 12.3 % [10.1 to 14.6]": the better one first. */
static void say_difference(const struct result *r, const struct comparison *c, const char *is,
                           struct buf *out)
{
    bool       higher = c->ratio.estimate >= 1;
    bool       a_first = higher == metric_infos[c->metric].more_is_better;
    struct str first = r->targets[a_first ? c->a : c->b].name;
    struct str second = r->targets[a_first ? c->b : c->a].name;

    buf_format(out, "%.*s %s", STR_ARG(first), is);
    difference_say(&c->ratio, c->metric, true, second, out);
}

static void say_unknown(const struct result *r, const struct comparison *c, struct buf *out)
{
    const struct target_record *a = &r->targets[c->a], *b = &r->targets[c->b];
    const struct target_record *unread = a->cost_unknown.len ? a : b;

    if (c->void_by)
        buf_format(out, "no verdict: %.*s or %.*s does not pass the gate \"%s\"", STR_ARG(a->name),
                   STR_ARG(b->name), c->void_by);
    else if (c->metric == METRIC_CPU && unread->cost_unknown.len)
        buf_format(out, "no verdict: %.*s's CPU time is unknown: %.*s", STR_ARG(unread->name),
                   STR_ARG(unread->cost_unknown));
    else if (c->metric == METRIC_CPU)
        buf_format(out, "no verdict: %.*s's or %.*s's CPU time is unknown", STR_ARG(a->name),
                   STR_ARG(b->name));
    else
        buf_format(out, "no verdict: %.*s and %.*s have too few rounds, or their %s falls among what "
                   "was never answered", STR_ARG(a->name), STR_ARG(b->name),
                   metric_infos[c->metric].name);
}

void comparison_say(const struct result *r, const struct comparison *c, struct buf *out)
{
    switch (c->void_by ? VERDICT_UNKNOWN : c->verdict.kind) {
    case VERDICT_UNKNOWN:
        say_unknown(r, c, out);
        break;
    case VERDICT_HIGHER:
    case VERDICT_LOWER:
        say_difference(r, c, "is ", out);
        break;
    case VERDICT_EQUIVALENT:
        buf_format(out, "equivalent within %.3g %%: ", 100 * r->margin);
        say_difference(r, c, "", out);
        break;
    case VERDICT_UNDECIDED:
        buf_add(out, LIT("undecided"));
        if (difference_corrected(&c->ratio, c->adjusted_p, r->margin, r->confidence))
            buf_add(out, LIT(" (after Holm's correction)"));
        buf_add(out, LIT(": "));
        say_difference(r, c, "", out);
        if (c->verdict.more_rounds)
            buf_format(out, ", about %u more round%s", c->verdict.more_rounds,
                       c->verdict.more_rounds == 1 ? "" : "s");
        break;
    }
}

const struct comparison *analysis_find(const struct view_analysis *v, unsigned a, unsigned b,
                                       enum metric m)
{
    for (unsigned i = 0; i < v->comparisons_count; i++) {
        const struct comparison *c = &v->comparisons[i];
        if (c->metric == m && ((c->a == a && c->b == b) || (c->a == b && c->b == a)))
            return c;
    }
    return NULL;
}
