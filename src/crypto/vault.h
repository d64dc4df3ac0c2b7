/* crypto/vault.h: what is sealed, or authenticated, under the master key.
 *
 * XChaCha20-Poly1305 with a random nonce, and HMAC-SHA256 (libsodium), under subkeys derived by
 * HKDF-SHA256 (RFC 5869) with a label each.  Only the keeper has a vault.  Read-only after opening:
 * any thread may use it. */
#pragma once
#include "base/buf.h"
#include "base/random.h"
#include "crypto/master_key.h"

enum { SEAL_OVERHEAD_BYTES = 1 + 24 + 16, VAULT_MAC_BYTES = 32 };

enum vault_purpose {
    VAULT_PASSWORD_HASH,
    VAULT_SIGNING_KEY,
    VAULT_CHECK,
    VAULT_COUNTED,          /* digests: whose counter is it? */
    VAULT_REFRESH_TOKEN,    /* MACs */
    VAULT_PURPOSES
};

enum { DIGEST_BYTES = 16 };

struct vault {
    unsigned char keys[VAULT_PURPOSES][32];
};

void vault_open(struct vault *v, const unsigned char master[MASTER_KEY_BYTES]);
void vault_close(struct vault *v);   /* wipes */

/* Appends version, nonce, ciphertext and tag.  `context` (a user's id, say) is authenticated, not
 * stored. False, and nothing appended, without entropy or room. */
bool vault_seal(const struct vault *v, enum vault_purpose purpose,
                const struct random_source *random, struct str plain, struct str context,
                struct buf *out) __attribute__((warn_unused_result));

/* Appends the plain text; false, and nothing appended, for anything that was not sealed so. */
bool vault_unseal(const struct vault *v, enum vault_purpose purpose, struct str sealed,
                  struct str context, struct buf *out) __attribute__((warn_unused_result));

/* A keyed hash: the same for the same text, and telling nothing of it without the master key. */
void vault_digest(const struct vault *v, enum vault_purpose purpose, struct str text,
                  unsigned char out[DIGEST_BYTES]);

/* HMAC-SHA256 of `input` under the purpose's key. */
void vault_mac(const struct vault *v, enum vault_purpose purpose, struct str input,
               unsigned char out[VAULT_MAC_BYTES]);

/* Is it that?  In constant time. */
bool vault_mac_fits(const struct vault *v, enum vault_purpose purpose, struct str input,
                    const unsigned char mac[VAULT_MAC_BYTES]) __attribute__((warn_unused_result));
