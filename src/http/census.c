/* census.c: a chained hash table of visitors with room for as many as there may be connections.
 *
 * The hash is seeded, so that nobody can choose addresses that share a chain. */
#include "http/census.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/random.h"

struct entry {
    struct http_visitor visitor;
    size_t              count;
    uint32_t            next;   /* in its chain or in the free list; 0 ends it */
};

struct http_census {
    pthread_mutex_t lock;
    size_t          total, total_max, per_address_max;
    uint64_t        seed;
    uint32_t        free;       /* entries that were used and are not */
    uint32_t        fresh;      /* the first that was never used */
    uint32_t        buckets_count;
    uint32_t       *buckets;
    struct entry   *entries;    /* from 1; pages are touched only as they are needed */
};

static uint64_t prefix_of(const unsigned char *bytes, size_t count)
{
    uint64_t prefix = 0;

    for (size_t i = 0; i < count; i++)
        prefix = prefix << 8 | bytes[i];
    return prefix;
}

struct http_visitor http_visitor_of(struct str address)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
    char                       text[INET6_ADDRSTRLEN];
    unsigned char              bytes[16];

    if (address.len >= sizeof text)
        return (struct http_visitor){ 0 };
    if (address.len)
        memcpy(text, address.at, address.len);
    text[address.len] = '\0';
    if (inet_pton(AF_INET, text, bytes) == 1)
        return (struct http_visitor){ prefix_of(bytes, 4), VISITOR_IPV4 };
    if (inet_pton(AF_INET6, text, bytes) != 1)
        return (struct http_visitor){ 0 };
    if (memcmp(bytes, mapped, sizeof mapped) == 0)
        return (struct http_visitor){ prefix_of(bytes + sizeof mapped, 4), VISITOR_IPV4 };
    return (struct http_visitor){ prefix_of(bytes, 8), VISITOR_IPV6 };
}

struct http_census *http_census_open(size_t connections_max, size_t per_address_max)
{
    struct http_census *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    CHECK(connections_max < UINT32_MAX / 4);
    pthread_mutex_init(&c->lock, NULL);
    c->total_max = connections_max;
    c->per_address_max = per_address_max;
    c->fresh = 1;
    c->buckets_count = 16;
    while (c->buckets_count < connections_max)
        c->buckets_count *= 2;
    c->buckets = calloc(c->buckets_count, sizeof *c->buckets);
    c->entries = calloc(connections_max + 1, sizeof *c->entries);
    if (!random_fill(&system_random, &c->seed, sizeof c->seed))
        c->seed = 0;    /* chains may then be chosen, the limits still hold */
    if (!c->buckets || !c->entries) {
        http_census_close(c);
        return NULL;
    }
    return c;
}

void http_census_close(struct http_census *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c->buckets);
    free(c->entries);
    free(c);
}

static uint32_t *bucket_of(struct http_census *c, struct http_visitor v)
{
    uint64_t h = (v.prefix ^ c->seed ^ (uint64_t)v.kind << 56) * 0x9e3779b97f4a7c15u;

    h = (h ^ h >> 32 ^ c->seed >> 7) * 0xd6e8feb86659fd93u;
    return &c->buckets[(h >> 32) & (c->buckets_count - 1)];
}

/* The link that leads to the visitor's entry, or that ends the chain. */
static uint32_t *find(struct http_census *c, struct http_visitor v)
{
    uint32_t *link = bucket_of(c, v);

    while (*link) {
        const struct entry *e = &c->entries[*link];
        if (e->visitor.prefix == v.prefix && e->visitor.kind == v.kind)
            break;
        link = &c->entries[*link].next;
    }
    return link;
}

static uint32_t entry_take(struct http_census *c, struct http_visitor v)
{
    uint32_t at = c->free ? c->free : c->fresh;

    if (c->free)
        c->free = c->entries[at].next;
    else
        c->fresh++;
    c->entries[at] = (struct entry){ .visitor = v };
    return at;
}

static bool enter(struct http_census *c, struct http_visitor v)
{
    if (c->total >= c->total_max)
        return false;
    if (v.kind != VISITOR_LOCAL) {
        uint32_t *link = find(c, v);
        if (*link ? c->entries[*link].count >= c->per_address_max : c->per_address_max == 0)
            return false;
        if (!*link)
            *link = entry_take(c, v);
        c->entries[*link].count++;
    }
    c->total++;
    return true;
}

bool http_census_enter(struct http_census *c, struct http_visitor v)
{
    pthread_mutex_lock(&c->lock);
    bool entered = enter(c, v);
    pthread_mutex_unlock(&c->lock);
    return entered;
}

static void leave(struct http_census *c, struct http_visitor v)
{
    CHECK(c->total > 0);
    c->total--;
    if (v.kind == VISITOR_LOCAL)
        return;
    uint32_t *link = find(c, v), at = *link;
    CHECK(at && c->entries[at].count > 0);
    if (--c->entries[at].count > 0)
        return;
    *link = c->entries[at].next;
    c->entries[at].next = c->free;
    c->free = at;
}

void http_census_leave(struct http_census *c, struct http_visitor v)
{
    pthread_mutex_lock(&c->lock);
    leave(c, v);
    pthread_mutex_unlock(&c->lock);
}

size_t http_census_total(struct http_census *c)
{
    pthread_mutex_lock(&c->lock);
    size_t total = c->total;
    pthread_mutex_unlock(&c->lock);
    return total;
}
