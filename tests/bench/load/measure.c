#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

enum { BUCKETS_PER_DOUBLING = 128 };

/* Logarithmic buckets from 1 µs on, half a percent wide. */
void delay_note(uint64_t buckets[DELAY_BUCKETS], tl_time_us delay)
{
    double at = delay > 1 ? log2((double)delay) * BUCKETS_PER_DOUBLING : 0;
    size_t bucket = at < DELAY_BUCKETS - 1 ? (size_t)at : DELAY_BUCKETS - 1;
    buckets[bucket]++;
}

double delay_quantile(const uint64_t buckets[DELAY_BUCKETS], double quantile)
{
    uint64_t total = 0, seen = 0;
    for (size_t i = 0; i < DELAY_BUCKETS; i++)
        total += buckets[i];
    for (size_t i = 0; i < DELAY_BUCKETS; i++) {
        seen += buckets[i];
        if (seen && (double)seen >= quantile * (double)total)
            return exp2((double)i / BUCKETS_PER_DOUBLING);
    }
    return 0;
}

uint64_t cpu_of(int pid)
{
    char path[320];
    uint64_t total = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (!tasks)
        return 0;
    const struct dirent *task;
    while ((task = readdir(tasks))) {
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, task->d_name);
        FILE *file = fopen(path, "re");
        char line[128];
        if (file && fgets(line, sizeof line, file))
            total += strtoull(line, NULL, 10);
        if (file)
            fclose(file);
    }
    closedir(tasks);
    return total;
}
