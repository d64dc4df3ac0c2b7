/* writer.c: group commit, outages, checkpoints. */
#include "store/writer.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/blocking.h"
#include "base/check.h"
#include "base/log.h"

enum {
    GROUP_MAX = 256,            /* jobs in one transaction: bounds what a failure takes with it */
    RETRY_MS_MIN = 50, RETRY_MS_MAX = 1000,
    LOG_PAGES_SOME = 1000,      /* checkpoint when nobody waits */
    LOG_PAGES_MANY = 2000,      /* checkpoint between two transactions */
    LOG_PAGES_MAX = 4000,       /* make readers let go of the log and begin it anew, */
    CHECKPOINT_MS_MAX = 100,    /* while writes wait */
};

static int note_log_pages(void *context, sqlite3 *handle, const char *name, int pages)
{
    (void)handle, (void)name;
    struct writer *w = context;

    if (pages < w->log_pages)
        w->log_pages_done = 0;      /* the log began anew */
    w->log_pages = pages;
    return SQLITE_OK;
}

static int doubled(int ms)
{
    return ms * 2 < RETRY_MS_MAX ? ms * 2 : RETRY_MS_MAX;
}

static void opened(struct writer *w)
{
    sqlite3_wal_hook(w->database.handle, note_log_pages, w);
    if (!identity_is(w->was, w->database.file))
        atomic_fetch_add(&w->generation, 1);
    w->was = w->database.file;
    w->retry_ms = RETRY_MS_MIN;
    w->retry_at_ns = INT64_MIN;
}

static problem retry_later(struct writer *w, struct str reason)
{
    w->retry_at_ns = clock_monotonic_ns(w->from->settings->clock) + w->retry_ms * INT64_C(1000000);
    w->retry_ms = doubled(w->retry_ms);
    return outage_begin(&w->outage, reason);
}

/* Whoever runs the process is to start anew: nothing that is known here need be true of what is at
 * the path now.  But not while a log lies beside another file: it is not that file's, and would
 * destroy it. */
static void ask_for_a_new_start(struct writer *w)
{
    if (atomic_load(&w->generation) == 1)
        atomic_fetch_add(&w->generation, 1);
}

/* What is wrong with what is at the path; none when it is what was opened, or there is nothing.  A
 * log that went away takes with it what other processes believe to know: they, too, start anew. */
static struct str misplaced(struct writer *w)
{
    struct str what = { 0 };

    if (!w->from->settings->keep_file)
        return what;
    if (database_was_replaced(w->from, w->was)) {
        if (!database_may_open(w->from, (struct identity){ 0 }))
            return LIT("another file has taken the place of the database: remove the old -wal and -shm");
        what = LIT("another file has taken the place of the database");
    } else if (database_may_open(w->from, w->was) && w->database.handle &&
               !database_in_place(&w->database, w->from)) {
        what = LIT("the log of the database was taken away");
    }
    if (what.at)
        ask_for_a_new_start(w);
    return what;
}

static problem reopen(struct writer *w)
{
    char       line[512];
    struct buf why = buf_fixed(line, sizeof line);

    if (clock_monotonic_ns(w->from->settings->clock) < w->retry_at_ns)
        return UNAVAILABLE;
    struct str wrong = misplaced(w);
    if (wrong.at)
        return retry_later(w, wrong);
    if (!database_may_open(w->from, w->was))
        return retry_later(w, LIT("the database file is not at its path"));
    /* What the failed commit left behind the end of the log must not be taken for true by
     * whoever reads the log anew.  When this fails too, so will the opening, or it does the
     * same. */
    if (w->database.handle && database_in_place(&w->database, w->from))
        database_settle(&w->database);
    database_close(&w->database);
    if (!database_open(&w->database, w->from, ACCESS_WRITE, &why))
        return retry_later(w, buf_str(&why));
    opened(w);
    return OK;
}

/* The connection is kept while the file is away, since it may come back.  What is at the path is
 * asked before each transaction: a commit into a file that nobody will find again would be a
 * lie. */
static problem ensure_open(struct writer *w)
{
    struct database *d = &w->database;

    if (!d->handle || database_is_spoilt(d))
        return reopen(w);
    d->rc = SQLITE_OK;
    if (database_in_place(d, w->from))
        return OK;
    struct str wrong = misplaced(w);
    if (wrong.at)
        return outage_begin(&w->outage, wrong);
    if (database_may_open(w->from, (struct identity){ 0 }))
        return reopen(w);
    return outage_begin(&w->outage, LIT("the database file is not at its path"));
}

static problem control(struct writer *w, enum control which)
{
    int rc = database_control(&w->database, which);

    if (rc == SQLITE_OK || rc == SQLITE_ROW)
        return OK;
    return outage_note(&w->outage, w->database.handle, rc, NULL);
}

static problem begin(struct writer *w)
{
    problem shut = ensure_open(w);

    return shut ? shut : control(w, BEGIN_WRITE) ? UNAVAILABLE : OK;
}

/* Ends the transaction.  Whatever the reason of a failure, nothing of it has happened for the
 * callers. */
static problem end(struct writer *w)
{
    struct database *d = &w->database;

    if (d->rc == SQLITE_OK && control(w, COMMIT_ALL) == OK)
        return OK;
    int rc = d->rc ? d->rc : SQLITE_ERROR;
    outage_note(&w->outage, NULL, rc, "COMMIT");
    if (!sqlite3_get_autocommit(d->handle) && control(w, ROLL_BACK_ALL))
        rc = SQLITE_IOERR;      /* a transaction that cannot be ended spoils the connection */
    d->rc = rc;
    return UNAVAILABLE;
}

static bool breaks_later_key(const struct writer *w)
{
    int open_keys = 0, highest = 0;

    sqlite3_db_status(w->database.handle, SQLITE_DBSTATUS_DEFERRED_FKS, &open_keys, &highest, 0);
    return open_keys != 0;
}

static problem do_job(struct writer *w, struct job *job)
{
    problem answer = job->plan ? database_execute(&w->database, job->plan, job->call)
                               : job->work(w->inside, job->context);

    /* Checked by SQLite at COMMIT alone, where it would be everybody's failure. */
    if (answer == OK && breaks_later_key(w))
        return CONFLICT;
    return answer;
}

/* True when something of the job is to be kept. */
static bool run_job(struct writer *w, struct job *job)
{
    if (control(w, SAVE))
        return false;
    job->answer = do_job(w, job);
    bool keep = job->answer == OK || (job->plan && job->answer == NO_ROW);
    if (sqlite3_get_autocommit(w->database.handle)) {
        /* SQLite rolled the whole transaction back, and earlier jobs with it. */
        w->database.rc = w->database.rc ? w->database.rc : SQLITE_ABORT;
        return false;
    }
    if (!keep && control(w, ROLL_BACK))
        return false;
    return control(w, KEEP) == OK && keep;
}

static void answer_all(struct job *group, problem whole)
{
    while (group) {
        struct job *job = group;
        group = job->next;      /* the caller may be gone once it is told */
        if (whole)
            job->answer = whole;
        if (job->answered)
            sem_post(job->answered);
    }
}

static void count(struct writer *w, int64_t kept)
{
    atomic_fetch_add_explicit(&w->writes, kept, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->commits, kept > 0, memory_order_relaxed);
}

static void recovered(struct writer *w)
{
    outage_over(&w->outage);
    w->probe_ms = RETRY_MS_MIN;
}

static void run_group(struct writer *w, struct job *group)
{
    problem whole = begin(w);
    int64_t kept = 0;

    if (!whole) {
        sqlite3_int64 before = sqlite3_total_changes64(w->database.handle);
        for (struct job *job = group; job && w->database.rc == SQLITE_OK; job = job->next)
            kept += run_job(w, job);
        bool changed = sqlite3_total_changes64(w->database.handle) != before;
        whole = end(w);
        if (!whole)
            count(w, kept);
        if (!whole && kept && changed)
            recovered(w);
    }
    answer_all(group, whole);
}

/* Nobody asks, but somebody may be waiting for us to be well again: write something and see. */
static void probe(struct writer *w)
{
    problem shut = begin(w);

    if (!shut) {
        control(w, TOUCH);
        shut = end(w);
    }
    if (shut)
        w->probe_ms = doubled(w->probe_ms);
    else
        recovered(w);
}

static void look(struct writer *w)
{
    if (outage_is_on(&w->outage) || !w->database.handle
        || !database_in_place(&w->database, w->from))
        probe(w);
}

/* -1 is none.  A disk that is full may have room again once the log is given back. */
static int checkpoint_mode(const struct writer *w, bool idle)
{
    int fresh = w->log_pages - w->log_pages_done;

    if (w->database.rc == SQLITE_FULL && w->log_pages > 0)
        return SQLITE_CHECKPOINT_TRUNCATE;
    if (w->log_pages >= LOG_PAGES_MAX && fresh >= LOG_PAGES_SOME)
        return SQLITE_CHECKPOINT_TRUNCATE;
    return fresh >= (idle ? LOG_PAGES_SOME : LOG_PAGES_MANY) ? SQLITE_CHECKPOINT_PASSIVE : -1;
}

/* What was committed is safe in the log whether this succeeds or not. */
static void checkpoint(struct writer *w, bool idle)
{
    struct database *d = &w->database;
    int              mode = checkpoint_mode(w, idle);

    if (mode < 0 || !d->handle || database_is_spoilt(d))
        return;
    sqlite3_busy_timeout(d->handle,
                         d->patience_ms < CHECKPOINT_MS_MAX ? d->patience_ms : CHECKPOINT_MS_MAX);
    int rc = sqlite3_wal_checkpoint_v2(d->handle, "main", mode, NULL, NULL);
    sqlite3_busy_timeout(d->handle, d->patience_ms);
    if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY && (rc & 0xff) != SQLITE_FULL) {
        d->rc = rc;
        outage_note(&w->outage, d->handle, rc, NULL);
        return;
    }
    /* One that readers held up is tried again when the log has grown by as much. */
    if (mode == SQLITE_CHECKPOINT_TRUNCATE && rc == SQLITE_OK)
        w->log_pages = 0;
    w->log_pages_done = w->log_pages;
    atomic_fetch_add_explicit(&w->checkpoints, 1, memory_order_relaxed);
}

static struct job *take_group(struct writer *w)
{
    struct job *group = w->first, **end_of = &group;

    for (int i = 0; i < GROUP_MAX && *end_of; i++)
        end_of = &(*end_of)->next;
    w->first = *end_of;
    *end_of = NULL;
    if (!w->first)
        w->last = &w->first;
    return group;
}

static void wait_ms(struct writer *w, int ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&w->wanted, &w->lock, &until);
}

/* True when there is something to do; under the lock. */
static bool wait_for_work(struct writer *w)
{
    bool out = outage_is_on(&w->outage);

    if (w->first || w->look || w->stopping)
        return true;
    if (!out)
        pthread_cond_wait(&w->wanted, &w->lock);
    else
        wait_ms(w, w->probe_ms);
    return w->first || w->look || out;
}

static void *work(void *context)
{
    struct writer *w = context;

    pthread_mutex_lock(&w->lock);
    while (!w->stopping || w->first) {
        if (!wait_for_work(w))
            continue;
        struct job *group = take_group(w);
        bool        idle = !w->first;
        w->look = false;
        pthread_mutex_unlock(&w->lock);
        if (group)
            run_group(w, group);
        else
            look(w);
        checkpoint(w, idle);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void init(struct writer *w, struct source *from, struct store_session *inside)
{
    pthread_condattr_t steady;

    *w = (struct writer){ .from = from,
                          .inside = inside,
                          .is_inline = from->settings->inline_writes };
    w->last = &w->first;
    w->probe_ms = RETRY_MS_MIN;
    w->outage.what = "writing";
    w->database.outage = &w->outage;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wanted, &steady);
    pthread_condattr_destroy(&steady);
}

/* The thread takes no signals: they belong to whoever runs the process. */
static bool start(struct writer *w, struct buf *why)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    w->started = pthread_create(&w->thread, NULL, work, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!w->started)
        buf_format(why, "no thread for the writer");
    return w->started;
}

bool writer_open(struct writer *w, struct source *from, struct store_session *inside,
                 struct buf *why)
{
    init(w, from, inside);
    bool ready = database_open(&w->database, from, ACCESS_WRITE, why);
    if (ready)
        opened(w);
    if (ready && !w->is_inline)
        ready = start(w, why);
    if (!ready)
        writer_close(w);
    return ready;
}

void writer_close(struct writer *w)
{
    if (w->started) {
        pthread_mutex_lock(&w->lock);
        w->stopping = true;
        pthread_cond_signal(&w->wanted);
        pthread_mutex_unlock(&w->lock);
        pthread_join(w->thread, NULL);
    }
    CHECK(!w->first);
    database_close(&w->database);
    pthread_cond_destroy(&w->wanted);
    pthread_mutex_destroy(&w->lock);
    w->started = false;
}

static void enqueue(struct writer *w, struct job *job)
{
    pthread_mutex_lock(&w->lock);
    *w->last = job;
    w->last = &job->next;
    pthread_cond_signal(&w->wanted);
    pthread_mutex_unlock(&w->lock);
}

problem writer_run(struct writer *w, struct job *job)
{
    blocking_check();
    job->next = NULL;
    if (w->is_inline) {
        job->answered = NULL;
        pthread_mutex_lock(&w->lock);
        run_group(w, job);
        checkpoint(w, true);
        pthread_mutex_unlock(&w->lock);
        return job->answer;
    }
    blocking_begin();
    enqueue(w, job);
    while (sem_wait(job->answered) != 0)
        CHECK(errno == EINTR);
    blocking_end();
    return job->answer;
}

void writer_look(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    if (w->is_inline)
        look(w);
    else
        w->look = true;
    pthread_cond_signal(&w->wanted);
    pthread_mutex_unlock(&w->lock);
}
