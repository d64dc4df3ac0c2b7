/* test_vault.c: what is sealed opens again, and nothing else does; the master key's file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/vault.h"

static void master_of(unsigned char master[MASTER_KEY_BYTES], unsigned seed)
{
    for (unsigned i = 0; i < MASTER_KEY_BYTES; i++)
        master[i] = (unsigned char)(i * 7 + seed);
}

static struct vault vault_of(unsigned seed)
{
    unsigned char master[MASTER_KEY_BYTES];
    struct vault  v;

    master_of(master, seed);
    vault_open(&v, master);
    return v;
}

/* The subkeys are those of OpenSSL's HKDF-SHA256, with the labels that a stored database has. */
static void test_derivation(void **state)
{
    static const char *const labels[VAULT_PURPOSES] = {
        "postern vault 1: password hash", "postern vault 1: signing key", "postern vault 1: check",
        "postern vault 1: counted", "postern vault 1: refresh token"
    };
    struct vault  v = vault_of(1);
    unsigned char master[MASTER_KEY_BYTES], expected[32];
    char          digest[] = "SHA256";
    EVP_KDF      *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);

    (void)state;
    master_of(master, 1);
    for (int i = 0; i < VAULT_PURPOSES; i++) {
        OSSL_PARAM params[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, master, sizeof master),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)labels[i],
                                              strlen(labels[i])),
            OSSL_PARAM_construct_end(),
        };
        EVP_KDF_CTX *c = EVP_KDF_CTX_new(kdf);
        assert_int_equal(EVP_KDF_derive(c, expected, sizeof expected, params), 1);
        assert_memory_equal(v.keys[i], expected, sizeof expected);
        EVP_KDF_CTX_free(c);
    }
    EVP_KDF_free(kdf);
    vault_close(&v);
    for (size_t i = 0; i < sizeof v; i++)
        assert_int_equal(((unsigned char *)&v)[i], 0);
}

static void test_mac(void **state)
{
    struct vault  v = vault_of(1), other = vault_of(2);
    unsigned char mac[VAULT_MAC_BYTES], again[VAULT_MAC_BYTES];

    (void)state;
    vault_mac(&v, VAULT_REFRESH_TOKEN, LIT("said"), mac);
    vault_mac(&v, VAULT_REFRESH_TOKEN, LIT("said"), again);
    assert_memory_equal(mac, again, sizeof mac);
    assert_true(vault_mac_fits(&v, VAULT_REFRESH_TOKEN, LIT("said"), mac));
    assert_false(vault_mac_fits(&v, VAULT_REFRESH_TOKEN, LIT("sait"), mac));
    assert_false(vault_mac_fits(&v, VAULT_REFRESH_TOKEN, LIT("sai"), mac));
    assert_false(vault_mac_fits(&v, VAULT_CHECK, LIT("said"), mac));
    assert_false(vault_mac_fits(&other, VAULT_REFRESH_TOKEN, LIT("said"), mac));
    for (size_t i = 0; i < sizeof mac * 8; i++) {
        mac[i / 8] = (unsigned char)(mac[i / 8] ^ 1 << i % 8);
        assert_false(vault_mac_fits(&v, VAULT_REFRESH_TOKEN, LIT("said"), mac));
        mac[i / 8] = (unsigned char)(mac[i / 8] ^ 1 << i % 8);
    }
}

static void test_round_trip(void **state)
{
    struct vault v = vault_of(1);
    char         text[300];

    (void)state;
    memset(text, 'p', sizeof text);
    for (size_t len = 0; len < sizeof text; len++) {
        struct buf sealed = buf_growing(4096), plain = buf_growing(4096);
        struct str in = { text, len };
        buf_add(&sealed, LIT("before"));
        assert_true(vault_seal(&v, VAULT_PASSWORD_HASH, &system_random, in, LIT("7"), &sealed));
        assert_int_equal(sealed.len, 6 + len + SEAL_OVERHEAD_BYTES);
        buf_add(&plain, LIT("x"));
        struct str box = str_slice(buf_str(&sealed), 6, sealed.len);
        assert_true(vault_unseal(&v, VAULT_PASSWORD_HASH, box, LIT("7"), &plain));
        assert_true(str_eq(str_slice(buf_str(&plain), 1, plain.len), in));
        buf_close(&sealed);
        buf_close(&plain);
    }
}

static void refuse(const struct vault *v, enum vault_purpose purpose, struct str sealed,
                   struct str context)
{
    struct buf plain = buf_growing(4096);

    assert_false(vault_unseal(v, purpose, sealed, context, &plain));
    assert_int_equal(plain.len, 0);
    buf_close(&plain);
}

static void test_refusals(void **state)
{
    struct vault v = vault_of(1), other = vault_of(2);
    char         box[64];
    struct buf   b = buf_fixed(box, sizeof box);

    (void)state;
    assert_true(vault_seal(&v, VAULT_PASSWORD_HASH, &system_random, LIT("secret"), LIT("7"), &b));
    struct str sealed = buf_str(&b);
    refuse(&v, VAULT_SIGNING_KEY, sealed, LIT("7"));
    refuse(&v, VAULT_PASSWORD_HASH, sealed, LIT("8"));
    refuse(&v, VAULT_PASSWORD_HASH, sealed, LIT(""));
    refuse(&v, VAULT_PASSWORD_HASH, sealed, LIT("77"));
    refuse(&other, VAULT_PASSWORD_HASH, sealed, LIT("7"));
    for (size_t len = 0; len < sealed.len; len++)
        refuse(&v, VAULT_PASSWORD_HASH, str_slice(sealed, 0, len), LIT("7"));
    for (size_t i = 0; i < b.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            box[i] = (char)(box[i] ^ 1 << bit);
            refuse(&v, VAULT_PASSWORD_HASH, sealed, LIT("7"));
            box[i] = (char)(box[i] ^ 1 << bit);
        }
    struct buf small = buf_growing(5), plain = buf_growing(64);
    assert_false(vault_unseal(&v, VAULT_PASSWORD_HASH, sealed, LIT("7"), &small));
    assert_true(vault_unseal(&v, VAULT_PASSWORD_HASH, sealed, LIT("7"), &plain));
    buf_close(&plain);
}

static void test_nonces(void **state)
{
    struct vault v = vault_of(1);
    char         one[64], two[64];
    struct buf   a = buf_fixed(one, sizeof one), b = buf_fixed(two, sizeof two);

    (void)state;
    assert_true(vault_seal(&v, VAULT_CHECK, &system_random, LIT("same"), LIT(""), &a));
    assert_true(vault_seal(&v, VAULT_CHECK, &system_random, LIT("same"), LIT(""), &b));
    assert_int_equal(one[0], 1);
    assert_memory_not_equal(one + 1, two + 1, 24);
    assert_memory_not_equal(one + 25, two + 25, 4);
}

static bool no_bytes(void *context, void *out, size_t bytes)
{
    (void)context, (void)out, (void)bytes;
    return false;
}

static const struct random_source no_random = { .fill = no_bytes };

static void test_seal_fails(void **state)
{
    struct vault v = vault_of(1);
    char         room[SEAL_OVERHEAD_BYTES + 3];
    struct buf   b = buf_fixed(room, sizeof room);

    (void)state;
    assert_false(vault_seal(&v, VAULT_CHECK, &no_random, LIT("abc"), LIT(""), &b));
    assert_int_equal(b.len, 0);
    assert_false(vault_seal(&v, VAULT_CHECK, &system_random, LIT("abcd"), LIT(""), &b));
    assert_int_equal(b.len, 0);
}

static void test_parse(void **state)
{
    const char   *good = "000102030405060708090a0b0c0d0e0f101112131415161718191a1B1C1D1E1F";
    unsigned char key[MASTER_KEY_BYTES] = { 0 };
    char          text[80];

    (void)state;
    assert_true(master_key_parse(str_of(good), key));
    for (int i = 0; i < MASTER_KEY_BYTES; i++)
        assert_int_equal(key[i], i);
    snprintf(text, sizeof text, "%s\n", good);
    assert_true(master_key_parse(str_of(text), key));
    for (int c = 0; c < 256; c++) {
        snprintf(text, sizeof text, "%s", good);
        text[63] = (char)c;
        bool digit = c < 128 && strchr("0123456789abcdefABCDEF", c) && c;
        assert_int_equal(master_key_parse((struct str){ text, 64 }, key), digit);
    }
    assert_true(master_key_parse(str_of(good), key));
    static const char *const after[] = { "\n\n", "0", "00", " ", "\r\n", "x" };
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        snprintf(text, sizeof text, "%s%s", good, after[i]);
        assert_false(master_key_parse(str_of(text), key));
    }
    for (size_t len = 0; len < 64; len++)
        assert_false(master_key_parse((struct str){ good, len }, key));
    snprintf(text, sizeof text, "0x%.62s", good);
    assert_false(master_key_parse(str_of(text), key));
    snprintf(text, sizeof text, "%.63sg", good);
    assert_false(master_key_parse(str_of(text), key));
    assert_false(master_key_parse((struct str){ 0 }, key));
    memset(text, '0', 64);
    assert_false(master_key_parse((struct str){ text, 64 }, key));
    for (int i = 0; i < MASTER_KEY_BYTES; i++)
        assert_int_equal(key[i], i);
}

/* A folder of its own for a test that deals with files. */
static int make_folder(void **state)
{
    char name[] = "/tmp/test_vault.XXXXXX";

    if (!mkdtemp(name))
        return -1;
    *state = strdup(name);
    return 0;
}

static int remove_folder(void **state)
{
    char   pattern[256];
    glob_t found;

    snprintf(pattern, sizeof pattern, "%s/*", (char *)*state);
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            remove(found.gl_pathv[i]);
    globfree(&found);
    rmdir(*state);
    free(*state);
    return 0;
}

static size_t files_in(const char *folder)
{
    char   pattern[256];
    glob_t found;

    snprintf(pattern, sizeof pattern, "%s/*", folder);
    size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void refuse_file(const char *path, bool may_make, const struct random_source *random,
                        const char *words)
{
    unsigned char key[MASTER_KEY_BYTES];
    struct buf    why = buf_growing(1024);

    assert_false(master_key_load(path, may_make, random, key, &why));
    buf_add(&why, LIT("\0"));
    if (!strstr(why.at, words) || !strstr(why.at, path) || strchr(why.at, '\n'))
        fail_msg("said: %s", why.at);
    buf_close(&why);
}

static void test_file_made(void **state)
{
    unsigned char one[MASTER_KEY_BYTES], two[MASTER_KEY_BYTES];
    char          path[256], text[80] = "";
    struct buf    why = buf_growing(1024);
    struct stat   st;

    snprintf(path, sizeof path, "%s/key", (char *)*state);
    refuse_file(path, false, &system_random, "is not there");
    assert_int_equal(files_in(*state), 0);
    mode_t mask = umask(0);
    assert_true(master_key_load(path, true, &system_random, one, &why));
    umask(mask);
    assert_int_equal(files_in(*state), 1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 65);
    assert_true(master_key_load(path, true, &no_random, two, &why));
    assert_memory_equal(one, two, sizeof one);
    assert_true(master_key_load(path, false, &no_random, two, &why));
    assert_memory_equal(one, two, sizeof one);
    assert_int_equal(why.len, 0);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fread(text, 1, sizeof text, f), 65);
    fclose(f);
    assert_int_equal(text[64], '\n');
    assert_true(master_key_parse(str_of(text), two));
    assert_memory_equal(one, two, sizeof one);
}

static void test_file_refused(void **state)
{
    const char *good = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    static const mode_t open_modes[] = { 0604, 0640, 0620, 0602, 0601, 0610, 0644, 0666, 0440 };
    unsigned char       key[MASTER_KEY_BYTES];
    char                path[256], inside[300];
    struct buf          why = buf_growing(1024);

    snprintf(path, sizeof path, "%s/key", (char *)*state);
    for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        write_file(path, good, open_modes[i]);
        refuse_file(path, true, &system_random, "accessible to group or others");
    }
    write_file(path, good, 0400);
    assert_true(master_key_load(path, true, &system_random, key, &why));
    write_file(path, "", 0600);
    refuse_file(path, true, &system_random, "64 hexadecimal");
    write_file(path, "000102", 0600);
    refuse_file(path, true, &system_random, "64 hexadecimal");
    snprintf(inside, sizeof inside, "%s%s", good, good);
    write_file(path, inside, 0600);
    refuse_file(path, true, &system_random, "64 hexadecimal");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    refuse_file(path, true, &system_random, "not a regular file");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    refuse_file(path, true, &system_random, "not a regular file");
    rmdir(path);
    snprintf(inside, sizeof inside, "%s/none/key", (char *)*state);
    refuse_file(inside, true, &system_random, "cannot be made: No such file");
    refuse_file(path, true, &no_random, "no entropy");
    assert_int_equal(files_in(*state), 0);
}

/* What a crash in the middle leaves has another name, and hinders nobody. */
static void test_after_a_crash(void **state)
{
    unsigned char key[MASTER_KEY_BYTES];
    char          path[256], left[300];
    struct buf    why = buf_growing(1024);

    snprintf(path, sizeof path, "%s/key", (char *)*state);
    snprintf(left, sizeof left, "%s.0011223344556677", path);
    write_file(left, "0001", 0600);
    assert_true(master_key_load(path, true, &system_random, key, &why));
    assert_int_equal(files_in(*state), 2);
}

struct starter {
    const char   *path;
    unsigned char key[MASTER_KEY_BYTES];
    bool          done;
};

static void *start(void *context)
{
    struct starter *s = context;
    struct buf      why = buf_growing(1024);

    s->done = master_key_load(s->path, true, &system_random, s->key, &why);
    buf_close(&why);
    return NULL;
}

static void test_many_starters(void **state)
{
    enum { STARTERS = 8, ROUNDS = 20 };
    char path[256];

    for (int round = 0; round < ROUNDS; round++) {
        struct starter starters[STARTERS];
        pthread_t      threads[STARTERS];
        snprintf(path, sizeof path, "%s/key%d", (char *)*state, round);
        for (int i = 0; i < STARTERS; i++) {
            starters[i].path = path;
            assert_int_equal(pthread_create(&threads[i], NULL, start, &starters[i]), 0);
        }
        for (int i = 0; i < STARTERS; i++) {
            pthread_join(threads[i], NULL);
            assert_true(starters[i].done);
        }
        for (int i = 1; i < STARTERS; i++)
            assert_memory_equal(starters[i].key, starters[0].key, MASTER_KEY_BYTES);
    }
    assert_int_equal(files_in(*state), ROUNDS);
}

static void test_digests(void **state)
{
    struct vault  v = vault_of(1), other = vault_of(2);
    unsigned char a[DIGEST_BYTES], b[DIGEST_BYTES];

    (void)state;
    vault_digest(&v, VAULT_COUNTED, LIT("ada"), a);
    vault_digest(&v, VAULT_COUNTED, LIT("ada"), b);
    assert_memory_equal(a, b, sizeof a);
    vault_digest(&v, VAULT_COUNTED, LIT("adb"), b);
    assert_memory_not_equal(a, b, sizeof a);
    vault_digest(&other, VAULT_COUNTED, LIT("ada"), b);
    assert_memory_not_equal(a, b, sizeof a);
    vault_digest(&v, VAULT_CHECK, LIT("ada"), b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derivation), cmocka_unit_test(test_digests), cmocka_unit_test(test_mac),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_nonces),
        cmocka_unit_test(test_seal_fails),
        cmocka_unit_test(test_parse),
        cmocka_unit_test_setup_teardown(test_file_made, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_file_refused, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_after_a_crash, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_many_starters, make_folder, remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
