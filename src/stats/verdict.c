/* verdict.c: a ratio's verdict, and how far it is from one.
 *
 * Differences are measured on the logarithm, so that 2 % more of a than of b and 2 % more of b
 * than of a are the same distance.  How many more rounds are needed is found by asking of each
 * number whether it would do, on the assumption that the estimate stays where it is and that
 * rounds scatter as they did. */
#include <math.h>

#include "stats/student.h"
#include "stats/verdict.h"

enum { MORE_ROUNDS_MAX = 10000 };

/* What the interval has to come to, and how it narrows. */
struct aim {
    const struct ratio *ratio;
    double              distance;   /* of the estimate from 1, on the logarithm */
    double              share;      /* EQUIVALENT: how much of its width the interval may keep */
    double              level;      /* a difference: what p must be below, before the correction */
    double              confidence;
};

/* The greater by the less, whichever is which: at least 1. */
static double size_of(const struct ratio *r)
{
    return fmax(r->estimate, 1 / r->estimate);
}

static double freedom_after(const struct ratio *r, double rounds)
{
    return r->freedom * (rounds - 1) / ((double)r->rounds - 1);
}

/* The width of the interval after so many rounds in all, as a share of its width now. */
static double width_after(const struct aim *a, double rounds)
{
    double p = (1 + a->confidence) / 2;
    double narrower = student_quantile(p, freedom_after(a->ratio, rounds)) /
                      student_quantile(p, a->ratio->freedom);

    return narrower * sqrt((double)a->ratio->rounds / rounds);
}

/* The interval excludes 1, and p, corrected as it was, is small enough. */
static bool would_differ(const struct aim *a, double rounds)
{
    const struct ratio *r = a->ratio;
    double side = r->estimate > 1 ? log(r->estimate / r->low) : log(r->high / r->estimate);
    double error = r->log_error * sqrt((double)r->rounds / rounds);
    double t = student_quantile(1 - a->level / 2, freedom_after(r, rounds));

    return side * width_after(a, rounds) < a->distance && t * error < a->distance;
}

static bool would_do(const struct aim *a, double rounds)
{
    return a->share > 0 ? width_after(a, rounds) <= a->share : would_differ(a, rounds);
}

static unsigned search_rounds(const struct aim *a)
{
    unsigned from = 1, to = MORE_ROUNDS_MAX;

    while (from < to) {
        unsigned middle = from + (to - from) / 2;
        if (would_do(a, (double)a->ratio->rounds + middle))
            to = middle;
        else
            from = middle + 1;
    }
    return to;
}

/* How much of each half must go so that both ends lie inside the margin. */
static double share_inside(const struct ratio *r, double margin)
{
    double at = log(r->estimate), edge = log1p(margin);

    return fmin((edge - at) / log(r->high / r->estimate), (edge + at) / log(r->estimate / r->low));
}

/* Holm's factor: how much the correction made of p. */
static double level_before(const struct ratio *r, double adjusted_p, double confidence)
{
    double factor = r->p > 0 ? adjusted_p / r->p : 1;

    return (1 - confidence) / fmax(1, factor);
}

/* An estimate on the edge, or between the margin and the noise, stays there however many rounds. */
static unsigned more_rounds(const struct ratio *r, double adjusted_p, double margin, double noise,
                            double confidence)
{
    struct aim a = { .ratio = r, .distance = log(size_of(r)), .confidence = confidence };

    if (r->rounds < 2 || !isfinite(r->high) || !(r->low > 0) || !(r->low < r->high))
        return 0;
    if (size_of(r) > 1 + fmax(margin, noise))
        a.level = level_before(r, adjusted_p, confidence);
    else if (size_of(r) < 1 + margin)
        a.share = share_inside(r, margin);
    else
        return 0;
    return search_rounds(&a);
}

static bool differs(const struct ratio *r, double adjusted_p, double margin, double noise,
                    double confidence)
{
    return adjusted_p < 1 - confidence && (r->low > 1 || r->high < 1) &&
           size_of(r) > 1 + fmax(margin, noise);
}

static bool lies_inside(const struct ratio *r, double margin)
{
    return r->low >= 1 / (1 + margin) && r->high <= 1 + margin;
}

struct verdict verdict_of(const struct ratio *r, double adjusted_p, double margin, double noise,
                          double confidence)
{
    if (!r->known)
        return (struct verdict){ .kind = VERDICT_UNKNOWN };
    if (differs(r, adjusted_p, margin, noise, confidence))
        return (struct verdict){ .kind = r->estimate > 1 ? VERDICT_HIGHER : VERDICT_LOWER };
    if (lies_inside(r, margin))
        return (struct verdict){ .kind = VERDICT_EQUIVALENT };
    return (struct verdict){
        .kind = VERDICT_UNDECIDED,
        .more_rounds = more_rounds(r, adjusted_p, margin, noise, confidence),
    };
}
