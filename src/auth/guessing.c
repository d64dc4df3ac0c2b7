/* guessing.c: what a log-in or a registration counts for, and by which numbers.
 *
 *                       a network that has logged in        any other one
 *                       to this account before
 *   must not wait for   its own failures at this account    the account's failures from such networks,
 *                                                            the network's, the neighbourhood's
 *   its hash            comes first                          comes after those
 *
 * So those who guess can make each other wait, and whoever comes from a new place, but not the
 * owner where he always is. */
#include "auth/guessing.h"

#include "api/password_form.h"
#include "auth/networks.h"
#include "auth/users.h"
#include "service/service.h"

/* Their order is part of what is stored. */
enum {
    UNUSED_POLICY,
    ACCOUNT,                /* failures from networks that are not familiar */
    ACCOUNT_FAMILIAR,       /* failures from one familiar network */
    NETWORK, NEIGHBOURHOOD, /* failures at accounts that it is not familiar to */
    REGISTERING_NETWORK, REGISTERING_NEIGHBOURHOOD,
    FIRST_PAIR, FIRST_NETWORK, FIRST_NEIGHBOURHOOD,     /* who may have his hash first */
};

enum { SECOND = 1000, MINUTE = 60 * SECOND };

const struct limiter_policy guessing_policies[] = {
    [UNUSED_POLICY]             = { 0 },
    [ACCOUNT]                   = { .free = 10,   .first_ms = 2 * SECOND, .longest_ms = 15 * MINUTE },
    [ACCOUNT_FAMILIAR]          = { .free = 20,   .first_ms = 1 * SECOND, .longest_ms = 5 * MINUTE },
    [NETWORK]                   = { .free = 20,   .first_ms = 2 * SECOND, .longest_ms = 5 * MINUTE },
    [NEIGHBOURHOOD]             = { .free = 100,  .first_ms = 1 * SECOND, .longest_ms = 1 * MINUTE },
    [REGISTERING_NETWORK]       = { .free = 100,  .first_ms = 1 * SECOND, .longest_ms = 1 * MINUTE },
    [REGISTERING_NEIGHBOURHOOD] = { .free = 1000, .first_ms = 1 * SECOND, .longest_ms = 10 * SECOND },
    [FIRST_PAIR]                = { .free = 20,   .first_ms = 250,        .longest_ms = 1 * SECOND, .passing = true },
    [FIRST_NETWORK]             = { .free = 200,  .first_ms = 50,         .longest_ms = 200,        .passing = true },
    [FIRST_NEIGHBOURHOOD]       = { .free = 1000, .first_ms = 10,         .longest_ms = 50,         .passing = true },
    { 0 },
};

/* ---- Keys ------------------------------------------------------------------------------- */

static struct limiter_key network_key(struct call *c, const char network[NETWORK_BYTES])
{
    return limiter_key_of(c->service->limiter, "network", network_str(network));
}

/* An account that there is, by its id, whatever it was called by; one that there is not, by what
 * it was called. */
static struct limiter_key account_key(struct call *c, int64_t user_id, struct str name)
{
    if (user_id)
        name = arena_format(c->arena, "%lld", (long long)user_id);
    return limiter_key_of(c->service->limiter, user_id ? "user" : "name", name);
}

static struct limiter_key pair_key(struct call *c, int64_t user_id,
                                   const char network[NETWORK_BYTES])
{
    char       text[NETWORK_BYTES + sizeof user_id];
    struct buf b = buf_fixed(text, sizeof text);

    buf_add(&b, (struct str){ (const char *)&user_id, sizeof user_id });
    buf_add(&b, network_str(network));
    return limiter_key_of(c->service->limiter, "user and network", buf_str(&b));
}

/* ---- Claims ----------------------------------------------------------------------------- */

static problem claim(struct call *c)
{
    int64_t wait_ms;

    if (c->arena->failed)
        return UNAVAILABLE;
    if (limiter_claim(c->service->limiter, c->claim, c->now_us, &wait_ms))
        return OK;
    c->claim->count = 0;
    c->retry_after_s = (int)((wait_ms + SECOND - 1) / SECOND);
    return TOO_MANY;
}

static problem claim_as_stranger(struct call *c, struct limiter_key account,
                                 const struct networks *from)
{
    limiter_add(c->claim, ACCOUNT, account);
    limiter_add(c->claim, NETWORK, network_key(c, from->near));
    limiter_add(c->claim, NEIGHBOURHOOD, network_key(c, from->wide));
    return claim(c);
}

/* A right password counts for nothing, so that somebody with an account could have hash after hash
 * and make others wait: only so many come first. */
static bool may_go_first(struct call *c, struct limiter_key pair, const struct networks *from)
{
    struct limiter_claim turn = { 0 };
    int64_t              wait_ms;

    limiter_add(&turn, FIRST_PAIR, pair);
    limiter_add(&turn, FIRST_NETWORK, network_key(c, from->near));
    limiter_add(&turn, FIRST_NEIGHBOURHOOD, network_key(c, from->wide));
    return limiter_claim(c->service->limiter, &turn, c->now_us, &wait_ms);
}

static problem claim_as_familiar(struct call *c, int64_t user_id,
                                 const char familiar[NETWORK_BYTES], const struct networks *from)
{
    struct limiter_key pair = pair_key(c, user_id, familiar);

    limiter_add(c->claim, ACCOUNT_FAMILIAR, pair);
    problem p = claim(c);
    c->goes_first = p == OK && may_go_first(c, pair, from);
    return p;
}

/* ---- Gates ------------------------------------------------------------------------------ */

/* *user_id is 0 when there is none; *name is then what stands for him. */
static problem find_account(struct call *c, struct str username, int64_t *user_id, struct str *name)
{
    struct user_secret user;
    struct str         key = user_key_of(c, username);

    *user_id = 0;
    *name = key.at ? key : username;
    problem p = key.at ? user_secret_by_key(c, key, &user) : NO_ROW;
    if (p == OK)
        *user_id = user.id;
    return p == NO_ROW ? OK : p;
}

/* Both networks are looked for whether or not there is such a user: the time that it takes shall
 * not tell. */
static problem admit(struct call *c, int64_t user_id, struct str name)
{
    struct networks from = networks_of(c);
    bool            near = false, wide = false;

    problem p = network_is_familiar(c, user_id, from.near, &near);
    if (p == OK)
        p = network_is_familiar(c, user_id, from.wide, &wide);
    if (p != OK)
        return p;
    if (near || wide)
        return claim_as_familiar(c, user_id, near ? from.near : from.wide, &from);
    return claim_as_stranger(c, account_key(c, user_id, name), &from);
}

static problem admit_login(struct call *c)
{
    const struct password_form *in = c->in;
    struct str                  name;
    int64_t                     user_id;

    problem p = find_account(c, in->username, &user_id, &name);
    return p == OK ? admit(c, user_id, name) : p;
}

static bool failed_login(problem outcome)
{
    return outcome == BAD_LOGIN;
}

const struct gate login_gate = { admit_login, failed_login };

static problem admit_confirmation(struct call *c)
{
    return admit(c, ((const struct signed_in *)c->user)->user.id, (struct str){ 0 });
}

/* That an address is taken tells who has an account: no cheaper here than by registering. */
static bool failed_confirmation(problem outcome)
{
    return outcome == BAD_PASSWORD || outcome == EMAIL_TAKEN;
}

const struct gate confirm_gate = { admit_confirmation, failed_confirmation };

static problem admit_registration(struct call *c)
{
    struct networks from = networks_of(c);

    limiter_add(c->claim, REGISTERING_NETWORK, network_key(c, from.near));
    limiter_add(c->claim, REGISTERING_NEIGHBOURHOOD, network_key(c, from.wide));
    return claim(c);
}

static bool registered_or_told(problem outcome)
{
    return outcome == OK || outcome == EMAIL_TAKEN;
}

const struct gate register_gate = { admit_registration, registered_or_told };
