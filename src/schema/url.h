/* url.h: is a text an http or https URL with a host?  Pure functions, any thread. */
#pragma once
#include "base/str.h"

enum { URL_CHARS_MAX = 2083 };

/* Answers of url_fault() that are not a matter of parsing. */
extern const char url_too_long[], url_wrong_scheme[];

/* NULL when it is one; else what is wrong, in the words of the URL Standard as Pydantic has them.
 * The text is judged as it is: nothing is trimmed, decoded or repaired, as browsers would. */
const char *url_fault(struct str text);
