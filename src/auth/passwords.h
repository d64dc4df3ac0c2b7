/* auth/passwords.h: passwords that are refused although they are long enough.
 *
 * Those that everybody tries first.  Called wherever a password is chosen. */
#pragma once
#include "auth/auth.h"

/* OK, or the answer that refuses the body's `member`, saying why: it is one of the commonest
 * passwords, or made of the address or the service's name. */
problem password_acceptable(struct call *c, const char *member, struct str password,
                            struct str email) MUST_CHECK;

/* Is it in the list?  In lower case. */
bool password_is_common(struct str password);
