/* test_vectors.c: large sets of vectors that other projects keep, where they are installed.
 *
 * Debian's python3-cryptography-vectors has NIST's for ECDSA and those of RFC 8032's authors for
 * Ed25519; CRYPTOGRAPHY_VECTORS names another folder.  WYCHEPROOF names a folder with Wycheproof's
 * JSON files.  What is not there is skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../fuzz/jansson_aside.h"
#include "crypto/jws.h"

enum { LINE_MAX_BYTES = 16384 };

struct bytes {
    unsigned char at[LINE_MAX_BYTES / 2];
    size_t        len;
};

static struct bytes from_hex(const char *hex, size_t digits)
{
    struct bytes b = { .len = 0 };

    assert_int_equal(sodium_hex2bin(b.at, sizeof b.at, hex, digits, NULL, &b.len, NULL), 0);
    assert_int_equal(b.len, digits / 2);
    return b;
}

static struct str slice(const struct bytes *b)
{
    return (struct str){ (const char *)b->at, b->len };
}

/* The file below the folder; skips the test when it is not there. */
static FILE *open_vectors(const char *variable, const char *folder, const char *name)
{
    char  path[1024];
    FILE *f = NULL;

    if (getenv(variable))
        folder = getenv(variable);
    if (folder) {
        snprintf(path, sizeof path, "%s/%s", folder, name);
        f = fopen(path, "r");
    }
    if (!f)
        skip();
    return f;
}

static FILE *open_debian(const char *name)
{
    return open_vectors("CRYPTOGRAPHY_VECTORS",
                        "/usr/lib/python3/dist-packages/cryptography_vectors", name);
}

/* "R = 0123..." right-aligned in 32 bytes. */
static void read_number(const char *line, unsigned char out[32])
{
    const char  *hex = strchr(line, '=') + 2;
    struct bytes b = from_hex(hex, strcspn(hex, "\r\n"));

    assert_true(b.len <= 32);
    memset(out, 0, 32);
    memcpy(out + 32 - b.len, b.at, b.len);
}

struct nist_case {
    struct bytes  message;
    unsigned char point[65], signature[64];
};

static void read_nist_line(const char *line, struct nist_case *c)
{
    if (str_starts(str_of(line), LIT("Msg = ")))
        c->message = from_hex(line + 6, strcspn(line + 6, "\r\n"));
    if (str_starts(str_of(line), LIT("Qx = ")))
        read_number(line, c->point + 1);
    if (str_starts(str_of(line), LIT("Qy = ")))
        read_number(line, c->point + 33);
    if (str_starts(str_of(line), LIT("R = ")))
        read_number(line, c->signature);
    if (str_starts(str_of(line), LIT("S = ")))
        read_number(line, c->signature + 32);
}

static void check_nist(const struct nist_case *c, bool good)
{
    struct jws_key *k =
        jws_key_from_public(JWS_ES256, (struct str){ (const char *)c->point, sizeof c->point });
    struct str signature = { (const char *)c->signature, sizeof c->signature };

    assert_int_equal(k && jws_verify(k, slice(&c->message), signature), good);
    jws_key_close(k);
}

static void test_nist_ecdsa(void **state)
{
    static char             line[LINE_MAX_BYTES];
    static struct nist_case c;
    FILE                   *f = open_debian("asymmetric/ECDSA/FIPS_186-3/SigVer.rsp");
    bool                    ours = false;
    int                     count = 0;

    (void)state;
    c.point[0] = 4;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '[')
            ours = str_starts(str_of(line), LIT("[P-256,SHA-256]"));
        if (!ours)
            continue;
        read_nist_line(line, &c);
        if (str_starts(str_of(line), LIT("Result = "))) {
            check_nist(&c, line[9] == 'P');
            count++;
        }
    }
    fclose(f);
    assert_int_equal(count, 15);
}

/* seed and public key : public key : message : signature and message : */
static void test_ed25519_signatures(void **state)
{
    static char line[LINE_MAX_BYTES];
    FILE       *f = open_debian("asymmetric/Ed25519/sign.input");
    int         count = 0;

    (void)state;
    for (; fgets(line, sizeof line, f); count++) {
        struct str      rest = str_of(line), seed = str_cut(&rest, ':'), open = str_cut(&rest, ':');
        struct str      text = str_cut(&rest, ':'), sig = str_cut(&rest, ':');
        struct bytes    key = from_hex(seed.at, 64), point = from_hex(open.at, open.len);
        struct bytes    message = from_hex(text.at, text.len), expected = from_hex(sig.at, 128);
        struct jws_key *k = jws_key_from_private(JWS_EDDSA, slice(&key));
        struct jws_key *verifier = jws_key_from_public(JWS_EDDSA, slice(&point));
        unsigned char   signature[JWS_SIGNATURE_BYTES_MAX];
        size_t          len;
        assert_true(jws_sign(k, slice(&message), signature, &len));
        assert_memory_equal(signature, expected.at, 64);
        assert_true(jws_verify(verifier, slice(&message), slice(&expected)));
        jws_key_close(k);
        jws_key_close(verifier);
    }
    fclose(f);
    assert_int_equal(count, 1024);
}

static const char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    assert_non_null(text);
    return text;
}

static struct bytes bytes_at(const json_t *object, const char *name)
{
    const char *hex = text_at(object, name);

    return from_hex(hex, strlen(hex));
}

typedef struct jws_key *open_group(const json_t *group);

static struct jws_key *open_es256(const json_t *group)
{
    struct bytes b = bytes_at(json_object_get(group, "publicKey"), "uncompressed");

    return jws_key_from_public(JWS_ES256, slice(&b));
}

static struct jws_key *open_ed25519(const json_t *group)
{
    struct bytes b = bytes_at(json_object_get(group, "publicKey"), "pk");

    return jws_key_from_public(JWS_EDDSA, slice(&b));
}

/* How many of a group's verdicts were checked; a key that is refused makes every signature bad. */
static int check_group(const json_t *group, open_group *open)
{
    struct jws_key *k = open(group);
    const json_t   *row;
    size_t          i;
    int             count = 0;

    json_array_foreach(json_object_get(group, "tests"), i, row) {
        struct bytes message = bytes_at(row, "msg"), sig = bytes_at(row, "sig");
        bool         good = strcmp(text_at(row, "result"), "valid") == 0;
        if ((k && jws_verify(k, slice(&message), slice(&sig))) != good)
            fail_msg("%s should be %s", text_at(row, "comment"), text_at(row, "result"));
        count++;
    }
    jws_key_close(k);
    return count;
}

static json_t *load_wycheproof(const char *name)
{
    FILE   *f = open_vectors("WYCHEPROOF", NULL, name);
    json_t *root = json_loadf(f, 0, NULL);

    fclose(f);
    assert_non_null(root);
    return root;
}

static void check_wycheproof(const char *name, open_group *open)
{
    json_t       *root = load_wycheproof(name);
    const json_t *group;
    size_t        i;
    int           count = 0;

    json_array_foreach(json_object_get(root, "testGroups"), i, group)
        count += check_group(group, open);
    assert_int_equal(count, json_integer_value(json_object_get(root, "numberOfTests")));
    json_decref(root);
}

static void test_wycheproof_es256(void **state)
{
    (void)state;
    check_wycheproof("ecdsa_secp256r1_sha256_p1363_test.json", open_es256);
}

static void test_wycheproof_ed25519(void **state)
{
    (void)state;
    check_wycheproof("ed25519_test.json", open_ed25519);
}

static void check_hmac(const json_t *row, bool whole)
{
    struct bytes    secret = bytes_at(row, "key"), message = bytes_at(row, "msg");
    struct bytes    tag = bytes_at(row, "tag");
    struct jws_key *k = jws_key_from_secret(slice(&secret));
    bool            good = strcmp(text_at(row, "result"), "valid") == 0;

    assert_int_equal(k != NULL, secret.len >= JWS_SECRET_BYTES_MIN);
    if (k)
        assert_int_equal(jws_verify(k, slice(&message), slice(&tag)), good && whole);
    jws_key_close(k);
}

/* Tags that were cut short are refused, however right they are. */
static void test_wycheproof_hmac(void **state)
{
    json_t       *root = load_wycheproof("hmac_sha256_test.json");
    const json_t *group, *row;
    size_t        i, j;

    (void)state;
    json_array_foreach(json_object_get(root, "testGroups"), i, group)
        json_array_foreach(json_object_get(group, "tests"), j, row)
            check_hmac(row, json_integer_value(json_object_get(group, "tagSize")) == 256);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nist_ecdsa),       cmocka_unit_test(test_ed25519_signatures),
        cmocka_unit_test(test_wycheproof_es256), cmocka_unit_test(test_wycheproof_ed25519),
        cmocka_unit_test(test_wycheproof_hmac),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
