/* result.c: memory for what a campaign found: texts in the arena, rounds and histograms apart. */
#include "joust/result.h"

#include <stdlib.h>

#include "base/check.h"

enum { RESULT_BYTES_MAX = 16 << 20 };

static void close_rounds(struct view *v)
{
    view_keep_rounds(v, 0);
    free(v->rounds);
    *v = (struct view){ 0 };
}

static bool open_round(struct round *round, unsigned steps_count)
{
    round->server_cpu_ns = -1;
    round->memory_bytes = -1;
    round->figures.steps_count = steps_count;
    for (unsigned s = 0; s < steps_count; s++)
        if (!histogram_open(&round->figures.steps[s].latency))
            return false;
    return true;
}

struct result result_new(void)
{
    struct result r = { .arena = arena_new(RESULT_BYTES_MAX), .confidence = 0.95 };

    for (unsigned t = 0; t < TARGETS_MAX; t++)
        r.targets[t].control_of = -1;
    return r;
}

void result_close(struct result *r)
{
    for (unsigned v = 0; v < VIEWS_MAX; v++)
        close_rounds(&r->views[v]);
    arena_close(&r->arena);
    *r = (struct result){ 0 };
}

bool result_is_control(const struct result *r, unsigned target)
{
    return r->targets[target].control_of >= 0;
}

/* What exceeds FACTS_MAX is left out: a fact is worth no more than the page that shows it. */
void result_add_fact(struct result *r, const char *name, struct str value)
{
    if (r->facts_count < FACTS_MAX)
        r->facts[r->facts_count++] = (struct fact){ arena_copy(&r->arena, str_of(name)),
                                                    arena_copy(&r->arena, value) };
}

struct view *result_add_view(struct result *r, enum view_kind kind, double rate,
                             unsigned rounds_count)
{
    struct view *v = &r->views[r->views_count];

    CHECK(r->views_count < VIEWS_MAX);
    CHECK(r->steps_count > 0 && r->steps_count <= STEPS_MAX);
    *v = (struct view){ kind, rate, calloc(rounds_count ? rounds_count : 1, sizeof *v->rounds),
                        rounds_count };
    if (!v->rounds) {
        *v = (struct view){ 0 };
        return NULL;
    }
    for (unsigned i = 0; i < rounds_count; i++)
        if (!open_round(&v->rounds[i], r->steps_count)) {
            close_rounds(v);
            return NULL;
        }
    r->views_count++;
    return v;
}

bool result_allows(const struct result *r, struct str gate)
{
    for (unsigned i = 0; i < r->allowed_count; i++)
        if (str_eq(r->allowed[i], gate))
            return true;
    return false;
}

void view_keep_rounds(struct view *v, unsigned rounds_count)
{
    for (unsigned i = rounds_count; i < v->rounds_count; i++)
        for (unsigned s = 0; s < STEPS_MAX; s++)
            histogram_close(&v->rounds[i].figures.steps[s].latency);
    v->rounds_count = rounds_count;
}
