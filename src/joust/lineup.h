/* joust/lineup.h: the targets, up and ready: each with its plan, its processes, and the answers that
 * it is held to (private to campaigns).
 *
 * The control is the first target in everything but its name. */
#pragma once
#include "joust/pinning.h"
#include "joust/progress.h"
#include "joust/result.h"
#include "joust/runner.h"

struct contestant {
    struct plan         plan;
    struct expect       expects[STEPS_MAX];     /* one a step */
    struct runner       runner;
    struct process_tree tree;
    struct pinning      pinning;
    uint64_t            next_seq;
};

struct lineup {
    struct arena      arena;
    struct contestant contestants[TARGETS_MAX];
    unsigned          count;
    const struct options *options;
    const atomic_int *stop;  /* counts signals: one ends all waiting for targets, two that for their ends */
};

/* URLs, plans; starts what is to be started and waits until each target answers; finds processes and
 * pins them; fills the records of `r`.  False: one sentence in `why`. */
bool lineup_open(struct lineup *l, const struct options *o, struct result *r, struct progress *p,
                 const atomic_int *stop, struct buf *why) __attribute__((warn_unused_result));

/* Asks every target the same, keeps what each is held to, and notes who differs from the first one.
 * False: a target answers what was not expected, in a sentence. */
bool lineup_compare_answers(struct lineup *l, struct result *r, struct buf *why)
    __attribute__((warn_unused_result));

/* Who answers under a target's name. */
struct contestant *lineup_contestant(struct lineup *l, const struct result *r, unsigned target);

/* Stops what was started, and lets what was pinned run where it might. */
void lineup_close(struct lineup *l);
