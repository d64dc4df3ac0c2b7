/* load/schedule.h: when requests are due in an open loop (private to the load layer).
 *
 * Request k of thread i of n is due at begin + (k n + i) / rate: fixed beforehand, whatever is
 * answered.  One thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct schedule {
    int64_t  begin_ns;
    double   offset_ns, interval_ns;
    uint64_t next;              /* how many have been taken */
    int64_t  blocked_ns;        /* when a due request last found no connection free */
};

struct schedule schedule_new(int64_t begin_ns, double rate, unsigned thread, unsigned threads);

int64_t schedule_due_ns(const struct schedule *s);      /* of the next one */
void    schedule_take(struct schedule *s);

/* Was a request that is sent now the victim of the generator, not of the server: more than a
 * millisecond after it was due, and no connection was missing in between? */
bool schedule_is_late(const struct schedule *s, int64_t due_ns, int64_t now_ns);
