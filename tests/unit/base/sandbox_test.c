/* The sandbox, both ways: inside a child that has entered it, what a role needs works, and what it
 * does not need is refused. */
#include "testing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/sandbox.h"

static char inside[] = "/tmp/teleloire-sandbox-XXXXXX"; /* the folder that is allowed */
static char secret[64];                                 /* a file beside it that is not */

/* ---- what may be tried; each says whether it worked ---- */

static bool opens_what_it_may(void)
{
    char path[96];
    snprintf(path, sizeof path, "%s/readable", inside);
    int fd = open(path, O_RDONLY);
    return fd >= 0;
}

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

static bool runs_a_program(void)
{
    char *arguments[] = { (char *)(uintptr_t) "/bin/true", NULL };
    execv("/bin/true", arguments);
    return errno != EPERM && errno != EACCES;
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

static bool passes_a_message(void)
{
    return send(3, "x", 1, 0) == 1;
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

static bool allocates_and_tells_time(void)
{
    void *room = malloc(8 << 20);
    bool well = room && clock() != (clock_t)-1;
    free(room);
    return well;
}

/* ---- the harness ---- */

static bool try_inside(unsigned allow, bool (*attempt)(void))
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    pid_t child = fork();
    if (child == 0) {
        const char *const paths[] = { inside, NULL };
        dup2(pair[1], 3);
        struct tl_sandbox sandbox = { .allow = allow,
                                      .read_paths = paths,
                                      .write_paths = paths };
        if (tl_sandbox_enter(&sandbox, NULL) != TL_OK)
            _exit(2);
        _exit(attempt() ? 1 : 0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    close(pair[0]);
    close(pair[1]);
    assert_true(
        WIFEXITED(status)); /* a program that was run instead exits 0: as refused would */
    assert_int_not_equal(WEXITSTATUS(status), 2);
    return WEXITSTATUS(status) == 1;
}

enum {
    RELAY = TL_SANDBOX_MESSAGES,
    DOOR = TL_SANDBOX_MESSAGES | TL_SANDBOX_ACCEPT | TL_SANDBOX_FILES_READ,
    API = TL_SANDBOX_MESSAGES | TL_SANDBOX_UNIX_OUT | TL_SANDBOX_FILES_WRITE,
    COURIER = TL_SANDBOX_MESSAGES | TL_SANDBOX_UNIX_OUT | TL_SANDBOX_INET_OUT |
              TL_SANDBOX_FILES_READ | TL_SANDBOX_FILES_WRITE | TL_SANDBOX_THREADS
};

static const unsigned roles[] = { RELAY, DOOR, API, COURIER };

static void every_role_can_do_its_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < TL_COUNT_OF(roles); i++) {
        assert_true(try_inside(roles[i], allocates_and_tells_time));
        assert_true(try_inside(roles[i], passes_a_message));
    }
    assert_true(try_inside(DOOR, opens_what_it_may));
    assert_true(try_inside(API, connects_to_a_unix_socket));
    assert_true(try_inside(API, writes_where_it_may));
    assert_true(try_inside(COURIER, connects_out));
    assert_true(try_inside(COURIER, writes_where_it_may));
}

static void no_role_can_open_a_file_it_was_not_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < TL_COUNT_OF(roles); i++) {
        assert_false(try_inside(roles[i], opens_a_secret));
        assert_false(try_inside(roles[i], writes_elsewhere));
    }
#ifndef TL_SANITIZED /* the sanitizer's own runtime opens files: landlock alone is left */
    assert_false(try_inside(RELAY, opens_what_it_may));
#endif
    assert_false(try_inside(DOOR, writes_where_it_may));
}

static void only_the_courier_can_connect_out(void **state)
{
    (void)state;
    assert_false(try_inside(RELAY, connects_out));
    assert_false(try_inside(DOOR, connects_out));
    assert_false(try_inside(API, connects_out));
    assert_false(try_inside(RELAY, connects_to_a_unix_socket));
    assert_false(try_inside(DOOR, connects_to_a_unix_socket));
}

static void no_role_can_run_fork_signal_or_read_another_process(void **state)
{
    (void)state;
    for (size_t i = 0; i < TL_COUNT_OF(roles); i++) {
        assert_false(try_inside(roles[i], runs_a_program));
        assert_false(try_inside(roles[i], reads_the_memory_of_its_parent));
        assert_false(try_inside(roles[i], raises_its_limits));
        assert_false(try_inside(roles[i], dumps_core));
#ifndef TL_SANITIZED /* the sanitizer's own runtime needs these two */
        assert_false(try_inside(roles[i], signals_its_parent));
        if (!(roles[i] & TL_SANDBOX_THREADS))
            assert_false(try_inside(roles[i], forks));
#endif
    }
}

static int make_files(void **state)
{
    (void)state;
    char path[96];
    if (!mkdtemp(inside))
        return -1;
    snprintf(path, sizeof path, "%s/readable", inside);
    snprintf(secret, sizeof secret, "%s.secret", inside);
    int one = open(path, O_WRONLY | O_CREAT, 0600),
        two = open(secret, O_WRONLY | O_CREAT, 0600);
    close(one);
    close(two);
    return one < 0 || two < 0;
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
        cmocka_unit_test(every_role_can_do_its_work),
        cmocka_unit_test(no_role_can_open_a_file_it_was_not_given),
        cmocka_unit_test(only_the_courier_can_connect_out),
        cmocka_unit_test(no_role_can_run_fork_signal_or_read_another_process),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
