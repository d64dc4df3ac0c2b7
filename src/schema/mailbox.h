/* schema/mailbox.h: an e-mail address up to the @-sign, and where that is.  A part of email.c. */
#pragma once
#include "schema/runes.h"

struct mailbox {
    struct runes local, domain;     /* domain: not looked at yet */
    bool         quoted, named;     /* the local part was in quotes; the address, in brackets */
};

/* Pydantic's part: "Ann <ann@example.org>" without the name and the brackets; any text without
 * blanks around. */
struct runes mailbox_without_name(struct runes text);

/* Splits at the @-sign.  False: `*reason` says why, or the arena failed. */
bool mailbox_split(struct runes text, struct mailbox *out, struct arena *a, struct str *reason);

/* Checks the local part and answers it in form NFC; false as above. */
bool mailbox_local(const struct mailbox *m, struct arena *a, struct str *out, struct str *reason);
