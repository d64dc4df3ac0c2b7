/* coerce.c: numbers and booleans, as Pydantic's lax mode takes them.
 *
 * Text may stand for a number: blanks around it, a sign, single underscores between digits.  What
 * differs: an integer beyond int64 and a number beyond a double are refused, since neither could be
 * answered. */
#include "schema/coerce.h"

#include "base/utf8.h"
#include "schema/value.h"

static bool is_blank(uint32_t c)
{
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

/* Without Unicode's White_Space at both ends. */
static struct str trimmed(struct str s)
{
    struct str rest = s;

    while (rest.len && is_blank(utf8_next(&rest)))
        s = rest;
    for (size_t begin = s.len; begin > 0;) {
        do
            begin--;
        while (begin > 0 && ((unsigned char)s.at[begin] & 0xc0) == 0x80);
        rest = str_slice(s, begin, s.len);
        if (!is_blank(utf8_next(&rest)) || rest.len)
            break;
        s.len = begin;
    }
    return s;
}

static bool take_sign(struct str *s)
{
    bool negative = s->len && s->at[0] == '-';

    if (negative || (s->len && s->at[0] == '+'))
        *s = str_slice(*s, 1, s->len);
    return negative;
}

/* Without a fraction of zeros alone, which an integer may have. */
static struct str without_zero_fraction(struct str s)
{
    size_t point = str_find_byte(s, '.');
    size_t at = point + 1;

    while (at < s.len && s.at[at] == '0')
        at++;
    return at == s.len && at > point + 1 ? str_slice(s, 0, point) : s;
}

static bool is_digit_at(struct str s, size_t at)
{
    return at < s.len && ascii_is_digit(s.at[at]);
}

/* The copied digits of `s`, which may have single underscores between them; none when it has
 * anything else. */
static struct str plain_digits(struct arena *a, struct str s)
{
    char  *out = arena_alloc(a, s.len + 1);
    size_t len = 0;

    for (size_t i = 0; out && i < s.len; i++) {
        if (ascii_is_digit(s.at[i]))
            out[len++] = s.at[i];
        else if (s.at[i] != '_' || i == 0 || s.at[i - 1] == '_' || !is_digit_at(s, i + 1))
            return (struct str){ 0 };
    }
    return len ? (struct str){ out, len } : (struct str){ 0 };
}

enum coerced { COERCED, NOT_A_NUMBER, TOO_LARGE };

static enum coerced int_of_digits(struct str digits, bool negative, int64_t *out)
{
    int64_t value = 0;

    for (size_t i = 0; i < digits.len; i++) {
        int64_t digit = digits.at[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return TOO_LARGE;
    }
    if (!negative && value == INT64_MIN)
        return TOO_LARGE;
    *out = negative ? value : -value;
    return COERCED;
}

static enum coerced int_of_text(struct arena *a, struct str text, int64_t *out)
{
    struct str rest = trimmed(text);
    bool       negative = take_sign(&rest);
    struct str digits = plain_digits(a, without_zero_fraction(rest));

    return digits.at ? int_of_digits(digits, negative, out) : NOT_A_NUMBER;
}

static COLD bool refuse_int_size(struct decoding *d, const struct value *v)
{
    return value_refuse(d, v, "int_parsing_size",
                  LIT("Unable to parse input string as an integer, exceeded maximum size"),
                  (struct str){ 0 });
}

static bool refuse_infinite(struct decoding *d, const struct value *v)
{
    return value_refuse(d, v, "finite_number", LIT("Input should be a finite number"),
                        (struct str){ 0 });
}

static bool int_from_real(struct decoding *d, const struct value *v, int64_t *out)
{
    double real;

    if (!json_to_real(v->token.text, &real))
        return refuse_infinite(d, v);
    if (real <= -0x1p63 || real >= 0x1p63)
        return refuse_int_size(d, v);
    if (real != (double)(int64_t)real)
        return value_refuse(d, v, "int_from_float",
                      LIT("Input should be a valid integer, got a number with a fractional part"),
                      (struct str){ 0 });
    *out = (int64_t)real;
    return true;
}

static bool int_from_text(struct decoding *d, const struct value *v, int64_t *out)
{
    struct str text = json_unescape(d->arena, v->token);

    switch (int_of_text(d->arena, text, out)) {
    case COERCED:
        return true;
    case TOO_LARGE:
        return refuse_int_size(d, v);
    default:
        return value_refuse(d, v, "int_parsing",
                      LIT("Input should be a valid integer, unable to parse string as an integer"),
                      (struct str){ 0 });
    }
}

static bool any_int(struct decoding *d, const struct value *v, int64_t *out)
{
    switch (v->token.kind) {
    case JSON_INTEGER:
        return json_to_int(v->token.text, out) || refuse_int_size(d, v);
    case JSON_REAL:
        return int_from_real(d, v, out);
    case JSON_STRING:
        return int_from_text(d, v, out);
    case JSON_TRUE:
    case JSON_FALSE:
        *out = v->token.kind == JSON_TRUE;
        return true;
    default:
        return value_refuse(d, v, "int_type", LIT("Input should be a valid integer"),
                            (struct str){ 0 });
    }
}

/* The bound as Pydantic shows it: "2" for 2.0 in a message, and in the context as the field's kind.
 */
static COLD bool refuse_bound(struct decoding *d, const struct value *v, bool low, double bound)
{
    char       memory[2][PHRASE_BYTES];
    struct buf number = buf_fixed(memory[0], PHRASE_BYTES),
               message = buf_fixed(memory[1], PHRASE_BYTES);
    struct json_writer w = json_writer(&number);

    json_put_double(&w, bound);
    struct str full = buf_str(&number);
    struct str brief = without_zero_fraction(full);
    buf_format(&message, "Input should be %s than or equal to %.*s", low ? "greater" : "less",
               STR_ARG(brief));
    struct str shown = v->field->kind == INT ? brief : full;
    struct str context = arena_format(d->arena, "{\"%s\":%.*s}", low ? "ge" : "le", STR_ARG(shown));
    return value_refuse(d, v, low ? "greater_than_equal" : "less_than_equal", buf_str(&message),
                        context);
}

bool value_int(struct decoding *d, const struct value *v, int64_t *out)
{
    const struct bound *low = &v->field->at_least, *high = &v->field->at_most;

    if (!any_int(d, v, out))
        return false;
    if (low->set && (long double)*out < (long double)low->value)
        return refuse_bound(d, v, true, low->value);
    if (high->set && (long double)*out > (long double)high->value)
        return refuse_bound(d, v, false, high->value);
    return true;
}

/* The digits at the front of *rest, without the zeros that precede them, to `out`; how many there
 * were. */
static size_t move_digits(struct str *rest, struct buf *out, bool strip_zeros)
{
    size_t count = 0;

    while (count < rest->len && ascii_is_digit(rest->at[count]))
        count++;
    struct str digits = str_slice(*rest, 0, count);
    while (strip_zeros && digits.len > 1 && digits.at[0] == '0')
        digits = str_slice(digits, 1, digits.len);
    buf_add(out, digits.len ? digits : LIT("0"));
    *rest = str_slice(*rest, count, rest->len);
    return count;
}

static bool move_exponent(struct str *rest, struct buf *out)
{
    if (rest->len == 0)
        return true;
    if (ascii_lower(rest->at[0]) != 'e')
        return false;
    *rest = str_slice(*rest, 1, rest->len);
    buf_add(out, take_sign(rest) ? LIT("e-") : LIT("e"));
    return move_digits(rest, out, true) > 0;
}

/* "5.", ".5", "+05e1" as JSON writes them; false when it is no number. */
static bool number_to_json(struct str rest, struct buf *out)
{
    if (take_sign(&rest))
        buf_add_char(out, '-');
    size_t digits = move_digits(&rest, out, true);
    if (rest.len && rest.at[0] == '.') {
        rest = str_slice(rest, 1, rest.len);
        buf_add_char(out, '.');
        digits += move_digits(&rest, out, false);
    }
    return digits > 0 && move_exponent(&rest, out) && rest.len == 0;
}

/* Without underscores; none when one stands at an end or beside another. */
static struct str without_underscores(struct arena *a, struct str s)
{
    char  *out = arena_alloc(a, s.len + 1);
    size_t len = 0;

    for (size_t i = 0; out && i < s.len; i++) {
        bool at_end = i == 0 || i + 1 == s.len;
        if (s.at[i] != '_')
            out[len++] = s.at[i];
        else if (at_end || s.at[i + 1] == '_')
            return (struct str){ 0 };
    }
    return out ? (struct str){ out, len } : (struct str){ 0 };
}

static bool names_infinity(struct str s)
{
    take_sign(&s);
    return str_eq_nocase(s, LIT("inf")) || str_eq_nocase(s, LIT("infinity")) ||
           str_eq_nocase(s, LIT("nan"));
}

bool coerce_number(struct arena *a, struct str text, struct str *json)
{
    enum { ADDED_MAX = 4 };     /* zeros before and behind a point */
    char *memory = arena_alloc(a, text.len + ADDED_MAX);

    if (!memory)
        return false;
    struct buf out = buf_fixed(memory, text.len + ADDED_MAX);
    if (!number_to_json(text, &out) || out.failed)
        return false;
    *json = buf_str(&out);
    return true;
}

static bool real_from_text(struct decoding *d, const struct value *v, double *out)
{
    struct str text = trimmed(json_unescape(d->arena, v->token)), json;

    text = without_underscores(d->arena, text);
    if (names_infinity(text))
        return refuse_infinite(d, v);
    if (!coerce_number(d->arena, text, &json))
        return value_refuse(d, v, "float_parsing",
                      LIT("Input should be a valid number, unable to parse string as a number"),
                      (struct str){ 0 });
    return json_to_real(json, out) || refuse_infinite(d, v);
}

static bool any_real(struct decoding *d, const struct value *v, double *out)
{
    switch (v->token.kind) {
    case JSON_INTEGER:
    case JSON_REAL:
        return json_to_real(v->token.text, out) || refuse_infinite(d, v);
    case JSON_STRING:
        return real_from_text(d, v, out);
    case JSON_TRUE:
    case JSON_FALSE:
        *out = v->token.kind == JSON_TRUE;
        return true;
    default:
        return value_refuse(d, v, "float_type", LIT("Input should be a valid number"),
                            (struct str){ 0 });
    }
}

bool value_real(struct decoding *d, const struct value *v, double *out)
{
    const struct bound *low = &v->field->at_least, *high = &v->field->at_most;

    if (!any_real(d, v, out))
        return false;
    if (low->set && *out < low->value)
        return refuse_bound(d, v, true, low->value);
    if (high->set && *out > high->value)
        return refuse_bound(d, v, false, high->value);
    return true;
}

/* 1 or 0 when the word stands for a boolean, else -1. */
static int bool_of_word(struct str text)
{
    static const char *const words[] = { "0", "off", "f", "false", "n", "no",
                                         "1", "on",  "t", "true",  "y", "yes" };
    enum { FIRST_TRUE = 6 };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_nocase(text, str_of(words[i])))
            return i >= FIRST_TRUE;
    return -1;
}

/* 1 or 0 when the value stands for a boolean, -1 when it is one of the wrong value, -2 of the wrong
 * type. */
static int bool_of_number(struct str text)
{
    double  real;
    int64_t whole;

    if (json_to_int(text, &whole))
        return whole == 0 || whole == 1 ? (int)whole : -1;
    if (json_to_real(text, &real) && (real == 0 || real == 1))
        return (int)real;
    return -2;
}

static int any_bool(struct decoding *d, const struct value *v)
{
    switch (v->token.kind) {
    case JSON_TRUE:
        return 1;
    case JSON_FALSE:
        return 0;
    case JSON_STRING:
        return bool_of_word(json_unescape(d->arena, v->token));
    case JSON_INTEGER:
    case JSON_REAL:
        return bool_of_number(v->token.text);
    default:
        return -2;
    }
}

bool value_bool(struct decoding *d, const struct value *v, bool *out)
{
    int found = any_bool(d, v);

    *out = found == 1;
    if (found == -1)
        return value_refuse(d, v, "bool_parsing",
                            LIT("Input should be a valid boolean, unable to interpret input"),
                            (struct str){ 0 });
    if (found == -2)
        return value_refuse(d, v, "bool_type", LIT("Input should be a valid boolean"),
                            (struct str){ 0 });
    return true;
}
