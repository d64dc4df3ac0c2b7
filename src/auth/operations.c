/* operations.c: the handlers of operations_api.c. */
#include "auth/auth.h"
#include "crypto/base64url.h"
#include "service/service.h"

problem echo_action(struct call *c)
{
    const struct action    *in = c->in;
    struct action_response *out = c->out;

    out->user_id = in->user_id;
    out->action = in->action;
    return OK;
}

problem health_live(struct call *c)
{
    (void)c;
    return OK;
}

problem health_ready(struct call *c)
{
    return service_ready(c->service, c->db) ? OK : UNAVAILABLE;
}

static struct str coordinate(struct arena *a, const char *bytes)
{
    char       text[64];
    struct buf b = buf_fixed(text, sizeof text);

    base64url_encode(&b, bytes, 32);
    return arena_copy(a, buf_str(&b));
}

/* RFC 7518 section 6.2: the point is 04, x, y. */
static void describe_key(struct arena *a, const struct jws_key *key, struct jwk *out)
{
    char       point[128];
    struct buf b = buf_fixed(point, sizeof point);

    if (!jws_key_public(key, &b) || b.len != 65)
        return;
    *out = (struct jwk){
        .kty = LIT("EC"), .use = LIT("sig"), .alg = jws_algorithm_name(jws_key_algorithm(key)), .kid = jws_key_id(key),
        .crv = LIT("P-256"), .x = coordinate(a, point + 1), .y = coordinate(a, point + 33),
    };
}

problem json_web_key_set(struct call *c)
{
    const struct token_policy *tokens = &c->service->tokens;
    struct jwk_set            *out = c->out;
    bool secret =
        tokens->verifiers_count == 0 || jws_key_algorithm(tokens->verifiers[0]) == JWS_HS256;
    size_t                     count = secret ? 0 : tokens->verifiers_count;

    out->keys.at = arena_alloc_many(c->arena, count + 1, sizeof *out->keys.at);
    if (!out->keys.at)
        return UNAVAILABLE;
    for (size_t i = 0; i < count; i++)
        describe_key(c->arena, tokens->verifiers[i], &out->keys.at[i]);
    out->keys.len = count;
    return OK;
}
