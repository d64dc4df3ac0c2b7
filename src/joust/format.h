/* joust/format.h: figures as people read them: "1.24 ms", "38,420", "12.3 %", "> 2.00 s". */
#pragma once
#include "base/buf.h"
#include "stats/ratio.h"

void format_ns(struct buf *out, double ns);             /* three digits and a unit: ns, µs, ms, s */
void format_rate(struct buf *out, double a_second);     /* thousands separated */
void format_bytes(struct buf *out, int64_t bytes);      /* KiB, MiB, GiB; "unknown" of -1 */
void format_percent(struct buf *out, double relative);  /* one digit behind the point */
void format_count(struct buf *out, uint64_t count);
void format_times(struct buf *out, double times);       /* three digits: "11.6", "1,160" */
void format_quantile(struct buf *out, double q);        /* "p99.9" of 0.999; never "p100" */
