/* outage.c: result codes to problems. */
#include "store/outage.h"

#include "base/log.h"

problem outage_meaning(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
        /* A member that was not given or is of another type is the program's fault, not another
         * row's. */
        return rc == SQLITE_CONSTRAINT_NOTNULL || rc == SQLITE_CONSTRAINT_DATATYPE ? INTERNAL
                                                                                   : CONFLICT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
        return UNAVAILABLE;
    default:
        return INTERNAL;
    }
}

static bool is_damage(int rc)
{
    return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
}

static void begin(struct outage *o, enum log_level level, struct str reason)
{
    if (!atomic_exchange(&o->on, true))
        log_event(level, "storage_failed",
                  LOG_PAIRS({ "while", str_of(o->what) }, { "error", reason }));
}

problem outage_note(struct outage *o, sqlite3 *handle, int rc, const char *sql)
{
    problem     meaning = outage_meaning(rc);
    const char *error = handle && sqlite3_errcode(handle) != SQLITE_OK ? sqlite3_errmsg(handle)
                                                                       : sqlite3_errstr(rc);

    if (meaning == UNAVAILABLE)
        begin(o, is_damage(rc) ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, str_of(error));
    else if (meaning == INTERNAL)
        log_event(LOG_LEVEL_ERROR, "statement_failed",
                  LOG_PAIRS({ "error", str_of(error) }, { "sql", str_of(sql ? sql : "") }));
    return meaning;
}

problem outage_begin(struct outage *o, struct str reason)
{
    begin(o, LOG_LEVEL_WARN, reason);
    return UNAVAILABLE;
}

void outage_over(struct outage *o)
{
    if (outage_is_on(o) && atomic_exchange(&o->on, false))
        log_event(LOG_LEVEL_INFO, "storage_recovered", LOG_PAIRS({ "while", str_of(o->what) }));
}
