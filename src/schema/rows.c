/* rows.c: what follows from a row.  Recursion ends with the schema, whose depth schema_check()
 * bounds. */
#include "schema/rows.h"

size_t rows_count(const struct schema *s)
{
    size_t count = 0;

    while (s->fields[count].kind)
        count++;
    return count;
}

bool rows_are_root(const struct schema *s)
{
    return s->fields[0].kind && s->fields[0].root;
}

bool row_may_be_absent(const struct field *f)
{
    return f->optional || f->preset || f->always;
}

bool row_may_be_null(const struct field *f)
{
    return f->nullable || (f->optional && !f->preset);
}

bool row_has_secret(const struct field *f)
{
    return f->secret || (f->item && row_has_secret(f->item)) || (f->of && rows_have_secret(f->of));
}

bool rows_have_secret(const struct schema *s)
{
    for (const struct field *f = s->fields; f->kind; f++)
        if (row_has_secret(f))
            return true;
    return false;
}

size_t row_extent(const struct field *f)
{
    return f->kind == OBJECT && f->maybe ? sizeof(void *) : f->size;
}

size_t row_stride(const struct field *f)
{
    size_t size = row_extent(f->item);

    if (f->kind == LIST)
        return size;
    return (MAP_VALUE_AT + size + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
}

size_t row_key_chars_max(const struct field *f)
{
    enum { USUAL_MAX = 64 };

    return f->max_key_chars ? f->max_key_chars : USUAL_MAX;
}
