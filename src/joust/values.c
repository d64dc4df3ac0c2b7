/* values.c: reads what is typed behind an option; nothing here knows which option. */
#include "joust/values.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

enum { SHOWN_BYTES = 80, DIGITS_MAX = 15, FILE_BYTES_MAX = 1 << 20, READ_BYTES = 65536 };

static const struct { const char *name; int64_t ns; } units[] = {
    { "h", 3600000000000 }, { "m", 60000000000 }, { "s", 1000000000 },
    { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 },
};

enum { UNITS = sizeof units / sizeof *units };

static bool unit_of(struct str name, int64_t *ns)
{
    if (name.len == 0)
        name = LIT("s");
    for (size_t i = 0; i < UNITS; i++)
        if (str_eq(name, str_of(units[i].name))) {
            *ns = units[i].ns;
            return true;
        }
    return false;
}

/* "3" or "0-2". */
static bool add_cpus(struct str range, cpu_set_t *out)
{
    struct str rest = range, first = str_cut(&rest, '-');
    uint64_t   from, to;

    if (!str_to_uint(first, CPU_SETSIZE - 1, &from))
        return false;
    to = from;
    if (rest.at && (!str_to_uint(rest, CPU_SETSIZE - 1, &to) || to < from))
        return false;
    for (uint64_t cpu = from; cpu <= to; cpu++)
        CPU_SET(cpu, out);
    return true;
}

/* At most one byte more than a file may have.  0 or an errno. */
static int read_all(const char *path, struct buf *out)
{
    int     file = open(path, O_RDONLY | O_CLOEXEC), error = 0;
    ssize_t got = 1;

    if (file < 0)
        return errno;
    while (got && out->len <= FILE_BYTES_MAX && !error) {
        size_t left = FILE_BYTES_MAX + 1 - out->len, bytes = left < READ_BYTES ? left : READ_BYTES;
        char  *room = buf_room(out, bytes);
        if (!room) {
            error = ENOMEM;
            break;
        }
        got = read(file, room, bytes);
        if (got > 0)
            buf_grew(out, (size_t)got);
        else if (got < 0 && errno != EINTR)
            error = errno;
    }
    close(file);
    return error;
}

size_t value_decimal_bytes(struct str text)
{
    size_t i = 0;

    while (i < text.len && (ascii_is_digit(text.at[i]) || text.at[i] == '.'))
        i++;
    return i;
}

bool value_decimal(struct str text, double *out)
{
    uint64_t   whole = 0, parts = 0;
    struct str fraction = text, digits = str_cut(&fraction, '.');
    bool       point = fraction.at;

    if (digits.len + fraction.len > DIGITS_MAX || !str_to_uint(digits, INT64_MAX, &whole) ||
        (point && !str_to_uint(fraction, INT64_MAX, &parts)))
        return false;
    double scale = pow(10, (double)fraction.len);
    *out = ((double)whole * scale + (double)parts) / scale;
    return true;
}

bool value_time(struct str text, int64_t *ns)
{
    size_t  digits = value_decimal_bytes(text);
    int64_t unit;
    double  count;

    if (!value_decimal(str_slice(text, 0, digits), &count) ||
        !unit_of(str_slice(text, digits, text.len), &unit) || count * (double)unit > 1e18)
        return false;
    *ns = llround(count * (double)unit);
    return true;
}

void value_write_time(int64_t ns, struct buf *out)
{
    size_t i = ns ? 0 : 2;

    while (ns % units[i].ns)
        i++;
    buf_format(out, "%lld%s", (long long)(ns / units[i].ns), units[i].name);
}

bool value_cpus(struct str text, cpu_set_t *out)
{
    cpu_set_t cpus;

    CPU_ZERO(&cpus);
    while (text.at)
        if (!add_cpus(str_cut(&text, ','), &cpus))
            return false;
    *out = cpus;
    return CPU_COUNT(&cpus) > 0;
}

bool value_file(struct str path, struct arena *arena, struct str *out, struct buf *why)
{
    struct buf  text = buf_growing(FILE_BYTES_MAX + 1);
    int         error = read_all(arena_cstr(arena, path), &text);
    struct str  copy = { 0 };
    const char *wrong = error ? strerror(error) : NULL;

    if (!error && text.len > FILE_BYTES_MAX)
        wrong = "it is larger than 1 MiB";
    if (!wrong)
        copy = arena_copy(arena, buf_str(&text));
    if (arena->failed)
        wrong = strerror(ENOMEM);
    buf_close(&text);
    if (!wrong) {
        *out = copy;
        return true;
    }
    buf_add(why, LIT("cannot read "));
    value_write_quoted(path, why);
    buf_format(why, ": %s", wrong);
    return false;
}

void value_write_quoted(struct str value, struct buf *out)
{
    buf_add_char(out, '\'');
    for (size_t i = 0; i < value.len && i < SHOWN_BYTES; i++)
        buf_add_char(out, value.at[i] >= ' ' && value.at[i] < 0x7f ? value.at[i] : '?');
    buf_add(out, value.len > SHOWN_BYTES ? LIT("...'") : LIT("'"));
}
