/* service/signing.h: the master key and the keys that tokens are signed with, from where they
 * are kept.
 *
 * The keeper opens them once, at start: the master key from its file or the environment, the
 * signing key from the database, where it lies wrapped by the master key, or HS256 from
 * JWT_SECRET.  A front only ever gets public keys. */
#pragma once
#include "service/message.h"
#include "service/service.h"

/* The tables behind it: SQL of a migration of the library. */
extern const char                    signing_tables[];
extern const struct statement *const signing_statements[];

/* Keeper: s->vault, s->keys and s->tokens.  False with one clear line in `why`. */
bool signing_open(struct service *s, struct buf *why);
void signing_close(struct service *s);

/* What a front is told. */
void signing_describe(const struct service *s, struct buf *packet);

/* Front: s->keys and s->tokens from what the keeper told, or from JWT_SECRET. */
bool signing_adopt(struct service *s, struct str packet, struct buf *why);

/* Is it a secret that the whole world knows? */
bool signing_secret_is_known(struct str secret);
