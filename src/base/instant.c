/* instant.c: civil dates by the days-from-epoch formula (proleptic Gregorian), no libc, no time
 * zone. */
#include "base/instant.h"

static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct civil {
    int64_t year;
    int     month, day;
};

static struct civil civil_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    int     month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);

    return (struct civil){ year + era * 400 + (month <= 2), month,
                           (int)(of_year - (153 * shifted + 2) / 5 + 1) };
}

static const int64_t day_us = 86400LL * 1000000;
static const int64_t us_min = -719528LL * 86400 * 1000000;               /* 0000-01-01 */
static const int64_t us_max = 2932897LL * 86400 * 1000000 - 1;           /* 9999-12-31 */

static void put_two(char *at, unsigned value)
{
    at[0] = (char)('0' + value / 10);
    at[1] = (char)('0' + value % 10);
}

void instant_add(struct buf *b, struct instant t)
{
    char          text[] = "0000-00-00T00:00:00.000000Z";
    int64_t       us = t.us < us_min ? us_min : t.us > us_max ? us_max : t.us;
    int64_t       days = us >= 0 ? us / day_us : -((day_us - 1 - us) / day_us);
    int64_t       of_day = us - days * day_us;
    struct civil  date = civil_from_days(days);
    unsigned      year = (unsigned)date.year, second = (unsigned)(of_day / 1000000);
    unsigned      micros = (unsigned)(of_day % 1000000);

    put_two(text, year / 100);
    put_two(text + 2, year % 100);
    put_two(text + 5, (unsigned)date.month);
    put_two(text + 8, (unsigned)date.day);
    put_two(text + 11, second / 3600);
    put_two(text + 14, second / 60 % 60);
    put_two(text + 17, second % 60);
    put_two(text + 20, micros / 10000);
    put_two(text + 22, micros / 100 % 100);
    put_two(text + 24, micros % 100);
    buf_add(b, (struct str){ text, INSTANT_CHARS });
}

/* A fixed number of digits from the front of *rest; -1 when they are not there. */
static int64_t take_digits(struct str *rest, size_t count)
{
    uint64_t value;

    if (rest->len < count || !str_to_uint(str_slice(*rest, 0, count), INT32_MAX, &value))
        return -1;
    *rest = str_slice(*rest, count, rest->len);
    return (int64_t)value;
}

static bool take_char(struct str *rest, const char *any_of)
{
    if (rest->len == 0 || !strchr(any_of, rest->at[0]) || rest->at[0] == 0)
        return false;
    *rest = str_slice(*rest, 1, rest->len);
    return true;
}

static bool take_fraction(struct str *rest, int64_t *us)
{
    int64_t scale = 100000;

    *us = 0;
    if (!take_char(rest, "."))
        return true;
    if (rest->len == 0 || !ascii_is_digit(rest->at[0]))
        return false;
    for (; rest->len && ascii_is_digit(rest->at[0]); scale /= 10) {
        if (scale == 0)
            return false;
        *us += (rest->at[0] - '0') * scale;
        *rest = str_slice(*rest, 1, rest->len);
    }
    return true;
}

/* The offset in seconds; false when it is missing or malformed. */
static bool take_offset(struct str *rest, int64_t *seconds)
{
    if (take_char(rest, "Zz")) {
        *seconds = 0;
        return rest->len == 0;
    }
    bool west = rest->len && rest->at[0] == '-';
    if (!take_char(rest, "+-"))
        return false;
    int64_t hours = take_digits(rest, 2);
    if (hours < 0 || hours > 23 || !take_char(rest, ":"))
        return false;
    int64_t minutes = take_digits(rest, 2);
    if (minutes < 0 || minutes > 59 || rest->len)
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

static int days_in_month(int64_t year, int64_t month)
{
    static const signed char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

enum instant_verdict instant_parse(struct str rest, struct instant *out)
{
    int64_t year = take_digits(&rest, 4);
    if (year < 0 || !take_char(&rest, "-"))
        return INSTANT_MALFORMED;
    int64_t month = take_digits(&rest, 2);
    if (month < 0 || !take_char(&rest, "-"))
        return INSTANT_MALFORMED;
    int64_t day = take_digits(&rest, 2);
    if (day < 0)
        return INSTANT_MALFORMED;
    bool real_date =
        year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
    if (rest.len == 0)
        return real_date ? INSTANT_DATE_ONLY : INSTANT_OUT_OF_RANGE;
    if (!take_char(&rest, "Tt "))
        return INSTANT_MALFORMED;
    int64_t hour = take_digits(&rest, 2);
    if (hour < 0 || !take_char(&rest, ":"))
        return INSTANT_MALFORMED;
    int64_t minute = take_digits(&rest, 2);
    if (minute < 0 || !take_char(&rest, ":"))
        return INSTANT_MALFORMED;
    int64_t second = take_digits(&rest, 2), fraction, offset;
    if (second < 0 || !take_fraction(&rest, &fraction) || !take_offset(&rest, &offset))
        return INSTANT_MALFORMED;
    if (!real_date || hour > 23 || minute > 59 || second > 59)
        return INSTANT_OUT_OF_RANGE;
    int64_t days = days_from_civil(year, (int)month, (int)day);
    int64_t us =
        ((days * 86400 + hour * 3600 + minute * 60 + second) - offset) * 1000000 + fraction;
    if (us < us_min || us > us_max)     /* the offset led out of the years that can be written */
        return INSTANT_OUT_OF_RANGE;
    out->us = us;
    return INSTANT_OK;
}
