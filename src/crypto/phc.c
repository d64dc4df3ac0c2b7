/* phc.c: reads and writes the one kind of PHC string that this project makes. */
#include "crypto/phc.h"

#include <sodium.h>

#include "base/check.h"

enum { BASE64 = sodium_base64_VARIANT_ORIGINAL_NO_PADDING };

/* "m=19456" with `name` "m=". */
static bool parse_number(struct str text, struct str name, uint32_t min, uint32_t max,
                         uint32_t *out)
{
    struct str digits = str_slice(text, name.len, text.len);
    uint64_t   value;

    if (!str_starts(text, name) || !str_to_uint(digits, max, &value) || value < min)
        return false;
    *out = (uint32_t)value;
    return digits.at[0] != '0';
}

static bool parse_cost(struct str text, struct password_cost *out)
{
    struct str rest = text;
    struct str memory = str_cut(&rest, ',');
    struct str passes = rest.at ? str_cut(&rest, ',') : LIT("");

    return parse_number(memory, LIT("m="), PASSWORD_MEMORY_KIB_MIN, PASSWORD_MEMORY_KIB_MAX,
                        &out->memory_kib)
           && parse_number(passes, LIT("t="), 1, PASSWORD_PASSES_MAX, &out->passes)
           && rest.at && str_eq(rest, LIT("p=1"));
}

/* libsodium's decoder (1.0.18) takes 0xaf for '/', and others so: it must not see them. */
static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] >= 0x80)
            return false;
    return true;
}

static bool parse_bytes(struct str text, unsigned char *out, size_t max, size_t *len)
{
    const char *end;

    if (!text.at || !is_ascii(text))
        return false;
    return sodium_base642bin(out, max, text.at, text.len, NULL, len, &end, BASE64) == 0
           && end == text.at + text.len;
}

/* The text up to the next '$'; none when there is no more. */
static struct str cut(struct str *rest)
{
    return rest->at ? str_cut(rest, '$') : (struct str){ 0 };
}

bool phc_parse(struct str text, struct phc *out)
{
    struct str rest = text;
    size_t     salt_len;

    *out = (struct phc){ 0 };
    if (!str_starts(text, LIT("$argon2id$v=19$")))
        return false;
    rest = str_slice(text, LIT("$argon2id$v=19$").len, text.len);
    return parse_cost(cut(&rest), &out->cost)
           && parse_bytes(cut(&rest), out->salt, sizeof out->salt, &salt_len)
           && salt_len == PHC_SALT_BYTES
           && parse_bytes(cut(&rest), out->hash, sizeof out->hash, &out->hash_len)
           && out->hash_len >= PHC_HASH_BYTES_MIN && !rest.at;
}

void phc_write(const struct phc *p, char out[PASSWORD_HASH_BYTES])
{
    char       salt[sodium_base64_ENCODED_LEN(PHC_SALT_BYTES, BASE64)];
    char       hash[sodium_base64_ENCODED_LEN(PHC_HASH_BYTES, BASE64)];
    struct buf b = buf_fixed(out, PASSWORD_HASH_BYTES);

    CHECK(p->hash_len <= PHC_HASH_BYTES);
    sodium_bin2base64(salt, sizeof salt, p->salt, sizeof p->salt, BASE64);
    sodium_bin2base64(hash, sizeof hash, p->hash, p->hash_len, BASE64);
    buf_format(&b, "$argon2id$v=19$m=%u,t=%u,p=1$%s$%s", p->cost.memory_kib, p->cost.passes, salt,
               hash);
    CHECK(!b.failed);
}
