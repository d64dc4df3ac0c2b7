/* moment.c: instants from RFC 3339 text and from unix timestamps.
 *
 * A date-time without an offset is refused, as Pydantic's AwareDatetime does.  A number is a
 * timestamp in seconds, or in milliseconds when it is beyond 2e10 either way (Pydantic's
 * watershed). */
#include "schema/coerce.h"
#include "schema/value.h"

static const double  seconds_max = 2e10;
static const double  us_1600 = -11676096000e6, us_10000 = 253402300800e6;
static const int64_t us_year_1 = -62135596800LL * 1000000;

static int two_digits(struct str s, size_t at)
{
    if (!ascii_is_digit(s.at[at]) || !ascii_is_digit(s.at[at + 1]))
        return -1;
    return (s.at[at] - '0') * 10 + s.at[at + 1] - '0';
}

static bool is_day(int year, int month, int day)
{
    static const signed char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

/* What is wrong with the date at the front, or with what follows it, in Pydantic's words. */
static const char *date_fault(struct str s)
{
    enum { DATE_CHARS = 10 };

    if (s.len < DATE_CHARS)
        return "input is too short";
    int century = two_digits(s, 0), year = two_digits(s, 2), month = two_digits(s, 5),
        day = two_digits(s, 8);
    if (century < 0 || year < 0)
        return "invalid character in year";
    if (s.at[4] != '-')
        return "invalid date separator, expected `-`";
    if (month < 0)
        return "invalid character in month";
    if (s.at[7] != '-')
        return "invalid date separator, expected `-`";
    if (day < 0)
        return "invalid character in day";
    if (month < 1 || month > 12)
        return "month value is outside expected range of 1-12";
    if (!is_day(century * 100 + year, month, day))
        return "day value is outside expected range";
    return "unexpected extra characters at the end of the input";
}

static bool refuse_with_error(struct decoding *d, const struct value *v, const char *type,
                              const char *what, const char *error)
{
    return value_refuse(d, v, type,
                        arena_format(d->arena, "Input should be a valid %s, %s", what, error),
                        arena_format(d->arena, "{\"error\":\"%s\"}", error));
}

static bool refuse_zoneless(struct decoding *d, const struct value *v)
{
    return value_refuse(d, v, "timezone_aware", LIT("Input should have timezone info"),
                        (struct str){ 0 });
}

static bool refuse_timestamp(struct decoding *d, const struct value *v, const char *error)
{
    return refuse_with_error(d, v, "datetime_parsing", "datetime", error);
}

/* Half a microsecond rounds up.  Doubles are exact to well under that within the years that are
 * taken. */
static bool instant_from_number(struct decoding *d, const struct value *v, struct str number,
                                struct instant *out)
{
    double  real, us;
    int64_t whole;

    if (!json_to_real(number, &real))
        return refuse_timestamp(d, v,
                                number.at[0] == '-'
                                    ? "dates before 1600 are not supported as unix timestamps"
                                    : "dates after 9999 are not supported as unix timestamps");
    int64_t scale = real > seconds_max || real < -seconds_max ? 1000 : 1000000;
    us = real * (double)scale;
    if (us < us_1600)
        return refuse_timestamp(d, v, "dates before 1600 are not supported as unix timestamps");
    if (us >= us_10000)
        return refuse_timestamp(d, v, "dates after 9999 are not supported as unix timestamps");
    if (json_to_int(number, &whole)) {
        out->us = whole * scale;
        return true;
    }
    us += 0.5;
    out->us = (int64_t)us - (us < (double)(int64_t)us);
    return true;
}

static bool is_plain_number(struct str s)
{
    bool digit = false;

    for (size_t i = 0; i < s.len; i++) {
        if (ascii_is_digit(s.at[i]))
            digit = true;
        else if (s.at[i] != '.' && (i > 0 || (s.at[i] != '-' && s.at[i] != '+')))
            return false;
    }
    return digit;
}

/* Would it be a date-time if it ended with an offset? */
static bool lacks_offset(struct decoding *d, struct str text)
{
    enum { CHARS_MAX = 32 };
    struct instant unused;

    return text.len <= CHARS_MAX &&
           instant_parse(arena_format(d->arena, "%.*sZ", STR_ARG(text)), &unused) == INSTANT_OK;
}

static bool instant_from_text(struct decoding *d, const struct value *v, struct instant *out)
{
    struct str text = json_unescape(d->arena, v->token), number;

    switch (instant_parse(text, out)) {
    case INSTANT_OK:
        if (out->us >= us_year_1)   /* the offset may have led out of it */
            return true;
        break;
    case INSTANT_DATE_ONLY:
        return refuse_zoneless(d, v);
    default:
        break;
    }
    if (is_plain_number(text) && coerce_number(d->arena, text, &number))
        return instant_from_number(d, v, number, out);
    if (lacks_offset(d, text))
        return refuse_zoneless(d, v);
    return refuse_with_error(d, v, "datetime_from_date_parsing", "datetime or date",
                             date_fault(text));
}

bool value_instant(struct decoding *d, const struct value *v, struct instant *out)
{
    switch (v->token.kind) {
    case JSON_STRING:
        return instant_from_text(d, v, out);
    case JSON_INTEGER:
    case JSON_REAL:
        return instant_from_number(d, v, v->token.text, out);
    default:
        return value_refuse(d, v, "datetime_type", LIT("Input should be a valid datetime"),
                            (struct str){ 0 });
    }
}
