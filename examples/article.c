/* article.c: the article's whole program: register, log in, who am I, on SQLite.
 *
 * What the Python listing left to comments is done here: passwords are hashed with argon2id and
 * sealed, the secret has no default, the address is unique however it is written. */
#include <postern.h>

struct user_create    { struct str email, password; };
struct user_response  { int64_t id; struct str email; bool is_active; struct instant created_at; };
struct token_response { struct str access_token, token_type; int64_t expires_in; };
struct user           { int64_t id; struct str email, email_key, hash; bool is_active; struct instant created_at; };
struct by_id          { int64_t id; };
struct by_key         { struct str email_key; };

static const struct schema user_create = SCHEMA(user_create,
    FIELD(user_create, email,    .format = EMAIL),
    FIELD(user_create, password, .min_chars = 8, .max_chars = 1024, .max_bytes = 4096, .secret = true, .no_nul = true));
static const struct schema user_response = SCHEMA(user_response,
    FIELD(user_response, id), FIELD(user_response, email), FIELD(user_response, is_active),
    FIELD(user_response, created_at));
static const struct schema token_response = SCHEMA(token_response,
    FIELD(token_response, access_token, .credential = true),
    FIELD(token_response, token_type,   .always = "bearer"),
    FIELD(token_response, expires_in));
static const struct schema user = SCHEMA(user,
    FIELD(user, id), FIELD(user, email), FIELD(user, email_key), FIELD(user, hash, .bytes = true),
    FIELD(user, is_active), FIELD(user, created_at));
static const struct schema by_id = SCHEMA(by_id, FIELD(by_id, id));
static const struct schema by_key = SCHEMA(by_key, FIELD(by_key, email_key));

static const struct migration migrations[] = {
    { 1, "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL, email_key TEXT UNIQUE NOT NULL,"
         " hash BLOB NOT NULL, is_active INTEGER NOT NULL, created_at INTEGER NOT NULL)" },
    { 0 },
};

static const struct statement insert_user = {
    "INSERT INTO users VALUES (:id, :email, :email_key, :hash, :is_active, :created_at)"
    " RETURNING id, email, is_active, created_at", &user, &user_response };
static const struct statement user_by_key = { "SELECT * FROM users WHERE email_key = :email_key", &by_key, &user };
static const struct statement user_by_id = {
    "SELECT id, email, is_active, created_at FROM users WHERE id = :id", &by_id, &user_response };
static const struct statement *const statements[] = { &insert_user, &user_by_key, &user_by_id, NULL };

enum { EMAIL_TAKEN = PROBLEM_FIRST_OWN, BAD_LOGIN };
static const struct problem_row problems[] = {
    { EMAIL_TAKEN, 400, "Email already registered", NULL },
    { BAD_LOGIN, 401, "Incorrect email or password", "invalid_grant" },
    { 0 },
};

static problem register_user(struct call *c)
{
    const struct user_create *in = c->in;
    struct user u = { .email = in->email, .email_key = email_key(in->email, c->arena), .is_active = true,
                      .created_at = { c->now_us } };

    problem p = store_next_id(c->db, "users", &u.id);
    if (p == OK)
        p = password_store(c, u.id, in->password, &u.hash);
    if (p == OK)
        p = store_one(c->db, c->arena, &insert_user, &u, c->out);
    return p == CONFLICT ? EMAIL_TAKEN : p;
}

static problem login_for_access_token(struct call *c)
{
    const struct password_form *in = c->in;
    struct token_response      *out = c->out;
    struct str                  email, reason;
    struct user                 u;
    bool                        right = false;

    problem p = NO_ROW;
    if (email_normalise(in->username, c->arena, &email, &reason))
        p = store_one(c->db, c->arena, &user_by_key, &(struct by_key){ email_key(email, c->arena) }, &u);
    if (p == NO_ROW)
        return password_check_nobody(c, in->password) == OK ? BAD_LOGIN : UNAVAILABLE;
    if (p == OK)
        p = password_check(c, u.id, in->password, u.hash, &right, NULL);
    if (p == OK && right && u.is_active)
        return token_create(c, u.id, &out->access_token, &out->expires_in);
    return p == OK ? BAD_LOGIN : p;
}

static problem get_current_user(struct call *c, struct str token)
{
    struct user_response *u = arena_alloc(c->arena, sizeof *u);
    struct by_id          id;

    problem p = u ? token_subject(c, token, &id.id) : UNAVAILABLE;
    if (p == OK)
        p = store_one(c->db, c->arena, &user_by_id, &id, u);
    c->user = u;
    return p == NO_ROW || (p == OK && !u->is_active) ? BAD_TOKEN : p;
}

static problem read_users_me(struct call *c)
{
    *(struct user_response *)c->out = *(const struct user_response *)c->user;
    return OK;
}

static const struct route routes[] = {
    ROUTE(POST, "/register", register_user, .in = &user_create, .out = &user_response, .status = 201,
          .problems = { EMAIL_TAKEN }, .does = HASHES | WRITES, .doc = "Create an account."),
    ROUTE(POST, "/token", login_for_access_token, .in = &password_form, .form = true, .out = &token_response,
          .problems = { BAD_LOGIN }, .does = HASHES, .doc = "Log in."),
    ROUTE(GET, "/users/me", read_users_me, .who = SIGNED_IN, .out = &user_response, .does = READS, .doc = "Who am I?"),
    { 0 },
};
static const struct route_group groups[] = { { NULL, routes }, { 0 } };
static const struct api api = { .title = "C Auth Service", .version = "1.0.0", .groups = groups, .problems = problems,
                                .authenticate = get_current_user, .token_url = "token" };
static const struct program program = {
    .name = "article", .version = "1.0.0", .api = &api, .migrations = migrations, .statements = statements };

int main(int argc, char **argv) { return service_main(argc, argv, &program); }
