/* number.c: decimal text to integers and doubles, and doubles to decimal text.
 *
 * Doubles are exact both ways.  A number of at most 15 digits and a power of ten that a double
 * holds exactly need one correctly rounded multiplication or division; all others go through
 * strtod(), as digits and an exponent without a point, so that no locale matters.  Of a very long
 * number strtod() sees the 770 digits that can decide, and one more that stands for the rest. */
#include "json/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "json/read.h"

_Static_assert(FLT_EVAL_METHOD == 0, "the short way relies on doubles being computed as doubles");

enum {
    DIGITS_MAX = 770,
    EXPONENT_MAX = 100000,      /* beyond what matters to a number of DIGITS_MAX digits */
    EXACT_POWER_MAX = 22,       /* 10^22 is a double, 10^23 is not */
    SHORT_DIGITS = 15,
    FULL_DIGITS = 17,           /* always enough to tell a double from its neighbours */
};

/* 0.digits times ten to the power of `exponent`. */
struct decimal {
    char    digits[DIGITS_MAX + 2];
    size_t  count;
    int64_t exponent;
    bool    negative;
};

static void add_digit(struct decimal *d, char digit)
{
    if (d->count < DIGITS_MAX)
        d->digits[d->count++] = digit;
    else if (digit != '0')
        d->digits[DIGITS_MAX] = '1';    /* whatever follows, it is not nothing */
}

/* Reads the digits at the front of *rest; how many there were. */
static size_t take_digits(struct decimal *d, struct str *rest, bool fraction)
{
    size_t i;

    for (i = 0; i < rest->len && ascii_is_digit(rest->at[i]); i++) {
        bool leading_zero = d->count == 0 && rest->at[i] == '0';
        if (!leading_zero)
            add_digit(d, rest->at[i]);
        d->exponent += !fraction && !leading_zero;
        d->exponent -= fraction && leading_zero;
    }
    *rest = str_slice(*rest, i, rest->len);
    return i;
}

static bool take_char(struct str *rest, char c)
{
    if (rest->len == 0 || ascii_lower(rest->at[0]) != c)
        return false;
    *rest = str_slice(*rest, 1, rest->len);
    return true;
}

static int64_t take_exponent(struct str *rest)
{
    const int64_t limit = INT64_C(1) << 50;     /* larger than any text is long */
    bool    negative = take_char(rest, '-');
    int64_t value = 0;

    if (!negative)
        take_char(rest, '+');
    for (; rest->len && ascii_is_digit(rest->at[0]); *rest = str_slice(*rest, 1, rest->len))
        if (value < limit)
            value = value * 10 + (rest->at[0] - '0');
    return negative ? -value : value;
}

static bool decimal_read(struct decimal *d, struct str rest)
{
    d->count = 0;
    d->exponent = 0;
    d->digits[DIGITS_MAX] = 0;
    d->negative = take_char(&rest, '-');
    size_t digits = take_digits(d, &rest, false);
    if (take_char(&rest, '.'))
        digits += take_digits(d, &rest, true);
    if (take_char(&rest, 'e'))
        d->exponent += take_exponent(&rest);
    if (d->count == DIGITS_MAX && d->digits[DIGITS_MAX])
        d->count++;
    return digits > 0 && rest.len == 0;
}

/* The short way; false when it cannot be exact. */
static bool multiply(const struct decimal *d, double *out)
{
    static const double powers[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    int64_t power = d->exponent - (int64_t)d->count, whole = 0;

    if (d->count == 0)
        power = 0;
    if (d->count > SHORT_DIGITS || power > EXACT_POWER_MAX || power < -EXACT_POWER_MAX)
        return false;
    for (size_t i = 0; i < d->count; i++)
        whole = whole * 10 + (d->digits[i] - '0');
    *out = power < 0 ? (double)whole / powers[-power] : (double)whole * powers[power];
    return true;
}

static double convert(struct decimal *d)
{
    char    text[DIGITS_MAX + 32];
    int64_t power = d->exponent - (int64_t)d->count;

    power = power > EXPONENT_MAX ? EXPONENT_MAX : power < -EXPONENT_MAX ? -EXPONENT_MAX : power;
    snprintf(text, sizeof text, "%.*se%d", (int)d->count, d->digits, (int)power);
    return strtod(text, NULL);
}

/* The digits of `value`, rounded to `count` of them, without zeros at the end. */
static void decimal_round(struct decimal *d, double value, int count)
{
    char text[NUMBER_CHARS_MAX];

    snprintf(text, sizeof text, "%.*e", count - 1, value);
    d->count = 0;
    for (const char *at = text; *at != 'e'; at++)   /* the point is the locale's */
        if (ascii_is_digit(*at))
            d->digits[d->count++] = *at;
    d->exponent = strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
    while (d->count > 1 && d->digits[d->count - 1] == '0')
        d->count--;
}

static bool reads_back(struct decimal *d, double value)
{
    return convert(d) == value;
}

/* The next greater decimal of `count` digits; false when its last digit would be carried. */
static bool decimal_step_up(struct decimal *d, size_t count)
{
    while (d->count < count)
        d->digits[d->count++] = '0';
    return d->digits[count - 1]++ != '9';
}

/* A power of two has its lower neighbour nearer than its upper one, so that of the decimals of one
 * length the second nearest, above it, may read back where the nearest does not. */
static bool rounds_to(struct decimal *d, double value, int count)
{
    int exponent;

    decimal_round(d, value, count);
    if (reads_back(d, value))
        return true;
    return frexp(value, &exponent) == 0.5 && decimal_step_up(d, (size_t)count)
        && reads_back(d, value);
}

static void decimal_shortest(struct decimal *d, double value)
{
    int count = value < DBL_MIN ? 1 : SHORT_DIGITS;  /* a subnormal number has fewer digits */

    while (!rounds_to(d, value, count) && count < FULL_DIGITS)
        count++;
}

static void put_zeros(char **at, int64_t count)
{
    for (; count > 0; count--)
        *(*at)++ = '0';
}

static void put_digits(char **at, const struct decimal *d, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        *(*at)++ = i < d->count ? d->digits[i] : '0';
}

static size_t put_fixed(const struct decimal *d, char *out)
{
    char  *at = out;
    size_t whole = d->exponent > 0 ? (size_t)d->exponent : 0;

    put_digits(&at, d, 0, whole);
    put_zeros(&at, whole == 0);
    *at++ = '.';
    put_zeros(&at, -d->exponent);
    put_digits(&at, d, whole, d->count > whole ? d->count : whole + 1);
    return (size_t)(at - out);
}

static size_t put_scientific(const struct decimal *d, char *out, size_t room)
{
    char *at = out;

    put_digits(&at, d, 0, 1);
    if (d->count > 1) {
        *at++ = '.';
        put_digits(&at, d, 1, d->count);
    }
    at += snprintf(at, room - (size_t)(at - out), "e%+03d", (int)d->exponent - 1);
    return (size_t)(at - out);
}

bool json_to_int(struct str text, int64_t *out)
{
    bool    negative = text.len && text.at[0] == '-';
    size_t  first = negative;
    int64_t value = 0;

    for (size_t i = first; i < text.len; i++) {
        if (!ascii_is_digit(text.at[i]) || __builtin_mul_overflow(value, 10, &value))
            return false;
        int digit = text.at[i] - '0';
        if (__builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    if (text.len == first)
        return false;
    *out = value;
    return true;
}

bool json_to_real(struct str text, double *out)
{
    struct decimal d;
    double value;

    if (!decimal_read(&d, text))
        return false;
    if (!multiply(&d, &value))
        value = convert(&d);
    if (isinf(value))
        return false;
    *out = d.negative ? -value : value;
    return true;
}

size_t number_put(double value, char out[NUMBER_CHARS_MAX])
{
    struct decimal d;
    size_t sign = signbit(value) != 0;

    CHECK(isfinite(value));
    out[0] = '-';
    if (value == 0) {
        memcpy(out + sign, "0.0", 3);
        return sign + 3;
    }
    decimal_shortest(&d, fabs(value));
    if (d.exponent > -4 && d.exponent <= 16)
        return sign + put_fixed(&d, out + sign);
    return sign + put_scientific(&d, out + sign, NUMBER_CHARS_MAX - sign);
}
