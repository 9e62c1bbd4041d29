/* The end of a child process, waited for so long and no longer: a child that hangs is a failure of
 * its test, not of the run. */
#ifndef TL_TEST_CHILD_H
#define TL_TEST_CHILD_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TL_TEST_CHILD_MS = 15000 };

/* False: it did not end in time, and was killed. *ret_status as waitpid gives it, in both cases. */
static inline bool tl_test_child_ended(pid_t child, int within_ms, int *ret_status)
{
    int fd = (int)syscall(SYS_pidfd_open, child, 0);
    struct pollfd one = { .fd = fd, .events = POLLIN };
    bool ended = fd >= 0 && poll(&one, 1, within_ms) == 1;
    if (!ended)
        kill(child, SIGKILL);
    if (fd >= 0)
        close(fd);
    if (waitpid(child, ret_status, 0) != child)
        *ret_status = -1;
    return ended;
}

#endif
