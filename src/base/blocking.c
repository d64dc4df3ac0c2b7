/* blocking.c: one mark and one watch a thread. */
#include "base/blocking.h"

#include "base/check.h"

static _Thread_local bool                   forbidden;
static _Thread_local struct blocking_watch *watch;

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

void blocking_begin(void)
{
    blocking_check();
    if (watch)
        watch->begins(watch);
}

void blocking_end(void)
{
    if (watch)
        watch->ends(watch);
}

void blocking_watch(struct blocking_watch *w)
{
    watch = w;
}
