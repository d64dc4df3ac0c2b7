/* result_members.c: a row says where a member lies, what it is called and what it may be; its kind
 * follows from its C type. */
#include "joust/result_members.h"

#include <stdarg.h>

#include "base/utf8.h"

#define KIND_OF(type, member)                                                                      \
    _Generic(((type *)0)->member, struct str: TEXT_MEMBER, uint64_t: COUNT_MEMBER,                 \
             unsigned: UNSIGNED_MEMBER, int: INT_MEMBER, int64_t: TIME_MEMBER,                     \
             double: REAL_MEMBER, bool: BOOL_MEMBER)
#define ROW(type, member, called, ...)                                                             \
    { .name = called, .kind = KIND_OF(type, member), .at = offsetof(type, member), __VA_ARGS__ }
#define UP_TO(most) .max = (double)(most)
#define TEXT        .nullable = true

const struct member result_members[] = {
    ROW(struct result, version, "version", TEXT),
    ROW(struct result, command, "command", TEXT),
    ROW(struct result, began, "began", TEXT),
    ROW(struct result, seed, "seed", .quoted = true),
    ROW(struct result, connections, "connections", .min = 1, UP_TO(CONNECTIONS_MAX)),
    ROW(struct result, threads, "threads", UP_TO(THREADS_MAX)),
    ROW(struct result, requests_per_connection, "requests_per_connection", .min = 1, UP_TO(1000000), .nullable = true, .later = true),
    ROW(struct result, blocks, "blocks", .min = 1, UP_TO(BLOCKS_MAX)),
    ROW(struct result, margin, "margin", UP_TO(1)),
    ROW(struct result, failures_max, "failures_max", UP_TO(1)),
    ROW(struct result, confidence, "confidence", .min = 0.5, UP_TO(0.9999)),
    ROW(struct result, ceiling, "ceiling_requests_per_second", UP_TO(1e12), .nullable = true),
    ROW(struct result, floor_ns, "floor_ns", UP_TO(TIME_NS_MAX), .nullable = true),
    { 0 },
};

const struct member target_members[] = {
    ROW(struct target_record, name, "name", .label = true),
    ROW(struct target_record, url, "url", TEXT),
    ROW(struct target_record, command, "command", TEXT),
    ROW(struct target_record, control_of, "control_of", UP_TO(TARGETS_MAX - 1), .nullable = true, .unknown = -1),
    ROW(struct target_record, program, "program", TEXT),
    ROW(struct target_record, program_hash, "program_sha256", TEXT),
    ROW(struct target_record, status, "status", UP_TO(999), .nullable = true),
    ROW(struct target_record, media_type, "media_type", TEXT),
    ROW(struct target_record, body_bytes, "body_bytes", UP_TO(COUNT_MAX)),
    ROW(struct target_record, differs, "differs", TEXT),
    ROW(struct target_record, warmed_ns, "warmed_ns", UP_TO(TIME_NS_MAX)),
    ROW(struct target_record, cost_unknown, "cost_unknown", TEXT),
    { 0 },
};

const struct member step_members[] = {
    ROW(struct step_row, name, "name", .label = true, TEXT),
    ROW(struct step_row, measured, "measured"),
    { 0 },
};

const struct member fact_members[] = {
    ROW(struct fact, name, "name", .label = true),
    ROW(struct fact, value, "value", TEXT),
    { 0 },
};

const struct member round_members[] = {
    ROW(struct round, target, "target", UP_TO(TARGETS_MAX - 1)),
    ROW(struct round, block, "block", UP_TO(BLOCKS_MAX - 1)),
    ROW(struct round, place, "place", UP_TO(TARGETS_MAX - 1)),
    ROW(struct round, began_ns, "began_ns", UP_TO(TIME_NS_MAX)),
    ROW(struct round, figures.window_ns, "window_ns", UP_TO(TIME_NS_MAX)),
    ROW(struct round, server_cpu_ns, "server_cpu_ns", UP_TO(TIME_NS_MAX), .nullable = true, .unknown = -1),
    ROW(struct round, memory_bytes, "memory_bytes", UP_TO(TIME_NS_MAX), .nullable = true, .unknown = -1),
    ROW(struct round, figures.generator_cpu_ns, "generator_cpu_ns", UP_TO(TIME_NS_MAX), .nullable = true, .unknown = -1),
    ROW(struct round, figures.asked, "connections_asked", UP_TO(CONNECTIONS_MAX)),
    ROW(struct round, figures.established, "connections_established", UP_TO(CONNECTIONS_MAX)),
    ROW(struct round, figures.connect_error, "connect_errno", UP_TO(4095), .nullable = true),
    ROW(struct round, figures.reconnects, "reconnects", UP_TO(COUNT_MAX)),
    ROW(struct round, figures.sent, "sent", UP_TO(COUNT_MAX)),
    ROW(struct round, figures.answered, "answered", UP_TO(COUNT_MAX)),
    ROW(struct round, figures.due, "due", UP_TO(COUNT_MAX)),
    ROW(struct round, figures.late, "late", UP_TO(COUNT_MAX)),
    ROW(struct round, figures.example_status, "example_status", UP_TO(999), .nullable = true),
    { 0 },
};

const struct member round_step_members[] = {
    ROW(struct step_figures, completed, "completed", UP_TO(COUNT_MAX)),
    ROW(struct step_figures, failed_ns, "failed_ns", UP_TO(TIME_NS_MAX)),
    { 0 },
};

const struct member histogram_members[] = {
    ROW(struct histogram, count, "count", UP_TO(COUNT_MAX)),
    ROW(struct histogram, unanswered, "unanswered", UP_TO(COUNT_MAX)),
    ROW(struct histogram, waited_ns, "waited_ns", UP_TO(TIME_NS_MAX)),
    ROW(struct histogram, min_ns, "min_ns", UP_TO(HISTOGRAM_MAX_NS)),
    ROW(struct histogram, max_ns, "max_ns", UP_TO(HISTOGRAM_MAX_NS)),
    ROW(struct histogram, sum_ns, "sum_ns", UP_TO(1e30)),
    { 0 },
};

/* ---- Numbers in memory -------------------------------------------------------------------- */

static int64_t whole_load(const struct member *row, const void *at)
{
    switch (row->kind) {
    case COUNT_MEMBER:
        return (int64_t)*(const uint64_t *)at;
    case UNSIGNED_MEMBER:
        return *(const unsigned *)at;
    case INT_MEMBER:
        return *(const int *)at;
    case BOOL_MEMBER:
        return *(const bool *)at;
    default:
        return *(const int64_t *)at;
    }
}

static void whole_store(const struct member *row, int64_t value, void *at)
{
    switch (row->kind) {
    case COUNT_MEMBER:
        *(uint64_t *)at = (uint64_t)value;
        break;
    case UNSIGNED_MEMBER:
        *(unsigned *)at = (unsigned)value;
        break;
    case INT_MEMBER:
        *(int *)at = (int)value;
        break;
    case BOOL_MEMBER:
        *(bool *)at = value != 0;
        break;
    default:
        *(int64_t *)at = value;
    }
}

/* ---- Writing ------------------------------------------------------------------------------ */

static json_t *json_of_broken_text(struct str s)
{
    struct buf repaired = buf_growing(s.len * 3 + 1);
    json_t    *value = NULL;

    while (s.len) {
        char     bytes[UTF8_BYTES_MAX];
        uint32_t point = utf8_next(&s);
        size_t   len = utf8_put(point == UTF8_BROKEN ? UTF8_REPLACEMENT : point, bytes);
        buf_add(&repaired, (struct str){ bytes, len });
    }
    if (!repaired.failed)
        value = json_stringn(repaired.at, repaired.len);
    buf_close(&repaired);
    return value;
}

json_t *json_of_text(struct str s)
{
    if (!s.at)
        return json_null();
    return utf8_valid(s) ? json_stringn(s.at, s.len) : json_of_broken_text(s);
}

static json_t *json_of_quoted(uint64_t value)
{
    char       digits[24];
    struct buf text = buf_fixed(digits, sizeof digits);

    buf_format(&text, "%llu", (unsigned long long)value);
    return json_of_text(buf_str(&text));
}

static json_t *json_of_member(const struct member *row, const void *at)
{
    if (row->kind == TEXT_MEMBER)
        return json_of_text(*(const struct str *)at);
    if (row->quoted)
        return json_of_quoted(*(const uint64_t *)at);
    if (row->kind == BOOL_MEMBER)
        return json_boolean(*(const bool *)at);
    if (row->kind == REAL_MEMBER) {
        double value = *(const double *)at;
        return row->nullable && value <= row->unknown ? json_null() : json_real(value);
    }
    int64_t value = whole_load(row, at);
    return row->nullable && value == row->unknown ? json_null() : json_integer(value);
}

void json_put(json_t *object, const char *name, json_t *value, bool *failed)
{
    if (json_object_set_new_nocheck(object, name, value))
        *failed = true;
}

void members_write(const struct member *rows, const void *from, json_t *object, bool *failed)
{
    for (const struct member *row = rows; row->name; row++)
        json_put(object, row->name, json_of_member(row, (const char *)from + row->at), failed);
}

/* ---- Reading ------------------------------------------------------------------------------ */

size_t descent_enter(struct descent *in, const char *name)
{
    size_t back = in->place.len;

    buf_format(&in->place, back ? ".%s" : "%s", name);
    return back;
}

size_t descent_enter_at(struct descent *in, size_t index)
{
    size_t back = in->place.len;

    buf_format(&in->place, "[%zu]", index);
    return back;
}

void descent_leave(struct descent *in, size_t to)
{
    buf_cut(&in->place, to);
}

bool descent_refuse(struct descent *in, const char *format, ...)
{
    char    text[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (in->place.len)
        buf_format(in->why, ": %.*s", STR_ARG(buf_str(&in->place)));
    buf_format(in->why, " %s", text);
    return false;
}

json_t *descent_array(struct descent *in, const json_t *object, const char *name, size_t max)
{
    size_t  back = descent_enter(in, name);
    json_t *array = json_object_get(object, name);

    if (!json_is_array(array)) {
        descent_refuse(in, array ? "is not an array" : "is missing");
        return NULL;
    }
    if (json_array_size(array) > max) {
        descent_refuse(in, "has %zu elements; at most %zu can be", json_array_size(array), max);
        return NULL;
    }
    descent_leave(in, back);
    return array;
}

json_t *descent_object(struct descent *in, const json_t *object, const char *name)
{
    size_t  back = descent_enter(in, name);
    json_t *value = json_object_get(object, name);

    if (!json_is_object(value)) {
        descent_refuse(in, value ? "is not an object" : "is missing");
        return NULL;
    }
    descent_leave(in, back);
    return value;
}

static bool is_one_line(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] < ' ' || s.at[i] == 0x7f)
            return false;
    return s.len > 0;
}

static bool read_text(struct descent *in, const struct member *row, const json_t *value,
                      struct str *out)
{
    struct str text = { json_string_value(value), json_string_length(value) };

    if (!json_is_string(value))
        return descent_refuse(in, "is not a text");
    if (row->label && !is_one_line(text))
        return descent_refuse(in, "is empty or has control characters");
    *out = arena_copy(in->arena, text);
    return !in->arena->failed || descent_refuse(in, "does not fit into memory");
}

static bool read_quoted(struct descent *in, const json_t *value, uint64_t *out)
{
    struct str text = { json_string_value(value), json_string_length(value) };

    if (!json_is_string(value) || !str_to_uint(text, UINT64_MAX, out))
        return descent_refuse(in, "is not a whole number in quotes");
    return true;
}

static bool read_real(struct descent *in, const struct member *row, const json_t *value,
                      double *out)
{
    double number = json_number_value(value);

    if (!json_is_number(value) || number < row->min || number > row->max)
        return descent_refuse(in, "is not a number from %g to %g", row->min, row->max);
    *out = number;
    return true;
}

static bool read_whole(struct descent *in, const struct member *row, const json_t *value, void *out)
{
    double number = (double)json_integer_value(value);

    if (!json_is_integer(value) || number < row->min || number > row->max)
        return descent_refuse(in, "is not a whole number from %.0f to %.0f", row->min, row->max);
    whole_store(row, json_integer_value(value), out);
    return true;
}

static bool read_bool(struct descent *in, const json_t *value, bool *out)
{
    if (!json_is_boolean(value))
        return descent_refuse(in, "is neither true nor false");
    *out = json_is_true(value);
    return true;
}

static void store_unknown(const struct member *row, void *out)
{
    if (row->kind == TEXT_MEMBER)
        *(struct str *)out = (struct str){ NULL, 0 };
    else if (row->kind == REAL_MEMBER)
        *(double *)out = row->unknown;
    else
        whole_store(row, row->unknown, out);
}

static bool read_member(struct descent *in, const struct member *row, const json_t *value,
                        void *out)
{
    if (!value && !row->later)
        return descent_refuse(in, "is missing");
    if (row->nullable && (!value || json_is_null(value))) {
        store_unknown(row, out);
        return true;
    }
    if (row->kind == TEXT_MEMBER)
        return read_text(in, row, value, out);
    if (row->quoted)
        return read_quoted(in, value, out);
    if (row->kind == REAL_MEMBER)
        return read_real(in, row, value, out);
    if (row->kind == BOOL_MEMBER)
        return read_bool(in, value, out);
    return read_whole(in, row, value, out);
}

bool members_read(struct descent *in, const json_t *object, const struct member *rows, void *into)
{
    if (!json_is_object(object))
        return descent_refuse(in, "is not an object");
    for (const struct member *row = rows; row->name; row++) {
        size_t back = descent_enter(in, row->name);
        if (!read_member(in, row, json_object_get(object, row->name), (char *)into + row->at))
            return false;
        descent_leave(in, back);
    }
    return true;
}
