/* auth/users.h: users as rows.  Needs a call's session; the thread is the call's. */
#pragma once
#include "auth/auth.h"
#include "auth/sessions_rules.h"

/* What only the keeper reads. */
struct user_secret {
    int64_t    id;
    struct str sealed_hash;     /* by password_store(), for this id */
    bool       is_active;
};

struct new_user {
    int64_t        id;
    struct str     email, email_key, sealed_hash;
    struct instant created_at;
};

/* The key that a name would be found by; none for what can be nobody's address. */
struct str user_key_of(struct call *c, struct str username);

/* NO_ROW when there is none, as of all of these. */
problem user_by_id(struct call *c, int64_t id, struct user_response *out) MUST_CHECK;

/* The user, and his session beside him, in one read; NO_ROW unless the session is his. */
struct user_in_session {
    struct user_response  user;
    struct session_state  session;  /* without its counter */
};
problem user_by_session(struct call *c, int64_t id, int64_t session,
                        struct user_in_session *out) MUST_CHECK;
problem user_secret_by_key(struct call *c, struct str email_key,
                           struct user_secret *out) MUST_CHECK;
problem user_secret_by_id(struct call *c, int64_t id, struct user_secret *out) MUST_CHECK;

/* One statement that cannot race: CONFLICT when the address is taken. */
problem user_insert(struct call *c, const struct new_user *u, struct user_response *out) MUST_CHECK;
problem user_next_id(struct call *c, int64_t *id) MUST_CHECK;

/* Replaces a hash only if it is still the one that was read, so that a password change that came
 * between wins; NO_ROW when it is not.  In a transaction or outside of one. */
problem user_replace_hash(struct store_session *ss, struct arena *a, int64_t id, struct str was,
                          struct str now) MUST_CHECK;

/* Another address, if the hash is still the one that was read.  CONFLICT when it is taken, NO_ROW
 * when it is not. */
problem user_change_email(struct call *c, const struct user_secret *user, struct str email,
                          struct str email_key, struct user_response *out) MUST_CHECK;

/* And all sessions with it. */
problem user_delete(struct call *c, int64_t id) MUST_CHECK;
