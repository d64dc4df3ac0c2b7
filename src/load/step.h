/* load/step.h: how a step is made of what was written (private to plans).
 *
 * Checks what is sent: a method, a target and header lines that are HTTP, and none of the lines
 * that joust writes itself. */
#pragma once
#include "load/plan.h"

struct header {
    struct str name, value;
};

struct step_source {
    struct str           name;      /* none: method and target */
    struct str           method;    /* none: GET, or POST with a body */
    struct str           host, target;
    struct str           body;      /* none: no body */
    struct str           body_type; /* none: application/json when the body looks like it */
    const struct header *headers;   /* of the step */
    unsigned             headers_count;
    const struct header *defaults;  /* of all steps: give way to the step's of the same name */
    unsigned             defaults_count;
};

/* "Name: value" lines, checked; an array in `arena` of slices of the lines. */
bool headers_parse(const struct str *lines, unsigned count, struct arena *arena,
                   const struct header **out, struct buf *why) __attribute__((warn_unused_result));

/* Names are tokens (RFC 9110 section 5.6.2), values have no control characters, none is joust's
 * own, and Host is there once at most. */
bool headers_check(const struct header *headers, unsigned count, struct buf *why)
    __attribute__((warn_unused_result));

/* Name, method, target, headers and body of a step; the rest is the caller's. */
bool step_make(const struct step_source *source, const struct names *variables,
               struct arena *arena, struct step *out, struct buf *why)
    __attribute__((warn_unused_result));

/* Prepares the bytes of the steps that are fixed. */
bool plan_fix(struct plan *p, struct arena *arena, struct buf *why)
    __attribute__((warn_unused_result));
