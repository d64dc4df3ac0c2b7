/* ceiling.c: the generator against a server that does nothing, before the rounds.
 *
 * Of several visits the best counts: what else goes on can only take from what the generator can. */
#include "joust/ceiling.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "load/null_server.h"

enum { NS_PER_MS = 1000000, VISITS = 3, WINDOW_MS = 200, SETTLE_MS = 50, CONNECTIONS_PER_MS = 5 };

/* The last measured step: the one that a connection repeats most. */
static const struct step *typical_step(const struct plan *p)
{
    return &p->steps[p->steps_count - 1];
}

static bool make_plan(const struct lineup *l, uint16_t port, struct plan *out, struct buf *why)
{
    const struct plan       *first = &l->contestants[0].plan;
    char                     text[64];
    struct buf               url_text = buf_fixed(text, sizeof text);

    *out = *first;
    out->steps[0] = *typical_step(first);
    out->steps[0].once = false;
    out->steps[0].takes_count = 0;
    out->steps_count = 1;
    out->lets_count = 0;
    buf_format(&url_text, "http://127.0.0.1:%u/", port);
    return url_parse(buf_str(&url_text), &out->url, why);
}

/* Long enough for each connection to be answered several times. */
static int64_t window_ns(const struct options *o)
{
    return (WINDOW_MS + o->connections / CONNECTIONS_PER_MS) * (int64_t)NS_PER_MS;
}

/* One that fails there says nothing about the generator. */
static bool is_understood(const struct round_figures *f)
{
    return outcomes_failed(f->steps[0].outcomes) <= f->steps[0].completed / 1000;
}

/* One visit. */
static bool drive(struct lineup *l, struct result *r, const struct plan *plan,
                  const atomic_int *stop, struct buf *why)
{
    const struct options      *o = l->options;
    const struct visit_watcher nobody = { 0 };
    const struct expect        anything = { .status = 200 };
    struct round_figures       figures = { .steps_count = 1 };
    int64_t                    warmed;
    const struct visit         v = {
        .plan = plan,
        .expects = &anything,
        .connections = (unsigned)o->connections,
        .threads = (unsigned)o->threads,
        .settle_ns = SETTLE_MS * (int64_t)NS_PER_MS,
        .window_ns = window_ns(o),
        .timeout_ns = o->timeout_ns,
        .seed = o->seed,
        .stop = stop,
        .cpus = o->pinned ? &o->generator_cpus : NULL,
    };

    if (!histogram_open(&figures.steps[0].latency)) {
        buf_add(why, LIT("no memory"));
        return false;
    }
    bool   done = visit_run(&v, &nobody, &figures, &warmed, why) == VISIT_DONE;
    double rate = done ? (double)figures.steps[0].completed * 1e9 / (double)figures.window_ns : 0;
    if (rate > r->ceiling && is_understood(&figures)) {
        r->ceiling = rate;
        r->floor_ns = histogram_quantile(&figures.steps[0].latency, 0.5).ns;
    }
    histogram_close(&figures.steps[0].latency);
    return done;
}

bool ceiling_measure(struct lineup *l, struct result *r, const atomic_int *stop,
                     struct buf *why)
{
    const struct contestant *first = &l->contestants[0];
    const struct null_server server = {
        .listen = LIT("127.0.0.1:0"),
        .body = first->expects[first->plan.steps_count - 1].body,
        .processes = (unsigned)l->options->threads,
    };
    struct plan              plan;
    uint16_t                 port;

    int pid = null_server_spawn(&server, &port);
    if (pid < 0) {
        buf_format(why, "the do-nothing server did not start: %s", strerror(errno));
        return false;
    }
    const struct process_tree tree = { .root = pid };
    if (l->options->pinned)
        (void)process_pin(&tree, &l->options->server_cpus);
    bool done = make_plan(l, port, &plan, why);
    for (int i = 0; done && i < VISITS; i++)
        done = drive(l, r, &plan, stop, why);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return done;
}
