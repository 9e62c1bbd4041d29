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
    static const uint8_t payload[1580];
    struct tl_rtp_packet header = { .payload_type = PT_OPUS, .ssrc = SSRC_AUDIO };
    size_t passed = 0;
    /* the examiner's copy too is built within its bounds */
    assert_int_equal(tl_relay_test_copy(w->relay, w->now, sender->parameters.id, 1,
                                        TL_RELAY_COPY_SECONDS_LIMIT),
                     TL_OK);
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
    assert_true(w->copies > 20 && w->copies <= passed);
    assert_true(counter(TL_RELAY_DROP_TOO_LARGE) > 0);
    assert_int_equal(passed + counter(TL_RELAY_DROP_RTP_FORMAT) +
                         counter(TL_RELAY_DROP_TOO_LARGE),
                     sizeof payload - 1450 + 1);
}

static void a_datagram_of_1600_bytes_is_looked_at_and_a_longer_one_is_not(void **state)
{
    (void)state;
    struct world_peer *peer = world_join(w, 0, room, 0);
    static uint8_t junk[65507];
    static const uint8_t kinds[][2] = { { 0x80, PT_OPUS }, { 0x80, 201 }, { 22, 254 } };
    for (size_t i = 0; i < TL_COUNT_OF(kinds); i++) {
        memcpy(junk, kinds[i], 2);
        tl_relay_input(w->relay, w->now, &peer->address, junk, TL_RELAY_PACKET_ROOM);
        assert_int_equal(counter(TL_RELAY_DROP_TOO_LARGE), 2 * i);
        memcpy(junk, kinds[i], 2);
        tl_relay_input(w->relay, w->now, &peer->address, junk, TL_RELAY_PACKET_ROOM + 1);
        tl_relay_input(w->relay, w->now, &peer->address, junk, sizeof junk);
        assert_int_equal(counter(TL_RELAY_DROP_TOO_LARGE), 2 * i + 2);
    }
    assert_int_equal(counter(TL_RELAY_DROP_SRTP_AUTH), 2);
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
}

static void write_rtcp(struct tl_writer *w_, uint8_t count, uint8_t type, uint32_t media,
                       uint16_t items)
{
    tl_write_u8(w_, 0x80 | count);
    tl_write_u8(w_, type);
    tl_write_u16(w_, (uint16_t)(2 + items));
    tl_write_u32(w_, 1);
    tl_write_u32(w_, media);
    for (uint16_t i = 0; i < items; i++)
        tl_write_u32(w_, (uint32_t)i << 16);
}

static void of_one_nack_256_numbers_are_looked_at_and_not_one_more(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    uint32_t ssrc = receiver->answer.receives[1].ssrc;
    uint8_t buffer[1400];
    static const uint16_t items[] = { 256, 257, 340 };
    for (size_t i = 0; i < TL_COUNT_OF(items); i++) {
        struct tl_writer writer = tl_writer(buffer, sizeof buffer);
        uint64_t before = counter(TL_RELAY_NACKS_UNANSWERED);
        write_rtcp(&writer, 1, 205, ssrc, items[i]);
        assert_false(writer.failed);
        world_send_rtcp(w, 1, &writer);
        assert_int_equal(counter(TL_RELAY_NACKS_UNANSWERED) - before, 256);
    }
    /* and with masks: 16 items of 17 numbers each are more than that */
    struct tl_writer writer = tl_writer(buffer, sizeof buffer);
    uint64_t before = counter(TL_RELAY_NACKS_UNANSWERED);
    write_rtcp(&writer, 1, 205, ssrc, 16);
    for (size_t i = 0; i < 16; i++)
        memset(buffer + 12 + 4 * i + 2, 0xff, 2);
    world_send_rtcp(w, 1, &writer);
    assert_int_equal(counter(TL_RELAY_NACKS_UNANSWERED) - before, 256);
}

/* As many packets as a datagram holds; the last one asks for a key frame. */
static void a_compound_as_long_as_a_datagram_is_read_to_its_end(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_send_video(w, 0, true, false);
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    world_send_video(w, 0, true, false);
    world_pass(w, TL_SECOND_US);
    unsigned before = w->peers[0].pli;
    uint8_t buffer[1440];
    struct tl_writer writer = tl_writer(buffer, sizeof buffer);
    tl_rtcp_write_receiver_report(&writer, 1, NULL, 0);
    while (writer.used + 4 + 12 <= sizeof buffer) /* the smallest there is: four bytes */
        tl_write_u32(&writer, 0x80cc0000);
    tl_rtcp_write_pli(&writer, 1, receiver->answer.receives[1].ssrc);
    assert_int_equal(writer.used, sizeof buffer);
    world_send_rtcp(w, 1, &writer);
    assert_int_equal(w->peers[0].pli, before + 1);
    assert_int_equal(counter(TL_RELAY_DROP_RTCP_FORMAT), 0);
}

static void who_was_silent_for_long_is_heard_again_whatever_numbers_passed(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    /* half the numbers, and a little less than all of them: a replay, were they passed on */
    static const uint16_t passed[] = { 100, 32767, 32769, 40000, 65500 };
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    world_send_audio(w, 0);
    for (size_t i = 0; i < TL_COUNT_OF(passed); i++) {
        size_t got = receiver->got_count;
        uint16_t sequence = world_last(receiver)->header.sequence;
        struct tl_slot_wish none = { .mid = "a0" };
        const char *id = receiver->parameters.id;
        assert_int_equal(tl_relay_slots_set(w->relay, w->now, id, &none, 1), TL_OK);
        for (uint16_t n = 0; n < passed[i]; n++) {
            world_send_audio(w, 0);
            if (n % 50 == 49) { /* at the rate of sound, and with consent */
                w->now += TL_SECOND_US;
                world_send_stun(w, sender, true, NULL);
                world_send_stun(w, receiver, true, NULL);
            }
        }
        assert_int_equal(receiver->got_count, got);
        world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
        world_send_audio(w, 0);
        assert_int_equal(receiver->got_count, got + 1);
        assert_int_equal(world_last(receiver)->header.sequence, (uint16_t)(sequence + 1));
    }
    assert_int_equal(counter(TL_RELAY_DROP_SEAL), 0);
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

static void send_picture(struct world_peer *sender, uint32_t ssrc, uint16_t sequence, bool key,
                         char mark)
{
    uint8_t payload[20] = { 0x10, key ? 0 : 1, 0, 0, (uint8_t)mark };
    struct tl_rtp_packet header = { .payload_type = PT_VP8,
                                    .marker = true,
                                    .sequence = sequence,
                                    .timestamp = sequence * 3000u,
                                    .ssrc = ssrc };
    world_send_rtp(w, sender, &header, payload, sizeof payload, true);
    world_settle(w);
}

static void packets_of_a_stream_answer_for_no_other_that_follows_it(void **state)
{
    (void)state;
    enum { OTHER = 3000 };
    struct world_peer *sender = world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    assert_int_equal(tl_srtp_add_sender(sender->srtp, OTHER), TL_OK);
    send_picture(sender, SSRC_VIDEO, 100, true, 'o');
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    for (uint16_t i = 101; i < 110; i++)
        send_picture(sender, SSRC_VIDEO, i, i == 101, 'o');
    /* the same numbers under another SSRC, of which one is lost on its way in */
    send_picture(sender, OTHER, 103, true, 'n');
    send_picture(sender, OTHER, 104, false, 'n');
    send_picture(sender, OTHER, 106, false, 'n');
    uint16_t lost = (uint16_t)(world_last(receiver)->header.sequence - 1);
    size_t got = receiver->got_count;
    uint8_t buffer[100];
    struct tl_writer writer = tl_writer(buffer, sizeof buffer);
    tl_rtcp_write_nack(&writer, 1, receiver->answer.receives[1].ssrc, &lost, 1);
    world_send_rtcp(w, 1, &writer);
    assert_int_equal(receiver->got_count, got);
    assert_int_equal(counter(TL_RELAY_NACKS_UNANSWERED), 1);
    /* and it does not pass for having come, when the sender repeats it */
    uint8_t payload[12] = { 0, 105, 0x10, 1, 0, 0, 'n' };
    struct tl_rtp_packet rtx = { .payload_type = PT_RTX,
                                 .ssrc = SSRC_RTX,
                                 .timestamp = 105 * 3000u };
    world_send_rtp(w, sender, &rtx, payload, sizeof payload, true);
    world_settle(w);
    assert_int_equal(receiver->got_count, got + 1);
    assert_int_equal(world_last(receiver)->header.sequence, lost);
    assert_int_equal(world_last(receiver)->header.payload.data[4], 'n');
    writer = tl_writer(buffer, sizeof buffer);
    tl_rtcp_write_nack(&writer, 1, receiver->answer.receives[1].ssrc, &lost, 1);
    world_send_rtcp(w, 1, &writer);
    assert_int_equal(receiver->got_count, got + 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(retransmissions_are_a_thousand_a_second_at_most),
        TEST(foreign_streams_are_learned_up_to_their_limit),
        TEST(a_payload_type_nobody_negotiated_is_dropped),
        TEST(the_largest_packets_pass_and_larger_ones_are_dropped),
        TEST(a_datagram_of_1600_bytes_is_looked_at_and_a_longer_one_is_not),
        TEST(of_one_nack_256_numbers_are_looked_at_and_not_one_more),
        TEST(a_compound_as_long_as_a_datagram_is_read_to_its_end),
        TEST(who_was_silent_for_long_is_heard_again_whatever_numbers_passed),
        TEST(rtcp_that_lies_about_lengths_is_dropped),
        TEST(packets_of_a_stream_answer_for_no_other_that_follows_it),
        TEST(a_late_packet_or_padding_does_not_turn_picture_ids_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
