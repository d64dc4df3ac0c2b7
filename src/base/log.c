/* log.c: formats an event into a fixed buffer and writes it at once; a line too long is cut. */
#include "base/log.h"

#include <errno.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/instant.h"

enum { LINE_BYTES = 2048 };

static struct {
    const char    *process;
    enum log_level least;
} settings = { "postern", LOG_LEVEL_INFO };

void log_open(const char *process, enum log_level least)
{
    settings.process = process;
    settings.least = least;
}

enum { VALUE_BYTES = 512 };

static bool is_plain(char c)
{
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
}

static bool needs_quotes(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_plain(s.at[i]))
            return true;
    return s.len == 0;
}

static void add_quoted(struct buf *b, struct str s)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c == '"' || c == '\\')
            buf_format(b, "\\%c", c);
        else if (c < ' ' || c >= 0x7f)
            buf_format(b, "\\x%02x", c);
        else
            buf_add_char(b, (char)c);
    }
    buf_add_char(b, '"');
}

static void add_pair(struct buf *b, const struct log_pair *pair)
{
    struct str value = str_slice(pair->value, 0, VALUE_BYTES);

    buf_format(b, " %s=", pair->key);
    if (needs_quotes(value))
        add_quoted(b, value);
    else
        buf_add(b, value);
}

void log_event(enum log_level level, const char *event, const struct log_pair *pairs)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    char       line[LINE_BYTES];
    struct buf b = buf_fixed(line, sizeof line - 1);

    if (level < settings.least)
        return;
    instant_add(&b, (struct instant){ clock_wall_us(&system_clock) });
    buf_format(&b, " %s event=%s process=%s", names[level], event, settings.process);
    for (; pairs && pairs->key; pairs++)
        add_pair(&b, pairs);
    line[b.len++] = '\n';
    while (write(STDERR_FILENO, line, b.len) < 0 && errno == EINTR)
        continue;
}
