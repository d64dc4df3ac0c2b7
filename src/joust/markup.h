/* markup.h: text of strangers inside HTML, SVG and a terminal's lines, and whether it fits.
 *
 * Names, URLs and answers come from targets and files: nothing of them is ever markup or obeyed by
 * a terminal, and what no page may hold (control characters, C1 and those of direction too, bytes
 * that are not UTF-8) becomes U+FFFD.  Pure. */
#pragma once
#include "base/buf.h"

/* Escaped for element content and for attribute values in double quotes. */
void markup_add(struct buf *out, struct str text);

/* One line of plain text, as for a terminal: what cannot be shown is replaced, line breaks and tabs
 * become blanks. */
void markup_plain(struct buf *out, struct str text);

/* How wide a line of text is, in ems, in a wide sans-serif face: an estimate that errs upwards. */
double markup_ems(struct str text);

/* As markup_plain(), cut with an ellipsis where it would be wider than that. */
void markup_shorten(struct buf *out, struct str text, double ems);
