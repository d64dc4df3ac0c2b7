/* crypto/base64url.h: base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
 *
 * Any thread. */
#pragma once
#include "base/buf.h"

void base64url_encode(struct buf *out, const void *bytes, size_t len);

/* Strict: no padding, no blanks, unused bits zero.  Writes at most `max` bytes; false, with *len
 * untouched, otherwise. */
bool base64url_decode(struct str text, void *out, size_t max, size_t *len);
