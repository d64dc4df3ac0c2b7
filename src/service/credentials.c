/* credentials.c: the crypto layer's passwords and tokens, as handlers like to use them. */
#include "service/credentials.h"

#include <sodium.h>

#include "base/check.h"
#include "crypto/token_cache.h"
#include "service/service.h"

static struct str owner_context(struct call *c, int64_t owner)
{
    return arena_format(c->arena, "user:%lld", (long long)owner);
}

problem password_store(struct call *c, int64_t owner, struct str password, struct str *sealed)
{
    struct service *s = c->service;
    char            hash[PASSWORD_HASH_BYTES];
    char            bytes[PASSWORD_HASH_BYTES + SEAL_OVERHEAD_BYTES];
    struct buf      out = buf_fixed(bytes, sizeof bytes);

    CHECK(s->hasher && s->vault);
    if (!password_hash(s->hasher, password, hash))
        return UNAVAILABLE;
    bool done = vault_seal(s->vault, VAULT_PASSWORD_HASH, s->random, str_of(hash),
                           owner_context(c, owner), &out);
    sodium_memzero(hash, sizeof hash);
    if (!done || c->arena->failed)
        return UNAVAILABLE;
    *sealed = arena_copy(c->arena, buf_str(&out));
    return OK;
}

problem password_check(struct call *c, int64_t owner, struct str password, struct str sealed,
                       bool *right, struct str *raised)
{
    struct service *s = c->service;
    char            bytes[PASSWORD_HASH_BYTES];
    struct buf      hash = buf_fixed(bytes, sizeof bytes);

    CHECK(s->hasher && s->vault);
    *right = false;
    if (!vault_unseal(s->vault, VAULT_PASSWORD_HASH, sealed, owner_context(c, owner), &hash))
        return INTERNAL;
    enum password_verdict v = password_verify(s->hasher, password, buf_str(&hash));
    buf_wipe(&hash);
    if (v == PASSWORD_FAILED)
        return UNAVAILABLE;
    *right = v == PASSWORD_RIGHT || v == PASSWORD_RIGHT_BUT_CHEAP;
    if (raised) {
        *raised = (struct str){ 0 };
        if (v == PASSWORD_RIGHT_BUT_CHEAP && password_store(c, owner, password, raised) != OK)
            *raised = (struct str){ 0 };    /* the next log-in tries again */
    }
    return OK;
}

problem password_check_nobody(struct call *c, struct str password)
{
    CHECK(c->service->hasher);
    return password_verify_nobody(c->service->hasher, password) ? OK : UNAVAILABLE;
}

problem token_create(struct call *c, int64_t subject, struct str *token, int64_t *expires_in)
{
    return token_create_within(c, subject, (struct str){ 0 }, INT64_MAX, token, expires_in);
}

problem token_create_within(struct call *c, int64_t subject, struct str session,
                            int64_t session_ends_us, struct str *token, int64_t *expires_in)
{
    const struct service *s = c->service;
    char                  bytes[TOKEN_BYTES_MAX];
    struct buf            out = buf_fixed(bytes, sizeof bytes);
    int64_t               now_s = c->now_us / 1000000, ends_s = session_ends_us / 1000000;
    struct token_claims   claims = {
        .subject = arena_format(c->arena, "%lld", (long long)subject),
        .session = session,
        .issued_at_s = now_s,
        .expires_at_s = now_s + s->tokens.lifetime_s < ends_s ? now_s + s->tokens.lifetime_s : ends_s,
    };

    if (!s->tokens.signer || !token_issue_claims(&s->tokens, s->random, &claims, &out))
        return INTERNAL;
    *token = arena_copy(c->arena, buf_str(&out));
    *expires_in = claims.expires_at_s - now_s;
    sodium_memzero(bytes, sizeof bytes);
    return OK;
}

problem token_subject(struct call *c, struct str token, int64_t *subject)
{
    struct str session;

    return token_owner(c, token, subject, &session);
}

problem token_owner(struct call *c, struct str token, int64_t *subject, struct str *session)
{
    struct token_claims claims;
    uint64_t            id;

    if (token_cache_verify(c->tokens, &c->service->tokens, token, c->now_us / 1000000, c->arena,
                           &claims) != TOKEN_GOOD)
        return BAD_TOKEN;
    if (!str_to_uint(claims.subject, (1ull << 53) - 1, &id))
        return BAD_TOKEN;
    *subject = (int64_t)id;
    *session = claims.session;
    return OK;
}
