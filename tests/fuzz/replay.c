/* replay.c: runs a fuzz target over a corpus without a fuzzer: every file of the folders that
 * are named. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE    *file = fopen(path, "rb");
    uint8_t *data = malloc(1 << 20);
    size_t   size;

    if (!file || !data)
        return 1;
    size = fread(data, 1, 1 << 20, file);
    fclose(file);
    uint8_t *exact = malloc(size ? size : 1);   /* so that a sanitizer sees the end */
    for (size_t i = 0; i < size; i++)
        exact[i] = data[i];
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    free(data);
    return 0;
}

static int run_folder(const char *folder)
{
    char           path[4096];
    DIR           *d = opendir(folder);
    struct dirent *entry;
    int            count = 0;

    while (d && (entry = readdir(d))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (run_file(path) != 0)
            return -1;
        count++;
    }
    if (d)
        closedir(d);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;

    for (int i = 1; i < argc; i++) {
        int count = run_folder(argv[i]);
        if (count <= 0) {
            fprintf(stderr, "%s: no inputs, or unreadable\n", argv[i]);
            return 1;
        }
        total += count;
    }
    printf("%s: %d inputs\n", argv[0], total);
    return total == 0;
}
