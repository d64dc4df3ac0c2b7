/* test_options.c: the command line, the environment and the presets; whatever is wrong is one
 * clear line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/options.h"

extern char **environ;

enum { ARGUMENTS_MAX = 80 };

static const struct program_flag flags[] = { { "bench-endpoint", "benchmarks" }, { "other-flag", "others" }, { 0 } };

struct trial {
    struct options       options;
    char                 text[16384];
    enum options_verdict verdict;
};

/* `words` are split at blanks; an underscore alone stands for an empty argument. */
static struct trial parse(const char *words)
{
    static struct trial t;
    static char         line[4096];
    static char         name[] = "postern", empty[] = "";
    char               *argv[ARGUMENTS_MAX] = { name }, *rest = line;
    int                 argc = 1;
    struct buf          text = buf_fixed(t.text, sizeof t.text - 1);

    snprintf(line, sizeof line, "%s", words);
    for (char *word; (word = strtok_r(rest, " ", &rest)) && argc < ARGUMENTS_MAX - 1;)
        argv[argc++] = strcmp(word, "_") == 0 ? empty : word;
    t.verdict = options_parse(&t.options, "postern", "9.8.7", flags, argc, argv, &text);
    t.text[text.len] = 0;
    assert_false(text.failed);
    return t;
}

static struct options good(const char *words)
{
    struct trial t = parse(words);

    if (t.verdict != OPTIONS_SERVE)
        fail_msg("%s: %s", words, t.text);
    assert_string_equal(t.text, "");
    return t.options;
}

static void refused(const char *words, const char *because)
{
    struct trial t = parse(words);

    if (t.verdict != OPTIONS_WRONG)
        fail_msg("'%s' was taken", words);
    if (!strstr(t.text, because) || strchr(t.text, '\n') || strlen(t.text) > 300)
        fail_msg("'%s' is not one line with '%s'", t.text, because);
}

static int set_up(void **state)
{
    (void)state;
    for (char **e = environ; *e;) {
        char       *end = strchr(*e, '=');
        static char name[256];
        snprintf(name, sizeof name, "%.*s", (int)(end - *e), *e);
        if (strncmp(name, "POSTERN_", 8) == 0 || strcmp(name, "DATABASE_URL") == 0 || strcmp(name, "JWT_SECRET") == 0)
            unsetenv(name);
        else
            e++;
    }
    return 0;
}

static void presets(void **state)
{
    struct options o = good("serve");
    long           cores = sysconf(_SC_NPROCESSORS_ONLN);

    (void)state;
    assert_true(str_eq(o.listen, LIT("127.0.0.1:8000")));
    assert_true(str_eq(o.database, LIT("sqlite:postern.db")));
    assert_int_equal(o.token_lifetime_ms, 30 * 60 * 1000);
    assert_int_equal(o.hash_memory_kib, 19456);
    assert_int_equal(o.hash_passes, 2);
    assert_int_equal(o.threads, cores > 64 ? 64 : cores);
    assert_int_equal(o.hash_threads, o.threads);
    assert_int_equal(o.connections_per_address, o.connections / 2);
    assert_int_equal(o.jwt_secret.len, 0);
    assert_int_equal(o.master_key.len, 0);
    assert_int_equal(o.cors_origins_count, 0);
    assert_true(o.cache);
    assert_false(o.single_process || o.no_sandbox || o.flags[0] || o.flags[1]);
    o = good("");
    assert_true(str_eq(o.listen, LIT("127.0.0.1:8000")));
}

static void each_number_has_its_bounds(void **state)
{
    static const struct { const char *name; size_t at; long long min, max; } rows[] = {
#define ROW(name, member, min, max) { name, offsetof(struct options, member), min, max }
        ROW("threads", threads, 1, 64), ROW("hash-memory", hash_memory_kib, 8, 1048576), ROW("hash-passes", hash_passes, 1, 64),
        ROW("hash-threads", hash_threads, 1, 64), ROW("body-bytes", body_bytes_max, 1024, 131072),
        ROW("head-bytes", head_bytes_max, 1024, 65536), ROW("target-bytes", target_bytes_max, 64, 32768),
        ROW("headers", headers_max, 8, 64), ROW("connections", connections, 2, 1000000),
        ROW("connections-per-address", connections_per_address, 1, 1000000),
    };
    static const char *const never[] = { "_", "x", "1x", "0x10", "-1", "+1", "1.5", "1e3", "99999999999999999999", "9223372036854775808" };
    char                     words[128];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int at_max = 0; at_max < 2; at_max++) {
            long long bound = at_max ? rows[i].max : rows[i].min;
            snprintf(words, sizeof words, "serve --%s %lld", rows[i].name, bound);
            struct options o = good(words);
            assert_int_equal(*(int64_t *)((char *)&o + rows[i].at), bound);
        }
        snprintf(words, sizeof words, "--%s %lld", rows[i].name, rows[i].max + 1);
        refused(words, rows[i].name);
        if (rows[i].min > 1) {
            snprintf(words, sizeof words, "--%s=%lld", rows[i].name, rows[i].min - 1);
            refused(words, rows[i].name);
        }
        for (size_t n = 0; n < sizeof never / sizeof *never; n++) {
            snprintf(words, sizeof words, "--%s %s", rows[i].name, never[n]);
            refused(words, "a number from");
        }
    }
}

static void durations(void **state)
{
    static const struct { const char *text; long long ms; } rows[] = {
        { "500ms", 500 }, { "10s", 10000 }, { "10", 10000 }, { "5m", 300000 }, { "1h", 3600000 }, { "100ms", 100 }, { "0500ms", 500 },
    };
    static const char *const never[] = { "_", "s", "ms", "1d", "1.5s", "-1s", "10S", "1ms1", "99999999999999999999s", "1000000001ms", "10s,", "soon" };
    char                     words[128];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(words, sizeof words, "--head-timeout %s", rows[i].text);
        assert_int_equal(good(words).head_timeout_ms, rows[i].ms);
    }
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        snprintf(words, sizeof words, "--body-timeout %s", never[i]);
        refused(words, "a time such as");
    }
}

static void each_duration_has_its_bounds(void **state)
{
    static const struct { const char *name; size_t at; long long min, max; } rows[] = {
        ROW("token-lifetime", token_lifetime_ms, 1000, 86400000), ROW("queue-wait", queue_wait_ms, 1, 60000),
        ROW("head-timeout", head_timeout_ms, 100, 3600000), ROW("body-timeout", body_timeout_ms, 100, 3600000),
        ROW("idle-timeout", idle_timeout_ms, 100, 86400000), ROW("send-timeout", send_timeout_ms, 100, 3600000),
        ROW("shutdown-timeout", shutdown_timeout_ms, 0, 3600000),
    };
    char words[128];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int at_max = 0; at_max < 2; at_max++) {
            long long bound = at_max ? rows[i].max : rows[i].min;
            snprintf(words, sizeof words, "--%s %lldms", rows[i].name, bound);
            struct options o = good(words);
            assert_int_equal(*(int64_t *)((char *)&o + rows[i].at), bound);
        }
        snprintf(words, sizeof words, "--%s %lldms", rows[i].name, rows[i].max + 1);
        refused(words, rows[i].name);
        if (rows[i].min > 1) {
            snprintf(words, sizeof words, "--%s %lldms", rows[i].name, rows[i].min - 1);
            refused(words, rows[i].name);
        }
    }
}

static void texts(void **state)
{
    struct options o = good("--listen [::1]:0 --database=sqlite:a=b --issuer https://x --master-key-file /k");

    (void)state;
    assert_true(str_eq(o.listen, LIT("[::1]:0")));
    assert_true(str_eq(o.database, LIT("sqlite:a=b")));
    assert_true(str_eq(o.issuer, LIT("https://x")));
    assert_true(str_eq(o.master_key_file, LIT("/k")));
    assert_true(str_eq(good("--listen a:1 --listen b:2").listen, LIT("b:2")));
}

static void trusted_proxies(void **state)
{
    struct options o = good("--trusted-proxy 10.0.0.0/8 --trusted-proxy=::1,192.0.2.7,");

    (void)state;
    assert_int_equal(o.trusted_proxies_count, 3);
    assert_int_equal(o.trusted_proxies[0].bits, 96 + 8);
    assert_int_equal(o.trusted_proxies[1].bits, 128);
    assert_int_equal(good("").trusted_proxies_count, 0);
    refused("--trusted-proxy 10.0.0.1/8", "a network such as");
    refused("--trusted-proxy 0.0.0.0/0", "a network such as");
    refused("--trusted-proxy *", "a network such as");
    refused("--trusted-proxy", "needs a value");
    setenv("POSTERN_TRUSTED_PROXY", "10.0.0.0/8, 2001:db8::/32", 1);
    assert_int_equal(good("").trusted_proxies_count, 2);
    assert_int_equal(good("--trusted-proxy ::1").trusted_proxies_count, 1);
    unsetenv("POSTERN_TRUSTED_PROXY");
}

static void limits(void **state)
{
    (void)state;
    assert_true(good("").limits);
    assert_true(good("--limits on").limits);
    assert_false(good("--limits off").limits);
    assert_false(good("--limits=off").limits);
    refused("--limits no", "on or off");
    refused("--limits", "needs a value: on|off");
    setenv("POSTERN_LIMITS", "off", 1);
    assert_false(good("").limits);
    assert_true(good("--limits on").limits);
    unsetenv("POSTERN_LIMITS");
}

static void switches_and_flags(void **state)
{
    struct options o = good("--single-process --no-sandbox --other-flag");

    (void)state;
    assert_true(o.single_process && o.no_sandbox);
    assert_false(options_flag(&o, flags, "bench-endpoint"));
    assert_true(options_flag(&o, flags, "other-flag"));
    assert_false(options_flag(&o, flags, "third-flag"));
    assert_false(options_flag(&o, NULL, "other-flag"));
    assert_true(good("--no-sandbox=true").no_sandbox);
    assert_false(good("--no-sandbox=false").no_sandbox);
    assert_false(good("--no-sandbox=0").no_sandbox);
    refused("--no-sandbox=maybe", "true or false");
    refused("--single-process yes", "yes");
}

static void on_and_off(void **state)
{
    (void)state;
    assert_true(good("--cache on").cache);
    assert_false(good("--cache=off").cache);
    refused("--cache", "on|off");
    refused("--cache maybe", "on or off");
    refused("--cache _", "on or off");
    setenv("POSTERN_CACHE", "off", 1);
    assert_false(good("").cache);
    assert_true(good("--cache on").cache);
    setenv("POSTERN_CACHE", "no", 1);
    refused("", "POSTERN_CACHE");
    unsetenv("POSTERN_CACHE");
}

static void switches_in_the_environment(void **state)
{
    (void)state;
    setenv("POSTERN_NO_SANDBOX", "1", 1);
    setenv("POSTERN_BENCH_ENDPOINT", "true", 1);
    struct options o = good("");
    assert_true(o.no_sandbox && o.flags[0] && !o.flags[1]);
    setenv("POSTERN_BENCH_ENDPOINT", "0", 1);
    assert_false(good("").flags[0]);
    assert_true(good("--bench-endpoint").flags[0]);
    setenv("POSTERN_BENCH_ENDPOINT", "", 1);
    assert_false(good("").flags[0]);
    setenv("POSTERN_BENCH_ENDPOINT", "maybe", 1);
    refused("", "POSTERN_BENCH_ENDPOINT");
    unsetenv("POSTERN_BENCH_ENDPOINT");
    setenv("POSTERN_NO_SANDBOX", "maybe", 1);
    refused("", "POSTERN_NO_SANDBOX");
}

static void origins(void **state)
{
    static const char *const never[] = {
        "https://a.example/", "https://a.example/x", "a.example", "://a", "https://", "https://a,b.example", "https://\xc3\xa9", "null", "**",
    };
    struct options o = good("--cors-origin https://a.example --cors-origin http://localhost:3000,https://b.example");
    char           words[4096] = "";

    (void)state;
    assert_int_equal(o.cors_origins_count, 3);
    assert_true(str_eq(o.cors_origins[2], LIT("https://b.example")));
    assert_int_equal(good("--cors-origin *").cors_origins_count, 1);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        snprintf(words, sizeof words, "--cors-origin %s", never[i]);
        refused(words, "an origin such as");
    }
    setenv("POSTERN_CORS_ORIGIN", "https://c.example,  https://d.example,", 1);
    assert_int_equal(good("").cors_origins_count, 2);
    assert_int_equal(good("--cors-origin *").cors_origins_count, 1);
    unsetenv("POSTERN_CORS_ORIGIN");
    snprintf(words, sizeof words, "--cors-origin https://a");
    for (int i = 0; i < ORIGINS_MAX; i++) {
        assert_int_equal(good(words).cors_origins_count, i + 1);
        snprintf(words + strlen(words), sizeof words - strlen(words), ",https://a%d", i);
    }
    refused(words, "cors-origin");
}

static void which_source_wins(void **state)
{
    (void)state;
    setenv("DATABASE_URL", "sqlite:plain", 1);
    assert_true(str_eq(good("").database, LIT("sqlite:plain")));
    setenv("POSTERN_DATABASE", "sqlite:ours", 1);
    assert_true(str_eq(good("").database, LIT("sqlite:ours")));
    assert_true(str_eq(good("--database sqlite:option").database, LIT("sqlite:option")));
    setenv("JWT_SECRET", "plain", 1);
    assert_true(str_eq(good("").jwt_secret, LIT("plain")));
    setenv("POSTERN_JWT_SECRET", "ours", 1);
    assert_true(str_eq(good("").jwt_secret, LIT("ours")));
    setenv("POSTERN_MASTER_KEY", "00", 1);
    assert_true(str_eq(good("").master_key, LIT("00")));
    setenv("POSTERN_THREADS", "3", 1);
    assert_int_equal(good("").threads, 3);
    assert_int_equal(good("--threads 4").threads, 4);
    setenv("POSTERN_THREADS", "many", 1);
    refused("", "POSTERN_THREADS");
    assert_int_equal(good("--threads=5").threads, 5);   /* nobody asked the variable */
    setenv("POSTERN_THREADS", "", 1);
    refused("", "POSTERN_THREADS");
    unsetenv("POSTERN_THREADS");
}

/* What a command line shows, everybody on the machine can read. */
static void secrets_are_no_options(void **state)
{
    (void)state;
    refused("--jwt-secret x", "unknown option '--jwt-secret'");
    refused("--master-key x", "unknown option '--master-key'");
    refused("--jwt-secret=very-secret", "--jwt-secret");
    assert_null(strstr(parse("--jwt-secret=very-secret").text, "very-secret"));
}

static void wrong_command_lines(void **state)
{
    (void)state;
    refused("dance", "'dance'");
    refused("serve dance", "'dance'");
    refused("serve serve", "'serve'");
    refused("-x", "'-x'");
    refused("_", "''");
    refused("--", "'--'");
    refused("--dance", "'--dance'");
    refused("--thread 1", "'--thread'");
    refused("--threads", "needs a value");
    refused("--listen", "ADDR:PORT");
}

/* A value that is long, or has lines of its own, still makes one line that a person can read. */
static void strange_values(void **state)
{
    static char long_value[8000];
    static char name[] = "postern", option[] = "--threads";
    char       *argv[] = { name, option, long_value, NULL };
    char        text[16384];
    static const char *const lines[] = { "1\n2", "\x1b[2J", "a\rb" };

    (void)state;
    memset(long_value, '9', sizeof long_value - 1);
    for (int i = 0; i < 4; i++) {
        struct options o;
        struct buf     told = buf_fixed(text, sizeof text - 1);
        if (i < 3)
            argv[2] = (char *)lines[i];
        else
            argv[2] = long_value;
        assert_int_equal(options_parse(&o, "postern", "1", flags, 3, argv, &told), OPTIONS_WRONG);
        text[told.len] = 0;
        assert_false(told.failed);
        assert_true(told.len > 0 && told.len < 400);
        for (size_t n = 0; n < told.len; n++)
            assert_true(text[n] >= ' ' && text[n] < 0x7f);
    }
}

static void help_and_version(void **state)
{
    struct trial t = parse("serve --help");

    (void)state;
    assert_int_equal(t.verdict, OPTIONS_SHOWN);
    assert_non_null(strstr(t.text, "--head-timeout TIME"));
    assert_non_null(strstr(t.text, "--bench-endpoint"));
    assert_non_null(strstr(t.text, "JWT_SECRET"));
    assert_non_null(strstr(t.text, "POSTERN_MASTER_KEY"));
    assert_null(strstr(t.text, "--jwt-secret"));
    for (char *line = strtok(t.text, "\n"); line; line = strtok(NULL, "\n"))
        if (strlen(line) > 140)
            fail_msg("a long line: %s", line);
    assert_int_equal(parse("-h").verdict, OPTIONS_SHOWN);
    assert_int_equal(parse("--version").verdict, OPTIONS_SHOWN);
    assert_string_equal(parse("serve --version").text, "postern 9.8.7\n");
    assert_int_equal(parse("--threads x --help").verdict, OPTIONS_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
        TEST(presets), TEST(each_number_has_its_bounds), TEST(durations), TEST(each_duration_has_its_bounds), TEST(texts),
        TEST(trusted_proxies), TEST(limits), TEST(on_and_off), TEST(switches_and_flags), TEST(switches_in_the_environment), TEST(origins), TEST(which_source_wins),
        TEST(secrets_are_no_options), TEST(wrong_command_lines), TEST(strange_values), TEST(help_and_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
