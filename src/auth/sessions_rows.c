/* sessions_rows.c: the table's statements.
 *
 * Ids are random, of 63 bits: a token that was made before a backup was put back must not find
 * somebody else's session, as it would if ids were counted.  A refresh changes one row and no
 * index. */
#include "auth/sessions_rows.h"

#include <inttypes.h>

enum { SWEPT_ROWS = 16 };    /* on either side */

struct session_key { int64_t id; };
struct session_turn { int64_t id, counter; struct instant rotated_at; struct str address, agent; };
struct session_owned { int64_t id, user_id; };
struct sessions_asked { int64_t user_id; struct instant begun_after, rotated_after; int64_t read, shown; };
struct session_shown { int64_t id; struct instant begun_at, rotated_at; struct str address, agent; };
struct sessions_swept { int64_t around, rows; struct instant begun_until, rotated_until; };

static const struct schema session_key = SCHEMA(session_key, FIELD(session_key, id));

static const struct schema session = SCHEMA(session,
    FIELD(session, id),
    FIELD(session, user_id),
    FIELD(session, counter),
    FIELD(session, begun_at),
    FIELD(session, rotated_at),
    FIELD(session, is_active));

static const struct schema new_session = SCHEMA(new_session,
    FIELD(new_session, id),
    FIELD(new_session, user_id),
    FIELD(new_session, sealed_hash, .bytes = true),
    FIELD(new_session, begun_at),
    FIELD(new_session, address),
    FIELD(new_session, agent, .nullable = true));

static const struct schema session_turn = SCHEMA(session_turn,
    FIELD(session_turn, id),
    FIELD(session_turn, counter),
    FIELD(session_turn, rotated_at),
    FIELD(session_turn, address),
    FIELD(session_turn, agent, .nullable = true));

static const struct schema session_owned = SCHEMA(session_owned,
    FIELD(session_owned, id),
    FIELD(session_owned, user_id));

static const struct schema sessions_asked = SCHEMA(sessions_asked,
    FIELD(sessions_asked, user_id),
    FIELD(sessions_asked, begun_after),
    FIELD(sessions_asked, rotated_after),
    FIELD(sessions_asked, read),
    FIELD(sessions_asked, shown));

static const struct schema session_shown = SCHEMA(session_shown,
    FIELD(session_shown, id),
    FIELD(session_shown, begun_at),
    FIELD(session_shown, rotated_at),
    FIELD(session_shown, address),
    FIELD(session_shown, agent, .nullable = true));

static const struct schema sessions_swept = SCHEMA(sessions_swept,
    FIELD(sessions_swept, around),
    FIELD(sessions_swept, rows),
    FIELD(sessions_swept, begun_until),
    FIELD(sessions_swept, rotated_until));

const struct statement session_by_id = {
    "SELECT s.id AS id, s.user_id AS user_id, s.counter AS counter, s.begun_at AS begun_at,"
    " s.rotated_at AS rotated_at, u.is_active AS is_active"
    " FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = :id", &session_key, &session
};
/* The password was checked against a row that was read before: it must still be that row. */
const struct statement session_add = {
    "INSERT INTO sessions (id, user_id, counter, begun_at, rotated_at, address, agent)"
    " SELECT :id, id, 1, :begun_at, :begun_at, :address, :agent FROM users"
    " WHERE id = :user_id AND is_active = 1 AND sealed_hash = :sealed_hash", &new_session, NULL
};
const struct statement session_next = {
    "UPDATE sessions SET counter = counter + 1, rotated_at = :rotated_at, address = :address, agent = :agent"
    " WHERE id = :id AND counter = :counter", &session_turn, NULL
};
const struct statement session_drop = {
    "DELETE FROM sessions WHERE id = :id AND user_id = :user_id", &session_owned, NULL
};
const struct statement session_drop_others = {
    "DELETE FROM sessions WHERE user_id = :user_id AND id <> :id", &session_owned, NULL
};
const struct statement session_list_of = {
    "SELECT id, begun_at, rotated_at, address, agent FROM ("
    "SELECT id, begun_at, rotated_at, address, agent FROM sessions"
    " WHERE user_id = :user_id AND begun_at > :begun_after ORDER BY begun_at DESC LIMIT :read)"
    " WHERE rotated_at > :rotated_after ORDER BY rotated_at DESC LIMIT :shown", &sessions_asked, &session_shown
};
const struct statement session_drop_expired = {
    "DELETE FROM sessions WHERE id IN ("
    "SELECT id FROM (SELECT id FROM sessions WHERE id >= :around ORDER BY id LIMIT :rows) UNION ALL "
    "SELECT id FROM (SELECT id FROM sessions WHERE id < :around ORDER BY id DESC LIMIT :rows))"
    " AND (begun_at <= :begun_until OR rotated_at <= :rotated_until)", &sessions_swept, NULL
};

static problem changed_one(problem p, int64_t changed)
{
    return p == OK && changed == 0 ? NO_ROW : p;
}

struct str session_id_text(struct arena *a, int64_t id)
{
    return arena_format(a, "%016" PRIx64, (uint64_t)id);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool session_id_parse(struct str text, int64_t *id)
{
    uint64_t value = 0;

    if (text.len != SESSION_ID_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (digit(text.at[i]) < 0)
            return false;
        value = value << 4 | (unsigned)digit(text.at[i]);
    }
    if (value == 0 || value > INT64_MAX)
        return false;
    *id = (int64_t)value;
    return true;
}

struct session_state session_state_of(const struct session *s)
{
    return (struct session_state){ (uint32_t)s->counter, s->begun_at.us, s->rotated_at.us };
}

problem session_find(struct store_session *ss, struct arena *a, int64_t id, struct session *out)
{
    return store_one(ss, a, &session_by_id, &(struct session_key){ id }, out);
}

problem session_insert(struct store_session *ss, struct arena *a, const struct new_session *n)
{
    int64_t changed = 0;
    problem p = store_run(ss, a, &session_add, n, &changed);

    return changed_one(p, changed);
}

problem session_rotate(struct store_session *ss, struct arena *a, const struct session *s,
                       struct str address, struct str agent)
{
    struct session_turn turn = { s->id, s->counter, { store_now_us(ss) }, address, agent };
    int64_t             changed = 0;
    problem             p = store_run(ss, a, &session_next, &turn, &changed);

    return changed_one(p, changed);
}

problem session_end(struct store_session *ss, struct arena *a, int64_t user_id, int64_t id)
{
    int64_t changed = 0;
    problem p = store_run(ss, a, &session_drop, &(struct session_owned){ id, user_id }, &changed);

    return changed_one(p, changed);
}

problem sessions_end_others(struct store_session *ss, struct arena *a, int64_t user_id,
                            int64_t kept)
{
    return store_run(ss, a, &session_drop_others, &(struct session_owned){ kept, user_id }, NULL);
}

static bool show(struct call *c, const struct session_shown *row, const struct session_rules *r,
                 struct session_response *out)
{
    struct session_state s = { 0, row->begun_at.us, row->rotated_at.us };

    *out = (struct session_response){
        .id = session_id_text(c->arena, row->id),
        .created_at = row->begun_at,
        .last_used_at = row->rotated_at,
        .expires_at = { session_ends_us(r, &s) },
        .address = row->address,
        .agent = row->agent,
        .current = row->id == ((const struct signed_in *)c->user)->session,
    };
    return !c->arena->failed;
}

problem sessions_of(struct call *c, int64_t user_id, const struct session_rules *r,
                    struct session_list *out)
{
    LIST_OF(struct session_shown) rows;
    int64_t               now = store_now_us(c->db);
    struct sessions_asked asked = { user_id, { now - r->lifetime_us }, { now - r->idle_us },
                                    SESSIONS_READ_MAX, SESSIONS_SHOWN_MAX };

    problem p = store_all(c->db, c->arena, &session_list_of, &asked, SESSIONS_SHOWN_MAX, &rows);
    if (p != OK)
        return p;
    out->sessions.at = arena_alloc_many(c->arena, rows.len + 1, sizeof *out->sessions.at);
    if (!out->sessions.at)
        return UNAVAILABLE;
    out->sessions.len = rows.len;
    for (size_t i = 0; i < rows.len; i++)
        if (!show(c, &rows.at[i], r, &out->sessions.at[i]))
            return UNAVAILABLE;
    return OK;
}

problem sessions_sweep(struct store_session *ss, struct arena *a, const struct session_rules *r,
                       int64_t around)
{
    int64_t now = store_now_us(ss);

    return store_run(ss, a, &session_drop_expired, &(struct sessions_swept){
        around, SWEPT_ROWS, { now - r->lifetime_us }, { now - r->idle_us }
    }, NULL);
}
