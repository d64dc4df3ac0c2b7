/* media_type.c: one pass over the header; nothing is unescaped, since what we ask for needs no
 * escapes. */
#include "api/media_type.h"

static bool is_token_char(char c)   /* RFC 9110 section 5.6.2 */
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_quotable(char c)
{
    return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
}

static void skip_blanks(struct str *rest)
{
    while (rest->len && (rest->at[0] == ' ' || rest->at[0] == '\t'))
        *rest = str_slice(*rest, 1, rest->len);
}

static bool skip_char(struct str *rest, char c)
{
    if (!rest->len || rest->at[0] != c)
        return false;
    *rest = str_slice(*rest, 1, rest->len);
    return true;
}

/* The inside of a quoted-string; none when it does not end. */
static struct str take_quoted(struct str *rest)
{
    for (size_t i = 1; i < rest->len && is_quotable(rest->at[i]); i++) {
        if (rest->at[i] == '"') {
            struct str inside = str_slice(*rest, 1, i);
            *rest = str_slice(*rest, i + 1, rest->len);
            return inside;
        }
        if (rest->at[i] == '\\' && ++i < rest->len && !is_quotable(rest->at[i]))
            break;
    }
    return (struct str){ 0 };
}

static bool keep_once(struct str *kept, struct str value)
{
    if (kept->at || str_find_byte(value, '\\') < value.len)
        return false;
    *kept = value;
    return true;
}

/* Passes over blanks and semicolons; was there one? */
static bool skip_semicolons(struct str *rest)
{
    bool any = false;

    for (skip_blanks(rest); skip_char(rest, ';'); skip_blanks(rest))
        any = true;
    return any;
}

struct str media_type_token(struct str *rest)
{
    size_t len = 0;

    while (len < rest->len && is_token_char(rest->at[len]))
        len++;
    struct str token = { len ? rest->at : NULL, len };
    *rest = str_slice(*rest, len, rest->len);
    return token;
}

bool media_type_parameter(struct str *rest, struct str *name, struct str *value)
{
    struct str r = *rest;
    bool       separated = skip_semicolons(&r);

    if (!r.len)
        *rest = r;
    *name = media_type_token(&r);
    if (!separated || !name->at || !skip_char(&r, '='))
        return false;
    *value = r.len && r.at[0] == '"' ? take_quoted(&r) : media_type_token(&r);
    if (!value->at)
        return false;
    *rest = r;
    return true;
}

bool media_type_parse(struct str text, struct media_type *out)
{
    struct media_type m = { 0 };
    struct str        name, value;

    text = str_trim(text);
    m.type = media_type_token(&text);
    if (!m.type.at || !skip_char(&text, '/'))
        return false;
    m.subtype = media_type_token(&text);
    if (!m.subtype.at)
        return false;
    while (media_type_parameter(&text, &name, &value))
        if ((str_eq_nocase(name, LIT("boundary")) && !keep_once(&m.boundary, value)) ||
            (str_eq_nocase(name, LIT("charset")) && !keep_once(&m.charset, value)))
            return false;
    if (text.len)
        return false;
    *out = m;
    return true;
}

bool media_type_is_json(const struct media_type *m)
{
    struct str suffix = str_slice(
        m->subtype, m->subtype.len < 5 ? m->subtype.len : m->subtype.len - 5, m->subtype.len);

    return str_eq_nocase(m->type, LIT("application")) &&
           (str_eq_nocase(m->subtype, LIT("json")) || str_eq_nocase(suffix, LIT("+json")));
}
