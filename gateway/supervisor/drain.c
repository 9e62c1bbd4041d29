/* The command's side of a drain: SIGUSR1 to the supervisor with the relay's index, which only its
 * owner may send; then the end of that process is waited for. What the supervisor runs is read
 * from /proc, as any ps would. */
#include "gateway/drain.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    RELAYS_LIMIT = 100,
    WITHIN_MS = 45000, /* the supervisor's 30 s, its 5 s, and some */
    ASK_EVERY_MS = 500,
    AGAIN_MS = 100,
    AGAIN_TIMES = 50 /* for a fresh process to be there before the next one drains */
};

static size_t read_file(const char *path, char *buffer, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t used = file ? fread(buffer, 1, size - 1, file) : 0;
    if (file)
        fclose(file);
    buffer[used] = 0;
    return used;
}

static pid_t supervisor_of(const char *state_dir)
{
    char path[4096], text[32];
    if (snprintf(path, sizeof path, "%s/supervisor.pid", state_dir) >= (int)sizeof path)
        return 0;
    long pid = read_file(path, text, sizeof text) ? strtol(text, NULL, 10) : 0;
    return pid > 1 && kill((pid_t)pid, 0) == 0 ? (pid_t)pid : 0;
}

/* Is it a relay, and which? -1: no. */
static int relay_index(pid_t pid)
{
    char path[64], line[4096];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    size_t size = read_file(path, line, sizeof line);
    const char *name = strrchr(line, '/');
    if (strcmp(name ? name + 1 : line, "teleloire-relay") != 0)
        return -1;
    for (const char *word = line; word < line + size; word += strlen(word) + 1)
        if (strcmp(word, "--index") == 0)
            return (int)strtol(word + sizeof "--index", NULL, 10);
    return -1;
}

/* Process numbers by index of relay; how many there are. */
static unsigned relays_of(pid_t supervisor, pid_t ret_pids[RELAYS_LIMIT])
{
    char path[64], text[8192];
    unsigned count = 0;
    memset(ret_pids, 0, RELAYS_LIMIT * sizeof ret_pids[0]);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)supervisor, (int)supervisor);
    read_file(path, text, sizeof text);
    for (char *rest = text, *end; *rest; rest = end) {
        long pid = strtol(rest, &end, 10);
        if (end == rest)
            break;
        int index = relay_index((pid_t)pid);
        if (index >= 0 && index < RELAYS_LIMIT) {
            ret_pids[index] = (pid_t)pid;
            count++;
        }
    }
    return count;
}

/* Asks again while it waits: once asked, asking changes nothing, and the supervisor does not hear
 * it while no other relay is ready to take the calls. */
static bool ask_and_wait(pid_t supervisor, int relay, pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd one = { .fd = fd, .events = POLLIN };
    bool ended = fd < 0 && errno == ESRCH;
    for (int waited = 0; fd >= 0 && !ended && waited < WITHIN_MS; waited += ASK_EVERY_MS) {
        if (sigqueue(supervisor, SIGUSR1, (union sigval){ .sival_int = relay }) != 0) {
            fprintf(stderr, "teleloire: the supervisor cannot be asked: %s\n", strerror(errno));
            break;
        }
        ended = poll(&one, 1, ASK_EVERY_MS) == 1;
    }
    if (fd >= 0)
        close(fd);
    return ended;
}

static int drain_one(pid_t supervisor, int relay)
{
    pid_t pids[RELAYS_LIMIT];
    unsigned count = 0;
    for (int i = 0; i < AGAIN_TIMES; i++) {
        count = relays_of(supervisor, pids);
        if (count > 1 && pids[relay])
            break;
        poll(NULL, 0, AGAIN_MS);
    }
    if (!pids[relay]) {
        fprintf(stderr, "teleloire: there is no relay %d\n", relay);
        return 1;
    }
    if (count < 2) {
        fprintf(stderr, "teleloire: there is no other relay process to move calls to\n");
        return 1;
    }
    if (!ask_and_wait(supervisor, relay, pids[relay])) {
        fprintf(stderr, "teleloire: relay %d has not ended\n", relay);
        return 1;
    }
    printf("relay %d drained\n", relay);
    return 0;
}

int tl_drain(const char *state_dir, int relay)
{
    pid_t pids[RELAYS_LIMIT];
    pid_t supervisor = supervisor_of(state_dir);
    if (!supervisor) {
        fprintf(stderr, "teleloire: no server runs with %s\n", state_dir);
        return 1;
    }
    if (relay != TL_DRAIN_ALL)
        return relay >= 0 && relay < RELAYS_LIMIT ? drain_one(supervisor, relay) : 2;
    int result = 0;
    relays_of(supervisor, pids);
    for (int i = 0; i < RELAYS_LIMIT && !result; i++)
        if (pids[i])
            result = drain_one(supervisor, i);
    return result;
}
