/* schedule.c: due times are computed from their number, so that no rounding adds up. */
#include "load/schedule.h"

enum { LATE_NS = 1000000 };

struct schedule schedule_new(int64_t begin_ns, double rate, unsigned thread, unsigned threads)
{
    return (struct schedule){
        .begin_ns = begin_ns,
        .offset_ns = 1e9 * thread / rate,
        .interval_ns = 1e9 * threads / rate,
        .blocked_ns = INT64_MIN,
    };
}

int64_t schedule_due_ns(const struct schedule *s)
{
    return s->begin_ns + (int64_t)(s->offset_ns + (double)s->next * s->interval_ns);
}

void schedule_take(struct schedule *s)
{
    s->next++;
}

bool schedule_is_late(const struct schedule *s, int64_t due_ns, int64_t now_ns)
{
    return now_ns - due_ns > LATE_NS && due_ns > s->blocked_ns;
}
