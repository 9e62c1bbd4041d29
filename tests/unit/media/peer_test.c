/* Two native participants and the relay's core in a simulated network with a clock of its own:
 * what is lost comes again both ways, and sound and picture stay. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "client/peer.h"
#include "media/relay.h"

enum {
    PEERS = 2,
    FLIGHTS_LIMIT = 4096,
    DELAY_US = 20 * TL_MILLISECOND_US,
    STEP_US = TL_MILLISECOND_US,
    AUDIO_SLOTS = 2,
    VIDEO_SLOTS = 2
};

struct flight {
    tl_time_us at;
    int to; /* peer, or -1: the relay */
    int from;
    size_t size;
    uint8_t data[1600];
};

struct world {
    tl_time_us now;
    struct tl_dtls_identity *relay_identity, *identities[PEERS];
    struct tl_relay *relay;
    struct tl_peer *peers[PEERS];
    struct {
        struct world *world;
        int index;
    } contexts[PEERS];
    struct flight flights[FLIGHTS_LIMIT];
    size_t first, count;
    unsigned loss_percent; /* of everything, both ways */
    uint32_t random;
    uint8_t built[TL_RELAY_PACKET_ROOM];
    unsigned dropped;
};

static const char *const ids[PEERS] = { "11111111111111111111111111111111",
                                        "22222222222222222222222222222222" };
static const char room[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static struct tl_address address_of(int who)
{
    return tl_address_ipv4(192, 0, 2, (uint8_t)(who + 2), (uint16_t)(5000 + who));
}

static void fly(struct world *w, int from, int to, const uint8_t *data, size_t size)
{
    w->random = w->random * 1664525u + 1013904223u;
    if ((w->random >> 16) % 100 < w->loss_percent) {
        w->dropped++;
        return;
    }
    assert_true(w->count < FLIGHTS_LIMIT && size <= 1600);
    struct flight *flight = &w->flights[(w->first + w->count++) % FLIGHTS_LIMIT];
    flight->at = w->now + DELAY_US;
    flight->from = from;
    flight->to = to;
    flight->size = size;
    memcpy(flight->data, data, size);
}

static void peer_sends(void *context, const struct tl_address *to, struct tl_bytes datagram)
{
    __typeof__(((struct world *)0)->contexts[0]) *c = context;
    struct tl_address relay = address_of(-1);
    if (tl_address_equal(to, &relay))
        fly(c->world, c->index, -1, datagram.data, datagram.size);
}

static uint8_t *relay_begins(void *context)
{
    return ((struct world *)context)->built;
}

static void relay_sends(void *context, const struct tl_address *to, size_t size)
{
    struct world *w = context;
    for (int i = 0; i < PEERS; i++) {
        struct tl_address address = address_of(i);
        if (tl_address_equal(to, &address))
            fly(w, -1, i, w->built, size);
    }
}

static void relay_tells(void *context, const struct tl_relay_event *event)
{
    (void)context, (void)event;
}

static void run(struct world *w, tl_time_us time)
{
    tl_time_us until = w->now + time;
    for (; w->now < until; w->now += STEP_US) {
        while (w->count && w->flights[w->first].at <= w->now) {
            struct flight *flight = &w->flights[w->first];
            struct tl_address from = address_of(flight->from);
            w->first = (w->first + 1) % FLIGHTS_LIMIT;
            w->count--;
            if (flight->to < 0)
                tl_relay_input(w->relay, w->now, &from, flight->data, flight->size);
            else
                tl_peer_input(w->peers[flight->to], w->now, &from, flight->data, flight->size);
        }
        tl_relay_tick(w->relay, w->now);
        for (int i = 0; i < PEERS; i++)
            if (tl_peer_next_deadline(w->peers[i], w->now) <= w->now)
                tl_peer_tick(w->peers[i], w->now);
    }
}

/* ---- offer and answer, as the door would ---- */

static uint32_t number_after(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    assert_non_null(at);
    return (uint32_t)strtoul(at + strlen(key), NULL, 10);
}

static void copy_line(const char *sdp, const char *key, char *buffer, size_t size)
{
    const char *at = strstr(sdp, key);
    assert_non_null(at);
    at += strlen(key);
    size_t length = strcspn(at, "\r\n");
    assert_true(length < size);
    memcpy(buffer, at, length);
    buffer[length] = 0;
}

static const struct tl_extension_ids extensions = { .mid = TL_SEAT_MID_ID,
                                                    .audio_level = TL_SEAT_AUDIO_LEVEL_ID,
                                                    .transport_cc = TL_SEAT_TRANSPORT_CC_ID };

static void parameters_of(const char *offer, int index, struct tl_participant_parameters *p)
{
    static const struct tl_payload_types audio = { TL_SEAT_OPUS, 255, 255, 255 },
                                         video = { 255, 255, TL_SEAT_VP8, TL_SEAT_RTX };
    char fingerprint[128];
    memset(p, 0, sizeof *p);
    memcpy(p->id, ids[index], sizeof p->id);
    memcpy(p->room, room, sizeof p->room);
    copy_line(offer, "a=ice-ufrag:", p->remote_ufrag, sizeof p->remote_ufrag);
    copy_line(offer, "a=fingerprint:sha-256 ", fingerprint, sizeof fingerprint);
    assert_int_equal(tl_dtls_fingerprint_read(tl_text(fingerprint), p->fingerprint), TL_OK);
    p->send_count = 2;
    p->sends[0] = (struct tl_send_parameters){ .mid = "0",
                                               .source = TL_SOURCE_MICROPHONE,
                                               .types = audio,
                                               .extensions = extensions,
                                               .ssrcs = { number_after(offer, "a=ssrc:") },
                                               .ssrc_count = 1 };
    p->sends[1] = (struct tl_send_parameters){
        .mid = "1",
        .source = TL_SOURCE_CAMERA,
        .video = true,
        .types = video,
        .extensions = extensions,
        .ssrcs = { number_after(offer, "a=ssrc-group:FID ") },
        .ssrc_count = 1,
    };
    for (unsigned i = 0; i < AUDIO_SLOTS + VIDEO_SLOTS; i++) {
        struct tl_receive_parameters *receive = &p->receives[p->receive_count++];
        snprintf(receive->mid, sizeof receive->mid, "%u", i + 2);
        receive->video = i >= AUDIO_SLOTS;
        receive->types = receive->video ? video : audio;
        receive->extensions = extensions;
    }
}

static size_t write_answer(struct world *w, const struct tl_participant_answer *answer,
                           char *sdp, size_t room_for_it)
{
    struct tl_writer s = tl_writer(sdp, room_for_it);
    tl_write_format(&s,
                    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n"
                    "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\n"
                    "a=setup:passive\r\n",
                    answer->ufrag, answer->password,
                    tl_dtls_identity_fingerprint(w->relay_identity));
    for (unsigned i = 0; i < 2 + AUDIO_SLOTS + VIDEO_SLOTS; i++) {
        bool video = i == 1 || i >= 2 + AUDIO_SLOTS;
        tl_write_format(&s, "m=%s 9 UDP/TLS/RTP/SAVPF %s\r\na=mid:%u\r\n",
                        video ? "video" : "audio", video ? "96 97" : "111", i);
        if (video)
            tl_write_format(&s, "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n");
        tl_write_format(&s, "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:3 "
                            "http://www.ietf.org/id/"
                            "draft-holmer-rmcat-transport-wide-cc-extensions-01\r\na=extmap:1 "
                            "urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n");
        if (i == 0)
            tl_write_format(&s, "a=candidate:1 1 udp 2130706431 192.0.2.1 4999 typ host\r\n");
        if (i >= 2 && answer->receives[i - 2].rtx_ssrc)
            tl_write_format(&s, "a=ssrc-group:FID %u %u\r\n", answer->receives[i - 2].ssrc,
                            answer->receives[i - 2].rtx_ssrc);
        if (i >= 2)
            tl_write_format(&s, "a=ssrc:%u cname:relay\r\n", answer->receives[i - 2].ssrc);
    }
    assert_false(s.failed);
    return s.used;
}

static void join(struct world *w, int index)
{
    char offer[TL_SEAT_OFFER_LIMIT], sdp[16384];
    struct tl_participant_parameters parameters;
    struct tl_participant_answer answer;
    size_t size;
    w->contexts[index].world = w;
    w->contexts[index].index = index;
    assert_int_equal(tl_dtls_identity_new(&w->identities[index]), TL_OK);
    struct tl_peer_config config = { .identity = w->identities[index],
                                     .number = (uint8_t)(index + 1),
                                     .width = 320,
                                     .height = 180,
                                     .fps = 15,
                                     .kbps = 400,
                                     .audio_slots = AUDIO_SLOTS,
                                     .video_slots = VIDEO_SLOTS,
                                     .wall_offset = TL_SECOND_US,
                                     .send = peer_sends,
                                     .context = &w->contexts[index] };
    w->peers[index] = tl_peer_new(&config, w->now);
    assert_non_null(w->peers[index]);
    assert_int_equal(tl_peer_offer(w->peers[index], NULL, 0, offer, sizeof offer - 1, &size),
                     TL_OK);
    offer[size] = 0;
    parameters_of(offer, index, &parameters);
    assert_int_equal(tl_relay_open(w->relay, w->now, &parameters, &answer), TL_OK);
    size = write_answer(w, &answer, sdp, sizeof sdp);
    assert_int_equal(tl_peer_answer(w->peers[index], w->now, (struct tl_text){ sdp, size }),
                     TL_OK);
    struct tl_slot_wish wishes[] = { { "2", "", TL_SOURCE_MICROPHONE },
                                     { "4", "", TL_SOURCE_CAMERA } };
    memcpy(wishes[0].from, ids[1 - index], sizeof wishes[0].from);
    memcpy(wishes[1].from, ids[1 - index], sizeof wishes[1].from);
    assert_int_equal(tl_relay_slots_set(w->relay, w->now, ids[index], wishes, 2), TL_OK);
}

static struct world *w;

static int set_up(void **state)
{
    (void)state;
    w = calloc(1, sizeof *w);
    w->now = 100 * TL_SECOND_US;
    w->random = 1;
    assert_int_equal(tl_dtls_identity_new(&w->relay_identity), TL_OK);
    struct tl_relay_config config = { .identity = w->relay_identity,
                                      .output = { w, relay_begins, relay_sends, relay_tells,
                                                  NULL } };
    assert_int_equal(tl_relay_new(&config, &w->relay), TL_OK);
    join(w, 0);
    join(w, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < PEERS; i++) {
        tl_peer_free(w->peers[i]);
        tl_dtls_identity_free(w->identities[i]);
    }
    tl_relay_free(w->relay);
    tl_dtls_identity_free(w->relay_identity);
    free(w);
    return 0;
}

static struct tl_peer_slot slot(int peer, unsigned mid)
{
    struct tl_peer_slot slot;
    tl_peer_slot(w->peers[peer], mid - 2, &slot);
    return slot;
}

static struct tl_peer_statistics statistics(int peer)
{
    struct tl_peer_statistics s;
    tl_peer_statistics(w->peers[peer], &s);
    return s;
}

/* ---- the tests ---- */

static void two_peers_hear_and_see_each_other(void **state)
{
    (void)state;
    run(w, 2 * TL_SECOND_US);
    for (int i = 0; i < PEERS; i++) {
        assert_int_equal(tl_peer_state(w->peers[i], w->now), TL_PEER_CONNECTED);
        assert_int_equal(slot(i, 2).identity, 2 - i);
        assert_int_equal(slot(i, 4).identity, 2 - i);
        assert_true(slot(i, 4).moved >= 20);
        assert_int_equal(slot(i, 4).unreadable, 0);
        assert_int_equal(statistics(i).lost_in, 0);
        assert_int_equal(statistics(i).bad_in, 0);
        assert_int_equal(slot(i, 3).packets, 0);
    }
}

/* The relay tries the line by repeating pictures: they came already, and are no packets more. */
static void what_is_repeated_to_try_the_line_counts_once(void **state)
{
    (void)state;
    const struct tl_probe_step step = { .kbps = 1000, .ms = 1000 };
    run(w, 2 * TL_SECOND_US);
    assert_int_equal(tl_relay_probe(w->relay, w->now, ids[0], &step, 1), TL_OK);
    run(w, 2 * TL_SECOND_US);
    assert_true(statistics(0).retransmitted_in > 0);
    assert_int_equal(statistics(0).nacks_out, 0);
    assert_int_equal(statistics(0).lost_in, 0);
}

static void the_round_trip_is_measured(void **state)
{
    (void)state;
    run(w, 4 * TL_SECOND_US);
    assert_true(statistics(0).rtt >= 2 * DELAY_US - 2000);
    assert_true(statistics(0).rtt <= 2 * DELAY_US + 10000);
}

static void lost_packets_come_again_both_ways_and_the_picture_stays(void **state)
{
    (void)state;
    run(w, 2 * TL_SECOND_US);
    uint64_t before = slot(0, 4).moved;
    w->loss_percent = 5;
    run(w, 10 * TL_SECOND_US);
    for (int i = 0; i < PEERS; i++) {
        struct tl_peer_statistics s = statistics(i);
        assert_true(s.nacks_out > 0 && s.retransmitted_in > 0); /* from the relay */
        assert_true(s.nacks_in > 0 && s.retransmitted_out > 0); /* to the relay */
        assert_int_equal(slot(i, 2).identity, 2 - i);
        assert_int_equal(slot(i, 4).identity, 2 - i);
    }
    /* 150 pictures were made; without repair hardly one in four would survive 5 % twice. */
    assert_true(slot(0, 4).moved - before > 110);
    assert_true(w->dropped > 100);
}

static void after_an_interruption_a_key_frame_is_asked_for_and_comes(void **state)
{
    (void)state;
    run(w, 2 * TL_SECOND_US);
    w->loss_percent = 100;
    run(w, 3 * TL_SECOND_US);
    w->loss_percent = 0;
    run(w, 3 * TL_SECOND_US);
    assert_int_equal(slot(0, 4).identity, 2);
    assert_int_equal(slot(0, 2).identity, 2);
    assert_true(statistics(0).plis_out > 0);
    assert_true(statistics(1).plis_in > 0);
    assert_int_equal(tl_peer_state(w->peers[0], w->now), TL_PEER_CONNECTED);
}

static void silence_of_five_seconds_is_told_and_thirty_end_it(void **state)
{
    (void)state;
    run(w, TL_SECOND_US);
    w->loss_percent = 100;
    run(w, 6 * TL_SECOND_US);
    assert_int_equal(tl_peer_state(w->peers[0], w->now), TL_PEER_RECONNECTING);
    run(w, 26 * TL_SECOND_US);
    assert_int_equal(tl_peer_state(w->peers[0], w->now), TL_PEER_FAILED);
    assert_string_equal(tl_peer_reason(w->peers[0]), "ice");
}

static void media_from_an_address_ice_did_not_choose_is_dropped_and_counted(void **state)
{
    (void)state;
    run(w, TL_SECOND_US);
    uint8_t rtp[60] = { 0x80, 111 };
    struct tl_address stranger = tl_address_ipv4(203, 0, 113, 5, 4999);
    tl_peer_input(w->peers[0], w->now, &stranger, rtp, sizeof rtp);
    assert_int_equal(statistics(0).bad_in, 1);
    struct tl_address relay = address_of(-1);
    tl_peer_input(w->peers[0], w->now, &relay, rtp, sizeof rtp); /* not sealed */
    assert_int_equal(statistics(0).bad_in, 2);
}

static void a_muted_microphone_is_silent_and_comes_back(void **state)
{
    (void)state;
    run(w, TL_SECOND_US);
    tl_peer_set_sending(w->peers[1], false, true);
    run(w, 2 * TL_SECOND_US);
    assert_true(w->now - slot(0, 2).heard > TL_SECOND_US);
    assert_true(w->now - slot(0, 4).heard < 200 * TL_MILLISECOND_US);
    tl_peer_set_sending(w->peers[1], true, true);
    run(w, TL_SECOND_US);
    assert_int_equal(slot(0, 2).identity, 2);
}

static void one_answer_is_taken_and_no_second(void **state)
{
    (void)state;
    assert_int_equal(tl_peer_answer(w->peers[0], w->now, TL_TEXT("v=0")), TL_ERROR_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(two_peers_hear_and_see_each_other),
        TEST(what_is_repeated_to_try_the_line_counts_once),
        TEST(the_round_trip_is_measured),
        TEST(lost_packets_come_again_both_ways_and_the_picture_stays),
        TEST(after_an_interruption_a_key_frame_is_asked_for_and_comes),
        TEST(silence_of_five_seconds_is_told_and_thirty_end_it),
        TEST(media_from_an_address_ice_did_not_choose_is_dropped_and_counted),
        TEST(a_muted_microphone_is_silent_and_comes_back),
        TEST(one_answer_is_taken_and_no_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
