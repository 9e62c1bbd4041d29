/* One table: which system calls each word of tl_sandbox_allow adds. The default is EPERM, so that
 * a library that probes for something optional goes on without it. */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/memory.h"

struct group {
    unsigned when; /* added when any of these words is allowed; 0: always */
    const int *calls;
    size_t count;
};

#define CALLS(...) ((const int[]){ __VA_ARGS__ })
#define GROUP(when_, ...)                                                                      \
    {                                                                                          \
        (when_), CALLS(__VA_ARGS__), sizeof(CALLS(__VA_ARGS__)) / sizeof(int)                  \
    }

enum { SPAWN = TL_SANDBOX_SPAWN };

static const struct group groups[] = {
    /* Memory, time, waiting, reading and writing what is already open. */
    GROUP(0, SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
          SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(lseek),
          SCMP_SYS(pread64), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect),
          SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(poll), SCMP_SYS(ppoll),
          SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
          SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
          SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
          SCMP_SYS(timerfd_gettime), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
          SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday),
          SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
          SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
          SCMP_SYS(getegid), SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(uname),
          SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(futex),
          SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
          SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(fcntl), SCMP_SYS(dup),
          SCMP_SYS(getrlimit), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(set_robust_list),
          SCMP_SYS(rseq), SCMP_SYS(membarrier),
          /* a process may end itself: abort() */
          SCMP_SYS(tgkill)),
    GROUP(TL_SANDBOX_MESSAGES | SPAWN, SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(sendmmsg),
          SCMP_SYS(recvmmsg), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(shutdown),
          SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname),
          SCMP_SYS(getpeername), SCMP_SYS(ioctl), SCMP_SYS(pipe2)),
    GROUP(TL_SANDBOX_ACCEPT | SPAWN, SCMP_SYS(accept4), SCMP_SYS(accept)),
    GROUP(TL_SANDBOX_UNIX_OUT | TL_SANDBOX_INET_OUT | SPAWN, SCMP_SYS(connect)),
    GROUP(TL_SANDBOX_FILES_READ | TL_SANDBOX_FILES_WRITE | SPAWN, SCMP_SYS(access),
          SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(stat), SCMP_SYS(lstat),
          SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(readlink),
          SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(sendfile)),
    GROUP(TL_SANDBOX_FILES_WRITE | SPAWN, SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(rename),
          SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
          SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
          SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(pwrite64), SCMP_SYS(pwritev),
          SCMP_SYS(flock), SCMP_SYS(fchmod)),
    GROUP(TL_SANDBOX_THREADS | SPAWN, SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(socketpair)),
    /* The supervisor's list is inherited by every role it starts, so it holds what they need
     * until they enter their own. */
    GROUP(SPAWN, SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(execve), SCMP_SYS(wait4),
          SCMP_SYS(waitid), SCMP_SYS(kill), SCMP_SYS(prctl), SCMP_SYS(setpgid),
          SCMP_SYS(setsid), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(close_range),
          SCMP_SYS(socket), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(signalfd4),
          SCMP_SYS(prlimit64), SCMP_SYS(setrlimit), SCMP_SYS(arch_prctl),
          SCMP_SYS(set_tid_address), SCMP_SYS(seccomp), SCMP_SYS(landlock_create_ruleset),
          SCMP_SYS(landlock_add_rule), SCMP_SYS(landlock_restrict_self), SCMP_SYS(chdir),
          SCMP_SYS(umask), SCMP_SYS(pipe), SCMP_SYS(sched_setaffinity), SCMP_SYS(getpgrp),
          SCMP_SYS(epoll_create), SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_send_signal),
          SCMP_SYS(getgroups), SCMP_SYS(capget), SCMP_SYS(personality), SCMP_SYS(shmget),
          SCMP_SYS(get_mempolicy)),
#ifdef TL_SANITIZED
    /* What AddressSanitizer's runtime does while it reports. */
    GROUP(0, SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(readlink), SCMP_SYS(prctl),
          SCMP_SYS(personality), SCMP_SYS(clone), SCMP_SYS(wait4), SCMP_SYS(kill)),
#endif
};

static bool add_calls(scmp_filter_ctx filter, unsigned allow)
{
    for (size_t i = 0; i < TL_COUNT_OF(groups); i++) {
        if (groups[i].when && !(groups[i].when & allow))
            continue;
        for (size_t j = 0; j < groups[i].count; j++)
            if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, groups[i].calls[j], 0) < 0)
                return false;
    }
    return true;
}

static bool add_socket_family(scmp_filter_ctx filter, int family)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family)) == 0;
}

/* Calls allowed only with certain arguments. */
static bool add_narrow_calls(scmp_filter_ctx filter, unsigned allow)
{
    if (allow & SPAWN)
        return true; /* has them whole */
    bool well = true;
    if (allow & (TL_SANDBOX_UNIX_OUT | TL_SANDBOX_INET_OUT))
        well = well && add_socket_family(filter, AF_UNIX);
    if (allow & TL_SANDBOX_INET_OUT)
        well = well && add_socket_family(filter, AF_INET) &&
               add_socket_family(filter, AF_INET6) && add_socket_family(filter, AF_NETLINK) &&
               seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(bind), 0) == 0;
    /* Reading what our limits are is not setting them: prlimit64 with no new limit. */
    well = well && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                                    SCMP_A2(SCMP_CMP_EQ, 0)) == 0;
    if ((allow & TL_SANDBOX_FILES_READ) && !(allow & TL_SANDBOX_FILES_WRITE)) {
        scmp_datum_t how = O_ACCMODE | O_CREAT | O_TRUNC;
        well = well &&
               seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                                SCMP_A2(SCMP_CMP_MASKED_EQ, how, O_RDONLY)) == 0 &&
               seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
                                SCMP_A1(SCMP_CMP_MASKED_EQ, how, O_RDONLY)) == 0;
    }
    return well;
}

static enum tl_error enter_seccomp(unsigned allow)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return TL_ERROR_MEMORY;
    bool well = add_calls(filter, allow) && add_narrow_calls(filter, allow);
    int result = well ? seccomp_load(filter) : 0;
    seccomp_release(filter);
    if (!well)
        return TL_ERROR_MEMORY;
    return result < 0 ? TL_ERROR_UNSUPPORTED : TL_OK;
}

/* ---- landlock: which files ---- */

enum {
    FILES_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    FILES_WRITE = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                  LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                  LANDLOCK_ACCESS_FS_MAKE_REG,
    ON_A_FILE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                LANDLOCK_ACCESS_FS_EXECUTE,
    EVERYTHING = FILES_READ | FILES_WRITE | LANDLOCK_ACCESS_FS_EXECUTE |
                 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                 LANDLOCK_ACCESS_FS_MAKE_SYM
};

static void add_paths(int ruleset, const char *const *paths, uint64_t access)
{
    for (size_t i = 0; paths && paths[i]; i++) {
        int fd = open(paths[i], O_PATH | O_CLOEXEC);
        struct stat status;
        if (fd < 0)
            continue; /* not there: nothing to allow */
        if (fstat(fd, &status) == 0) {
            uint64_t allowed = S_ISDIR(status.st_mode) ? access : access & ON_A_FILE;
            struct landlock_path_beneath_attr rule = { .allowed_access = allowed,
                                                       .parent_fd = fd };
            (void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
        }
        close(fd);
    }
}

static bool enter_landlock(const struct tl_sandbox *sandbox)
{
    struct landlock_ruleset_attr attributes = { .handled_access_fs = EVERYTHING };
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0)
        return false;
    if (sandbox->allow & (TL_SANDBOX_FILES_READ | TL_SANDBOX_FILES_WRITE))
        add_paths(ruleset, sandbox->read_paths, FILES_READ);
    if (sandbox->allow & TL_SANDBOX_FILES_WRITE)
        add_paths(ruleset, sandbox->write_paths, FILES_READ | FILES_WRITE);
    bool entered = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return entered;
}

static void limit(unsigned resource, rlim_t value)
{
    struct rlimit limits;
    if (getrlimit((__rlimit_resource_t)resource, &limits) == 0 &&
        (limits.rlim_max == RLIM_INFINITY || value <= limits.rlim_max)) {
        limits = (struct rlimit){ value, value };
        (void)setrlimit((__rlimit_resource_t)resource, &limits);
    }
}

enum tl_error tl_sandbox_enter(const struct tl_sandbox *sandbox, int *ret_landlock)
{
    limit(RLIMIT_CORE, 0);
    if (sandbox->descriptors_limit)
        limit(RLIMIT_NOFILE, sandbox->descriptors_limit);
#ifndef TL_SANITIZED /* its shadow memory is terabytes of address space */
    if (sandbox->memory_limit_bytes)
        limit(RLIMIT_AS, sandbox->memory_limit_bytes);
#endif
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return TL_ERROR_UNSUPPORTED;
    if (!(sandbox->allow & TL_SANDBOX_SPAWN))
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* no ptrace, no /proc/PID/mem by others */
    /* Landlock, too, is inherited: the supervisor's roles choose their own. */
    bool landlock = !(sandbox->allow & TL_SANDBOX_SPAWN) && enter_landlock(sandbox);
    enum tl_error error = enter_seccomp(sandbox->allow);
    if (!error && ret_landlock)
        *ret_landlock = landlock;
    return error;
}
