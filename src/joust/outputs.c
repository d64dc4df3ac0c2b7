/* outputs.c: asked before the campaign, so that no hour of measuring ends in a file that cannot be.
 *
 * Nothing is created: a campaign that is given up leaves no empty files, and what was there stays
 * until there is something to put in its place.  So a full disk is only found at the end. */
#include "joust/outputs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "joust/values.h"

struct output {
    const char *option;
    struct str  path;
    char        name[PATH_MAX], folder[PATH_MAX];
};

enum { OUTPUTS = 3 };

static struct str last_name(struct str path)
{
    size_t from = path.len;

    while (from > 0 && path.at[from - 1] != '/')
        from--;
    return str_slice(path, from, path.len);
}

/* Of "out.json" ".", of "/out.json" "/". */
static void set_folder(struct output *out)
{
    size_t len = out->path.len - last_name(out->path).len;

    if (len == 0)
        memcpy(out->folder, ".", 2);
    else
        snprintf(out->folder, sizeof out->folder, "%.*s", (int)len, out->path.at);
}

/* A plain file is written beside and renamed, so its folder matters; all else is written to.  0 or
 * an errno. */
static int find_obstacle(struct output *out)
{
    struct stat found;

    if (out->path.len >= sizeof out->name)
        return ENAMETOOLONG;
    snprintf(out->name, sizeof out->name, "%.*s", STR_ARG(out->path));
    set_folder(out);
    if (lstat(out->name, &found) != 0 || S_ISREG(found.st_mode))
        return access(out->folder, W_OK | X_OK) == 0 ? 0 : errno;
    if (stat(out->name, &found) != 0)
        return 0;               /* a link to what is not there yet */
    if (S_ISDIR(found.st_mode))
        return EISDIR;
    return access(out->name, W_OK) == 0 ? 0 : errno;
}

static bool is_same_inode(const char *a, const char *b)
{
    struct stat one, other;

    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static bool is_same(const struct output *a, const struct output *b)
{
    return is_same_inode(a->name, b->name) ||
           (is_same_inode(a->folder, b->folder) && str_eq(last_name(a->path), last_name(b->path)));
}

static bool check(struct output *out, struct buf *why)
{
    int error = find_obstacle(out);

    if (error == 0)
        return true;
    buf_format(why, "--%s: ", out->option);
    value_write_quoted(out->path, why);
    buf_format(why, " cannot be written: %s", strerror(error));
    return false;
}

static bool check_apart(const struct output *a, const struct output *b, struct buf *why)
{
    if (!a->path.at || !is_same(a, b))
        return true;
    buf_format(why, "--%s and --%s are both to be written to ", a->option, b->option);
    value_write_quoted(b->path, why);
    return false;
}

bool outputs_check(const struct options *o, struct buf *why)
{
    struct output outputs[OUTPUTS] = {
        { .option = "json", .path = o->json_file },
        { .option = "report", .path = o->report_file },
        { .option = "plot", .path = o->plot_file },
    };

    for (size_t i = 0; i < OUTPUTS; i++) {
        if (!outputs[i].path.at)
            continue;
        if (!check(&outputs[i], why))
            return false;
        for (size_t k = 0; k < i; k++)
            if (!check_apart(&outputs[k], &outputs[i], why))
                return false;
    }
    return true;
}
