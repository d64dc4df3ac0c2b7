/* refresh_token.c: a fixed layout and its MAC.
 *
 * 45 bytes are 60 characters of base64url without a bit to spare: a token has one spelling. */
#include "crypto/refresh_token.h"

#include "crypto/base64url.h"

enum { VERSION = 1, SESSION_AT = 1, COUNTER_AT = 9, MAC_AT = 13, BYTES = MAC_AT + VAULT_MAC_BYTES };

_Static_assert(BYTES * 4 / 3 == REFRESH_TOKEN_CHARS && BYTES % 3 == 0, "one spelling");

static void put(unsigned char *at, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i-- > 0; value >>= 8)
        at[i] = (unsigned char)(value & 0xff);
}

static uint64_t get(const unsigned char *at, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static struct str signed_part(const unsigned char *bytes)
{
    return (struct str){ (const char *)bytes, MAC_AT };
}

void refresh_token_write(const struct vault *v, struct refresh_token t, struct buf *out)
{
    unsigned char bytes[BYTES] = { VERSION };

    put(bytes + SESSION_AT, (uint64_t)t.session, 8);
    put(bytes + COUNTER_AT, t.counter, 4);
    vault_mac(v, VAULT_REFRESH_TOKEN, signed_part(bytes), bytes + MAC_AT);
    base64url_encode(out, bytes, sizeof bytes);
    explicit_bzero(bytes, sizeof bytes);
}

bool refresh_token_read(const struct vault *v, struct str text, struct refresh_token *out)
{
    unsigned char bytes[BYTES];
    size_t        len;

    if (text.len != REFRESH_TOKEN_CHARS || !base64url_decode(text, bytes, sizeof bytes, &len) ||
        bytes[0] != VERSION ||
        !vault_mac_fits(v, VAULT_REFRESH_TOKEN, signed_part(bytes), bytes + MAC_AT))
        return false;
    *out = (struct refresh_token){ (int64_t)get(bytes + SESSION_AT, 8),
                                   (uint32_t)get(bytes + COUNTER_AT, 4) };
    explicit_bzero(bytes, sizeof bytes);
    return true;
}
