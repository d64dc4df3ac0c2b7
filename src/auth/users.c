/* users.c: the table, its migrations and its statements. */
#include "auth/users.h"

#include "auth/networks.h"
#include "auth/sessions_rows.h"
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
    { 3, SESSIONS_TABLE },
    { 0 },
};

/* ---- Rows ------------------------------------------------------------------------------- */

struct user_id { int64_t id; };
struct user_key { struct str email_key; };
struct session_id { int64_t session; };
struct user_session_row {
    int64_t        id;
    struct str     email;
    bool           is_active;
    struct instant created_at, begun_at, rotated_at;
};
struct hash_change { int64_t id; struct str was, now; };
struct email_change { int64_t id; struct str was, email, email_key; };

static const struct schema user_id = SCHEMA(user_id, FIELD(user_id, id));
static const struct schema user_key = SCHEMA(user_key, FIELD(user_key, email_key));

static const struct schema user_row = SCHEMA(user_response,
    FIELD(user_response, id),
    FIELD(user_response, email),
    FIELD(user_response, is_active),
    FIELD(user_response, created_at));

static const struct schema session_id = SCHEMA(session_id, FIELD(session_id, session));

static const struct schema user_session_row = SCHEMA(user_session_row,
    FIELD(user_session_row, id),
    FIELD(user_session_row, email),
    FIELD(user_session_row, is_active),
    FIELD(user_session_row, created_at),
    FIELD(user_session_row, begun_at),
    FIELD(user_session_row, rotated_at));

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

static const struct schema email_change = SCHEMA(email_change,
    FIELD(email_change, id),
    FIELD(email_change, was, .bytes = true),
    FIELD(email_change, email),
    FIELD(email_change, email_key));

/* ---- Statements ------------------------------------------------------------------------- */

static const struct statement by_id = {
    "SELECT id, email, is_active, created_at FROM users WHERE id = :id", &user_id, &user_row
};
static const struct statement by_session = {
    "SELECT u.id AS id, u.email AS email, u.is_active AS is_active, u.created_at AS created_at,"
    " s.begun_at AS begun_at, s.rotated_at AS rotated_at"
    " FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = :session", &session_id, &user_session_row
};
static const struct statement secret_by_key = {
    "SELECT id, sealed_hash, is_active FROM users WHERE email_key = :email_key", &user_key, &user_secret
};
static const struct statement secret_by_id = {
    "SELECT id, sealed_hash, is_active FROM users WHERE id = :id", &user_id, &user_secret
};
static const struct statement insert = {
    "INSERT INTO users (id, email, email_key, sealed_hash, created_at)"
    " VALUES (:id, :email, :email_key, :sealed_hash, :created_at)"
    " RETURNING id, email, is_active, created_at", &new_user, &user_row
};
static const struct statement change_email = {
    "UPDATE users SET email = :email, email_key = :email_key WHERE id = :id AND sealed_hash = :was"
    " RETURNING id, email, is_active, created_at", &email_change, &user_row
};
static const struct statement drop = { "DELETE FROM users WHERE id = :id", &user_id, NULL };
static const struct statement replace_hash = {
    "UPDATE users SET sealed_hash = :now WHERE id = :id AND sealed_hash = :was", &hash_change, NULL
};

const struct statement *const auth_statements[] = {
    &by_id, &by_session, &secret_by_key, &secret_by_id, &insert, &change_email, &drop, &replace_hash,
    &network_find, &network_put, &network_trim, SESSION_STATEMENTS, NULL
};

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

problem user_by_session(struct call *c, int64_t id, int64_t session, struct user_in_session *out)
{
    struct user_session_row row;
    problem p = store_one_kept(c->db, c->arena, &by_session, &(struct session_id){ session }, &row);

    if (p == OK && row.id != id)
        return NO_ROW;
    if (p == OK)
        *out = (struct user_in_session){
            { row.id, row.email, row.is_active, row.created_at },
            { 0, row.begun_at.us, row.rotated_at.us },
        };
    return p;
}

problem user_secret_by_key(struct call *c, struct str email_key, struct user_secret *out)
{
    return store_one(c->db, c->arena, &secret_by_key, &(struct user_key){ email_key }, out);
}

problem user_secret_by_id(struct call *c, int64_t id, struct user_secret *out)
{
    return store_one(c->db, c->arena, &secret_by_id, &(struct user_id){ id }, out);
}

problem user_insert(struct call *c, const struct new_user *u, struct user_response *out)
{
    return store_one(c->db, c->arena, &insert, u, out);
}

problem user_next_id(struct call *c, int64_t *id)
{
    return store_next_id(c->db, "users", id);
}

problem user_replace_hash(struct store_session *ss, struct arena *a, int64_t id, struct str was,
                          struct str now)
{
    int64_t changed = 0;
    problem p = store_run(ss, a, &replace_hash, &(struct hash_change){ id, was, now }, &changed);

    return p == OK && changed == 0 ? NO_ROW : p;
}

problem user_change_email(struct call *c, const struct user_secret *user, struct str email,
                          struct str email_key, struct user_response *out)
{
    struct email_change change = { user->id, user->sealed_hash, email, email_key };

    return store_one(c->db, c->arena, &change_email, &change, out);
}

problem user_delete(struct call *c, int64_t id)
{
    return store_run(c->db, c->arena, &drop, &(struct user_id){ id }, NULL);
}
