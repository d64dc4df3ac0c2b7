/* sessions.c: the handlers of sessions_api.c: begin, refresh, end.
 *
 * A refresh is judged twice by the same function: on a reading connection, so that a refusal costs
 * no write, and again on the writer, whose verdict counts.  Tokens are made after the commit that
 * they speak of. */
#include "auth/sessions.h"

#include "base/check.h"
#include "base/log.h"
#include "base/utf8.h"
#include "crypto/refresh_token.h"
#include "service/credentials.h"
#include "service/service.h"

enum { AGENT_BYTES_MAX = 200, BEGIN_TRIES = 3 };

struct session_rules session_rules_of(const struct service *s)
{
    return (struct session_rules){
        .idle_us = s->options.session_idle_ms * 1000,
        .lifetime_us = s->options.session_lifetime_ms * 1000,
        .grace_us = s->options.refresh_grace_ms * 1000,
    };
}

/* ---- A pair of tokens ------------------------------------------------------------------- */

static struct str refresh_token_of(struct call *c, const struct session *s)
{
    char       bytes[REFRESH_TOKEN_CHARS];
    struct buf out = buf_fixed(bytes, sizeof bytes);

    CHECK(c->service->vault);
    refresh_token_write(c->service->vault, (struct refresh_token){ s->id, (uint32_t)s->counter },
                        &out);
    struct str text = arena_copy(c->arena, buf_str(&out));
    explicit_bzero(bytes, sizeof bytes);
    return text;
}

static problem answer_pair(struct call *c, const struct session *s, struct token_response *out)
{
    struct session_rules rules = session_rules_of(c->service);
    struct session_state state = session_state_of(s);
    struct str           sid = session_id_text(c->arena, s->id);
    int64_t              ends_us = session_ends_us(&rules, &state);

    out->refresh_token = refresh_token_of(c, s);
    out->refresh_expires_in = (ends_us - c->now_us) / 1000000;
    return token_create_within(c, s->user_id, sid, ends_us, &out->access_token, &out->expires_in);
}

/* ---- Begin ------------------------------------------------------------------------------ */

/* What a client calls itself is shown to its user: a text, and not a long one. */
static struct str agent_of(const struct call *c)
{
    struct str agent = str_slice(c->agent, 0, AGENT_BYTES_MAX);
    bool       cut = c->agent.len > AGENT_BYTES_MAX;

    for (int i = 1; cut && i < UTF8_BYTES_MAX && !utf8_valid(agent); i++)
        agent.len--;    /* half a character */
    return agent.at && utf8_valid(agent) ? agent : (struct str){ 0 };
}

static bool random_id(struct call *c, int64_t *id)
{
    uint64_t value;

    if (!random_fill(c->service->random, &value, sizeof value))
        return false;
    *id = (int64_t)(value >> 1);
    return *id != 0;
}

struct beginning {
    struct call       *call;
    struct new_session row;
    int64_t            sweep_around;
};

static problem begin(struct store_session *ss, void *context)
{
    struct beginning    *b = context;
    struct session_rules rules = session_rules_of(b->call->service);

    b->row.begun_at.us = store_now_us(ss);
    problem p = session_insert(ss, b->call->arena, &b->row);
    return p == OK ? sessions_sweep(ss, b->call->arena, &rules, b->sweep_around) : p;
}

problem session_begin(struct call *c, int64_t user_id, struct str sealed_hash,
                      struct token_response *out)
{
    struct beginning b = { .call = c,
                           .row = { .user_id = user_id, .sealed_hash = sealed_hash,
                                    .address = c->address, .agent = agent_of(c) } };
    problem          p = CONFLICT;

    for (int i = 0; i < BEGIN_TRIES && p == CONFLICT; i++) {    /* that an id is taken */
        if (!random_id(c, &b.row.id) || !random_id(c, &b.sweep_around))
            return UNAVAILABLE;
        p = store_transaction(c->db, begin, &b);
    }
    if (p != OK)
        return p == CONFLICT ? UNAVAILABLE : p;
    return answer_pair(c, &(struct session){ .id = b.row.id, .user_id = user_id, .counter = 1,
                                             .begun_at = b.row.begun_at,
                                             .rotated_at = b.row.begun_at }, out);
}

/* ---- Refresh ---------------------------------------------------------------------------- */

struct refreshing {
    struct call         *call;
    struct refresh_token token;
    struct session       session;
    enum session_verdict verdict;
};

/* A session that is not there, or whose user may not log in, is as good as none. */
static problem judge(struct store_session *ss, struct refreshing *r)
{
    struct session_rules rules = session_rules_of(r->call->service);
    problem              p = session_find(ss, r->call->arena, r->token.session, &r->session);

    r->verdict = SESSION_REFUSED;
    if (p != OK)
        return p == NO_ROW ? OK : p;
    struct session_state state = session_state_of(&r->session);
    if (r->session.is_active)
        r->verdict = session_judge(&rules, &state, r->token.counter, store_now_us(ss));
    return OK;
}

static problem act(struct store_session *ss, void *context)
{
    struct refreshing *r = context;
    struct call       *c = r->call;

    problem p = judge(ss, r);
    if (p == OK && r->verdict == SESSION_REUSED)
        return session_end(ss, c->arena, r->session.user_id, r->session.id);
    if (p != OK || r->verdict != SESSION_ROTATES)
        return p;
    p = session_rotate(ss, c->arena, &r->session, c->address, agent_of(c));
    return p == OK ? session_find(ss, c->arena, r->token.session, &r->session) : p;
}

static problem settle(struct refreshing *r)
{
    problem p = judge(r->call->db, r);

    if (p == OK && (r->verdict == SESSION_ROTATES || r->verdict == SESSION_REUSED))
        p = store_transaction(r->call->db, act, r);
    return p == NO_ROW ? INTERNAL : p;
}

static void warn_of_reuse(const struct refreshing *r)
{
    log_event(LOG_LEVEL_WARN, "refresh_token_reused", LOG_PAIRS(
        { "session", session_id_text(r->call->arena, r->session.id) },
        { "user", arena_format(r->call->arena, "%lld", (long long)r->session.user_id) },
        { "address", r->call->address }));
}

problem refresh_access_token(struct call *c)
{
    const struct refresh_form *in = c->in;
    struct refreshing          r = { .call = c };

    CHECK(c->service->vault);
    if (!refresh_token_read(c->service->vault, in->refresh_token, &r.token))
        return BAD_GRANT;
    problem p = settle(&r);
    if (p != OK)
        return p;
    if (r.verdict == SESSION_REUSED)
        warn_of_reuse(&r);
    if (r.verdict == SESSION_REUSED || r.verdict == SESSION_REFUSED)
        return BAD_GRANT;
    return answer_pair(c, &r.session, c->out);
}

/* ---- End -------------------------------------------------------------------------------- */

/* That it was gone already is no reason to complain. */
static problem end_own(struct call *c, int64_t id)
{
    problem p = session_end(c->db, c->arena, signed_in(c)->user.id, id);

    return p == NO_ROW ? OK : p;
}

problem logout(struct call *c)
{
    return signed_in(c)->session ? end_own(c, signed_in(c)->session) : NO_SESSION;
}

/* RFC 7009: a token that says nothing to us needs no revoking.  One that is newer than the row is
 * of a database that was put back, and no reason to end what is there now. */
static problem revoke_refresh(struct call *c, struct refresh_token t)
{
    struct session s;
    problem        p = session_find(c->db, c->arena, t.session, &s);

    if (p == OK && t.counter <= s.counter)
        p = session_end(c->db, c->arena, s.user_id, s.id);
    return p == NO_ROW ? OK : p;
}

static problem revoke_access(struct call *c, struct str token)
{
    struct str sid;
    int64_t    user_id, id;

    /* A token that is none is answered 200 (RFC 7009 section 2.2); one that could not be read, not. */
    if (token_owner(c, token, &user_id, &sid) != OK)
        return c->arena->failed ? UNAVAILABLE : OK;
    if (!sid.at)
        return NO_SESSION;
    problem p = session_id_parse(sid, &id) ? session_end(c->db, c->arena, user_id, id) : OK;
    return p == NO_ROW ? OK : p;
}

problem revoke_token(struct call *c)
{
    const struct revoke_form *in = c->in;
    struct refresh_token      t;

    CHECK(c->service->vault);
    return refresh_token_read(c->service->vault, in->token, &t) ? revoke_refresh(c, t)
                                                                 : revoke_access(c, in->token);
}

problem list_sessions(struct call *c)
{
    struct session_rules rules = session_rules_of(c->service);

    return sessions_of(c, signed_in(c)->user.id, &rules, c->out);
}

problem end_session(struct call *c)
{
    const struct session_path *path = c->path;
    int64_t                    id;

    if (!session_id_parse(path->session_id, &id))
        return NOT_FOUND;
    problem p = session_end(c->db, c->arena, signed_in(c)->user.id, id);
    return p == NO_ROW ? NOT_FOUND : p;
}

problem end_other_sessions(struct call *c)
{
    return sessions_end_others(c->db, c->arena, signed_in(c)->user.id, signed_in(c)->session);
}
