/* response.c: an answer is copied together from prepared pieces into room that was asked for
 * once. */
#include "http/response.h"

#include <stdio.h>
#include <time.h>

#include "base/check.h"
#include "http/status.h"

enum {
    LENGTH_DIGITS_MAX = 20,
    FIXED_BYTES_MAX = 256,      /* status line, Date, names of headers, Connection, line ends */
};

static COLD void date_refresh(struct http_date *d, const struct clock *clock, int64_t now_ns)
{
    static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

    int64_t   us = clock_wall_us(clock);
    time_t    seconds = us / 1000000;
    struct tm t;

    CHECK(gmtime_r(&seconds, &t));
    char line[80];
    snprintf(line, sizeof line, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", days[t.tm_wday],
             t.tm_mday, months[t.tm_mon], (t.tm_year + 1900) % 10000, t.tm_hour, t.tm_min,
             t.tm_sec);
    memcpy(d->line, line, HTTP_DATE_LINE_BYTES);
    d->fresh_until_ns = now_ns + (1000000 - us % 1000000) * 1000;
}

struct str http_date_line(struct http_date *d, const struct clock *clock, int64_t now_ns)
{
    if (now_ns >= d->fresh_until_ns)
        date_refresh(d, clock, now_ns);
    return (struct str){ d->line, HTTP_DATE_LINE_BYTES };
}

static char *put(char *at, struct str s)
{
    if (s.len)
        memcpy(at, s.at, s.len);
    return at + s.len;
}

static char *put_status_line(char *at, int status)
{
    switch (status) {
    case 200:
        return put(at, LIT("HTTP/1.1 200 OK\r\n"));
    case 201:
        return put(at, LIT("HTTP/1.1 201 Created\r\n"));
    case 401:
        return put(at, LIT("HTTP/1.1 401 Unauthorized\r\n"));
    case 422:
        return put(at, LIT("HTTP/1.1 422 Unprocessable Content\r\n"));
    default:
        break;
    }
    at = put(at, LIT("HTTP/1.1 "));
    *at++ = (char)('0' + status / 100);
    *at++ = (char)('0' + status / 10 % 10);
    *at++ = (char)('0' + status % 10);
    *at++ = ' ';
    at = put(at, http_status_phrase(status));
    return put(at, LIT("\r\n"));
}

static char *put_length(char *at, size_t length)
{
    char  digits[LENGTH_DIGITS_MAX];
    char *from = digits + sizeof digits;

    do {
        *--from = (char)('0' + length % 10);
        length /= 10;
    } while (length);
    at = put(at, LIT("Content-Length: "));
    at = put(at, (struct str){ from, (size_t)(digits + sizeof digits - from) });
    return put(at, LIT("\r\n"));
}

static char *put_media_type(char *at, struct str type)
{
    if (!type.at)
        return at;
    at = put(at, LIT("Content-Type: "));
    at = put(at, type);
    return put(at, LIT("\r\n"));
}

static char *put_persistence(char *at, enum http_persistence persistence)
{
    if (persistence == HTTP_SAYS_CLOSE)
        return put(at, LIT("Connection: close\r\n"));
    if (persistence == HTTP_SAYS_KEEP_ALIVE)
        return put(at, LIT("Connection: keep-alive\r\n"));
    return at;
}

/* What would forge a line is a bug of whoever made it: RFC 9110 section 5.5. */
static void check_lines(const struct http_response *r)
{
    CHECK(r->status >= 200 && r->status <= 599);
    CHECK(r->headers.len == 0 || str_ends(r->headers, LIT("\r\n")));
#ifndef __OPTIMIZE__
    for (size_t i = 0; i < r->media_type.len; i++)
        CHECK(r->media_type.at[i] >= ' ' && r->media_type.at[i] != 0x7f);
    for (size_t i = 0; i < r->headers.len; i++)
        CHECK(r->headers.at[i] != '\0' &&
              (r->headers.at[i] != '\n' || (i && r->headers.at[i - 1] == '\r')));
#endif
}

void http_response_add(struct buf *out, const struct http_response *r, struct str date_line,
                       enum http_persistence persistence, bool head_only)
{
    bool   bare = r->status == 204 || r->status == 304;
    size_t need = FIXED_BYTES_MAX + r->media_type.len + r->headers.len + r->body.len;

    check_lines(r);
    char *room = buf_room(out, need), *at = room;
    if (!room)
        return;
    at = put_status_line(at, r->status);
    at = put(at, date_line);
    if (!bare) {
        at = put_media_type(at, r->media_type);
        at = put_length(at, r->body.len);
    }
    at = put_persistence(at, persistence);
    at = put(at, r->headers);
    at = put(at, LIT("\r\n"));
    if (!bare && !head_only)
        at = put(at, r->body);
    buf_grew(out, (size_t)(at - room));
}
