/* check.c: the end of a program that has found itself wrong. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "%s:%d: impossible: %s\n", file, line, expression);
    abort();
}
