/* The sandbox of each role, both ways: inside a child that has entered the very one its main
 * enters (base/sandbox_roles.h), what the role needs works, and what it does not need is refused. */
#include "testing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/sandbox_roles.h"
#include "child.h"

static char inside[] = "/tmp/teleloire-sandbox-XXXXXX"; /* the folder that is allowed */
static char secret[64];                                 /* a file beside it that is not */

/* ---- what may be tried; each says whether it worked ---- */

#ifndef TL_SANITIZED
static bool opens_what_it_may(void)
{
    char path[96];
    snprintf(path, sizeof path, "%s/readable", inside);
    int fd = open(path, O_RDONLY);
    return fd >= 0;
}
#endif

static bool opens_a_secret(void)
{
    return open(secret, O_RDONLY) >= 0;
}

static bool writes_where_it_may(void)
{
    char path[96], moved[96];
    snprintf(path, sizeof path, "%s/draft", inside);
    snprintf(moved, sizeof moved, "%s/done", inside);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    return fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 && rename(path, moved) == 0;
}

static bool writes_elsewhere(void)
{
    return open("/tmp/teleloire-sandbox-elsewhere", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool connects_out(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(9),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return false;
    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ||
           errno == ECONNREFUSED;
}

static bool connects_to_a_unix_socket(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s/nobody", inside);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return fd >= 0 && (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ||
                       errno == ENOENT || errno == ECONNREFUSED);
}

/* In the place of this very process, which no list of forking can prevent: another program took
 * over if it ends as that one does. */
enum { PROGRAM_RAN = 77 };
static bool runs_a_program(void)
{
    char *arguments[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c",
                          (char *)(uintptr_t) "exit 77", NULL };
    char *none[] = { NULL };
    execve(arguments[0], arguments, none);
    _exit(errno == EPERM
              ? 0
              : 3); /* by the list of calls: landlock, the second wall, says EACCES */
}

/* And by the other call, on a descriptor opened before the walls stood. */
static int program = -1;
static bool runs_a_program_it_holds(void)
{
    char *arguments[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c",
                          (char *)(uintptr_t) "exit 77", NULL };
    char *none[] = { NULL };
    syscall(SYS_execveat, program, "", arguments, none, AT_EMPTY_PATH);
    _exit(errno == EPERM ? 0 : 3);
}

__attribute__((unused)) static bool forks(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child > 0;
}

static bool reads_the_memory_of_its_parent(void)
{
    char byte;
    struct iovec here = { &byte, 1 }, there = { secret, 1 };
    return process_vm_readv(getppid(), &here, 1, &there, 1, 0) == 1 ||
           ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

__attribute__((unused)) static bool signals_its_parent(void)
{
    return kill(getppid(), 0) == 0;
}

static void *nothing(void *unused)
{
    return unused;
}

static bool passes_a_message(void)
{
    return send(3, "x", 1, 0) == 1;
}

static bool accepts_a_connection(void)
{
    int fd = accept4(3, NULL, NULL, SOCK_NONBLOCK);
    return fd >= 0 || errno != EPERM; /* it is no listening socket: the call was let through */
}

static bool starts_a_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

static bool raises_its_limits(void)
{
    struct rlimit limits = { 5, 5 };
    return setrlimit(RLIMIT_CPU, &limits) == 0;
}

static bool dumps_core(void)
{
    struct rlimit limits;
    return getrlimit(RLIMIT_CORE, &limits) != 0 || limits.rlim_cur > 0;
}

static bool holds_two_thousand_descriptors(void)
{
    for (int i = 0; i < 2000; i++)
        if (dup(3) < 0)
            return false;
    return true;
}

#ifndef TL_SANITIZED
static bool takes_two_gibibytes(void)
{
    return mmap(NULL, (size_t)2 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                -1, 0) != MAP_FAILED;
}
#endif

static bool allocates_and_tells_time(void)
{
    void *room = malloc(8 << 20);
    bool well = room && clock() != (clock_t)-1;
    free(room);
    return well;
}

/* ---- the harness ---- */

static struct tl_config config; /* every folder a role may have is `inside` */

static bool try_inside(enum tl_sandbox_role role, bool (*attempt)(void))
{
    int pair[2], status = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(pair[1], 3);
        if (tl_sandbox_enter_role(role, &config, NULL) != TL_OK)
            _exit(2);
        _exit(attempt() ? 1 : 0);
    }
    assert_true(tl_test_child_ended(child, TL_TEST_CHILD_MS, &status));
    close(pair[0]);
    close(pair[1]);
    assert_true(WIFEXITED(status));
    int code = WEXITSTATUS(status);
    if (code != 0 && code != 1 && code != PROGRAM_RAN)
        fail_msg("%s: the trial ended with %d", tl_sandbox_role_name(role), code);
    return code != 0;
}

/* What a role may, and the supervisor's children through it: one row a role, so that a wall that
 * falls or a need that is forgotten shows. */
enum { READS = 1, WRITES = 2, OUT = 4, UNIX = 8, ACCEPTS = 16, THREADS = 32 };
static const unsigned may[TL_SANDBOX_ROLES] = {
    [TL_SANDBOX_DOOR] = ACCEPTS,
    [TL_SANDBOX_API] = READS | WRITES | UNIX,
    [TL_SANDBOX_RELAY] = ACCEPTS,
    [TL_SANDBOX_EXAMINER] = 0,
    [TL_SANDBOX_COURIER] = READS | WRITES | OUT | UNIX | THREADS,
};
static const enum tl_sandbox_role confined[] = { TL_SANDBOX_DOOR, TL_SANDBOX_API,
                                                 TL_SANDBOX_RELAY, TL_SANDBOX_EXAMINER,
                                                 TL_SANDBOX_COURIER };

static void is(enum tl_sandbox_role role, const char *what, bool expected,
               bool (*attempt)(void))
{
    if (try_inside(role, attempt) != expected)
        fail_msg("%s %s: %s", tl_sandbox_role_name(role), what,
                 expected ? "it needs to" : "it must not");
}
#define IS(role, expected, attempt) is((role), #attempt, (expected), (attempt))

static void every_role_can_do_its_work_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < TL_COUNT_OF(confined); i++) {
        enum tl_sandbox_role role = confined[i];
        unsigned able = may[role];
        IS(role, true, allocates_and_tells_time);
        IS(role, true, passes_a_message);
        IS(role, (able & WRITES) != 0, writes_where_it_may);
        IS(role, (able & UNIX) != 0, connects_to_a_unix_socket);
        IS(role, (able & ACCEPTS) != 0, accepts_a_connection);
#ifndef TL_SANITIZED /* its runtime opens files */
        IS(role, (able & READS) != 0, opens_what_it_may);
#endif
        IS(role, (able & THREADS) != 0, starts_a_thread);
    }
}

static void no_role_can_open_a_file_it_was_not_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < TL_COUNT_OF(confined); i++) {
        IS(confined[i], false, opens_a_secret);
        IS(confined[i], false, writes_elsewhere);
    }
}

static void only_the_courier_can_connect_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < TL_COUNT_OF(confined); i++)
        IS(confined[i], confined[i] == TL_SANDBOX_COURIER, connects_out);
}

static void no_role_can_run_fork_signal_or_read_another_process(void **state)
{
    (void)state;
    for (size_t i = 0; i < TL_COUNT_OF(confined); i++) {
        enum tl_sandbox_role role = confined[i];
        IS(role, false, runs_a_program);
        IS(role, false, runs_a_program_it_holds);
        IS(role, false, reads_the_memory_of_its_parent);
        IS(role, false, raises_its_limits);
        IS(role, false, dumps_core);
#ifndef TL_SANITIZED /* the sanitizer's own runtime needs these two */
        IS(role, false, signals_its_parent);
        if (!(may[role] & THREADS))
            IS(role, false, forks);
#endif
    }
    IS(TL_SANDBOX_SUPERVISOR, true, runs_a_program); /* so the trial can succeed */
    IS(TL_SANDBOX_SUPERVISOR, false, reads_the_memory_of_its_parent);
}

static void the_limits_of_a_role_hold_at_their_edge(void **state)
{
    (void)state;
    for (size_t i = 0; i < TL_COUNT_OF(confined); i++) {
        IS(confined[i], confined[i] == TL_SANDBOX_DOOR, holds_two_thousand_descriptors);
#ifndef TL_SANITIZED /* its shadow memory is terabytes of addresses: no limit is set */
        bool bounded = confined[i] == TL_SANDBOX_API || confined[i] == TL_SANDBOX_EXAMINER;
        IS(confined[i], !bounded, takes_two_gibibytes);
#endif
    }
}

static int make_files(void **state)
{
    (void)state;
    char path[96];
    if (!mkdtemp(inside))
        return -1;
    struct rlimit files = { 4096, 4096 }; /* more than any role may hold */
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        return -1;
    tl_config_defaults(&config);
    char *const folders[] = { config.api.journal_dir, config.courier.mailbox_dir,
                              config.courier.sms_mailbox_dir, config.database.socket_dir };
    for (size_t i = 0; i < TL_COUNT_OF(folders); i++)
        snprintf(folders[i], TL_CONFIG_TEXT_SIZE, "%s", inside);
    program = open("/bin/sh", O_RDONLY);
    snprintf(path, sizeof path, "%s/readable", inside);
    snprintf(secret, sizeof secret, "%s.secret", inside);
    int one = open(path, O_WRONLY | O_CREAT, 0600),
        two = open(secret, O_WRONLY | O_CREAT, 0600);
    close(one);
    close(two);
    return one < 0 || two < 0 || program < 0;
}

static int remove_files(void **state)
{
    (void)state;
    static const char *const names[] = { "readable", "draft", "done" };
    char path[96];
    for (size_t i = 0; i < TL_COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", inside, names[i]);
        unlink(path);
    }
    unlink(secret);
    return rmdir(inside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_can_do_its_work_and_no_more),
        cmocka_unit_test(no_role_can_open_a_file_it_was_not_given),
        cmocka_unit_test(only_the_courier_can_connect_out),
        cmocka_unit_test(no_role_can_run_fork_signal_or_read_another_process),
        cmocka_unit_test(the_limits_of_a_role_hold_at_their_edge),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
