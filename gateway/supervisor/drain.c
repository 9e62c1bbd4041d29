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

#include "house.h"

enum {
    WITHIN_MS = 45000, /* the supervisor's 30 s, its 5 s, and some */
    ASK_EVERY_MS = 500,
    AGAIN_MS = 100,
    AGAIN_TIMES = 50 /* for a fresh process to be there before the next one drains */
};

/* Asks again while it waits: once asked, asking changes nothing, and the supervisor does not hear
 * it while no other relay is ready to take the calls. */
static bool ask_and_wait(int supervisor_fd, int relay, pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd one = { .fd = fd, .events = POLLIN };
    bool ended = fd < 0 && errno == ESRCH;
    for (int waited = 0; fd >= 0 && !ended && waited < WITHIN_MS; waited += ASK_EVERY_MS) {
        if (!tl_house_signal(supervisor_fd, SIGUSR1, relay)) {
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
    pid_t pids[TL_HOUSE_RELAYS_LIMIT];
    unsigned count = 0;
    for (int i = 0; i < AGAIN_TIMES; i++) {
        count = tl_house_relays(house->supervisor, house->config_path, pids);
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
    pid_t pids[TL_HOUSE_RELAYS_LIMIT];
    int result = 0;
    tl_house_relays(house->supervisor, house->config_path, pids);
    for (int i = 0; i < TL_HOUSE_RELAYS_LIMIT && !result; i++)
        if (pids[i])
            result = drain_one(house, i);
    return result;
}

int tl_drain(const char *state_dir, const char *config_path, int relay)
{
    struct house house = { .config_path = config_path };
    if (relay != TL_DRAIN_ALL && (relay < 0 || relay >= TL_HOUSE_RELAYS_LIMIT))
        return 2;
    house.supervisor_fd = tl_house_hold(state_dir, config_path, &house.supervisor);
    if (house.supervisor_fd < 0) {
        fprintf(stderr, "teleloire: no server runs with %s\n", config_path);
        return 1;
    }
    int result = relay == TL_DRAIN_ALL ? drain_all(&house) : drain_one(&house, relay);
    close(house.supervisor_fd);
    return result;
}
