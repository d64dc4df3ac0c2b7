/* acceptor.c: the fewest connections first, the next in turn among equals. */
#include "http/acceptor.h"

#include <stdlib.h>

#include "base/check.h"

struct http_acceptor {
    size_t              count, turn;
    struct http_server *servers[];
};

struct http_acceptor *http_acceptor_open(struct http_server *const *servers, size_t count)
{
    struct http_acceptor *a = calloc(1, sizeof *a + count * sizeof *servers);

    CHECK(count > 0);
    if (!a)
        return NULL;
    a->count = count;
    memcpy(a->servers, servers, count * sizeof *servers);
    return a;
}

void http_acceptor_close(struct http_acceptor *a)
{
    free(a);
}

static size_t least_loaded(const struct http_acceptor *a)
{
    size_t best = a->turn % a->count, fewest = http_server_connections(a->servers[best]);

    for (size_t i = 1; i < a->count; i++) {
        size_t at = (a->turn + i) % a->count, count = http_server_connections(a->servers[at]);
        if (count < fewest) {
            best = at;
            fewest = count;
        }
    }
    return best;
}

static void give(void *context, int fd, struct str address)
{
    struct http_acceptor *a = context;
    size_t                best = least_loaded(a);

    a->turn = best + 1;
    if (best == 0)
        http_server_adopt(a->servers[0], fd, address);
    else
        http_server_hand_over(a->servers[best], fd, address);
}

bool http_acceptor_listen(struct http_acceptor *a, int listener)
{
    return http_server_listen(a->servers[0], listener, give, a);
}
