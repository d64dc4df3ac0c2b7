/* options.c: one table, read by the parser and the help text.
 *
 * First every word is read, in any order; then what does not go together is refused.  A row says
 * for which modes it is; targets wait in a list until the mode is known. */
#include "joust/options.h"

#include <math.h>
#include <stddef.h>
#include <sys/resource.h>

#include "base/check.h"
#include "base/random.h"
#include "joust/format.h"
#include "joust/kinds.h"
#include "joust/outputs.h"
#include "joust/threshold.h"
#include "joust/values.h"

enum {
    OTHER_FILES = 64,               /* beside the connections: logs, epolls, pipes, results */
    NAME_BYTES_MAX = 24,            /* of an option; longer is not like any */
    MISTAKES_MAX = 2,               /* of typing, in "did you mean" */
    LEFT_COLUMNS = 30,              /* of the help */
};

#define SECONDS INT64_C(1000000000)
#define MINUTES (60 * SECONDS)
#define WINDOW_NS_MIN (SECONDS / 100)
#define QUANTILE_PRESET 0.999

enum { IN_RUN = 1 << JOUST_RUN, IN_COMPARE = 1 << JOUST_COMPARE, IN_NULL = 1 << JOUST_NULL_SERVER };

/* ---- The table -------------------------------------------------------------------------- */

#define AT(member) .at = offsetof(struct options, member)

static const struct option options[] = {
    { "connections", 'c', &kind_number, AT(connections), 1, 1000000, "100", "N", "connections to each target", "Load" },
    { "duration", 'd', &kind_time, AT(duration_ns), SECONDS / 100, 1440 * MINUTES, "30s", "TIME", "that each target gets over all blocks" },
    { "requests", 'n', &kind_number, AT(requests), 1, 1000000000000, NULL, "N", "that each target gets, instead of a time" },
    { "threads", 't', &kind_number, AT(threads), 0, THREADS_LIMIT, NULL, "N", "that drive (half of the CPUs)", .modes = IN_RUN | IN_NULL },
    { "blocks", 0, &kind_number, AT(blocks), 2, 1000, "10", "N", "each visits every target once" },
    { "rate", 0, &kind_rate, AT(rate), 0, 0, NULL, "R", "open loop: R requests a second to each target" },
    { "equal-load", 0, &kind_switch, AT(equal_load), .help = "then all at half of the slowest one's capacity" },
    { "settle", 0, &kind_time, AT(settle_ns), 0, 60 * MINUTES, NULL, "TIME", NULL },
    { "warm-up", 0, &kind_time, AT(warm_up_ns), 0, 10 * MINUTES, "5s", "TIME", "load that is not counted" },
    { "timeout", 0, &kind_time, AT(timeout_ns), SECONDS / 1000, 10 * MINUTES, "10s", "TIME", "for an answer" },
    { "no-keepalive", 0, &kind_switch, AT(no_keepalive), .help = NULL },
    { "requests-per-connection", 0, &kind_number, AT(requests_per_connection), 1, 1000000, NULL, "N", "one, or N, on a connection" },
    { "method", 'X', &kind_text, AT(method), .value = "METHOD", .help = "GET, or POST with a body", .group = "Request" },
    { "header", 'H', &kind_header, .value = "HEADER", .help = "'Name: value'; may be repeated" },
    { "body", 'b', &kind_body, AT(body), .value = "TEXT|@FILE", .help = "{{seq}} and {{random}} make each differ", .modes = IN_RUN | IN_NULL },
    { "scenario", 0, &kind_file, AT(scenario), .value = "FILE", .help = "several steps a connection, as JSON" },
    { "expect", 0, &kind_status, AT(expect), .value = "STATUS", .help = "of a correct answer; else any 2xx" },
    { "ignore", 0, &kind_ignored, AT(ignored), .value = "NAME,...", .help = "members of answers that may differ" },
    { "no-body-check", 0, &kind_switch, AT(no_body_check), .help = "a body is not compared" },
    { "run", 0, &kind_run, .value = "NAME=COMMAND", .help = "starts and stops a target", .group = "Targets" },
    { "pid", 0, &kind_pid, .value = "NAME=PID", .help = "whose CPU time and memory are a target's" },
    { "ready-timeout", 0, &kind_time, AT(ready_timeout_ns), SECONDS / 10, 60 * MINUTES, "30s", "TIME", "for a target to come up" },
    { "pin", 0, &kind_pin, .value = "CPUS:CPUS", .help = "of the servers and of joust: 0-2:3" },
    { "control", 0, &kind_switch, AT(control), .help = "the first target once more, to see the noise" },
    { "margin", 0, &kind_percent, AT(margin), 0, 0, "2%", "P%", "a smaller difference is none", "Verdict", IN_RUN | IN_COMPARE },
    { "failures", 0, &kind_percent, AT(failures_max), 0, 0, "0.1%", "P%", "more of them void all verdicts" },
    { "quantile", 0, &kind_quantile, .value = "Q", .help = "also shown (99.9); may be repeated" },
    { "allow", 0, &kind_allowed, .value = "GATE,...", .help = "lets a gate pass: little, ceiling, tail, ..." },
    { "seed", 0, &kind_number, AT(seed), 0, INT64_MAX, NULL, "N", "of the order of visits" },
    { "fail-if", 0, &kind_fail_if, .value = "CONDITION", .help = "'p99>20ms': exit 3; 'slower>5%': exit 4" },
    { "json", 0, &kind_text, AT(json_file), .value = "FILE", .group = "Result" },
    { "report", 0, &kind_text, AT(report_file), .value = "FILE.html" },
    { "plot", 0, &kind_picture, AT(plot_file), .value = "FILE.png|svg", .help = "written at the end" },
    { "quiet", 'q', &kind_switch, AT(quiet), .help = "no progress" },
    { "null-server", 0, &kind_null_server, .modes = IN_NULL },
    { "listen", 0, &kind_text, AT(listen), 0, 0, "127.0.0.1:0", "ADDR:PORT", NULL, NULL, IN_NULL },
    { "work", 0, &kind_time, AT(work_ns), 0, SECONDS, NULL, "TIME", "answers, and does nothing", NULL, IN_NULL },
    { "help", 'h', &kind_question, .help = NULL },
    { "version", 0, &kind_question, .help = "`man joust` explains each option" },
    { 0 },
};

static const struct option *find_option(struct str name, char letter)
{
    for (const struct option *row = options; row->name; row++)
        if (letter ? row->letter == letter : str_eq(name, str_of(row->name)))
            return row;
    return NULL;
}

static bool given(const struct reading *r, const char *name)
{
    const struct option *row = find_option(str_of(name), 0);

    CHECK(row);
    return r->given[row - options];
}

/* ---- Help ------------------------------------------------------------------------------- */

static void write_left(const struct option *row, struct buf *left)
{
    if (left->len)
        buf_add(left, LIT(", "));
    else
        buf_add(left, row->letter ? LIT("  ") : LIT("      "));
    if (row->letter)
        buf_format(left, "-%c, ", row->letter);
    buf_format(left, "--%s%s%s", row->name, row->value ? " " : "", row->value ? row->value : "");
}

static void write_help(struct buf *text)
{
    char       line[80];
    struct buf left = buf_fixed(line, sizeof line);

    buf_add(text, LIT("usage: joust [options] NAME=URL...             which service is faster?\n"
                      "       joust compare [options] OLD.json NEW.json    is one slower since?\n"));
    for (const struct option *row = options; row->name; row++) {
        if (row->group)
            buf_format(text, "%s:\n", row->group);
        write_left(row, &left);
        if (!row->help)
            continue;
        buf_format(text, "%-*.*s  %s", LEFT_COLUMNS, STR_ARG(buf_str(&left)), row->help);
        if (row->preset)
            buf_format(text, " (%s)", row->preset);
        buf_add_char(text, '\n');
        buf_reset(&left);
    }
    buf_add(text, LIT("Example: joust -d 30s a=http://127.0.0.1:8000/json b=http://127.0.0.1:3000/json\n"));
}

static void answer(const char *question, struct buf *text)
{
    if (str_eq(str_of(question), LIT("version")))
        buf_add(text, LIT("joust " JOUST_VERSION "\n"));
    else
        write_help(text);
}

/* ---- Words ------------------------------------------------------------------------------ */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be typed anew, left out or put in (Levenshtein 1966). */
static size_t count_mistakes(struct str a, struct str b)
{
    size_t row[NAME_BYTES_MAX + 1];

    if (a.len > NAME_BYTES_MAX || b.len > NAME_BYTES_MAX)
        return NAME_BYTES_MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 0; i < a.len; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.len; j++) {
            size_t above = row[j + 1];
            row[j + 1] = least(corner + (a.at[i] != b.at[j]), least(above, row[j]) + 1);
            corner = above;
        }
    }
    return row[b.len];
}

static bool refuse_option(struct str word, struct buf *text)
{
    const struct option *near = NULL;
    size_t               fewest = MISTAKES_MAX + 1;
    struct str           rest = str_slice(word, 2, word.len), name = str_cut(&rest, '=');

    buf_add(text, LIT("unknown option "));
    value_write_quoted(word, text);
    for (const struct option *row = options; row->name; row++)
        if (count_mistakes(name, str_of(row->name)) < fewest) {
            near = row;
            fewest = count_mistakes(name, str_of(row->name));
        }
    if (near && fewest < name.len)
        buf_format(text, "; did you mean --%s?", near->name);
    else
        buf_add(text, LIT("; see --help"));
    return false;
}

/* An option, and the value that hangs on it: "--name=VALUE", "-cVALUE"; none when there is none. */
static const struct option *read_option(struct str word, struct str *value)
{
    struct str rest = str_slice(word, 2, word.len);

    if (!str_starts(word, LIT("--"))) {
        *value = rest.len ? rest : (struct str){ 0 };
        return word.len > 1 ? find_option((struct str){ 0 }, word.at[1]) : NULL;
    }
    struct str name = str_cut(&rest, '=');
    *value = rest;
    return find_option(name, 0);
}

/* The next word, unless it is an option itself: "--json --quiet" lacks a name. */
static bool take_next(struct reading *r, const struct option *row, int argc, char **argv, int *i,
                      struct str *value)
{
    struct str next = str_of(*i + 1 < argc ? argv[*i + 1] : NULL), ignored;
    bool       is_option = str_starts(next, LIT("--")) && read_option(next, &ignored);

    if (!next.at || is_option) {
        buf_format(r->text, "--%s needs a value%s%s", row->name, row->value ? ": " : "", row->value);
        return false;
    }
    ++*i;
    *value = next;
    return true;
}

static bool keep_word(struct reading *r, struct str word)
{
    if (r->words_count < TARGETS_MAX)
        r->words[r->words_count] = word;
    r->words_count++;
    return true;
}

static bool take_word(struct reading *r, int argc, char **argv, int *i)
{
    struct str word = str_of(argv[*i]), value;

    if (!str_starts(word, LIT("-")))
        return keep_word(r, word);
    const struct option *row = read_option(word, &value);
    if (!row)
        return refuse_option(word, r->text);
    if (row->kind->bare && value.at) {
        buf_format(r->text, "--%s takes no value", row->name);
        return false;
    }
    if (!row->kind->bare && !value.at && !take_next(r, row, argc, argv, i, &value))
        return false;
    r->given[row - options] = true;
    if (row->kind == &kind_question) {
        r->question = row->name;
        return true;
    }
    return option_set(r, row, value);
}

/* Until the end, a mistake or a question. */
static bool take_words(struct reading *r, int first, int argc, char **argv)
{
    bool options_ended = false;

    for (int i = first; i < argc && !r->question; i++) {
        struct str word = str_of(argv[i]);
        if (options_ended)
            keep_word(r, word);
        else if (str_eq(word, LIT("--")))
            options_ended = true;
        else if (!take_word(r, argc, argv, &i))
            return false;
    }
    return true;
}

/* ---- What does not go together ---------------------------------------------------------- */

static bool check_modes(const struct reading *r)
{
    static const char *const modes[] = {
        [JOUST_RUN] = "only for --null-server", [JOUST_COMPARE] = "not for compare",
        [JOUST_NULL_SERVER] = "not for --null-server",
    };

    for (const struct option *row = options; row->name; row++)
        if (r->given[row - options] && !((row->modes ? row->modes : IN_RUN) & 1u << r->o->mode)) {
            buf_format(r->text, "--%s is %s", row->name, modes[r->o->mode]);
            return false;
        }
    return true;
}

static bool check_clashes(const struct reading *r)
{
    static const struct { const char *one, *other, *why; } clashes[] = {
        { "duration", "requests", "a run ends by its time or by its requests" },
        { "rate", "equal-load", "which finds the rate itself" },
        { "scenario", "body", "its steps have their own" },
        { "scenario", "method", "its steps have their own" },
        { "scenario", "expect", "its steps have their own" },
        { "no-body-check", "ignore", "nothing is compared" },
        { "no-keepalive", "requests-per-connection", "which it sets to 1" },
    };

    for (size_t i = 0; i < sizeof clashes / sizeof *clashes; i++)
        if (given(r, clashes[i].one) && given(r, clashes[i].other)) {
            buf_format(r->text, "--%s does not go with --%s: %s", clashes[i].one, clashes[i].other,
                       clashes[i].why);
            return false;
        }
    return true;
}

static bool check_length(const struct options *o, struct buf *text)
{
    int64_t window_ns = o->duration_ns / o->blocks;

    if (!o->requests && window_ns < WINDOW_NS_MIN) {
        buf_format(text, "--duration over %lld blocks gives windows of %.3g ms; they need 10 ms: ",
                   (long long)o->blocks, (double)window_ns / 1e6);
        value_write_time(o->blocks * WINDOW_NS_MIN, text);
        return false;
    }
    if (o->requests && o->requests < (uint64_t)o->blocks) {
        buf_format(text, "--requests %llu is less than one in each of %lld blocks",
                   (unsigned long long)o->requests, (long long)o->blocks);
        return false;
    }
    return true;
}

/* Ten requests above a quantile are the least that it can rest on. */
static uint64_t least_requests(double quantile)
{
    return (uint64_t)ceil(10 / (1 - quantile) - 1e-3);
}

static bool check_quantiles(const struct options *o, struct buf *text)
{
    uint64_t a_round = o->requests / (uint64_t)o->blocks;

    for (unsigned i = 0; o->requests && i < o->quantiles_count; i++) {
        uint64_t need = least_requests(o->quantiles[i]);
        if (a_round >= need)
            continue;
        buf_format(text, "p%.10g needs at least ", o->quantiles[i] * 100);
        format_count(text, need);
        buf_format(text, " requests a round: -n %llu gives ", (unsigned long long)o->requests);
        format_count(text, a_round);
        buf_format(text, " in each of %lld", (long long)o->blocks);
        return false;
    }
    return true;
}

/* What can never be judged is said before the campaign. */
static bool check_conditions(const struct options *o, struct buf *text)
{
    struct threshold t;

    buf_add(text, LIT("--fail-if: "));
    for (unsigned i = 0; i < o->fail_ifs_count; i++)
        if (!threshold_parse(o->fail_ifs[i], &t, text) || !threshold_check(&t, o, text))
            return false;
    buf_reset(text);
    return true;
}

/* The limit is raised as far as it may be. */
static bool check_files(struct options *o, struct buf *text)
{
    rlim_t        need = (rlim_t)o->connections + OTHER_FILES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return true;
    o->files_found = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return true;
    if (limit.rlim_cur >= need)
        return true;
    buf_format(text, "%lld connections need %llu open files; the limit is %llu: ulimit -n %llu",
               (long long)o->connections, (unsigned long long)need,
               (unsigned long long)limit.rlim_cur, (unsigned long long)need);
    return false;
}

static bool check_threads(const struct options *o, struct buf *text)
{
    if (o->threads <= o->connections)
        return true;
    buf_format(text, "--threads %lld is more than the connections, %lld: some would have none",
               (long long)o->threads, (long long)o->connections);
    return false;
}

/* ---- Modes ------------------------------------------------------------------------------ */

static int64_t own_cpus(const struct options *o)
{
    cpu_set_t here;

    if (o->pinned)
        return CPU_COUNT(&o->generator_cpus);
    if (sched_getaffinity(0, sizeof here, &here) != 0)
        return 1;
    return CPU_COUNT(&here) / 2;
}

static int64_t clipped(int64_t value, int64_t min, int64_t max)
{
    return value < min ? min : value > max ? max : value;
}

static void set_derived(struct reading *r)
{
    struct options *o = r->o;
    int64_t         most = o->connections < THREADS_LIMIT ? o->connections : THREADS_LIMIT;
    uint32_t        seed;

    if (o->threads == 0)
        o->threads = clipped(own_cpus(o), 1, most);
    if (!given(r, "seed") && random_fill(&system_random, &seed, sizeof seed))
        o->seed = seed;
    o->ready_timeout_given = given(r, "ready-timeout");
    if (o->no_keepalive)
        o->requests_per_connection = 1;
    if (o->requests)
        o->duration_ns = 0;
    if (o->quantiles_count == 0 &&
        (!o->requests || o->requests / (uint64_t)o->blocks >= least_requests(QUANTILE_PRESET)))
        o->quantiles[o->quantiles_count++] = QUANTILE_PRESET;
}

static bool finish_run(struct reading *r)
{
    struct options *o = r->o;
    unsigned        most = TARGETS_MAX - o->control;

    if (r->words_count == 0) {
        buf_add(r->text, LIT("no target: joust needs NAME=URL at least once; see --help"));
        return false;
    }
    if (r->words_count > most) {
        buf_format(r->text, "%u targets are too many: at most %u%s", r->words_count, most,
                   o->control ? " and --control's" : "");
        return false;
    }
    for (unsigned i = 0; i < r->words_count; i++)
        if (!targets_add(o, r->words[i], r->text))
            return false;
    if (!targets_finish(o, &r->runs, &r->pids, r->arena, r->text) || !check_clashes(r) ||
        !check_length(o, r->text) || !check_quantiles(o, r->text) || !check_threads(o, r->text))
        return false;
    set_derived(r);
    return check_conditions(o, r->text) && outputs_check(o, r->text) && check_files(o, r->text);
}

static bool finish_compare(struct reading *r)
{
    if (r->words_count != 2) {
        buf_format(r->text, "compare needs two results, OLD.json NEW.json; %u given", r->words_count);
        return false;
    }
    r->o->old_file = r->words[0];
    r->o->new_file = r->words[1];
    return true;
}

static bool finish_null_server(struct reading *r)
{
    if (r->words_count) {
        buf_add(r->text, LIT("--null-server takes no target, and there is "));
        value_write_quoted(r->words[0], r->text);
        return false;
    }
    return true;
}

static bool finish(struct reading *r)
{
    bool (*const finishers[])(struct reading *) = {
        [JOUST_RUN] = finish_run, [JOUST_COMPARE] = finish_compare,
        [JOUST_NULL_SERVER] = finish_null_server,
    };

    return check_modes(r) && finishers[r->o->mode](r);
}

enum options_verdict options_parse(struct options *o, int argc, char **argv, struct arena *arena,
                                   struct buf *text)
{
    struct reading r = { .o = o, .arena = arena, .text = text };
    bool           compare = argc > 1 && str_eq(str_of(argv[1]), LIT("compare"));

    *o = (struct options){ .mode = compare ? JOUST_COMPARE : JOUST_RUN, .settle_ns = -1 };
    for (const struct option *row = options; row->name; row++)
        CHECK(!row->preset || option_set(&r, row, str_of(row->preset)));
    if (!take_words(&r, compare ? 2 : 1, argc, argv))
        return OPTIONS_WRONG;
    if (r.question) {
        answer(r.question, text);
        return OPTIONS_SHOWN;
    }
    return finish(&r) ? OPTIONS_GO : OPTIONS_WRONG;
}
