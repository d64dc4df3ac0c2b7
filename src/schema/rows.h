/* rows.h: questions about rows that several readers of a table ask.  Private to the schema
 * layer. */
#pragma once
#include "schema/schema.h"

/* The number of rows before the one of kind 0. */
size_t rows_count(const struct schema *s);

/* The schema's only row is the body itself. */
bool rows_are_root(const struct schema *s);

/* May it be left out?  An answer's constant may, too. */
bool row_may_be_absent(const struct field *f);

/* May it be null?  What is optional without a preset may (Optional[…] = None). */
bool row_may_be_null(const struct field *f);

/* Is the value, or anything in it, secret? */
bool row_has_secret(const struct field *f);
bool rows_have_secret(const struct schema *s);

/* Bytes that the member takes in its struct: those of a pointer for an object that may be none. */
size_t row_extent(const struct field *f);

/* Bytes from one element of a list or map to the next, and of a map's value within its element. */
enum { MAP_VALUE_AT = sizeof(struct str) };
size_t row_stride(const struct field *f);

/* The most characters of a map's key. */
size_t row_key_chars_max(const struct field *f);
