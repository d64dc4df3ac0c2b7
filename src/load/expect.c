/* expect.c: the check of each answer's body, on the hot path: a comparison of bytes, or for most
 * sampled answers nothing at all. */
#include "load/expect.h"

static bool agrees(const struct expect *e, struct str body)
{
    char       unread[1];
    struct buf why = buf_fixed(unread, sizeof unread);

    return bodies_agree(e->body, body, e->how, &e->ignored, &why);
}

bool expect_holds(const struct expect *e, struct str body, uint64_t number)
{
    switch (e->how) {
    case BODY_UNCHECKED:
        return true;
    case BODY_SAME:
        return str_eq(e->body, body);
    case BODY_EQUAL:
    case BODY_ALIKE:
        return number % EXPECT_SAMPLE != 0 || str_eq(e->body, body) || agrees(e, body);
    }
    return true;
}
