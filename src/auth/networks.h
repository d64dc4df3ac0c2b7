/* auth/networks.h: which networks have logged in to an account before.
 *
 * They are what tells its owner from those who guess: docs/limits.md.  A row holds a keyed hash of
 * the network, not the network.  Nothing is read or written with --limits off.  The thread is the
 * call's. */
#pragma once
#include "auth/auth.h"
#include "base/address.h"

enum { NETWORK_BYTES = 17 };

/* The smallest network that is one client's, and one that somebody may have many of: IPv4 /32 and
 * /24, IPv6 /64 and /48; as bytes to be hashed. */
struct networks { char near[NETWORK_BYTES], wide[NETWORK_BYTES]; };

/* Of the call's client; one who has no address is a network of its own. */
struct networks networks_of(const struct call *c);

static inline struct str network_str(const char network[NETWORK_BYTES])
{
    return (struct str){ network, NETWORK_BYTES };
}

/* *found: has it logged in to the account before?  The same work for a user who does not exist. */
problem network_is_familiar(struct call *c, int64_t user_id, const char network[NETWORK_BYTES],
                            bool *found) MUST_CHECK;

/* After a log-in.  Writes when the network is new, or was seen last more than a day ago. */
void network_remember(struct call *c, int64_t user_id);

/* The same at registration, in its transaction. */
problem network_add(struct call *c, int64_t user_id) MUST_CHECK;

extern const char             network_tables[];
extern const struct statement network_find, network_put, network_trim;
