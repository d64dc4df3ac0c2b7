/* main.c: joust, a benchmark that compares HTTP services (docs/joust.md). */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "joust/campaign.h"
#include "joust/command.h"
#include "joust/compare.h"
#include "joust/file.h"
#include "joust/markup.h"
#include "joust/plot.h"
#include "joust/report.h"
#include "joust/result_file.h"
#include "joust/summary.h"
#include "joust/threshold.h"
#include "load/null_server.h"

enum exit_status { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_THRESHOLD = 3, EXIT_REGRESSION = 4, EXIT_INVALID = 5,
                   EXIT_STOPPED = 130 };

enum { TEXT_BYTES_MAX = 64 * 1024 * 1024, SENTENCE_BYTES_MAX = 16 * 1024 };

static atomic_int stop;                /* how many signals asked for it */

static const int stopping[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static void on_signal(int number)
{
    (void)number;
    if (stop < 2)
        stop = stop + 1;
}

/* What nohup ignores stays ignored. */
static void catch_signals(void)
{
    struct sigaction counted = { .sa_handler = on_signal }, before;

    sigfillset(&counted.sa_mask);
    for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++)
        if (stopping[i] != SIGHUP || sigaction(SIGHUP, NULL, &before) || before.sa_handler != SIG_IGN)
            sigaction(stopping[i], &counted, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* When nothing is left to be cleaned up, a signal ends joust as it would others. */
static void release_signals(void)
{
    struct sigaction now;

    for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++)
        if (sigaction(stopping[i], NULL, &now) == 0 && now.sa_handler == on_signal)
            signal(stopping[i], SIG_DFL);
}

static bool write_all(int fd, struct str text)
{
    while (text.len) {
        ssize_t n = write(fd, text.at, text.len);
        if (n <= 0)
            return false;
        text = str_slice(text, (size_t)n, text.len);
    }
    return true;
}

/* One line, which may hold words of a server or of a file. */
static int complain(int status, struct str why)
{
    struct buf says = buf_growing(TEXT_BYTES_MAX);

    markup_plain(&says, why);
    fprintf(stderr, "joust: %.*s\n", STR_ARG(buf_str(&says)));
    buf_close(&says);
    return status;
}

/* ---- What is left behind ------------------------------------------------------------------------ */

static bool write_report(const struct result *r, const struct analysis *a, struct str path, struct buf *why)
{
    struct buf page = buf_growing(TEXT_BYTES_MAX);

    report_write(r, a, &page);
    if (page.failed)
        buf_format(why, "%.*s: no memory for the report", STR_ARG(path));
    bool written = !page.failed && file_write(path, buf_str(&page), why);
    buf_close(&page);
    return written;
}

/* What was said of one file joins what was said of the others. */
static bool note(bool written, struct buf *said, struct buf *why)
{
    if (!written) {
        buf_add(why, why->len ? LIT("; ") : LIT(""));
        buf_add(why, buf_str(said));
    }
    buf_reset(said);
    return written;
}

/* Each is tried, whatever became of the others. */
static bool write_files(const struct options *o, const struct result *r, const struct analysis *a, struct buf *why)
{
    struct buf said = buf_growing(SENTENCE_BYTES_MAX);
    bool       json = !o->json_file.at || note(result_file_write(r, a, o->json_file, &said), &said, why);
    bool       report = !o->report_file.at || note(write_report(r, a, o->report_file, &said), &said, why);
    bool       plot = !o->plot_file.at || note(plot_write(r, a, o->plot_file, &said), &said, why);

    buf_close(&said);
    return json && report && plot;
}

/* The exit status that the conditions of --fail-if ask for: a regression before a threshold. */
static int judge(const struct options *o, const struct result *r, const struct analysis *a)
{
    int        status = EXIT_FINE;
    struct buf says = buf_growing(TEXT_BYTES_MAX);

    for (unsigned i = 0; i < o->fail_ifs_count; i++) {
        struct threshold t;
        if (!threshold_parse(o->fail_ifs[i], &t, &says) || !threshold_crossed(&t, r, a, &says))
            continue;
        if (t.kind == THRESHOLD_REGRESSION)
            status = EXIT_REGRESSION;
        else if (status == EXIT_FINE)
            status = EXIT_THRESHOLD;
    }
    fprintf(stderr, "%.*s", STR_ARG(buf_str(&says)));
    buf_close(&says);
    return status;
}

static int conclude(const struct options *o, const struct result *r, struct buf *why)
{
    struct analysis a;
    struct buf      table = buf_growing(TEXT_BYTES_MAX);

    if (!analysis_make(r, &a))
        return complain(EXIT_FAILED, LIT("no memory for the analysis"));
    summary_write(r, &a, &table);
    bool shown = write_all(STDOUT_FILENO, buf_str(&table));
    bool written = write_files(o, r, &a, why);
    int  status = judge(o, r, &a);
    if (!a.valid)
        status = EXIT_INVALID;
    if (!written)
        status = complain(EXIT_FAILED, buf_str(why));
    else if (!shown)
        status = EXIT_FAILED;
    buf_close(&table);
    analysis_close(&a);
    return status;
}

/* What was found until then is shown and kept all the same. */
static int conclude_early(const struct options *o, const struct result *r, int status, struct buf *why)
{
    complain(status, status == EXIT_STOPPED ? LIT("stopped early") : buf_str(why));
    buf_reset(why);
    if (r->views_count)
        conclude(o, r, why);
    return status;
}

static int run_campaign(const struct options *o, const char *command, struct buf *why)
{
    struct result r;
    int           status = EXIT_FINE;

    catch_signals();
    enum campaign_verdict verdict = campaign_run(o, command, &stop, &r, why);
    release_signals();
    switch (verdict) {
    case CAMPAIGN_DONE: status = conclude(o, &r, why); break;
    case CAMPAIGN_WRONG: status = complain(EXIT_USAGE, buf_str(why)); break;
    case CAMPAIGN_INVALID: status = conclude_early(o, &r, EXIT_INVALID, why); break;
    case CAMPAIGN_STOPPED: status = conclude_early(o, &r, EXIT_STOPPED, why); break;
    }
    result_close(&r);
    return status;
}

/* ---- The other modes ---------------------------------------------------------------------------- */

static bool read_both(const struct options *o, struct result *old, struct result *new, struct buf *why)
{
    return result_file_read(o->old_file, old, why) && result_file_read(o->new_file, new, why);
}

static int run_compare(const struct options *o, struct buf *why)
{
    struct result old = result_new(), new = result_new();
    struct buf    table = buf_growing(TEXT_BYTES_MAX);
    bool          regressed = false;
    int           status = EXIT_FINE;

    if (!read_both(o, &old, &new, why)) {
        status = complain(EXIT_USAGE, buf_str(why));
    } else {
        bool sound = compare_results(&old, &new, o->margin, &table, &regressed, why);
        if (!write_all(STDOUT_FILENO, buf_str(&table)))
            status = EXIT_FAILED;
        else if (!sound)        /* without a table there was nothing in common to compare */
            status = complain(table.len ? EXIT_INVALID : EXIT_USAGE, buf_str(why));
        else if (regressed)
            status = EXIT_REGRESSION;
    }
    buf_close(&table);
    result_close(&old);
    result_close(&new);
    return status;
}

static int run_null_server(const struct options *o)
{
    const struct null_server server = {
        .listen = o->listen,
        .body = o->body.at ? o->body : LIT("{\"user_id\":42,\"action\":\"login\",\"status\":\"ok\"}\n"),
        .work_ns = o->work_ns,
        .processes = (unsigned)o->threads,
    };

    return null_server_run(&server);
}

static int run(const struct options *o, const char *command, struct buf *why)
{
    switch (o->mode) {
    case JOUST_COMPARE: return run_compare(o, why);
    case JOUST_NULL_SERVER: return run_null_server(o);
    default: return run_campaign(o, command, why);
    }
}

int main(int argc, char **argv)
{
    static struct options o;
    struct arena          arena = arena_new(TEXT_BYTES_MAX);
    struct buf            text = buf_growing(TEXT_BYTES_MAX);
    int                   status;

    switch (options_parse(&o, argc, argv, &arena, &text)) {
    case OPTIONS_SHOWN:
        status = write_all(STDOUT_FILENO, buf_str(&text)) ? EXIT_FINE : EXIT_FAILED;
        break;
    case OPTIONS_WRONG:
        status = complain(EXIT_USAGE, buf_str(&text));
        break;
    default:
        status = run(&o, command_record(argc, argv, &arena), &text);
        break;
    }
    buf_close(&text);
    arena_close(&arena);
    return status;
}
