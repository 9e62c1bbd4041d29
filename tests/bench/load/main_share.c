/* Leaves a process a share of its core. usage: relay-share CORE PERCENT
 * Spins on CORE ahead of everybody for what is not the share of each half millisecond, so that a core
 * of the generator's can fill what is left of a core of the subject's. Says a line when it has begun;
 * ends with its standard input. */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PERIOD_NS = 500000, NS_PER_S = 1000000000 };

static long long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static bool take_core(unsigned long core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    const struct sched_param first = { .sched_priority = sched_get_priority_min(SCHED_FIFO) };
    return sched_setaffinity(0, sizeof set, &set) == 0 &&
           sched_setscheduler(0, SCHED_FIFO, &first) == 0;
}

static bool is_over(void)
{
    char byte;
    return read(STDIN_FILENO, &byte, 1) == 0;
}

int main(int count, char **arguments)
{
    unsigned long core = count == 3 ? strtoul(arguments[1], NULL, 10) : 0;
    unsigned long percent = count == 3 ? strtoul(arguments[2], NULL, 10) : 0;
    if (percent < 5 || percent > 95 || core >= CPU_SETSIZE) {
        fprintf(stderr, "usage: relay-share CORE PERCENT (5 to 95)\n");
        return 2;
    }
    if (!take_core(core) || fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) != 0) {
        fprintf(stderr, "relay-share: not allowed to go before others\n");
        return 1;
    }
    printf("{\"share\":%lu}\n", percent);
    (void)fflush(stdout);
    for (long long next = now_ns(); !is_over(); next += PERIOD_NS) {
        while (now_ns() < next + PERIOD_NS / 100 * (long long)(100 - percent))
            continue;
        long long until = next + PERIOD_NS;
        struct timespec at = { until / NS_PER_S, until % NS_PER_S };
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    }
    return 0;
}
