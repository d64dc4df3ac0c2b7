/* joust/gates.h: what a measurement must fulfil before anything is concluded from it. */
#pragma once
#include "joust/grid.h"

/* Judges every gate that applies to the view, a row for each target, from the figures in `out`.
 * Sentences live in `arena`. */
void gates_judge(const struct grid *g, struct arena *arena, struct view_analysis *out);

/* The gate that withholds a metric of these targets, or NULL. */
const char *gates_void(const struct view_analysis *v, unsigned a, unsigned b, enum metric m);

/* The i-th gate's name, for --allow; NULL after the last. */
const char *gate_name(unsigned i);
