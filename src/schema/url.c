/* url.c: scheme "://" [user "@"] host [":" port] and the rest (RFC 3986 section 3, WHATWG's host
 * rules).
 *
 * The text is not rewritten: what a browser would repair (blanks, back slashes, one slash, escapes
 * in the host) is refused. */
#include "schema/url.h"

#include <arpa/inet.h>

#include "base/utf8.h"

const char url_too_long[] = "URL is too long";
const char url_wrong_scheme[] = "URL scheme is not http or https";

/* The end of a scheme at the front; 0 when there is none. */
static size_t scheme_end(struct str s)
{
    size_t at = 0;

    if (s.len == 0 || !ascii_is_alpha(s.at[0]))
        return 0;
    while (at < s.len && (ascii_is_alpha(s.at[at]) || ascii_is_digit(s.at[at]) || s.at[at] == '+' ||
                          s.at[at] == '-' || s.at[at] == '.'))
        at++;
    return at < s.len && s.at[at] == ':' ? at : 0;
}

static size_t first_of(struct str s, const char *set)
{
    size_t at = 0;

    while (at < s.len && (s.at[at] == 0 || !strchr(set, s.at[at])))
        at++;
    return at;
}

static bool has_bad_byte(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7f || strchr("\"<>\\^`{|}", s.at[i]))
            return true;
    return false;
}

/* Does the last label begin with a digit and hold digits alone, or a hexadecimal number? */
static bool ends_in_number(struct str host)
{
    struct str last = host;

    while (last.len && str_find_byte(last, '.') < last.len)
        last = str_slice(last, str_find_byte(last, '.') + 1, last.len);
    if (last.len == 0 || !ascii_is_digit(last.at[0]))
        return false;
    for (size_t i = 1; i < last.len; i++)
        if (!ascii_is_digit(last.at[i]))
            return i == 1 && ascii_lower(last.at[1]) == 'x';
    return true;
}

static bool is_address(int family, struct str text)
{
    char            copy[INET6_ADDRSTRLEN];
    struct in6_addr unused;

    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = 0;
    return strlen(copy) == text.len && inet_pton(family, copy, &unused) == 1;
}

static const char *host_fault(struct str host)
{
    if (host.len == 0)
        return "empty host";
    if (host.at[0] == '[') {
        bool closed = host.at[host.len - 1] == ']';
        return closed && is_address(AF_INET6, str_slice(host, 1, host.len - 1))
                   ? NULL
                   : "invalid IPv6 address";
    }
    if (has_bad_byte(host) || first_of(host, "[]%:@") < host.len)
        return "invalid domain character";
    if (ends_in_number(host) && !is_address(AF_INET, host))
        return "invalid IPv4 address";
    return NULL;
}

static const char *authority_fault(struct str text)
{
    size_t   at = text.len;
    uint64_t port;

    while (at > 0 && text.at[at - 1] != '@')
        at--;
    text = str_slice(text, at, text.len);
    size_t literal = text.len && text.at[0] == '[' ? str_find_byte(text, ']') : 0;
    size_t colon = literal + str_find_byte(str_slice(text, literal, text.len), ':');
    const char *fault = host_fault(str_slice(text, 0, colon));
    if (fault)
        return fault;
    struct str digits = str_slice(text, colon + 1, text.len);
    if (colon < text.len && digits.len && !str_to_uint(digits, 65535, &port))
        return "invalid port number";
    return NULL;
}

const char *url_fault(struct str text)
{
    if (utf8_count(text) > URL_CHARS_MAX)
        return url_too_long;
    if (text.len == 0)
        return "input is empty";
    size_t end = scheme_end(text);
    if (end == 0)
        return "relative URL without a base";
    struct str scheme = str_slice(text, 0, end), rest = str_slice(text, end + 1, text.len);
    if (!str_eq_nocase(scheme, LIT("http")) && !str_eq_nocase(scheme, LIT("https")))
        return url_wrong_scheme;
    if (!str_starts(rest, LIT("//")))
        return "empty host";
    rest = str_slice(rest, 2, rest.len);
    size_t      host_end = first_of(rest, "/?#");
    const char *fault = authority_fault(str_slice(rest, 0, host_end));
    if (fault)
        return fault;
    return has_bad_byte(rest) ? "invalid character" : NULL;
}
