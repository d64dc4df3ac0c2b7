/* stats/verdict.h: what may be said about a ratio.  Pure. */
#pragma once
#include "stats/ratio.h"

enum verdict_kind {
    VERDICT_UNKNOWN,        /* nothing to say it from */
    VERDICT_HIGHER,         /* a's figure is higher than b's by more than margin and noise */
    VERDICT_LOWER,
    VERDICT_EQUIVALENT,     /* the whole interval lies inside the margin */
    VERDICT_UNDECIDED,
};

struct verdict {
    enum verdict_kind kind;
    unsigned          more_rounds;      /* UNDECIDED: about so many until it may be said; 0: cannot say */
};

/* `adjusted_p`: after Holm's correction.  `margin` and `noise` are relative: 0.02 is 2 %. */
struct verdict verdict_of(const struct ratio *r, double adjusted_p, double margin, double noise,
                          double confidence);
