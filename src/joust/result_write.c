/* result_write.c: a result and what was found in it, as a tree of JSON.
 *
 * The members are those of the tables in result_members.c, which the reader has too.  The analysis is
 * for those who only want figures: names instead of numbers, verdicts in words, and never read. */
#include "joust/result_members.h"
#include "joust/result_tree.h"

enum { SLOT_BYTES_MAX = 28 };       /* "31743:18446744073709551615 " */

static void append(json_t *array, json_t *value, bool *failed)
{
    if (json_array_append_new(array, value))
        *failed = true;
}

static json_t *tree_of_member_row(const struct member *rows, const void *from, bool *failed)
{
    json_t *object = json_object();

    members_write(rows, from, object, failed);
    return object;
}

/* ---- Rounds ------------------------------------------------------------------------------- */

static json_t *tree_of_outcomes(const uint64_t *outcomes, bool *failed)
{
    json_t *object = json_object();

    for (unsigned o = 0; o < OUTCOMES; o++)
        json_put(object, outcome_infos[o].name, json_integer((json_int_t)outcomes[o]), failed);
    return object;
}

/* A text: as values of their own the counts would take twenty times the memory. */
static json_t *json_of_slots(const struct histogram *h)
{
    struct buf text = buf_growing(HISTOGRAM_SLOTS * SLOT_BYTES_MAX);
    size_t     previous = 0;

    for (size_t slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
        if (!h->counts[slot])
            continue;
        if (text.len)
            buf_add_char(&text, ' ');
        buf_add_int(&text, (int64_t)(slot - previous));
        buf_add_char(&text, ':');
        buf_add_int(&text, (int64_t)h->counts[slot]);
        previous = slot;
    }
    json_t *slots = text.failed ? NULL : json_of_text(text.len ? buf_str(&text) : LIT(""));
    buf_close(&text);
    return slots;
}

static json_t *tree_of_histogram(const struct histogram *h, bool *failed)
{
    json_t *object = tree_of_member_row(histogram_members, h, failed);

    json_put(object, "slots", json_of_slots(h), failed);
    return object;
}

static json_t *tree_of_round(const struct round *round, bool *failed)
{
    json_t *object = tree_of_member_row(round_members, round, failed);
    json_t *steps = json_array();

    for (unsigned s = 0; s < round->figures.steps_count; s++) {
        const struct step_figures *figures = &round->figures.steps[s];
        json_t *step = json_object();
        json_put(step, "outcomes", tree_of_outcomes(figures->outcomes, failed), failed);
        members_write(round_step_members, figures, step, failed);
        json_put(step, "latency", tree_of_histogram(&figures->latency, failed), failed);
        append(steps, step, failed);
    }
    json_put(object, "steps", steps, failed);
    return object;
}

static json_t *tree_of_view(const struct view *v, bool *failed)
{
    json_t *object = json_object(), *rounds = json_array();

    json_put(object, "kind", json_string(v->kind == VIEW_OPEN ? "open" : "closed"), failed);
    json_put(object, "rate_per_second",
             v->kind == VIEW_OPEN ? json_real(v->rate) : json_null(), failed);
    for (unsigned i = 0; i < v->rounds_count; i++)
        append(rounds, tree_of_round(&v->rounds[i], failed), failed);
    json_put(object, "rounds", rounds, failed);
    return object;
}

/* ---- The analysis ------------------------------------------------------------------------- */

static json_t *real_or_null(double value)
{
    json_t *real = json_real(value);        /* NULL of what is not finite */
    return real ? real : json_null();
}

static json_t *tree_of_estimate(const struct estimate *e, bool *failed)
{
    json_t *object = json_object();

    if (!e->known && !e->at_least) {
        json_decref(object);
        return json_null();
    }
    json_put(object, "value", real_or_null(e->value), failed);
    json_put(object, "low", e->known ? real_or_null(e->low) : json_null(), failed);
    json_put(object, "high", e->known ? real_or_null(e->high) : json_null(), failed);
    json_put(object, "at_least", json_boolean(e->at_least), failed);
    return object;
}

static void put_quantiles(const struct result *r, const struct target_figures *f, json_t *object,
                          bool *failed)
{
    for (unsigned q = 0; q < r->quantiles_count; q++) {
        char name[32];
        snprintf(name, sizeof name, "p%.12g_ns", r->quantiles[q] * 100);
        json_put(object, name, tree_of_estimate(&f->quantiles[q], failed), failed);
    }
}

static const char *const metric_members[METRICS] = {
    [METRIC_THROUGHPUT] = "throughput_requests_per_second",
    [METRIC_P50] = "p50_ns", [METRIC_P99] = "p99_ns",
    [METRIC_CPU] = "server_cpu_ns_per_request",
};

static json_t *tree_of_figures(const struct result *r, unsigned t, const struct target_figures *f,
                               bool *failed)
{
    json_t *object = json_object();

    json_put(object, "name", json_of_text(r->targets[t].name), failed);
    for (unsigned m = 0; m < METRICS; m++)
        json_put(object, metric_members[m], tree_of_estimate(&f->metrics[m], failed), failed);
    json_put(object, "mean_ns", tree_of_estimate(&f->mean, failed), failed);
    put_quantiles(r, f, object, failed);
    json_put(object, "memory_bytes",
             f->memory_bytes < 0 ? json_null() : json_integer(f->memory_bytes), failed);
    json_put(object, "attempts", json_integer((json_int_t)f->attempts), failed);
    json_put(object, "failures", json_integer((json_int_t)f->failures), failed);
    json_put(object, "outcomes", tree_of_outcomes(f->outcomes, failed), failed);
    json_put(object, "sent", json_integer((json_int_t)f->sent), failed);
    json_put(object, "reconnects", json_integer((json_int_t)f->reconnects), failed);
    json_put(object, "generator_busy", real_or_null(f->generator_busy), failed);
    return object;
}

static const char *verdict_word(const struct comparison *c)
{
    const struct metric_info *info = &metric_infos[c->metric];
    bool                      better = (c->verdict.kind == VERDICT_HIGHER) == info->more_is_better;

    switch (c->verdict.kind) {
    case VERDICT_HIGHER:
    case VERDICT_LOWER:
        return better ? info->better : info->worse;
    case VERDICT_EQUIVALENT:
        return "equivalent";
    case VERDICT_UNDECIDED:
        return "undecided";
    default:
        return "unknown";
    }
}

static json_t *tree_of_sentence(const struct result *r, const struct comparison *c)
{
    struct buf says = buf_growing(4096);
    comparison_say(r, c, &says);
    json_t *text = json_of_text(buf_str(&says));
    buf_close(&says);
    return text;
}

static json_t *tree_of_comparison(const struct result *r, const struct comparison *c, bool *failed)
{
    json_t *object = json_object();
    bool    known = c->ratio.known;

    json_put(object, "a", json_of_text(r->targets[c->a].name), failed);
    json_put(object, "b", json_of_text(r->targets[c->b].name), failed);
    json_put(object, "metric", json_string(metric_infos[c->metric].key), failed);
    json_put(object, "verdict", json_string(c->void_by ? "none" : verdict_word(c)), failed);
    json_put(object, "says", tree_of_sentence(r, c), failed);
    json_put(object, "ratio", known ? real_or_null(c->ratio.estimate) : json_null(), failed);
    json_put(object, "low", known ? real_or_null(c->ratio.low) : json_null(), failed);
    json_put(object, "high", known ? real_or_null(c->ratio.high) : json_null(), failed);
    json_put(object, "p", known ? real_or_null(c->ratio.p) : json_null(), failed);
    json_put(object, "adjusted_p", known ? real_or_null(c->adjusted_p) : json_null(), failed);
    json_put(object, "rounds", json_integer(c->ratio.rounds), failed);
    json_put(object, "more_rounds", json_integer(c->verdict.more_rounds), failed);
    json_put(object, "void_by", json_of_text(str_of(c->void_by)), failed);
    return object;
}

static json_t *tree_of_gate(const struct result *r, const struct gate *g, bool *failed)
{
    json_t *object = json_object(), *voids = json_array();

    for (unsigned m = 0; m < METRICS; m++)
        if (g->voids[m])
            append(voids, json_string(metric_infos[m].key), failed);
    json_put(object, "gate", json_of_text(str_of(g->name)), failed);
    json_put(object, "target", json_of_text(r->targets[g->target].name), failed);
    json_put(object, "figure", real_or_null(g->figure), failed);
    json_put(object, "limit", real_or_null(g->limit), failed);
    json_put(object, "broken", json_boolean(g->broken), failed);
    json_put(object, "allowed", json_boolean(g->allowed), failed);
    json_put(object, "voids", voids, failed);
    json_put(object, "says", json_of_text(g->says), failed);
    return object;
}

static json_t *tree_of_view_analysis(const struct result *r, const struct view *view,
                                     const struct view_analysis *v, bool *failed)
{
    json_t *object = json_object(), *noise = json_object();
    json_t *targets = json_array(), *comparisons = json_array(), *gates = json_array();

    for (unsigned t = 0; t < r->targets_count; t++)
        append(targets, tree_of_figures(r, t, &v->targets[t], failed), failed);
    for (unsigned i = 0; i < v->comparisons_count; i++)
        append(comparisons, tree_of_comparison(r, &v->comparisons[i], failed), failed);
    for (unsigned i = 0; i < v->gates_count; i++)
        append(gates, tree_of_gate(r, &v->gates[i], failed), failed);
    for (unsigned m = 0; m < METRICS; m++)
        json_put(noise, metric_infos[m].key, real_or_null(v->noise[m]), failed);
    json_put(object, "kind", json_string(view->kind == VIEW_OPEN ? "open" : "closed"), failed);
    json_put(object, "targets", targets, failed);
    json_put(object, "comparisons", comparisons, failed);
    json_put(object, "gates", gates, failed);
    json_put(object, "noise", noise, failed);
    return object;
}

/* ---- The whole ---------------------------------------------------------------------------- */

static void put_lists(const struct result *r, json_t *tree, bool *failed)
{
    json_t *steps = json_array(), *quantiles = json_array(), *facts = json_array();
    json_t *allowed = json_array(), *targets = json_array();

    for (unsigned s = 0; s < r->steps_count; s++) {
        struct step_row row = { r->step_names[s], r->step_measured[s] };
        append(steps, tree_of_member_row(step_members, &row, failed), failed);
    }
    for (unsigned q = 0; q < r->quantiles_count; q++)
        append(quantiles, json_real(r->quantiles[q]), failed);
    for (unsigned i = 0; i < r->allowed_count; i++)
        append(allowed, json_of_text(r->allowed[i]), failed);
    for (unsigned i = 0; i < r->facts_count; i++)
        append(facts, tree_of_member_row(fact_members, &r->facts[i], failed), failed);
    for (unsigned t = 0; t < r->targets_count; t++)
        append(targets, tree_of_member_row(target_members, &r->targets[t], failed), failed);
    json_put(tree, "quantiles", quantiles, failed);
    json_put(tree, "allowed_gates", allowed, failed);
    json_put(tree, "steps", steps, failed);
    json_put(tree, "environment", facts, failed);
    json_put(tree, "targets", targets, failed);
}

json_t *result_to_tree(const struct result *r, const struct analysis *a)
{
    json_t *tree = json_object(), *views = json_array(), *analysis = json_array();
    bool    failed = false;

    json_put(tree, "joust", json_integer(RESULT_FORMAT), &failed);
    members_write(result_members, r, tree, &failed);
    put_lists(r, tree, &failed);
    json_put(tree, "valid", json_boolean(a->valid), &failed);
    for (unsigned i = 0; i < r->views_count; i++) {
        append(analysis, tree_of_view_analysis(r, &r->views[i], &a->views[i], &failed), &failed);
        append(views, tree_of_view(&r->views[i], &failed), &failed);
    }
    json_put(tree, "analysis", analysis, &failed);
    json_put(tree, "views", views, &failed);
    if (!failed)
        return tree;
    json_decref(tree);
    return NULL;
}
