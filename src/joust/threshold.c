/* threshold.c: --fail-if: a table of metrics, each with its units and the way to its figure.
 *
 * What is not known counts as crossed: a gate that measured nothing must not let a change pass. */
#include "joust/threshold.h"

#include <math.h>

#include "joust/comparison.h"
#include "joust/format.h"
#include "joust/markup.h"
#include "joust/values.h"

enum { UNITS_MAX = 6, SENTENCE_BYTES_MAX = 1 << 20 };

struct threshold_unit {
    const char *name;
    double      size;
};

struct measure {
    const char           *name, *is;            /* "is" unless said */
    struct threshold_unit units[UNITS_MAX];
    void                (*write)(struct buf *out, double value);
    struct estimate     (*of)(struct str metric, const struct target_figures *f);
    bool                  regression;
    bool                  judges[METRICS];      /* of a regression */
};

/* ---- Figures ------------------------------------------------------------------------------ */

static struct estimate exact(bool known, double value)
{
    return (struct estimate){ .known = known, .value = value, .low = value, .high = value };
}

static struct estimate throughput_of(struct str metric, const struct target_figures *f)
{
    (void)metric;
    return f->metrics[METRIC_THROUGHPUT];
}

/* It counts what was never answered as long as the longest wait: that is its value. */
static struct estimate mean_of(struct str metric, const struct target_figures *f)
{
    struct estimate e = f->mean;

    (void)metric;
    e.at_least = false;
    return e;
}

static struct estimate cpu_of(struct str metric, const struct target_figures *f)
{
    (void)metric;
    return f->metrics[METRIC_CPU];
}

static struct estimate memory_of(struct str metric, const struct target_figures *f)
{
    (void)metric;
    return exact(f->memory_bytes >= 0, (double)f->memory_bytes);
}

static struct estimate failures_of(struct str metric, const struct target_figures *f)
{
    (void)metric;
    return exact(f->attempts > 0, f->attempts ? (double)f->failures / (double)f->attempts : 0);
}

/* Of "p99.9" 0.999; 0 of what is no quantile. */
static double quantile_in(struct str metric)
{
    double percent;

    if (metric.len < 2 || metric.at[0] != 'p' ||
        !value_decimal(str_slice(metric, 1, metric.len), &percent))
        return 0;
    return percent > 0 && percent < 100 ? percent / 100 : 0;
}

/* Of all rounds together, so that any quantile can be asked for. */
static struct estimate quantile_of(struct str metric, const struct target_figures *f)
{
    struct quantile q = { 0 };
    uint64_t        requests = f->latency.count + f->latency.unanswered;

    if (str_eq(metric, LIT("p50")))
        return f->metrics[METRIC_P50];
    if (requests > 0)
        q = histogram_quantile(&f->latency, quantile_in(metric));
    struct estimate e = exact(requests > 0 && !q.at_least, q.ns);
    e.at_least = q.at_least;
    return e;
}

static void write_bytes(struct buf *out, double bytes)
{
    format_bytes(out, (int64_t)bytes);
}

static void write_rate(struct buf *out, double a_second)
{
    format_rate(out, a_second);
    buf_add(out, LIT(" requests/s"));
}

/* ---- The table ---------------------------------------------------------------------------- */

#define TIMES   { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "µs", 1e3 } }
#define SIZES   { { "KiB", 0x1p10 }, { "MiB", 0x1p20 }, { "GiB", 0x1p30 } }
#define PERCENT { { "%", 0.01 } }

static const struct measure measures[] = {
    { "throughput", .write = write_rate, .of = throughput_of },
    { "mean", NULL, TIMES, .write = format_ns, .of = mean_of },
    { "p99", NULL, TIMES, .write = format_ns, .of = quantile_of },
    { "cpu", NULL, TIMES, .write = format_ns, .of = cpu_of },
    { "memory", NULL, SIZES, .write = write_bytes, .of = memory_of },
    { "failures", "are", PERCENT, .write = format_percent, .of = failures_of },
    { "slower", NULL, PERCENT, .regression = true,
      .judges = { [METRIC_THROUGHPUT] = true, [METRIC_P50] = true, [METRIC_P99] = true } },
    { "dearer", NULL, PERCENT, .regression = true, .judges = { [METRIC_CPU] = true } },
};

enum { MEASURES = sizeof measures / sizeof *measures };

static const struct measure *measure_of(struct str metric)
{
    if (quantile_in(metric) > 0)
        metric = LIT("p99");
    for (size_t i = 0; i < MEASURES; i++)
        if (str_eq(metric, str_of(measures[i].name)))
            return &measures[i];
    return NULL;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static bool refuse(struct str text, struct buf *why, const char *says)
{
    value_write_quoted(text, why);
    buf_format(why, ": %s", says);
    return false;
}

static void list_units(const struct measure *m, struct buf *out)
{
    for (size_t i = 0; i < UNITS_MAX && m->units[i].name; i++)
        if ((unsigned char)m->units[i].name[0] < 0x80)      /* µs is understood and not taught */
            buf_format(out, "%s%s", i ? ", " : "", m->units[i].name);
}

static bool refuse_unit(struct str text, const struct measure *m, struct str unit, struct buf *why)
{
    value_write_quoted(text, why);
    if (unit.len == 0)
        buf_add(why, LIT(": a unit is missing"));
    else
        buf_format(why, ": '%.*s' is no unit of %s", STR_ARG(unit), m->name);
    buf_add(why, m->units[0].name ? LIT(" (") : LIT(", which takes none"));
    list_units(m, why);
    buf_add(why, m->units[0].name ? LIT(")") : LIT(""));
    return false;
}

static bool refuse_metric(struct str text, struct buf *why)
{
    refuse(text, why, "there is no such metric (");
    for (size_t i = 0; i < MEASURES; i++)
        buf_format(why, "%s%s", i ? ", " : "", measures[i].name);
    buf_add(why, LIT("; any percentile, such as p99.9)"));
    return false;
}

static double unit_size(const struct measure *m, struct str unit)
{
    if (!m->units[0].name)
        return unit.len == 0;
    for (size_t i = 0; i < UNITS_MAX && m->units[i].name; i++)
        if (str_eq(unit, str_of(m->units[i].name)))
            return m->units[i].size;
    return 0;
}

/* The last of them: a name may have both. */
static size_t find_sign(struct str text)
{
    for (size_t i = text.len; i > 0; i--)
        if (text.at[i - 1] == '>' || text.at[i - 1] == '<')
            return i - 1;
    return text.len;
}

/* The last colon: 127.0.0.1:8000 is a name. */
static void split_name(struct str left, struct threshold *t)
{
    size_t colon = left.len;

    while (colon > 0 && left.at[colon - 1] != ':')
        colon--;
    t->metric = str_trim(str_slice(left, colon, left.len));
    t->name = colon ? str_trim(str_slice(left, 0, colon - 1)) : (struct str){ NULL, 0 };
}

static bool parse_value(struct str right, const struct measure *m, struct threshold *t,
                        struct buf *why)
{
    size_t     digits = value_decimal_bytes(right);
    struct str unit = str_trim(str_slice(right, digits, right.len));
    double     size = unit_size(m, unit), number;

    if (!value_decimal(str_slice(right, 0, digits), &number))
        return refuse(t->text, why, "a number must follow, such as p99>20ms or slower>5%");
    if (!(size > 0))
        return refuse_unit(t->text, m, unit, why);
    t->value = number * size;
    return true;
}

/* ---- Checking ----------------------------------------------------------------------------- */

/* Which target has the name, or the first; `targets_count` when none has. */
static unsigned find_target(const struct threshold *t, const struct options *o)
{
    unsigned i = 0;

    while (t->name.at && i < o->targets_count && !str_eq(t->name, o->targets[i].name))
        i++;
    return i;
}

static bool refuse_name(const struct threshold *t, const struct options *o, struct buf *why)
{
    refuse(t->text, why, "no target is called ");
    value_write_quoted(t->name, why);
    for (unsigned i = 0; i < o->targets_count; i++) {
        buf_add(why, i ? LIT(", ") : LIT(" (there are: "));
        buf_add(why, o->targets[i].name);
    }
    buf_add(why, o->targets_count ? LIT(")") : LIT(""));
    return false;
}

/* ---- Judging ------------------------------------------------------------------------------ */

struct judging {
    const struct threshold *threshold;
    const struct measure   *measure;
    const struct result    *result;
    unsigned                view;
    const struct view_analysis *analysis;
    struct buf              sentence;       /* that is being written */
    struct buf             *says;
    bool                    crossed;
};

/* "p99>20ms is crossed: " */
static void begin_sentence(struct judging *j)
{
    j->crossed = true;
    buf_add(&j->sentence, j->threshold->text);
    buf_add(&j->sentence, LIT(" is crossed"));
    if (j->result->views_count > 1)
        buf_format(&j->sentence, " in the %s loop",
                   j->result->views[j->view].kind == VIEW_OPEN ? "open" : "closed");
    buf_add(&j->sentence, LIT(": "));
}

/* Names are of strangers, and this is for a terminal. */
static void end_sentence(struct judging *j)
{
    markup_plain(j->says, buf_str(&j->sentence));
    buf_add_char(j->says, '\n');
    j->says->failed |= j->sentence.failed;
    buf_reset(&j->sentence);
}

/* One round has a value, though no interval. */
static bool is_known(const struct estimate *e)
{
    return e->known || e->value > 0;
}

/* A lower bound may tell that a figure is above, and never that it is not. */
static bool is_beyond(const struct threshold *t, const struct estimate *e)
{
    if (e->at_least && t->above)
        return true;
    return !is_known(e) || (t->above ? e->value > t->value : e->value < t->value);
}

static void judge_figure(struct judging *j, unsigned target)
{
    const struct target_record *record = &j->result->targets[target];
    struct estimate e = j->measure->of(j->threshold->metric, &j->analysis->targets[target]);

    if (!is_beyond(j->threshold, &e))
        return;
    begin_sentence(j);
    buf_format(&j->sentence, "%.*s's %.*s %s ", STR_ARG(record->name), STR_ARG(j->threshold->metric),
               j->measure->is ? j->measure->is : "is");
    if (!is_known(&e)) {
        buf_add(&j->sentence, LIT("not known"));
        end_sentence(j);
        return;
    }
    buf_add(&j->sentence, e.at_least ? LIT("at least ") : LIT(""));
    j->measure->write(&j->sentence, e.value);
    end_sentence(j);
}

static void say_undecidable(struct judging *j, unsigned target, unsigned other, enum metric m,
                            const char *gate)
{
    begin_sentence(j);
    buf_format(&j->sentence, "%s of %.*s and %.*s cannot be compared", metric_infos[m].name,
               STR_ARG(j->result->targets[target].name), STR_ARG(j->result->targets[other].name));
    if (gate)
        buf_format(&j->sentence, ": the gate \"%s\" is broken", gate);
    end_sentence(j);
}

/* How many times worse, less one, as verdicts have it; the sign tells who. */
static void judge_pair(struct judging *j, unsigned target, unsigned other, enum metric m)
{
    const struct metric_info *info = &metric_infos[m];
    const struct comparison  *c = analysis_find(j->analysis, target, other, m);

    if (!c || c->void_by || c->verdict.kind == VERDICT_UNKNOWN) {
        say_undecidable(j, target, other, m, c ? c->void_by : NULL);
        return;
    }
    bool   higher = (c->verdict.kind == VERDICT_HIGHER) == (c->a == target);
    double times = exp(fabs(log(c->ratio.estimate))) - 1;
    if ((c->verdict.kind != VERDICT_HIGHER && c->verdict.kind != VERDICT_LOWER) ||
        higher == info->more_is_better || !(times > j->threshold->value))
        return;
    begin_sentence(j);
    buf_format(&j->sentence, "%.*s is ", STR_ARG(j->result->targets[target].name));
    difference_say(&c->ratio, m, false, j->result->targets[other].name, &j->sentence);
    buf_format(&j->sentence, " (%s)", info->name);
    end_sentence(j);
}

static void judge_regression(struct judging *j, unsigned target)
{
    unsigned rivals = 0;

    for (unsigned other = 0; other < j->result->targets_count; other++) {
        if (other == target || result_is_control(j->result, other))
            continue;
        rivals++;
        for (int m = 0; m < METRICS; m++)
            if (j->measure->judges[m])
                judge_pair(j, target, other, (enum metric)m);
    }
    if (rivals == 0) {
        begin_sentence(j);
        buf_format(&j->sentence, "%.*s has nothing to be compared with",
                   STR_ARG(j->result->targets[target].name));
        end_sentence(j);
    }
}

/* The control is a target measured twice: it counts where it is named. */
static bool is_meant(const struct judging *j, unsigned target)
{
    const struct threshold *t = j->threshold;

    if (t->name.at)
        return str_eq(t->name, j->result->targets[target].name);
    return t->kind == THRESHOLD_REGRESSION ? target == 0 : !result_is_control(j->result, target);
}

static void judge_view(struct judging *j)
{
    bool any = false;

    for (unsigned t = 0; t < j->result->targets_count; t++) {
        if (!is_meant(j, t))
            continue;
        any = true;
        if (j->threshold->kind == THRESHOLD_FIGURE)
            judge_figure(j, t);
        else
            judge_regression(j, t);
    }
    if (!any) {
        begin_sentence(j);
        buf_add(&j->sentence, LIT("no target has that name"));
        end_sentence(j);
    }
}

bool threshold_parse(struct str text, struct threshold *out, struct buf *why)
{
    size_t           sign = find_sign(text);
    struct threshold t = { .text = text };

    if (sign == text.len)
        return refuse(text, why, "a > or < is missing, as in p99>20ms");
    split_name(str_slice(text, 0, sign), &t);
    t.above = text.at[sign] == '>';
    const struct measure *m = measure_of(t.metric);
    if (!m)
        return refuse_metric(text, why);
    if (t.name.at && t.name.len == 0)
        return refuse(text, why, "a target's name is missing before the colon");
    if (m->regression && !t.above)
        return refuse(text, why, "slower and dearer take >");
    if (!parse_value(str_trim(str_slice(text, sign + 1, text.len)), m, &t, why))
        return false;
    t.kind = m->regression ? THRESHOLD_REGRESSION : THRESHOLD_FIGURE;
    *out = t;
    return true;
}

bool threshold_check(const struct threshold *t, const struct options *o, struct buf *why)
{
    unsigned rivals = o->targets_count - (o->control && o->targets_count > 0);
    unsigned target = find_target(t, o);

    if (target == o->targets_count && t->name.at)
        return refuse_name(t, o, why);
    rivals -= target < rivals;      /* it is none of its own, but its control has it */
    if (t->kind == THRESHOLD_REGRESSION && rivals == 0)
        return refuse(t->text, why, "slower and dearer compare targets, and there is only one");
    return true;
}

bool threshold_crossed(const struct threshold *t, const struct result *r, const struct analysis *a,
                       struct buf *says)
{
    struct judging j = { .threshold = t, .measure = measure_of(t->metric), .result = r,
                         .sentence = buf_growing(SENTENCE_BYTES_MAX), .says = says };

    for (j.view = 0; j.view < r->views_count; j.view++) {
        j.analysis = &a->views[j.view];
        judge_view(&j);
    }
    if (r->views_count == 0) {
        begin_sentence(&j);
        buf_add(&j.sentence, LIT("nothing was measured"));
        end_sentence(&j);
    }
    buf_close(&j.sentence);
    return j.crossed;
}
