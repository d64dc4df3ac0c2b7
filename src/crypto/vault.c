/* vault.c: version byte, nonce, ciphertext, tag; one subkey a purpose.
 *
 * Derivation uses libsodium's HMAC, which cannot fail: opening a vault has no failure to handle.
 * The labels are part of the format of a stored database and never change. */
#include "crypto/vault.h"

#include <sodium.h>

#include "base/check.h"

enum {
    VERSION = 1,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};

_Static_assert(SEAL_OVERHEAD_BYTES == 1 + NONCE_BYTES + TAG_BYTES, "as the header says");
_Static_assert(VAULT_MAC_BYTES == crypto_auth_hmacsha256_BYTES, "as the header says");

static const struct str labels[VAULT_PURPOSES] = {
    [VAULT_PASSWORD_HASH] = LIT("postern vault 1: password hash"),
    [VAULT_SIGNING_KEY] = LIT("postern vault 1: signing key"),
    [VAULT_CHECK] = LIT("postern vault 1: check"),
    [VAULT_COUNTED] = LIT("postern vault 1: counted"),
    [VAULT_REFRESH_TOKEN] = LIT("postern vault 1: refresh token"),
};

/* HKDF-Expand for one block: HMAC(key, label || 1). */
static void expand(const unsigned char key[32], struct str label, unsigned char out[32])
{
    crypto_auth_hmacsha256_state state;
    const unsigned char          counter = 1;

    crypto_auth_hmacsha256_init(&state, key, 32);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)label.at, label.len);
    crypto_auth_hmacsha256_update(&state, &counter, 1);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

void vault_open(struct vault *v, const unsigned char master[MASTER_KEY_BYTES])
{
    const unsigned char no_salt[32] = { 0 };
    unsigned char       extracted[32];

    CHECK(sodium_init() >= 0);
    crypto_auth_hmacsha256(extracted, master, MASTER_KEY_BYTES, no_salt);
    for (int i = 0; i < VAULT_PURPOSES; i++)
        expand(extracted, labels[i], v->keys[i]);
    sodium_memzero(extracted, sizeof extracted);
}

void vault_close(struct vault *v)
{
    sodium_memzero(v, sizeof *v);
}

bool vault_seal(const struct vault *v, enum vault_purpose purpose,
                const struct random_source *random, struct str plain, struct str context,
                struct buf *out)
{
    unsigned char *room = (unsigned char *)buf_room(out, plain.len + SEAL_OVERHEAD_BYTES);

    if (!room || !random_fill(random, room + 1, NONCE_BYTES))
        return false;
    room[0] = VERSION;
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        room + 1 + NONCE_BYTES, NULL, (const unsigned char *)plain.at, plain.len,
        (const unsigned char *)context.at, context.len, NULL, room + 1, v->keys[purpose]);
    buf_grew(out, plain.len + SEAL_OVERHEAD_BYTES);
    return true;
}

bool vault_unseal(const struct vault *v, enum vault_purpose purpose, struct str sealed,
                  struct str context, struct buf *out)
{
    const unsigned char *from = (const unsigned char *)sealed.at;

    if (sealed.len < SEAL_OVERHEAD_BYTES || from[0] != VERSION)
        return false;
    size_t         plain_len = sealed.len - SEAL_OVERHEAD_BYTES;
    unsigned char *room = (unsigned char *)buf_room(out, plain_len);
    if (!room
        || crypto_aead_xchacha20poly1305_ietf_decrypt(
               room, NULL, NULL, from + 1 + NONCE_BYTES, plain_len + TAG_BYTES,
               (const unsigned char *)context.at, context.len, from + 1, v->keys[purpose]))
        return false;
    buf_grew(out, plain_len);
    return true;
}

void vault_digest(const struct vault *v, enum vault_purpose purpose, struct str text,
                  unsigned char out[DIGEST_BYTES])
{
    crypto_generichash(out, DIGEST_BYTES, (const unsigned char *)text.at, text.len,
                       v->keys[purpose], sizeof v->keys[purpose]);
}

void vault_mac(const struct vault *v, enum vault_purpose purpose, struct str input,
               unsigned char out[VAULT_MAC_BYTES])
{
    crypto_auth_hmacsha256(out, (const unsigned char *)input.at, input.len, v->keys[purpose]);
}

bool vault_mac_fits(const struct vault *v, enum vault_purpose purpose, struct str input,
                    const unsigned char mac[VAULT_MAC_BYTES])
{
    return crypto_auth_hmacsha256_verify(mac, (const unsigned char *)input.at, input.len,
                                         v->keys[purpose]) == 0;
}
