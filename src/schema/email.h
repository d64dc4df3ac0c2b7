/* schema/email.h: e-mail addresses: which are accepted, how they are written, when two are the
 * same.
 *
 * Accepts, refuses and explains as Pydantic 2.9's EmailStr with email-validator 2.2 does.  No
 * network is asked whether the domain exists.  Pure functions, any thread; results live in the
 * arena or in the text. */
#pragma once
#include "base/arena.h"

enum {
    EMAIL_CHARS_MAX = 2048, /* code points of text that are looked at; longer text is refused */
    EMAIL_BYTES_MAX = 254,  /* of a normalised address */
};

/* The address as it is answered: blanks around it and a display name dropped, the domain in
 * lower case and as Unicode, everything NFC.  False: `*reason` says why in email-validator's
 * words (what follows "value is not a valid email address: "), or is none because the arena
 * failed. */
bool email_normalise(struct str text, struct arena *a, struct str *out, struct str *reason);

/* The key that makes an address unique: domain as lower-case A-label, local part NFC with ASCII
 * letters in lower case.  `normalised` came from email_normalise().  None when the arena failed. */
struct str email_key(struct str normalised, struct arena *a);
