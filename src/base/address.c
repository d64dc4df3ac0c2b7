/* address.c: inet_pton() and inet_ntop(), and masks. */
#include "base/address.h"

#include <arpa/inet.h>

enum { IPV4_BITS = 96 };    /* what precedes the four bytes */

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

bool address_parse(struct str text, struct address *out)
{
    char           terminated[INET6_ADDRSTRLEN];
    struct address a;

    if (text.len == 0 || text.len >= sizeof terminated || memchr(text.at, 0, text.len))
        return false;
    memcpy(terminated, text.at, text.len);
    terminated[text.len] = 0;
    if (inet_pton(AF_INET, terminated, a.bytes + sizeof mapped) == 1)
        memcpy(a.bytes, mapped, sizeof mapped);
    else if (inet_pton(AF_INET6, terminated, a.bytes) != 1)
        return false;
    *out = a;
    return true;
}

void address_write(struct address a, struct buf *out)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (address_is_ipv4(a))
        inet_ntop(AF_INET, a.bytes + sizeof mapped, text, sizeof text);
    else
        inet_ntop(AF_INET6, a.bytes, text, sizeof text);
    buf_add(out, str_of(text));
}

bool address_is_ipv4(struct address a)
{
    return memcmp(a.bytes, mapped, sizeof mapped) == 0;
}

static struct address masked(struct address a, unsigned bits)
{
    for (unsigned i = 0; i < sizeof a.bytes; i++) {
        unsigned kept = bits > i * 8 ? bits - i * 8 : 0;
        if (kept < 8)
            a.bytes[i] &= (unsigned char)(0xff << (8 - kept));
    }
    return a;
}

struct network address_network(struct address a, unsigned bits)
{
    bits += address_is_ipv4(a) ? IPV4_BITS : 0;
    return (struct network){ masked(a, bits), bits };
}

bool network_parse(struct str text, struct network *out)
{
    struct str     rest = text, host = str_cut(&rest, '/');
    struct address a;
    uint64_t       bits;

    if (!address_parse(host, &a))
        return false;
    unsigned before = address_is_ipv4(a) && str_find_byte(host, ':') == host.len ? IPV4_BITS : 0;
    if (!rest.at)
        bits = 128 - before;
    else if (!str_to_uint(rest, 128 - before, &bits) || bits == 0)
        return false;
    struct network n = { masked(a, before + (unsigned)bits), before + (unsigned)bits };
    if (address_is_ipv4(a) && n.bits <= IPV4_BITS)
        return false;
    if (memcmp(n.address.bytes, a.bytes, sizeof a.bytes) != 0)
        return false;
    *out = n;
    return true;
}

bool network_holds(const struct network *n, struct address a)
{
    struct address prefix = masked(a, n->bits);

    return address_is_ipv4(a) == address_is_ipv4(n->address) &&
           memcmp(prefix.bytes, n->address.bytes, sizeof prefix.bytes) == 0;
}

void network_write(const struct network *n, struct buf *out)
{
    address_write(n->address, out);
    buf_format(out, "/%u", address_is_ipv4(n->address) ? n->bits - IPV4_BITS : n->bits);
}
