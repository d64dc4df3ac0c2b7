/* command.c: results are handed on, and whoever reads one must not be able to log in.
 *
 * Known by their names: headers that authenticate, and those named as keys and tokens are.  What
 * else is secret (in a body, in --run) cannot be known here and is kept. */
#include "joust/command.h"

#include "base/buf.h"

enum { COMMAND_BYTES_MAX = 8 << 20 };

static const struct str secret_names[] = {
    { "Authorization", 13 }, { "Proxy-Authorization", 19 }, { "Cookie", 6 },
};
static const struct str secret_ends[] = { { "-Key", 4 }, { "-Token", 6 } };

static bool is_secret(struct str name)
{
    for (size_t i = 0; i < sizeof secret_names / sizeof *secret_names; i++)
        if (str_eq_nocase(name, secret_names[i]))
            return true;
    for (size_t i = 0; i < sizeof secret_ends / sizeof *secret_ends; i++) {
        size_t len = secret_ends[i].len;
        if (name.len > len &&
            str_eq_nocase(str_slice(name, name.len - len, name.len), secret_ends[i]))
            return true;
    }
    return false;
}

/* What stands before the header in a word: "--header=", "-H", or nothing behind an -H of its own.
 * None: it is no header. */
static struct str header_option(struct str word, struct str before)
{
    if (str_eq(before, LIT("-H")) || str_eq(before, LIT("--header")))
        return str_slice(word, 0, 0);
    if (str_starts(word, LIT("--header=")))
        return str_slice(word, 0, 9);
    if (str_starts(word, LIT("-H")))
        return str_slice(word, 0, 2);
    return (struct str){ 0 };
}

/* The word, or as much of it as may be seen. */
static struct str visible_part(struct str word, struct str before, bool *blanked)
{
    struct str option = header_option(word, before);
    struct str header = str_slice(word, option.len, word.len);
    size_t     colon = str_find_byte(header, ':');

    *blanked = option.at && colon < header.len && is_secret(str_trim(str_slice(header, 0, colon)));
    return *blanked ? str_slice(word, 0, option.len + colon + 1) : word;
}

static bool is_plain(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (strchr(" \t\r\n'\"\\$`&|;<>(){}*?[]#~!", word.at[i]))
            return false;
    return word.len > 0;
}

/* Nothing can be escaped within single quotes, so a quote stands outside them. */
static void add_quoted(struct str word, struct buf *out)
{
    buf_add_char(out, '\'');
    for (size_t i = 0; i < word.len; i++)
        if (word.at[i] == '\'')
            buf_add(out, LIT("'\\''"));
        else
            buf_add_char(out, word.at[i]);
    buf_add_char(out, '\'');
}

static void add_word(struct str word, struct str before, struct buf *scratch, struct buf *out)
{
    bool blanked;

    buf_reset(scratch);
    buf_add(scratch, visible_part(word, before, &blanked));
    if (blanked)
        buf_add(scratch, LIT(" …"));
    if (is_plain(buf_str(scratch)))
        buf_add(out, buf_str(scratch));
    else
        add_quoted(buf_str(scratch), out);
}

const char *command_record(int argc, char **argv, struct arena *arena)
{
    struct buf text = buf_growing(COMMAND_BYTES_MAX), scratch = buf_growing(COMMAND_BYTES_MAX);

    for (int i = 0; i < argc; i++) {
        if (i)
            buf_add_char(&text, ' ');
        add_word(str_of(argv[i]), i ? str_of(argv[i - 1]) : LIT(""), &scratch, &text);
    }
    const char *copy = arena_cstr(arena, buf_str(&text));
    buf_close(&text);
    buf_close(&scratch);
    return copy;
}
