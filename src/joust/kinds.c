/* kinds.c: one setter a kind.
 *
 * A setter that says no has either written why, or leaves it to the kind's `is`. */
#include "joust/kinds.h"

#include "joust/gates.h"
#include "joust/threshold.h"
#include "joust/values.h"

static void *member(struct reading *r, const struct option *row)
{
    return (char *)r->o + row->at;
}

static bool set_in_bounds(const struct option *row, int64_t value, int64_t *out)
{
    if (value < row->min || value > row->max)
        return false;
    *out = value;
    return true;
}

static bool set_switch(struct reading *r, const struct option *row, struct str value)
{
    (void)value;
    *(bool *)member(r, row) = true;
    return true;
}

static bool set_null_server(struct reading *r, const struct option *row, struct str value)
{
    (void)row, (void)value;
    r->o->mode = JOUST_NULL_SERVER;
    return true;
}

static bool set_number(struct reading *r, const struct option *row, struct str value)
{
    uint64_t number;

    return str_to_uint(value, INT64_MAX, &number) &&
           set_in_bounds(row, (int64_t)number, member(r, row));
}

static bool set_status(struct reading *r, const struct option *row, struct str value)
{
    uint64_t number;

    if (!str_to_uint(value, 599, &number) || number < 200)
        return false;
    *(int *)member(r, row) = (int)number;
    return true;
}

static bool set_time(struct reading *r, const struct option *row, struct str value)
{
    int64_t ns;

    return value_time(value, &ns) && set_in_bounds(row, ns, member(r, row));
}

static bool set_rate(struct reading *r, const struct option *row, struct str value)
{
    double rate;

    if (!value_decimal(value, &rate) || rate < 1 || rate > 1e8)
        return false;
    *(double *)member(r, row) = rate;
    return true;
}

static bool set_percent(struct reading *r, const struct option *row, struct str value)
{
    double percent;

    if (str_ends(value, LIT("%")))
        value.len--;
    if (!value_decimal(value, &percent) || percent > 100)
        return false;
    *(double *)member(r, row) = percent / 100;
    return true;
}

static bool set_quantile(struct reading *r, const struct option *row, struct str value)
{
    double percent;

    (void)row;
    if (str_starts(value, LIT("p")))
        value = str_slice(value, 1, value.len);
    if (!value_decimal(value, &percent) || percent / 100 < QUANTILE_MIN || percent / 100 >= 1 ||
        r->o->quantiles_count == QUANTILES_MAX)
        return false;
    r->o->quantiles[r->o->quantiles_count++] = percent / 100;
    return true;
}

static bool set_text(struct reading *r, const struct option *row, struct str value)
{
    *(struct str *)member(r, row) = value;
    return value.len > 0;
}

static bool set_picture(struct reading *r, const struct option *row, struct str value)
{
    return set_text(r, row, value) &&
           (str_ends(value, LIT(".png")) || str_ends(value, LIT(".svg")));
}

static bool set_header(struct reading *r, const struct option *row, struct str value)
{
    (void)row;
    size_t colon = str_find_byte(value, ':');
    if (colon == 0 || colon == value.len || r->o->headers_count == HEADERS_OPTION_MAX)
        return false;
    r->o->headers[r->o->headers_count++] = value;
    return true;
}

/* A mistake that tells more than what a value must be begins so. */
static bool begin_why(struct reading *r, const struct option *row)
{
    buf_format(r->text, "--%s: ", row->name);
    return true;
}

static bool set_file(struct reading *r, const struct option *row, struct str value)
{
    struct buf why = buf_growing(1024);
    bool       read = value_file(value, r->arena, member(r, row), &why);

    if (!read) {
        begin_why(r, row);
        buf_add(r->text, buf_str(&why));
    }
    buf_close(&why);
    return read;
}

static bool set_body(struct reading *r, const struct option *row, struct str value)
{
    if (str_starts(value, LIT("@")))
        return set_file(r, row, str_slice(value, 1, value.len));
    *(struct str *)member(r, row) = value;
    return true;
}

static bool set_ignored(struct reading *r, const struct option *row, struct str value)
{
    struct ignored *ignored = member(r, row);

    while (value.at) {
        struct str name = str_trim(str_cut(&value, ','));
        if (name.len == 0 || ignored->count == IGNORED_MAX)
            return false;
        ignored->names[ignored->count++] = name;
    }
    return true;
}

static bool set_run(struct reading *r, const struct option *row, struct str value)
{
    (void)row;
    return targets_note(&r->runs, "--run", value, r->text);
}

static bool set_pid(struct reading *r, const struct option *row, struct str value)
{
    (void)row;
    return targets_note(&r->pids, "--pid", value, r->text);
}

/* The first CPU that is not there, or -1. */
static int find_missing(const cpu_set_t *wanted)
{
    cpu_set_t here;

    if (sched_getaffinity(0, sizeof here, &here) != 0)
        return -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, wanted) && !CPU_ISSET(cpu, &here))
            return cpu;
    return -1;
}

static bool set_pin(struct reading *r, const struct option *row, struct str value)
{
    struct options *o = r->o;
    struct str      generator = value, servers = str_cut(&generator, ':');
    cpu_set_t       both;

    if (!value_cpus(servers, &o->server_cpus) || !value_cpus(generator, &o->generator_cpus))
        return false;
    CPU_OR(&both, &o->server_cpus, &o->generator_cpus);
    int missing = find_missing(&both);
    if (missing >= 0 && begin_why(r, row))
        buf_format(r->text, "this machine has no CPU %d that joust may use", missing);
    o->pinned = true;
    o->pin = value;
    return missing < 0;
}

static bool allow(struct options *o, struct str name)
{
    for (unsigned i = 0; i < o->allowed_count; i++)
        if (str_eq(o->allowed[i], name))
            return true;
    for (unsigned i = 0; gate_name(i); i++)
        if (str_eq(name, str_of(gate_name(i)))) {
            o->allowed[o->allowed_count++] = str_of(gate_name(i));
            return true;
        }
    return false;
}

static bool set_allowed(struct reading *r, const struct option *row, struct str value)
{
    (void)row;
    while (value.at)
        if (!allow(r->o, str_trim(str_cut(&value, ','))))
            return false;
    return true;
}

static bool set_fail_if(struct reading *r, const struct option *row, struct str value)
{
    struct threshold threshold;

    if (r->o->fail_ifs_count == FAIL_IFS_MAX)
        return false;
    begin_why(r, row);
    if (!threshold_parse(value, &threshold, r->text))
        return false;
    buf_reset(r->text);
    r->o->fail_ifs[r->o->fail_ifs_count++] = value;
    return true;
}

static void write_bounds(const struct option *row, struct buf *text)
{
    if (row->kind != &kind_time) {
        buf_format(text, "a number from %lld to %lld", (long long)row->min, (long long)row->max);
        return;
    }
    buf_add(text, LIT("a time such as 500ms, 10s or 5m, from "));
    value_write_time(row->min, text);
    buf_add(text, LIT(" to "));
    value_write_time(row->max, text);
}

const struct kind kind_switch = { set_switch, .bare = true };
const struct kind kind_null_server = { set_null_server, .bare = true };
const struct kind kind_question = { .bare = true };     /* answered before anything is set */
const struct kind kind_number = { set_number, NULL, false };
const struct kind kind_time = { set_time, NULL, false };
const struct kind kind_status = { set_status, "a status from 200 to 599", false };
const struct kind kind_rate = { set_rate, "a number of requests a second from 1 to 100000000", false };
const struct kind kind_percent = { set_percent, "a percentage such as 2%, at most 100%", false };
const struct kind kind_quantile = { set_quantile, "a percentile such as 99.9, from 1 to below 100, one of at most 8", false };
const struct kind kind_text = { set_text, "a value: it is empty", false };
const struct kind kind_picture = { set_picture, "the name of a file that ends in .png or .svg", false };
const struct kind kind_header = { set_header, "a header such as 'Accept: text/html', one of at most 32", false };
const struct kind kind_body = { set_body, NULL, false };
const struct kind kind_file = { set_file, NULL, false };
const struct kind kind_ignored = { set_ignored, "a list of members such as id,created_at, at most 32 in all", false };
const struct kind kind_run = { set_run, NULL, false };
const struct kind kind_pid = { set_pid, NULL, false };
const struct kind kind_pin = { set_pin, "two lists of CPUs, SERVERS:GENERATOR, such as 0-2:3", false };
const struct kind kind_allowed = { set_allowed, "a list of failures, connections, answers, little, ceiling, rate, tail", false };
const struct kind kind_fail_if = { set_fail_if, "one of at most 16 conditions", false };

bool option_set(struct reading *r, const struct option *row, struct str value)
{
    if (row->kind->set(r, row, value))
        return true;
    if (r->text->len)
        return false;
    begin_why(r, row);
    value_write_quoted(value, r->text);
    buf_add(r->text, LIT(" is not "));
    if (row->kind->is)
        buf_add(r->text, str_of(row->kind->is));
    else
        write_bounds(row, r->text);
    return false;
}
