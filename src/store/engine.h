/* engine.h: what a kind of database provides.  store.c chooses one at start and goes through it.
 *
 * An engine's store and session begin with the structs below.  `open` may be given settings that
 * die after the call, except for what they point at. */
#pragma once
#include "store/store.h"

enum call_shape { CALL_ONE, CALL_ALL, CALL_RUN };

/* One use of a statement. */
struct call {
    const struct statement *statement;
    const void             *in;
    struct arena           *arena;
    enum call_shape         shape;
    bool                    kept;       /* CALL_ONE: a row that the session keeps will do */
    size_t                  rows_max;   /* CALL_ALL */
    void                   *out;        /* the struct, a struct many, or an int64_t: rows changed */
};

typedef problem store_work(struct store_session *in_transaction, void *context);

struct store_engine {
    struct store *(*open)(const struct store_settings *settings, struct str place, struct buf *why);
    void          (*close)(struct store *s);
    struct str    (*path)(const struct store *s);
    uint64_t      (*generation)(const struct store *s);
    struct store_counts (*counts)(const struct store *s);

    struct store_session *(*session_open)(struct store *s);
    void    (*session_close)(struct store_session *ss);
    void    (*session_keep_rows)(struct store_session *ss, size_t rows);
    problem (*execute)(struct store_session *ss, const struct call *c);
    problem (*transaction)(struct store_session *ss, store_work *work, void *context);
    problem (*next_id)(struct store_session *ss, const char *table, int64_t *id);
    int64_t (*now_us)(struct store_session *ss);
    bool    (*healthy)(struct store_session *ss);
};

struct store {
    const struct store_engine *engine;
};

struct store_session {
    struct store *store;
};

extern const struct store_engine sqlite_engine;
