/* Loaded into a role before itself (LD_PRELOAD): once the role has entered its sandbox, with all it
 * holds by then, tries what it must not be able to do, and says how each went on standard error:
 *
 *     {"event":"proved","program":"teleloire-door","tried":{"exec":1,"ptrace":1,...}}
 *
 * 0: it worked; else errno. PROVE_FILE names a file of another role, PROVE_PORT a port that listens,
 * PROVE_PID a process of the same user. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static const char *file, *memory_file;
static int port, victim;

static int result(long value)
{
    return value >= 0 ? 0 : errno;
}

static int opens_a_file(void)
{
    return result(open(file, O_RDONLY));
}
static int makes_a_file(void)
{
    return result(open("/tmp/teleloire-proof", O_WRONLY | O_CREAT, 0600));
}
static int looks_at_memory(void)
{
    return result(open(memory_file, O_RDONLY));
}
static int connects(int type)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, type, 0);
    return fd < 0 ? errno : result(connect(fd, (struct sockaddr *)&to, sizeof to));
}
static int connects_by_tcp(void)
{
    return connects(SOCK_STREAM);
}
static int connects_by_udp(void)
{
    return connects(SOCK_DGRAM);
}
static int connects_by_unix(void)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/nowhere/at/all" };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return errno;
    return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == ENOENT ? 0 : errno;
}
static int listens(void)
{
    struct sockaddr_in own = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd < 0 ? errno : result(bind(fd, (struct sockaddr *)&own, sizeof own));
}
static int opens_a_netlink_socket(void)
{
    return result(socket(AF_NETLINK, SOCK_RAW, 0));
}
static int opens_a_raw_socket(void)
{
    return result(socket(AF_PACKET, SOCK_RAW, 0));
}
static int executes(void)
{
    char *const none[] = { NULL };
    return result(execve("/nowhere/at/all", none, none)) == ENOENT ? 0 : errno;
}
static int forks(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return result(pid);
}
static int traces(void)
{
    int failed = result(ptrace(PTRACE_ATTACH, victim, 0, 0));
    if (!failed)
        (void)ptrace(PTRACE_DETACH, victim, 0, 0);
    return failed;
}
static int reads_memory(void)
{
    char byte;
    struct iovec here = { &byte, 1 }, there = { &port, 1 };
    /* an address that is not there would do as well: to have been let look is enough */
    return process_vm_readv(victim, &here, 1, &there, 1, 0) >= 0 || errno == EFAULT ? 0 : errno;
}
static int takes_a_descriptor(void)
{
    int fd = (int)syscall(SYS_pidfd_open, getppid(), 0);
    return fd < 0 ? errno : result(syscall(SYS_pidfd_getfd, fd, 0, 0));
}
static int signals(void)
{
    return result(kill(victim, 0));
}
static int makes_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED
               ? errno
               : 0;
}
static int makes_a_namespace(void)
{
    return result(unshare(CLONE_NEWUSER));
}
static int mounts(void)
{
    return mount("none", "/nowhere/at/all", "tmpfs", 0, NULL) == 0 || errno == ENOENT ? 0
                                                                                      : errno;
}
static int loads_a_module(void)
{
    return result(syscall(SYS_finit_module, -1, "", 0)) == EBADF ? 0 : errno;
}
static int asks_for_bpf(void)
{
    return result(syscall(SYS_bpf, 0, NULL, 0)) == EPERM ? EPERM : 0;
}
static int asks_for_a_ring(void)
{
    int failed = result(syscall(SYS_io_uring_setup, 1, NULL));
    return failed == EPERM || failed == ENOSYS ? EPERM : 0;
}
static int becomes_dumpable(void)
{
    return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}
static int may_leave_a_core(void)
{
    struct rlimit limit = { 1, 1 };
    return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0 ? EPERM : 0;
}

static const struct {
    const char *name;
    int (*tries)(void);
} trials[] = {
    { "open", opens_a_file },
    { "create", makes_a_file },
    { "tcp", connects_by_tcp },
    { "udp", connects_by_udp },
    { "unix", connects_by_unix },
    { "listen", listens },
    { "netlink", opens_a_netlink_socket },
    { "raw", opens_a_raw_socket },
    { "exec", executes },
    { "fork", forks },
    { "ptrace", traces },
    { "memory", reads_memory },
    { "memory_file", looks_at_memory },
    { "descriptor", takes_a_descriptor },
    { "signal", signals },
    { "code", makes_code },
    { "namespace", makes_a_namespace },
    { "mount", mounts },
    { "module", loads_a_module },
    { "bpf", asks_for_bpf },
    { "ring", asks_for_a_ring },
    { "dumpable", becomes_dumpable },
    { "core", may_leave_a_core },
};

static void prove(void)
{
    char line[2000];
    size_t used = (size_t)snprintf(line, sizeof line,
                                   "{\"event\":\"proved\",\"program\":\"%s\",\"tried\":{",
                                   program_invocation_short_name);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s\"%s\":%d", i ? "," : "",
                                 trials[i].name, trials[i].tries());
    used += (size_t)snprintf(line + used, sizeof line - used, "}}\n");
    (void)!write(STDERR_FILENO, line, used);
}

/* The last wall a role puts up (base/sandbox.c): limits and landlock stand by then. */
int seccomp_load(void *filter);
int seccomp_load(void *filter)
{
    static char place[64];
    int (*real)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "seccomp_load");
    file = getenv("PROVE_FILE");
    port = atoi(getenv("PROVE_PORT"));
    victim = atoi(getenv("PROVE_PID"));
    snprintf(place, sizeof place, "/proc/%d/mem", victim);
    memory_file = place;
    int failed = real ? real(filter) : -ENOSYS;
    if (!failed)
        prove();
    return failed;
}
