/* joust/sockets.c: /proc/net/tcp and tcp6, read line by line. */
#include "joust/sockets.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { LISTENING = 0x0a, LINE_BYTES = 512 };

/* How well a listening address fits: that very address, or any of the family, or IPv6's any for an
 * IPv4 address.  Two may be there at once, and the kernel takes the best. */
enum fit { FIT_NONE, FIT_OTHER_FAMILY, FIT_ANY, FIT_EXACT };

static in_port_t port_of(const struct sockaddr_storage *a)
{
    return ntohs(a->ss_family == AF_INET ? ((const struct sockaddr_in *)a)->sin_port
                                         : ((const struct sockaddr_in6 *)a)->sin6_port);
}

/* An IPv4 address also when it is written as an IPv6 one. */
static int family_of(const struct sockaddr_storage *a, const void **address)
{
    const struct in6_addr *six = &((const struct sockaddr_in6 *)a)->sin6_addr;

    *address = six;
    if (a->ss_family == AF_INET)
        *address = &((const struct sockaddr_in *)a)->sin_addr;
    else if (IN6_IS_ADDR_V4MAPPED(six))
        *address = &six->s6_addr[12];
    else
        return AF_INET6;
    return AF_INET;
}

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    const void *one, *two;
    int         family = family_of(a, &one);

    return family_of(b, &two) == family && memcmp(one, two, family == AF_INET ? 4 : 16) == 0;
}

static bool all_zero(const void *bytes, size_t len)
{
    static const char zero[16];

    return memcmp(bytes, zero, len) == 0;
}

static enum fit fit_of(const struct sockaddr_storage *listening,
                       const struct sockaddr_storage *asked)
{
    const void *at, *wanted;
    int         family = family_of(listening, &at), wanted_family = family_of(asked, &wanted);

    if (port_of(listening) != port_of(asked))
        return FIT_NONE;
    if (same_address(listening, asked))
        return FIT_EXACT;
    if (!all_zero(at, family == AF_INET ? 4 : 16))
        return FIT_NONE;
    if (family == wanted_family)
        return FIT_ANY;
    return family == AF_INET6 ? FIT_OTHER_FAMILY : FIT_NONE;
}

/* A line of /proc/net/tcp or tcp6: words of an address are printed as this machine has them in
 * memory, the port as a number.  False unless it listens. */
static bool parse_line(const char *line, struct sockaddr_storage *out, unsigned long *inode)
{
    uint32_t words[4];
    unsigned port, state;
    int      count = 0, used = 0;
    char     digits[33] = "";

    if (sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu",
               digits, &port, &state, inode) != 4 || state != LISTENING)
        return false;
    while (count < 4 && sscanf(digits + 8 * count, "%8x%n", &words[count], &used) == 1 && used == 8)
        count++;
    *out = (struct sockaddr_storage){ .ss_family = count == 4 ? AF_INET6 : AF_INET };
    struct sockaddr_in  *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    if (count == 4) {
        six->sin6_port = htons((in_port_t)port);
        memcpy(&six->sin6_addr, words, 16);
    } else {
        four->sin_port = htons((in_port_t)port);
        memcpy(&four->sin_addr, words, 4);
    }
    return count == 4 || count == 1;
}

static enum fit add_inodes(struct sockets *all, enum fit best, const char *path,
                           const struct sockaddr_storage *asked)
{
    FILE                   *f = fopen(path, "re");
    char                    line[LINE_BYTES];
    struct sockaddr_storage listening;
    unsigned long           inode;

    while (f && fgets(line, sizeof line, f)) {
        enum fit fit = parse_line(line, &listening, &inode) ? fit_of(&listening, asked) : FIT_NONE;
        if (fit > best) {
            best = fit;
            all->count = 0;
        }
        if (fit != FIT_NONE && fit == best && all->count < SOCKETS_MAX)
            all->inodes[all->count++] = inode;
    }
    if (f)
        fclose(f);
    return best;
}

bool sockets_are_local(const struct sockaddr_storage *a)
{
    const void     *address;
    struct ifaddrs *all = NULL;
    bool            four = family_of(a, &address) == AF_INET;
    bool            local = all_zero(address, four ? 4 : 16) ||
                 (four && *(const unsigned char *)address == IN_LOOPBACKNET);

    if (local || getifaddrs(&all))
        return local;
    for (const struct ifaddrs *i = all; i && !local; i = i->ifa_next)
        local = i->ifa_addr &&
                (i->ifa_addr->sa_family == AF_INET || i->ifa_addr->sa_family == AF_INET6) &&
                same_address(a, (const struct sockaddr_storage *)i->ifa_addr);
    freeifaddrs(all);
    return local;
}

void sockets_find(const struct sockaddr_storage *address, struct sockets *out)
{
    *out = (struct sockets){ 0 };
    enum fit best = add_inodes(out, FIT_NONE, "/proc/net/tcp", address);
    add_inodes(out, best, "/proc/net/tcp6", address);
}
