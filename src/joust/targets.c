/* targets.c: what a URL means is load/url.h's business; here only names are checked. */
#include "joust/targets.h"

#include "base/utf8.h"
#include "joust/values.h"

enum { NAME_CHARS_MAX = 32, PID_MAX = 1 << 22 };

static bool refuse(const char *before, struct str value, const char *after, struct buf *why)
{
    buf_add(why, str_of(before));
    value_write_quoted(value, why);
    buf_add(why, str_of(after));
    return false;
}

static bool is_printable(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.at[i] < ' ' || name.at[i] == 0x7f)
            return false;
    return utf8_valid(name);
}

static struct str host_of(struct str url)
{
    struct str host = str_slice(url, str_find(url, LIT("://")) + 3, url.len);
    size_t     end = 0;

    while (end < host.len && !memchr("/?#", host.at[end], 3))
        end++;
    return str_slice(host, 0, end);
}

static bool is_known(const struct options *o, struct str name)
{
    for (unsigned i = 0; i < o->targets_count; i++)
        if (str_eq(o->targets[i].name, name))
            return true;
    return false;
}

static bool check_name(const struct options *o, struct str name, struct buf *why)
{
    if (!is_printable(name))
        return refuse("the name ", name, " has characters that cannot be printed", why);
    if (utf8_count(name) > NAME_CHARS_MAX)
        return refuse("the name ", name, " is longer than 32 characters; give a short one: NAME=URL", why);
    if (is_known(o, name))
        return refuse("two targets are called ", name, "; give each its own name: NAME=URL", why);
    return true;
}

static struct target_option *find(struct options *o, const char *option, struct str name,
                                  struct buf *why)
{
    for (unsigned i = 0; i < o->targets_count; i++)
        if (str_eq(o->targets[i].name, name))
            return &o->targets[i];
    buf_format(why, "%s: no target is called ", option);
    value_write_quoted(name, why);
    buf_add(why, LIT("; there are"));
    for (unsigned i = 0; i < o->targets_count; i++)
        buf_format(why, "%s %.*s", i ? "," : "", STR_ARG(o->targets[i].name));
    return NULL;
}

static bool bind_runs(struct options *o, const struct bindings *runs, struct buf *why)
{
    for (unsigned i = 0; i < runs->count; i++) {
        struct target_option *t = find(o, "--run", runs->names[i], why);
        if (!t)
            return false;
        if (t->command.at)
            return refuse("--run is given twice for ", t->name, "", why);
        t->command = runs->values[i];
    }
    return true;
}

static bool bind_pids(struct options *o, const struct bindings *pids, struct buf *why)
{
    uint64_t pid;

    for (unsigned i = 0; i < pids->count; i++) {
        struct target_option *t = find(o, "--pid", pids->names[i], why);
        if (!t)
            return false;
        if (!str_to_uint(pids->values[i], PID_MAX, &pid) || pid == 0)
            return refuse("--pid: ", pids->values[i], " is not a process id", why);
        if (t->pid)
            return refuse("--pid is given twice for ", t->name, "", why);
        if (t->command.at)
            return refuse("--run and --pid are both given for ", t->name,
                          ": joust knows the process that it starts", why);
        t->pid = (int64_t)pid;
    }
    return true;
}

static bool add_control(struct options *o, struct arena *arena, struct buf *why)
{
    const struct target_option *first = &o->targets[0];
    struct str name = arena_format(arena, "%.*s again", STR_ARG(first->name));

    if (arena->failed)
        return refuse("no memory for ", first->name, "", why);
    if (is_known(o, name))
        return refuse("--control calls its target ", name, ", and there is one of that name", why);
    o->targets[o->targets_count++] =
        (struct target_option){ .name = name, .url = first->url, .pid = first->pid };
    return true;
}

bool targets_add(struct options *o, struct str text, struct buf *why)
{
    size_t     equals = str_find_byte(text, '=');
    bool       bare = str_find(text, LIT("://")) < equals;
    struct str name = bare ? host_of(text) : str_slice(text, 0, equals);
    struct str url = bare ? text : str_slice(text, equals + 1, text.len);

    if (!bare && equals == text.len)
        return refuse("", text, " is not a target: NAME=URL, such as a=http://127.0.0.1:8000/", why);
    if (bare && name.len == 0)
        return refuse("the URL ", text, " has no host", why);
    if (name.len == 0)
        return refuse("the target ", text, " has no name before the '='", why);
    if (url.len == 0)
        return refuse("the target ", text, " has no URL behind the '='", why);
    if (!check_name(o, name, why))
        return false;
    o->targets[o->targets_count++] = (struct target_option){ .name = name, .url = url };
    return true;
}

bool targets_note(struct bindings *b, const char *option, struct str text, struct buf *why)
{
    struct str value = text, name = str_cut(&value, '=');

    if (name.len == 0 || value.len == 0) {
        buf_format(why, "%s: ", option);
        return refuse("", text, " is not NAME=VALUE, NAME being a target's", why);
    }
    if (b->count == TARGETS_MAX) {
        buf_format(why, "%s is given more often than there can be targets", option);
        return false;
    }
    b->names[b->count] = name;
    b->values[b->count++] = value;
    return true;
}

bool targets_finish(struct options *o, const struct bindings *runs, const struct bindings *pids,
                    struct arena *arena, struct buf *why)
{
    return bind_runs(o, runs, why) && bind_pids(o, pids, why) &&
           (!o->control || add_control(o, arena, why));
}
