/* options.c: one table, read by the parser, the help text and the environment. */
#include "service/options.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/cpus.h"

enum option_kind {
    TEXT_OPTION,
    ORIGINS_OPTION,
    NETWORKS_OPTION,
    SWITCH_OPTION,
    ON_OFF_OPTION,
    NUMBER_OPTION,
    DURATION_OPTION,
};

enum { SHOWN_BYTES = 80 };

#define YEAR_MS (365 * INT64_C(86400000))

struct option {
    const char      *name;          /* "head-timeout"; POSTERN_HEAD_TIMEOUT */
    enum option_kind kind;
    size_t           at;
    int64_t          min, max;
    const char      *preset;
    const char      *plain;         /* another name in the environment */
    bool             secret;        /* environment only */
    const char      *value, *help;
};

#define AT(member) .at = offsetof(struct options, member)

static const struct option options[] = {
    { "listen", TEXT_OPTION, AT(listen), .preset = "127.0.0.1:8000", .value = "ADDR:PORT",
      .help = "where to accept connections; port 0 lets the system choose" },
    { "database", TEXT_OPTION, AT(database), .preset = "sqlite:postern.db", .plain = "DATABASE_URL", .value = "URL",
      .help = "sqlite:PATH or sqlite:///PATH" },
    { "threads", NUMBER_OPTION, AT(threads), .min = 0, .max = 64, .preset = "0", .value = "N",
      .help = "event loops; 0 is one a CPU of its quota" },
    { "issuer", TEXT_OPTION, AT(issuer), .preset = "", .value = "URL",
      .help = "`iss` and `aud` of ES256 tokens; http://ADDR:PORT unless given" },
    { "token-lifetime", DURATION_OPTION, AT(token_lifetime_ms), .min = 1000, .max = 86400000, .preset = "30m", .value = "TIME",
      .help = "how long an access token is good" },
    { "session-idle", DURATION_OPTION, AT(session_idle_ms), .min = 1000, .max = YEAR_MS, .preset = "14d", .value = "TIME",
      .help = "a session that was not refreshed for so long has ended" },
    { "session-lifetime", DURATION_OPTION, AT(session_lifetime_ms), .min = 1000, .max = YEAR_MS, .preset = "30d", .value = "TIME",
      .help = "so long after its log-in a session has ended, whatever happened" },
    { "refresh-grace", DURATION_OPTION, AT(refresh_grace_ms), .min = 0, .max = 600000, .preset = "10s", .value = "TIME",
      .help = "for so long a refresh token may be used again by a client that lost the answer" },
    { "cors-origin", ORIGINS_OPTION, AT(cors_origins), .preset = "", .value = "ORIGIN",
      .help = "a web origin that may read answers; may be repeated (a comma in the environment)" },
    { "trusted-proxy", NETWORKS_OPTION, AT(trusted_proxies), .preset = "", .value = "CIDR",
      .help = "whose X-Forwarded-For and Forwarded are believed; may be repeated, or a list with commas" },
    { "limits", ON_OFF_OPTION, AT(limits), .preset = "on", .value = "on|off",
      .help = "on guessing and registering; off is for benchmarks and load tests" },
    { "hash-memory", NUMBER_OPTION, AT(hash_memory_kib), .min = 8, .max = 1048576, .preset = "19456", .value = "KIB",
      .help = "argon2id memory a hash" },
    { "hash-passes", NUMBER_OPTION, AT(hash_passes), .min = 1, .max = 64, .preset = "2", .value = "N",
      .help = "argon2id passes" },
    { "hash-threads", NUMBER_OPTION, AT(hash_threads), .min = 0, .max = 64, .preset = "0", .value = "N",
      .help = "hashes at a time; 0 is one a CPU of its quota" },
    { "queue-wait", DURATION_OPTION, AT(queue_wait_ms), .min = 1, .max = 60000, .preset = "2s", .value = "TIME",
      .help = "a request that would wait longer for a hash is answered 503" },
    { "body-bytes", NUMBER_OPTION, AT(body_bytes_max), .min = 1024, .max = BODY_BYTES_LIMIT, .preset = "65536", .value = "N",
      .help = "largest request body" },
    { "head-bytes", NUMBER_OPTION, AT(head_bytes_max), .min = 1024, .max = HEAD_BYTES_LIMIT, .preset = "16384", .value = "N",
      .help = "largest request head" },
    { "target-bytes", NUMBER_OPTION, AT(target_bytes_max), .min = 64, .max = 32768, .preset = "8192", .value = "N",
      .help = "longest request target" },
    { "headers", NUMBER_OPTION, AT(headers_max), .min = 8, .max = 64, .preset = "64", .value = "N",
      .help = "most header lines" },
    { "connections", NUMBER_OPTION, AT(connections), .min = 2, .max = 1000000, .preset = "20000", .value = "N",
      .help = "connections in all" },
    { "connections-per-address", NUMBER_OPTION, AT(connections_per_address), .min = 0, .max = 1000000, .preset = "0",
      .value = "N", .help = "connections of one client address; 0 is half of all" },
    { "head-timeout", DURATION_OPTION, AT(head_timeout_ms), .min = 100, .max = 3600000, .preset = "10s", .value = "TIME",
      .help = "for a whole request head" },
    { "body-timeout", DURATION_OPTION, AT(body_timeout_ms), .min = 100, .max = 3600000, .preset = "30s", .value = "TIME",
      .help = "for a whole request body" },
    { "idle-timeout", DURATION_OPTION, AT(idle_timeout_ms), .min = 100, .max = 86400000, .preset = "75s", .value = "TIME",
      .help = "between two requests of a connection" },
    { "send-timeout", DURATION_OPTION, AT(send_timeout_ms), .min = 100, .max = 3600000, .preset = "30s", .value = "TIME",
      .help = "for a client that does not read its answer" },
    { "shutdown-timeout", DURATION_OPTION, AT(shutdown_timeout_ms), .min = 0, .max = 3600000, .preset = "30s", .value = "TIME",
      .help = "for requests that are under way when SIGTERM comes" },
    { "master-key-file", TEXT_OPTION, AT(master_key_file), .preset = "", .value = "PATH",
      .help = "default: the database file with .key behind it, made at first start" },
    { "cache", ON_OFF_OPTION, AT(cache), .preset = "on", .value = "on|off",
      .help = "remember verified tokens, and rows until the next commit" },
    { "single-process", SWITCH_OPTION, AT(single_process), .help = "front and keeper in one process, for debuggers and sanitizers" },
    { "no-sandbox", SWITCH_OPTION, AT(no_sandbox), .help = "without seccomp and Landlock, for debuggers and sanitizers" },
    { "jwt-secret", TEXT_OPTION, AT(jwt_secret), .preset = "", .plain = "JWT_SECRET", .secret = true,
      .help = "HS256 with this secret of 32 bytes or more, instead of ES256 with a key of our own" },
    { "master-key", TEXT_OPTION, AT(master_key), .preset = "", .secret = true,
      .help = "64 hexadecimal digits, instead of the master key file" },
    { 0 },
};

/* ---- Values ----------------------------------------------------------------------------- */

static bool parse_duration(struct str text, int64_t *ms)
{
    static const struct { const char *unit; int64_t ms; } units[] = {
        { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 }, { "", 1000 },
    };
    size_t   digits = 0;
    uint64_t count;

    while (digits < text.len && ascii_is_digit(text.at[digits]))
        digits++;
    if (!str_to_uint(str_slice(text, 0, digits), 1000000000, &count))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_eq(str_slice(text, digits, text.len), str_of(units[i].unit))) {
            *ms = (int64_t)count * units[i].ms;
            return true;
        }
    return false;
}

/* "*", or scheme://host[:port] as a browser sends it (RFC 6454 section 6.2): no path, no blank. */
static bool is_origin(struct str s)
{
    size_t     scheme = str_find(s, LIT("://"));
    struct str host = str_slice(s, scheme + 3, s.len);

    if (str_eq(s, LIT("*")))
        return true;
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || s.at[i] >= 0x7f)
            return false;
    return scheme > 0 && host.len > 0 && str_find_byte(host, '/') == host.len;
}

static bool add_origins(struct options *o, struct str list)
{
    while (list.at) {
        struct str origin = str_trim(str_cut(&list, ','));
        if (origin.len == 0)
            continue;
        if (o->cors_origins_count == ORIGINS_MAX || !is_origin(origin))
            return false;
        o->cors_origins[o->cors_origins_count++] = origin;
    }
    return true;
}

static bool add_networks(struct options *o, struct str list)
{
    while (list.at) {
        struct str network = str_trim(str_cut(&list, ','));
        if (network.len == 0)
            continue;
        if (o->trusted_proxies_count == PROXIES_MAX ||
            !network_parse(network, &o->trusted_proxies[o->trusted_proxies_count]))
            return false;
        o->trusted_proxies_count++;
    }
    return true;
}

static bool parse_on_off(struct str text, bool *on)
{
    *on = str_eq(text, LIT("on"));
    return *on || str_eq(text, LIT("off"));
}

static bool parse_switch(struct str text, bool *on)
{
    *on = str_eq(text, LIT("1")) || str_eq(text, LIT("true"));
    return *on || text.len == 0 || str_eq(text, LIT("0")) || str_eq(text, LIT("false"));
}

static bool set_number(const struct option *row, int64_t value, int64_t *member)
{
    if (value < row->min || value > row->max)
        return false;
    *member = value;
    return true;
}

static bool set_value(struct options *o, const struct option *row, struct str text)
{
    void    *member = (char *)o + row->at;
    uint64_t number;
    int64_t  ms;

    switch (row->kind) {
    case TEXT_OPTION:
        *(struct str *)member = text;
        return true;
    case ORIGINS_OPTION:
        return add_origins(o, text);
    case NETWORKS_OPTION:
        return add_networks(o, text);
    case SWITCH_OPTION:
        return parse_switch(text, member);
    case ON_OFF_OPTION:
        return parse_on_off(text, member);
    case NUMBER_OPTION:
        return str_to_uint(text, INT64_MAX, &number) && set_number(row, (int64_t)number, member);
    case DURATION_OPTION:
        return parse_duration(text, &ms) && set_number(row, ms, member);
    }
    return false;
}

/* ---- Messages --------------------------------------------------------------------------- */

static void write_range(const struct option *row, struct buf *text)
{
    if (row->kind == DURATION_OPTION)
        buf_format(text, "a time such as 500ms, 10s or 5m, from %lldms to %llds",
                   (long long)row->min, (long long)row->max / 1000);
    else if (row->kind == NUMBER_OPTION)
        buf_format(text, "a number from %lld to %lld", (long long)row->min, (long long)row->max);
    else if (row->kind == ORIGINS_OPTION)
        buf_add(text, LIT("an origin such as https://app.example.com, or *"));
    else if (row->kind == NETWORKS_OPTION)
        buf_add(text, LIT("a network such as 10.0.0.0/8 or 2001:db8::/32, or an address"));
    else if (row->kind == ON_OFF_OPTION)
        buf_add(text, LIT("on or off"));
    else
        buf_add(text, LIT("true or false"));
}

/* What was typed, so that it stays one line that a person can read. */
static void write_shown(struct str value, struct buf *text)
{
    for (size_t i = 0; i < value.len && i < SHOWN_BYTES; i++)
        buf_add_char(text, value.at[i] >= ' ' && value.at[i] < 0x7f ? value.at[i] : '?');
    if (value.len > SHOWN_BYTES)
        buf_add(text, LIT("..."));
}

static bool refuse_value(const struct option *row, const char *source, struct str value,
                         struct buf *text)
{
    buf_format(text, "%s: '", source);
    write_shown(value, text);
    buf_add(text, LIT("' is not "));
    write_range(row, text);
    return false;
}

static bool refuse_word(const char *what, struct str word, struct buf *text)
{
    buf_format(text, "%s '", what);
    write_shown(word, text);
    buf_add(text, LIT("'; see --help"));
    return false;
}

static void write_help(const char *program, const struct program_flag *flags, struct buf *text)
{
    buf_format(text, "usage: %s [serve] [options]\n\n", program);
    for (const struct option *row = options; row->name; row++) {
        if (row->secret)
            continue;
        char       left[64];
        struct buf l = buf_fixed(left, sizeof left);
        buf_format(&l, "--%s %s", row->name, row->value ? row->value : "");
        buf_format(text, "  %-36.*s %s", (int)l.len, l.at, row->help);
        if (row->preset && row->preset[0])
            buf_format(text, " (%s)", row->preset);
        buf_add_char(text, '\n');
    }
    for (const struct program_flag *f = flags; f && f->name; f++)
        buf_format(text, "  --%-34s %s\n", f->name, f->help);
    buf_add(text, LIT("\nEach option also as POSTERN_NAME in the environment.  Only there:\n\n"));
    for (const struct option *row = options; row->name; row++)
        if (row->secret)
            buf_format(text, "  %-36s %s\n", row->plain ? row->plain : "POSTERN_MASTER_KEY",
                       row->help);
}

/* ---- Sources ---------------------------------------------------------------------------- */

static const char *environment_name(const char *name, char out[static 64])
{
    struct buf b = buf_fixed(out, 63);

    buf_add(&b, LIT("POSTERN_"));
    for (; *name; name++)
        buf_add_char(&b, *name == '-' ? '_'
                                      : (char)(*name >= 'a' && *name <= 'z' ? *name - 32 : *name));
    out[b.len] = 0;
    return out;
}

static bool set_from_environment(struct options *o, const struct option *row, struct buf *text)
{
    char        name[64];
    const char *source = environment_name(row->name, name);
    const char *value = getenv(source);

    if (!value && row->plain)
        value = getenv(source = row->plain);
    if (!value || (row->plain && !value[0]))
        return !row->preset || set_value(o, row, str_of(row->preset));
    return set_value(o, row, str_of(value)) || refuse_value(row, source, str_of(value), text);
}

static const struct option *find_option(struct str name)
{
    for (const struct option *row = options; row->name; row++)
        if (!row->secret && str_eq(name, str_of(row->name)))
            return row;
    return NULL;
}

static bool set_flag(struct options *o, const struct program_flag *flags, struct str name)
{
    for (size_t i = 0; flags && i < FLAGS_MAX && flags[i].name; i++)
        if (str_eq(name, str_of(flags[i].name))) {
            o->flags[i] = true;
            return true;
        }
    return false;
}

static bool flags_from_environment(struct options *o, const struct program_flag *flags,
                                   struct buf *text)
{
    static const struct option a_switch = { .kind = SWITCH_OPTION };
    char                       name[64];
    bool                       on;

    for (size_t i = 0; flags && i < FLAGS_MAX && flags[i].name; i++) {
        struct str value = str_of(getenv(environment_name(flags[i].name, name)));
        if (!parse_switch(value, &on))
            return refuse_value(&a_switch, name, value, text);
        o->flags[i] |= on;
    }
    return true;
}

/* One word of the command line and, when it takes one, the value in the next. */
static bool take_argument(struct options *o, const struct program_flag *flags, char **argv,
                          int argc, int *i, struct buf *text)
{
    struct str rest = str_of(argv[*i]);

    if (!str_starts(rest, LIT("--")))
        return refuse_word("unexpected argument", rest, text);
    rest = str_slice(rest, 2, rest.len);
    struct str name = str_cut(&rest, '=');
    if (!rest.at && set_flag(o, flags, name))
        return true;
    const struct option *row = find_option(name);
    if (!row)
        return refuse_word("unknown option", (struct str){ name.at - 2, name.len + 2 }, text);
    struct str value = rest.at ? rest : LIT("true");
    if (!rest.at && row->kind != SWITCH_OPTION) {
        if (++*i >= argc) {
            buf_format(text, "--%s needs a value: %s", row->name, row->value);
            return false;
        }
        value = str_of(argv[*i]);
    }
    return set_value(o, row, value) || refuse_value(row, row->name, value, text);
}

static bool is_word(const char *argument, const char *word)
{
    return str_eq(str_of(argument), str_of(word));
}

static bool was_given(const struct option *row, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct str rest = str_of(argv[i]);
        if (!str_starts(rest, LIT("--")))
            continue;
        rest = str_slice(rest, 2, rest.len);
        if (str_eq(str_cut(&rest, '='), str_of(row->name)))
            return true;
    }
    return false;
}

static bool set_rest(struct options *o, const struct program_flag *flags, int argc, char **argv,
                     struct buf *text)
{
    for (const struct option *row = options; row->name; row++)
        if (!was_given(row, argc, argv) && !set_from_environment(o, row, text))
            return false;
    return flags_from_environment(o, flags, text);
}

static void set_derived(struct options *o)
{
    int cpus = cpus_usable();

    if (o->threads == 0)
        o->threads = cpus < 64 ? cpus : 64;
    if (o->hash_threads == 0)
        o->hash_threads = cpus < 64 ? cpus : 64;
    if (o->connections_per_address == 0)
        o->connections_per_address = o->connections / 2;
}

enum options_verdict options_parse(struct options *o, const char *program, const char *version,
                                   const struct program_flag *flags, int argc, char **argv,
                                   struct buf *text)
{
    *o = (struct options){ 0 };
    int first = argc > 1 && is_word(argv[1], "serve") ? 2 : 1;
    for (int i = first; i < argc; i++) {
        if (is_word(argv[i], "--help") || is_word(argv[i], "-h")) {
            write_help(program, flags, text);
            return OPTIONS_SHOWN;
        }
        if (is_word(argv[i], "--version")) {
            buf_format(text, "%s %s\n", program, version);
            return OPTIONS_SHOWN;
        }
        if (!take_argument(o, flags, argv, argc, &i, text))
            return OPTIONS_WRONG;
    }
    if (!set_rest(o, flags, argc, argv, text))
        return OPTIONS_WRONG;
    set_derived(o);
    return OPTIONS_SERVE;
}

bool options_flag(const struct options *o, const struct program_flag *flags, const char *name)
{
    for (size_t i = 0; flags && i < FLAGS_MAX && flags[i].name; i++)
        if (is_word(flags[i].name, name))
            return o->flags[i];
    return false;
}
