/* row.c: binds and reads by slots.  A string is TEXT, or a BLOB where its row says `.bytes`; an
 * instant is its microseconds; none is NULL.  Nothing is converted: what is not of the declared
 * type is refused. */
#include "store/row.h"

#include "base/log.h"

/* Every struct maybe_… begins with `given`. */
static bool is_given(const struct slot *s, const char *member)
{
    return !s->maybe || *(const bool *)member;
}

static int bind_str(const struct slot *s, sqlite3_stmt *prepared, int number, struct str value)
{
    if (!value.at)
        return sqlite3_bind_null(prepared, number);
    if (s->bytes)
        return sqlite3_bind_blob64(prepared, number, value.at, value.len, SQLITE_STATIC);
    return sqlite3_bind_text64(prepared, number, value.at, value.len, SQLITE_STATIC, SQLITE_UTF8);
}

static int64_t int_at(const struct slot *s, const char *member)
{
    return s->maybe ? ((const struct maybe_int *)member)->value : *(const int64_t *)member;
}

static double real_at(const struct slot *s, const char *member)
{
    return s->maybe ? ((const struct maybe_real *)member)->value : *(const double *)member;
}

static bool bool_at(const struct slot *s, const char *member)
{
    return s->maybe ? ((const struct maybe_bool *)member)->value : *(const bool *)member;
}

static struct instant instant_at(const struct slot *s, const char *member)
{
    return s->maybe ? ((const struct maybe_instant *)member)->value
                    : *(const struct instant *)member;
}

static int bind_slot(const struct slot *s, sqlite3_stmt *prepared, int number, const char *member)
{
    if (!is_given(s, member))
        return sqlite3_bind_null(prepared, number);
    switch (s->kind) {
    case STR:     return bind_str(s, prepared, number, *(const struct str *)member);
    case INT:     return sqlite3_bind_int64(prepared, number, int_at(s, member));
    case REAL:    return sqlite3_bind_double(prepared, number, real_at(s, member));
    case BOOL:    return sqlite3_bind_int64(prepared, number, bool_at(s, member));
    case INSTANT: return sqlite3_bind_int64(prepared, number, instant_at(s, member).us);
    default:      return SQLITE_MISUSE;
    }
}

static void put_int(const struct slot *s, char *member, int64_t value)
{
    if (s->maybe)
        *(struct maybe_int *)member = (struct maybe_int){ true, value };
    else
        *(int64_t *)member = value;
}

static void put_real(const struct slot *s, char *member, double value)
{
    if (s->maybe)
        *(struct maybe_real *)member = (struct maybe_real){ true, value };
    else
        *(double *)member = value;
}

static bool put_bool(const struct slot *s, char *member, int64_t value)
{
    if (s->maybe)
        *(struct maybe_bool *)member = (struct maybe_bool){ true, value == 1 };
    else
        *(bool *)member = value == 1;
    return value == 0 || value == 1;
}

static void put_instant(const struct slot *s, char *member, int64_t us)
{
    if (s->maybe)
        *(struct maybe_instant *)member = (struct maybe_instant){ true, { us } };
    else
        *(struct instant *)member = (struct instant){ us };
}

/* An empty BLOB has no address in SQLite; it is not none. */
static void put_str(char *member, const void *at, size_t len, struct arena *a)
{
    struct str copy = arena_copy(a, (struct str){ at ? at : "", len });

    *(struct str *)member = copy;
}

static bool put_null(const struct slot *s, char *member)
{
    if (s->kind == STR)
        *(struct str *)member = (struct str){ 0 };
    else if (s->maybe)
        *(bool *)member = false;
    return s->kind == STR ? s->none : s->maybe;
}

/* False when the value is not what the slot declares. */
static bool read_slot(const struct slot *s, sqlite3_stmt *prepared, int column, struct arena *a,
                      char *member)
{
    int type = sqlite3_column_type(prepared, column);

    if (type == SQLITE_NULL)
        return put_null(s, member);
    if (s->kind == STR) {
        const void *at = s->bytes ? sqlite3_column_blob(prepared, column)
                                  : sqlite3_column_text(prepared, column);
        put_str(member, at, (size_t)sqlite3_column_bytes(prepared, column), a);
        return type == (s->bytes ? SQLITE_BLOB : SQLITE_TEXT);
    }
    if (type != (s->kind == REAL ? SQLITE_FLOAT : SQLITE_INTEGER))
        return false;
    switch (s->kind) {
    case REAL:    put_real(s, member, sqlite3_column_double(prepared, column)); return true;
    case INT:     put_int(s, member, sqlite3_column_int64(prepared, column)); return true;
    case INSTANT: put_instant(s, member, sqlite3_column_int64(prepared, column)); return true;
    case BOOL:    return put_bool(s, member, sqlite3_column_int64(prepared, column));
    default:      return false;
    }
}

static problem misfit(const struct plan *p, const char *column)
{
    log_event(LOG_LEVEL_ERROR, "row_misfit",
              LOG_PAIRS({ "column", str_of(column) }, { "sql", str_of(p->statement->sql) }));
    return INTERNAL;
}

int row_bind(const struct plan *p, sqlite3_stmt *prepared, const void *in)
{
    for (int i = 0; i < p->in_count; i++) {
        int rc = bind_slot(&p->in[i], prepared, i + 1, (const char *)in + p->in[i].at);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

problem row_read(const struct plan *p, sqlite3_stmt *prepared, struct arena *a, void *out)
{
    /* A table that a stranger altered may have made the answer wider or narrower. */
    if (sqlite3_data_count(prepared) != p->out_count)
        return misfit(p, "*");
    for (int i = 0; i < p->out_count; i++)
        if (!read_slot(&p->out[i], prepared, i, a, (char *)out + p->out[i].at))
            return misfit(p, p->out[i].name);
    return a->failed ? UNAVAILABLE : OK;
}
