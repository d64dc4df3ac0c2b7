/* accounts.c: the handlers of accounts_api.c. */
#include "api/password_form.h"
#include "auth/auth.h"
#include "auth/networks.h"
#include "auth/passwords.h"
#include "auth/users.h"
#include "base/log.h"
#include "schema/email.h"
#include "service/credentials.h"

struct registration { struct call *call; const struct new_user *user; };

static problem insert(struct store_session *in_transaction, void *context)
{
    struct registration *r = context;
    struct call          inside = *r->call;

    inside.db = in_transaction;
    problem p = user_insert(&inside, r->user, inside.out);
    return p == OK ? network_add(&inside, r->user->id) : p;
}

/* A taken address is found before the costly hash; the unique key decides about those that come
 * at once. */
problem register_user(struct call *c)
{
    const struct user_create *in = c->in;
    struct new_user           u = { .email = in->email, .email_key = email_key(in->email, c->arena),
                                    .created_at = { c->now_us } };
    struct user_secret        taken;

    problem p = password_acceptable(c, "password", in->password, in->email);
    if (p != OK)
        return p;
    p = user_secret_by_key(c, u.email_key, &taken);
    if (p != NO_ROW)
        return p == OK ? EMAIL_TAKEN : p;
    p = user_next_id(c, &u.id);
    if (p == OK)
        p = password_store(c, u.id, in->password, &u.sealed_hash);
    if (p == OK)
        p = store_transaction(c->db, insert, &(struct registration){ c, &u });
    return p == CONFLICT ? EMAIL_TAKEN : p;
}

/* Sealed anew at today's cost.  That it fails is no reason to refuse the log-in. */
static void raise_hash(struct call *c, const struct user_secret *user, struct str raised)
{
    if (raised.at && user_raise_hash(c, user->id, user->sealed_hash, raised) != OK)
        log_event(LOG_LEVEL_WARN, "hash_not_raised", NULL);
}

/* One hash is computed on every path, so that neither answer nor time tells whether a user
 * exists or is active. */
problem login_for_access_token(struct call *c)
{
    const struct password_form *in = c->in;
    struct token_response      *out = c->out;
    struct user_secret          user;
    struct str                  key = user_key_of(c, in->username), raised;
    bool                        right;

    problem p = key.at ? user_secret_by_key(c, key, &user) : NO_ROW;
    if (c->arena->failed)
        return UNAVAILABLE;
    if (p == NO_ROW)
        return password_check_nobody(c, in->password) == OK ? BAD_LOGIN : UNAVAILABLE;
    if (p == OK)
        p = password_check(c, user.id, in->password, user.sealed_hash, &right, &raised);
    if (p != OK)
        return p;
    if (!right || !user.is_active)
        return BAD_LOGIN;
    raise_hash(c, &user, raised);
    network_remember(c, user.id);
    return token_create(c, user.id, &out->access_token, &out->expires_in);
}

/* The row decides: a token of a user who is gone or was deactivated is refused. */
problem authenticate_user(struct call *c, struct str token)
{
    struct user_response *user = arena_alloc(c->arena, sizeof *user);
    int64_t               id;

    if (!user)
        return UNAVAILABLE;
    problem p = token_subject(c, token, &id);
    if (p == OK)
        p = user_by_id(c, id, user);
    if (p == NO_ROW || (p == OK && !user->is_active))
        return BAD_TOKEN;
    c->user = user;
    return p;
}

problem read_users_me(struct call *c)
{
    *(struct user_response *)c->out = *(const struct user_response *)c->user;
    return OK;
}
