/* service.c: opens and closes what a front or a keeper has. */
#include "service/service.h"

#include "base/check.h"
#include "service/signing.h"

static const int64_t SILENCE_NS_MAX = 8000000000;

static bool option_is_on(void *context, const char *name)
{
    const struct service *s = context;

    return options_flag(&s->options, s->program->flags, name);
}

bool service_open_tables(struct service *s, const struct program *program, struct buf *why)
{
    s->program = program;
    s->clock = s->clock ? s->clock : &system_clock;
    s->random = s->random ? s->random : &system_random;
    s->net = s->net ? s->net : &system_net;
    return endpoints_open(&s->endpoints, program->api, option_is_on, s, why);
}

static void add_statements(struct service *s, size_t *count, const struct statement *const *more)
{
    for (; more && *more; more++) {
        CHECK(*count < STATEMENTS_MAX - 1);
        s->statements[(*count)++] = *more;
    }
}

/* Numbers are part of what is stored. */
static const struct migration library_migrations[] = {
    { 1, signing_tables },
    { 2, limiter_tables },
    { 0 },
};

static bool open_store(struct service *s, bool read_only, struct buf *why)
{
    char       path[4096];
    struct str url = s->options.database;
    size_t     count = 0;

    if (!s->program->migrations)
        return true;
    if (url.len >= sizeof path) {
        buf_add(why, LIT("--database: too long"));
        return false;
    }
    memcpy(path, url.at, url.len);
    path[url.len] = 0;
    add_statements(s, &count, signing_statements);
    add_statements(s, &count, limiter_statements);
    add_statements(s, &count, s->program->statements);
    s->store = store_open(&(struct store_settings){
        .url = path,
        .read_only = read_only,
        .library_migrations = library_migrations,
        .migrations = s->program->migrations,
        .statements = s->statements,
        .clock = s->clock,
        .busy_ms = 1000,
        .vfs = s->vfs,
        .keep_file = true,
        .inline_writes = s->one_thread,
    }, why);
    return s->store != NULL;
}

static void set_policy(struct service *s)
{
    s->tokens.lifetime_s = s->options.token_lifetime_ms / 1000;
    if (s->options.jwt_secret.len)
        return;
    s->tokens.issuer = s->tokens.audience = s->options.issuer;
    s->tokens.client_id = str_of(s->program->name);
}

/* Counters of the time before the restart go on. */
static bool open_limiter(struct service *s, struct buf *why)
{
    if (!s->program->limits || !s->options.limits)
        return true;
    s->limiter = limiter_open(s->program->limits, s->vault);
    struct store_session *db = store_session_open(s->store);
    bool done = s->limiter && db && limiter_load(s->limiter, db, clock_wall_us(s->clock)) == OK;

    store_session_close(db);
    if (!done)
        buf_add(why, LIT("the counters of the limits cannot be read"));
    return done;
}

bool service_open_keeper(struct service *s, struct buf *why)
{
    set_policy(s);
    if (!open_store(s, false, why))
        return false;
    s->hasher = password_hasher_open((unsigned)s->options.hash_threads,
                                     (struct password_cost){ (uint32_t)s->options.hash_memory_kib,
                                                             (uint32_t)s->options.hash_passes },
                                     s->random, s->clock);
    if (!s->hasher) {
        buf_add(why, LIT("no memory for password hashing"));
        return false;
    }
    return !s->store || (signing_open(s, why) && open_limiter(s, why));
}

bool service_open_front(struct service *s, struct buf *why)
{
    set_policy(s);
    atomic_store(&s->heard_ns, s->program->migrations ? clock_monotonic_ns(s->clock) : 0);
    return open_store(s, true, why);
}

void service_heard(struct service *s, bool writes)
{
    atomic_store(&s->writes_fail, !writes);
    atomic_store(&s->heard_ns, clock_monotonic_ns(s->clock));
}

static bool keeper_is_silent(struct service *s)
{
    int64_t heard = atomic_load(&s->heard_ns);

    return heard && clock_monotonic_ns(s->clock) - heard > SILENCE_NS_MAX;
}

bool service_ready(struct service *s, struct store_session *db)
{
    return !atomic_load(&s->draining) && !atomic_load(&s->writes_fail) && !keeper_is_silent(s) &&
           (!db || store_healthy(db));
}

void service_close(struct service *s)
{
    for (size_t i = 0; i < TOKEN_KEYS_MAX; i++)
        jws_key_close(s->keys[i]);
    limiter_close(s->limiter);
    signing_close(s);
    if (s->hasher)
        password_hasher_close(s->hasher);
    if (s->store)
        store_close(s->store);
    endpoints_close(&s->endpoints);
}
