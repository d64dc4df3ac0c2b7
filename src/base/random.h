/* random.h: unpredictable bytes, behind a seam so that tests can make them fail.
 *
 * The functions may be called on any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct random_source {
    /* Fills `bytes` at `out`; false when there is no entropy, and the caller must then refuse. */
    bool (*fill)(void *context, void *out, size_t bytes);
    void *context;
};

/* getrandom(2). */
extern const struct random_source system_random;

static inline __attribute__((warn_unused_result)) bool random_fill(const struct random_source *r,
                                                                   void *out, size_t bytes)
{
    return r->fill(r->context, out, bytes);
}
