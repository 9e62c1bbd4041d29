/* Accepted connections over loopback, until it is known whose they are. */
#include "testing.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "door/acceptor.h"

static struct tl_acceptor *acceptor;
static int listener, served; /* served: the end that was sorted */
static struct {
    unsigned count;
    int fd;
    void *connection;
    enum tl_first_bytes verdict;
    unsigned relay;
} last;

/* Framed STUN whose user name is "0700": relay 7. */
static const uint8_t framed[] = { 0, 28, 0, 1, 0, 8, 0x21, 0x12, 0xA4, 0x42,
                                  0, 0,  0, 0, 0, 0, 0,    0,    0,    0,
                                  0, 0,  0, 6, 0, 4, '0',  '7',  '0',  '0' };

static void sorted(void *context, int fd, void *connection, enum tl_first_bytes verdict,
                   unsigned relay)
{
    (void)context;
    last.count++;
    last.fd = fd;
    last.connection = connection;
    last.verdict = verdict;
    last.relay = relay;
}

static int set_up(void **state)
{
    (void)state;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &files);
    memset(&last, 0, sizeof last);
    last.fd = -1;
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&in, sizeof in) != 0 || listen(listener, 16) != 0)
        return -1;
    struct tl_acceptor_user user = { .turn_name = "turn.example.fr", .sorted = sorted };
    return tl_acceptor_new(&user, &acceptor) ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    acceptor = tl_acceptor_free(acceptor);
    if (last.fd >= 0)
        close(last.fd);
    close(listener);
    return 0;
}

/* The peer's end; the other one is in served. */
static int connect_one(void)
{
    struct sockaddr_in in;
    socklen_t size = sizeof in;
    getsockname(listener, (struct sockaddr *)&in, &size);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&in, size), 0);
    served = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    assert_true(served >= 0);
    return fd;
}

static bool has_work(int ms)
{
    struct pollfd waiting = { .fd = tl_acceptor_fd(acceptor), .events = POLLIN };
    return poll(&waiting, 1, ms) == 1;
}

static void a_connection_is_sorted_by_bytes_that_stay_in_it(void **state)
{
    (void)state;
    int fd = connect_one(), mark;
    tl_acceptor_take(acceptor, 0, served, &mark);
    assert_int_equal(last.count, 0);
    assert_int_equal(tl_acceptor_waiting(acceptor), 1);
    assert_int_equal(send(fd, framed, sizeof framed, 0), sizeof framed);
    assert_true(has_work(5000));
    tl_acceptor_serve(acceptor);
    assert_int_equal(last.count, 1);
    assert_int_equal(last.fd, served);
    assert_ptr_equal(last.connection, &mark);
    assert_int_equal(last.verdict, TL_FIRST_BYTES_ICE);
    assert_int_equal(last.relay, 7);
    assert_int_equal(tl_acceptor_waiting(acceptor), 0);
    uint8_t bytes[sizeof framed];
    assert_int_equal(recv(served, bytes, sizeof bytes, 0), sizeof bytes);
    assert_memory_equal(bytes, framed, sizeof bytes);
    close(fd);
}

/* Bytes already seen stay readable: they must not wake the door again and again. */
static void a_piece_at_a_time_wakes_nobody_until_more_has_come(void **state)
{
    (void)state;
    int fd = connect_one();
    tl_acceptor_take(acceptor, 0, served, NULL);
    for (size_t i = 0; i < sizeof framed; i++) {
        assert_int_equal(send(fd, framed + i, 1, 0), 1);
        assert_true(has_work(5000));
        tl_acceptor_serve(acceptor);
        assert_false(has_work(0));
        assert_int_equal(last.count, i + 1 == sizeof framed);
    }
    assert_int_equal(last.verdict, TL_FIRST_BYTES_ICE);
    /* and whoever has it now is woken by every byte again */
    struct pollfd waiting = { .fd = served, .events = POLLIN };
    assert_int_equal(poll(&waiting, 1, 0), 1);
    close(fd);
}

static void who_ends_before_it_is_known_is_nobodys(void **state)
{
    (void)state;
    for (size_t size = 0; size < 3; size++) {
        int fd = connect_one();
        tl_acceptor_take(acceptor, 0, served, NULL);
        if (size) {
            assert_int_equal(send(fd, framed, size, 0), (ssize_t)size);
            assert_true(has_work(5000));
            tl_acceptor_serve(acceptor);
        }
        close(fd);
        assert_true(has_work(5000));
        tl_acceptor_serve(acceptor);
        assert_int_equal(last.count, size + 1);
        assert_int_equal(last.verdict, TL_FIRST_BYTES_NONE);
        close(last.fd);
        last.fd = -1;
    }
}

static void who_says_nothing_is_given_up_after_ten_seconds(void **state)
{
    (void)state;
    int fd = connect_one();
    tl_acceptor_take(acceptor, 5, served, NULL);
    tl_acceptor_tick(acceptor, 5 + TL_ACCEPTOR_WITHIN_US - 1);
    assert_int_equal(last.count, 0);
    tl_acceptor_tick(acceptor, 5 + TL_ACCEPTOR_WITHIN_US);
    assert_int_equal(last.count, 1);
    assert_int_equal(last.verdict, TL_FIRST_BYTES_NONE);
    close(fd);
}

static void past_1024_that_wait_the_next_is_https_unseen(void **state)
{
    (void)state;
    static int fds[TL_ACCEPTOR_LIMIT + 1];
    for (unsigned i = 0; i <= TL_ACCEPTOR_LIMIT; i++) {
        fds[i] = connect_one();
        tl_acceptor_take(acceptor, 0, served, NULL);
        assert_int_equal(last.count, i == TL_ACCEPTOR_LIMIT);
    }
    assert_int_equal(tl_acceptor_waiting(acceptor), TL_ACCEPTOR_LIMIT);
    assert_int_equal(last.verdict, TL_FIRST_BYTES_HTTPS);
    /* one that says at once what it is needs no place */
    close(last.fd);
    int fd = connect_one();
    assert_int_equal(send(fd, framed, sizeof framed, 0), sizeof framed);
    struct pollfd waiting = { .fd = served, .events = POLLIN };
    assert_int_equal(poll(&waiting, 1, 5000), 1);
    tl_acceptor_take(acceptor, 0, served, NULL);
    assert_int_equal(last.verdict, TL_FIRST_BYTES_ICE);
    close(fd);
    for (unsigned i = 0; i <= TL_ACCEPTOR_LIMIT; i++)
        close(fds[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_connection_is_sorted_by_bytes_that_stay_in_it),
        TEST(a_piece_at_a_time_wakes_nobody_until_more_has_come),
        TEST(who_ends_before_it_is_known_is_nobodys),
        TEST(who_says_nothing_is_given_up_after_ten_seconds),
        TEST(past_1024_that_wait_the_next_is_https_unseen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
