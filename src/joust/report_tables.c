/* report_tables.c: figures, steps, failures, the machine, the targets. */
#include <stdarg.h>
#include <stdio.h>

#include "joust/format.h"
#include "joust/markup.h"
#include "joust/report_parts.h"

/* ---- Tables --------------------------------------------------------------------------------- */

void table_begin(struct buf *out, const char *const *heads, size_t count)
{
    buf_add(out, LIT("<div class=\"scroll\" tabindex=\"0\">\n<table>\n<thead><tr>"));
    for (size_t i = 0; i < count; i++) {
        buf_add(out, LIT("<th scope=\"col\">"));
        markup_add(out, str_of(heads[i]));
        buf_add(out, LIT("</th>"));
    }
    buf_add(out, LIT("</tr></thead>\n<tbody>\n"));
}

void table_row(struct buf *out, struct str head)
{
    buf_add(out, LIT("<tr><th scope=\"row\">"));
    markup_add(out, head);
    buf_add(out, LIT("</th>\n"));
}

void table_row_end(struct buf *out)
{
    buf_add(out, LIT("</tr>\n"));
}

void table_cell(struct buf *out, struct str text)
{
    buf_add(out, LIT("<td>"));
    markup_add(out, text);
    buf_add(out, LIT("</td>\n"));
}

void table_number(struct buf *out, const char *format, ...)
{
    char    text[TEXT_BYTES];
    va_list values;

    va_start(values, format);
    int len = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    buf_add(out, LIT("<td class=\"number\">"));
    if (len > 0)
        markup_add(out, str_of(text));
    buf_add(out, LIT("</td>\n"));
}

void table_end(struct buf *out)
{
    buf_add(out, LIT("</tbody>\n</table>\n</div>\n"));
}

/* ---- Figures -------------------------------------------------------------------------------- */

/* "1.24 ms", and below it its interval. */
static void estimate_cell(struct buf *out, const struct estimate *e,
                          void (*format)(struct buf *, double))
{
    buf_add(out, LIT("<td class=\"number\">"));
    if (!e->known && !e->at_least) {
        buf_add(out, LIT("unknown</td>\n"));
        return;
    }
    if (e->at_least)
        buf_add(out, LIT("≥ "));
    format(out, e->value);
    if (e->known && !e->at_least) {
        buf_add(out, LIT("<br><small>"));
        format(out, e->low);
        buf_add(out, LIT(" to "));
        format(out, e->high);
        buf_add(out, LIT("</small>"));
    }
    buf_add(out, LIT("</td>\n"));
}

static void speed_heads(const struct sheet *s)
{
    static const char *const before[] = { "target", "requests/s", "mean latency", "p50", "p99" };
    const char *heads[sizeof before / sizeof *before + QUANTILES_MAX];
    char        names[QUANTILES_MAX][32];
    size_t      count = 0;

    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        heads[count++] = before[i];
    for (unsigned i = 0; i < s->r->quantiles_count; i++) {
        struct buf name = buf_fixed(names[i], sizeof names[i] - 1);
        format_quantile(&name, s->r->quantiles[i]);
        names[i][name.len] = 0;
        heads[count++] = names[i];
    }
    table_begin(s->out, heads, count);
}

static void speed_row(const struct sheet *s, unsigned target)
{
    const struct target_figures *f = &s->va->targets[target];
    char                         name[TEXT_BYTES];

    table_row(s->out, report_name(s, target, TABLE_NAME_EMS, name));
    estimate_cell(s->out, &f->metrics[METRIC_THROUGHPUT], format_rate);
    estimate_cell(s->out, &f->mean, format_ns);
    estimate_cell(s->out, &f->metrics[METRIC_P50], format_ns);
    estimate_cell(s->out, &f->metrics[METRIC_P99], format_ns);
    for (unsigned i = 0; i < s->r->quantiles_count; i++)
        estimate_cell(s->out, &f->quantiles[i], format_ns);
    table_row_end(s->out);
}

static void count_cell(struct buf *out, uint64_t count)
{
    buf_add(out, LIT("<td class=\"number\">"));
    format_count(out, count);
    buf_add(out, LIT("</td>\n"));
}

static void failed_cell(struct buf *out, uint64_t failures, uint64_t attempts)
{
    buf_add(out, LIT("<td class=\"number\">"));
    format_count(out, failures);
    if (failures > 0 && attempts > 0)
        buf_format(out, "<br><small>%.3g %%</small>", 100.0 * (double)failures / (double)attempts);
    buf_add(out, LIT("</td>\n"));
}

static void cost_row(const struct sheet *s, unsigned target)
{
    const struct target_figures *f = &s->va->targets[target];
    char                         name[TEXT_BYTES];

    table_row(s->out, report_name(s, target, TABLE_NAME_EMS, name));
    estimate_cell(s->out, &f->metrics[METRIC_CPU], format_ns);
    buf_add(s->out, LIT("<td class=\"number\">"));
    format_bytes(s->out, f->memory_bytes);
    buf_add(s->out, LIT("</td>\n"));
    count_cell(s->out, f->sent);
    count_cell(s->out, f->attempts);
    failed_cell(s->out, f->failures, f->attempts);
    count_cell(s->out, f->reconnects);
    table_number(s->out, "%.0f %%", f->generator_busy * 100);
    table_row_end(s->out);
}

void report_figures(const struct sheet *s)
{
    static const char *const cost_heads[] = {
        "target", "CPU a request", "peak memory", "sent", "counted", "failed", "reconnects", "generator busy",
    };

    buf_format(s->out, "<h3>Figures</h3>\n<p class=\"soft\">Of correct answers, with %.0f %% "
               "intervals. ", s->r->confidence * 100);
    buf_add(s->out, s->view->kind == VIEW_CLOSED
                        ? LIT("Latency is the service time that waiting clients see.")
                        : LIT("Latency counts from when a request was due."));
    buf_add(s->out, LIT(" CPU time and memory are those of the target's processes.</p>\n"));
    speed_heads(s);
    for (unsigned t = 0; t < s->r->targets_count; t++)
        speed_row(s, t);
    table_end(s->out);
    buf_add(s->out, LIT("<p class=\"soft\">Sent: settling and drain included. Counted: in the "
                        "windows.</p>\n"));
    table_begin(s->out, cost_heads, sizeof cost_heads / sizeof *cost_heads);
    for (unsigned t = 0; t < s->r->targets_count; t++)
        cost_row(s, t);
    table_end(s->out);
}

/* ---- Steps ---------------------------------------------------------------------------------- */

static void quantile_cell(struct buf *out, const struct histogram *h, double q)
{
    struct quantile value = histogram_quantile(h, q);

    buf_add(out, value.at_least ? LIT("<td class=\"number\">≥ ") : LIT("<td class=\"number\">"));
    if (h->count + h->unanswered > 0)
        format_ns(out, value.ns);
    else
        buf_add(out, LIT("unknown"));
    buf_add(out, LIT("</td>\n"));
}

static void step_row(const struct sheet *s, unsigned target, unsigned step)
{
    const struct step_summary *one = &s->va->targets[target].steps[step];
    char                       name[TEXT_BYTES];

    table_row(s->out, report_name(s, target, TABLE_NAME_EMS, name));
    table_cell(s->out, s->r->step_names[step]);
    table_cell(s->out, s->r->step_measured[step] ? LIT("yes") : LIT("no"));
    count_cell(s->out, one->outcomes[OUTCOME_CORRECT]);
    count_cell(s->out, outcomes_failed(one->outcomes));
    quantile_cell(s->out, &one->latency, 0.5);
    quantile_cell(s->out, &one->latency, 0.99);
    table_row_end(s->out);
}

void report_steps(const struct sheet *s)
{
    static const char *const heads[] = {
        "target", "step", "measured", "correct", "failed", "p50", "p99",
    };

    if (s->r->steps_count < 2)
        return;
    buf_add(s->out, LIT("<h3>Steps</h3>\n"));
    table_begin(s->out, heads, sizeof heads / sizeof *heads);
    for (unsigned step = 0; step < s->r->steps_count; step++)
        for (unsigned t = 0; t < s->r->targets_count; t++)
            step_row(s, t, step);
    table_end(s->out);
}

/* ---- Failures ------------------------------------------------------------------------------- */

static uint64_t outcomes_of(const struct sheet *s, enum outcome o)
{
    uint64_t count = 0;

    for (unsigned t = 0; t < s->r->targets_count; t++)
        count += s->va->targets[t].outcomes[o];
    return count;
}

static int example_status(const struct sheet *s, unsigned target)
{
    for (unsigned i = 0; i < s->view->rounds_count; i++)
        if (s->view->rounds[i].target == target && s->view->rounds[i].figures.example_status)
            return s->view->rounds[i].figures.example_status;
    return 0;
}

static void error_rows(const struct sheet *s, enum outcome o)
{
    for (unsigned t = 0; t < s->r->targets_count; t++) {
        uint64_t count = s->va->targets[t].outcomes[o];
        char     name[TEXT_BYTES], room[TEXT_BYTES];

        if (count == 0)
            continue;
        struct buf says = buf_fixed(room, sizeof room);
        buf_format(&says, "%s", outcome_infos[o].says);
        if (o == OUTCOME_STATUS && example_status(s, t))
            buf_format(&says, ", such as %d", example_status(s, t));
        table_row(s->out, str_of(outcome_infos[o].name));
        table_cell(s->out, report_name(s, t, TABLE_NAME_EMS, name));
        count_cell(s->out, count);
        table_cell(s->out, buf_str(&says));
        table_row_end(s->out);
    }
}

void report_errors(const struct sheet *s)
{
    static const char *const heads[] = { "kind", "target", "requests", "is" };
    uint64_t                 any = 0;

    buf_add(s->out, LIT("<h3>Failures</h3>\n"));
    for (enum outcome o = OUTCOME_CORRECT + 1; o < OUTCOMES; o++)
        any += outcomes_of(s, o);
    if (any == 0) {
        buf_add(s->out, LIT("<p>No failures.</p>\n"));
        return;
    }
    table_begin(s->out, heads, sizeof heads / sizeof *heads);
    for (enum outcome o = OUTCOME_CORRECT + 1; o < OUTCOMES; o++)
        error_rows(s, o);
    table_end(s->out);
}

/* ---- The machine and the targets ------------------------------------------------------------ */

static void definition(struct buf *out, struct str name, struct str value)
{
    buf_add(out, LIT("<dt>"));
    markup_add(out, name);
    buf_add(out, LIT("</dt><dd>"));
    markup_add(out, value);
    buf_add(out, LIT("</dd>\n"));
}

static void definition_format(struct buf *out, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void definition_format(struct buf *out, const char *name, const char *format, ...)
{
    char    text[TEXT_BYTES];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    definition(out, str_of(name), str_of(text));
}

static void ceiling_of(const struct sheet *s)
{
    char       room[TEXT_BYTES];
    struct buf text = buf_fixed(room, sizeof room);

    if (s->r->ceiling <= 0)
        return;
    format_rate(&text, s->r->ceiling);
    buf_add(&text, LIT(" answers a second, p50 "));
    format_ns(&text, s->r->floor_ns);
    definition(s->out, LIT("the do-nothing server"), buf_str(&text));
}

void report_environment(const struct sheet *s)
{
    const struct result *r = s->r;

    buf_add(s->out, LIT("<dl>\n"));
    definition(s->out, LIT("began"), r->began);
    definition_format(s->out, "connections", "%u on %u threads", r->connections, r->threads);
    if (r->requests_per_connection)
        definition_format(s->out, "requests per connection", "%u", r->requests_per_connection);
    definition_format(s->out, "blocks", "%u", r->blocks);
    definition_format(s->out, "margin", "%.3g %%", r->margin * 100);
    definition_format(s->out, "failures allowed", "%.3g %%", r->failures_max * 100);
    ceiling_of(s);
    for (unsigned i = 0; i < r->facts_count; i++)
        definition(s->out, r->facts[i].name, r->facts[i].value);
    buf_add(s->out, LIT("</dl>\n"));
}

static void optional(struct buf *out, struct str name, struct str value)
{
    if (value.at && value.len > 0)
        definition(out, name, value);
}

static void target_facts(const struct sheet *s, unsigned target)
{
    const struct target_record *t = &s->r->targets[target];
    char                        room[TEXT_BYTES];
    struct buf                  warmed = buf_fixed(room, sizeof room);

    definition(s->out, LIT("URL"), t->url);
    optional(s->out, LIT("command"), t->command);
    definition(s->out, LIT("program"), t->program.len > 0 ? t->program : LIT("unknown"));
    optional(s->out, LIT("its SHA-256"), t->program_hash);
    format_ns(&warmed, (double)t->warmed_ns);
    definition(s->out, LIT("warm-up"), buf_str(&warmed));
    definition_format(s->out, "answers", "status %d, %zu bytes", t->status, t->body_bytes);
    optional(s->out, LIT("media type"), t->media_type);
    optional(s->out, LIT("differs"), t->differs);
    optional(s->out, LIT("cost unknown"), t->cost_unknown);
}

void report_targets(const struct sheet *s)
{
    for (unsigned t = 0; t < s->r->targets_count; t++) {
        int  twin = s->r->targets[t].control_of;
        char name[TEXT_BYTES];

        buf_format(s->out, "<div class=\"card\">\n<h3>");
        markup_add(s->out, s->r->targets[t].name);
        buf_add(s->out, LIT("</h3>\n"));
        if (twin >= 0) {
            buf_add(s->out, LIT("<p class=\"soft\">The control: "));
            markup_add(s->out, report_name(s, (unsigned)twin, TABLE_NAME_EMS, name));
            buf_add(s->out, LIT(" under another name.</p>\n"));
        }
        buf_add(s->out, LIT("<dl>\n"));
        target_facts(s, t);
        buf_add(s->out, LIT("</dl>\n</div>\n"));
    }
}
