/* replay.c - runs a fuzz target once over each file of the folders given: what a compiler without
 * libFuzzer makes of the targets, so that every input that once went wrong is tried in each build.
 *
 *   parser_fuzz tests/fuzz/seeds/parser
 */
#include <dirent.h>
#include <stdio.h>

#include "base/buffer.h"

int LLVMFuzzerInitialize(int *count, char ***arguments) __attribute__((weak));
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return;
    buffer input = {0};
    char chunk[4096];
    for (size_t got; (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buffer_append_bytes(&input, chunk, got);
    fclose(file);
    fprintf(stderr, "%s\n", path); /* the last one named is the one that failed */
    LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.length);
    buffer_free(&input);
}

static int replay_folder(const char *folder) {
    int count = 0;
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        replay_file(path);
        count++;
    }
    if (directory)
        closedir(directory);
    return count;
}

int main(int argc, char **argv) {
    int count = 0;
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        count += replay_folder(argv[i]);
    printf("%d inputs\n", count);
    return count > 0 ? 0 : 1; /* a folder without inputs proves nothing */
}
