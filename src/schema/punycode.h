/* schema/punycode.h: RFC 3492: code points as letters, digits and a hyphen, for domain labels.
 *
 * Only the encoding, without the "xn--" before it and without any rule about domains.  Pure
 * functions. */
#pragma once
#include "schema/runes.h"

/* Lower case.  False when a number overflows (no label that fits into the DNS does) or the arena
 * failed. */
bool punycode_encode(struct runes label, struct arena *a, struct str *out);

/* False when it is not punycode, names a surrogate or more than U+10FFFF, or the arena failed. */
bool punycode_decode(struct str text, struct arena *a, struct runes *out);
