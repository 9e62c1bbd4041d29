/* Channels over real socket pairs: limits, slow peers, garbage, descriptors. */
#include "testing.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/memory.h"

struct ends {
    struct tl_channel *a, *b;
};

static struct ends open_ends(void)
{
    int fds[2];
    assert_int_equal(tl_channel_pair(fds), TL_OK);
    struct ends ends = { tl_channel_new(fds[0]), tl_channel_new(fds[1]) };
    assert_non_null(ends.a);
    assert_non_null(ends.b);
    return ends;
}

static void close_ends(struct ends *ends)
{
    ends->a = tl_channel_free(ends->a);
    ends->b = tl_channel_free(ends->b);
}

static void a_message_arrives_as_it_was_sent(void **state)
{
    (void)state;
    struct ends ends = open_ends();
    struct tl_channel_message sent = { .type = 0x0301,
                                       .flags = TL_CHANNEL_MORE,
                                       .request = 42,
                                       .json = tl_bytes("{\"a\":1}", 7),
                                       .raw = tl_bytes("raw", 3) };
    assert_int_equal(tl_channel_send(ends.a, &sent), TL_OK);
    struct tl_channel_message got;
    assert_int_equal(tl_channel_receive(ends.b, &got), TL_OK);
    assert_int_equal(got.type, 0x0301);
    assert_int_equal(got.flags, TL_CHANNEL_MORE);
    assert_int_equal(got.request, 42);
    assert_true(tl_bytes_equal(got.json, sent.json));
    assert_true(tl_bytes_equal(got.raw, sent.raw));
    assert_int_equal(got.fd_count, 0);
    assert_int_equal(tl_channel_receive(ends.b, &got), TL_ERROR_AGAIN);
    assert_int_equal(tl_channel_wait(ends.b, 1, &got), TL_ERROR_TIMEOUT);
    close_ends(&ends);
}

static void the_largest_message_passes_and_one_byte_more_is_refused(void **state)
{
    (void)state;
    struct ends ends = open_ends();
    uint8_t *room = calloc(1, TL_CHANNEL_RAW_LIMIT + 1);
    assert_non_null(room);
    struct tl_channel_message message = { .type = 1,
                                          .json = tl_bytes(room, TL_CHANNEL_JSON_LIMIT),
                                          .raw = tl_bytes(room, TL_CHANNEL_RAW_LIMIT) };
    struct tl_channel_message got;
    assert_int_equal(tl_channel_send(ends.a, &message), TL_OK);
    assert_int_equal(tl_channel_receive(ends.b, &got), TL_OK);
    assert_int_equal(got.raw.size, TL_CHANNEL_RAW_LIMIT);
    message.raw.size++;
    assert_int_equal(tl_channel_send(ends.a, &message), TL_ERROR_LIMIT);
    message.raw.size = 0;
    message.json.size = TL_CHANNEL_JSON_LIMIT + 1;
    assert_int_equal(tl_channel_send(ends.a, &message), TL_ERROR_LIMIT);
    free(room);
    close_ends(&ends);
}

static void four_descriptors_travel_and_not_one_more(void **state)
{
    (void)state;
    struct ends ends = open_ends();
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct tl_channel_message message = { .type = 1, .fd_count = TL_CHANNEL_FDS_LIMIT };
    struct tl_channel_message got;
    for (unsigned i = 0; i < TL_CHANNEL_FDS_LIMIT; i++)
        message.fds[i] = file;
    assert_int_equal(tl_channel_send(ends.a, &message), TL_OK);
    assert_int_equal(tl_channel_receive(ends.b, &got), TL_OK);
    assert_int_equal(got.fd_count, TL_CHANNEL_FDS_LIMIT);
    for (unsigned i = 0; i < got.fd_count; i++)
        close(got.fds[i]);
    message.fd_count++;
    assert_int_equal(tl_channel_send(ends.a, &message), TL_ERROR_LIMIT);
    close(file);
    close_ends(&ends);
}

static void descriptors_travel_and_are_closed_with_a_bad_message(void **state)
{
    (void)state;
    struct ends ends = open_ends();
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct tl_channel_message message = { .type = 1, .fds = { file, file }, .fd_count = 2 };
    struct tl_channel_message got;
    assert_int_equal(tl_channel_send(ends.a, &message), TL_OK);
    assert_int_equal(tl_channel_receive(ends.b, &got), TL_OK);
    assert_int_equal(got.fd_count, 2);
    struct stat one, other;
    assert_int_equal(fstat(got.fds[0], &one), 0);
    assert_int_equal(fstat(file, &other), 0);
    assert_true(one.st_ino == other.st_ino);
    int next = dup(file);
    close(next);
    close(got.fds[0]);
    close(got.fds[1]);

    /* Garbage with a descriptor: nothing of it may stay open. */
    int before = dup(file);
    close(before);
    struct iovec part = { (void *)(uintptr_t) "garbage", 7 };
    union {
        struct cmsghdr header;
        uint8_t room[CMSG_SPACE(sizeof(int))];
    } control = { 0 };
    struct msghdr raw = { .msg_iov = &part,
                          .msg_iovlen = 1,
                          .msg_control = &control,
                          .msg_controllen = sizeof control };
    struct cmsghdr *header = CMSG_FIRSTHDR(&raw);
    *header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                .cmsg_type = SCM_RIGHTS,
                                .cmsg_len = CMSG_LEN(sizeof(int)) };
    memcpy(CMSG_DATA(header), &file, sizeof file);
    assert_int_equal(sendmsg(tl_channel_fd(ends.a), &raw, 0), 7);
    assert_int_equal(tl_channel_receive(ends.b, &got), TL_ERROR_FORMAT);
    assert_int_equal(tl_channel_bad_messages(ends.b), 1);
    int after = dup(file);
    assert_int_equal(after, before);
    close(after);
    close(file);
    close_ends(&ends);
}

static void a_stuck_peer_costs_a_bounded_queue_and_loses_nothing_taken(void **state)
{
    (void)state;
    struct ends ends = open_ends();
    uint8_t *room = calloc(1, 32768);
    assert_non_null(room);
    uint32_t taken = 0;
    enum tl_error error;
    do {
        struct tl_channel_message message = { .type = 1,
                                              .request = taken + 1,
                                              .raw = tl_bytes(room, 32768) };
        error = tl_channel_send(ends.a, &message);
        taken += error == TL_OK;
    } while (error == TL_OK && taken < 10000);
    assert_int_equal(error, TL_ERROR_LIMIT);
    assert_true(tl_channel_queued_bytes(ends.a) <= TL_CHANNEL_QUEUE_BYTES_LIMIT);
    assert_true(tl_channel_wants_write(ends.a));
    struct tl_channel_message got;
    for (uint32_t i = 1; i <= taken; i++) {
        error = tl_channel_receive(ends.b, &got);
        if (error == TL_ERROR_AGAIN) {
            (void)tl_channel_flush(ends.a);
            error = tl_channel_receive(ends.b, &got);
        }
        assert_int_equal(error, TL_OK);
        assert_int_equal(got.request, i);
    }
    assert_int_equal(tl_channel_flush(ends.a), TL_OK);
    assert_int_equal(tl_channel_queued_bytes(ends.a), 0);
    free(room);
    close_ends(&ends);
}

static void the_end_of_the_peer_is_seen_on_both_sides(void **state)
{
    (void)state;
    struct ends ends = open_ends();
    ends.a = tl_channel_free(ends.a);
    struct tl_channel_message message = { .type = 1 }, got;
    assert_int_equal(tl_channel_receive(ends.b, &got), TL_ERROR_CLOSED);
    assert_int_equal(tl_channel_send(ends.b, &message), TL_ERROR_CLOSED);
    close_ends(&ends);
}

static void every_truncation_of_a_header_is_refused(void **state)
{
    (void)state;
    uint8_t datagram[TL_CHANNEL_HEADER_SIZE + 2];
    struct tl_channel_message message = { .type = 9, .json = tl_bytes("{}", 2) };
    assert_int_equal(tl_channel_message_header(&message, datagram), TL_OK);
    datagram[16] = '{';
    datagram[17] = '}';
    struct tl_channel_message got;
    for (size_t size = 0; size < sizeof datagram; size++)
        assert_int_equal(tl_channel_message_read(tl_bytes(datagram, size), &got),
                         TL_ERROR_FORMAT);
    assert_int_equal(tl_channel_message_read(tl_bytes(datagram, sizeof datagram), &got), TL_OK);
    datagram[0] ^= 1;
    assert_int_equal(tl_channel_message_read(tl_bytes(datagram, sizeof datagram), &got),
                     TL_ERROR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_arrives_as_it_was_sent),
        cmocka_unit_test(the_largest_message_passes_and_one_byte_more_is_refused),
        cmocka_unit_test(four_descriptors_travel_and_not_one_more),
        cmocka_unit_test(descriptors_travel_and_are_closed_with_a_bad_message),
        cmocka_unit_test(a_stuck_peer_costs_a_bounded_queue_and_loses_nothing_taken),
        cmocka_unit_test(the_end_of_the_peer_is_seen_on_both_sides),
        cmocka_unit_test(every_truncation_of_a_header_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
