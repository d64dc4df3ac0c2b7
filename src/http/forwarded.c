/* forwarded.c: hops out of headers, nearest last; then a walk from the right.
 *
 * A line of Forwarded that is not well-formed could hide what a proxy appended to it (behind a
 * quote that a client opened, say): nothing on it counts. */
#include "http/forwarded.h"

enum { HOPS_MAX = 64 };

/* The nearest HOPS_MAX of `count`, the n-th at n % HOPS_MAX; none (at == NULL) stands for what
 * cannot be read. */
struct hops {
    struct str at[HOPS_MAX];
    size_t     count;
};

struct reading {
    bool (*trusts)(void *context, struct address a);
    void *context;
};

static const struct str x_forwarded_for = LIT("x-forwarded-for"), forwarded = LIT("forwarded");

static void add_hop(struct hops *h, struct str hop)
{
    h->at[h->count++ % HOPS_MAX] = hop;
}

static void add_list(struct hops *h, struct str line)
{
    while (line.at)
        add_hop(h, str_trim(str_cut(&line, ',')));
}

/* ---- Forwarded -------------------------------------------------------------------------- */

/* Up to `stop` outside of quotes; *rest is what follows it, or none.  False: a quote stays open, or
 * something in it is escaped, which no address is. */
static bool cut_unquoted(struct str *rest, char stop, struct str *piece)
{
    bool   quoted = false;
    size_t end = 0;

    for (; end < rest->len && (quoted || rest->at[end] != stop); end++) {
        if (rest->at[end] == '\\')
            return false;
        quoted ^= rest->at[end] == '"';
    }
    *piece = str_slice(*rest, 0, end);
    *rest = end < rest->len ? str_slice(*rest, end + 1, rest->len) : (struct str){ 0 };
    return !quoted;
}

static struct str unquoted(struct str value)
{
    if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
        return str_slice(value, 1, value.len - 1);
    return value;
}

/* The `for` of one element: for=192.0.2.1;proto=https.  None when it has none, or two. */
static struct str for_of(struct str element)
{
    struct str found = { 0 }, pair;

    while (element.at && cut_unquoted(&element, ';', &pair)) {
        struct str value = str_trim(pair), name = str_cut(&value, '=');
        if (!str_eq_nocase(name, LIT("for")) || !value.at)
            continue;
        if (found.at)
            return (struct str){ 0 };
        found = unquoted(value);
    }
    return found;
}

static bool is_well_formed(struct str line)
{
    struct str element;

    while (line.at)
        if (!cut_unquoted(&line, ',', &element))
            return false;
    return true;
}

static void add_elements(struct hops *h, struct str line)
{
    struct str element;

    if (!is_well_formed(line)) {
        add_hop(h, (struct str){ 0 });
        return;
    }
    while (line.at && cut_unquoted(&line, ',', &element))
        add_hop(h, for_of(element));
}

/* ---- The walk --------------------------------------------------------------------------- */

static bool is_port(struct str s)
{
    uint64_t port;

    return s.len == 0 || (s.at[0] == ':' && str_to_uint(str_slice(s, 1, s.len), 65535, &port));
}

/* An address; "[…]" and a port may be around it. */
static bool hop_address(struct str hop, struct address *a)
{
    if (!hop.at)
        return false;
    if (hop.len && hop.at[0] == '[') {
        size_t end = str_find_byte(hop, ']');
        return end < hop.len && is_port(str_slice(hop, end + 1, hop.len)) &&
               address_parse(str_slice(hop, 1, end), a);
    }
    if (address_parse(hop, a))
        return true;
    size_t colon = str_find_byte(hop, ':');
    return is_port(str_slice(hop, colon, hop.len)) && address_parse(str_slice(hop, 0, colon), a);
}

static struct address walk(const struct reading *r, const struct hops *h, struct address nearest)
{
    size_t         end = h->count > HOPS_MAX ? h->count - HOPS_MAX : 0;
    struct address a;

    for (size_t i = h->count; i > end && r->trusts(r->context, nearest); i--) {
        if (!hop_address(h->at[(i - 1) % HOPS_MAX], &a))
            break;
        nearest = a;
    }
    return nearest;
}

/* False when there is no such header. */
static bool read_header(const struct http_request *r, struct str name,
                        void (*add)(struct hops *h, struct str line), struct hops *h)
{
    bool found = false;

    h->count = 0;
    for (unsigned i = 0; i < r->headers_count; i++)
        if (str_eq_nocase(r->headers[i].name, name)) {
            add(h, r->headers[i].value);
            found = true;
        }
    return found;
}

bool http_is_forwarded(const struct http_request *r)
{
    for (unsigned i = 0; i < r->headers_count; i++)
        if (str_eq_nocase(r->headers[i].name, x_forwarded_for) ||
            str_eq_nocase(r->headers[i].name, forwarded))
            return true;
    return false;
}

struct address http_forwarded_client(const struct http_request *r, struct address peer,
                                     bool (*trusts)(void *context, struct address a),
                                     void *context)
{
    struct reading reading = { trusts, context };
    struct hops    hops;
    struct address first = peer, second = peer;

    bool one = read_header(r, x_forwarded_for, add_list, &hops);
    if (one)
        first = walk(&reading, &hops, peer);
    bool other = read_header(r, forwarded, add_elements, &hops);
    if (other)
        second = walk(&reading, &hops, peer);
    if (one && other && memcmp(&first, &second, sizeof first) != 0)
        return peer;
    return one ? first : second;
}
