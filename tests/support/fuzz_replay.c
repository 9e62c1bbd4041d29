/* Replays a kept corpus through a fuzz target without libFuzzer: every file of every folder or
 * file named on the command line is given once. Used in every run of ./check. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_LIMIT_BYTES = 1 << 20, PATH_LIMIT_BYTES = 4096 };

static unsigned replayed;

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    uint8_t *data = malloc(INPUT_LIMIT_BYTES);
    if (!data) {
        fclose(file);
        return 1;
    }
    size_t size = fread(data, 1, INPUT_LIMIT_BYTES, file);
    fclose(file);
    /* An exact allocation, so that AddressSanitizer sees a read one byte past the input. */
    uint8_t *exact = malloc(size ? size : 1);
    if (exact) {
        memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
        replayed++;
    }
    free(exact);
    free(data);
    return 0;
}

static int replay(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        perror(path);
        return 1;
    }
    if (!S_ISDIR(status.st_mode))
        return replay_file(path);
    DIR *folder = opendir(path);
    if (!folder)
        return 1;
    int failed = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        char child[PATH_LIMIT_BYTES];
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        failed |= replay(child);
    }
    closedir(folder);
    return failed;
}

int main(int count, char **arguments)
{
    int failed = 0;
    for (int i = 1; i < count; i++)
        failed |= replay(arguments[i]);
    printf("replayed %u inputs\n", replayed);
    return failed || replayed == 0;
}
