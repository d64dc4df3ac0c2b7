/* url.c: reads a target's URL and looks its host up.
 *
 * Strict about what would be sent: the Host header and the request target are slices of the text
 * as it was written, so that nothing in it may need rewriting. */
#include "load/url.h"

#include <errno.h>
#include <stdio.h>

enum { HOST_BYTES_MAX = 255, SHOWN_BYTES = 100 };

struct authority {
    struct str host;            /* without its brackets */
    struct str port;            /* none: not given */
    size_t     len;             /* of all, the port included */
    bool       bracketed;
};

static struct str shown(struct str s)
{
    return str_slice(s, 0, SHOWN_BYTES);
}

static bool is_visible(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || s.at[i] >= 0x7f)
            return false;
    return true;
}

static bool is_of(struct str s, const char *set)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_digit(s.at[i]) && !strchr(set, ascii_lower(s.at[i])))
            return false;
    return true;
}

/* ---- Scheme ----------------------------------------------------------------------------- */

static bool read_scheme(struct str text, struct str *rest, struct buf *why)
{
    size_t     end = str_find(text, LIT("://"));
    struct str scheme = str_slice(text, 0, end);

    *rest = str_slice(text, end + 3, text.len);
    if (end == text.len) {
        buf_format(why, "\"%.*s\" is no URL: write http://HOST:PORT/PATH", STR_ARG(shown(text)));
        return false;
    }
    if (str_eq_nocase(scheme, LIT("http")))
        return true;
    if (str_eq_nocase(scheme, LIT("https")))
        buf_add(why, LIT("https is not spoken: put the proxy that ends TLS elsewhere, and give the http:// URL behind it"));
    else
        buf_format(why, "%.*s:// is not spoken: the URL must begin with http://", STR_ARG(shown(scheme)));
    return false;
}

/* ---- Host and port ---------------------------------------------------------------------- */

/* [::1]:80 */
static bool read_bracketed(struct str text, struct authority *a, struct buf *why)
{
    size_t end = str_find_byte(text, ']');

    a->bracketed = true;
    a->host = str_slice(text, 1, end);
    if (end == text.len || !is_of(a->host, "abcdef:.") || a->host.len == 0) {
        buf_format(why, "\"%.*s\" is no IPv6 address in brackets, such as [::1]", STR_ARG(shown(text)));
        return false;
    }
    struct str rest = str_slice(text, end + 1, text.len);
    if (rest.len && rest.at[0] != ':') {
        buf_format(why, "\"%.*s\" stands behind the IPv6 address where :PORT may stand", STR_ARG(shown(rest)));
        return false;
    }
    a->port = rest.len ? str_slice(rest, 1, rest.len) : (struct str){ 0 };
    return true;
}

static bool read_name(struct str text, struct authority *a, struct buf *why)
{
    a->port = text;
    a->host = str_cut(&a->port, ':');
    if (str_find_byte(a->port, ':') < a->port.len) {
        buf_format(why, "\"%.*s\" has more than one colon: an IPv6 address stands in brackets, [::1]:8000",
                   STR_ARG(shown(text)));
        return false;
    }
    if (a->host.len == 0) {
        buf_add(why, LIT("the URL has no host: write http://HOST:PORT/PATH"));
        return false;
    }
    if (!is_of(a->host, "abcdefghijklmnopqrstuvwxyz-._~")) {
        buf_format(why, "\"%.*s\" is no host name", STR_ARG(shown(a->host)));
        return false;
    }
    return true;
}

static bool read_authority(struct str text, struct authority *a, struct buf *why)
{
    uint64_t port;

    *a = (struct authority){ .len = text.len };
    if (str_find_byte(text, '@') < text.len) {
        buf_add(why, LIT("the URL has a user before its host: write an Authorization header (-H) instead"));
        return false;
    }
    bool read = str_starts(text, LIT("[")) ? read_bracketed(text, a, why) : read_name(text, a, why);
    if (!read)
        return false;
    if (a->host.len > HOST_BYTES_MAX) {
        buf_format(why, "the URL's host is longer than %d bytes", HOST_BYTES_MAX);
        return false;
    }
    if (a->port.at && (!str_to_uint(a->port, 65535, &port) || port == 0)) {
        buf_format(why, "\"%.*s\" is no port: a number from 1 to 65535", STR_ARG(shown(a->port)));
        return false;
    }
    return true;
}

/* ---- Address ---------------------------------------------------------------------------- */

/* The first IPv4 address, else the first: "localhost" is ::1 first on many machines, and services
 * listen on 127.0.0.1.  Whoever means IPv6 writes [::1]. */
static const struct addrinfo *choose(const struct addrinfo *all)
{
    for (const struct addrinfo *one = all; one; one = one->ai_next)
        if (one->ai_family == AF_INET)
            return one;
    return all;
}

static bool look_up(const struct authority *a, struct url *out, struct buf *why)
{
    char             host[HOST_BYTES_MAX + 1], port[8];
    struct addrinfo  hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_family = a->bracketed ? AF_INET6 : AF_UNSPEC,
        .ai_flags = AI_NUMERICSERV | (a->bracketed ? AI_NUMERICHOST : 0),
    };
    struct addrinfo *found = NULL;
    uint64_t         number = 80;

    str_to_uint(a->port, 65535, &number);
    snprintf(port, sizeof port, "%u", (unsigned)number);
    snprintf(host, sizeof host, "%.*s", STR_ARG(a->host));
    int error = getaddrinfo(host, port, &hints, &found);
    if (error) {
        buf_format(why, "host %s is not found: %s", host,
                   error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        return false;
    }
    const struct addrinfo *chosen = choose(found);
    memcpy(&out->address, chosen->ai_addr, chosen->ai_addrlen);
    out->address_bytes = chosen->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

/* ---- The whole -------------------------------------------------------------------------- */

static bool read_target(struct str rest, struct str *target, struct buf *why)
{
    if (str_find_byte(rest, '#') < rest.len) {
        buf_add(why, LIT("the URL has a fragment (\"#\"), which is never sent: leave it out"));
        return false;
    }
    if (rest.len && rest.at[0] != '/') {
        buf_add(why, LIT("the URL's query needs a path before it: write http://HOST/?QUERY"));
        return false;
    }
    *target = rest.len ? rest : LIT("/");
    return true;
}

static size_t authority_end(struct str s)
{
    size_t end = 0;

    while (end < s.len && s.at[end] != '/' && s.at[end] != '?' && s.at[end] != '#')
        end++;
    return end;
}

bool url_parse(struct str text, struct url *out, struct buf *why)
{
    struct url       url = { .text = text };
    struct str       rest;
    struct authority authority;

    if (!is_visible(text)) {
        buf_add(why, LIT("the URL holds a blank or a byte that is not visible ASCII: percent-encode it"));
        return false;
    }
    if (!read_scheme(text, &rest, why))
        return false;
    size_t end = authority_end(rest);
    if (!read_authority(str_slice(rest, 0, end), &authority, why) ||
        !read_target(str_slice(rest, end, rest.len), &url.target, why))
        return false;
    url.host = str_slice(rest, 0, end);
    if (authority.port.at && str_eq(authority.port, LIT("80")))
        url.host.len -= sizeof ":80" - 1;
    if (!look_up(&authority, &url, why))
        return false;
    *out = url;
    return true;
}
