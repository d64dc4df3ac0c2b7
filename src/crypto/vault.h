/* crypto/vault.h: the master key, and what is sealed under it.
 *
 * XChaCha20-Poly1305 with a random nonce (libsodium), under subkeys derived by HKDF-SHA256 (RFC 5869) with a label each.
 * Only the keeper has a vault.  Read-only after opening: any thread may seal and unseal. */
#pragma once
#include "base/buf.h"
#include "base/random.h"

enum { MASTER_KEY_BYTES = 32, SEAL_OVERHEAD_BYTES = 1 + 24 + 16 };

enum vault_purpose { VAULT_PASSWORD_HASH, VAULT_SIGNING_KEY, VAULT_CHECK, VAULT_PURPOSES };

struct vault { unsigned char keys[VAULT_PURPOSES][32]; };

void vault_open(struct vault *v, const unsigned char master[MASTER_KEY_BYTES]);
void vault_close(struct vault *v);   /* wipes */

/* Appends version, nonce, ciphertext and tag.  `context` (a user's id, say) is authenticated, not stored. */
bool vault_seal(const struct vault *v, enum vault_purpose purpose, const struct random_source *random, struct str plain, struct str context,
                struct buf *out) __attribute__((warn_unused_result));

/* Appends the plain text; false for anything that was not sealed so. */
bool vault_unseal(const struct vault *v, enum vault_purpose purpose, struct str sealed, struct str context, struct buf *out)
    __attribute__((warn_unused_result));

/* The master key from a file (64 hexadecimal digits and a newline).  Makes one (mode 0600, durable before it answers) when the file is
 * absent and `may_make`.  False with one clear line in `why`: unreadable, malformed, readable by others, absent. */
bool master_key_load(const char *path, bool may_make, const struct random_source *random, unsigned char out[MASTER_KEY_BYTES], struct buf *why);

/* The same text from an environment variable or an option. */
bool master_key_parse(struct str text, unsigned char out[MASTER_KEY_BYTES]);
