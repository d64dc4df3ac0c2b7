/* joust/targets.h: the targets of a command line: NAME=URL, and what --run, --pid and --control say
 * of them.
 *
 * Each answers false with one sentence in `why`. */
#pragma once
#include "joust/options.h"

struct bindings {               /* NAME=VALUE of --run or --pid, until all targets are known */
    struct str names[TARGETS_MAX], values[TARGETS_MAX];
    unsigned   count;
};

/* NAME=URL, or a URL, which is called by its host and port. */
bool targets_add(struct options *o, struct str text, struct buf *why);

/* `option` is its name, for messages: "--run". */
bool targets_note(struct bindings *b, const char *option, struct str text, struct buf *why);

/* After all were added: commands and processes find their targets, and --control adds its own, the
 * first target under another name (in `arena`). */
bool targets_finish(struct options *o, const struct bindings *runs, const struct bindings *pids,
                    struct arena *arena, struct buf *why);
