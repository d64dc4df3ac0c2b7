/* test_signing.c: the master key and the signing key, at the first start, at the next, and when
 * something does not fit. */
#include "world.h"

#include <sqlite3.h>

static const char secret[] = "a secret of the tests, more than 32 bytes long";

static void sql(struct world *w, const char *text)
{
    char     path[128];
    sqlite3 *db;
    char    *why = NULL;

    snprintf(path, sizeof path, "%s/toy.db", w->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    sqlite3_close(db);
}

static void write_key_file(struct world *w, const char *text)
{
    FILE *file = fopen(w->key_path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(w->key_path, 0600), 0);
}

static struct str token_for(struct world *w, char text[TOKEN_BYTES_MAX], int64_t now_s)
{
    struct buf out = buf_fixed(text, TOKEN_BYTES_MAX);

    assert_true(token_issue(&w->service.tokens, &system_random, LIT("7"), now_s, &out));
    return buf_str(&out);
}

static void the_first_start_makes_keys(void **state)
{
    struct world *w = *state;
    struct stat   found;

    world_open(w);
    assert_int_equal(stat(w->key_path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_int_equal(world_file(w, "toy.db.key").len, 65);
    assert_non_null(w->service.vault);
    assert_ptr_equal(w->service.tokens.signer, w->service.keys[0]);
    assert_int_equal(w->service.tokens.verifiers_count, 1);
    assert_int_equal(jws_key_algorithm(w->service.keys[0]), JWS_ES256);
    assert_int_equal(jws_key_id(w->service.keys[0]).len, JWS_KEY_ID_BYTES);
}

static int count_rows(void *context, int columns, char **values, char **names)
{
    (void)columns, (void)names;
    *(int *)context = atoi(values[0]);
    return 0;
}

static int number(struct world *w, const char *query)
{
    char     path[128];
    sqlite3 *db;
    int      value = -1;

    snprintf(path, sizeof path, "%s/toy.db", w->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, query, count_rows, &value, NULL), SQLITE_OK);
    sqlite3_close(db);
    return value;
}

static void the_second_start_finds_them(void **state)
{
    struct world       *w = *state;
    char                kid[64], text[TOKEN_BYTES_MAX];
    struct token_claims claims;
    int64_t             now_s = clock_wall_us(&system_clock) / 1000000;

    world_open(w);
    snprintf(kid, sizeof kid, "%.*s", STR_ARG(jws_key_id(w->service.keys[0])));
    struct str token = token_for(w, text, now_s);
    world_close(w);
    assert_int_equal(number(w, "SELECT count(*) FROM vault_check"), 1);
    for (int i = 0; i < 2; i++) {
        world_open(w);
        assert_true(str_eq(jws_key_id(w->service.keys[0]), str_of(kid)));
        assert_int_equal(token_verify(&w->service.tokens, token, now_s, &w->arena, &claims), TOKEN_GOOD);
        world_close(w);
    }
    assert_int_equal(number(w, "SELECT count(*) FROM signing_keys"), 1);
}

/* Nothing that was given to the database says what the key is. */
static void the_private_key_is_wrapped(void **state)
{
    struct world *w = *state;
    struct buf    plain = buf_growing(4096);

    world_open(w);
    assert_true(jws_key_private(w->service.keys[0], &plain));
    world_close(w);
    struct str file = world_file(w, "toy.db"), scalar = str_slice(buf_str(&plain), 36, 68);
    assert_int_equal(str_find(file, scalar), file.len);
    assert_int_equal(str_find(file, str_slice(buf_str(&plain), 0, 16)), file.len);
    file = world_file(w, "toy.db.key");
    assert_int_equal(str_find(file, scalar), file.len);
    buf_close(&plain);
}

static void a_wrong_master_key(void **state)
{
    struct world *w = *state;

    world_open(w);
    world_close(w);
    write_key_file(w, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
    world_options(w);
    world_refuses(w, "does not fit");
    write_key_file(w, "0011\n");
    world_options(w);
    world_refuses(w, "toy.db.key");
    world_options(w);
    w->service.options.master_key = LIT("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    world_refuses(w, "does not fit");
    world_options(w);
    w->service.options.master_key = LIT("0011");
    world_refuses(w, "POSTERN_MASTER_KEY");
}

/* A lost key file must not be replaced by a new one beside an old database. */
static void a_lost_master_key(void **state)
{
    struct world *w = *state;

    world_open(w);
    world_close(w);
    struct str kept = world_file(w, "toy.db.key");
    assert_int_equal(unlink(w->key_path), 0);
    world_options(w);
    world_refuses(w, "toy.db.key");
    assert_int_not_equal(access(w->key_path, F_OK), 0);
    write_key_file(w, kept.at);
    world_open(w);
}

static void a_master_key_that_is_given(void **state)
{
    struct world *w = *state;

    world_options(w);
    w->service.options.master_key = LIT("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    assert_true(world_try(w));
    assert_int_not_equal(access(w->key_path, F_OK), 0);
    world_close(w);
    world_options(w);
    char path[160];
    snprintf(path, sizeof path, "%s/elsewhere.key", w->folder);
    w->service.options.master_key_file = str_of(path);
    world_refuses(w, "elsewhere.key");      /* there is a database already */
    write_key_file(w, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    assert_int_equal(rename(w->key_path, path), 0);
    world_options(w);
    w->service.options.master_key_file = str_of(path);
    assert_true(world_try(w));
}

static void keys_that_were_touched(void **state)
{
    static const char *const changes[] = {
        "UPDATE signing_keys SET wrapped_private_key = zeroblob(length(wrapped_private_key))",
        "UPDATE signing_keys SET kid = kid || 'x'",
        "UPDATE signing_keys SET algorithm = 'HS256'",
        "UPDATE signing_keys SET wrapped_private_key = (SELECT sealed FROM vault_check)",
        "UPDATE signing_keys SET wrapped_private_key = substr(wrapped_private_key, 1, 40)",
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        world_open(w);
        world_close(w);
        sql(w, "CREATE TABLE kept AS SELECT * FROM signing_keys");
        sql(w, changes[i]);
        world_options(w);
        world_refuses(w, "signing key cannot be read");
        sql(w, "DELETE FROM signing_keys; INSERT INTO signing_keys SELECT * FROM kept; DROP TABLE kept");
    }
    sql(w, "UPDATE vault_check SET sealed = zeroblob(48)");
    world_options(w);
    world_refuses(w, "does not fit");
}

/* ---- JWT_SECRET ------------------------------------------------------------------------- */

static void secrets_that_are_refused(void **state)
{
    static const char *const known[] = {
        "dev-secret-2026-do-not-use-in-prod", "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        "a-string-secret-at-least-256-bits-long",
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        world_options(w);
        w->service.options.jwt_secret = str_of(known[i]);
        world_refuses(w, "public documents");
        assert_null(strstr(w->text, known[i]));
    }
    world_options(w);
    w->service.options.jwt_secret = LIT("0123456789012345678901234567890");
    world_refuses(w, "32 bytes");
    assert_null(strstr(w->text, "0123456789"));
}

static void a_secret_signs_in_the_keeper_alone(void **state)
{
    struct world  *w = *state;
    struct service front = { 0 };
    char           text[512] = "", packet[256];
    struct buf     why = buf_fixed(text, sizeof text), keys = buf_fixed(packet, sizeof packet);

    world_options(w);
    w->service.options.jwt_secret = str_of(secret);
    assert_true(world_try(w));
    assert_int_equal(jws_key_algorithm(w->service.tokens.signer), JWS_HS256);
    assert_null(w->service.tokens.issuer.at);
    signing_describe(&w->service, &keys);
    assert_int_equal(str_find(buf_str(&keys), str_slice(str_of(secret), 0, 8)), keys.len);
    front.options.jwt_secret = str_of(secret);
    assert_true(signing_adopt(&front, buf_str(&keys), &why));
    assert_null(front.tokens.signer);
    assert_int_equal(front.tokens.verifiers_count, 1);
    service_close(&front);
    front = (struct service){ .options.jwt_secret = LIT("short") };
    assert_false(signing_adopt(&front, buf_str(&keys), &why));
    assert_null(front.keys[0]);
}

/* ---- The front -------------------------------------------------------------------------- */

static void a_front_can_verify_and_not_sign(void **state)
{
    struct world       *w = *state;
    struct service      front = { 0 };
    char                text[512] = "", packet[MESSAGE_KEYS_BYTES_MAX], token_text[TOKEN_BYTES_MAX];
    struct buf          why = buf_fixed(text, sizeof text), keys = buf_fixed(packet, sizeof packet), plain = buf_growing(4096);
    struct token_claims claims;
    unsigned char       signature[JWS_SIGNATURE_BYTES_MAX];
    size_t              len;
    int64_t             now_s = clock_wall_us(&system_clock) / 1000000;

    world_open(w);
    signing_describe(&w->service, &keys);
    assert_true(jws_key_private(w->service.keys[0], &plain));
    assert_int_equal(str_find(buf_str(&keys), str_slice(buf_str(&plain), 36, 68)), keys.len);
    buf_close(&plain);
    assert_true(signing_adopt(&front, buf_str(&keys), &why));
    assert_null(front.tokens.signer);
    assert_null(front.vault);
    assert_null(front.hasher);
    front.tokens.issuer = front.tokens.audience = w->service.options.issuer;
    struct str token = token_for(w, token_text, now_s);
    assert_int_equal(token_verify(&front.tokens, token, now_s, &w->arena, &claims), TOKEN_GOOD);
    assert_true(str_eq(claims.subject, LIT("7")));
    assert_false(jws_sign(front.keys[0], LIT("x"), signature, &len));
    assert_true(str_eq(jws_key_id(front.keys[0]), jws_key_id(w->service.keys[0])));
    service_close(&front);
}

static bool adopts(struct str packet)
{
    struct service front = { 0 };
    char           text[512];
    struct buf     why = buf_fixed(text, sizeof text - 1);
    bool           done = signing_adopt(&front, packet, &why);

    assert_int_equal(why.len == 0, done);
    service_close(&front);
    return done;
}

static void a_front_refuses_keys_that_are_none(void **state)
{
    struct world *w = *state;
    char          packet[MESSAGE_KEYS_BYTES_MAX], copy[MESSAGE_KEYS_BYTES_MAX];
    struct buf    keys = buf_fixed(packet, sizeof packet);
    int           taken = 0;

    world_open(w);
    signing_describe(&w->service, &keys);
    assert_true(adopts(buf_str(&keys)));
    for (size_t len = 0; len < keys.len; len++)
        assert_false(adopts((struct str){ packet, len }));
    for (size_t i = 0; i < keys.len; i++) {     /* a point off the curve, another algorithm, another kind */
        memcpy(copy, packet, keys.len);
        copy[i] ^= 1;
        taken += adopts((struct str){ copy, keys.len });
    }
    assert_int_equal(taken, 0);
}

static bool no_bytes(void *context, void *out, size_t bytes)
{
    (void)context, (void)out, (void)bytes;
    return false;
}

static void no_entropy_at_the_first_start(void **state)
{
    static const struct random_source none = { no_bytes, NULL };
    struct world                     *w = *state;

    world_options(w);
    w->service.random = &none;
    assert_false(world_try(w));
    assert_true(w->text[0] && !strchr(w->text, '\n'));
    world_close(w);
    world_open(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        TEST(the_first_start_makes_keys), TEST(the_second_start_finds_them), TEST(the_private_key_is_wrapped), TEST(a_wrong_master_key),
        TEST(a_lost_master_key), TEST(a_master_key_that_is_given), TEST(keys_that_were_touched), TEST(no_entropy_at_the_first_start),
        TEST(secrets_that_are_refused), TEST(a_secret_signs_in_the_keeper_alone), TEST(a_front_can_verify_and_not_sign),
        TEST(a_front_refuses_keys_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
