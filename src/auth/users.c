/* users.c: the table, its migrations and its statements. */
#include "auth/users.h"

#include "auth/networks.h"
#include "schema/email.h"

const struct migration user_migrations[] = {
    { 1, "CREATE TABLE users ("
         " id INTEGER PRIMARY KEY AUTOINCREMENT,"
         " email TEXT NOT NULL,"
         " email_key TEXT NOT NULL UNIQUE,"
         " sealed_hash BLOB NOT NULL,"
         " is_active INTEGER NOT NULL DEFAULT 1,"
         " created_at INTEGER NOT NULL);" },
    { 2, network_tables },
    { 0 },
};

/* ---- Rows ------------------------------------------------------------------------------- */

struct user_id { int64_t id; };
struct user_key { struct str email_key; };
struct hash_change { int64_t id; struct str was, now; };

static const struct schema user_id = SCHEMA(user_id, FIELD(user_id, id));
static const struct schema user_key = SCHEMA(user_key, FIELD(user_key, email_key));

static const struct schema user_row = SCHEMA(user_response,
    FIELD(user_response, id),
    FIELD(user_response, email),
    FIELD(user_response, is_active),
    FIELD(user_response, created_at));

static const struct schema user_secret = SCHEMA(user_secret,
    FIELD(user_secret, id),
    FIELD(user_secret, sealed_hash, .bytes = true),
    FIELD(user_secret, is_active));

static const struct schema new_user = SCHEMA(new_user,
    FIELD(new_user, id),
    FIELD(new_user, email),
    FIELD(new_user, email_key),
    FIELD(new_user, sealed_hash, .bytes = true),
    FIELD(new_user, created_at));

static const struct schema hash_change = SCHEMA(hash_change,
    FIELD(hash_change, id),
    FIELD(hash_change, was, .bytes = true),
    FIELD(hash_change, now, .bytes = true));

/* ---- Statements ------------------------------------------------------------------------- */

static const struct statement by_id = {
    "SELECT id, email, is_active, created_at FROM users WHERE id = :id", &user_id, &user_row
};
static const struct statement secret_by_key = {
    "SELECT id, sealed_hash, is_active FROM users WHERE email_key = :email_key", &user_key, &user_secret
};
static const struct statement insert = {
    "INSERT INTO users (id, email, email_key, sealed_hash, created_at)"
    " VALUES (:id, :email, :email_key, :sealed_hash, :created_at)"
    " RETURNING id, email, is_active, created_at", &new_user, &user_row
};
static const struct statement raise_hash = {
    "UPDATE users SET sealed_hash = :now WHERE id = :id AND sealed_hash = :was", &hash_change, NULL
};

const struct statement *const user_statements[] = { &by_id, &secret_by_key, &insert, &raise_hash,
                                                    &network_find, &network_put, &network_trim, NULL };

struct str user_key_of(struct call *c, struct str username)
{
    struct str address, reason;

    if (!email_normalise(username, c->arena, &address, &reason))
        return (struct str){ 0 };
    return email_key(address, c->arena);
}

problem user_by_id(struct call *c, int64_t id, struct user_response *out)
{
    return store_one_kept(c->db, c->arena, &by_id, &(struct user_id){ id }, out);
}

problem user_secret_by_key(struct call *c, struct str email_key, struct user_secret *out)
{
    return store_one(c->db, c->arena, &secret_by_key, &(struct user_key){ email_key }, out);
}

problem user_insert(struct call *c, const struct new_user *u, struct user_response *out)
{
    return store_one(c->db, c->arena, &insert, u, out);
}

problem user_next_id(struct call *c, int64_t *id)
{
    return store_next_id(c->db, "users", id);
}

problem user_raise_hash(struct call *c, int64_t id, struct str was, struct str now)
{
    return store_run(c->db, c->arena, &raise_hash, &(struct hash_change){ id, was, now }, NULL);
}
