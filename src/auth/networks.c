/* networks.c: rows of (user, network), the last few of each user. */
#include "auth/networks.h"

#include "base/log.h"
#include "service/service.h"

/* Two rows for each network that somebody logs in from: near and wide. */
#define ROWS_MAX "32"

static const int64_t DAY_US = 86400000000;

const char network_tables[] =
    "CREATE TABLE familiar_networks ("
    " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
    " network BLOB NOT NULL,"
    " seen_at INTEGER NOT NULL,"
    " PRIMARY KEY (user_id, network)) WITHOUT ROWID;";

/* ---- Rows ------------------------------------------------------------------------------- */

struct familiar { int64_t user_id; struct str network; struct instant seen_at; };
struct pair { int64_t user_id; struct str network; };
struct seen { struct instant seen_at; };
struct owner { int64_t user_id; };

static const struct schema familiar = SCHEMA(familiar,
    FIELD(familiar, user_id), FIELD(familiar, network, .bytes = true), FIELD(familiar, seen_at));
static const struct schema pair = SCHEMA(pair, FIELD(pair, user_id), FIELD(pair, network, .bytes = true));
static const struct schema seen = SCHEMA(seen, FIELD(seen, seen_at));
static const struct schema owner = SCHEMA(owner, FIELD(owner, user_id));

const struct statement network_find = {
    "SELECT seen_at FROM familiar_networks WHERE user_id = :user_id AND network = :network", &pair, &seen
};
const struct statement network_put = {
    "INSERT OR REPLACE INTO familiar_networks (user_id, network, seen_at) VALUES (:user_id, :network, :seen_at)",
    &familiar, NULL
};
const struct statement network_trim = {
    "DELETE FROM familiar_networks WHERE user_id = :user_id AND network NOT IN (SELECT network FROM familiar_networks"
    " WHERE user_id = :user_id ORDER BY seen_at DESC LIMIT " ROWS_MAX ")", &owner, NULL
};

/* ---- Networks --------------------------------------------------------------------------- */

static void write_network(struct network n, char out[NETWORK_BYTES])
{
    memcpy(out, n.address.bytes, sizeof n.address.bytes);
    out[NETWORK_BYTES - 1] = (char)n.bits;
}

struct networks networks_of(const struct call *c)
{
    struct networks out = { 0 };
    struct address  a;

    if (!address_parse(c->address, &a))
        return out;
    bool four = address_is_ipv4(a);
    write_network(address_network(a, four ? 32 : 64), out.near);
    write_network(address_network(a, four ? 24 : 48), out.wide);
    return out;
}

static struct str hashed(struct call *c, const char network[NETWORK_BYTES])
{
    struct limiter_key key =
        limiter_key_of(c->service->limiter, "familiar network", network_str(network));

    return arena_copy(c->arena, (struct str){ (const char *)&key, sizeof key });
}

static problem find(struct call *c, int64_t user_id, const char network[NETWORK_BYTES],
                    struct seen *out)
{
    return store_one(c->db, c->arena, &network_find,
                     &(struct pair){ user_id, hashed(c, network) }, out);
}

problem network_is_familiar(struct call *c, int64_t user_id, const char network[NETWORK_BYTES],
                            bool *found)
{
    struct seen row;
    problem     p = find(c, user_id, network, &row);

    *found = p == OK;
    return p == NO_ROW ? OK : p;
}

static problem put(struct call *c, int64_t user_id, const char network[NETWORK_BYTES])
{
    return store_run(c->db, c->arena, &network_put,
                     &(struct familiar){ user_id, hashed(c, network), { c->now_us } }, NULL);
}

problem network_add(struct call *c, int64_t user_id)
{
    struct networks n = networks_of(c);

    if (!c->service->limiter)
        return OK;
    problem p = put(c, user_id, n.near);
    if (p == OK)
        p = put(c, user_id, n.wide);
    if (p == OK)
        p = store_run(c->db, c->arena, &network_trim, &(struct owner){ user_id }, NULL);
    return p;
}

struct addition { struct call *call; int64_t user_id; };

static problem add_in_transaction(struct store_session *db, void *context)
{
    struct addition *a = context;
    struct call      inside = *a->call;

    inside.db = db;
    return network_add(&inside, a->user_id);
}

static bool is_recent(const struct call *c, struct seen row)
{
    return c->now_us - row.seen_at.us < DAY_US;
}

/* That it fails is no reason to refuse the log-in. */
void network_remember(struct call *c, int64_t user_id)
{
    struct seen     row;
    struct addition a = { c, user_id };

    if (!c->service->limiter)
        return;
    problem p = find(c, user_id, networks_of(c).near, &row);
    if (p == OK && is_recent(c, row))
        return;
    if (p == OK || p == NO_ROW)
        p = store_transaction(c->db, add_in_transaction, &a);
    if (p != OK)
        log_event(LOG_LEVEL_WARN, "network_not_remembered", NULL);
}
