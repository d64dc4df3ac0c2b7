/* joust/values.h: the kinds of value that a command line has: decimals, times, lists of CPUs, files.
 *
 * Each reads a whole text or answers false and leaves *out alone. */
#pragma once
#include <sched.h>

#include "base/arena.h"
#include "base/buf.h"

/* How many bytes at the begin of a text a decimal may have; what follows is its unit. */
size_t value_decimal_bytes(struct str text);

/* Digits, and perhaps a point and more digits: at most 15 in all. */
bool value_decimal(struct str text, double *out);

/* A decimal and ns, us, ms, s, m or h; seconds without one. */
bool value_time(struct str text, int64_t *ns);

/* The time in its largest whole unit: "100ms", "24h". */
void value_write_time(int64_t ns, struct buf *out);

/* "0-2,4". */
bool value_cpus(struct str text, cpu_set_t *out);

/* The whole of a file of at most 1 MiB, in `arena`.  False: one sentence in `why`. */
bool value_file(struct str path, struct arena *arena, struct str *out, struct buf *why);

/* What was typed, in quotes, cut and cleaned so that it stays one line. */
void value_write_quoted(struct str value, struct buf *out);
