/* ids.c: counts ids. */
#include "store/ids.h"

#include "base/log.h"

#define ID_MAX (INT64_C(1) << 53)

static const char ask_sql[] = "SELECT max(seq) FROM sqlite_sequence WHERE name = ?1 COLLATE NOCASE";

static struct id_count *find(struct ids *i, const char *table)
{
    for (int k = 0; k < ID_TABLES_MAX; k++) {
        if (!i->counts[k].table)
            i->counts[k].table = table;
        if (strcmp(i->counts[k].table, table) == 0)
            return &i->counts[k];
    }
    return NULL;
}

static problem refuse(const char *table, const char *why)
{
    log_event(LOG_LEVEL_ERROR, "id_refused",
              LOG_PAIRS({ "table", str_of(table) }, { "error", str_of(why) }));
    return INTERNAL;
}

static bool counts_for_ever(struct database *d, const char *table)
{
    int autoincrement = 0;

    int rc = sqlite3_table_column_metadata(d->handle, "main", table, "id", NULL, NULL, NULL, NULL,
                                           &autoincrement);
    return rc == SQLITE_OK && autoincrement;
}

/* Once a table: not worth a statement that is kept. */
static problem ask(struct database *d, const char *table, int64_t *last)
{
    sqlite3_stmt *prepared = NULL;
    int           rc = sqlite3_prepare_v2(d->handle, ask_sql, -1, &prepared, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(prepared, 1, table, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(prepared);
    *last = rc == SQLITE_ROW ? sqlite3_column_int64(prepared, 0) : 0;
    sqlite3_finalize(prepared);
    return rc == SQLITE_ROW ? OK : outage_note(d->outage, d->handle, rc, "sqlite_sequence");
}

static problem learn(struct id_count *count, struct database *d, uint64_t generation)
{
    int64_t last;

    if (!counts_for_ever(d, count->table))
        return refuse(count->table, "the table has no id INTEGER PRIMARY KEY AUTOINCREMENT");
    problem unknown = ask(d, count->table, &last);
    if (unknown)
        return unknown;
    count->last = last > count->last ? last : count->last;
    count->generation = generation;
    return OK;
}

static problem next(struct ids *i, struct database *d, uint64_t generation, const char *table,
                    int64_t *id)
{
    struct id_count *count = find(i, table);

    if (!count)
        return refuse(table, "too many tables");
    problem unknown = count->generation == generation ? OK : learn(count, d, generation);
    if (unknown)
        return unknown;
    if (count->last + 1 >= ID_MAX)
        return refuse(table, "no ids are left below 2^53");
    *id = ++count->last;
    return OK;
}

void ids_open(struct ids *i)
{
    pthread_mutex_init(&i->lock, NULL);
}

void ids_close(struct ids *i)
{
    pthread_mutex_destroy(&i->lock);
}

problem ids_next(struct ids *i, struct database *d, uint64_t generation, const char *table,
                 int64_t *id)
{
    pthread_mutex_lock(&i->lock);
    problem answer = next(i, d, generation, table, id);
    pthread_mutex_unlock(&i->lock);
    return answer;
}
