/* Three walls, each of which holds alone: the list of system calls (seccomp, default EPERM), the
 * list of folders (landlock), and resource limits. The lists below are written to be read: a
 * call is named once, under what a role must be allowed to do to have it.
 *
 * A child keeps its parent's filters, so the supervisor's list (TL_SANDBOX_SPAWN) is what any
 * role may need; each role then narrows its own. */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/memory.h"
#include "sandbox_landlock.h"

#define CALL(name) SCMP_SYS(name)

/* clang-format off */
/* What every role has: memory, time, waiting, and descriptors it already holds. */
static const int base_calls[] = {
    CALL(read), CALL(write), CALL(readv), CALL(writev), CALL(pread64), CALL(pwrite64),
    CALL(close), CALL(dup), CALL(fcntl), CALL(lseek), CALL(fstat), CALL(getdents64),
    CALL(munmap), CALL(mremap), CALL(madvise), CALL(brk), CALL(membarrier), CALL(futex),
    CALL(sched_yield), CALL(sched_getaffinity), CALL(set_robust_list), CALL(rseq),
    CALL(getpid), CALL(gettid), CALL(getppid), CALL(getuid), CALL(geteuid), CALL(getgid),
    CALL(getegid), CALL(getrandom), CALL(uname), CALL(sysinfo), CALL(getrusage), CALL(times),
    CALL(clock_gettime), CALL(clock_getres), CALL(clock_nanosleep), CALL(nanosleep),
    CALL(gettimeofday), CALL(time), CALL(poll), CALL(ppoll), CALL(select), CALL(pselect6),
    CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_wait), CALL(epoll_pwait),
    CALL(epoll_pwait2), CALL(timerfd_create), CALL(timerfd_settime), CALL(timerfd_gettime),
    CALL(eventfd2), CALL(signalfd4), CALL(pipe2), CALL(rt_sigaction), CALL(rt_sigprocmask),
    CALL(rt_sigreturn), CALL(rt_sigpending), CALL(rt_sigtimedwait), CALL(sigaltstack),
    CALL(restart_syscall), CALL(exit), CALL(exit_group), CALL(getrlimit),
};

static const int message_calls[] = {
    CALL(sendmsg), CALL(recvmsg), CALL(sendmmsg), CALL(recvmmsg), CALL(sendto), CALL(recvfrom),
    CALL(setsockopt), CALL(getsockopt), CALL(getsockname), CALL(getpeername), CALL(shutdown),
};

static const int accept_calls[] = {
    CALL(accept), CALL(accept4),
};
static const int connect_calls[] = {
    CALL(connect),
};

/* Names of files may be looked at; landlock says which may be opened. */
static const int read_calls[] = {
    CALL(newfstatat), CALL(stat), CALL(lstat), CALL(statx), CALL(access), CALL(faccessat),
    CALL(faccessat2), CALL(readlink), CALL(readlinkat), CALL(getcwd), CALL(sendfile),
};

static const int write_calls[] = {
    CALL(openat), CALL(open), CALL(mkdir), CALL(mkdirat), CALL(rename), CALL(renameat),
    CALL(renameat2), CALL(unlink), CALL(unlinkat), CALL(link), CALL(linkat), CALL(fsync),
    CALL(fdatasync), CALL(ftruncate), CALL(fallocate), CALL(flock), CALL(fchmod), CALL(umask),
};

/* Starting programs: what the loader, the C library and each role before its own sandbox need.
 * Not here, and so refused to every role whatever it does later: ptrace, reading another process'
 * memory, mounting, loading kernel code, raw devices, namespaces, clocks, other users. */
static const int spawn_calls[] = {
    CALL(fork), CALL(vfork), CALL(execve), CALL(wait4), CALL(waitid), CALL(kill), CALL(tgkill),
    CALL(prctl), CALL(arch_prctl), CALL(seccomp), CALL(landlock_create_ruleset),
    CALL(landlock_add_rule), CALL(landlock_restrict_self), CALL(prlimit64), CALL(setrlimit),
    CALL(set_tid_address), CALL(mmap), CALL(mprotect), CALL(ioctl), CALL(chdir), CALL(dup2),
    CALL(dup3), CALL(pipe), CALL(setpgid), CALL(setsid), CALL(getpgrp), CALL(getpgid),
    CALL(fadvise64), CALL(statfs), CALL(fstatfs), CALL(chmod), CALL(utimensat), CALL(bind),
    CALL(listen), CALL(sched_setaffinity), CALL(sched_getparam), CALL(sched_getscheduler),
    CALL(memfd_create), CALL(mlock), CALL(munlock), CALL(getgroups), CALL(capget),
    CALL(setitimer), CALL(socketpair), CALL(sync_file_range), CALL(rt_sigsuspend),
    CALL(rt_sigqueueinfo), CALL(get_robust_list), CALL(getcpu), CALL(mincore), CALL(msync),
    CALL(close_range), CALL(epoll_create), CALL(pidfd_open), CALL(pidfd_send_signal),
    CALL(personality), CALL(get_mempolicy),
};
/* clang-format on */

#ifdef TL_SANITIZED
/* What AddressSanitizer's runtime does to report; never in a build that serves people. */
static const int sanitizer_calls[] = { CALL(mmap),        CALL(mprotect),   CALL(readlink),
                                       CALL(openat),      CALL(newfstatat), CALL(prctl),
                                       CALL(personality), CALL(tgkill) };
static bool entered;
/* LeakSanitizer stops the process' threads by ptrace, which a sandboxed role has given up: there it
 * would fail instead of looking. It is off in a process that has entered its sandbox, so no leak of
 * a role is found that way; what is looked for there is found by the unit tests of the same code
 * (unsandboxed, leak check on), and by the tests that watch a role's memory grow. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return entered;
}
#endif

static int allow_all(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int failed = 0;
    for (size_t i = 0; i < count; i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return failed;
}
#define ALLOW(filter, calls) allow_all((filter), (calls), TL_COUNT_OF(calls))

/* Calls that are allowed for some arguments only. */
static int allow_base_arguments(scmp_filter_ctx filter)
{
    const uint32_t allow = SCMP_ACT_ALLOW;
    int failed = 0;
    /* Memory is never both written and run: nothing new becomes code. */
    failed |= seccomp_rule_add(filter, allow, CALL(mmap), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    failed |= seccomp_rule_add(filter, allow, CALL(mprotect), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    /* fstat() of newer C libraries is newfstatat with an empty name. */
    failed |= seccomp_rule_add(filter, allow, CALL(newfstatat), 1,
                               SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
    /* Reads limits (the C library sizes stacks); sets none. */
    failed |= seccomp_rule_add(filter, allow, CALL(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0));
    /* Aborts itself; signals nobody else. */
    failed |= seccomp_rule_add(filter, allow, CALL(tgkill), 1,
                               SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    static const unsigned long requests[] = { FIONREAD, FIONBIO, TCGETS };
    for (size_t i = 0; i < TL_COUNT_OF(requests); i++)
        failed |=
            seccomp_rule_add(filter, allow, CALL(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, requests[i]));
    return failed;
}

static int allow_family(scmp_filter_ctx filter, int family)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, CALL(socket), 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family));
}

static int allow_reading(scmp_filter_ctx filter)
{
    enum { CHANGES = O_ACCMODE | O_CREAT | O_TRUNC };
    return ALLOW(filter, read_calls) |
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, CALL(openat), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, CHANGES, O_RDONLY)) |
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, CALL(open), 1,
                            SCMP_A1(SCMP_CMP_MASKED_EQ, CHANGES, O_RDONLY));
}

/* Namespaces are refused in both; clone3 hides its flags from the filter, and ENOSYS makes the C
 * library use clone. */
static int allow_clone(scmp_filter_ctx filter, uint64_t must)
{
    const uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0) |
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, CALL(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces | must, must));
}

static int allow_listed(scmp_filter_ctx filter, unsigned allow)
{
    if (allow & TL_SANDBOX_SPAWN)
        allow |= TL_SANDBOX_MESSAGES | TL_SANDBOX_ACCEPT | TL_SANDBOX_UNIX_OUT |
                 TL_SANDBOX_INET_OUT | TL_SANDBOX_FILES_WRITE;
    int failed = ALLOW(filter, base_calls) | allow_base_arguments(filter);
    if (allow & TL_SANDBOX_MESSAGES)
        failed |= ALLOW(filter, message_calls);
    if (allow & TL_SANDBOX_ACCEPT)
        failed |= ALLOW(filter, accept_calls);
    if (allow & (TL_SANDBOX_UNIX_OUT | TL_SANDBOX_INET_OUT))
        failed |= ALLOW(filter, connect_calls);
    if (allow & TL_SANDBOX_UNIX_OUT)
        failed |= allow_family(filter, AF_UNIX);
    if (allow & TL_SANDBOX_INET_OUT)
        failed |= allow_family(filter, AF_INET) | allow_family(filter, AF_INET6) |
                  seccomp_rule_add(filter, SCMP_ACT_ALLOW, CALL(socketpair), 1,
                                   SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
    if (allow & (TL_SANDBOX_FILES_READ | TL_SANDBOX_FILES_WRITE))
        failed |= allow_reading(filter);
    if (allow & TL_SANDBOX_FILES_WRITE)
        failed |= ALLOW(filter, write_calls);
    if (allow & TL_SANDBOX_SPAWN)
        failed |= ALLOW(filter, spawn_calls) | allow_clone(filter, 0);
    else if (allow & TL_SANDBOX_THREADS)
        failed |= allow_clone(filter, CLONE_VM | CLONE_THREAD);
#ifdef TL_SANITIZED
    failed |= ALLOW(filter, sanitizer_calls);
#endif
    return failed;
}

static enum tl_error filter_calls(unsigned allow)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return TL_ERROR_MEMORY;
    /* Also on threads a library has started already. */
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    failed |= seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    failed |= allow_listed(filter, allow);
    if (!failed)
        failed = seccomp_load(filter);
    seccomp_release(filter);
    return failed ? TL_ERROR_UNSUPPORTED : TL_OK;
}

static bool limit(int resource, rlim_t value)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0)
        return false;
    if (now.rlim_max < value)
        value = now.rlim_max;
    return setrlimit(resource, &(struct rlimit){ value, value }) == 0;
}

static bool limit_resources(const struct tl_sandbox *sandbox)
{
    if (!limit(RLIMIT_CORE, 0))
        return false;
#ifndef TL_SANITIZED /* its shadow memory is terabytes of addresses */
    if (sandbox->memory_limit_bytes && !limit(RLIMIT_AS, sandbox->memory_limit_bytes))
        return false;
#endif
    return !sandbox->descriptors_limit || limit(RLIMIT_NOFILE, sandbox->descriptors_limit);
}

enum tl_error tl_sandbox_enter(const struct tl_sandbox *sandbox, int *ret_landlock)
{
    bool spawns = sandbox->allow & TL_SANDBOX_SPAWN;
    int landlock = 0;
    /* Not dumpable: no core, and no other process of the same user may attach or read memory. */
    if (!limit_resources(sandbox) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return TL_ERROR_IO;
    /* The children of a role that spawns read their own files, and close theirs themselves. */
    if (!spawns || sandbox->read_paths || sandbox->write_paths) {
        enum tl_error error = tl_landlock_enter(sandbox, &landlock);
        if (error)
            return error;
    }
    enum tl_error error = filter_calls(sandbox->allow);
    if (error)
        return error;
#ifdef TL_SANITIZED
    entered = true;
#endif
    if (ret_landlock)
        *ret_landlock = landlock;
    return TL_OK;
}
