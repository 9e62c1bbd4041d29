/* The command's side of a drain: SIGUSR1 to the supervisor with the relay's index, which only its
 * owner may send; then the end of that process is waited for. What the supervisor runs is read
 * from /proc, as any ps would. */
#include "gateway/drain.h"

#include <errno.h>
#include <limits.h>
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
static unsigned relays_of(pid_t supervisor, const char *config_path,
                          pid_t ret_pids[RELAYS_LIMIT])
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
        int index = relay_index((pid_t)pid, config_path);
        if (index >= 0 && index < RELAYS_LIMIT) {
            ret_pids[index] = (pid_t)pid;
            count++;
        }
    }
    return count;
}

/* The file may be older than the host's last start, and its number another process' by now. Ours
 * is a `teleloire run` one of whose relays was given our configuration; it is held by a descriptor
 * before that is looked at, so that what is signalled later is what was looked at. -1: none. */
static int hold_supervisor(const char *state_dir, const char *config_path, pid_t *ret_pid)
{
    char path[4096], text[32];
    struct words words;
    pid_t pids[RELAYS_LIMIT];
    if (snprintf(path, sizeof path, "%s/supervisor.pid", state_dir) >= (int)sizeof path)
        return -1;
    long pid = read_file(path, text, sizeof text) ? strtol(text, NULL, 10) : 0;
    int fd = pid > 1 && pid <= INT_MAX ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    if (fd < 0)
        return -1;
    read_words((pid_t)pid, &words);
    bool ours = runs(&words, "teleloire") && words.size > strlen(words.text) + 1 &&
                strcmp(words.text + strlen(words.text) + 1, "run") == 0;
    for (int i = 0; ours && i < AGAIN_TIMES && !relays_of((pid_t)pid, config_path, pids); i++)
        poll(NULL, 0, AGAIN_MS); /* they may all be starting */
    if (!ours || !relays_of((pid_t)pid, config_path, pids)) {
        close(fd);
        return -1;
    }
    *ret_pid = (pid_t)pid;
    return fd;
}

/* sigqueue, by descriptor. */
static bool ask(int supervisor_fd, int relay)
{
    siginfo_t info = { .si_signo = SIGUSR1, .si_code = SI_QUEUE };
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_int = relay;
    return syscall(SYS_pidfd_send_signal, supervisor_fd, SIGUSR1, &info, 0) == 0;
}

/* Asks again while it waits: once asked, asking changes nothing, and the supervisor does not hear
 * it while no other relay is ready to take the calls. */
static bool ask_and_wait(int supervisor_fd, int relay, pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd one = { .fd = fd, .events = POLLIN };
    bool ended = fd < 0 && errno == ESRCH;
    for (int waited = 0; fd >= 0 && !ended && waited < WITHIN_MS; waited += ASK_EVERY_MS) {
        if (!ask(supervisor_fd, relay)) {
            fprintf(stderr, "teleloire: the supervisor cannot be asked: %s\n", strerror(errno));
            break;
        }
        ended = poll(&one, 1, ASK_EVERY_MS) == 1;
    }
    if (fd >= 0)
        close(fd);
    return ended;
}

struct house {
    int supervisor_fd;
    pid_t supervisor;
    const char *config_path;
};

static int drain_one(const struct house *house, int relay)
{
    pid_t pids[RELAYS_LIMIT];
    unsigned count = 0;
    for (int i = 0; i < AGAIN_TIMES; i++) {
        count = relays_of(house->supervisor, house->config_path, pids);
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
    if (!ask_and_wait(house->supervisor_fd, relay, pids[relay])) {
        fprintf(stderr, "teleloire: relay %d has not ended\n", relay);
        return 1;
    }
    printf("relay %d drained\n", relay);
    return 0;
}

static int drain_all(const struct house *house)
{
    pid_t pids[RELAYS_LIMIT];
    int result = 0;
    relays_of(house->supervisor, house->config_path, pids);
    for (int i = 0; i < RELAYS_LIMIT && !result; i++)
        if (pids[i])
            result = drain_one(house, i);
    return result;
}

int tl_drain(const char *state_dir, const char *config_path, int relay)
{
    struct house house = { .config_path = config_path };
    if (relay != TL_DRAIN_ALL && (relay < 0 || relay >= RELAYS_LIMIT))
        return 2;
    house.supervisor_fd = hold_supervisor(state_dir, config_path, &house.supervisor);
    if (house.supervisor_fd < 0) {
        fprintf(stderr, "teleloire: no server runs with %s\n", config_path);
        return 1;
    }
    int result = relay == TL_DRAIN_ALL ? drain_all(&house) : drain_one(&house, relay);
    close(house.supervisor_fd);
    return result;
}
