/* result_read.c: a result from a tree of JSON that anybody may have written.
 *
 * Everything that analysis relies on is checked here, so that it need not ask: indices, sums, that
 * a target is visited once a block, that a histogram's ends are where it says. */
#include "joust/result_members.h"
#include "joust/result_tree.h"

#include <stdlib.h>

/* ---- Histograms --------------------------------------------------------------------------- */

/* "STEP:COUNT", STEP being from the slot before. */
static bool read_slot(struct descent *in, struct str pair, size_t previous, bool first,
                      struct histogram *h, size_t *slot)
{
    struct str second = pair, step_text = str_cut(&second, ':');
    uint64_t   step, count;

    if (!str_to_uint(step_text, INT64_MAX, &step) || !str_to_uint(second, INT64_MAX, &count))
        return descent_refuse(in, "lacks a step and its count, such as \"12:34\", after slot %zu",
                              previous);
    if ((step == 0 && !first) || step >= HISTOGRAM_SLOTS - previous)
        return descent_refuse(in, "has a step of %llu after slot %zu; slots ascend and end at %d",
                              (unsigned long long)step, previous, HISTOGRAM_SLOTS - 1);
    if (count < 1 || count > COUNT_MAX)
        return descent_refuse(in, "has a count of %llu in slot %zu", (unsigned long long)count,
                              previous + (size_t)step);
    *slot = previous + (size_t)step;
    h->counts[*slot] = count;
    return true;
}

/* The sum of the counts in *sum, the first and the last slot in ends[]. */
static bool read_slots(struct descent *in, const json_t *value, struct histogram *h, uint64_t *sum,
                       size_t ends[2])
{
    struct str rest = { json_string_value(value), json_string_length(value) };
    size_t     slot = 0;

    if (!json_is_string(value))
        return descent_refuse(in, value ? "is not a text" : "is missing");
    if (rest.len == 0)
        return true;
    for (bool first = true; rest.at; first = false) {
        if (!read_slot(in, str_cut(&rest, ' '), slot, first, h, &slot))
            return false;
        if (first)
            ends[0] = slot;
        *sum += h->counts[slot];
    }
    ends[1] = slot;
    return true;
}

/* A sum of doubles has lost a little by the end. */
static bool is_sum_possible(const struct histogram *h)
{
    double count = (double)h->count;
    return h->sum_ns >= (double)h->min_ns * count * (1 - 1e-6) &&
           h->sum_ns <= (double)h->max_ns * count * (1 + 1e-6);
}

static bool check_histogram(struct descent *in, const struct histogram *h, uint64_t sum,
                            const size_t ends[2])
{
    if (sum != h->count)
        return descent_refuse(in, "has a count of %llu, and its slots sum up to %llu",
                              (unsigned long long)h->count, (unsigned long long)sum);
    if (sum == 0)
        return (h->min_ns == 0 && h->max_ns == 0 && h->sum_ns == 0) ||
               descent_refuse(in, "counts nothing and has values");
    if (h->min_ns > h->max_ns || histogram_slot(h->min_ns) != ends[0] ||
        histogram_slot(h->max_ns) != ends[1])
        return descent_refuse(in, "has a min_ns or max_ns that is not in its first or last slot");
    if (!is_sum_possible(h))
        return descent_refuse(in, "has a sum_ns that its values cannot give");
    return true;
}

static bool read_histogram(struct descent *in, const json_t *object, struct histogram *h)
{
    size_t   back = descent_enter(in, "latency"), ends[2] = { 0, 0 };
    uint64_t sum = 0;

    if (!members_read(in, object, histogram_members, h))
        return false;
    size_t at = descent_enter(in, "slots");
    if (!read_slots(in, json_object_get(object, "slots"), h, &sum, ends))
        return false;
    descent_leave(in, at);
    if (!check_histogram(in, h, sum, ends))
        return false;
    descent_leave(in, back);
    return true;
}

/* ---- Rounds ------------------------------------------------------------------------------- */

static bool read_outcomes(struct descent *in, const json_t *step, uint64_t *outcomes)
{
    const json_t *object = descent_object(in, step, "outcomes");

    if (!object)
        return false;
    size_t back = descent_enter(in, "outcomes");
    for (unsigned o = 0; o < OUTCOMES; o++) {
        const json_t *value = json_object_get(object, outcome_infos[o].name);
        size_t        at = descent_enter(in, outcome_infos[o].name);
        if (!json_is_integer(value) || json_integer_value(value) < 0 ||
            json_integer_value(value) > COUNT_MAX)
            return descent_refuse(in, value ? "is not a count" : "is missing");
        outcomes[o] = (uint64_t)json_integer_value(value);
        descent_leave(in, at);
    }
    descent_leave(in, back);
    return true;
}

/* Only correct answers have a latency, and only what was counted can have stayed unanswered. */
static bool check_step(struct descent *in, const struct step_figures *s)
{
    uint64_t unanswered = 0;

    for (unsigned o = 0; o < OUTCOMES; o++)
        if (outcome_infos[o].unanswered)
            unanswered += s->outcomes[o];
    if (s->latency.count > s->outcomes[OUTCOME_CORRECT])
        return descent_refuse(in, "has more latencies than correct answers");
    if (s->latency.unanswered > unanswered)
        return descent_refuse(in, "has more unanswered requests in its latency than in its outcomes");
    return true;
}

static bool read_round_step(struct descent *in, const json_t *step, struct step_figures *out)
{
    if (!json_is_object(step))
        return descent_refuse(in, "is not an object");
    return read_outcomes(in, step, out->outcomes) &&
           members_read(in, step, round_step_members, out) &&
           descent_object(in, step, "latency") &&
           read_histogram(in, json_object_get(step, "latency"), &out->latency) && check_step(in, out);
}

static bool read_round_steps(struct descent *in, const json_t *object, struct round_figures *out)
{
    const json_t *steps = descent_array(in, object, "steps", out->steps_count);

    if (!steps)
        return false;
    if (json_array_size(steps) != out->steps_count)
        return descent_refuse(in, "has %zu steps instead of %u", json_array_size(steps),
                              out->steps_count);
    size_t back = descent_enter(in, "steps");
    for (unsigned s = 0; s < out->steps_count; s++) {
        size_t at = descent_enter_at(in, s);
        if (!read_round_step(in, json_array_get(steps, s), &out->steps[s]))
            return false;
        descent_leave(in, at);
    }
    descent_leave(in, back);
    return true;
}

/* `visited`: one for each block and target. */
static bool check_round(struct descent *in, const struct result *r, const struct round *round,
                        bool *visited)
{
    if (round->target >= r->targets_count || round->place >= r->targets_count)
        return descent_refuse(in, "has target %u and place %u, and there are %u targets",
                              round->target, round->place, r->targets_count);
    if (round->block >= r->blocks)
        return descent_refuse(in, "has block %u, and there are %u blocks", round->block, r->blocks);
    if (round->figures.established > round->figures.asked)
        return descent_refuse(in, "has more connections than were asked");
    bool *seen = &visited[round->block * r->targets_count + round->target];
    if (*seen)
        return descent_refuse(in, "visits target %u in block %u a second time", round->target,
                              round->block);
    return *seen = true;
}

static bool read_rounds(struct descent *in, const json_t *rounds, const struct result *r,
                        struct view *v, bool *visited)
{
    size_t back = descent_enter(in, "rounds");

    for (unsigned i = 0; i < v->rounds_count; i++) {
        size_t        at = descent_enter_at(in, i);
        const json_t *round = json_array_get(rounds, i);
        if (!members_read(in, round, round_members, &v->rounds[i]) ||
            !check_round(in, r, &v->rounds[i], visited) ||
            !read_round_steps(in, round, &v->rounds[i].figures))
            return false;
        descent_leave(in, at);
    }
    descent_leave(in, back);
    return true;
}

static bool read_kind(struct descent *in, const json_t *object, enum view_kind *kind, double *rate)
{
    const char   *name = json_string_value(json_object_get(object, "kind"));
    const json_t *value = json_object_get(object, "rate_per_second");

    *kind = name && str_eq(str_of(name), LIT("open")) ? VIEW_OPEN : VIEW_CLOSED;
    *rate = json_number_value(value);
    if (!name || (*kind == VIEW_CLOSED && !str_eq(str_of(name), LIT("closed"))))
        return descent_refuse(in, "has a kind that is neither \"closed\" nor \"open\"");
    if (*kind == VIEW_CLOSED ? !json_is_null(value) : !(*rate > 0 && *rate <= 1e12))
        return descent_refuse(in, "has a rate_per_second that its kind cannot have");
    return true;
}

static bool read_view(struct descent *in, const json_t *object, struct result *r)
{
    size_t         visits = (size_t)r->blocks * r->targets_count;
    const json_t  *rounds;
    enum view_kind kind;
    double         rate;

    if (!json_is_object(object))
        return descent_refuse(in, "is not an object");
    if (!read_kind(in, object, &kind, &rate))
        return false;
    rounds = descent_array(in, object, "rounds", visits);
    if (!rounds)
        return false;
    unsigned     count = (unsigned)json_array_size(rounds);
    bool        *visited = calloc(visits, sizeof *visited);
    struct view *v = visited ? result_add_view(r, kind, rate, count) : NULL;
    bool         fine = v ? read_rounds(in, rounds, r, v, visited)
                           : descent_refuse(in, "does not fit into memory");
    free(visited);
    return fine;
}

/* ---- Lists -------------------------------------------------------------------------------- */

/* Of an array, its elements one by one. */
typedef bool (*element_reader)(struct descent *in, const json_t *value, unsigned index,
                               struct result *r);

static bool read_list(struct descent *in, const json_t *tree, const char *name, size_t max,
                      element_reader read, struct result *r)
{
    const json_t *array = descent_array(in, tree, name, max);

    if (!array)
        return false;
    size_t back = descent_enter(in, name);
    for (unsigned i = 0; i < json_array_size(array); i++) {
        size_t at = descent_enter_at(in, i);
        if (!read(in, json_array_get(array, i), i, r))
            return false;
        descent_leave(in, at);
    }
    descent_leave(in, back);
    return true;
}

static bool read_step(struct descent *in, const json_t *value, unsigned index, struct result *r)
{
    struct step_row row = { 0 };

    if (!members_read(in, value, step_members, &row))
        return false;
    r->step_names[index] = row.name;
    r->step_measured[index] = row.measured;
    r->steps_count = index + 1;
    return true;
}

static bool read_quantile(struct descent *in, const json_t *value, unsigned index, struct result *r)
{
    double quantile = json_number_value(value);

    if (!json_is_number(value) || !(quantile >= QUANTILE_MIN && quantile < 1))
        return descent_refuse(in, "is not a number from %g to below 1", QUANTILE_MIN);
    r->quantiles[index] = quantile;
    r->quantiles_count = index + 1;
    return true;
}

static bool read_allowed(struct descent *in, const json_t *value, unsigned index, struct result *r)
{
    if (!json_is_string(value))
        return descent_refuse(in, "is not a text");
    struct str name = { json_string_value(value), json_string_length(value) };
    r->allowed[index] = arena_copy(&r->arena, name);
    r->allowed_count = index + 1;
    return true;
}

static bool read_fact(struct descent *in, const json_t *value, unsigned index, struct result *r)
{
    r->facts_count = index + 1;
    return members_read(in, value, fact_members, &r->facts[index]);
}

static bool read_target(struct descent *in, const json_t *value, unsigned index, struct result *r)
{
    struct target_record *target = &r->targets[index];

    if (!members_read(in, value, target_members, target))
        return false;
    for (unsigned t = 0; t < index; t++)
        if (str_eq(r->targets[t].name, target->name))
            return descent_refuse(in, "has the name of another target");
    if (target->control_of >= (int)index)
        return descent_refuse(in, "is the control of a target that does not stand before it");
    r->targets_count = index + 1;
    return true;
}

static bool read_view_at(struct descent *in, const json_t *value, unsigned index, struct result *r)
{
    if (!read_view(in, value, r))
        return false;
    for (unsigned v = 0; v < index; v++)
        if (r->views[v].kind == r->views[index].kind)
            return descent_refuse(in, "is of the kind of another view");
    return true;
}

static bool check_format(struct descent *in, const json_t *tree)
{
    const json_t *format = json_object_get(tree, "joust");

    if (!json_is_integer(format))
        return descent_refuse(in, "is not a result of joust: \"joust\" with the number of its "
                                  "format is missing");
    if (json_integer_value(format) != RESULT_FORMAT)
        return descent_refuse(in, "has format %lld, and this joust reads format %d",
                              (long long)json_integer_value(format), RESULT_FORMAT);
    return true;
}

static bool check_measured(struct descent *in, const struct result *r)
{
    for (unsigned s = 0; s < r->steps_count; s++)
        if (r->step_measured[s])
            return r->targets_count > 0 || descent_refuse(in, "has no targets");
    return descent_refuse(in, "has no step that is measured");
}

bool result_from_tree(const json_t *tree, struct result *out, struct buf *why)
{
    char           place[200];
    struct descent in = { &out->arena, why, buf_fixed(place, sizeof place) };

    return check_format(&in, tree) && members_read(&in, tree, result_members, out) &&
           read_list(&in, tree, "quantiles", QUANTILES_MAX, read_quantile, out) &&
           read_list(&in, tree, "allowed_gates", GATES_MAX, read_allowed, out) &&
           read_list(&in, tree, "steps", STEPS_MAX, read_step, out) &&
           read_list(&in, tree, "environment", FACTS_MAX, read_fact, out) &&
           read_list(&in, tree, "targets", TARGETS_MAX, read_target, out) &&
           check_measured(&in, out) &&
           read_list(&in, tree, "views", VIEWS_MAX, read_view_at, out) &&
           (!out->arena.failed || descent_refuse(&in, "does not fit into memory"));
}
