/* jansson_aside.h: jansson's header beside our own, for tests that compare the two.
 *
 * The names that both have are set aside while it is read.  Of jansson only what is not in this
 * list can be called: its functions of these names would be ours at link time. */
#pragma once

#define JSON_STRING  JANSSON_STRING
#define JSON_INTEGER JANSSON_INTEGER
#define JSON_REAL    JANSSON_REAL
#define JSON_TRUE    JANSSON_TRUE
#define JSON_FALSE   JANSSON_FALSE
#define JSON_NULL    JANSSON_NULL
#define json_copy    jansson_copy
#define json_integer jansson_integer
#define json_null    jansson_null
#define json_real    jansson_real
#define json_string  jansson_string
#include <jansson.h>
#undef JSON_STRING
#undef JSON_INTEGER
#undef JSON_REAL
#undef JSON_TRUE
#undef JSON_FALSE
#undef JSON_NULL
#undef json_copy
#undef json_integer
#undef json_null
#undef json_real
#undef json_string
