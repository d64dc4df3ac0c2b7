/* coerce.h: text that stands for a number.  Private to the schema layer. */
#pragma once
#include "base/arena.h"

/* "5.", ".5", "+05e1" as a JSON number in the arena; false when it is no number or the arena
 * failed. */
bool coerce_number(struct arena *a, struct str text, struct str *json);
