/* form.c: cut at &, then at the first =, then decode; nothing is copied that reads as it is
 * written. */
#include "api/form.h"

#include "api/percent.h"
#include "base/utf8.h"

static bool is_plain(struct str text)
{
    return str_find_byte(text, '%') == text.len && str_find_byte(text, '+') == text.len;
}

static bool decode(struct str text, struct arena *a, struct str *out)
{
    char  *room = is_plain(text) ? NULL : arena_alloc(a, text.len);
    size_t len = 0;

    *out = text;
    if (room) {
        for (size_t i = 0; i < text.len; i++) {
            int byte = percent_byte(text, i);
            room[len++] = byte >= 0 ? (char)byte : text.at[i] == '+' ? ' ' : text.at[i];
            i += byte >= 0 ? 2 : 0;
        }
        *out = (struct str){ room, len };
    }
    return !a->failed && utf8_valid(*out);
}

/* Never none: a name or value that is not there is the empty string. */
static struct str or_empty(struct str s)
{
    return s.at ? s : LIT("");
}

static bool parse_field(struct str field, struct arena *a, struct text_value *out)
{
    struct str name = str_cut(&field, '=');

    return decode(name, a, &out->name) && decode(or_empty(field), a, &out->value);
}

static size_t count_fields(struct str body)
{
    size_t count = 0;

    while (body.at)
        count += str_cut(&body, '&').len > 0;
    return count;
}

bool form_parse(struct str body, size_t fields_max, struct arena *a, struct text_value **out,
                size_t *count)
{
    size_t many = count_fields(body), n = 0;

    if (many > fields_max)
        return false;
    struct text_value *fields = arena_alloc_many(a, many, sizeof *fields);
    if (!fields)
        return false;
    while (body.at) {
        struct str field = str_cut(&body, '&');
        if (field.len && !parse_field(field, a, &fields[n++]))
            return false;
    }
    *out = fields;
    *count = n;
    return true;
}
