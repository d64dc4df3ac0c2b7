/* joust/analysis.h: from a result's rounds to figures, gates and verdicts (docs/joust.md).
 *
 * A pure function of the result, resampling seeded by the result's seed: a file read back gives
 * the same analysis. */
#pragma once
#include "joust/result.h"
#include "stats/verdict.h"

enum metric { METRIC_THROUGHPUT, METRIC_P50, METRIC_P99, METRIC_CPU, METRICS };

struct metric_info {
    const char *name;           /* "p99", "CPU a request" */
    const char *key;            /* "throughput", "p50", "p99", "cpu": in files and --fail-if */
    const char *unit;           /* of the figures below: "requests/s", "ns" */
    bool        more_is_better;
    const char *better, *worse; /* "faster", "slower"; "cheaper", "dearer" */
    const char *good, *bad;     /* "fast", "slow": so many times as … */
};
extern const struct metric_info metric_infos[METRICS];

struct step_summary {
    uint64_t         outcomes[OUTCOMES];
    struct histogram latency;   /* all rounds */
};

struct target_figures {
    struct estimate metrics[METRICS];           /* requests/s, ns, ns, ns a request */
    struct estimate mean;                       /* ns */
    struct estimate quantiles[QUANTILES_MAX];   /* of result.quantiles */
    int64_t         memory_bytes;               /* greatest; -1 unknown */
    uint64_t        outcomes[OUTCOMES];
    uint64_t        sent;                       /* settling and drain included */
    uint64_t        attempts, failures;         /* of the windows */
    uint64_t        reconnects;
    double          generator_busy;             /* CPU time of a driving thread per wall time, 0 to 1 */
    struct histogram latency;                   /* all measured steps and rounds */
    struct step_summary steps[STEPS_MAX];
};

/* One pair and metric; `ratio` is a's figure over b's. */
struct comparison {
    unsigned       a, b;
    enum metric    metric;
    struct ratio   ratio;
    double         adjusted_p;
    struct verdict verdict;
    const char    *void_by;     /* the gate that withholds it, or NULL */
};

struct gate {
    const char *name;           /* "ceiling" */
    unsigned    target;
    double      figure, limit;
    bool        broken, allowed;
    bool        voids[METRICS];
    struct str  says;           /* one sentence with the figure */
};

enum { COMPARISONS_MAX = METRICS * TARGETS_MAX * (TARGETS_MAX - 1) / 2, GATE_ROWS_MAX = 7 * TARGETS_MAX };

struct view_analysis {
    struct target_figures targets[TARGETS_MAX];
    struct comparison     comparisons[COMPARISONS_MAX]; /* pairs in the order of targets; the control with its own too */
    unsigned              comparisons_count;
    struct gate           gates[GATE_ROWS_MAX];
    unsigned              gates_count;
    double                noise[METRICS];       /* relative, of the control; 0 without one, INFINITY when it found none */
};

struct analysis {
    struct arena         arena;
    struct view_analysis views[VIEWS_MAX];
    bool                 valid;                 /* no gate_invalidates() */
};

bool analysis_make(const struct result *r, struct analysis *out) __attribute__((warn_unused_result)); /* false: no memory */
void analysis_close(struct analysis *a);

/* Is it broken, not allowed, and does it void more than a metric or two: throughput too?  Without
 * that nothing is worth to be known; without a p99 the rest is. */
bool gate_invalidates(const struct gate *g);

/* "postern is faster than axum by 12.3 % [10.1 to 14.6]", "equivalent …", "undecided …, about 12 more
 * rounds", "no verdict: …".  */
void comparison_say(const struct result *r, const struct comparison *c, struct buf *out);

/* What the comparison of metric `m` between `a` and `b` is, whichever stands first; NULL when
 * there is none. */
const struct comparison *analysis_find(const struct view_analysis *v, unsigned a, unsigned b,
                                       enum metric m);
