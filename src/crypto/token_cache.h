/* crypto/token_cache.h: tokens that were found good lately need not be verified again.
 *
 * Of a token it keeps the claims and the SHA-256 of a random key and all its bytes: no other token
 * is taken for it, and what rests in memory is not one that could be used.
 * Only good tokens are kept, so that nobody fills it with bad ones, and only what does not change
 * with time is remembered: each use asks token_check_time() anew.  An entry counts under the
 * policy's generation that it was verified under, and no other.
 *
 * Its size is fixed: what was not used for longest makes room.  One thread, one policy. */
#pragma once
#include "crypto/token.h"

struct token_cache;

/* For about `tokens` tokens, touching memory as they come.  NULL, which is a cache that never
 * has any: 0 tokens, no memory or no entropy. */
struct token_cache *token_cache_open(size_t tokens, const struct random_source *random);
void                token_cache_close(struct token_cache *c);   /* wipes; NULL is fine */

/* As token_verify(), with the same answers. */
enum token_verdict token_cache_verify(struct token_cache *c, const struct token_policy *p,
                                      struct str token, int64_t now_s, struct arena *a,
                                      struct token_claims *out)
    __attribute__((warn_unused_result));
