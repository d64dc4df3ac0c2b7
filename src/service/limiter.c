/* limiter.c: a table of sets, each of a few counters that a hash leads to.
 *
 * Rows of the database are the slots of this table, so that neither outgrows the other. */
#include "service/limiter.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"

enum {
    WAYS = 8,
    SETS = 8192,
    SLOTS = WAYS * SETS,
    ONE = 1000,             /* one failure */
    DOUBLINGS_MAX = 30,
    BATCH = 512,            /* rows in a transaction */
    PAGE = 512,             /* rows read at a time */
    ARENA_BYTES = 1 << 20,
    TEXT_BYTES_MAX = 512,   /* of what is counted; a digest stands for what is longer */
};

struct counter {
    struct limiter_key key;
    int64_t            at_ms;   /* of the last one counted */
    int32_t            level;   /* in thousandths, at that moment */
    uint8_t            policy;  /* 0: nobody's */
    bool               dirty, written;  /* to be written; as it is now, it was */
};

struct limiter {
    const struct limiter_policy *policies;
    size_t                       policies_count;
    const struct vault          *vault;
    pthread_mutex_t              lock;
    struct counter              *slots;
    uint32_t                    *dirty;     /* their numbers */
    size_t                       dirty_count;
};

/* ---- Counting --------------------------------------------------------------------------- */

static int32_t level_now(const struct limiter_policy *p, const struct counter *c, int64_t now_ms)
{
    int64_t passed = now_ms > c->at_ms ? now_ms - c->at_ms : 0;
    int64_t forgiven = passed / p->longest_ms * ONE + passed % p->longest_ms * ONE / p->longest_ms;

    return forgiven >= c->level ? 0 : (int32_t)(c->level - forgiven);
}

/* How long after the last one nobody may come.  Rounded: the little that was forgiven meanwhile
 * makes no step of its own. */
static int64_t wait_of(const struct limiter_policy *p, int32_t level)
{
    int over = (level + ONE / 2) / ONE - p->free;

    if (over < 0)
        return 0;
    int64_t wait = p->first_ms << (over < DOUBLINGS_MAX ? over : DOUBLINGS_MAX);
    return wait < p->longest_ms ? wait : p->longest_ms;
}

static struct counter *set_of(const struct limiter *l, struct limiter_key key)
{
    return &l->slots[key.low % SETS * WAYS];
}

static bool is_of(const struct counter *c, unsigned policy, struct limiter_key key)
{
    return c->policy == policy && c->key.high == key.high && c->key.low == key.low;
}

static struct counter *find(const struct limiter *l, unsigned policy, struct limiter_key key)
{
    struct counter *set = set_of(l, key);

    for (size_t i = 0; i < WAYS; i++)
        if (is_of(&set[i], policy, key))
            return &set[i];
    return NULL;
}

/* A clock that was set back must not make anybody wait until it has caught up. */
static void not_of_the_future(struct counter *c, int64_t now_ms)
{
    if (c->at_ms > now_ms)
        c->at_ms = now_ms;
}

/* How much is lost with it: what holds back most, and longest, stays. */
static int64_t worth(const struct limiter *l, const struct counter *c, int64_t now_ms)
{
    if (!c->policy)
        return -1;
    const struct limiter_policy *p = &l->policies[c->policy];
    return level_now(p, c, now_ms) * p->longest_ms / ONE;
}

static struct counter *make(struct limiter *l, unsigned policy, struct limiter_key key,
                            int64_t now_ms)
{
    struct counter *set = set_of(l, key), *least = set;

    for (size_t i = 1; i < WAYS; i++)
        if (worth(l, &set[i], now_ms) < worth(l, least, now_ms))
            least = &set[i];
    bool dirty = least->dirty;
    *least = (struct counter){
        .key = key, .policy = (uint8_t)policy, .at_ms = now_ms, .dirty = dirty
    };
    return least;
}

static void mark(struct limiter *l, struct counter *c)
{
    if (c->dirty || l->policies[c->policy].passing)
        return;
    c->dirty = true;
    l->dirty[l->dirty_count++] = (uint32_t)(c - l->slots);
}

static int64_t wait_left(struct limiter *l, unsigned policy, struct limiter_key key, int64_t now_ms)
{
    struct counter *c = find(l, policy, key);

    if (!c)
        return 0;
    not_of_the_future(c, now_ms);
    return c->at_ms + wait_of(&l->policies[policy], c->level) - now_ms;
}

static struct limiter_state state_of(const struct counter *c)
{
    return (struct limiter_state){ c->at_ms, c->level, c->written };
}

static struct counter *count(struct limiter *l, unsigned policy, struct limiter_key key,
                             int64_t now_ms, struct limiter_state *before)
{
    struct counter *c = find(l, policy, key);

    if (!c)
        c = make(l, policy, key, now_ms);
    *before = state_of(c);
    c->level = level_now(&l->policies[policy], c, now_ms) + ONE;
    c->at_ms = now_ms;
    c->written = false;
    return c;
}

static void count_all(struct limiter *l, struct limiter_claim *c, int64_t now_ms)
{
    for (size_t i = 0; i < c->count; i++)
        c->of[i].after = state_of(count(l, c->of[i].policy, c->of[i].key, now_ms,
                                        &c->of[i].before));
}

/* A counter that is as the claim left it was claimed by nobody else, or by nobody who has not
 * given back. */
static void uncount(struct limiter *l, struct counter *c, const struct limiter_state *before,
                    const struct limiter_state *after)
{
    bool alone = c->at_ms == after->at_ms && c->level == after->level;
    bool told = c->written || !alone;

    c->level = alone ? before->level : c->level > ONE ? c->level - ONE : 0;
    c->at_ms = alone ? before->at_ms : c->at_ms;
    c->written = alone && before->written;
    if (told)
        mark(l, c);
}

static int64_t longest_wait(struct limiter *l, const struct limiter_claim *c, int64_t now_ms)
{
    int64_t longest = 0;

    for (size_t i = 0; i < c->count; i++) {
        int64_t wait = wait_left(l, c->of[i].policy, c->of[i].key, now_ms);
        longest = wait > longest ? wait : longest;
    }
    return longest;
}

bool limiter_claim(struct limiter *l, struct limiter_claim *c, int64_t now_us, int64_t *wait_ms)
{
    int64_t now_ms = now_us / 1000;

    pthread_mutex_lock(&l->lock);
    int64_t wait = longest_wait(l, c, now_ms);
    if (wait <= 0)
        count_all(l, c, now_ms);
    pthread_mutex_unlock(&l->lock);
    if (wait <= 0)
        return true;
    *wait_ms = wait;
    return false;
}

void limiter_keep(struct limiter *l, const struct limiter_claim *c)
{
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < c->count; i++) {
        struct counter *found = find(l, c->of[i].policy, c->of[i].key);
        if (found)
            mark(l, found);
    }
    pthread_mutex_unlock(&l->lock);
}

void limiter_give_back(struct limiter *l, const struct limiter_claim *c)
{
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < c->count; i++) {
        struct counter *found = find(l, c->of[i].policy, c->of[i].key);
        if (found)
            uncount(l, found, &c->of[i].before, &c->of[i].after);
    }
    pthread_mutex_unlock(&l->lock);
}

/* ---- Keys ------------------------------------------------------------------------------- */

/* The label ends with a NUL, which is in none. */
struct limiter_key limiter_key_of(const struct limiter *l, const char *what, struct str bytes)
{
    char               text[TEXT_BYTES_MAX];
    unsigned char      digest[DIGEST_BYTES];
    struct buf         b = buf_fixed(text, sizeof text);
    struct limiter_key key;

    if (bytes.len > TEXT_BYTES_MAX / 2) {
        vault_digest(l->vault, VAULT_COUNTED, bytes, digest);
        bytes = (struct str){ (const char *)digest, sizeof digest };
    }
    buf_add(&b, (struct str){ what, strlen(what) + 1 });
    buf_add(&b, bytes);
    CHECK(!b.failed);
    vault_digest(l->vault, VAULT_COUNTED, buf_str(&b), digest);
    memcpy(&key, digest, sizeof key);
    return key;
}

_Static_assert(sizeof(struct limiter_key) == DIGEST_BYTES, "a key is a digest");

void limiter_add(struct limiter_claim *c, unsigned policy, struct limiter_key key)
{
    CHECK(c->count < LIMITER_CLAIMS_MAX);
    c->of[c->count].policy = policy;
    c->of[c->count].key = key;
    c->count++;
}

/* ---- Rows ------------------------------------------------------------------------------- */

const char limiter_tables[] =
    "CREATE TABLE counters (slot INTEGER PRIMARY KEY, key BLOB NOT NULL, policy INTEGER NOT NULL,"
    " level INTEGER NOT NULL, at_ms INTEGER NOT NULL);";

struct counter_row {
    int64_t    slot;
    struct str key;
    int64_t    policy, level, at_ms;
};

struct page { int64_t after, rows; };

static const struct schema page_schema = SCHEMA(page, FIELD(page, after), FIELD(page, rows));

static const struct schema counter_row = SCHEMA(counter_row,
    FIELD(counter_row, slot),
    FIELD(counter_row, key, .bytes = true),
    FIELD(counter_row, policy),
    FIELD(counter_row, level),
    FIELD(counter_row, at_ms));

static const struct statement put = {
    "INSERT OR REPLACE INTO counters (slot, key, policy, level, at_ms)"
    " VALUES (:slot, :key, :policy, :level, :at_ms)", &counter_row, NULL
};
static const struct statement next_page = {
    "SELECT slot, key, policy, level, at_ms FROM counters"
    " WHERE slot > :after ORDER BY slot LIMIT :rows", &page_schema, &counter_row
};

const struct statement *const limiter_statements[] = { &put, &next_page, NULL };

/* ---- Out -------------------------------------------------------------------------------- */

struct batch {
    struct arena       arena;
    size_t             count;
    uint32_t           slots[BATCH];
    struct counter     rows[BATCH];
};

static void take_batch(struct limiter *l, struct batch *b)
{
    pthread_mutex_lock(&l->lock);
    for (b->count = 0; b->count < BATCH && l->dirty_count > 0; b->count++) {
        uint32_t slot = l->dirty[--l->dirty_count];
        l->slots[slot].dirty = false;
        l->slots[slot].written = true;
        b->slots[b->count] = slot;
        b->rows[b->count] = l->slots[slot];
    }
    pthread_mutex_unlock(&l->lock);
}

static void put_back(struct limiter *l, const struct batch *b)
{
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < b->count; i++)
        mark(l, &l->slots[b->slots[i]]);
    pthread_mutex_unlock(&l->lock);
}

static problem write_batch(struct store_session *db, void *context)
{
    struct batch *b = context;
    problem       p = OK;

    for (size_t i = 0; p == OK && i < b->count; i++) {
        const struct counter *c = &b->rows[i];
        struct counter_row    row = {
            b->slots[i], { (const char *)&c->key, sizeof c->key }, c->policy, c->level, c->at_ms
        };
        p = store_run(db, &b->arena, &put, &row, NULL);
    }
    return p;
}

bool limiter_is_dirty(struct limiter *l)
{
    pthread_mutex_lock(&l->lock);
    bool dirty = l->dirty_count > 0;
    pthread_mutex_unlock(&l->lock);
    return dirty;
}

problem limiter_flush(struct limiter *l, struct store_session *db)
{
    struct batch *b = malloc(sizeof *b);
    problem       p = b ? OK : UNAVAILABLE;

    if (b)
        b->arena = arena_new(ARENA_BYTES);
    while (p == OK && limiter_is_dirty(l)) {
        take_batch(l, b);
        p = store_transaction(db, write_batch, b);
        if (p != OK)
            put_back(l, b);
        arena_reset(&b->arena);
    }
    if (b)
        arena_close(&b->arena);
    free(b);
    return p;
}

/* ---- In --------------------------------------------------------------------------------- */

/* What other constants or another master key put there leads nowhere, and is overwritten. */
static void take_row(struct limiter *l, const struct counter_row *row, int64_t now_ms)
{
    struct counter c = { .level = (int32_t)row->level, .at_ms = row->at_ms };

    if (row->slot < 0 || row->slot >= SLOTS || row->key.len != sizeof c.key || row->policy <= 0 ||
        row->policy >= (int64_t)l->policies_count || row->level < 0 || row->level > INT32_MAX)
        return;
    memcpy(&c.key, row->key.at, sizeof c.key);
    c.policy = (uint8_t)row->policy;
    not_of_the_future(&c, now_ms);
    if ((int64_t)(c.key.low % SETS) == row->slot / WAYS)
        l->slots[row->slot] = c;
}

static problem load_page(struct limiter *l, struct store_session *db, struct arena *a,
                         int64_t now_ms, int64_t *last)
{
    LIST_OF(struct counter_row) rows = { 0 };
    problem p = store_all(db, a, &next_page, &(struct page){ *last, PAGE }, PAGE, &rows);

    for (size_t i = 0; p == OK && i < rows.len; i++)
        take_row(l, &rows.at[i], now_ms);
    *last = p == OK && rows.len == PAGE ? rows.at[PAGE - 1].slot : SLOTS;
    return p;
}

problem limiter_load(struct limiter *l, struct store_session *db, int64_t now_us)
{
    struct arena a = arena_new(ARENA_BYTES);
    problem      p = OK;

    for (int64_t last = -1; p == OK && last < SLOTS; arena_reset(&a))
        p = load_page(l, db, &a, now_us / 1000, &last);
    arena_close(&a);
    return p;
}

/* ---- Life ------------------------------------------------------------------------------- */

static size_t count_policies(const struct limiter_policy *policies)
{
    size_t n = 1;

    while (policies[n].longest_ms)
        n++;
    CHECK(n <= LIMITER_POLICIES_MAX);
    return n;
}

struct limiter *limiter_open(const struct limiter_policy *policies, const struct vault *vault)
{
    struct limiter *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    pthread_mutex_init(&l->lock, NULL);
    l->policies = policies;
    l->policies_count = count_policies(policies);
    l->vault = vault;
    l->slots = calloc(SLOTS, sizeof *l->slots);     /* pages are touched only as they are needed */
    l->dirty = calloc(SLOTS, sizeof *l->dirty);
    if (l->slots && l->dirty)
        return l;
    limiter_close(l);
    return NULL;
}

void limiter_close(struct limiter *l)
{
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l->slots);
    free(l->dirty);
    free(l);
}
