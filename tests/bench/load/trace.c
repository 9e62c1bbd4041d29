#include <stdio.h>
#include <stdlib.h>

#include "load.h"

static bool add(struct trace *trace, size_t *room, struct trace_packet packet)
{
    if (trace->count == *room) {
        *room = *room ? 2 * *room : 256;
        void *grown = realloc(trace->packets, *room * sizeof packet);
        if (!grown)
            return false;
        trace->packets = grown;
    }
    trace->packets[trace->count++] = packet;
    return true;
}

/* "# ..." is a comment; "length_us N" says how long one round is. */
bool trace_read(const char *path, unsigned slow, struct trace *ret_trace)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    struct trace trace = { 0 };
    size_t room = 0;
    char line[160];
    bool good = true;
    while (good && fgets(line, sizeof line, file)) {
        long long at;
        unsigned size, marker;
        if (sscanf(line, "length_us %lld", &at) == 1)
            trace.length = slow * at;
        else if (sscanf(line, "%lld %u %u", &at, &size, &marker) == 3)
            good = size >= 32 && size <= 1400 &&
                   add(&trace, &room,
                       (struct trace_packet){ slow * at, (uint16_t)size, marker != 0 });
        else
            good = line[0] == '#' || line[0] == '\n';
    }
    fclose(file);
    *ret_trace = trace;
    return good && trace.count && trace.length > trace.packets[trace.count - 1].at;
}
