/* A long way between two networks: two TUN interfaces, and every IP packet that goes into one comes out
 * of the other so much later. Where a network has no netem. The interfaces live as long as this does.
 *
 *     usage: delay-line MILLISECONDS NEAR FAR      the names of the interfaces, both made here
 * Says "ready" once they are there; a packet that finds the queue full is lost. */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { QUEUE = 8192, ROOM = 1600 };

struct way {
    int from, to;
    size_t first, count;
    struct waiting {
        int64_t due_ns;
        size_t size;
        uint8_t data[ROOM];
    } * waiting;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int open_tun(const char *name)
{
    struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    return fd >= 0 && ioctl(fd, TUNSETIFF, &request) == 0 ? fd : -1;
}

static void take(struct way *way, int64_t delay_ns)
{
    for (;;) {
        uint8_t lost[ROOM];
        bool full = way->count == QUEUE;
        struct waiting *last = &way->waiting[(way->first + way->count) % QUEUE];
        ssize_t got = read(way->from, full ? lost : last->data, ROOM);
        if (got <= 0)
            return;
        if (full)
            continue;
        last->size = (size_t)got;
        last->due_ns = now_ns() + delay_ns;
        way->count++;
    }
}

/* Sends what is due; when the next will be, or the given time. */
static int64_t give(struct way *way, int64_t otherwise_ns)
{
    while (way->count) {
        struct waiting *first = &way->waiting[way->first];
        if (first->due_ns > now_ns())
            return first->due_ns < otherwise_ns ? first->due_ns : otherwise_ns;
        if (write(way->to, first->data, first->size) < 0) {
            /* the other end is down or full: lost, as on any line */
        }
        way->first = (way->first + 1) % QUEUE;
        way->count--;
    }
    return otherwise_ns;
}

int main(int count, char **arguments)
{
    if (count != 4)
        return 2;
    int64_t delay_ns = atoll(arguments[1]) * 1000000;
    int near = open_tun(arguments[2]), far = open_tun(arguments[3]);
    struct way ways[2] = { { .from = near, .to = far }, { .from = far, .to = near } };
    for (unsigned i = 0; i < 2; i++)
        ways[i].waiting = malloc(QUEUE * sizeof *ways[i].waiting);
    if (near < 0 || far < 0 || !ways[0].waiting || !ways[1].waiting) {
        perror("delay-line");
        return 1;
    }
    (void)prctl(PR_SET_TIMERSLACK, 1);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int64_t until = now_ns() + INT64_C(1000000000);
        for (unsigned i = 0; i < 2; i++) {
            take(&ways[i], delay_ns);
            until = give(&ways[i], until);
        }
        int64_t left = until - now_ns();
        if (left < 0)
            left = 0;
        struct timespec timeout = { left / 1000000000, left % 1000000000 };
        struct pollfd files[] = { { .fd = near, .events = POLLIN },
                                  { .fd = far, .events = POLLIN },
                                  { .fd = STDIN_FILENO, .events = POLLIN } };
        (void)ppoll(files, 3, &timeout, NULL);
        char byte;
        if (files[2].revents && read(STDIN_FILENO, &byte, 1) <= 0)
            return 0; /* the bench is gone */
    }
}
