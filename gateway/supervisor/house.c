/* The running server's supervisor, found from its number in a file and held by a descriptor: what
 * the commands that talk to it share. */
#include "house.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    AGAIN_MS = 100,
    AGAIN_TIMES = 50 /* they may all be starting */
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

/* Words of a command line, each ended by a NUL. */
struct words {
    char text[4096];
    size_t size;
};

static void read_words(pid_t pid, struct words *ret_words)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    ret_words->size = read_file(path, ret_words->text, sizeof ret_words->text);
}

static bool runs(const struct words *words, const char *program)
{
    const char *name = strrchr(words->text, '/');
    return strcmp(name ? name + 1 : words->text, program) == 0;
}

/* The word behind that one; NULL: there is none. */
static const char *option(const struct words *words, const char *name)
{
    const char *end = words->text + words->size;
    for (const char *word = words->text; word < end; word += strlen(word) + 1)
        if (strcmp(word, name) == 0 && word + strlen(word) + 1 < end)
            return word + strlen(word) + 1;
    return NULL;
}

/* Is it a relay of this configuration, and which? -1: no. */
static int relay_index(pid_t pid, const char *config_path)
{
    struct words words;
    read_words(pid, &words);
    const char *config = option(&words, "--config"), *index = option(&words, "--index");
    return runs(&words, "teleloire-relay") && config && index &&
                   strcmp(config, config_path) == 0
               ? (int)strtol(index, NULL, 10)
               : -1;
}

/* Process numbers by index of relay; how many there are. */
unsigned tl_house_relays(pid_t supervisor, const char *config_path,
                         pid_t ret_pids[TL_HOUSE_RELAYS_LIMIT])
{
    char path[64], text[8192];
    unsigned count = 0;
    memset(ret_pids, 0, TL_HOUSE_RELAYS_LIMIT * sizeof ret_pids[0]);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)supervisor, (int)supervisor);
    read_file(path, text, sizeof text);
    for (char *rest = text, *end; *rest; rest = end) {
        long pid = strtol(rest, &end, 10);
        if (end == rest)
            break;
        int index = relay_index((pid_t)pid, config_path);
        if (index >= 0 && index < TL_HOUSE_RELAYS_LIMIT) {
            ret_pids[index] = (pid_t)pid;
            count++;
        }
    }
    return count;
}

/* The file may be older than the host's last start, and its number another process' by now. Ours
 * is a `teleloire run` one of whose relays was given our configuration; it is held by a descriptor
 * before that is looked at, so that what is signalled later is what was looked at. -1: none. */
int tl_house_hold(const char *state_dir, const char *config_path, pid_t *ret_pid)
{
    char path[4096], text[32];
    struct words words;
    pid_t pids[TL_HOUSE_RELAYS_LIMIT];
    if (snprintf(path, sizeof path, "%s/supervisor.pid", state_dir) >= (int)sizeof path)
        return -1;
    long pid = read_file(path, text, sizeof text) ? strtol(text, NULL, 10) : 0;
    int fd = pid > 1 && pid <= INT_MAX ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    if (fd < 0)
        return -1;
    read_words((pid_t)pid, &words);
    bool ours = runs(&words, "teleloire") && words.size > strlen(words.text) + 1 &&
                strcmp(words.text + strlen(words.text) + 1, "run") == 0;
    for (int i = 0; ours && i < AGAIN_TIMES && !tl_house_relays((pid_t)pid, config_path, pids);
         i++)
        poll(NULL, 0, AGAIN_MS); /* they may all be starting */
    if (!ours || !tl_house_relays((pid_t)pid, config_path, pids)) {
        close(fd);
        return -1;
    }
    *ret_pid = (pid_t)pid;
    return fd;
}

/* sigqueue, by descriptor. */
bool tl_house_signal(int supervisor_fd, int number, int value)
{
    siginfo_t info = { .si_signo = number, .si_code = SI_QUEUE };
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_int = value;
    return syscall(SYS_pidfd_send_signal, supervisor_fd, number, &info, 0) == 0;
}
