/* blocking.c: one mark a thread. */
#include "base/blocking.h"

#include "base/check.h"

static _Thread_local bool forbidden;

void blocking_forbid(void)
{
    forbidden = true;
}

void blocking_allow(void)
{
    forbidden = false;
}

void blocking_check(void)
{
    CHECK(!forbidden);
}
