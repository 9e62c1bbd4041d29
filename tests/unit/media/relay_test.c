/* The relay's core end to end, in a simulated network. */
#include "testing.h"

#include "relay_world.h"

static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const char other_room[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
static struct world *w;

static int set_up(void **state)
{
    (void)state;
    w = world_new(8);
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

static struct tl_vp8_descriptor vp8_of(const struct world_packet *packet)
{
    struct tl_vp8_descriptor d;
    assert_int_equal(tl_vp8_read(packet->header.payload, &d), TL_OK);
    return d;
}

/* ---- the gates ---- */

static void rtp_from_an_address_that_never_did_ice_is_dropped_and_counted(void **state)
{
    (void)state;
    struct world_peer *peer = world_join(w, 0, room, 1);
    world_watch(w, 0, "a0", 0, TL_SOURCE_MICROPHONE);
    world_send_audio(w, 0);
    assert_int_equal(peer->got_count, 1);
    struct tl_address good = peer->address;
    peer->address.port++; /* the same host, another port */
    world_send_audio(w, 0);
    assert_int_equal(counter(TL_RELAY_DROP_ADDRESS), 1);
    peer->address = good;
    assert_int_equal(peer->got_count, 1);
}

static void dtls_before_ice_is_dropped(void **state)
{
    (void)state;
    assert_int_equal(world_open(w, 0, room, 1), TL_OK);
    tl_dtls_start(w->peers[0].dtls);
    world_settle(w);
    assert_false(w->peers[0].connected);
    assert_true(counter(TL_RELAY_DROP_ADDRESS) > 0);
}

static void dtls_from_another_address_is_dropped(void **state)
{
    (void)state;
    assert_int_equal(world_open(w, 0, room, 1), TL_OK);
    world_send_stun(w, &w->peers[0], true, NULL);
    world_settle(w);
    w->peers[0].address = tl_address_ipv4(203, 0, 113, 9, 9);
    tl_dtls_start(w->peers[0].dtls);
    world_settle(w);
    assert_false(w->peers[0].connected);
    assert_true(counter(TL_RELAY_DROP_ADDRESS) > 0);
}

static void rtp_before_dtls_is_dropped(void **state)
{
    (void)state;
    assert_int_equal(world_open(w, 0, room, 1), TL_OK);
    world_send_stun(w, &w->peers[0], true, NULL);
    static const uint8_t rtp[40] = { 0x80, PT_OPUS };
    world_input(w, &w->peers[0], rtp, sizeof rtp);
    assert_int_equal(counter(TL_RELAY_DROP_NO_KEYS), 1);
}

static void a_wrong_password_validates_nothing_and_gets_401(void **state)
{
    (void)state;
    assert_int_equal(world_open(w, 0, room, 1), TL_OK);
    world_send_stun(w, &w->peers[0], true, "not-the-password");
    world_settle(w);
    assert_int_equal(w->peers[0].last_stun_error, 401);
    tl_dtls_start(w->peers[0].dtls);
    world_settle(w);
    assert_false(w->peers[0].connected);
    assert_int_equal(counter(TL_RELAY_DROP_STUN_AUTH), 1);
}

static void refusals_to_strangers_are_limited(void **state)
{
    (void)state;
    assert_int_equal(world_open(w, 0, room, 1), TL_OK);
    for (unsigned i = 0; i < 300; i++) {
        world_send_stun(w, &w->peers[0], true, "guess");
        world_settle(w);
    }
    assert_true(w->peers[0].stun_errors <= 100);
    assert_int_equal(counter(TL_RELAY_DROP_STUN_RATE) + w->peers[0].stun_errors, 300);
}

static void a_client_with_another_certificate_never_gets_keys(void **state)
{
    (void)state;
    struct world_peer *peer = &w->peers[0];
    assert_int_equal(world_open(w, 0, room, 1), TL_OK);
    struct tl_participant_parameters parameters = peer->parameters;
    parameters.fingerprint[3] ^= 1;
    assert_int_equal(tl_relay_open(w->relay, w->now, &parameters, &peer->answer), TL_OK);
    assert_false(world_connect(w, 0));
    assert_int_equal(w->states[0], TL_PARTICIPANT_FAILED);
    assert_string_equal(w->reasons[0], "fingerprint");
}

static void a_damaged_srtp_packet_never_passes(void **state)
{
    (void)state;
    struct world_peer *peer = world_join(w, 0, room, 1);
    world_watch(w, 0, "a0", 0, TL_SOURCE_MICROPHONE);
    uint8_t packet[100] = {
        0x80, PT_OPUS, 0, 1, 0, 0, 0, 1, 0, 0, SSRC_AUDIO >> 8, SSRC_AUDIO & 255, 'x'
    };
    size_t size = 20;
    assert_int_equal(tl_srtp_seal_rtp(peer->srtp, packet, sizeof packet, &size), TL_OK);
    packet[14] ^= 1;
    world_input(w, peer, packet, size);
    world_settle(w);
    assert_int_equal(counter(TL_RELAY_DROP_SRTP_AUTH), 1);
    assert_int_equal(peer->got_count, 0);
}

static void rubbish_of_every_first_byte_is_survived(void **state)
{
    (void)state;
    struct world_peer *peer = world_join(w, 0, room, 1);
    uint8_t bytes[200];
    memset(bytes, 0xa5, sizeof bytes);
    for (unsigned first = 0; first < 256; first++)
        for (size_t size = 0; size < sizeof bytes; size += 1 + size / 3) {
            bytes[0] = (uint8_t)first;
            world_input(w, peer, bytes, size);
            world_settle(w);
        }
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
}

static void an_address_in_use_cannot_be_taken_by_another_participant(void **state)
{
    (void)state;
    struct world_peer *first = world_join(w, 0, room, 1);
    world_watch(w, 0, "a0", 0, TL_SOURCE_MICROPHONE);
    assert_int_equal(world_open(w, 1, room, 1), TL_OK);
    w->peers[1].address = first->address;
    world_send_stun(w, &w->peers[1], true, NULL);
    w->peers[1].address.port++;
    world_settle(w);
    world_send_audio(w, 0);
    assert_int_equal(first->got_count, 1); /* still opened with the first one's keys */
}

/* ---- forwarding ---- */

static void sound_arrives_with_the_receivers_own_numbers(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    world_send_audio(w, 0);
    world_send_audio(w, 0);
    assert_int_equal(receiver->got_count, 2);
    const struct tl_rtp_packet *first = &receiver->got[0].header,
                               *second = &receiver->got[1].header;
    assert_int_equal(first->ssrc, receiver->answer.receives[0].ssrc);
    assert_int_equal(first->payload_type, 101);
    assert_true(first->sequence < 0x8000);
    assert_int_equal(second->sequence, (uint16_t)(first->sequence + 1));
    assert_int_equal(second->timestamp, first->timestamp + 960);
    assert_memory_equal(first->payload.data, "opus sound", 10);
    struct tl_bytes value;
    assert_true(tl_rtp_extension(first, 9, &value) && memcmp(value.data, "a0", 2) == 0);
    assert_true(tl_rtp_extension(first, 8, &value) && value.data[0] == (0x80 | 30));
    assert_true(tl_rtp_extension(first, 7, &value) && value.size == 2);
    assert_false(tl_rtp_extension(first, EXT_MID, &value));
    assert_int_equal(w->peers[0].got_count, 0);
}

static void nobody_hears_across_rooms(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, other_room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    world_send_audio(w, 0);
    assert_int_equal(receiver->got_count, 0);
}

static void a_picture_begins_with_a_key_frame_which_is_asked_for(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_send_video(w, 0, true, false);
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    assert_int_equal(sender->pli, 1);
    world_send_video(w, 0, false, false);
    assert_int_equal(receiver->got_count, 0);
    assert_int_equal(counter(TL_RELAY_DROP_WAITING_KEY), 1);
    world_send_video(w, 0, true, false);
    world_send_video(w, 0, false, false);
    assert_int_equal(receiver->got_count, 2);
    assert_true(vp8_of(&receiver->got[0]).key_frame);
}

static void a_slot_is_one_stream_whoever_feeds_it(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    world_join(w, 1, room, 0);
    struct world_peer *receiver = world_join(w, 2, room, 1);
    w->peers[0].video_sequence = 65530; /* a wrap in the middle */
    w->peers[1].video_sequence = 100;
    w->peers[1].picture = 0x7ff0;
    for (int swap = 0; swap < 20; swap++) {
        world_watch(w, 2, "v0", swap % 2, TL_SOURCE_CAMERA);
        for (int i = 0; i < 5; i++) {
            world_send_video(w, 0, i == 0, false);
            world_send_video(w, 1, i == 0, false);
            world_pass(w, 30 * TL_MILLISECOND_US);
        }
    }
    assert_int_equal(receiver->got_count, 100);
    for (size_t i = 1; i < receiver->got_count; i++) {
        const struct world_packet *a = &receiver->got[i - 1], *b = &receiver->got[i];
        assert_int_equal(b->header.ssrc, a->header.ssrc);
        assert_int_equal(b->header.sequence, (uint16_t)(a->header.sequence + 1));
        assert_int_equal(vp8_of(b).picture_id, (vp8_of(a).picture_id + 1) & 0x7fff);
        assert_int_equal(vp8_of(b).tl0, (uint8_t)(vp8_of(a).tl0 + 1));
        assert_true(tl_timestamp_newer(b->header.timestamp, a->header.timestamp));
        if (b->header.payload.data[12] != a->header.payload.data[12])
            assert_true(vp8_of(b).key_frame);
    }
}

static void a_nack_is_answered_by_rtx_from_the_ring(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_send_video(w, 0, true, false);
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    world_send_video(w, 0, true, false);
    world_send_video(w, 0, false, false);
    struct world_packet lost = receiver->got[1];
    uint8_t buffer[100];
    struct tl_writer writer = tl_writer(buffer, sizeof buffer);
    tl_rtcp_write_nack(&writer, 1, receiver->answer.receives[1].ssrc,
                       &receiver->got[1].header.sequence, 1);
    world_send_rtcp(w, 1, &writer);
    assert_int_equal(receiver->got_count, 3);
    const struct tl_rtp_packet *rtx = &receiver->got[2].header;
    assert_int_equal(rtx->ssrc, receiver->answer.receives[1].rtx_ssrc);
    assert_int_equal(rtx->payload_type, 103);
    assert_int_equal(rtx->timestamp, lost.header.timestamp);
    struct tl_bytes payload;
    uint16_t sequence;
    assert_int_equal(tl_rtx_read(rtx->payload, &sequence, &payload), TL_OK);
    assert_int_equal(sequence, lost.header.sequence);
    assert_int_equal(payload.size, lost.size - lost.header.header_size);
    assert_memory_equal(payload.data, lost.bytes + lost.header.header_size, payload.size);
    assert_int_equal(counter(TL_RELAY_RETRANSMITTED), 1);
}

static void a_nack_for_what_was_before_the_switch_gets_nothing(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    world_join(w, 1, room, 0);
    struct world_peer *receiver = world_join(w, 2, room, 1);
    world_send_video(w, 0, true, false);
    world_watch(w, 2, "v0", 0, TL_SOURCE_CAMERA);
    world_send_video(w, 0, true, false);
    uint16_t old = world_last(receiver)->header.sequence;
    world_watch(w, 2, "v0", 1, TL_SOURCE_CAMERA);
    world_send_video(w, 1, true, false);
    size_t before = receiver->got_count;
    uint8_t buffer[100];
    struct tl_writer writer = tl_writer(buffer, sizeof buffer);
    tl_rtcp_write_nack(&writer, 1, receiver->answer.receives[1].ssrc, &old, 1);
    world_send_rtcp(w, 2, &writer);
    assert_int_equal(receiver->got_count, before);
    assert_int_equal(counter(TL_RELAY_NACKS_UNANSWERED), 1);
}

static void loss_from_a_sender_is_asked_again_and_its_rtx_is_forwarded_in_place(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_send_video(w, 0, true, false);
    world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
    world_send_video(w, 0, true, false);
    uint16_t first = world_last(receiver)->header.sequence;
    uint16_t lost = sender->video_sequence;
    world_send_video(w, 0, false, true);
    world_send_video(w, 0, false, false);
    assert_int_equal(world_last(receiver)->header.sequence, (uint16_t)(first + 2));
    world_pass(w, 50 * TL_MILLISECOND_US);
    assert_int_equal(sender->nack_sequences, 1);
    uint8_t payload[30] = { (uint8_t)(lost >> 8), (uint8_t)lost, 0x90, 0xc0, 0x80, 5, 5, 0x01 };
    struct tl_rtp_packet header = {
        .payload_type = PT_RTX, .ssrc = SSRC_RTX, .marker = true, .timestamp = lost * 3000u
    };
    world_send_rtp(w, sender, &header, payload, sizeof payload, true);
    world_settle(w);
    assert_int_equal(world_last(receiver)->header.sequence, (uint16_t)(first + 1));
    assert_int_equal(world_last(receiver)->header.ssrc, receiver->answer.receives[1].ssrc);
    world_pass(w, TL_SECOND_US / 2);
    assert_int_equal(sender->nack_sequences, 1); /* not asked for again */
}

static void every_packet_is_acknowledged_rtx_and_padding_too(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    world_send_video(w, 0, true, false);
    struct tl_rtp_packet padding = { .payload_type = PT_RTX, .ssrc = SSRC_RTX, .padding = 20 };
    uint8_t bytes[20] = { 0 };
    bytes[19] = 20;
    world_send_rtp(w, sender, &padding, bytes, sizeof bytes, true);
    unsigned before = sender->transport_feedback;
    world_pass(w, 60 * TL_MILLISECOND_US);
    assert_true(sender->transport_feedback > before);
    /* padding alone keeps it coming */
    before = sender->transport_feedback;
    padding.sequence++;
    world_send_rtp(w, sender, &padding, bytes, sizeof bytes, true);
    world_pass(w, 60 * TL_MILLISECOND_US);
    assert_int_equal(sender->transport_feedback, before + 1);
}

static void rtx_of_one_byte_is_dropped(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    world_send_video(w, 0, true, false);
    struct tl_rtp_packet header = { .payload_type = PT_RTX, .ssrc = SSRC_RTX };
    world_send_rtp(w, sender, &header, "\x01", 1, true);
    assert_int_equal(counter(TL_RELAY_DROP_RTX), 1);
}

static void a_muted_source_is_not_heard_and_comes_back_without_a_gap(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    const char *id = w->peers[0].parameters.id;
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    world_send_audio(w, 0);
    uint16_t before = world_last(receiver)->header.sequence;
    assert_int_equal(tl_relay_source_mute(w->relay, w->now, id, TL_SOURCE_MICROPHONE, true),
                     TL_OK);
    for (int i = 0; i < 50; i++)
        world_send_audio(w, 0);
    assert_int_equal(receiver->got_count, 1);
    assert_int_equal(tl_relay_source_mute(w->relay, w->now, id, TL_SOURCE_MICROPHONE, false),
                     TL_OK);
    world_send_audio(w, 0);
    assert_int_equal(receiver->got_count, 2);
    assert_int_equal(world_last(receiver)->header.sequence, (uint16_t)(before + 1));
}

static void mute_outlives_a_reconnection(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    assert_int_equal(tl_relay_source_mute(w->relay, w->now, w->peers[0].parameters.id,
                                          TL_SOURCE_MICROPHONE, true),
                     TL_OK);
    world_join(w, 0, room, 0);
    world_send_audio(w, 0);
    assert_int_equal(receiver->got_count, 0);
}

static void red_is_unpacked_for_who_did_not_negotiate_it(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    static const uint8_t red[] = { 0x80 | PT_OPUS, 0, 0, 2, PT_OPUS, 'o', 'd', 'n', 'e', 'w' };
    struct tl_rtp_packet header = { .payload_type = PT_RED, .ssrc = SSRC_AUDIO };
    world_send_rtp(w, sender, &header, red, sizeof red, true);
    world_settle(w);
    assert_int_equal(receiver->got_count, 1);
    assert_int_equal(world_last(receiver)->header.payload_type, 101);
    assert_int_equal(world_last(receiver)->header.payload.size, 3);
    assert_memory_equal(world_last(receiver)->header.payload.data, "new", 3);
}

/* ---- life ---- */

static void a_wish_for_somebody_who_comes_later_comes_true(void **state)
{
    (void)state;
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_parameters(&w->peers[0], 0, room, 0);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    world_join(w, 0, room, 0);
    world_send_audio(w, 0);
    assert_int_equal(receiver->got_count, 1);
}

static void opening_again_drops_the_transport_and_keeps_the_slots(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    world_send_audio(w, 0);
    world_join(w, 0, room, 0); /* the sender comes again */
    world_send_audio(w, 0);
    assert_int_equal(receiver->got_count, 2);
    assert_int_equal(receiver->got[1].header.sequence,
                     (uint16_t)(receiver->got[0].header.sequence + 1));
    receiver = world_join(w, 1, room, 1); /* the receiver comes again */
    world_send_audio(w, 0);
    assert_int_equal(receiver->got_count, 3);
    assert_int_equal(tl_relay_participant_count(w->relay), 2);
}

static void an_id_cannot_be_taken_to_another_room(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    assert_int_equal(world_open(w, 0, other_room, 0), TL_ERROR_RANGE);
}

static void more_participants_than_the_limit_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(world_open(w, i, room, 0), TL_OK);
    assert_int_equal(world_open(w, 8, room, 0), TL_ERROR_LIMIT);
    assert_int_equal(tl_relay_close(w->relay, w->now, w->peers[0].parameters.id), TL_OK);
    assert_int_equal(world_open(w, 8, room, 0), TL_OK);
}

static void a_draining_relay_takes_no_newcomers_but_lets_people_come_back(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    tl_relay_drain(w->relay);
    assert_int_equal(world_open(w, 1, room, 0), TL_ERROR_STATE);
    assert_int_equal(world_open(w, 0, room, 0), TL_OK);
    assert_false(tl_relay_is_drained(w->relay));
    assert_int_equal(tl_relay_close(w->relay, w->now, w->peers[0].parameters.id), TL_OK);
    assert_true(tl_relay_is_drained(w->relay));
}

static void who_never_connects_fails_after_30_seconds(void **state)
{
    (void)state;
    assert_int_equal(world_open(w, 0, room, 1), TL_OK);
    world_pass(w, 30 * TL_SECOND_US - 100 * TL_MILLISECOND_US);
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTING);
    world_pass(w, 200 * TL_MILLISECOND_US);
    assert_int_equal(w->states[0], TL_PARTICIPANT_FAILED);
    assert_string_equal(w->reasons[0], "timeout");
    world_pass(w, 121 * (tl_time_us)TL_SECOND_US);
    assert_int_equal(tl_relay_participant_count(w->relay), 0);
}

static void silence_is_reconnecting_after_5_s_and_an_interruption_when_it_ends(void **state)
{
    (void)state;
    world_join(w, 0, room, 1);
    world_pass(w, 4900 * TL_MILLISECOND_US);
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
    world_pass(w, 200 * TL_MILLISECOND_US);
    assert_int_equal(w->states[0], TL_PARTICIPANT_RECONNECTING);
    assert_int_equal(w->incidents[TL_INCIDENT_INTERRUPTION], 0);
    world_pass(w, 2 * TL_SECOND_US);
    world_send_stun(w, &w->peers[0], true, NULL);
    assert_int_equal(w->states[0], TL_PARTICIPANT_CONNECTED);
    assert_int_equal(w->incidents[TL_INCIDENT_INTERRUPTION], 1);
    assert_true(w->last_incident.measure > 7000 && w->last_incident.measure < 7300);
    world_pass(w, 31 * TL_SECOND_US);
    assert_int_equal(w->states[0], TL_PARTICIPANT_FAILED);
    assert_string_equal(w->reasons[0], "consent");
    assert_int_equal(w->incidents[TL_INCIDENT_INTERRUPTION], 2);
}

static void a_client_that_changes_address_goes_on_there(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    world_send_audio(w, 0);
    receiver->address = tl_address_ipv4(203, 0, 113, 50, 999); /* from Wi-Fi to 4G */
    world_send_audio(w, 0);
    assert_int_equal(receiver->got_count, 1);
    world_send_stun(w, receiver, true, NULL);
    world_settle(w);
    world_send_audio(w, 0);
    assert_int_equal(receiver->got_count, 2);
}

static void who_speaks_is_told(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    world_join(w, 1, room, 0);
    for (int i = 0; i < 50; i++) {
        world_send_audio(w, 1);
        world_pass(w, 20 * TL_MILLISECOND_US);
    }
    assert_string_equal(w->speaker, w->peers[1].parameters.id);
    unsigned told = w->speakers;
    world_pass(w, 3 * TL_SECOND_US);
    assert_string_equal(w->speaker, "");
    assert_int_equal(w->speakers, told + 1);
}

static void reports_go_to_senders_and_receivers_and_carry_the_slots_clock(void **state)
{
    (void)state;
    struct world_peer *sender = world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    uint8_t buffer[100];
    for (int i = 0; i < 150; i++) {
        world_send_audio(w, 0);
        if (i % 50 == 0) {
            struct tl_writer writer = tl_writer(buffer, sizeof buffer);
            struct tl_rtcp_sender_info info = {
                .ntp = tl_ntp_from_us(1600000000 * (tl_time_us)TL_SECOND_US + i * 20000),
                .rtp_timestamp = (uint32_t)i * 960
            };
            tl_rtcp_write_sender_report(&writer, SSRC_AUDIO, &info, NULL, 0);
            world_send_rtcp(w, 0, &writer);
        }
        world_pass(w, 20 * TL_MILLISECOND_US);
    }
    assert_true(sender->receiver_reports >= 2);
    assert_true(receiver->sender_reports >= 2);
    assert_int_equal(receiver->last_sender_ssrc, receiver->answer.receives[0].ssrc);
    /* the report's pair of times says what the packets say: within 30 ms */
    tl_time_us wall = tl_ntp_to_us(receiver->last_sender_info.ntp);
    tl_time_us ago = w->now + 1700000000 * (tl_time_us)TL_SECOND_US - wall;
    uint32_t expected = world_last(receiver)->header.timestamp - (uint32_t)(ago * 48 / 1000);
    int32_t difference = (int32_t)(receiver->last_sender_info.rtp_timestamp - expected);
    assert_true(difference > -48 * 30 && difference < 48 * 30);
    assert_true(w->statistics >= 4);
    assert_in_range(w->last_statistics[0].up_packets, 50, 51); /* RTP, and a report */
}

static void lasting_loss_is_one_incident_with_its_worst_value(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    for (int second = 0; second < 12; second++)
        for (int i = 0; i < 50; i++) {
            if (second >= 2 && second < 7 && i % 4 == 0)
                w->peers[0].audio_sequence++;
            else
                world_send_audio(w, 0);
            world_pass(w, 20 * TL_MILLISECOND_US);
        }
    assert_int_equal(w->incidents[TL_INCIDENT_LOSS], 1);
    assert_true(w->last_incident.measure > 20 && w->last_incident.measure < 32);
}

static void the_examiner_gets_copies_for_as_long_as_asked(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    const char *id = w->peers[0].parameters.id;
    world_send_audio(w, 0);
    assert_int_equal(w->copies, 0);
    assert_int_equal(tl_relay_test_copy(w->relay, w->now, id, 7, 6), TL_ERROR_RANGE);
    assert_int_equal(tl_relay_test_copy(w->relay, w->now, id, 7, 1), TL_OK);
    world_send_audio(w, 0);
    world_send_video(w, 0, true, false);
    assert_int_equal(w->copies, 2);
    assert_int_equal(w->last_copy[1], 2);
    assert_int_equal(w->last_copy[7], 7);
    struct tl_rtp_packet packet;
    assert_int_equal(tl_rtp_read(tl_bytes(w->last_copy + TL_RELAY_COPY_HEADER_SIZE,
                                          w->last_copy_size - TL_RELAY_COPY_HEADER_SIZE),
                                 &packet),
                     TL_OK);
    assert_int_equal(packet.extension_profile, 0);
    w->now += TL_SECOND_US;
    world_send_audio(w, 0);
    assert_int_equal(w->copies, 2);
}

static void a_probe_measures_what_arrives(void **state)
{
    (void)state;
    struct world_peer *peer = world_join(w, 0, room, 1);
    struct tl_probe_step steps[] = { { 300, 300 }, { 1000, 300 } };
    assert_int_equal(tl_relay_probe(w->relay, w->now, peer->parameters.id, steps, 2), TL_OK);
    size_t before = peer->got_count;
    for (int i = 0; i < 200 && !w->probe_count; i++) {
        world_pass(w, 10 * TL_MILLISECOND_US);
        /* acknowledge every packet at once, as a browser does */
        for (; before < peer->got_count; before++) {
            struct tl_bytes value;
            const struct tl_rtp_packet *packet = &peer->got[before % WORLD_PACKETS].header;
            assert_true(tl_rtp_extension(packet, 7, &value));
            uint8_t feedback[] = {
                0x8f,          205,           0, 5, 0, 0, 0, 1, 0,    0, 0, 9,
                value.data[0], value.data[1], 0, 1, 0, 0, 0, 0, 0x20, 1, 0, 0
            };
            uint32_t reference = (uint32_t)(w->now / 64000);
            feedback[16] = (uint8_t)(reference >> 16);
            feedback[17] = (uint8_t)(reference >> 8);
            feedback[18] = (uint8_t)reference;
            feedback[22] = (uint8_t)(w->now % 64000 / 250);
            struct tl_writer writer = { feedback, sizeof feedback, sizeof feedback, false };
            world_send_rtcp(w, 0, &writer);
        }
    }
    assert_int_equal(w->probe_count, 2);
    assert_true(w->probe[0].kbps > 250 && w->probe[0].kbps < 350);
    assert_true(w->probe[1].kbps > 900 && w->probe[1].kbps < 1100);
    assert_true(w->probe[1].loss < 0.01 && w->probe[1].received_kbps > 850);
}

static void probes_over_the_limits_are_refused(void **state)
{
    (void)state;
    struct world_peer *peer = world_join(w, 0, room, 1);
    const char *id = peer->parameters.id;
    struct tl_probe_step at_limit = { TL_RELAY_PROBE_KBPS_LIMIT, TL_RELAY_PROBE_MS_LIMIT };
    struct tl_probe_step too_fast = { TL_RELAY_PROBE_KBPS_LIMIT + 1, 100 };
    struct tl_probe_step too_long = { 100, TL_RELAY_PROBE_MS_LIMIT + 1 };
    assert_int_equal(tl_relay_probe(w->relay, w->now, id, &too_fast, 1), TL_ERROR_RANGE);
    assert_int_equal(tl_relay_probe(w->relay, w->now, id, &too_long, 1), TL_ERROR_RANGE);
    assert_int_equal(tl_relay_probe(w->relay, w->now, id, &at_limit, 0), TL_ERROR_RANGE);
    assert_int_equal(tl_relay_probe(w->relay, w->now, id, &at_limit, 1), TL_OK);
    assert_int_equal(tl_relay_probe(w->relay, w->now, id, &at_limit, 1), TL_ERROR_STATE);
}

static void a_full_send_queue_drops_and_counts(void **state)
{
    (void)state;
    world_join(w, 0, room, 0);
    struct world_peer *receiver = world_join(w, 1, room, 1);
    world_watch(w, 1, "a0", 0, TL_SOURCE_MICROPHONE);
    w->full = true;
    world_send_audio(w, 0);
    w->full = false;
    world_send_audio(w, 0);
    assert_int_equal(receiver->got_count, 1);
    assert_int_equal(counter(TL_RELAY_DROP_ROOM), 1);
}

static void a_thousand_joins_and_leaves_leave_nothing_behind(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(world_open(w, 0, room, 2), TL_OK);
        world_send_stun(w, &w->peers[0], true, NULL);
        w->queued = 0;
        assert_int_equal(tl_relay_close(w->relay, w->now, w->peers[0].parameters.id), TL_OK);
    }
    assert_int_equal(tl_relay_participant_count(w->relay), 0);
    assert_true(tl_relay_next_deadline(w->relay, w->now) == INT64_MAX);
    /* its address is free for somebody else */
    assert_int_equal(world_open(w, 1, room, 1), TL_OK);
    w->peers[1].address = w->peers[0].address;
    w->peers[0].used = false;
    assert_true(world_connect(w, 1));
}

static void two_hundred_calls_with_media_leave_nothing_behind(void **state)
{
    (void)state;
    struct world_peer *receiver = world_join(w, 1, room, 1);
    for (int i = 0; i < 200; i++) {
        world_join(w, 0, room, 1);
        world_watch(w, 1, "v0", 0, TL_SOURCE_CAMERA);
        receiver->got_count = 0;
        world_send_video(w, 0, true, false);
        assert_int_equal(receiver->got_count, 1);
        assert_int_equal(tl_relay_close(w->relay, w->now, w->peers[0].parameters.id), TL_OK);
        w->peers[0].video_sequence = 0;
    }
    assert_int_equal(tl_relay_participant_count(w->relay), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rtp_from_an_address_that_never_did_ice_is_dropped_and_counted),
        TEST(dtls_before_ice_is_dropped),
        TEST(dtls_from_another_address_is_dropped),
        TEST(rtp_before_dtls_is_dropped),
        TEST(a_wrong_password_validates_nothing_and_gets_401),
        TEST(refusals_to_strangers_are_limited),
        TEST(a_client_with_another_certificate_never_gets_keys),
        TEST(a_damaged_srtp_packet_never_passes),
        TEST(rubbish_of_every_first_byte_is_survived),
        TEST(an_address_in_use_cannot_be_taken_by_another_participant),
        TEST(sound_arrives_with_the_receivers_own_numbers),
        TEST(nobody_hears_across_rooms),
        TEST(a_picture_begins_with_a_key_frame_which_is_asked_for),
        TEST(a_slot_is_one_stream_whoever_feeds_it),
        TEST(a_nack_is_answered_by_rtx_from_the_ring),
        TEST(a_nack_for_what_was_before_the_switch_gets_nothing),
        TEST(loss_from_a_sender_is_asked_again_and_its_rtx_is_forwarded_in_place),
        TEST(every_packet_is_acknowledged_rtx_and_padding_too),
        TEST(rtx_of_one_byte_is_dropped),
        TEST(a_muted_source_is_not_heard_and_comes_back_without_a_gap),
        TEST(mute_outlives_a_reconnection),
        TEST(red_is_unpacked_for_who_did_not_negotiate_it),
        TEST(a_wish_for_somebody_who_comes_later_comes_true),
        TEST(opening_again_drops_the_transport_and_keeps_the_slots),
        TEST(an_id_cannot_be_taken_to_another_room),
        TEST(more_participants_than_the_limit_are_refused),
        TEST(a_draining_relay_takes_no_newcomers_but_lets_people_come_back),
        TEST(who_never_connects_fails_after_30_seconds),
        TEST(silence_is_reconnecting_after_5_s_and_an_interruption_when_it_ends),
        TEST(a_client_that_changes_address_goes_on_there),
        TEST(who_speaks_is_told),
        TEST(reports_go_to_senders_and_receivers_and_carry_the_slots_clock),
        TEST(lasting_loss_is_one_incident_with_its_worst_value),
        TEST(the_examiner_gets_copies_for_as_long_as_asked),
        TEST(a_probe_measures_what_arrives),
        TEST(probes_over_the_limits_are_refused),
        TEST(a_full_send_queue_drops_and_counts),
        TEST(a_thousand_joins_and_leaves_leave_nothing_behind),
        TEST(two_hundred_calls_with_media_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
