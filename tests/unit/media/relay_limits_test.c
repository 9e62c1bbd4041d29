/* What a hostile participant can make the relay do, at its edges. */
#include "testing.h"

#define WORLD_PACKETS 8192
#include "relay_world.h"

static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static struct world *w;

static int set_up(void **state)
{
    (void)state;
    w = world_new(4);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_free(w);
    return 0;
}

static uint64_t counter(enum tl_relay_counter which)
{
    return tl_relay_counter(w->relay, which);
}

static void retransmissions_are_a_thousand_a_second_at_most(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_send_video(w, 0, true, false);
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    world_send_video(w, 0, true, false);
    uint16_t sequence = world_last(receiver)->header.sequence;
    uint8_t buffer[1200];
    for (unsigned i = 0; i < 1001; i++) {
        struct tl_writer writer = tl_writer(buffer, sizeof buffer);
        tl_rtcp_write_nack(&writer, 1, receiver->answer.receives[1].ssrc, &sequence, 1);
        world_send_rtcp(w, 1, &writer);
    }
    assert_int_equal(counter(TL_RELAY_RETRANSMITTED), 1000);
    assert_int_equal(counter(TL_RELAY_NACKS_UNANSWERED), 1);
    w->now += 10 * TL_MILLISECOND_US; /* ten more are earned */
    for (unsigned i = 0; i < 11; i++) {
        struct tl_writer writer = tl_writer(buffer, sizeof buffer);
        tl_rtcp_write_nack(&writer, 1, receiver->answer.receives[1].ssrc, &sequence, 1);
        world_send_rtcp(w, 1, &writer);
    }
    assert_int_equal(counter(TL_RELAY_RETRANSMITTED), 1010);
}

static void foreign_streams_are_learned_up_to_their_limit(void **state)
{
    (void)state;
    enum { LIMIT = 32 };
    struct world_peer *sender = world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    for (uint32_t i = 0; i < LIMIT + 1; i++) {
        assert_int_equal(tl_srtp_add_sender(sender->srtp, 50000 + i), TL_OK);
        struct tl_rtp_packet header = { .payload_type = PT_OPUS, .ssrc = 50000 + i };
        world_send_rtp(w, sender, &header, "x", 1, true);
        world_settle(w);
    }
    assert_int_equal(counter(TL_RELAY_DROP_NO_SOURCE), 1);
    assert_int_equal(receiver->got_count, LIMIT);
    /* and whatever the sender did, the receiver's stream is one */
    for (size_t i = 1; i < receiver->got_count; i++)
        assert_int_equal(receiver->got[i].header.sequence,
                         (uint16_t)(receiver->got[i - 1].header.sequence + 1));
}

static void a_payload_type_nobody_negotiated_is_dropped(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    struct tl_rtp_packet header = { .payload_type = 0, .ssrc = SSRC_AUDIO };
    world_send_rtp(w, sender, &header, "pcm", 3, true);
    world_settle(w);
    assert_int_equal(counter(TL_RELAY_DROP_PAYLOAD_TYPE), 1);
    assert_int_equal(receiver->got_count, 0);
}

static void the_largest_packets_pass_and_larger_ones_are_dropped(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    static const uint8_t payload[1560];
    struct tl_rtp_packet header = { .payload_type = PT_OPUS, .ssrc = SSRC_AUDIO };
    size_t passed = 0;
    for (size_t size = 1450; size <= sizeof payload; size++) {
        header.sequence++;
        world_send_rtp(w, sender, &header, payload, size, true);
        world_settle(w);
        if (receiver->got_count > passed) {
            assert_int_equal(size - 1450, passed); /* none passes after one was too large */
            passed = receiver->got_count;
        }
    }
    assert_true(passed > 20);
    assert_int_equal(passed + counter(TL_RELAY_DROP_RTP_FORMAT), sizeof payload - 1450 + 1);
}

static void rtcp_that_lies_about_lengths_is_dropped(void **state)
{
    (void)state;
    struct world_peer *peer = world_join(w, 0, room, 1);
    static const uint8_t bodies[][12] = {
        { 0x81, 201, 0, 1, 0, 0, 0, 1 },             /* a report that is not there */
        { 0x80, 200, 0, 1, 0, 0, 0, 1 },             /* no sender info */
        { 0x81, 205, 0, 1, 0, 0, 0, 1 },             /* no media source */
        { 0x80, 201, 0, 1, 0, 0, 0, 1, 0x80, 0xc8 }, /* and then half a header */
    };
    for (size_t i = 0; i < TL_COUNT_OF(bodies); i++) {
        uint8_t packet[100];
        size_t size = i == 3 ? 12 : 8;
        memcpy(packet, bodies[i], size);
        assert_int_equal(tl_srtp_seal_rtcp(peer->srtp, packet, sizeof packet, &size), TL_OK);
        world_input(w, peer, packet, size);
        world_settle(w);
    }
    assert_int_equal(counter(TL_RELAY_DROP_RTCP_FORMAT), 4);
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
}

static void a_late_packet_or_padding_does_not_turn_picture_ids_back(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    world_join(w, 1, room, 0);
    struct world_peer *receiver = world_join(w, 2, room, 1);
    world_send_video(w, 0, true, false);
    world_watch(w, 2, "v0", 0, TL_SOURCE_CAMERA);
    world_send_video(w, 0, true, false);
    uint16_t late = sender->video_sequence;
    world_send_video(w, 0, false, true);
    for (int i = 0; i < 5; i++)
        world_send_video(w, 0, false, false);
    struct tl_vp8_descriptor newest, next;
    assert_int_equal(tl_vp8_read(world_last(receiver)->header.payload, &newest), TL_OK);
    /* the lost one comes late, then a packet of padding alone */
    uint16_t picture = (uint16_t)(sender->picture - 5);
    uint8_t payload[12] = {
        (uint8_t)(late >> 8), (uint8_t)late,    0x90, 0xc0, (uint8_t)(0x80 | picture >> 8),
        (uint8_t)picture,     (uint8_t)picture, 0x01
    };
    struct tl_rtp_packet rtx = { .payload_type = PT_RTX,
                                 .ssrc = SSRC_RTX,
                                 .timestamp = late * 3000u };
    world_send_rtp(w, sender, &rtx, payload, sizeof payload, true);
    uint8_t padding[4] = { 0, 0, 0, 4 };
    struct tl_rtp_packet empty = { .payload_type = PT_VP8,
                                   .ssrc = SSRC_VIDEO,
                                   .padding = 4,
                                   .sequence = sender->video_sequence++ };
    world_send_rtp(w, sender, &empty, padding, sizeof padding, true);
    world_settle(w);
    assert_int_equal(world_last(receiver)->header.payload.size, 0);
    world_send_video(w, 1, true, false);
    world_watch(w, 2, "v0", 1, TL_SOURCE_CAMERA);
    world_send_video(w, 1, true, false);
    assert_int_equal(tl_vp8_read(world_last(receiver)->header.payload, &next), TL_OK);
    assert_int_equal(next.picture_id, (newest.picture_id + 1) & 0x7fff);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(retransmissions_are_a_thousand_a_second_at_most),
        TEST(foreign_streams_are_learned_up_to_their_limit),
        TEST(a_payload_type_nobody_negotiated_is_dropped),
        TEST(the_largest_packets_pass_and_larger_ones_are_dropped),
        TEST(rtcp_that_lies_about_lengths_is_dropped),
        TEST(a_late_packet_or_padding_does_not_turn_picture_ids_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
