/* The default-deny sandbox each role enters once it holds what it needs: no-new-privileges,
 * no core dump, resource limits, landlock (files) and a seccomp list of the role. What is not on
 * the list fails with EPERM and is counted by nobody: it must not happen. */
#ifndef TL_BASE_SANDBOX_H
#define TL_BASE_SANDBOX_H

#include <stddef.h>

#include "base/error.h"

enum tl_sandbox_allow {
    TL_SANDBOX_BASE = 0,            /* memory, time, poll, read and write of open descriptors */
    TL_SANDBOX_MESSAGES = 1 << 0,   /* sendmsg, recvmsg, sendmmsg, recvmmsg, socket options */
    TL_SANDBOX_ACCEPT = 1 << 1,     /* accept4 on sockets it holds */
    TL_SANDBOX_UNIX_OUT = 1 << 2,   /* connect to UNIX sockets (PostgreSQL, clamd) */
    TL_SANDBOX_INET_OUT = 1 << 3,   /* connect out (courier only) */
    TL_SANDBOX_FILES_READ = 1 << 4, /* open below read_paths */
    TL_SANDBOX_FILES_WRITE = 1 << 5, /* create, write, rename, fsync below write_paths */
    TL_SANDBOX_THREADS = 1 << 6,     /* a library's resolver thread */
    TL_SANDBOX_SPAWN = 1 << 7        /* fork, exec, wait, kill: the supervisor */
};

struct tl_sandbox {
    unsigned allow;
    const char *const *read_paths; /* NULL-ended, may be NULL */
    const char *const *write_paths;
    size_t memory_limit_bytes;  /* RLIMIT_AS; 0: none */
    unsigned descriptors_limit; /* RLIMIT_NOFILE; 0: unchanged */
};

/* TL_ERROR_UNSUPPORTED when the kernel lacks seccomp; without landlock the seccomp list alone
 * holds and *ret_landlock is false (may be NULL). Never undone. */
enum tl_error tl_sandbox_enter(const struct tl_sandbox *sandbox, int *ret_landlock);

#endif
