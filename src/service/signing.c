/* signing.c: loads the master key, proves that it fits the database, and loads or makes the
 * signing key.
 *
 * A master key that does not fit is refused at start: else every log-in would fail, and new rows
 * would be sealed under a key that is lost with the next restart.  So a sealed constant lies in
 * the database from its first start on. */
#include "service/signing.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/log.h"

const char signing_tables[] =
    "CREATE TABLE vault_check (id INTEGER PRIMARY KEY CHECK (id = 1), sealed BLOB NOT NULL);"
    "CREATE TABLE signing_keys (id INTEGER PRIMARY KEY AUTOINCREMENT, kid TEXT NOT NULL UNIQUE, algorithm TEXT NOT NULL,"
    " public_key BLOB NOT NULL, wrapped_private_key BLOB NOT NULL, created_at INTEGER NOT NULL);";

struct vault_check { struct str sealed; };

static const struct schema vault_check = SCHEMA(vault_check, FIELD(vault_check, sealed, .bytes = true));

struct signing_key {
    struct str     kid, algorithm, public_key, wrapped_private_key;
    struct instant created_at;
};

static const struct schema signing_key = SCHEMA(signing_key,
    FIELD(signing_key, kid),
    FIELD(signing_key, algorithm),
    FIELD(signing_key, public_key, .bytes = true),
    FIELD(signing_key, wrapped_private_key, .bytes = true),
    FIELD(signing_key, created_at));

static const struct statement find_check = { "SELECT sealed FROM vault_check WHERE id = 1", NULL, &vault_check };
static const struct statement add_check = { "INSERT INTO vault_check (id, sealed) VALUES (1, :sealed)", &vault_check, NULL };
static const struct statement find_key = {
    "SELECT kid, algorithm, public_key, wrapped_private_key, created_at FROM signing_keys ORDER BY id DESC LIMIT 1", NULL, &signing_key
};
static const struct statement add_key = {
    "INSERT INTO signing_keys (kid, algorithm, public_key, wrapped_private_key, created_at)"
    " VALUES (:kid, :algorithm, :public_key, :wrapped_private_key, :created_at)", &signing_key, NULL
};

const struct statement *const signing_statements[] = { &find_check, &add_check, &find_key, &add_key,
                                                       NULL };

static bool fail(struct buf *why, const char *what)
{
    buf_add(why, str_of(what));
    return false;
}

/* ---- The master key --------------------------------------------------------------------- */

static bool load_master(struct service *s, struct arena *a, bool may_make,
                        unsigned char master[MASTER_KEY_BYTES], struct buf *why)
{
    if (s->options.master_key.len)
        return master_key_parse(s->options.master_key, master) ||
               fail(why, "POSTERN_MASTER_KEY: 64 hexadecimal digits are needed");
    struct str path = s->options.master_key_file;
    if (!path.len)
        path = arena_format(a, "%.*s.key", STR_ARG(store_path(s->store)));
    return master_key_load(arena_cstr(a, path), may_make, s->random, master, why);
}

static bool write_check(struct service *s, struct store_session *db, struct arena *a,
                        struct buf *why)
{
    struct buf sealed = buf_growing(256);
    bool done =
        vault_seal(s->vault, VAULT_CHECK, s->random, LIT("postern"), LIT("vault_check"), &sealed) &&
        store_run(db, a, &add_check, &(struct vault_check){ buf_str(&sealed) }, NULL) == OK;

    buf_close(&sealed);
    return done || fail(why, "the database does not take a first row");
}

static bool check_fits(struct service *s, struct str sealed, struct buf *why)
{
    struct buf plain = buf_growing(256);
    bool       fits = vault_unseal(s->vault, VAULT_CHECK, sealed, LIT("vault_check"), &plain) &&
                str_eq(buf_str(&plain), LIT("postern"));

    buf_close(&plain);
    return fits ||
           fail(why, "the master key does not fit this database; it was made with another one");
}

static bool open_vault(struct service *s, struct store_session *db, struct arena *a,
                       struct buf *why)
{
    struct vault_check row;
    unsigned char      master[MASTER_KEY_BYTES];
    problem            p = store_one(db, a, &find_check, NULL, &row);

    if (p != OK && p != NO_ROW)
        return fail(why, "the database cannot be read");
    s->vault = calloc(1, sizeof *s->vault);
    if (!s->vault || !load_master(s, a, p == NO_ROW, master, why))
        return false;
    vault_open(s->vault, master);
    sodium_memzero(master, sizeof master);
    return p == OK ? check_fits(s, row.sealed, why) : write_check(s, db, a, why);
}

/* ---- The signing key -------------------------------------------------------------------- */

bool signing_secret_is_known(struct str secret)
{
    static const char *const known[] = {
        "dev-secret-2026-do-not-use-in-prod",
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",   /* FastAPI's tutorial */
        "your-256-bit-secret", "your-secret-key", "a-string-secret-at-least-256-bits-long",
        "00000000000000000000000000000000",
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(secret, str_of(known[i])))
            return true;
    return false;
}

static bool open_secret(struct service *s, bool may_sign, struct buf *why)
{
    struct str secret = s->options.jwt_secret;

    if (signing_secret_is_known(secret))
        return fail(why, "JWT_SECRET: this secret is printed in public documents; make one with "
                         "`openssl rand -hex 32`");
    if (secret.len < JWS_SECRET_BYTES_MIN)
        return fail(
            why, "JWT_SECRET: at least 32 bytes are needed; make one with `openssl rand -hex 32`");
    s->keys[0] = jws_key_from_secret(secret);
    if (!s->keys[0])
        return fail(why, "JWT_SECRET: not usable");
    s->tokens.verifiers[0] = s->keys[0];
    s->tokens.verifiers_count = 1;
    s->tokens.signer = may_sign ? s->keys[0] : NULL;
    return true;
}

static struct str key_context(struct arena *a, struct str kid)
{
    return arena_format(a, "signing_key:%.*s", STR_ARG(kid));
}

static struct jws_key *unwrap(struct service *s, struct arena *a, const struct signing_key *row)
{
    struct buf      plain = buf_growing(4096);
    struct jws_key *key = NULL;

    if (str_eq(row->algorithm, jws_algorithm_name(JWS_ES256)) &&
        vault_unseal(s->vault, VAULT_SIGNING_KEY, row->wrapped_private_key,
                     key_context(a, row->kid), &plain))
        key = jws_key_from_private(JWS_ES256, buf_str(&plain));
    buf_wipe(&plain);
    buf_close(&plain);
    return key;
}

static bool store_key(struct service *s, struct store_session *db, struct arena *a,
                      const struct jws_key *key)
{
    struct buf plain = buf_growing(4096), wrapped = buf_growing(4096), public = buf_growing(256);
    struct signing_key row = { .kid = jws_key_id(key),
                               .algorithm = jws_algorithm_name(jws_key_algorithm(key)),
                               .created_at = { clock_wall_us(s->clock) } };
    bool done = jws_key_private(key, &plain) && jws_key_public(key, &public) &&
                vault_seal(s->vault, VAULT_SIGNING_KEY, s->random, buf_str(&plain),
                           key_context(a, row.kid), &wrapped);

    row.public_key = buf_str(&public);
    row.wrapped_private_key = buf_str(&wrapped);
    done = done && store_run(db, a, &add_key, &row, NULL) == OK;
    buf_wipe(&plain);
    buf_close(&plain);
    buf_close(&wrapped);
    buf_close(&public);
    return done;
}

static bool open_key(struct service *s, struct store_session *db, struct arena *a, struct buf *why)
{
    struct signing_key row;
    problem            p = store_one(db, a, &find_key, NULL, &row);

    if (p == OK)
        s->keys[0] = unwrap(s, a, &row);
    else if (p == NO_ROW)
        s->keys[0] = jws_key_generate(JWS_ES256);
    if (!s->keys[0])
        return fail(why, "the signing key cannot be read");
    if (p == NO_ROW && !store_key(s, db, a, s->keys[0]))
        return fail(why, "the signing key cannot be stored");
    s->tokens.signer = s->tokens.verifiers[0] = s->keys[0];
    s->tokens.verifiers_count = 1;
    return true;
}

bool signing_open(struct service *s, struct buf *why)
{
    struct arena          a = arena_new(1 << 20);
    struct store_session *db = store_session_open(s->store);
    bool done = (db || fail(why, "the database cannot be opened")) && open_vault(s, db, &a, why) &&
                (s->options.jwt_secret.len ? open_secret(s, true, why) : open_key(s, db, &a, why));

    if (db)
        store_session_close(db);
    arena_close(&a);
    return done;
}

void signing_close(struct service *s)
{
    if (s->vault)
        vault_close(s->vault);
    free(s->vault);
    s->vault = NULL;
}

/* ---- What a front is told --------------------------------------------------------------- */

void signing_describe(const struct service *s, struct buf *packet)
{
    struct keys_message m = { .algorithm = s->tokens.signer
                                               ? (uint8_t)jws_key_algorithm(s->tokens.signer)
                                               : 0 };
    struct buf          public[KEYS_MAX];

    for (size_t i = 0; i < s->tokens.verifiers_count && m.algorithm != JWS_HS256; i++) {
        public[i] = buf_growing(KEY_BYTES_MAX);
        if (jws_key_public(s->tokens.verifiers[i], &public[i]))
            m.keys[m.count++] = buf_str(&public[i]);
    }
    message_write_keys(packet, &m);
    for (size_t i = 0; i < m.count; i++)
        buf_close(&public[i]);
}

bool signing_adopt(struct service *s, struct str packet, struct buf *why)
{
    struct keys_message m;

    if (s->options.jwt_secret.len)
        return open_secret(s, false, why);
    if (!message_read_keys(packet, &m) || m.count > TOKEN_KEYS_MAX)
        return fail(why, "the keeper did not name its keys");
    for (size_t i = 0; i < m.count; i++) {
        s->keys[i] = jws_key_from_public((enum jws_algorithm)m.algorithm, m.keys[i]);
        if (!s->keys[i])
            return fail(why, "the keeper named a key that is none");
        s->tokens.verifiers[s->tokens.verifiers_count++] = s->keys[i];
    }
    return true;
}
