/* number.h: a double as JSON text.
 *
 * What reads numbers is declared in json/read.h.  Pure, any thread, the same in every locale. */
#pragma once
#include <stddef.h>

enum { NUMBER_CHARS_MAX = 32 };

/* The shortest text that reads back as the same finite double, as Python's repr() writes it: 1.0,
 * 0.0001, 1e-05, 1.5e+300.  Its length. */
size_t number_put(double value, char out[NUMBER_CHARS_MAX]);
