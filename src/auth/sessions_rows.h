/* auth/sessions_rows.h: sessions as rows.  A session is a row: one that has ended is gone.
 *
 * Functions that take a store session run in a transaction or outside of one; the others take
 * that of the call.  The thread is the call's, or the writer's within a transaction. */
#pragma once
#include "auth/auth.h"
#include "auth/sessions_rules.h"

enum { SESSION_ID_BYTES = 16, SESSIONS_SHOWN_MAX = 100, SESSIONS_READ_MAX = 1000 };

/* One row, and what its user's row says beside it. */
struct session {
    int64_t        id, user_id, counter;
    struct instant begun_at, rotated_at;
    bool           is_active;       /* the user */
};

struct new_session {
    int64_t        id, user_id;
    struct str     sealed_hash;     /* that the password was checked against */
    struct instant begun_at;
    struct str     address, agent;  /* agent may be none */
};

/* As text: 16 hexadecimal digits, which is also a token's `sid`. */
struct str session_id_text(struct arena *a, int64_t id);
bool       session_id_parse(struct str text, int64_t *id);

struct session_state session_state_of(const struct session *s);

/* NO_ROW when there is none. */
problem session_find(struct store_session *ss, struct arena *a, int64_t id,
                     struct session *out) MUST_CHECK;

/* NO_ROW when the user is gone, inactive, or has another password by now. */
problem session_insert(struct store_session *ss, struct arena *a,
                       const struct new_session *n) MUST_CHECK;

/* The next counter, now; who refreshed, and with what.  NO_ROW when the row is not as it was. */
problem session_rotate(struct store_session *ss, struct arena *a, const struct session *s,
                       struct str address, struct str agent) MUST_CHECK;

/* Ends one of a user's sessions; NO_ROW when he has none of that id. */
problem session_end(struct store_session *ss, struct arena *a, int64_t user_id,
                    int64_t id) MUST_CHECK;

/* Ends all of a user's sessions but `kept`; 0 keeps none. */
problem sessions_end_others(struct store_session *ss, struct arena *a, int64_t user_id,
                            int64_t kept) MUST_CHECK;

/* A user's live sessions, the last used first, of the newest SESSIONS_READ_MAX: a loop reads them,
 * and must not be held up by somebody who has a million. */
problem sessions_of(struct call *c, int64_t user_id, const struct session_rules *r,
                    struct session_list *out) MUST_CHECK;

/* Removes what has expired among some rows on either side of an id: each log-in looks at so many,
 * around a random one, so that the table cannot grow without being swept. */
problem sessions_sweep(struct store_session *ss, struct arena *a, const struct session_rules *r,
                       int64_t around) MUST_CHECK;

#define SESSIONS_TABLE                                                                             \
    "CREATE TABLE sessions ("                                                                      \
    " id INTEGER PRIMARY KEY,"                                                                     \
    " user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"                           \
    " counter INTEGER NOT NULL,"                                                                   \
    " begun_at INTEGER NOT NULL,"                                                                  \
    " rotated_at INTEGER NOT NULL,"                                                                \
    " address TEXT NOT NULL,"                                                                      \
    " agent TEXT);"                                                                                \
    "CREATE INDEX sessions_of_users ON sessions (user_id, begun_at);"

extern const struct statement session_by_id, session_add, session_next, session_drop,
    session_drop_others, session_list_of, session_drop_expired;

#define SESSION_STATEMENTS                                                                         \
    &session_by_id, &session_add, &session_next, &session_drop, &session_drop_others,              \
        &session_list_of, &session_drop_expired
