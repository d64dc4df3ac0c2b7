/* instant.h: a moment, in microseconds since 1970-01-01T00:00:00Z, and its text (RFC 3339).
 *
 * Pure functions, any thread. */
#pragma once
#include "base/buf.h"

struct instant {
    int64_t us;
};

/* "2026-11-22T23:24:25.000001Z": UTC, six digits, Z.  Years 0000 to 9999; an instant outside writes
 * the nearest that can be written. */
enum { INSTANT_CHARS = 27 };
void instant_add(struct buf *b, struct instant t);

enum instant_verdict {
    INSTANT_OK,
    INSTANT_MALFORMED,      /* not a date-time at all */
    INSTANT_DATE_ONLY,      /* a date whose time is missing */
    INSTANT_OUT_OF_RANGE,   /* the 31st of February, hour 25, or beyond the years 1 to 9999 */
};

/* RFC 3339 section 5.6 with a blank allowed for the T, an offset required, 1 to 6 digits of
 * fraction. */
enum instant_verdict instant_parse(struct str text, struct instant *out);
