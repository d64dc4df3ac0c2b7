/* text.c: strings and their rules: choices, lengths, formats, patterns. */
#include <regex.h>

#include "base/check.h"
#include "base/utf8.h"
#include "schema/email.h"
#include "schema/url.h"
#include "schema/value.h"

/* "'red' or 'green'", "'a', 'b' or 'c'". */
static struct str listed(struct arena *a, const char *const *choices)
{
    struct str out = { 0 };

    for (; *choices; choices++) {
        const char *between = !out.at ? "" : choices[1] ? ", " : " or ";
        out = arena_format(a, "%.*s%s'%s'", STR_ARG(out), between, *choices);
    }
    return out;
}

/* {"key":"text"} */
static struct str context_of_text(struct arena *a, const char *key, struct str text)
{
    enum { ESCAPED_MAX = 6 };
    size_t need = ESCAPED_MAX * text.len + strlen(key) + sizeof "{\"\":\"\"}";
    char  *memory = arena_alloc(a, need);

    if (!memory)
        return (struct str){ 0 };
    struct buf         out = buf_fixed(memory, need);
    struct json_writer w = json_writer(&out);
    json_object_begin(&w);
    json_name(&w, str_of(key));
    json_put_string(&w, text);
    json_object_end(&w);
    return buf_str(&out);
}

static COLD bool refuse_choice(struct decoding *d, const struct value *v)
{
    struct str list = listed(d->arena, v->field->choices);

    return value_refuse(d, v, "literal_error",
                        arena_format(d->arena, "Input should be %.*s", STR_ARG(list)),
                        context_of_text(d->arena, "expected", list));
}

static bool is_choice(const char *const *choices, struct str text)
{
    for (; *choices; choices++)
        if (str_eq(text, str_of(*choices)))
            return true;
    return false;
}

static COLD bool refuse_length(struct decoding *d, const struct value *v, bool low, size_t bound)
{
    char       memory[PHRASE_BYTES];
    struct buf message = buf_fixed(memory, sizeof memory);
    struct str context = arena_format(d->arena, "{\"%s_length\":%zu}", low ? "min" : "max", bound);

    buf_format(&message, "String should have at %s %zu character%s", low ? "least" : "most", bound,
               bound == 1 ? "" : "s");
    return value_refuse(d, v, low ? "string_too_short" : "string_too_long", buf_str(&message),
                        context);
}

static bool lengths_fit(struct decoding *d, const struct value *v, struct str text)
{
    const struct field *f = v->field;

    bool few_bytes = !f->max_chars || text.len <= f->max_chars;
    if (f->min_chars || !few_bytes) {
        size_t chars = utf8_count(text);
        if (chars < f->min_chars)
            return refuse_length(d, v, true, f->min_chars);
        if (f->max_chars && chars > f->max_chars)
            return refuse_length(d, v, false, f->max_chars);
    }
    if (f->max_bytes && text.len > f->max_bytes)
        return value_refuse(
            d, v, "value_error",
            arena_format(d->arena, "Value error, must be at most %zu bytes", f->max_bytes),
            LIT("{\"error\":{}}"));
    return true;
}

static COLD bool refuse_pattern(struct decoding *d, const struct value *v)
{
    const char *pattern = v->field->pattern->text;

    return value_refuse(d, v, "string_pattern_mismatch",
                  arena_format(d->arena, "String should match pattern '%s'", pattern),
                  context_of_text(d->arena, "pattern", str_of(pattern)));
}

/* regexec() wants a NUL behind the text, and is told the length, so that a U+0000 does not end it.
 * No memory for the search is no memory for the request. */
static bool pattern_matches(struct decoding *d, const struct value *v, struct str text)
{
    const struct pattern *p = v->field->pattern;
    regmatch_t            whole = { 0, (regoff_t)text.len };

    if (!p)
        return true;
    CHECK(p->compiled);
    const char *copy = arena_cstr(d->arena, text);
    if (d->arena->failed)
        return false;
    int verdict = regexec(p->compiled, copy, 1, &whole, REG_STARTEND);
    if (verdict == REG_NOMATCH)
        return refuse_pattern(d, v);
    if (verdict != 0)
        d->arena->failed = true;
    return verdict == 0;
}

static bool is_email(struct decoding *d, const struct value *v, struct str text, struct str *out)
{
    struct str reason = { 0 };

    if (email_normalise(text, d->arena, out, &reason))
        return true;
    if (!reason.at)
        return false;
    return value_refuse(
        d, v, "value_error",
        arena_format(d->arena, "value is not a valid email address: %.*s", STR_ARG(reason)),
        context_of_text(d->arena, "reason", reason));
}

static bool is_url(struct decoding *d, const struct value *v, struct str text)
{
    const char *fault = url_fault(text);

    if (!fault)
        return true;
    if (fault == url_too_long)
        return value_refuse(
            d, v, "url_too_long",
            arena_format(d->arena, "URL should have at most %d characters", URL_CHARS_MAX),
            arena_format(d->arena, "{\"max_length\":%d}", URL_CHARS_MAX));
    if (fault == url_wrong_scheme)
        return value_refuse(d, v, "url_scheme", LIT("URL scheme should be 'http' or 'https'"),
                      LIT("{\"expected_schemes\":\"'http' or 'https'\"}"));
    return value_refuse(d, v, "url_parsing",
                        arena_format(d->arena, "Input should be a valid URL, %s", fault),
                        context_of_text(d->arena, "error", str_of(fault)));
}

static bool format_fits(struct decoding *d, const struct value *v, struct str text, struct str *out)
{
    *out = text;
    if (v->field->format == EMAIL)
        return is_email(d, v, text, out);
    return v->field->format != URL || is_url(d, v, text);
}

static bool no_nul_fits(struct decoding *d, const struct value *v, struct str text)
{
    if (!v->field->no_nul || str_find_byte(text, 0) == text.len)
        return true;
    return value_refuse(d, v, "value_error", LIT("Value error, must not contain U+0000"),
                        LIT("{\"error\":{}}"));
}

static COLD bool refuse_type(struct decoding *d, const struct value *v)
{
    if (v->field->choices)
        return refuse_choice(d, v);
    if (v->field->format == URL)
        return value_refuse(d, v, "url_type", LIT("URL input should be a string or URL"),
                            (struct str){ 0 });
    return value_refuse(d, v, "string_type", LIT("Input should be a valid string"),
                        (struct str){ 0 });
}

bool value_str(struct decoding *d, const struct value *v, struct str *out)
{
    if (v->token.kind != JSON_STRING)
        return refuse_type(d, v);
    struct str text = json_unescape(d->arena, v->token);
    if (!text.at)
        return false;
    if (v->field->choices && !is_choice(v->field->choices, text))
        return refuse_choice(d, v);
    return lengths_fit(d, v, text) && pattern_matches(d, v, text) && no_nul_fits(d, v, text) &&
           format_fits(d, v, text, out);
}
