/* burn.c: CPU time spent on purpose.
 *
 * It spins until the monotonic clock has gone on.  What interrupts and a hypervisor take in between
 * is charged to the thread, so it counts; a thread that is taken off the CPU burns less, which
 * happens seldom in the microseconds that this is for.  A loop of fixed length would burn more or
 * less as the CPU's speed changes. */
#include "load/burn.h"

#include <math.h>
#include <stdlib.h>

#include "load/clocks.h"

enum {
    MEASURES = 25,              /* their lower quartile is taken: noise only adds */
    MEASURE_NS = 2000000,
    OVER_NS_MAX = 150,
    SAMPLE_NS = 500,
};

void burn(int64_t work_ns)
{
    if (work_ns <= 0)
        return;
    int64_t end = now_ns() + work_ns;
    while (now_ns() < end)
        continue;
}

static double measure_burn_ns(int64_t work_ns, int64_t calls)
{
    int64_t begin = thread_cpu_ns();

    for (int64_t i = 0; i < calls; i++)
        burn(work_ns);
    return (double)(thread_cpu_ns() - begin) / (double)calls;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* What runs over is a call's, whatever is asked of it, and is found with little work: found with much
 * it would be a small difference of large, noisy figures, and two servers with the same work would
 * not be the same. */
int64_t burn_calibrate(int64_t work_ns)
{
    double  measures[MEASURES];
    int64_t sample_ns = work_ns < SAMPLE_NS ? work_ns : SAMPLE_NS;

    if (work_ns <= 0)
        return 0;
    for (int i = 0; i < MEASURES; i++)
        measures[i] = measure_burn_ns(sample_ns, MEASURE_NS / sample_ns + 1);
    qsort(measures, MEASURES, sizeof *measures, compare_doubles);
    int64_t over_ns = (int64_t)lround(measures[MEASURES / 4]) - sample_ns;
    over_ns = over_ns < OVER_NS_MAX ? over_ns : OVER_NS_MAX;    /* what is above is not the loop's */
    return over_ns < work_ns ? work_ns - over_ns : 1;
}
