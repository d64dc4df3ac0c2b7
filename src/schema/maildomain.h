/* schema/maildomain.h: an e-mail address after the @-sign.  A part of email.c. */
#pragma once
#include "schema/runes.h"

struct maildomain {
    struct str ascii, unicode;  /* lower-case A-labels; U-labels */
};

/* False: `*reason` says why, or the arena failed. */
bool maildomain_parse(struct runes text, struct arena *a, struct maildomain *out,
                      struct str *reason);

/* Just the A-labels of a domain that maildomain_parse() has answered; none when the arena
 * failed. */
struct str maildomain_ascii(struct str unicode, struct arena *a);
