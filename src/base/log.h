/* log.h: one event, one line on standard error, key=value.
 *
 *   2026-11-22T23:24:25.000001Z warn event=storage_failed process=keeper error="disk full"
 *
 * A line is written with one write(2), so that lines of several threads and processes do not
 * mix. Values are cut at 512 bytes, quoted when they need it, and all but printable ASCII is
 * escaped: nobody can forge a line.  Nothing secret is ever passed here.  The process's name and
 * the level are the only global state of the project. */
#pragma once
#include "base/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log_pair {
    const char *key;
    struct str  value;
};

#define LOG_PAIRS(...) (const struct log_pair[]){ __VA_ARGS__, { 0 } }

/* Set once, before threads start. */
void log_open(const char *process, enum log_level least);

/* Writes an event; `pairs` ends with a zeroed row and may be NULL. */
void log_event(enum log_level level, const char *event, const struct log_pair *pairs);
