/* accounts.c: the handlers of accounts_api.c. */
#include "api/password_form.h"
#include "auth/networks.h"
#include "auth/passwords.h"
#include "auth/sessions.h"
#include "auth/users.h"
#include "base/log.h"
#include "schema/email.h"
#include "service/credentials.h"
#include "service/service.h"

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
    problem p = raised.at
                    ? user_replace_hash(c->db, c->arena, user->id, user->sealed_hash, raised)
                    : OK;

    if (p != OK && p != NO_ROW)
        log_event(LOG_LEVEL_WARN, "hash_not_raised", NULL);
}

/* One hash is computed on every path, so that neither answer nor time tells whether a user
 * exists or is active.  NO_ROW: the password was right for a row that is another by now. */
static problem try_login(struct call *c)
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
    p = session_begin(c, user.id, user.sealed_hash, out);
    raise_hash(c, &user, raised);
    if (p == OK)
        network_remember(c, user.id);
    return p;
}

/* What is another row by now has another password, or the same one at today's cost, by a log-in at
 * the same time: asked once more, it tells which. */
problem login_for_access_token(struct call *c)
{
    problem p = try_login(c);

    if (p == NO_ROW)
        p = try_login(c);
    return p == NO_ROW ? UNAVAILABLE : p;
}

/* Ours always say which session they are of; those of others who have the secret need not. */
static bool counts_without_session(const struct service *s)
{
    return s->options.jwt_secret.len &&
           !options_flag(&s->options, s->program->flags, "own-tokens-only");
}

static problem find_in_session(struct call *c, int64_t id, struct str sid, struct signed_in *out)
{
    struct session_rules   rules = session_rules_of(c->service);
    struct user_in_session found;

    if (!session_id_parse(sid, &out->session))
        return BAD_TOKEN;
    problem p = user_by_session(c, id, out->session, &found);
    if (p == OK && !session_is_live(&rules, &found.session, c->now_us))
        return BAD_TOKEN;
    if (p == OK)
        out->user = found.user;
    return p;
}

/* The rows decide: a token of a user who is gone or was deactivated, or of a session that has
 * ended, is refused. */
problem authenticate_user(struct call *c, struct str token)
{
    struct signed_in *who = arena_alloc(c->arena, sizeof *who);
    struct str        sid;
    int64_t           id;

    if (!who)
        return UNAVAILABLE;
    problem p = token_owner(c, token, &id, &sid);
    if (p == OK && sid.at)
        p = find_in_session(c, id, sid, who);
    else if (p == OK)
        p = counts_without_session(c->service) ? user_by_id(c, id, &who->user) : BAD_TOKEN;
    if (p == NO_ROW || (p == OK && !who->user.is_active))
        return BAD_TOKEN;
    c->user = who;
    return p;
}

problem read_users_me(struct call *c)
{
    *(struct user_response *)c->out = signed_in(c)->user;
    return OK;
}

/* ---- One's own account ------------------------------------------------------------------ */

/* Whoever has a token must know the password as well before he changes how one logs in. */
static problem confirm(struct call *c, struct str password, struct user_secret *user)
{
    bool right;

    problem p = user_secret_by_id(c, signed_in(c)->user.id, user);
    if (p == OK)
        p = password_check(c, user->id, password, user->sealed_hash, &right, NULL);
    if (p != OK)
        return p == NO_ROW ? UNAVAILABLE : p;
    return right ? OK : BAD_PASSWORD;
}

problem update_users_me(struct call *c)
{
    const struct user_update *in = c->in;
    struct user_secret        user;

    problem p = confirm(c, in->current_password, &user);
    if (p == OK)
        p = user_change_email(c, &user, in->email, email_key(in->email, c->arena), c->out);
    return p == CONFLICT ? EMAIL_TAKEN : p == NO_ROW ? UNAVAILABLE : p;
}

problem delete_users_me(struct call *c)
{
    return user_delete(c, signed_in(c)->user.id);
}

struct change {
    struct call *call;
    struct str   was, now;
};

static problem replace(struct store_session *ss, void *context)
{
    const struct change    *ch = context;
    const struct signed_in *who = signed_in(ch->call);
    struct arena           *a = ch->call->arena;

    problem p = user_replace_hash(ss, a, who->user.id, ch->was, ch->now);
    return p == OK ? sessions_end_others(ss, a, who->user.id, who->session) : p;
}

/* The new password and the end of the other sessions are one commit. */
problem change_password(struct call *c)
{
    const struct password_change *in = c->in;
    struct user_secret            user = { 0 };
    struct change                 ch = { .call = c };

    problem p =
        password_acceptable(c, "new_password", in->new_password, signed_in(c)->user.email);
    if (p == OK)
        p = confirm(c, in->current_password, &user);
    if (p == OK)
        p = password_store(c, user.id, in->new_password, &ch.now);
    ch.was = user.sealed_hash;
    if (p == OK)
        p = store_transaction(c->db, replace, &ch);
    return p == NO_ROW ? UNAVAILABLE : p;
}
