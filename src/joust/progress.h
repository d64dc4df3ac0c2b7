/* joust/progress.h: what is shown while a campaign runs: a live table on a terminal, plain lines
 * elsewhere; on standard error. */
#pragma once
#include "joust/result.h"

struct progress;

struct progress *progress_open(int fd, bool quiet, const struct result *r);
void             progress_close(struct progress *p);    /* NULL is fine */

/* One line that stays: "postern: ready after 0.31 s". */
void progress_say(struct progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A visit goes on, or has ended. */
void progress_visit(struct progress *p, const struct view *view, unsigned block, unsigned target,
                    double seconds_left_in_all, const struct visit_progress *v);
void progress_round(struct progress *p, const struct view *view, const struct round *round,
                    double seconds_left_in_all);
