/* common.c: the commonest passwords, sorted, a group for each length.
 *
 * The list is made at build time (script/common-passwords) and holds only what is long enough to be
 * a password here.  Words of one length lie one after the other, so that none needs a pointer. */
#include <stdlib.h>

#include "auth/passwords.h"

static const struct { size_t len, count; const char *words; } groups[] = {
#include "common_passwords.inc"
};

enum { GROUPS = sizeof groups / sizeof *groups };

static int compare(const void *password, const void *word)
{
    const struct str *p = password;

    return memcmp(p->at, word, p->len);
}

bool password_is_common(struct str password)
{
    for (size_t i = 0; i < GROUPS; i++)
        if (groups[i].len == password.len)
            return bsearch(&password, groups[i].words, groups[i].count, groups[i].len, compare);
    return false;
}
