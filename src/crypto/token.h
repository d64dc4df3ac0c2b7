/* crypto/token.h: access tokens, that is JWTs (RFC 7519) under the rules of RFC 8725 and RFC 9068.
 *
 * A policy is the one place that says which keys, which type, which issuer and audience count.  It
 * is read-only once set: any thread.  Where `exp` is checked: token_check_time() in token.c, and
 * nowhere else; every token passes it, whether its signature was verified now or is remembered
 * (token_cache.h). */
#pragma once
#include "base/arena.h"
#include "base/random.h"
#include "crypto/jws.h"

enum {
    TOKEN_BYTES_MAX = 4096,
    TOKEN_KEYS_MAX = 8,
    TOKEN_MEMBERS_MAX = 64,     /* of the header, and of the claims; not counting what is in them */
    TOKEN_LEEWAY_S = 0,
};

struct token_policy {
    const struct jws_key *signer;                       /* NULL where tokens are only verified */
    const struct jws_key *verifiers[TOKEN_KEYS_MAX];    /* an HS256 key stands alone */
    size_t                verifiers_count;
    struct str            issuer, audience, client_id;  /* none: neither written nor asked for */
    int64_t               lifetime_s;
    uint64_t              generation;   /* grows with any change of what is above */
};

struct token_claims {
    struct str subject;         /* `sub`, not empty; an integer is taken as its digits */
    struct str id;              /* `jti`, none when absent */
    struct str session;         /* `sid`, none when absent */
    struct str scope;           /* none when absent */
    int64_t    issued_at_s;     /* 0 when absent */
    int64_t    begins_at_s;     /* the later of `nbf` and `iat`; 0 when both are absent */
    int64_t    expires_at_s;    /* fractions are dropped here; that of `nbf` counts up */
};

enum token_verdict {
    TOKEN_GOOD,
    TOKEN_MALFORMED,        /* not three parts of base64url, not JSON objects, a duplicate name, too
                             * long, a member of the wrong type, a date below 0, `sub` or `exp`
                             * missing; also when the arena failed */
    TOKEN_WRONG_TYPE,       /* `typ` is not at+jwt, or, for HS256, neither JWT nor absent; case does
                             * not count, "application/" may precede */
    TOKEN_WRONG_ALGORITHM,  /* `alg` is not that of the key */
    TOKEN_UNKNOWN_KEY,      /* no verifier has this `kid`, or it is absent and there are several */
    TOKEN_CRITICAL,         /* `crit` is there (RFC 7515 section 4.1.11) */
    TOKEN_BAD_SIGNATURE,
    TOKEN_EXPIRED,          /* exp <= now */
    TOKEN_NOT_YET,          /* nbf or iat in the future */
    TOKEN_WRONG_ISSUER,
    TOKEN_WRONG_AUDIENCE,   /* not ours; where the policy has none, any (as PyJWT sees it) */
    TOKEN_VERDICTS,
};

/* "expired" and so on, for logs. */
struct str token_verdict_name(enum token_verdict v);

/* Signs a token for `subject` that begins now and ends after policy->lifetime_s; with issuer set
 * also iss, aud, client_id, jti (RFC 9068 section 2.2).  Appends the compact form.  False, and
 * nothing appended: entropy, room or signing failed, or it would be longer than TOKEN_BYTES_MAX. */
bool token_issue(const struct token_policy *p, const struct random_source *random,
                 struct str subject, int64_t now_s, struct buf *out)
    __attribute__((warn_unused_result));

/* The same by claims: `subject`, `session` (`sid`, unless none), `issued_at_s` and `expires_at_s`
 * are those that are given, the rest is the policy's. */
bool token_issue_claims(const struct token_policy *p, const struct random_source *random,
                        const struct token_claims *claims, struct buf *out)
    __attribute__((warn_unused_result));

/* Checks everything, in the order: structure, header, key, signature, claims, time.  *out (its
 * slices in the arena) is set only for TOKEN_GOOD. */
enum token_verdict token_verify(const struct token_policy *p, struct str token, int64_t now_s,
                                struct arena *a, struct token_claims *out)
    __attribute__((warn_unused_result));

/* All of that but the time: what stays true of these bytes as long as the policy's generation does.
 * GOOD is not yet good: token_check_time() has the last word. */
enum token_verdict token_verify_timeless(const struct token_policy *p, struct str token,
                                         struct arena *a, struct token_claims *out)
    __attribute__((warn_unused_result));

/* GOOD, EXPIRED or NOT_YET. */
enum token_verdict token_check_time(const struct token_claims *c, int64_t now_s)
    __attribute__((warn_unused_result));
