/* schema/idna.h: domain names beyond ASCII: the mapping of UTS #46 and the label rules of IDNA
 * 2008 (RFC 5891 to 5893).
 *
 * Verdicts, results and words are those of Python's idna package, for the Unicode version that
 * libunistring knows.  False: `*reason` says why, or the arena failed.  Pure functions, any
 * thread. */
#pragma once
#include "schema/runes.h"

/* As people write a domain to as it is looked up: lower case, composed, all kinds of full stops
 * as dots (UTS #46 section 4, non-transitional, without the STD3 rules). */
bool idna_map(struct runes domain, struct arena *a, struct runes *out, struct str *reason);

/* One mapped label as an A-label; a label of ASCII is checked and stays what it is. */
bool idna_alabel(struct runes label, struct arena *a, struct str *out, struct str *reason);

/* One label of ASCII as a U-label; what does not begin with "xn--" is checked and stays what it
 * is. */
bool idna_ulabel(struct str label, struct arena *a, struct runes *out, struct str *reason);
