/* answers.c: do the targets do the same work?  And what will each be held to under load?
 *
 * Each target goes through its plan once before anything is measured, and once more where the
 * requests do not differ: what it answers alike both times, it must answer always. */
#include "joust/lineup.h"

struct heard {                  /* an answer to one step */
    int        status;
    struct str media_type, body;
};

struct pass {                   /* through the steps of a plan */
    const struct contestant *contestant;
    struct arena            *arena;
    struct str               values[VARIABLES_MAX];
    struct rng               rng;
    struct heard             heard[STEPS_MAX];
};

static struct filling filling_of(struct pass *p)
{
    return (struct filling){ .seq = p->contestant->next_seq, .rng = &p->rng, .values = p->values };
}

static void make_lets(struct pass *p)
{
    struct filling f = filling_of(p);
    struct buf     text = buf_growing(64 * 1024);

    plan_make_lets(&p->contestant->plan, &f, &text, p->arena, p->values);
    buf_close(&text);
}

static bool ask_step(struct pass *p, unsigned i, int64_t timeout_ns, struct buf *why)
{
    const struct step *s = &p->contestant->plan.steps[i];
    struct filling     f = filling_of(p);
    struct buf         media_type = buf_growing(1024), body = buf_growing(16 * 1024 * 1024);
    struct heard      *h = &p->heard[i];

    bool done = visit_ask(&p->contestant->plan, s, &f, timeout_ns, &h->status, &media_type, &body, why);
    h->media_type = arena_copy(p->arena, buf_str(&media_type));
    h->body = arena_copy(p->arena, buf_str(&body));
    buf_close(&media_type);
    buf_close(&body);
    for (unsigned k = 0; done && k < s->takes_count; k++)
        p->values[s->takes[k].variable] = body_take(h->body, s->takes[k].pointer, p->arena);
    return done;
}

/* "log in: ", where there are several. */
static void name_step(const struct plan *p, unsigned i, struct buf *why)
{
    if (p->steps_count > 1)
        buf_format(why, "%.*s: ", STR_ARG(p->steps[i].name));
}

static bool check_status(const struct lineup *l, unsigned target, unsigned i, const struct pass *p,
                         bool again, struct buf *why)
{
    const struct expect *e = &l->contestants[target].expects[i];
    int                  status = p->heard[i].status;

    if (expect_status(e, status))
        return true;
    buf_format(why, "%.*s: ", STR_ARG(l->options->targets[target].name));
    name_step(&l->contestants[target].plan, i, why);
    if (again)
        buf_format(why, "answered %d the second time: a request that succeeds only once needs a {{random}}",
                   status);
    else if (e->status)
        buf_format(why, "answered %d, not %d", status, e->status);
    else
        buf_format(why, "answered %d, which is no success (--expect %d, if it is meant)", status, status);
    return false;
}

static bool walk(struct lineup *l, unsigned target, struct pass *p, bool again, struct buf *why)
{
    struct contestant *c = &l->contestants[target];

    p->contestant = c;
    p->arena = &l->arena;
    make_lets(p);
    for (unsigned i = 0; i < c->plan.steps_count; i++) {
        struct buf said = buf_growing(512);
        bool       asked = ask_step(p, i, l->options->timeout_ns, &said);
        if (!asked)
            buf_format(why, "%.*s: %.*s", STR_ARG(l->options->targets[target].name), STR_ARG(buf_str(&said)));
        buf_close(&said);
        if (!asked || !check_status(l, target, i, p, again, why))
            return false;
    }
    c->next_seq++;
    return true;
}

static enum expect_body how_held(const struct options *o, bool fixed, bool same)
{
    if (o->no_body_check)
        return BODY_UNCHECKED;
    if (!fixed)
        return BODY_ALIKE;
    if (o->ignored.count)
        return BODY_EQUAL;
    return same ? BODY_SAME : BODY_ALIKE;
}

static bool hold(struct lineup *l, unsigned target, struct pass *first, struct buf *why)
{
    struct contestant *c = &l->contestants[target];
    struct pass        second = { .rng = first->rng };

    for (unsigned i = 0; i < c->plan.steps_count; i++)
        c->expects[i] = (struct expect){ .status = c->plan.steps[i].expect, .ignored = l->options->ignored };
    if (!walk(l, target, first, false, why) || (c->plan.fixed && !walk(l, target, &second, true, why)))
        return false;
    for (unsigned i = 0; i < c->plan.steps_count; i++) {
        c->expects[i].body = first->heard[i].body;
        c->expects[i].how = how_held(l->options, c->plan.fixed, str_eq(first->heard[i].body, second.heard[i].body));
    }
    return true;
}

/* One sentence in `says` when they differ. */
static bool same_work(const struct lineup *l, const struct pass *a, const struct pass *b, unsigned i,
                      struct buf *says)
{
    const struct heard *x = &a->heard[i], *y = &b->heard[i];

    name_step(&a->contestant->plan, i, says);
    if (x->status != y->status) {
        buf_format(says, "it answers %d, the first target %d", y->status, x->status);
        return false;
    }
    if (!str_eq_nocase(x->media_type, y->media_type)) {
        buf_format(says, "its answer is %.*s, the first target's %.*s",
                   STR_ARG(y->media_type.len ? y->media_type : LIT("of no media type")),
                   STR_ARG(x->media_type.len ? x->media_type : LIT("of none")));
        return false;
    }
    if (l->options->no_body_check)
        return true;
    return bodies_agree(y->body, x->body, a->contestant->plan.fixed ? BODY_EQUAL : BODY_ALIKE, &l->options->ignored, says);
}

static void compare(const struct lineup *l, const struct pass *first, const struct pass *other,
                    struct target_record *record, struct arena *arena)
{
    struct buf says = buf_growing(4096);

    for (unsigned i = 0; i < first->contestant->plan.steps_count && !record->differs.at; i++) {
        buf_reset(&says);
        if (!same_work(l, first, other, i, &says))
            record->differs = arena_copy(arena, buf_str(&says));
    }
    buf_close(&says);
}

static void note(struct target_record *record, const struct pass *p, struct arena *arena)
{
    const struct heard *last = &p->heard[p->contestant->plan.steps_count - 1];

    record->status = last->status;
    record->media_type = arena_copy(arena, last->media_type);
    record->body_bytes = last->body.len;
}

bool lineup_compare_answers(struct lineup *l, struct result *r, struct buf *why)
{
    struct pass first = { 0 };

    for (unsigned i = 0; i < l->count; i++) {
        struct pass pass = { .rng = rng_seeded(l->options->seed ^ (i + 1)) };
        if (r->targets[i].control_of >= 0) {
            note(&r->targets[i], &first, &r->arena);
            continue;
        }
        if (!hold(l, i, &pass, why))
            return false;
        note(&r->targets[i], &pass, &r->arena);
        if (i == 0)
            first = pass;
        else
            compare(l, &first, &pass, &r->targets[i], &r->arena);
    }
    return true;
}
