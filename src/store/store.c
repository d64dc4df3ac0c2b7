/* store.c: chooses the engine by the URL, and keeps what all engines have in common: what is
 * answered is copied out only when all went well, so that nobody reads a row that was never
 * committed. */
#include "store/store.h"

#include "base/check.h"
#include "store/engine.h"

/* What stands before the first colon of a URL.  Only that part of a URL is ever shown: the rest may
 * hold a password. */
static const struct scheme {
    struct str                 name;
    const struct store_engine *engine;  /* NULL: known, but not in this build */
} schemes[] = {
    { LIT("sqlite"),               &sqlite_engine },
    { LIT("sqlite+aiosqlite"),     &sqlite_engine },
    { LIT("sqlite+pysqlite"),      &sqlite_engine },
    { LIT("postgresql"),           NULL },
    { LIT("postgres"),             NULL },
    { LIT("postgresql+asyncpg"),   NULL },
    { LIT("postgresql+psycopg"),   NULL },
    { LIT("postgresql+psycopg2"),  NULL },
};

static const struct scheme *scheme_of(struct str name)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (str_eq(schemes[i].name, name))
            return &schemes[i];
    return NULL;
}

/* The place that a sqlite URL names, as SQLAlchemy reads it: three slashes are relative, four
 * absolute. */
static struct str place_of(struct str rest, struct buf *why)
{
    if (!str_starts(rest, LIT("//")))
        return rest;
    if (!str_starts(rest, LIT("///"))) {
        buf_format(
            why, "a sqlite URL has three slashes before a relative path, four before an absolute");
        return (struct str){ 0 };
    }
    if (str_find_byte(rest, '?') < rest.len) {
        buf_format(why, "options in a sqlite URL (after the ?) are not understood");
        return (struct str){ 0 };
    }
    return str_slice(rest, 3, rest.len);
}

static problem execute(struct store_session *ss, const struct call *c)
{
    if (c->arena && c->arena->failed)
        return UNAVAILABLE;
    return ss->store->engine->execute(ss, c);
}

static problem one(struct store_session *ss, struct call *c, void *out)
{
    CHECK(c->statement->out);
    size_t bytes = c->statement->out->size;

    c->out = arena_alloc(c->arena, bytes);
    problem failure = c->out ? execute(ss, c) : UNAVAILABLE;
    if (!failure)
        memcpy(out, c->out, bytes);
    return failure;
}

static const struct store_engine *engine_of(const char *url, struct str *place, struct buf *why)
{
    struct str           rest = str_of(url);
    struct str           name = str_cut(&rest, ':');
    const struct scheme *scheme = scheme_of(name);

    if (!rest.at || !scheme) {
        buf_format(why, "the database is not understood: write sqlite:PATH or sqlite:///PATH");
        return NULL;
    }
    if (!scheme->engine) {
        buf_format(why, "this build has no PostgreSQL: write sqlite:PATH or sqlite:///PATH");
        return NULL;
    }
    *place = place_of(rest, why);
    return place->at ? scheme->engine : NULL;
}

struct store *store_open(const struct store_settings *settings, struct buf *why)
{
    struct str                 place;
    const struct store_engine *engine = engine_of(settings->url, &place, why);

    return engine ? engine->open(settings, place, why) : NULL;
}

struct str store_place(const char *url, struct buf *why)
{
    struct str place;

    if (!engine_of(url, &place, why))
        return (struct str){ 0 };
    if (place.len == 0)
        buf_format(why, "the database needs the path of a file: sqlite:PATH");
    return place.len ? place : (struct str){ 0 };
}

void store_close(struct store *s)
{
    if (s)
        s->engine->close(s);
}

struct str store_path(const struct store *s)
{
    return s->engine->path(s);
}

struct store_session *store_session_open(struct store *s)
{
    return s->engine->session_open(s);
}

void store_session_close(struct store_session *ss)
{
    if (ss)
        ss->store->engine->session_close(ss);
}

void store_session_keep_rows(struct store_session *ss, size_t rows)
{
    ss->store->engine->session_keep_rows(ss, rows);
}

problem store_one(struct store_session *ss, struct arena *a, const struct statement *s,
                  const void *in, void *out)
{
    return one(ss, &(struct call){ .statement = s, .in = in, .arena = a, .shape = CALL_ONE }, out);
}

problem store_one_kept(struct store_session *ss, struct arena *a, const struct statement *s,
                       const void *in, void *out)
{
    return one(ss, &(struct call){ .statement = s, .in = in, .arena = a, .shape = CALL_ONE,
                                   .kept = true }, out);
}

problem store_all(struct store_session *ss, struct arena *a, const struct statement *s,
                  const void *in, size_t rows_max, void *list)
{
    CHECK(s->out);
    struct many rows = { 0 };
    struct call c = { .statement = s, .in = in, .arena = a, .shape = CALL_ALL,
                      .rows_max = rows_max, .out = &rows };
    problem     failure = execute(ss, &c);

    if (!failure)
        memcpy(list, &rows, sizeof rows);
    return failure;
}

problem store_run(struct store_session *ss, struct arena *a, const struct statement *s,
                  const void *in, int64_t *changed)
{
    CHECK(!s->out);
    int64_t     rows = 0;
    struct call c = { .statement = s, .in = in, .arena = a, .shape = CALL_RUN, .out = &rows };
    problem     failure = execute(ss, &c);

    if (!failure && changed)
        *changed = rows;
    return failure;
}

problem store_transaction(struct store_session *ss,
                          problem (*work)(struct store_session *in_transaction, void *context),
                          void *context)
{
    return ss->store->engine->transaction(ss, work, context);
}

problem store_next_id(struct store_session *ss, const char *table, int64_t *id)
{
    return ss->store->engine->next_id(ss, table, id);
}

int64_t store_now_us(struct store_session *ss)
{
    return ss->store->engine->now_us(ss);
}

bool store_healthy(struct store_session *ss)
{
    return ss->store->engine->healthy(ss);
}

uint64_t store_generation(const struct store *s)
{
    return s->engine->generation(s);
}

struct store_counts store_counts(const struct store *s)
{
    return s->engine->counts(s);
}
