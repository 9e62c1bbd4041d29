/* The sandbox, both ways: in a child process, what is allowed works and what is not is refused. */
#include "testing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/sandbox.h"
#include "child.h"

static char allowed[] = "/tmp/teleloire-sandbox-XXXXXX"; /* a folder made for the run */
static char allowed_file[64];
static int held[2];

/* Each is 0 when the thing worked, else errno. Run in the sandboxed child. */
static int result(long value)
{
    return value >= 0 ? 0 : errno;
}

static int opens_a_file_elsewhere(void)
{
    return result(open("/etc/passwd", O_RDONLY));
}
static int opens_an_allowed_file(void)
{
    return result(open(allowed_file, O_RDONLY));
}
static int writes_an_allowed_file(void)
{
    return result(open(allowed_file, O_WRONLY | O_TRUNC));
}
static int makes_and_renames_an_allowed_file(void)
{
    char path[80], other[84];
    snprintf(path, sizeof path, "%s/new", allowed);
    snprintf(other, sizeof other, "%s/renamed", allowed);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0 || rename(path, other) != 0)
        return errno;
    return result(unlink(other));
}
static int makes_a_file_elsewhere(void)
{
    return result(open("/tmp/teleloire-sandbox-elsewhere", O_WRONLY | O_CREAT, 0600));
}
static int connects_out(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return errno;
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(1),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    /* Nobody listens: to be refused by the peer is to have been let out. */
    return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == ECONNREFUSED ? 0
                                                                                        : errno;
}
static int opens_a_raw_socket(void)
{
    return result(socket(AF_PACKET, SOCK_RAW, 0));
}
static int connects_to_a_unix_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return errno;
    struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/nowhere/at/all" };
    return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == ENOENT ? 0 : errno;
}
/* From a child where there may be one, else in this process' own place: fork being refused says
 * nothing of exec. */
static int runs_a_program(void)
{
    char *const arguments[] = { "/bin/true", NULL };
    char *const none[] = { NULL };
    pid_t pid = fork();
    if (pid <= 0) {
        execve(arguments[0], arguments, none);
        _exit(errno);
    }
    int status = 1;
    if (waitpid(pid, &status, 0) != pid) /* bounded by whoever waits for us */
        return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : ENOEXEC;
}
static int traces_its_parent(void)
{
    return result(ptrace(PTRACE_ATTACH, getppid(), 0, 0));
}
static int reads_its_parents_memory(void)
{
    char byte;
    struct iovec here = { &byte, 1 }, there = { allowed, 1 };
    return result(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}
static int signals_its_parent(void)
{
    return result(kill(getppid(), 0));
}
__attribute__((unused)) static int makes_memory_executable(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED
               ? errno
               : 0;
}
static int allocates(void)
{
    void *memory = malloc(8 << 20);
    if (!memory)
        return ENOMEM;
    memset(memory, 1, 8 << 20);
    free(memory);
    return 0;
}
static int talks_on_a_socket_it_holds(void)
{
    char byte = 'x';
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    return sendmsg(held[0], &message, 0) == 1 && recvmsg(held[1], &message, 0) == 1 ? 0 : errno;
}
static void *nothing(void *unused)
{
    return unused;
}
static int starts_a_thread(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, nothing, NULL);
    return error ? error : pthread_join(thread, NULL);
}
static int makes_a_namespace(void)
{
    return result(syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */));
}
static int may_dump_core(void)
{
    struct rlimit core;
    return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 &&
                   prctl(PR_GET_DUMPABLE) != 1
               ? EPERM
               : 0;
}

/* Enters the sandbox in a child and tries; gives what the try gave, or -1. */
static int try_in(const struct tl_sandbox *sandbox, int (*try)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (tl_sandbox_enter(sandbox, NULL) != TL_OK)
            _exit(255);
        _exit(try());
    }
    int status;
    assert_true(tl_test_child_ended(pid, TL_TEST_CHILD_MS, &status));
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 255);
    return WEXITSTATUS(status);
}

#define WORKS(allow_, try)                                                                     \
    assert_int_equal(try_in(&(struct tl_sandbox){ .allow = (allow_),                           \
                                                  .read_paths = readable,                      \
                                                  .write_paths = writable },                   \
                            (try)),                                                            \
                     0)
static void refused(unsigned allow, const char *const *readable, const char *const *writable,
                    int (*try)(void))
{
    int got = try_in(
        &(struct tl_sandbox){ .allow = allow, .read_paths = readable, .write_paths = writable },
        try);
    assert_true(got == EPERM || got == EACCES);
}
#define REFUSED(allow, try) refused((allow), readable, writable, (try))

static const char *const none[] = { NULL };
static const char *const folder[] = { allowed, NULL };

static void a_role_that_asks_for_nothing_has_memory_and_its_descriptors_only(void **state)
{
    (void)state;
    const char *const *readable = none, *const *writable = none;
    WORKS(TL_SANDBOX_BASE, allocates);
    REFUSED(TL_SANDBOX_BASE, opens_a_file_elsewhere);
    REFUSED(TL_SANDBOX_BASE, opens_an_allowed_file);
    REFUSED(TL_SANDBOX_BASE, makes_a_file_elsewhere);
    REFUSED(TL_SANDBOX_BASE, connects_out);
    REFUSED(TL_SANDBOX_BASE, connects_to_a_unix_socket);
    REFUSED(TL_SANDBOX_BASE, talks_on_a_socket_it_holds);
    REFUSED(TL_SANDBOX_BASE, starts_a_thread);
    WORKS(TL_SANDBOX_MESSAGES, talks_on_a_socket_it_holds);
}

static void no_role_may_trace_signal_or_read_another_or_make_code(void **state)
{
    (void)state;
    const char *const *readable = folder, *const *writable = folder;
    const unsigned all = TL_SANDBOX_MESSAGES | TL_SANDBOX_ACCEPT | TL_SANDBOX_UNIX_OUT |
                         TL_SANDBOX_INET_OUT | TL_SANDBOX_FILES_READ | TL_SANDBOX_FILES_WRITE |
                         TL_SANDBOX_THREADS;
    REFUSED(all, traces_its_parent);
    REFUSED(all, reads_its_parents_memory);
    REFUSED(all, signals_its_parent);
    REFUSED(all, runs_a_program);
    REFUSED(all, makes_a_namespace);
    REFUSED(all, opens_a_raw_socket);
    REFUSED(all, may_dump_core);
#ifndef TL_SANITIZED
    REFUSED(all, makes_memory_executable);
#endif
}

static void files_open_only_below_the_named_folders(void **state)
{
    (void)state;
    const char *const *readable = folder, *const *writable = none;
    WORKS(TL_SANDBOX_FILES_READ, opens_an_allowed_file);
    REFUSED(TL_SANDBOX_FILES_READ, opens_a_file_elsewhere);
    REFUSED(TL_SANDBOX_FILES_READ, writes_an_allowed_file);
    REFUSED(TL_SANDBOX_FILES_READ, makes_and_renames_an_allowed_file);
    writable = folder;
    WORKS(TL_SANDBOX_FILES_WRITE, makes_and_renames_an_allowed_file);
    WORKS(TL_SANDBOX_FILES_WRITE, writes_an_allowed_file);
    REFUSED(TL_SANDBOX_FILES_WRITE, makes_a_file_elsewhere);
}

static void connecting_is_for_the_kind_of_socket_named(void **state)
{
    (void)state;
    const char *const *readable = none, *const *writable = none;
    WORKS(TL_SANDBOX_UNIX_OUT, connects_to_a_unix_socket);
    REFUSED(TL_SANDBOX_UNIX_OUT, connects_out);
    WORKS(TL_SANDBOX_INET_OUT | TL_SANDBOX_MESSAGES, connects_out);
    REFUSED(TL_SANDBOX_INET_OUT, connects_to_a_unix_socket);
    WORKS(TL_SANDBOX_THREADS, starts_a_thread);
    REFUSED(TL_SANDBOX_THREADS, runs_a_program);
}

static void the_supervisor_starts_programs_and_may_not_trace_them(void **state)
{
    (void)state;
    const char *const *readable = NULL, *const *writable = NULL;
    WORKS(TL_SANDBOX_SPAWN, runs_a_program);
    REFUSED(TL_SANDBOX_SPAWN, traces_its_parent);
    REFUSED(TL_SANDBOX_SPAWN, reads_its_parents_memory);
    REFUSED(TL_SANDBOX_SPAWN, makes_a_namespace);
    REFUSED(TL_SANDBOX_SPAWN, opens_a_raw_socket);
}

static int narrows_and_opens(void)
{
    if (tl_sandbox_enter(
            &(struct tl_sandbox){ .allow = TL_SANDBOX_FILES_READ, .read_paths = folder },
            NULL) != TL_OK)
        return 255;
    int error = opens_an_allowed_file();
    return error ? error : opens_a_file_elsewhere();
}

static void a_role_started_by_the_supervisor_narrows_further(void **state)
{
    (void)state;
    const char *const *readable = NULL, *const *writable = NULL;
    REFUSED(TL_SANDBOX_SPAWN, narrows_and_opens);
}

static int duplicates_20_times(void)
{
    for (int i = 0; i < 20; i++)
        if (dup(0) < 0)
            return errno;
    return 0;
}

static void descriptors_are_limited(void **state)
{
    (void)state;
    int got = try_in(&(struct tl_sandbox){ .descriptors_limit = 20 }, duplicates_20_times);
    assert_int_equal(got, EMFILE);
}

int main(void)
{
    if (!mkdtemp(allowed) || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, held) != 0)
        return 1;
    snprintf(allowed_file, sizeof allowed_file, "%s/file", allowed);
    close(open(allowed_file, O_WRONLY | O_CREAT, 0600));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_that_asks_for_nothing_has_memory_and_its_descriptors_only),
        cmocka_unit_test(no_role_may_trace_signal_or_read_another_or_make_code),
        cmocka_unit_test(files_open_only_below_the_named_folders),
        cmocka_unit_test(connecting_is_for_the_kind_of_socket_named),
        cmocka_unit_test(the_supervisor_starts_programs_and_may_not_trace_them),
        cmocka_unit_test(a_role_started_by_the_supervisor_narrows_further),
        cmocka_unit_test(descriptors_are_limited),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(allowed_file);
    rmdir(allowed);
    return failed;
}
