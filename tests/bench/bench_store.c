/* bench_store.c: what a point read and a durable write cost, beside SQLite alone.
 *
 *     bench_store [DIRECTORY]
 *
 * Reads are compared in interleaved rounds in one process on the same file; the median of the
 * ratios counts. Writes are measured where DIRECTORY is, which decides what an fsync costs. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "store/store.h"

enum { ROWS = 10000, READS = 50000, ROUNDS = 21, THREADS_MAX = 64 };

struct user {
    int64_t        id;
    struct str     email;
    struct str     email_key;
    bool           is_active;
    struct instant created_at;
};
struct user_key { int64_t id; };

static const struct schema user = SCHEMA(user,
    FIELD(user, id), FIELD(user, email), FIELD(user, email_key), FIELD(user, is_active), FIELD(user, created_at));
static const struct schema user_key = SCHEMA(user_key, FIELD(user_key, id));

#define FIND "SELECT id, email, email_key, is_active, created_at FROM users WHERE id = :id"

static const struct statement find_user = { FIND, &user_key, &user };
static const struct statement add_user = {
    "INSERT INTO users (id, email, email_key, is_active, created_at)"
    " VALUES (:id, :email, :email_key, :is_active, :created_at)", &user, NULL };
static const struct statement *const statements[] = { &find_user, &add_user, NULL };
static const struct migration migrations[] = {
    { 1, "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL, email_key TEXT NOT NULL UNIQUE,"
         " is_active INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT" },
    { 0 },
};

static double now_us(void)
{
    return (double)clock_monotonic_ns(&system_clock) / 1e3;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_store: %s\n", what);
    exit(1);
}

static problem add(struct store_session *ss, struct arena *a)
{
    char        email[64];
    struct user row = { .is_active = true, .created_at = { clock_wall_us(&system_clock) } };

    if (store_next_id(ss, "users", &row.id))
        return INTERNAL;
    int len = snprintf(email, sizeof email, "somebody.%lld@mail.example.org", (long long)row.id);
    row.email = row.email_key = (struct str){ email, (size_t)len };
    return store_run(ss, a, &add_user, &row, NULL);
}

static problem add_rows(struct store_session *ss, void *context)
{
    for (int i = 0; i < ROWS; i++)
        if (add(ss, context))
            return INTERNAL;
    return OK;
}

/* The same order of ids for both sides. */
static int64_t id_at(int i)
{
    return (int64_t)((uint64_t)i * 7919 % ROWS) + 1;
}

static double read_through_store(struct store_session *ss, struct arena *a)
{
    double      start = now_us();
    struct user row;

    for (int i = 0; i < READS; i++) {
        if (store_one(ss, a, &find_user, &(struct user_key){ id_at(i) }, &row) || row.id != id_at(i))
            fail("a read failed");
        arena_reset(a);
    }
    return (now_us() - start) / READS;
}

struct raw_row { int64_t id, is_active, created_at; char email[64], email_key[64]; };

static void raw_copy(sqlite3_stmt *prepared, int column, char out[64])
{
    int bytes = sqlite3_column_bytes(prepared, column);

    memcpy(out, sqlite3_column_text(prepared, column), (size_t)(bytes < 64 ? bytes : 64));
}

static double read_raw(sqlite3_stmt *prepared)
{
    double         start = now_us();
    struct raw_row row;

    for (int i = 0; i < READS; i++) {
        sqlite3_bind_int64(prepared, 1, id_at(i));
        if (sqlite3_step(prepared) != SQLITE_ROW)
            fail("a raw read failed");
        row.id = sqlite3_column_int64(prepared, 0);
        raw_copy(prepared, 1, row.email);
        raw_copy(prepared, 2, row.email_key);
        row.is_active = sqlite3_column_int64(prepared, 3);
        row.created_at = sqlite3_column_int64(prepared, 4);
        __asm__ volatile("" : : "r"(&row) : "memory");
        sqlite3_reset(prepared);
    }
    return (now_us() - start) / READS;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_size);
    return values[ROUNDS / 2];
}

static void bench_reads(struct store *s)
{
    struct store_session *ss = store_session_open(s);
    struct arena          a = arena_new(1 << 16);
    sqlite3              *handle;
    sqlite3_stmt         *prepared;
    double                raw[ROUNDS], ours[ROUNDS], ratio[ROUNDS];

    if (sqlite3_open_v2(store_path(s).at, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK
        || sqlite3_prepare_v3(handle, FIND, -1, SQLITE_PREPARE_PERSISTENT, &prepared, NULL) != SQLITE_OK)
        fail("cannot read beside the store");
    for (int i = 0; i < ROUNDS; i++) {
        raw[i] = read_raw(prepared);
        ours[i] = read_through_store(ss, &a);
        ratio[i] = ours[i] / raw[i];
    }
    printf("point read: %.2f us through the store, %.2f us by SQLite alone, ratio %.2f (median of %d rounds)\n",
           median(ours), median(raw), median(ratio), ROUNDS);
    sqlite3_finalize(prepared);
    sqlite3_close(handle);
    arena_close(&a);
    store_session_close(ss);
}

struct writer_thread { pthread_t thread; struct store *store; int writes; };

static void *write_some(void *context)
{
    struct writer_thread *me = context;
    struct store_session *ss = store_session_open(me->store);
    struct arena          a = arena_new(1 << 16);

    for (int i = 0; i < me->writes; i++) {
        if (add(ss, &a))
            fail("a write failed");
        arena_reset(&a);
    }
    arena_close(&a);
    store_session_close(ss);
    return NULL;
}

static void bench_writes(struct store *s, int threads, int writes)
{
    struct writer_thread all[THREADS_MAX];
    struct store_counts  before = store_counts(s);
    double               start = now_us();

    for (int i = 0; i < threads; i++) {
        all[i] = (struct writer_thread){ .store = s, .writes = writes };
        if (pthread_create(&all[i].thread, NULL, write_some, &all[i]) != 0)
            fail("no thread");
    }
    for (int i = 0; i < threads; i++)
        pthread_join(all[i].thread, NULL);
    double us = now_us() - start;
    struct store_counts after = store_counts(s);
    printf("durable inserts, %2d threads: %.0f a second, %.1f us each, %.1f in a commit\n", threads,
           threads * writes / us * 1e6, us / (threads * writes),
           (double)(after.writes - before.writes) / (double)(after.commits - before.commits));
}

int main(int argc, char **argv)
{
    char                  directory[256], url[300], why_text[512];
    struct buf            why = buf_fixed(why_text, sizeof why_text);
    struct store_settings settings = { .url = url, .migrations = migrations, .statements = statements, .busy_ms = 1000 };
    struct arena          a = arena_new(1 << 16);

    snprintf(directory, sizeof directory, "%s/bench-XXXXXX", argc > 1 ? argv[1] : "/tmp");
    if (!mkdtemp(directory) || chdir(directory) != 0)
        fail("no directory to write in");
    snprintf(url, sizeof url, "sqlite:bench.db");
    struct store *s = store_open(&settings, &why);
    if (!s)
        fail(arena_cstr(&a, buf_str(&why)));
    struct store_session *ss = store_session_open(s);
    if (!ss || store_transaction(ss, add_rows, &a))
        fail("cannot fill the table");
    bench_reads(s);
    bench_writes(s, 1, 200);
    bench_writes(s, 8, 100);
    bench_writes(s, 64, 100);
    store_session_close(ss);
    store_close(s);
    arena_close(&a);
    unlink("bench.db");
    unlink("bench.db-lock");
    rmdir(directory);
    return 0;
}
