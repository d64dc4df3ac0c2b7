/* joust/threshold.h: --fail-if, for CI.
 *
 *   [NAME:]METRIC(>|<)VALUE[UNIT]   a figure of each target, or of that one: p99>20ms, cpu>15us,
 *                                   throughput<1000, failures>0.1%, memory>64MiB, p99.9>50ms
 *   slower>P%                       a verdict: the first target (or NAME) is worse than another by
 *                                   more than P %, in throughput, p50 or p99; dearer>P%: in CPU */
#pragma once
#include "joust/analysis.h"

enum threshold_kind { THRESHOLD_FIGURE, THRESHOLD_REGRESSION };

struct threshold {
    enum threshold_kind kind;
    struct str          text, name;     /* name: of a target, or none */
    struct str          metric;
    bool                above;          /* fails when above the value, else when below */
    double              value;          /* in ns, requests/s, bytes, or relative */
};

/* False: one sentence in `why`. */
bool threshold_parse(struct str text, struct threshold *out, struct buf *why);

/* Can it be judged of these targets?  False before a campaign rather than crossed after it: one
 * sentence in `why` when it names none of them, or asks for a verdict on one that has no rival. */
bool threshold_check(const struct threshold *t, const struct options *o, struct buf *why);

/* Is it crossed?  Then one sentence for each target that does is added to `says`.  What is not
 * known is crossed: a gate that measured nothing must not pass. */
bool threshold_crossed(const struct threshold *t, const struct result *r, const struct analysis *a,
                       struct buf *says);
