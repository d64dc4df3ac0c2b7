/* check.h: CHECK() stops the program when something impossible has happened.
 *
 * It is always compiled in.  It guards what only a bug in this program can break; whatever a
 * peer, a file or the machine can cause is a promised failure and is answered, never checked. */
#pragma once

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (__builtin_expect(!(x), 0))                                                             \
            check_failed(#x, __FILE__, __LINE__);                                                  \
    } while (0)

/* Of a function that is hardly ever called: it, and the branches that lead to it, are kept out of
 * the way of the others. */
#define COLD __attribute__((cold, noinline))

/* Prints the expression and the place to standard error, then aborts. */
_Noreturn void check_failed(const char *expression, const char *file, int line);
