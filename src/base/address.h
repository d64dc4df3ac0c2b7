/* address.h: IP addresses as bytes, and networks of them.
 *
 * All are 16 bytes, an IPv4 address as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that however
 * a client's address was written, it is one and the same.  Pure functions, any thread. */
#pragma once
#include "base/buf.h"

struct address { unsigned char bytes[16]; };

struct network {
    struct address address;     /* the bits behind the prefix are zero */
    unsigned       bits;        /* of 128 */
};

/* "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1".  False, and *out untouched, for anything else. */
bool address_parse(struct str text, struct address *out) __attribute__((warn_unused_result));

/* Appends it as text: IPv4 with dots, IPv6 as RFC 5952 says. */
void address_write(struct address a, struct buf *out);

bool address_is_ipv4(struct address a);

/* Its first bits; for IPv4 they count from the first of the four bytes. */
struct network address_network(struct address a, unsigned bits);

/* "10.0.0.0/8", "2001:db8::/32", or an address alone.  False, and *out untouched, when it is none,
 * has bits behind its prefix, or is everybody (/0). */
bool network_parse(struct str text, struct network *out) __attribute__((warn_unused_result));

bool network_holds(const struct network *n, struct address a);
void network_write(const struct network *n, struct buf *out);
