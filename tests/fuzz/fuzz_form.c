/* fuzz_form.c: any bytes as an urlencoded form.
 *
 * Every field is UTF-8, there are no more than there are separators, and written out again (every
 * byte escaped) they are read as the same fields. */
#include <stdlib.h>

#include "api/form.h"
#include "api/percent.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/utf8.h"

enum { FIELDS_MAX = 64, ARENA_BYTES = 16 << 20, COPY_BYTES_MAX = 16 << 20 };

static void escape(struct buf *b, struct str text)
{
    CHECK(text.at && utf8_valid(text));
    for (size_t i = 0; i < text.len; i++)
        buf_format(b, "%%%02X", (unsigned)(unsigned char)text.at[i]);
}

static void check_fields(const struct text_value *fields, size_t count, struct arena *a)
{
    struct buf         copy = buf_growing(COPY_BYTES_MAX);
    struct text_value *again;
    size_t             count_again;

    CHECK(count <= FIELDS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(&copy, '&');
        escape(&copy, fields[i].name);
        buf_add_char(&copy, '=');
        escape(&copy, fields[i].value);
    }
    CHECK(form_parse(buf_str(&copy), FIELDS_MAX, a, &again, &count_again) && count_again == count);
    for (size_t i = 0; i < count; i++)
        CHECK(str_eq(again[i].name, fields[i].name) && str_eq(again[i].value, fields[i].value));
    buf_close(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str         text = { (const char *)data, size }, path;
    struct arena       a = arena_new(ARENA_BYTES);
    struct text_value *fields;
    size_t             count;

    if (form_parse(text, FIELDS_MAX, &a, &fields, &count))
        check_fields(fields, count, &a);
    if (percent_decode(text, &a, &path))
        CHECK(path.len <= text.len && utf8_valid(path) && str_find_byte(path, 0) == path.len);
    arena_close(&a);
    return 0;
}
