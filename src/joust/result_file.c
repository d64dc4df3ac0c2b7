/* result_file.c: a result's tree into a file and out of it.
 *
 * One member a line down to a round, which is a line of its own: a file that can be read, and
 * compared by line. */
#include "joust/result_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "joust/file.h"
#include "joust/result_tree.h"

enum { PATH_BYTES_MAX = 4096, LINES_DEPTH = 4 };

#define FILE_BYTES_MAX (INT64_C(1) << 30)
#define COMPACT        (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17))

/* ---- Layout ------------------------------------------------------------------------------- */

static void lay_out(const json_t *value, unsigned depth, FILE *file);

static void begin_line(unsigned depth, bool first, FILE *file)
{
    fprintf(file, "%s\n%*s", first ? "" : ",", (int)depth, "");
}

static void lay_out_object(const json_t *value, unsigned depth, FILE *file)
{
    const char *name;
    json_t     *member;
    bool        first = true;

    fputc('{', file);
    json_object_foreach((json_t *)value, name, member) {
        begin_line(depth + 1, first, file);
        fprintf(file, "\"%s\": ", name);
        lay_out(member, depth + 1, file);
        first = false;
    }
    fprintf(file, "\n%*s}", (int)depth, "");
}

static void lay_out_array(const json_t *value, unsigned depth, FILE *file)
{
    fputc('[', file);
    for (size_t i = 0; i < json_array_size(value); i++) {
        begin_line(depth + 1, i == 0, file);
        lay_out(json_array_get(value, i), depth + 1, file);
    }
    fprintf(file, "\n%*s]", (int)depth, "");
}

static bool has_containers(const json_t *array)
{
    return json_is_object(json_array_get(array, 0)) || json_is_array(json_array_get(array, 0));
}

/* As deep as LINES_DEPTH. */
static void lay_out(const json_t *value, unsigned depth, FILE *file)
{
    if (depth < LINES_DEPTH - 1 && json_object_size(value) > 0)
        lay_out_object(value, depth, file);
    else if (depth < LINES_DEPTH && has_containers(value))
        lay_out_array(value, depth, file);
    else
        json_dumpf(value, file, COMPACT);
}

/* ---- Writing ------------------------------------------------------------------------------ */

/* NULL: no memory. */
static char *text_of_tree(const json_t *tree, size_t *len)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, len);

    if (!file)
        return NULL;
    lay_out(tree, 0, file);
    fputc('\n', file);
    bool fine = !ferror(file);
    if (fclose(file) == 0 && fine)
        return text;
    free(text);
    return NULL;
}

static bool path_copy(struct str path, char out[static PATH_BYTES_MAX], struct buf *why)
{
    if (path.len == 0 || path.len >= PATH_BYTES_MAX || memchr(path.at, 0, path.len)) {
        buf_add(why, LIT("a file name is empty, too long or has a NUL byte"));
        return false;
    }
    memcpy(out, path.at, path.len);
    out[path.len] = 0;
    return true;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static FILE *open_result(const char *path, struct buf *why)
{
    FILE       *file = fopen(path, "re");
    struct stat found = { 0 };

    if (!file) {
        buf_format(why, "%s cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    if (fstat(fileno(file), &found) == 0 && !S_ISDIR(found.st_mode) &&
        found.st_size <= FILE_BYTES_MAX)
        return file;
    buf_format(why, "%s is %s", path,
               S_ISDIR(found.st_mode) ? "a directory" : "larger than a result can be");
    fclose(file);
    return NULL;
}

static json_t *read_tree(const char *path, struct buf *why)
{
    json_error_t error = { 0 };
    FILE        *file = open_result(path, why);

    if (!file)
        return NULL;
    json_t *tree = json_loadf(file, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!tree)
        buf_format(why, "%s is not JSON: line %d, column %d: %s", path, error.line,
                   error.column, error.text);
    fclose(file);
    return tree;
}

/* ---- Public ------------------------------------------------------------------------------- */

bool result_file_write(const struct result *r, const struct analysis *a, struct str path,
                       struct buf *why)
{
    char   name[PATH_BYTES_MAX];
    size_t len = 0;

    if (!path_copy(path, name, why))
        return false;
    json_t *tree = result_to_tree(r, a);
    char   *text = tree ? text_of_tree(tree, &len) : NULL;
    bool    fine = false;
    if (!text)
        buf_format(why, "%s: %s", name, strerror(ENOMEM));
    else
        fine = file_write(path, (struct str){ text, len }, why);
    free(text);
    json_decref(tree);
    return fine;
}

bool result_file_read(struct str path, struct result *out, struct buf *why)
{
    char name[PATH_BYTES_MAX];

    if (!path_copy(path, name, why))
        return false;
    json_t *tree = read_tree(name, why);
    if (!tree)
        return false;
    struct result read = result_new();
    struct buf    wrong = buf_growing(1024);
    bool          fine = result_from_tree(tree, &read, &wrong);
    if (fine)
        *out = read;
    else
        result_close(&read);
    if (!fine)
        buf_format(why, "%s%.*s", name, STR_ARG(buf_str(&wrong)));
    buf_close(&wrong);
    json_decref(tree);
    return fine;
}
