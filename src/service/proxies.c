/* proxies.c: the options' networks, asked. */
#include "service/proxies.h"

#include "base/log.h"
#include "http/forwarded.h"

enum { LIST_BYTES = 500 };  /* a log line's value has at most 512 */

void proxies_announce(const struct proxies *p)
{
    const struct options *o = p->options;
    char                  text[LIST_BYTES];
    struct buf            list = buf_fixed(text, sizeof text);

    for (size_t i = 0; i < o->trusted_proxies_count && !list.failed; i++) {
        if (i > 0)
            buf_add_char(&list, ' ');
        network_write(&o->trusted_proxies[i], &list);
    }
    log_event(LOG_LEVEL_INFO, "trusted_proxies",
              LOG_PAIRS({ "networks", o->trusted_proxies_count ? buf_str(&list) : LIT("none") }));
}

static bool trusts(void *context, struct address a)
{
    const struct options *o = context;

    for (size_t i = 0; i < o->trusted_proxies_count; i++)
        if (network_holds(&o->trusted_proxies[i], a))
            return true;
    return false;
}

static void warn_once(struct proxies *p, struct str peer)
{
    if (!atomic_exchange(&p->warned, true))
        log_event(LOG_LEVEL_WARN, "untrusted_proxy",
                  LOG_PAIRS({ "address", peer },
                            { "hint", LIT("it sends X-Forwarded-For or Forwarded; if it is yours, "
                                          "start with --trusted-proxy") }));
}

struct str proxies_client(struct proxies *p, const struct http_request *r, struct str peer,
                          struct arena *a)
{
    char           text[64];
    struct buf     b = buf_fixed(text, sizeof text);
    struct address from;

    if (p->options->trusted_proxies_count == 0 || !address_parse(peer, &from) ||
        !trusts((void *)p->options, from)) {
        if (!atomic_load_explicit(&p->warned, memory_order_relaxed) && http_is_forwarded(r))
            warn_once(p, peer);
        return peer;
    }
    address_write(http_forwarded_client(r, from, trusts, (void *)p->options), &b);
    return arena_copy(a, buf_str(&b));
}
