/* parts.c: version, target and host, each strictly by its grammar. */
#include "http/parts.h"

#include "http/bytes.h"

int http_version_parse(const char text[HTTP_VERSION_BYTES], unsigned *minor)
{
    if (memcmp(text, "HTTP/1.1", HTTP_VERSION_BYTES) == 0) {
        *minor = 1;
        return 0;
    }
    if (memcmp(text, "HTTP/", 5) != 0 || !ascii_is_digit(text[5]) || text[6] != '.' ||
        !ascii_is_digit(text[7]))
        return 400;
    if (text[5] != '1')
        return 505;
    *minor = text[7] > '0';
    return 0;
}

static bool split_query(struct str rest, struct http_request *out)
{
    size_t mark = str_find_byte(rest, '?');

    out->path = str_slice(rest, 0, mark);
    out->query = mark < rest.len ? str_slice(rest, mark + 1, rest.len) : (struct str){ 0 };
    return true;
}

static size_t scheme_bytes(struct str target)
{
    if (target.len >= 7 && str_eq_nocase(str_slice(target, 0, 7), LIT("http://")))
        return 7;
    if (target.len >= 8 && str_eq_nocase(str_slice(target, 0, 8), LIT("https://")))
        return 8;
    return 0;
}

static bool split_absolute(struct str target, struct http_request *out)
{
    size_t     scheme = scheme_bytes(target);
    struct str rest = str_slice(target, scheme, target.len);
    size_t     end = 0;

    while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?')
        end++;
    out->host = str_slice(rest, 0, end);
    if (!scheme || !http_host_valid(out->host))
        return false;
    split_query(str_slice(rest, end, rest.len), out);
    if (out->path.len == 0)
        out->path = LIT("/");
    return true;
}

bool http_target_split(struct str target, enum http_method method, struct http_request *out)
{
    if (target.len == 0)
        return false;
    if (target.at[0] == '/')
        return split_query(target, out);
    if (method == HTTP_OPTIONS && str_eq(target, LIT("*")))
        return split_query(target, out);
    return split_absolute(target, out);
}

static bool port_valid(struct str port)
{
    unsigned number = 0;

    for (size_t i = 0; i < port.len; i++) {
        number = number * 10 + (unsigned)(port.at[i] - '0');
        if (!ascii_is_digit(port.at[i]) || number > 65535)
            return false;
    }
    return true;
}

/* How many bytes of a registered name there are, "%41" counting as three. */
static size_t name_bytes(struct str host)
{
    size_t i = 0;

    while (i < host.len) {
        if (http_byte_is(host.at[i], BYTE_HOST))
            i++;
        else if (host.at[i] == '%' && host.len - i >= 3 && http_byte_is(host.at[i + 1], BYTE_HEX) &&
                 http_byte_is(host.at[i + 2], BYTE_HEX))
            i += 3;
        else
            break;
    }
    return i;
}

/* What stands behind the host: nothing or ":" and a port. */
static bool rest_valid(struct str rest)
{
    if (rest.len == 0)
        return true;
    return rest.at[0] == ':' && port_valid((struct str){ rest.at + 1, rest.len - 1 });
}

/* The inside of "[…]": by its bytes only, nothing here connects to it. */
static bool literal_valid(struct str address)
{
    for (size_t i = 0; i < address.len; i++)
        if (!http_byte_is(address.at[i], BYTE_HEX) && address.at[i] != ':' && address.at[i] != '.')
            return false;
    return address.len >= 2 && str_find_byte(address, ':') < address.len;
}

bool http_host_valid(struct str host)
{
    if (host.len && host.at[0] == '[') {
        size_t close = str_find_byte(host, ']');
        return close < host.len && literal_valid(str_slice(host, 1, close)) &&
               rest_valid(str_slice(host, close + 1, host.len));
    }
    size_t name = name_bytes(host);
    return name > 0 && rest_valid((struct str){ host.at + name, host.len - name });
}
