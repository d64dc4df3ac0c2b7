/* result_file.c: a result's tree into a file and out of it.
 *
 * One member a line down to a round, which is a line of its own: a file that can be read, and
 * compared by line. */
#include "joust/result_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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

static bool write_text(const json_t *tree, int fd)
{
    FILE *file = fdopen(fd, "w");

    if (!file) {
        close(fd);
        return false;
    }
    lay_out(tree, 0, file);
    fputc('\n', file);
    /* EINVAL: a pipe or a terminal has nothing to be synchronised */
    bool fine = !ferror(file) && fflush(file) == 0 && (fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
    return (fclose(file) == 0) & fine;
}

/* What is not a plain file (a pipe, a link, /dev/stdout) is not replaced but written to. */
static bool is_replaceable(const char *path)
{
    struct stat found;
    return lstat(path, &found) != 0 || S_ISREG(found.st_mode);
}

static void sync_folder(const char *path)
{
    char        folder[PATH_BYTES_MAX];
    struct buf  text = buf_fixed(folder, sizeof folder - 1);
    const char *slash = strrchr(path, '/');

    buf_add(&text, slash ? (struct str){ path, (size_t)(slash - path) + 1 } : LIT("."));
    folder[text.len] = 0;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static bool write_beside(const json_t *tree, const char *path)
{
    char beside[PATH_BYTES_MAX + 32];
    int  error = 0;

    snprintf(beside, sizeof beside, "%s.%ld.part", path, (long)getpid());
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    if (!write_text(tree, fd) || rename(beside, path) != 0) {
        error = errno;
        unlink(beside);
        errno = error;
        return false;
    }
    sync_folder(path);
    return true;
}

static bool write_through(const json_t *tree, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return fd >= 0 && write_text(tree, fd);
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
    if (fstat(fileno(file), &found) == 0 && !S_ISDIR(found.st_mode) && found.st_size <= FILE_BYTES_MAX)
        return file;
    buf_format(why, S_ISDIR(found.st_mode) ? "%s is a directory" : "%s is larger than a result can be", path);
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
        buf_format(why, "%s is not JSON: line %d, column %d: %s", path, error.line, error.column, error.text);
    fclose(file);
    return tree;
}

/* ---- Public ------------------------------------------------------------------------------- */

bool result_file_write(const struct result *r, const struct analysis *a, struct str path,
                       struct buf *why)
{
    char name[PATH_BYTES_MAX];

    if (!path_copy(path, name, why))
        return false;
    json_t *tree = result_to_tree(r, a);
    errno = ENOMEM;
    bool fine = tree && (is_replaceable(name) ? write_beside(tree, name) : write_through(tree, name));
    if (!fine)
        buf_format(why, "%s cannot be written: %s", name, strerror(errno));
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
