/* The socket in batches, over loopback. */
#include "testing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/memory.h"
#include "media/udp.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

static struct tl_udp *udp;
static struct sockaddr_in6 ours;

static void open_udp(const char *address)
{
    struct tl_address bind_to;
    socklen_t size = sizeof ours;
    assert_int_equal(tl_address_read(tl_text(address), 0, &bind_to), TL_OK);
    assert_int_equal(tl_udp_new(&bind_to, &udp), TL_OK);
    memset(&ours, 0, sizeof ours);
    assert_int_equal(getsockname(tl_udp_fd(udp), (struct sockaddr *)&ours, &size), 0);
}

struct seen {
    unsigned count;
    size_t bytes;
    struct tl_address from;
    uint8_t first;
};

/* A route that refuses runs cannot be had here: the kernel's word for it is put in its mouth. */
static int refuse_runs_with; /* errno; 0: the kernel itself */

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    if (refuse_runs_with && messages[0].msg_hdr.msg_iovlen > 1) {
        errno = refuse_runs_with;
        return -1;
    }
    for (unsigned i = 1; refuse_runs_with && i < count; i++)
        if (messages[i].msg_hdr.msg_iovlen > 1)
            count = i;
    return (int)syscall(SYS_sendmmsg, fd, messages, count, flags);
}

static void take(void *context, tl_time_us now, const struct tl_address *from, uint8_t *data,
                 size_t size)
{
    struct seen *seen = context;
    (void)now;
    seen->count++;
    seen->bytes += size;
    seen->from = *from;
    seen->first = data[0];
}

static void wait_readable(int fd)
{
    struct pollfd waiting = { .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&waiting, 1, 5000), 1);
}

static int client_to(const char *host, int family)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = ours.sin6_port };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = ours.sin6_port };
    (void)inet_pton(AF_INET, host, &in.sin_addr);
    (void)inet_pton(AF_INET6, host, &in6.sin6_addr);
    /* connected: the kernel drops an answer that leaves from another address than was asked */
    assert_int_equal(family == AF_INET ? connect(fd, (struct sockaddr *)&in, sizeof in)
                                       : connect(fd, (struct sockaddr *)&in6, sizeof in6),
                     0);
    return fd;
}

static struct seen hear_one(int client)
{
    struct seen seen = { 0 };
    assert_int_equal(send(client, "?hello", 6, 0), 6);
    wait_readable(tl_udp_fd(udp));
    (void)tl_udp_receive(udp, take, &seen);
    assert_int_equal(seen.count, 1);
    return seen;
}

static void answer(const struct tl_address *to, size_t size, uint8_t first)
{
    uint8_t *buffer = tl_udp_begin(udp);
    memset(buffer, first, size);
    tl_udp_queue(udp, to, size);
}

static void answers_leave_from_the_address_that_was_asked(void **state)
{
    (void)state;
    open_udp("0.0.0.0");
    int client = client_to("127.0.0.2", AF_INET); /* not the address the kernel would choose */
    struct seen seen = hear_one(client);
    answer(&seen.from, 100, 'a');
    tl_udp_flush(udp);
    wait_readable(client);
    uint8_t buffer[200];
    assert_int_equal(recv(client, buffer, sizeof buffer, 0), 100);
    close(client);
    tl_udp_free(udp);
}

static void runs_of_equal_size_arrive_as_the_datagrams_they_were(void **state)
{
    (void)state;
    open_udp("127.0.0.1");
    int one = client_to("127.0.0.1", AF_INET), two = client_to("127.0.0.1", AF_INET);
    struct tl_address to_one = hear_one(one).from, to_two = hear_one(two).from;
    static const size_t sizes[] = { 1100, 1100, 1100, 400, 80, 1100, 1100 };
    for (size_t i = 0; i < 7; i++) {
        answer(&to_one, sizes[i], (uint8_t)i);
        answer(&to_two, sizes[i], (uint8_t)(100 + i)); /* interleaved: sorted by destination */
    }
    uint64_t before = tl_udp_counters(udp)->sent_messages;
    tl_udp_flush(udp);
    for (size_t i = 0; i < 7; i++) {
        uint8_t buffer[2000];
        wait_readable(one);
        assert_int_equal(recv(one, buffer, sizeof buffer, 0), sizes[i]);
        assert_int_equal(buffer[sizes[i] - 1], i);
        wait_readable(two);
        assert_int_equal(recv(two, buffer, sizeof buffer, 0), sizes[i]);
        assert_int_equal(buffer[0], 100 + i);
    }
    assert_int_equal(tl_udp_counters(udp)->sent_messages - before, 2 * 3);
    assert_int_equal(tl_udp_counters(udp)->send_dropped, 0);
    close(one);
    close(two);
    tl_udp_free(udp);
}

static void a_full_queue_leaves_by_itself(void **state)
{
    (void)state;
    open_udp("127.0.0.1");
    int client = client_to("127.0.0.1", AF_INET);
    struct tl_address to = hear_one(client).from;
    for (size_t i = 0; i < TL_UDP_QUEUE_LIMIT + 1; i++)
        answer(&to, 20, 'x');
    assert_true(tl_udp_counters(udp)->sent_datagrams == TL_UDP_QUEUE_LIMIT);
    tl_udp_flush(udp);
    assert_true(tl_udp_counters(udp)->sent_datagrams == TL_UDP_QUEUE_LIMIT + 1);
    close(client);
    tl_udp_free(udp);
}

static void more_destinations_than_can_be_told_apart_leave_in_two_flushes(void **state)
{
    (void)state;
    enum { DESTINATIONS = 512 };
    open_udp("127.0.0.1");
    for (unsigned i = 0; i <= DESTINATIONS; i++) {
        struct tl_address to = tl_address_ipv4(127, 0, 1 + i / 250, 1 + i % 250, 9);
        assert_true(tl_udp_counters(udp)->sent_datagrams == 0);
        answer(&to, 20, 'x');
        if (i == 7) /* one known takes no place again */
            answer(&to, 20, 'x');
    }
    assert_true(tl_udp_counters(udp)->sent_datagrams == DESTINATIONS + 1);
    tl_udp_flush(udp);
    assert_true(tl_udp_counters(udp)->sent_datagrams == DESTINATIONS + 2);
    tl_udp_free(udp);
}

static void
thirty_two_own_addresses_are_told_apart_and_the_next_is_served_as_the_kernel_can(void **state)
{
    (void)state;
    enum { OWN = 32 };
    open_udp("0.0.0.0");
    for (unsigned i = 1; i <= OWN + 1; i++) {
        char own[16];
        snprintf(own, sizeof own, "127.0.0.%u", i);
        int client = client_to(own, AF_INET);
        struct tl_address from = hear_one(client).from;
        answer(&from, 20, 'a');
        tl_udp_flush(udp);
        struct pollfd waiting = { .fd = client, .events = POLLIN };
        /* who has asked 127.0.0.33 is answered from an address it has not asked */
        assert_int_equal(poll(&waiting, 1, i > OWN ? 50 : 5000), i > OWN ? 0 : 1);
        close(client);
    }
    tl_udp_free(udp);
}

/* The mark a datagram arrived with; *ret_first is its first byte. */
static int mark_of(int fd, uint8_t *ret_first, size_t *ret_size)
{
    uint8_t data[2000], control[128];
    struct iovec part = { data, sizeof data };
    struct msghdr header = { .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control };
    wait_readable(fd);
    ssize_t got = recvmsg(fd, &header, 0);
    assert_true(got > 0);
    *ret_first = data[0];
    *ret_size = (size_t)got;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
        int mark = -1;
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
            mark = *(uint8_t *)CMSG_DATA(c);
        else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
            memcpy(&mark, CMSG_DATA(c), sizeof mark);
        if (mark >= 0)
            return mark;
    }
    return -1;
}

/* RFC 8837: EF is 46, AF41 is 34; the two lowest bits are ECN's. */
static void sound_arrives_marked_ef_and_all_else_af41_in_both_families(void **state)
{
    (void)state;
    static const struct {
        const char *bound, *host;
        int family;
    } cases[] = { { "127.0.0.1", "127.0.0.1", AF_INET },
                  { "::", "127.0.0.1", AF_INET },
                  { "::", "::1", AF_INET6 } };
    for (size_t i = 0; i < 3; i++) {
        open_udp(cases[i].bound);
        int client = client_to(cases[i].host, cases[i].family), on = 1;
        if (cases[i].family == AF_INET)
            setsockopt(client, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
        else
            setsockopt(client, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on);
        struct tl_address to = hear_one(client).from;
        /* equal sizes, so that only the mark keeps them from being one run; and singly */
        static const char kinds[] = "vvssvs";
        for (size_t k = 0; k < 6; k++) {
            memset(tl_udp_begin(udp), kinds[k], 500);
            if (kinds[k] == 's')
                tl_udp_queue_sound(udp, &to, 500);
            else
                tl_udp_queue(udp, &to, 500);
        }
        tl_udp_flush(udp);
        for (size_t k = 0; k < 6; k++) {
            uint8_t first;
            size_t size;
            int mark = mark_of(client, &first, &size);
            assert_int_equal(first, kinds[k]); /* and in order */
            assert_int_equal(size, 500);
            assert_int_equal(mark >> 2, first == 's' ? 46 : 34);
        }
        assert_int_equal(tl_udp_counters(udp)->send_dropped, 0);
        close(client);
        tl_udp_free(udp);
    }
}

static void one_socket_serves_both_families(void **state)
{
    (void)state;
    int probe = socket(AF_INET6, SOCK_DGRAM, 0);
    struct sockaddr_in6 loopback = { .sin6_family = AF_INET6,
                                     .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    bool ipv6 = probe >= 0 && bind(probe, (struct sockaddr *)&loopback, sizeof loopback) == 0;
    close(probe);
    if (!ipv6)
        skip();
    open_udp("::");
    int four = client_to("127.0.0.3", AF_INET), six = client_to("::1", AF_INET6);
    int clients[] = { four, six };
    for (size_t i = 0; i < 2; i++) {
        struct seen seen = hear_one(clients[i]);
        assert_int_equal(tl_address_is_ipv4(&seen.from), i == 0);
        answer(&seen.from, 50, 'b');
        tl_udp_flush(udp);
        uint8_t buffer[100];
        wait_readable(clients[i]);
        assert_int_equal(recv(clients[i], buffer, sizeof buffer, 0), 50);
        close(clients[i]);
    }
    tl_udp_free(udp);
}

static void a_port_in_use_is_refused(void **state)
{
    (void)state;
    open_udp("127.0.0.1");
    struct tl_address taken;
    struct tl_udp *second = NULL;
    assert_int_equal(tl_address_from_socket(&ours, &taken), TL_OK);
    assert_int_equal(tl_udp_new(&taken, &second), TL_ERROR_IO);
    assert_null(second);
    tl_udp_free(udp);
}

struct arrivals {
    unsigned count;
    size_t sizes[128];
    uint8_t firsts[128];
    tl_time_us at[128];
    tl_time_us work_us; /* the first takes so long */
};

static void note(void *context, tl_time_us now, const struct tl_address *from, uint8_t *data,
                 size_t size)
{
    struct arrivals *arrivals = context;
    (void)from;
    assert_true(arrivals->count < TL_COUNT_OF(arrivals->sizes));
    arrivals->sizes[arrivals->count] = size;
    arrivals->firsts[arrivals->count] = data[0];
    arrivals->at[arrivals->count++] = now;
    tl_time_us end = tl_clock_monotonic() + arrivals->work_us;
    while (tl_clock_monotonic() < end)
        ;
    arrivals->work_us = 0;
}

static void
a_batch_has_one_time_and_the_next_one_its_own_however_long_the_first_took(void **state)
{
    (void)state;
    enum { BATCH = 64, WORK_US = 20 * TL_MILLISECOND_US };
    open_udp("127.0.0.1");
    int client = client_to("127.0.0.1", AF_INET);
    for (unsigned i = 0; i < BATCH + 4; i++)
        assert_int_equal(send(client, "tick", 4, 0), 4);
    struct arrivals arrivals = { .work_us = WORK_US };
    wait_readable(tl_udp_fd(udp));
    tl_time_us before = tl_clock_monotonic();
    assert_true(tl_udp_receive(udp, note, &arrivals));
    assert_int_equal(arrivals.count, BATCH);
    assert_false(tl_udp_receive(udp, note, &arrivals));
    assert_int_equal(arrivals.count, BATCH + 4);
    assert_true(arrivals.at[0] >= before);
    for (unsigned i = 1; i < BATCH; i++)
        assert_int_equal(arrivals.at[i], arrivals.at[0]);
    for (unsigned i = BATCH; i < BATCH + 4; i++)
        assert_true(arrivals.at[i] >= arrivals.at[0] + WORK_US);
    close(client);
    tl_udp_free(udp);
}

/* One message of several datagrams, as the kernel makes them of a run that comes in. */
static void send_run(int client, size_t size, uint16_t segment)
{
    static uint8_t data[20000];
    uint8_t control[CMSG_SPACE(sizeof segment)] __attribute__((aligned(16)));
    struct iovec part = { data, size };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = control,
                              .msg_controllen = sizeof control };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){ .cmsg_level = IPPROTO_UDP,
                                .cmsg_type = UDP_SEGMENT,
                                .cmsg_len = CMSG_LEN(sizeof segment) };
    memcpy(CMSG_DATA(header), &segment, sizeof segment);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i / segment);
    assert_int_equal(sendmsg(client, &message, 0), size);
}

static void a_run_that_comes_in_is_the_datagrams_it_was_sent_as(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        uint16_t segment;
        unsigned count;
    } runs[] = { { 5 * 300 + 1, 300, 6 }, { 4 * 1200, 1200, 4 }, { 50, 25, 2 }, { 99, 98, 2 } };
    open_udp("127.0.0.1");
    int client = client_to("127.0.0.1", AF_INET);
    for (size_t r = 0; r < TL_COUNT_OF(runs); r++) {
        struct arrivals arrivals = { 0 };
        uint64_t messages = tl_udp_counters(udp)->received_messages;
        send_run(client, runs[r].size, runs[r].segment);
        wait_readable(tl_udp_fd(udp));
        (void)tl_udp_receive(udp, note, &arrivals);
        assert_int_equal(tl_udp_counters(udp)->received_messages, messages + 1);
        assert_int_equal(arrivals.count, runs[r].count);
        for (unsigned i = 0; i < arrivals.count; i++) {
            bool last = i + 1 == arrivals.count;
            assert_int_equal(arrivals.sizes[i],
                             last ? runs[r].size - i * runs[r].segment : runs[r].segment);
            assert_int_equal(arrivals.firsts[i], i);
        }
    }
    close(client);
    tl_udp_free(udp);
}

static unsigned messages_of_flush(const struct tl_address *to, unsigned count, size_t size)
{
    for (unsigned i = 0; i < count; i++)
        answer(to, size, (uint8_t)i);
    uint64_t before = tl_udp_counters(udp)->sent_messages;
    tl_udp_flush(udp);
    return (unsigned)(tl_udp_counters(udp)->sent_messages - before);
}

static void hear_all(int client, unsigned count, size_t size)
{
    uint8_t buffer[2000];
    for (unsigned i = 0; i < count; i++) {
        wait_readable(client);
        assert_int_equal(recv(client, buffer, sizeof buffer, 0), size);
        assert_int_equal(buffer[0], i);
    }
}

static void pieces_of_a_run_are_1400_bytes_at_most(void **state)
{
    (void)state;
    open_udp("127.0.0.1");
    int client = client_to("127.0.0.1", AF_INET);
    struct tl_address to = hear_one(client).from;
    assert_int_equal(messages_of_flush(&to, 4, 1400), 1);
    hear_all(client, 4, 1400);
    assert_int_equal(messages_of_flush(&to, 4, 1401), 4);
    hear_all(client, 4, 1401);
    close(client);
    tl_udp_free(udp);
}

static void where_the_kernel_takes_no_runs_everything_goes_singly_and_arrives(void **state)
{
    (void)state;
    static const int never[] = { EIO, EOPNOTSUPP };
    for (size_t i = 0; i < 2; i++) {
        open_udp("127.0.0.1");
        int client = client_to("127.0.0.1", AF_INET);
        struct tl_address to = hear_one(client).from;
        refuse_runs_with = never[i];
        assert_int_equal(messages_of_flush(&to, 5, 700), 1);
        hear_all(client, 5, 700); /* what was tried as a run */
        refuse_runs_with = 0;
        assert_int_equal(messages_of_flush(&to, 5, 700), 5); /* and not tried again */
        hear_all(client, 5, 700);
        assert_int_equal(tl_udp_counters(udp)->send_dropped, 0);
        close(client);
        tl_udp_free(udp);
    }
}

/* A socket without checksums is one whose runs the kernel itself refuses with EINVAL. */
static void a_run_that_is_refused_for_its_own_sake_does_not_end_runs(void **state)
{
    (void)state;
    open_udp("127.0.0.1");
    int client = client_to("127.0.0.1", AF_INET), on = 1, off = 0;
    struct tl_address to = hear_one(client).from;
    assert_int_equal(setsockopt(tl_udp_fd(udp), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
    assert_int_equal(messages_of_flush(&to, 5, 700), 1);
    hear_all(client, 5, 700);
    assert_int_equal(setsockopt(tl_udp_fd(udp), SOL_SOCKET, SO_NO_CHECK, &off, sizeof off), 0);
    assert_int_equal(messages_of_flush(&to, 5, 700), 1);
    hear_all(client, 5, 700);
    assert_int_equal(tl_udp_counters(udp)->send_dropped, 0);
    close(client);
    tl_udp_free(udp);
}

static void what_the_kernel_drops_for_want_of_room_is_counted(void **state)
{
    (void)state;
    enum { SENT = 300 };
    open_udp("127.0.0.1");
    int client = client_to("127.0.0.1", AF_INET), small = 20000;
    assert_int_equal(setsockopt(tl_udp_fd(udp), SOL_SOCKET, SO_RCVBUF, &small, sizeof small),
                     0);
    uint8_t data[1000] = { 'd' };
    for (unsigned i = 0; i < SENT; i++)
        assert_int_equal(send(client, data, sizeof data, 0), sizeof data);
    struct seen seen = { 0 };
    while (tl_udp_receive(udp, take, &seen))
        ;
    assert_true(seen.count > 0 && seen.count < SENT);
    assert_int_equal(send(client, data, sizeof data, 0),
                     sizeof data); /* it brings the number */
    wait_readable(tl_udp_fd(udp));
    (void)tl_udp_receive(udp, take, &seen);
    assert_int_equal(tl_udp_counters(udp)->kernel_dropped, SENT + 1 - seen.count);
    close(client);
    tl_udp_free(udp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_leave_from_the_address_that_was_asked),
        cmocka_unit_test(runs_of_equal_size_arrive_as_the_datagrams_they_were),
        cmocka_unit_test(a_full_queue_leaves_by_itself),
        cmocka_unit_test(more_destinations_than_can_be_told_apart_leave_in_two_flushes),
        cmocka_unit_test(
            thirty_two_own_addresses_are_told_apart_and_the_next_is_served_as_the_kernel_can),
        cmocka_unit_test(one_socket_serves_both_families),
        cmocka_unit_test(
            a_batch_has_one_time_and_the_next_one_its_own_however_long_the_first_took),
        cmocka_unit_test(a_run_that_comes_in_is_the_datagrams_it_was_sent_as),
        cmocka_unit_test(pieces_of_a_run_are_1400_bytes_at_most),
        cmocka_unit_test(where_the_kernel_takes_no_runs_everything_goes_singly_and_arrives),
        cmocka_unit_test(a_run_that_is_refused_for_its_own_sake_does_not_end_runs),
        cmocka_unit_test(what_the_kernel_drops_for_want_of_room_is_counted),
        cmocka_unit_test(a_port_in_use_is_refused),
        cmocka_unit_test(sound_arrives_marked_ef_and_all_else_af41_in_both_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
