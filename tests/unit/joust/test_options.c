/* test_options.c: the command line of joust: presets, every kind of value, and that each mistake is
 * one clear line.  What --help lists is what man lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "joust/options.h"

enum { ARGUMENTS_MAX = 64 };

struct trial {
    struct options       options;
    char                 text[16384];
    enum options_verdict verdict;
};

static struct arena arena;

/* `words` are split at blanks; an underscore alone stands for an empty argument, '~' for a blank. */
static struct trial parse(const char *words)
{
    static struct trial t;
    static char         line[4096];
    static char         name[] = "joust", empty[] = "";
    char               *argv[ARGUMENTS_MAX + 1] = { name }, *rest = line;
    int                 argc = 1;
    struct buf          text = buf_fixed(t.text, sizeof t.text - 1);

    snprintf(line, sizeof line, "%s", words);
    for (char *word; (word = strtok_r(rest, " ", &rest)) && argc < ARGUMENTS_MAX;) {
        for (char *c = word; *c; c++)
            if (*c == '~')
                *c = ' ';
        argv[argc++] = strcmp(word, "_") == 0 ? empty : word;
    }
    t.verdict = options_parse(&t.options, argc, argv, &arena, &text);
    t.text[text.len] = 0;
    assert_false(text.failed);
    return t;
}

static struct options good(const char *words)
{
    struct trial t = parse(words);

    if (t.verdict != OPTIONS_GO)
        fail_msg("%s: %s", words, t.text);
    assert_string_equal(t.text, "");
    return t.options;
}

static void refused(const char *words, const char *because)
{
    struct trial t = parse(words);

    if (t.verdict != OPTIONS_WRONG)
        fail_msg("'%s' was taken", words);
    if (!strstr(t.text, because) || strchr(t.text, '\n') || strlen(t.text) > 250)
        fail_msg("'%s': '%s' is not one line with '%s'", words, t.text, because);
}

static void is(struct str got, const char *expected)
{
    if (!got.at || !str_eq(got, str_of(expected)))
        fail_msg("'%.*s' is not '%s'", STR_ARG(got), expected);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(8 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

/* A file of `bytes` times `byte`, named in `path`. */
static void make_file(char path[static 32], size_t bytes, char byte)
{
    strncpy(path, "/tmp/joust-options-XXXXXX", 32);
    int   fd = mkstemp(path);
    FILE *f = fdopen(fd, "w");

    assert_non_null(f);
    for (size_t i = 0; i < bytes; i++)
        putc(byte, f);
    assert_int_equal(fclose(f), 0);
}

static void presets(void **state)
{
    struct options o = good("a=http://h/");

    (void)state;
    assert_int_equal(o.mode, JOUST_RUN);
    assert_int_equal(o.connections, 100);
    assert_int_equal(o.blocks, 10);
    assert_int_equal(o.duration_ns, 30000000000);
    assert_int_equal(o.requests, 0);
    assert_true(o.rate == 0 && !o.equal_load);
    assert_int_equal(o.settle_ns, -1);
    assert_int_equal(o.warm_up_ns, 5000000000);
    assert_int_equal(o.timeout_ns, 10000000000);
    assert_int_equal(o.ready_timeout_ns, 30000000000);
    assert_float_equal(o.margin, 0.02, 1e-12);
    assert_float_equal(o.failures_max, 0.001, 1e-12);
    assert_int_equal(o.quantiles_count, 1);
    assert_float_equal(o.quantiles[0], 0.999, 1e-12);
    assert_false(o.control || o.no_keepalive || o.no_body_check || o.quiet || o.pinned);
    assert_int_equal(o.requests_per_connection, 0);
    assert_null(o.method.at);
    assert_null(o.body.at);
    assert_null(o.scenario.at);
    assert_null(o.json_file.at);
    assert_int_equal(o.headers_count + o.allowed_count + o.fail_ifs_count + o.ignored.count, 0);
}

static void threads_are_half_of_the_cpus(void **state)
{
    cpu_set_t here;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof here, &here), 0);
    int half = CPU_COUNT(&here) / 2;
    half = half < 1 ? 1 : half > 64 ? 64 : half;
    assert_int_equal(good("a=u").threads, half);
    assert_int_equal(good("a=u -t 0").threads, half);
    assert_int_equal(good("a=u -c 1").threads, 1);
    assert_int_equal(good("a=u -t 7").threads, 7);
    refused("a=u -t 8 -c 4", "--threads 8 is more than the connections, 4");
    refused("a=u -t 65", "a number from 0 to 64");
}

static void every_way_to_write_an_option(void **state)
{
    (void)state;
    assert_int_equal(good("a=u -c 7").connections, 7);
    assert_int_equal(good("a=u -c7").connections, 7);
    assert_int_equal(good("--connections 7 a=u").connections, 7);
    assert_int_equal(good("--connections=7 a=u").connections, 7);
    assert_int_equal(good("-c 7 a=u -c 8").connections, 8);
    is(good("a=u --body=--x=y").body, "--x=y");
    is(good("a=u -b _").body, "");
    is(good("a=u -b {\"a\":~1}").body, "{\"a\": 1}");
    assert_true(good("a=u -q").quiet && good("--quiet a=u").quiet);
}

static void times(void **state)
{
    static const struct { const char *text; int64_t ns; } rows[] = {
        { "10s", 10000000000 }, { "10", 10000000000 }, { "500ms", 500000000 }, { "1.5s", 1500000000 },
        { "2m", 120000000000 }, { "24h", 86400000000000 }, { "0.1s", 100000000 }, { "200000us", 200000000 },
        { "123456789ns", 123456789 },
    };
    static const char *const never[] = { "_", "s", "1x", "1ss", "-1s", "+1s", "1e3", ".5s", "5.s", "1.2.3s", "1~s", "25h",
                                         "9ms", "9999999999999999s", "0" };
    char words[128];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(words, sizeof words, "a=u -d %s", rows[i].text);
        assert_int_equal(good(words).duration_ns, rows[i].ns);
    }
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        snprintf(words, sizeof words, "a=u -d %s", never[i]);
        refused(words, "' is not a time such as 500ms, 10s or 5m, from 10ms to 24h");
    }
    assert_int_equal(good("a=u --settle 0").settle_ns, 0);
    assert_int_equal(good("a=u --warm-up 0").warm_up_ns, 0);
    assert_int_equal(good("--null-server --work 500ns").work_ns, 500);
    refused("a=u --timeout 0", "from 1ms to 10m");
}

static void numbers(void **state)
{
    static const char *const never[] = { "_", "x", "1x", "0x10", "-1", "+1", "1.5", "1e3", "0", "99999999999999999999" };
    char words[128];

    (void)state;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        snprintf(words, sizeof words, "a=u --connections %s", never[i]);
        refused(words, "is not a number from 1 to 1000000");
    }
    refused("a=u --blocks 1", "--blocks: '1' is not a number from 2 to 1000");
    refused("a=u --blocks 1001", "from 2 to 1000");
    assert_int_equal(good("a=u --requests-per-connection 10").requests_per_connection, 10);
    assert_int_equal(good("a=u --no-keepalive").requests_per_connection, 1);
    refused("a=u --requests-per-connection 0", "from 1 to 1000000");
    assert_int_equal(good("a=u --blocks 2").blocks, 2);
    assert_int_equal(good("a=u --blocks 1000 -d 10s").blocks, 1000);
    assert_true(good("a=u --rate 2500.5").rate == 2500.5);
    refused("a=u --rate 0", "requests a second");
    refused("a=u --rate 1e3", "requests a second");
    assert_int_equal(good("a=u --expect 404").expect, 404);
    refused("a=u --expect 99", "a status from 200 to 599");
    refused("a=u --expect 600", "a status from 200 to 599");
    assert_float_equal(good("a=u --margin 5%").margin, 0.05, 1e-12);
    assert_float_equal(good("a=u --margin 0.5").margin, 0.005, 1e-12);
    refused("a=u --failures 101%", "--failures: '101%' is not a percentage");
    refused("a=u --failures %", "a percentage");
}

static void seeds(void **state)
{
    struct options o = good("a=u --seed 9223372036854775807");

    (void)state;
    assert_true(o.seed == INT64_MAX);
    assert_true(good("a=u --seed 0").seed == 0);
    assert_false(good("a=u").seed == good("a=u").seed && good("a=u").seed == good("a=u").seed);
}

static void quantiles(void **state)
{
    struct options o = good("a=u --quantile 90 --quantile p99.99");

    (void)state;
    assert_int_equal(o.quantiles_count, 2);
    assert_float_equal(o.quantiles[0], 0.9, 1e-12);
    assert_float_equal(o.quantiles[1], 0.9999, 1e-12);
    refused("a=u --quantile 100", "a percentile such as 99.9");
    refused("a=u --quantile 0", "a percentile such as 99.9");
    refused("a=u --quantile 0.00005", "from 1 to below 100");
    refused("a=u --quantile 0.999", "from 1 to below 100");
    assert_true(good("a=u --quantile 1").quantiles[0] >= QUANTILE_MIN);
    assert_true(good("a=u --quantile 99.9999999999999").quantiles[0] < 1);
    refused("a=u -n 50000 --quantile 99.9",
            "p99.9 needs at least 10,000 requests a round: -n 50000 gives 5,000 in each of 10");
    refused("a=u -n 99999 --quantile 99.9", "p99.9 needs at least 10,000");
    assert_int_equal(good("a=u -n 100000 --quantile 99.9").quantiles_count, 1);
    assert_int_equal(good("a=u -n 1000000 --quantile 99.99").quantiles_count, 1);
    refused("a=u -n 999990 --quantile 99.99", "p99.99 needs at least 100,000");
    assert_int_equal(good("a=u -n 99999").quantiles_count, 0);     /* its preset is not insisted on */
    assert_int_equal(good("a=u -n 100000").quantiles_count, 1);
    refused("a=u --quantile 1 --quantile 2 --quantile 3 --quantile 4 --quantile 5 --quantile 6 --quantile 7 --quantile 8 --quantile 9",
            "one of at most 8");
}

static void lengths(void **state)
{
    (void)state;
    assert_int_equal(good("a=u -n 10").requests, 10);
    assert_int_equal(good("a=u -n 10").duration_ns, 0);
    refused("a=u -n 9", "--requests 9 is less than one in each of 10 blocks");
    assert_int_equal(good("a=u -d 100ms").duration_ns, 100000000);
    refused("a=u -d 50ms", "windows of 5 ms; they need 10 ms: 100ms");
    refused("a=u --blocks 1000 -d 9s", "windows of 9 ms");
    refused("a=u -d 10s -n 100", "--duration does not go with --requests");
}

static void targets_and_their_names(void **state)
{
    struct options o = good("one=http://127.0.0.1:1/?a=b http://127.0.0.1:8000/json?x=1 http://[::1]:80");

    (void)state;
    assert_int_equal(o.targets_count, 3);
    is(o.targets[0].name, "one");
    is(o.targets[0].url, "http://127.0.0.1:1/?a=b");
    is(o.targets[1].name, "127.0.0.1:8000");
    is(o.targets[1].url, "http://127.0.0.1:8000/json?x=1");
    is(o.targets[2].name, "[::1]:80");
    assert_int_equal(good("a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8").targets_count, 8);
    is(good("a~b=u").targets[0].name, "a b");
    is(good("12345678901234567890123456789012=u").targets[0].name, "12345678901234567890123456789012");
    assert_int_equal(good("äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäö=u").targets_count, 1);
    refused("", "no target");
    refused("-c 5", "no target");
    refused("a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9", "9 targets are too many: at most 8");
    refused("a=", "the target 'a=' has no URL behind the '='");
    refused("=http://h/", "has no name before the '='");
    refused("word", "'word' is not a target: NAME=URL");
    refused("_", "'' is not a target");
    refused("http:///path", "the URL 'http:///path' has no host");
    refused("a=1 a=2", "two targets are called 'a'");
    refused("http://h:1/x http://h:1/y", "two targets are called 'h:1'; give each its own name");
    refused("123456789012345678901234567890123=u", "longer than 32 characters");
    refused("a\x01=u", "the name 'a?' has characters that cannot be printed");
    refused("a\xff=u", "cannot be printed");
}

static void the_control_is_a_target(void **state)
{
    struct options o = good("a=http://h/ b=http://i/ --control --run a=sleep~1 --pid b=7");

    (void)state;
    assert_int_equal(o.targets_count, 3);
    assert_true(o.control);
    is(o.targets[2].name, "a again");
    is(o.targets[2].url, "http://h/");
    is(o.targets[0].command, "sleep 1");
    assert_null(o.targets[2].command.at);   /* started once */
    assert_int_equal(good("a=http://h/ --control --pid a=7").targets[1].pid, 7);
    assert_int_equal(good("a=1 b=2 c=3 d=4 e=5 f=6 g=7 --control").targets_count, 8);
    refused("a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 --control", "8 targets are too many: at most 7 and --control's");
    refused("a=1 a~again=2 --control", "--control calls its target 'a again'");
}

static void commands_and_processes(void **state)
{
    struct options o = good("--run b=x~y=z a=1 b=2 --pid=a=42");

    (void)state;
    is(o.targets[1].command, "x y=z");
    assert_int_equal(o.targets[0].pid, 42);
    refused("a=1 b=2 --run c=x", "--run: no target is called 'c'; there are a, b");
    refused("a=1 --pid b=1", "--pid: no target is called 'b'");
    refused("a=1 --run a=", "--run: 'a=' is not NAME=VALUE");
    refused("a=1 --run x", "--run: 'x' is not NAME=VALUE");
    refused("a=1 --pid a=0", "--pid: '0' is not a process id");
    refused("a=1 --pid a=-1", "'-1' is not a process id");
    refused("a=1 --pid a=1 --pid a=2", "--pid is given twice for 'a'");
    refused("a=1 --run a=x --run a=y", "--run is given twice for 'a'");
    refused("a=1 --run a=x --pid a=2", "--run and --pid are both given for 'a'");
}

static void lists(void **state)
{
    struct options o = good("a=u -H A:b -H C:~d --ignore id,created_at --ignore x --allow little,tail --allow tail");

    (void)state;
    assert_int_equal(o.headers_count, 2);
    is(o.headers[1], "C: d");
    assert_int_equal(o.ignored.count, 3);
    is(o.ignored.names[1], "created_at");
    is(o.ignored.names[2], "x");
    assert_int_equal(o.allowed_count, 2);
    is(o.allowed[1], "tail");
    assert_int_equal(good("a=u --allow failures,connections,answers,little,ceiling,rate,tail").allowed_count, 7);
    refused("a=u -H nothing", "--header: 'nothing' is not a header such as");
    refused("a=u -H :x", "is not a header");
    refused("a=u --ignore a,,b", "--ignore: 'a,,b' is not a list of members");
    refused("a=u --allow latency", "--allow: 'latency' is not a list of failures, connections,");
}

static void conditions(void **state)
{
    struct options o = good("a=u b=v --fail-if p99>20ms --fail-if slower>5%");

    (void)state;
    assert_int_equal(o.fail_ifs_count, 2);
    is(o.fail_ifs[1], "slower>5%");
    refused("a=u --fail-if nonsense", "--fail-if: ");
}

static void pins(void **state)
{
    cpu_set_t here;
    char      words[64];
    int       cpu = 0;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof here, &here), 0);
    while (!CPU_ISSET(cpu, &here))
        cpu++;
    snprintf(words, sizeof words, "a=u --pin %d-%d,%d:%d", cpu, cpu, cpu, cpu);
    struct options o = good(words);
    assert_true(o.pinned && CPU_ISSET(cpu, &o.server_cpus) && CPU_ISSET(cpu, &o.generator_cpus));
    assert_int_equal(CPU_COUNT(&o.server_cpus), 1);
    assert_int_equal(o.threads, 1);
    is(o.pin, strchr(words, 'n') + 2);
    snprintf(words, sizeof words, "a=u --pin %d:%d", cpu, CPU_SETSIZE - 1);
    refused(words, "--pin: this machine has no CPU 1023");
    static const char *const never[] = { "0", "0:", ":0", "0:1:2", "1-0:0", "0,1-0:0", "0,:0", "x:0", "0-:0", "1024:0", "_" };
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        snprintf(words, sizeof words, "a=u --pin %s", never[i]);
        refused(words, "' is not two lists of CPUs");
    }
}

static void files(void **state)
{
    char path[32], words[128];

    (void)state;
    make_file(path, 1 << 20, 'x');
    snprintf(words, sizeof words, "a=u -b @%s", path);
    struct options o = good(words);
    assert_int_equal(o.body.len, 1 << 20);
    assert_true(o.body.at[0] == 'x' && o.body.at[o.body.len - 1] == 'x');
    snprintf(words, sizeof words, "a=u --scenario %s", path);
    assert_int_equal(good(words).scenario.len, 1 << 20);
    unlink(path);
    make_file(path, (1 << 20) + 1, 'x');
    snprintf(words, sizeof words, "a=u -b @%s", path);
    refused(words, "it is larger than 1 MiB");
    unlink(path);
    refused(words, "No such file or directory");
    refused("a=u --scenario /nowhere/s.json", "--scenario: cannot read '/nowhere/s.json': No such file or directory");
    refused("a=u -b @/", "--body: cannot read '/': Is a directory");
    refused("a=u --json _", "--json: '' is not a value: it is empty");
    is(good("a=u --plot p.svg").plot_file, "p.svg");
    refused("a=u --plot p.gif", "ends in .png or .svg");
}

static void outputs_can_be_written(void **state)
{
    char folder[] = "/tmp/joust-outputs-XXXXXX", words[512], says[128];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(words, sizeof words, "a=u --json %s/a --report %s/b.html --plot %s/c.png", folder, folder, folder);
    good(words);
    assert_int_equal(rmdir(folder), 0);         /* nothing is created */
    snprintf(says, sizeof says, "--json: '%s/a' cannot be written: No such file or directory", folder);
    refused(words, says);
    good("a=u --json /dev/stdout");
    refused("a=u --report /tmp", "--report: '/tmp' cannot be written: Is a directory");
    refused("a=u --plot /dev/null/x.png", "--plot: '/dev/null/x.png' cannot be written: Not a directory");
    refused("a=u --json x --report x", "--json and --report are both to be written to 'x'");
    refused("a=u --report p.svg --plot ./p.svg", "--report and --plot are both to be written to './p.svg'");
    good("a=u --json x --report src/x --plot x.svg");
}

static void two_dashes_end_the_options(void **state)
{
    struct options o = good("-c 5 -- a=u -b=v");

    (void)state;
    assert_int_equal(o.targets_count, 2);
    is(o.targets[1].name, "-b");
    good("compare -- -old.json -new.json");
    refused("a=u -- --quiet", "'--quiet' is not a target");
    refused("-- a=u --", "'--' is not a target");
}

static void conditions_that_cannot_be_judged(void **state)
{
    (void)state;
    good("a=u b=v --fail-if b:p99>20ms --fail-if slower>5%");
    refused("a=u --fail-if b:p99>20ms", "--fail-if: ");
    refused("a=u --fail-if slower>5%", "--fail-if: ");
    refused("a=u --fail-if dearer>5%", "--fail-if: ");
}

static void what_does_not_go_together(void **state)
{
    (void)state;
    refused("a=u --rate 5 --equal-load", "--rate does not go with --equal-load");
    refused("a=u --scenario /dev/null -b x", "--scenario does not go with --body");
    refused("a=u --scenario /dev/null -X PUT", "--scenario does not go with --method");
    refused("a=u --scenario /dev/null --expect 200", "--scenario does not go with --expect");
    refused("a=u --no-body-check --ignore x", "--no-body-check does not go with --ignore");
    refused("a=u --no-keepalive --requests-per-connection 1", "--no-keepalive does not go with --requests-per-connection");
}

static void words_that_are_no_options(void **state)
{
    (void)state;
    refused("a=u --conections 5", "unknown option '--conections'; did you mean --connections?");
    refused("a=u --ouiet", "did you mean --quiet?");
    refused("a=u --conections=5", "did you mean --connections?");
    refused("a=u --ra", "unknown option '--ra'; see --help");
    refused("a=u --frobnicate", "unknown option '--frobnicate'; see --help");
    refused("a=u --averyverylongnamethatisnooption", "see --help");
    refused("a=u --=", "unknown option '--='");
    refused("a=u -", "unknown option '-'");
    refused("a=u -Z", "unknown option '-Z'");
    refused("a=u -c", "--connections needs a value: N");
    refused("--rate", "--rate needs a value: R");
    refused("a=u --json --quiet", "--json needs a value: FILE");
    refused("a=u --quiet=1", "--quiet takes no value");
    refused("a=u -q1", "--quiet takes no value");
    refused("a=u -c \x1b[31m\n", "--connections: '?[31m?' is not a number");
}

static void the_other_modes(void **state)
{
    struct options o = good("compare old.json new.json --margin 3%");

    (void)state;
    assert_int_equal(o.mode, JOUST_COMPARE);
    is(o.old_file, "old.json");
    is(o.new_file, "new.json");
    assert_float_equal(o.margin, 0.03, 1e-12);
    refused("compare", "compare needs two results");
    refused("compare a", "compare needs two results, OLD.json NEW.json; 1 given");
    refused("compare a b c", "3 given");
    refused("compare a b -c 5", "--connections is not for compare");
    refused("compare a b --fail-if p99>1s", "--fail-if is not for compare");
    o = good("--listen 127.0.0.1:0 --null-server -b text --work 2us");
    assert_int_equal(o.mode, JOUST_NULL_SERVER);
    is(o.listen, "127.0.0.1:0");
    is(o.body, "text");
    assert_int_equal(o.work_ns, 2000);
    o = good("--null-server");
    is(o.listen, "127.0.0.1:0");
    assert_null(o.body.at);
    refused("--null-server a=u", "--null-server takes no target, and there is 'a=u'");
    refused("--null-server --rate 5", "--rate is not for --null-server");
    refused("a=u --work 5us", "--work is only for --null-server");
    refused("--null-server --work 2s", "from 0s to 1s");
}

/* In a child, since a limit that was lowered stays so. */
static int limits_hold(void)
{
    struct rlimit limit = { 100, 200 };
    char          expected[] = "1000 connections need 1064 open files; the limit is 200: ulimit -n 1064";

    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1;
    if (parse("a=u -c 136").verdict != OPTIONS_GO)
        return 2;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur != 200)
        return 3;
    if (parse("a=u -c 137").verdict != OPTIONS_WRONG)
        return 4;
    return strcmp(parse("a=u -c 1000").text, expected) ? 5 : 0;
}

static void open_files(void **state)
{
    int   status;
    pid_t child = fork();

    (void)state;
    if (child == 0)
        _exit(limits_hold());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void help_fits_a_screen(void **state)
{
    struct trial t = parse("a=u --help");
    int          lines = 0;

    (void)state;
    assert_int_equal(t.verdict, OPTIONS_SHOWN);
    for (char *at = t.text, *end; (end = strchr(at, '\n')); at = end + 1, lines++)
        if (end - at > 80)
            fail_msg("'%.*s' is %d wide", (int)(end - at), at, (int)(end - at));
    assert_in_range(lines, 20, 40);
    assert_non_null(strstr(t.text, "Example: joust "));
    assert_int_equal(parse("-h").verdict, OPTIONS_SHOWN);
    assert_int_equal(parse("a=u -b -h").verdict, OPTIONS_GO);
    t = parse("--version");
    assert_int_equal(t.verdict, OPTIONS_SHOWN);
    assert_string_equal(t.text, "joust " JOUST_VERSION "\n");
}

enum { NAMES_MAX = 64, NAME_BYTES = 32 };

struct name_list {
    char     names[NAMES_MAX][NAME_BYTES];
    unsigned count;
};

static bool has_name(const struct name_list *list, const char *name)
{
    for (unsigned i = 0; i < list->count; i++)
        if (strcmp(list->names[i], name) == 0)
            return true;
    return false;
}

/* The names that stand behind `before`, once each. */
static void collect_names(const char *text, const char *before, struct name_list *out)
{
    for (const char *at = text; (at = strstr(at, before)); at++) {
        const char *name = at + strlen(before);
        char        word[NAME_BYTES];
        snprintf(word, sizeof word, "%.*s", (int)strspn(name, "abcdefghijklmnopqrstuvwxyz-"), name);
        if (!word[0] || has_name(out, word))
            continue;
        assert_true(out->count < NAMES_MAX);
        memcpy(out->names[out->count++], word, sizeof word);
    }
}

/* mdoc writes --name as "Fl -name". */
static void man_has_each_option(void **state)
{
    static char      page[65536];
    struct name_list help = { 0 }, man = { 0 };
    FILE            *f = fopen("src/joust/joust.1", "r");

    (void)state;
    if (!f)
        fail_msg("run me from the root of the repository");
    page[fread(page, 1, sizeof page - 1, f)] = 0;
    fclose(f);
    collect_names(parse("--help").text, " --", &help);
    collect_names(page, "\n.It Fl -", &man);
    collect_names(page, " , Fl -", &man);
    assert_in_range(help.count, 35, 45);
    for (unsigned i = 0; i < help.count; i++)
        if (!has_name(&man, help.names[i]))
            fail_msg("the man page lacks --%s", help.names[i]);
    for (unsigned i = 0; i < man.count; i++)
        if (!has_name(&help, man.names[i]))
            fail_msg("--help lacks --%s of the man page", man.names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets),
        cmocka_unit_test(threads_are_half_of_the_cpus),
        cmocka_unit_test(every_way_to_write_an_option),
        cmocka_unit_test(times),
        cmocka_unit_test(numbers),
        cmocka_unit_test(seeds),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(lengths),
        cmocka_unit_test(targets_and_their_names),
        cmocka_unit_test(the_control_is_a_target),
        cmocka_unit_test(commands_and_processes),
        cmocka_unit_test(lists),
        cmocka_unit_test(conditions),
        cmocka_unit_test(pins),
        cmocka_unit_test(files),
        cmocka_unit_test(outputs_can_be_written),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(conditions_that_cannot_be_judged),
        cmocka_unit_test(what_does_not_go_together),
        cmocka_unit_test(words_that_are_no_options),
        cmocka_unit_test(the_other_modes),
        cmocka_unit_test(open_files),
        cmocka_unit_test(help_fits_a_screen),
        cmocka_unit_test(man_has_each_option),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
