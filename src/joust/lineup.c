/* lineup.c: from what the command line says of a target to one that is up and ready. */
#include "joust/lineup.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

enum { LINEUP_BYTES_MAX = 64 * 1024 * 1024, ANSWER_SHOWN_BYTES = 16 * 1024 * 1024, NS_PER_S = 1000000000,
       HISTOGRAMS_MAX = 20000 };

static struct request_options request_of(const struct options *o)
{
    return (struct request_options){
        .method = o->method,
        .headers = (struct str *)o->headers,
        .headers_count = o->headers_count,
        .body = o->body,
        .expect = o->expect,
        .requests_per_connection = (unsigned)o->requests_per_connection,
    };
}

/* What went wrong becomes "NAME: what went wrong". */
static bool blame(const struct target_option *t, struct str what, struct buf *why)
{
    struct buf whole = buf_growing(why->bytes_max);

    buf_add(&whole, t->name);
    buf_add(&whole, LIT(": "));
    buf_add(&whole, what);
    buf_reset(why);
    buf_add(why, buf_str(&whole));
    buf_close(&whole);
    return false;
}

static bool make_plan(struct lineup *l, unsigned i, struct buf *why)
{
    const struct options       *o = l->options;
    const struct request_options request = request_of(o);
    struct plan                *plan = &l->contestants[i].plan;
    struct url                  url;

    bool made = url_parse(o->targets[i].url, &url, why) &&
                (o->scenario.at ? plan_scenario(&url, &request, o->scenario, &l->arena, plan, why)
                                : plan_request(&url, &request, &l->arena, plan, why));
    return made || blame(&o->targets[i], buf_str(why), why);
}

/* What nobody starts here is up, or never, unless --ready-timeout was given. */
static bool answers_at_all(const struct lineup *l, const struct plan *plan, struct buf *why)
{
    struct rng     rng = rng_seeded(l->options->seed);
    struct str     values[VARIABLES_MAX] = { 0 };
    struct filling f = { .rng = &rng, .values = values };
    struct buf     media_type = buf_growing(1024), body = buf_growing(ANSWER_SHOWN_BYTES);
    int            status;

    bool answered = visit_ask(plan, &plan->steps[0], &f, l->options->timeout_ns, &status, &media_type, &body, why);
    buf_close(&media_type);
    buf_close(&body);
    return answered;
}

/* Whatever answers before the command has been started is not what it starts. */
static bool start(struct lineup *l, unsigned i, struct buf *why)
{
    const struct target_option *t = &l->options->targets[i];
    const cpu_set_t            *cpus = l->options->pinned ? &l->options->server_cpus : NULL;

    if (!t->command.at)
        return true;
    if (answers_at_all(l, &l->contestants[i].plan, why))
        return blame(t, LIT("something answers there before its command has been started"), why);
    buf_reset(why);
    return runner_start(&l->contestants[i].runner, t->command, cpus, l->options->files_found) || blame(t, str_of(strerror(errno)), why);
}

static bool wait_ready(struct lineup *l, unsigned i, struct progress *p, struct buf *why)
{
    const struct target_option *t = &l->options->targets[i];
    struct contestant          *c = &l->contestants[i];
    int64_t                     begin = clock_monotonic_ns(&system_clock);

    if (!t->command.at && !l->options->ready_timeout_given)
        return answers_at_all(l, &c->plan, why) || blame(t, buf_str(why), why);
    if (!runner_wait_ready(t->command.at ? &c->runner : NULL, &c->plan, l->options->ready_timeout_ns, l->stop, why))
        return blame(t, buf_str(why), why);
    progress_say(p, "%.*s: ready after %.2f s", STR_ARG(t->name), (double)(clock_monotonic_ns(&system_clock) - begin) / NS_PER_S);
    return true;
}

/* A process that is named must be there, which is known before anything is started. */
static bool find_named(struct lineup *l, unsigned i, struct buf *why)
{
    const struct target_option *t = &l->options->targets[i];

    return !t->pid || process_find((pid_t)t->pid, &l->contestants[i].tree, why) || blame(t, buf_str(why), why);
}

static bool find_listening(struct lineup *l, unsigned i, unsigned own, struct buf *why)
{
    struct url others[TARGETS_MAX];
    unsigned   count = 0;

    for (unsigned k = 0; k < own; k++)
        if (k != i)
            others[count++] = l->contestants[k].plan.url;
    return process_find_listening(&l->contestants[i].plan.url, others, count, &l->contestants[i].tree, why);
}

/* A shell that waits for the server is not what is compared. */
static void note_program(const struct contestant *c, struct target_record *record, struct arena *arena)
{
    pid_t               listener = process_listener(&c->tree, &c->plan.url);
    struct process_tree server = listener ? (struct process_tree){ .root = listener } : c->tree;

    record->program = process_program(&server, arena);
    record->program_hash = process_program_hash(&server, arena);
}

/* Below the command, unless that has made a daemon of its server. */
static struct process_tree started_tree(const struct contestant *c)
{
    const struct process_tree all = { .root = c->runner.supervisor };
    struct process_tree       below = { c->runner.pid, process_started(c->runner.pid) };

    if (process_listener(&below, &c->plan.url))
        return below;
    pid_t daemon = process_listener(&all, &c->plan.url);
    return daemon ? (struct process_tree){ daemon, process_started(daemon) } : below;
}

/* A cost that cannot be known is no mistake; a pinning that was asked for and fails is. */
static bool find_processes(struct lineup *l, unsigned i, unsigned own, struct result *r, struct buf *why)
{
    const struct target_option *t = &l->options->targets[i];
    struct contestant          *c = &l->contestants[i];
    struct target_record       *record = &r->targets[i];

    if (t->command.at)
        c->tree = started_tree(c);
    else if (!t->pid && !find_listening(l, i, own, why))
        record->cost_unknown = arena_copy(&r->arena, buf_str(why));
    buf_reset(why);
    if (!c->tree.root && l->options->pinned)
        return blame(t, arena_format(&l->arena, "cannot be pinned: %.*s", STR_ARG(record->cost_unknown)), why);
    if (!c->tree.root)
        return true;
    if (process_cpu_ns(&c->tree) < 0)
        return blame(t, arena_format(&l->arena, "there is no process %d that joust may read", (int)c->tree.root), why);
    note_program(c, record, &r->arena);
    if (l->options->pinned && !pinning_open(&c->pinning, &c->tree, &l->options->server_cpus))
        return blame(t, arena_format(&l->arena, "cannot be pinned: %s", strerror(errno)), why);
    return true;
}

/* Each is visited alone, so that its CPU time is nearly its own; its memory is not. */
static void note_overlap(const struct lineup *l, unsigned own, struct progress *p)
{
    for (unsigned a = 0; a < own; a++)
        for (unsigned b = a + 1; b < own; b++)
            if (process_overlap(&l->contestants[a].tree, &l->contestants[b].tree))
                progress_say(p, "%.*s and %.*s share processes: the memory of one counts for both", STR_ARG(l->options->targets[a].name),
                             STR_ARG(l->options->targets[b].name));
}

static void add_record(const struct options *o, unsigned i, struct result *r)
{
    bool is_control = o->control && i + 1 == o->targets_count;

    r->targets[i] = (struct target_record){
        .name = arena_copy(&r->arena, o->targets[i].name),
        .url = arena_copy(&r->arena, o->targets[i].url),
        .command = arena_copy(&r->arena, o->targets[i].command),
        .control_of = is_control ? 0 : -1,
    };
    r->targets_count = i + 1;
}

static void add_steps(const struct plan *p, struct result *r)
{
    r->steps_count = p->steps_count;
    for (unsigned i = 0; i < p->steps_count; i++) {
        r->step_names[i] = arena_copy(&r->arena, p->steps[i].name);
        r->step_measured[i] = !p->steps[i].once;
    }
}

/* Each visit keeps a histogram for each step. */
static bool check_size(const struct result *r, int64_t blocks, struct buf *why)
{
    int64_t count = r->targets_count * blocks * r->steps_count;

    if (count <= HISTOGRAMS_MAX)
        return true;
    buf_format(why, "%u targets x %lld blocks x %u steps are %lld histograms to keep; at most %d can be: "
               "fewer --blocks", r->targets_count, (long long)blocks, r->steps_count,
               (long long)count, HISTOGRAMS_MAX);
    return false;
}

bool lineup_open(struct lineup *l, const struct options *o, struct result *r, struct progress *p,
                 const atomic_int *stop, struct buf *why)
{
    unsigned own = o->targets_count - o->control;

    *l = (struct lineup){ .arena = arena_new(LINEUP_BYTES_MAX), .options = o, .count = o->targets_count, .stop = stop };
    for (unsigned i = 0; i < l->count; i++) {
        l->contestants[i].runner.log = -1;
        l->contestants[i].next_seq = 1;
        add_record(o, i, r);
        if (i < own && !make_plan(l, i, why))
            return false;
    }
    add_steps(&l->contestants[0].plan, r);
    if (!check_size(r, o->blocks, why))
        return false;
    for (unsigned i = 0; i < own; i++)
        if (!find_named(l, i, why))
            return false;
    for (unsigned i = 0; i < own; i++)
        if (!start(l, i, why))
            return false;
    for (unsigned i = 0; i < own; i++)
        if (!wait_ready(l, i, p, why))
            return false;
    for (unsigned i = 0; i < own; i++)
        if (!find_processes(l, i, own, r, why))
            return false;
    note_overlap(l, own, p);
    if (o->control)
        r->targets[own].cost_unknown = r->targets[0].cost_unknown;
    return true;
}

struct contestant *lineup_contestant(struct lineup *l, const struct result *r, unsigned target)
{
    int original = r->targets[target].control_of;

    return &l->contestants[original >= 0 ? (unsigned)original : target];
}

void lineup_close(struct lineup *l)
{
    for (unsigned i = l->count; i-- > 0;)       /* the other way round: they may share threads */
        pinning_close(&l->contestants[i].pinning);
    for (unsigned i = 0; i < l->count; i++)
        runner_stop(&l->contestants[i].runner, l->stop);
    arena_close(&l->arena);
}
