/* Connections over loopback: who may stay, what is dropped, and the edges of the limits. */
#include "testing.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "media/deframer.h"
#include "media/streams.h"

static struct tl_streams *streams;
static struct {
    unsigned count;
    size_t size;
    uint8_t first;
    struct tl_address from;
    bool knows;
} seen;

/* A Binding request without attributes. */
static const uint8_t stun[20] = { 0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42 };

static void receive(void *context, const struct tl_address *from, uint8_t *data, size_t size)
{
    (void)context;
    seen.count++;
    seen.from = *from;
    seen.size = size;
    seen.first = data[0];
}

static bool knows(void *context, const struct tl_address *address)
{
    (void)context, (void)address;
    return seen.knows;
}

static int set_up(void **state)
{
    (void)state;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &files);
    memset(&seen, 0, sizeof seen);
    struct tl_streams_user user = { NULL, receive, knows };
    struct tl_address bind_to;
    if (tl_address_read(TL_TEXT("127.0.0.1"), 0, &bind_to))
        return -1;
    return tl_streams_new(&bind_to, &user, &streams) ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    streams = tl_streams_free(streams);
    return 0;
}

static int connect_from(const char *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 8192;
    assert_true(fd >= 0);
    struct sockaddr_in from = { .sin_family = AF_INET };
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(tl_streams_port(streams)) };
    inet_pton(AF_INET, address, &from.sin_addr);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void serve_once(tl_time_us now)
{
    struct pollfd waiting = { .fd = tl_streams_fd(streams), .events = POLLIN };
    assert_int_equal(poll(&waiting, 1, 5000), 1);
    tl_streams_serve(streams, now);
}

static void send_frame(int fd, const void *data, size_t size)
{
    uint8_t frame[2 + TL_FRAME_LIMIT];
    size_t length;
    assert_int_equal(tl_frame_write(tl_bytes(data, size), frame, sizeof frame, &length), TL_OK);
    assert_int_equal(send(fd, frame, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* Connected, and its first STUN came. */
static int join(void)
{
    int fd = connect_from("127.0.0.1");
    serve_once(1);
    seen.count = 0;
    send_frame(fd, stun, sizeof stun);
    serve_once(1);
    assert_int_equal(seen.count, 1);
    return fd;
}

static bool is_closed(int fd)
{
    uint8_t byte;
    struct pollfd waiting = { .fd = fd, .events = POLLIN };
    return poll(&waiting, 1, 5000) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

static void a_connection_is_an_address_no_datagram_can_have(void **state)
{
    (void)state;
    int one = join();
    struct tl_address first = seen.from;
    assert_true(first.stream != 0);
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    getsockname(one, (struct sockaddr *)&own, &size);
    struct tl_address datagram;
    assert_int_equal(tl_address_from_socket(&own, &datagram), TL_OK);
    assert_int_equal(datagram.port, first.port);
    assert_false(tl_address_equal(&datagram, &first));
    /* nor has the next connection in its place */
    close(one);
    serve_once(1);
    assert_int_equal(tl_streams_count(streams), 0);
    int two = join();
    assert_true(seen.from.stream != first.stream);
    assert_int_equal(seen.from.stream % TL_STREAMS_LIMIT, first.stream % TL_STREAMS_LIMIT);
    tl_streams_send(streams, &first, tl_bytes("late", 4), false);
    assert_int_equal(tl_streams_counters(streams)->dropped_other, 1);
    close(two);
}

static void what_is_sent_arrives_framed(void **state)
{
    (void)state;
    int fd = join();
    tl_streams_send(streams, &seen.from, tl_bytes("one", 3), false);
    tl_streams_send(streams, &seen.from, tl_bytes("three", 5), true);
    tl_streams_flush(streams);
    char got[12];
    assert_int_equal(recv(fd, got, sizeof got, MSG_WAITALL), sizeof got);
    assert_memory_equal(got, "\0\3one\0\5three", sizeof got);
    close(fd);
}

static void a_connection_that_begins_with_anything_but_stun_is_closed(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = { { "\200abcdefghijk", 12 }, { "\26\376\375abcdefghijk", 14 }, { "GET /", 5 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = connect_from("127.0.0.1");
        serve_once(1);
        send_frame(fd, cases[i].bytes, cases[i].size);
        serve_once(1);
        assert_true(is_closed(fd));
        close(fd);
    }
    assert_int_equal(seen.count, 0);
    assert_int_equal(tl_streams_counters(streams)->closed_format, 3);
    assert_int_equal(tl_streams_count(streams), 0);
}

static void once_it_has_authenticated_everything_passes(void **state)
{
    (void)state;
    seen.knows = true;
    int fd = join();
    send_frame(fd, "\200abcdefghijk", 12);
    serve_once(1);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.first, 0200);
    close(fd);
}

static void a_connection_that_has_not_authenticated_is_closed_after_five_seconds(void **state)
{
    (void)state;
    int fd = join();
    tl_streams_tick(streams, 1 + TL_STREAM_UNKNOWN_US - 1);
    assert_int_equal(tl_streams_count(streams), 1);
    tl_streams_tick(streams, 1 + TL_STREAM_UNKNOWN_US + TL_SECOND_US);
    assert_int_equal(tl_streams_count(streams), 0);
    assert_int_equal(tl_streams_counters(streams)->closed_unknown, 1);
    assert_true(is_closed(fd));
    close(fd);
}

static void a_connection_outlives_its_participant_by_five_seconds_at_most(void **state)
{
    (void)state;
    seen.knows = true;
    int fd = join();
    tl_time_us now = 1;
    for (; now < 60 * TL_SECOND_US; now += TL_SECOND_US)
        tl_streams_tick(streams, now);
    assert_int_equal(tl_streams_count(streams), 1);
    seen.knows = false;
    tl_streams_tick(streams, now + TL_STREAM_UNKNOWN_US);
    assert_int_equal(tl_streams_count(streams), 0);
    close(fd);
}

/* Nobody reads: the kernel fills, then ours; pictures give way, then everything; never more. */
static void what_a_peer_does_not_read_is_dropped_pictures_first(void **state)
{
    (void)state;
    int fd = join();
    static uint8_t packet[1200];
    const struct tl_streams_counters *counters = tl_streams_counters(streams);
    unsigned sent = 0;
    while (counters->dropped_video == 0 && sent < 100000) {
        tl_streams_send(streams, &seen.from, tl_bytes(packet, sizeof packet), true);
        tl_streams_flush(streams);
        sent++;
    }
    assert_int_equal(counters->dropped_video, 1);
    unsigned sounds = 0;
    while (counters->dropped_other == 0 && sounds < 100000) {
        tl_streams_send(streams, &seen.from, tl_bytes(packet, 100), false);
        tl_streams_flush(streams);
        sounds++;
    }
    /* as much sound as the other half holds, to the byte */
    size_t half = TL_STREAM_OUT_ROOM - TL_STREAM_OUT_VIDEO;
    assert_in_range(sounds - 1, half / 102, (half + sizeof packet + 2) / 102);
    /* and what was taken arrives whole, in order, when the peer reads again */
    uint8_t read_[4096];
    static struct tl_deframer deframer;
    unsigned frames = 0;
    while (frames < sent - 1 + sounds - 1) {
        struct pollfd waiting[] = { { .fd = fd, .events = POLLIN },
                                    { .fd = tl_streams_fd(streams), .events = POLLIN } };
        assert_true(poll(waiting, 2, 5000) > 0);
        if (waiting[1].revents)
            tl_streams_serve(streams, 1);
        ssize_t got = recv(fd, read_, sizeof read_, MSG_DONTWAIT);
        uint8_t *at = read_, *frame;
        size_t left = got > 0 ? (size_t)got : 0, size;
        while (tl_deframer_next(&deframer, &at, &left, &frame, &size) == TL_OK) {
            assert_int_equal(size, frames < sent - 1 ? sizeof packet : 100);
            frames++;
        }
    }
    close(fd);
}

static void one_address_holds_256_connections_and_not_one_more(void **state)
{
    (void)state;
    static int fds[TL_STREAMS_OF_ADDRESS_LIMIT + 1];
    for (unsigned i = 0; i <= TL_STREAMS_OF_ADDRESS_LIMIT; i++) {
        fds[i] = connect_from("127.0.0.2");
        serve_once(1);
    }
    assert_int_equal(tl_streams_count(streams), TL_STREAMS_OF_ADDRESS_LIMIT);
    assert_int_equal(tl_streams_counters(streams)->turned_away, 1);
    assert_true(is_closed(fds[TL_STREAMS_OF_ADDRESS_LIMIT]));
    int other = connect_from("127.0.0.3"); /* in the oldest stranger's place */
    serve_once(1);
    assert_int_equal(tl_streams_count(streams), TL_STREAMS_OF_ADDRESS_LIMIT);
    assert_int_equal(tl_streams_counters(streams)->turned_away, 1);
    assert_true(is_closed(fds[0]));
    close(other);
    for (unsigned i = 0; i <= TL_STREAMS_OF_ADDRESS_LIMIT; i++)
        close(fds[i]);
}

/* Connected from an address, and authenticated. */
static int join_from(const char *address)
{
    int fd = connect_from(address);
    serve_once(1);
    seen.knows = true;
    send_frame(fd, stun, sizeof stun);
    serve_once(1);
    return fd;
}

static void a_relay_holds_1024_connections_and_not_one_more(void **state)
{
    (void)state;
    static int fds[TL_STREAMS_LIMIT + 1];
    for (unsigned i = 0; i <= TL_STREAMS_LIMIT; i++) {
        char address[32];
        snprintf(address, sizeof address, "127.0.1.%u", 1 + i / TL_STREAMS_OF_ADDRESS_LIMIT);
        if (i < TL_STREAMS_LIMIT) {
            fds[i] = join_from(address);
            continue;
        }
        fds[i] = connect_from(address);
        serve_once(1);
    }
    assert_int_equal(tl_streams_count(streams), TL_STREAMS_LIMIT);
    assert_true(is_closed(fds[TL_STREAMS_LIMIT]));
    close(fds[0]);
    serve_once(1);
    assert_int_equal(tl_streams_count(streams), TL_STREAMS_LIMIT - 1);
    for (unsigned i = 1; i <= TL_STREAMS_LIMIT; i++)
        close(fds[i]);
}

static void strangers_crowd_out_each_other_and_nobody_who_has_authenticated(void **state)
{
    (void)state;
    static int fds[TL_STREAMS_UNKNOWN_LIMIT + 1];
    int friend_ = join_from("127.0.2.1");
    seen.knows = false;
    for (unsigned i = 0; i <= TL_STREAMS_UNKNOWN_LIMIT; i++) {
        char address[32];
        snprintf(address, sizeof address, "127.0.3.%u", 1 + i / 100);
        fds[i] = connect_from(address);
        serve_once(2 + i);
        assert_int_equal(tl_streams_count(streams),
                         i < TL_STREAMS_UNKNOWN_LIMIT ? i + 2 : TL_STREAMS_UNKNOWN_LIMIT + 1);
    }
    assert_true(is_closed(fds[0])); /* the oldest */
    tl_streams_send(streams, &seen.from, tl_bytes("here", 4), false);
    tl_streams_flush(streams);
    char got[6];
    assert_int_equal(recv(friend_, got, sizeof got, MSG_WAITALL), sizeof got);
    close(friend_);
    for (unsigned i = 0; i <= TL_STREAMS_UNKNOWN_LIMIT; i++)
        close(fds[i]);
}

/* Out of descriptors, what waits at the port is refused rather than waking the loop for ever. */
static void without_descriptors_a_connection_is_turned_away(void **state)
{
    (void)state;
    int fd = connect_from("127.0.0.1"), highest = dup(fd);
    struct rlimit files, few;
    getrlimit(RLIMIT_NOFILE, &files);
    few = files;
    few.rlim_cur = (rlim_t)highest;
    close(highest);
    setrlimit(RLIMIT_NOFILE, &few);
    serve_once(1);
    setrlimit(RLIMIT_NOFILE, &files);
    assert_int_equal(tl_streams_counters(streams)->turned_away, 1);
    assert_int_equal(tl_streams_count(streams), 0);
    assert_true(is_closed(fd));
    close(fd);
    close(join()); /* and the next one is served */
}

static void a_connection_handed_over_is_like_one_accepted(void **state)
{
    (void)state;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof in;
    assert_int_equal(bind(listener, (struct sockaddr *)&in, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    getsockname(listener, (struct sockaddr *)&in, &size);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&in, size), 0);
    send_frame(fd, stun, sizeof stun);
    assert_int_equal(tl_streams_adopt(streams, 1, accept(listener, NULL, NULL)), TL_OK);
    serve_once(1);
    assert_int_equal(seen.count, 1);
    assert_int_equal(tl_streams_counters(streams)->handed, 1);
    close(fd);
    close(listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_connection_is_an_address_no_datagram_can_have),
        TEST(what_is_sent_arrives_framed),
        TEST(a_connection_that_begins_with_anything_but_stun_is_closed),
        TEST(once_it_has_authenticated_everything_passes),
        TEST(a_connection_that_has_not_authenticated_is_closed_after_five_seconds),
        TEST(a_connection_outlives_its_participant_by_five_seconds_at_most),
        TEST(what_a_peer_does_not_read_is_dropped_pictures_first),
        TEST(one_address_holds_256_connections_and_not_one_more),
        TEST(a_relay_holds_1024_connections_and_not_one_more),
        TEST(strangers_crowd_out_each_other_and_nobody_who_has_authenticated),
        TEST(without_descriptors_a_connection_is_turned_away),
        TEST(a_connection_handed_over_is_like_one_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
