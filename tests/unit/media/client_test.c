/* The parts of a native participant: tones, patterns, packets, offer and answer, ICE, mail. */
#include "testing.h"

#include <math.h>
#include <opus/opus.h>
#include <stdio.h>
#include <string.h>

#include "client/ice.h"
#include "client/mailbox.h"
#include "client/packetizer.h"
#include "client/sdp.h"
#include "client/source.h"
#include "examine/frames.h"

/* ---- tones ---- */

static int identity_after_opus(int identity, double amplitude)
{
    int error;
    OpusDecoder *decoder = opus_decoder_create(TL_TONE_RATE, 1, &error);
    struct tl_voice *voice = tl_voice_new(identity, amplitude);
    struct tl_tone_judge judge;
    int16_t samples[TL_TONE_FRAME];
    tl_tone_judge_init(&judge);
    for (unsigned i = 0; i < 50; i++) {
        struct tl_bytes packet = tl_voice_next(voice);
        assert_int_equal(opus_decode(decoder, packet.data, (opus_int32)packet.size, samples,
                                     TL_TONE_FRAME, 0),
                         TL_TONE_FRAME);
        tl_tone_judge_add(&judge, samples, TL_TONE_FRAME);
    }
    tl_voice_free(voice);
    opus_decoder_destroy(decoder);
    return tl_tone_judge_identity(&judge);
}

static void every_tone_is_recognised_after_opus(void **state)
{
    (void)state;
    for (int identity = 0; identity < TL_TONE_IDENTITIES; identity++) {
        assert_int_equal(identity_after_opus(identity, 0.5), identity);
        assert_int_equal(identity_after_opus(identity, 0.02), identity);
    }
}

static void silence_noise_and_mixtures_are_nobody(void **state)
{
    (void)state;
    struct tl_tone_judge judge;
    struct tl_tone a, b;
    int16_t first[TL_TONE_FRAME], second[TL_TONE_FRAME];
    uint32_t seed = 1;
    tl_tone_judge_init(&judge);
    assert_int_equal(tl_tone_judge_identity(&judge), TL_TONE_NOBODY);
    assert_true(tl_tone_judge_level_dbfs(&judge) <= -96);
    for (unsigned i = 0; i < 100; i++) {
        for (size_t s = 0; s < TL_TONE_FRAME; s++) {
            seed = seed * 1664525u + 1013904223u;
            first[s] = (int16_t)(seed >> 18);
        }
        tl_tone_judge_add(&judge, first, TL_TONE_FRAME);
    }
    assert_int_equal(tl_tone_judge_identity(&judge), TL_TONE_NOBODY);
    tl_tone_judge_init(&judge);
    tl_tone_init(&a, 0, 0.4);
    tl_tone_init(&b, 5, 0.4);
    for (unsigned i = 0; i < 100; i++) {
        tl_tone_make(&a, first, TL_TONE_FRAME);
        tl_tone_make(&b, second, TL_TONE_FRAME);
        for (size_t s = 0; s < TL_TONE_FRAME; s++)
            first[s] = (int16_t)(first[s] + second[s]);
        tl_tone_judge_add(&judge, first, TL_TONE_FRAME);
    }
    assert_int_equal(tl_tone_judge_identity(&judge), TL_TONE_NOBODY);
}

static void who_speaks_now_is_told_within_a_second_of_the_change(void **state)
{
    (void)state;
    struct tl_tone_judge judge;
    struct tl_tone a, b;
    int16_t samples[TL_TONE_FRAME];
    tl_tone_judge_init(&judge);
    tl_tone_init(&a, 3, 0.5);
    tl_tone_init(&b, 12, 0.5);
    for (unsigned i = 0; i < 200; i++) {
        tl_tone_make(&a, samples, TL_TONE_FRAME);
        tl_tone_judge_add(&judge, samples, TL_TONE_FRAME);
    }
    assert_int_equal(tl_tone_judge_identity(&judge), 3);
    for (unsigned i = 0; i < 75; i++) {
        tl_tone_make(&b, samples, TL_TONE_FRAME);
        tl_tone_judge_add(&judge, samples, TL_TONE_FRAME);
    }
    assert_int_equal(tl_tone_judge_identity(&judge), 12);
}

/* ---- patterns ---- */

static void paint(struct tl_camera *camera, uint8_t identity, uint8_t number)
{
    tl_pattern_make(tl_camera_picture(camera), identity, number);
}

static void every_pattern_is_read_at_every_size(void **state)
{
    (void)state;
    const unsigned sizes[][2] = {
        { 640, 360 }, { 320, 180 }, { 160, 90 }, { 1280, 720 }, { 90, 46 }
    };
    for (size_t s = 0; s < 5; s++) {
        struct tl_camera *camera = tl_camera_new(0, sizes[s][0], sizes[s][1], 15, 300);
        assert_non_null(camera);
        for (unsigned value = 0; value < 256; value++) {
            struct tl_pattern_seen seen;
            paint(camera, (uint8_t)value, (uint8_t)(value * 7));
            assert_true(tl_pattern_read(tl_camera_picture(camera), &seen));
            assert_int_equal(seen.identity, value);
            assert_int_equal(seen.number, (uint8_t)(value * 7));
        }
        tl_camera_free(camera);
    }
}

/* Of the second second: the first holds the key frame. */
static size_t bytes_of_a_second(uint8_t grain, unsigned kbps)
{
    enum { FPS = 15 };
    struct tl_camera *camera = tl_camera_new(5, 640, 360, FPS, kbps);
    assert_non_null(camera);
    tl_camera_grain(camera, grain);
    size_t bytes = 0;
    for (unsigned i = 0; i < 2 * FPS; i++) {
        struct tl_bytes frame = tl_camera_next(camera, i == 0);
        struct tl_pattern_seen seen;
        bytes += i < FPS ? 0 : frame.size;
        assert_true(tl_pattern_read(tl_camera_picture(camera), &seen));
        assert_int_equal(seen.identity, 5);
        assert_int_equal(seen.number, i);
    }
    tl_camera_free(camera);
    return bytes;
}

static void a_grained_picture_costs_what_it_was_asked_to_and_is_still_read(void **state)
{
    (void)state;
    size_t plain = bytes_of_a_second(0, 1300), grained = bytes_of_a_second(20, 1300);
    assert_in_range(grained, 1300 * 1000 / 8 * 8 / 10, 1300 * 1000 / 8 * 12 / 10);
    assert_true(plain < grained / 2);
}

static void what_is_not_a_pattern_is_not_read(void **state)
{
    (void)state;
    struct tl_camera *camera = tl_camera_new(0, 640, 360, 15, 300);
    const struct tl_picture *picture = tl_camera_picture(camera);
    struct tl_pattern_seen seen;
    for (unsigned luma = 0; luma < 256; luma += 15) {
        for (unsigned y = 0; y < picture->height; y++)
            memset(picture->planes[0] + (size_t)y * picture->strides[0], (int)luma,
                   picture->width);
        assert_false(tl_pattern_read(picture, &seen));
    }
    paint(camera, 5, 9);
    /* One block painted over: the inverse row does not match any more. */
    for (unsigned y = 0; y < 72; y++)
        memset(picture->planes[0] + (size_t)y * picture->strides[0] + 64 * 3, 235, 64);
    assert_false(tl_pattern_read(picture, &seen));
    struct tl_picture small = *picture;
    small.width = 60;
    paint(camera, 5, 9);
    assert_false(tl_pattern_read(&small, &seen));
    tl_camera_free(camera);
}

/* ---- packets ---- */

static void pieces_of_a_frame_are_even_and_make_the_frame_again(void **state)
{
    (void)state;
    uint8_t frame[5000], payload[TL_VP8_PAYLOAD_LIMIT];
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (uint8_t)(i * 31);
    frame[0] = 0; /* a key frame */
    for (size_t size = 10; size <= sizeof frame; size += 499) {
        struct tl_vp8_packetizer packetizer;
        struct tl_frames *frames = tl_frames_new(0);
        size_t piece, smallest = SIZE_MAX, largest = 0;
        uint16_t sequence = 65534; /* over the wrap */
        bool last = false;
        tl_vp8_packetizer_init(&packetizer, tl_bytes(frame, size), 0x7fff);
        while (tl_vp8_packetizer_next(&packetizer, payload, &piece, &last)) {
            struct tl_vp8_descriptor descriptor;
            assert_int_equal(tl_vp8_read(tl_bytes(payload, piece), &descriptor), TL_OK);
            assert_int_equal(descriptor.picture_id, 0x7fff);
            assert_true(descriptor.long_picture_id);
            assert_int_equal(descriptor.size, TL_VP8_DESCRIPTOR_SIZE);
            struct tl_rtp_packet packet = { .marker = last,
                                            .sequence = sequence++,
                                            .timestamp = 7,
                                            .payload = tl_bytes(payload, piece) };
            assert_int_equal(tl_frames_add(frames, 0, &packet), TL_OK);
            smallest = piece < smallest ? piece : smallest;
            largest = piece > largest ? piece : largest;
        }
        assert_true(last && largest - smallest <= 5);
        struct tl_frame whole;
        assert_true(tl_frames_next(frames, 0, &whole));
        assert_true(whole.key_frame);
        assert_true(tl_bytes_equal(whole.data, tl_bytes(frame, size)));
        tl_frames_free(frames);
    }
}

static enum tl_error add(struct tl_frames *frames, tl_time_us now, uint16_t sequence, bool key)
{
    uint8_t payload[20] = { 0x10, key ? 0 : 1 };
    struct tl_rtp_packet packet = { .marker = true,
                                    .sequence = sequence,
                                    .timestamp = sequence,
                                    .payload = tl_bytes(payload, sizeof payload) };
    return tl_frames_add(frames, now, &packet);
}

static void a_hole_is_waited_for_then_given_up_until_a_key_frame(void **state)
{
    (void)state;
    struct tl_frames *frames = tl_frames_new(100);
    struct tl_frame frame;
    assert_true(tl_frames_needs_key(frames));
    assert_int_equal(add(frames, 0, 10, true), TL_OK);
    assert_true(tl_frames_next(frames, 0, &frame));
    assert_int_equal(add(frames, 0, 12, false), TL_OK);
    assert_false(tl_frames_next(frames, 0, &frame));
    assert_int_equal(add(frames, 50, 11, false), TL_OK); /* in time */
    assert_true(tl_frames_next(frames, 50, &frame));
    assert_true(tl_frames_next(frames, 50, &frame));
    assert_int_equal(frame.timestamp, 12);
    assert_int_equal(add(frames, 60, 14, false), TL_OK);
    assert_false(tl_frames_next(frames, 60, &frame));
    assert_false(tl_frames_next(frames, 161, &frame));
    assert_true(tl_frames_needs_key(frames));
    assert_int_equal(add(frames, 170, 15, false), TL_OK);
    assert_false(tl_frames_next(frames, 170, &frame));
    assert_int_equal(add(frames, 180, 16, true), TL_OK);
    assert_true(tl_frames_next(frames, 180, &frame));
    assert_int_equal(frame.timestamp, 16);
    assert_int_equal(add(frames, 190, 16, true), TL_ERROR_EXISTS);
    tl_frames_free(frames);
}

static void a_frame_longer_than_the_ring_never_comes_and_does_not_harm(void **state)
{
    (void)state;
    struct tl_frames *frames = tl_frames_new(100);
    struct tl_frame frame;
    uint8_t first[TL_FRAMES_PAYLOAD_LIMIT] = { 0x10, 0 },
            more[TL_FRAMES_PAYLOAD_LIMIT] = { 0, 1 };
    for (unsigned i = 0; i < 2 * TL_FRAMES_PACKETS_LIMIT; i++) {
        struct tl_rtp_packet packet = { .sequence = (uint16_t)i,
                                        .payload = tl_bytes(i ? more : first, sizeof more) };
        assert_int_equal(tl_frames_add(frames, i, &packet), TL_OK);
        assert_false(tl_frames_next(frames, i, &frame));
    }
    assert_int_equal(add(frames, 5000, 2 * TL_FRAMES_PACKETS_LIMIT, true), TL_OK);
    assert_true(tl_frames_next(frames, 5000, &frame));
    uint8_t huge[TL_FRAMES_PAYLOAD_LIMIT + 2] = { 0x10, 0 };
    struct tl_rtp_packet packet = { .payload = tl_bytes(huge, sizeof huge) };
    assert_int_equal(tl_frames_add(frames, 0, &packet), TL_ERROR_LIMIT);
    tl_frames_free(frames);
}

/* ---- offer and answer ---- */

static const struct tl_seat_offer offer = {
    .ufrag = "abcd",
    .password = "0123456789abcdef0123456789abcdef",
    .fingerprint = "AA:BB",
    .microphone_ssrc = 1,
    .camera_ssrc = 2,
    .camera_rtx_ssrc = 3,
    .audio_slots = 1,
    .video_slots = 1,
};

static const char answer_text[] =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 "
    "3\r\na=ice-lite\r\n"
    "a=ice-ufrag:relay\r\na=ice-pwd:secret\r\n"
    "a=fingerprint:sha-256 "
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:"
    "1E:"
    "1F\r\na=setup:passive\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=recvonly\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host\r\n"
    "a=candidate:2 1 udp 2130706430 abcd.local 40000 typ host\r\n"
    "a=candidate:3 1 tcp 2130706430 127.0.0.1 40000 typ host\r\n"
    "a=candidate:4 1 udp 2130706430 2001:db8::1 40001 typ host\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\na=recvonly\r\na=rtpmap:97 rtx/90000\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:2\r\na=sendonly\r\na=ssrc:77 cname:x\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:3\r\na=sendonly\r\n"
    "a=ssrc-group:FID 88 99\r\na=ssrc:88 cname:x\r\na=ssrc:99 cname:x\r\n";

static enum tl_error read_answer(const char *text, struct tl_seat_answer *ret_answer)
{
    return tl_seat_answer_read(tl_text(text), &offer, ret_answer);
}

static void a_way_takes_its_own_candidates_and_no_others(void **state)
{
    (void)state;
    char text[8192];
    static const char tcp[] = "a=candidate:3 1 tcp 2130706430 127.0.0.1 40000 typ host\r\n";
    static const char more[] =
        "a=candidate:5 1 tcp 9 127.0.0.1 40000 typ host tcptype passive\r\n"
        "a=candidate:6 1 tcp 8 127.0.0.1 443 typ host tcptype passive\r\n"
        "a=candidate:7 1 tcp 7 127.0.0.1 9 typ host tcptype active\r\n";
    const char *at = strstr(answer_text, tcp);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - answer_text), answer_text, more,
             at + strlen(tcp));
    static const struct {
        enum tl_way way;
        uint16_t port;
        bool stream;
        size_t count;
    } cases[] = { { TL_WAY_UDP, 40000, false, 2 },
                  { TL_WAY_TCP, 40000, true, 1 },
                  { TL_WAY_SHARED, 443, true, 1 } };
    for (size_t i = 0; i < 3; i++) {
        struct tl_seat_offer way = offer;
        struct tl_seat_answer answer;
        way.way = cases[i].way;
        way.web_port = 443;
        assert_int_equal(tl_seat_answer_read(tl_text(text), &way, &answer), TL_OK);
        assert_int_equal(answer.candidate_count, cases[i].count);
        assert_int_equal(answer.candidates[0].port, cases[i].port);
        assert_int_equal(answer.candidates[0].stream != 0, cases[i].stream);
        /* and an answer without any of them is none */
        assert_int_equal(tl_seat_answer_read(tl_text(answer_text), &way, &answer),
                         i == 0 ? TL_OK : TL_ERROR_FORMAT);
    }
}

static void an_answer_is_read(void **state)
{
    (void)state;
    struct tl_seat_answer answer;
    assert_int_equal(read_answer(answer_text, &answer), TL_OK);
    assert_string_equal(answer.ufrag, "relay");
    assert_string_equal(answer.password, "secret");
    assert_int_equal(answer.fingerprint[31], 0x1f);
    assert_int_equal(answer.candidate_count, 2);
    assert_int_equal(answer.candidates[0].port, 40000);
    assert_true(answer.microphone && answer.camera && answer.camera_rtx && answer.mid);
    assert_false(answer.transport_cc || answer.audio_level || answer.abs_send_time);
    assert_int_equal(answer.slot_count, 2);
    assert_int_equal(answer.slots[0].ssrc, 77);
    assert_int_equal(answer.slots[0].rtx_ssrc, 0);
    assert_true(answer.slots[1].video && answer.slots[1].active);
    assert_int_equal(answer.slots[1].ssrc, 88);
    assert_int_equal(answer.slots[1].rtx_ssrc, 99);
}

static void every_truncation_of_an_answer_is_refused_or_whole(void **state)
{
    (void)state;
    struct tl_seat_answer answer;
    /* Cut anywhere before the last m-line, it has too few of them. */
    size_t last = (size_t)(strstr(answer_text, "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:3") -
                           answer_text);
    for (size_t size = 0; size < last; size++)
        assert_int_equal(
            tl_seat_answer_read((struct tl_text){ answer_text, size }, &offer, &answer),
            TL_ERROR_FORMAT);
}

static void answers_that_are_not_to_this_offer_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } changes[] = {
        { "UDP/TLS/RTP/SAVPF 111\r\na=mid:2", "RTP/SAVP 111\r\na=mid:2" },
        { "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:2",
          "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2" },
        { "a=setup:passive", "a=setup:active" },
        { "sha-256", "sha-1" },
        { "1E:1F", "1E" },
        { "ice-ufrag:relay", "ice-ufrag:" },
        { "127.0.0.1 40000 typ host\r\na=candidate:2",
          "127.0.0.1 0 typ host\r\na=candidate:2" },
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char text[4096];
        const char *at = strstr(answer_text, changes[i].from);
        struct tl_seat_answer answer;
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - answer_text), answer_text,
                 changes[i].to, at + strlen(changes[i].from));
        if (i == 6) { /* one candidate less is no fault */
            assert_int_equal(read_answer(text, &answer), TL_OK);
            assert_int_equal(answer.candidate_count, 1);
        } else {
            assert_int_equal(read_answer(text, &answer), TL_ERROR_FORMAT);
        }
    }
    char more[4096];
    struct tl_seat_answer answer;
    snprintf(more, sizeof more, "%sm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", answer_text);
    assert_int_equal(read_answer(more, &answer), TL_ERROR_FORMAT);
}

static void a_rejected_slot_is_not_active(void **state)
{
    (void)state;
    char text[4096];
    const char *at = strstr(answer_text, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:2");
    struct tl_seat_answer answer;
    snprintf(text, sizeof text, "%.*sm=audio 0%s", (int)(at - answer_text), answer_text,
             at + 9);
    assert_int_equal(read_answer(text, &answer), TL_OK);
    assert_false(answer.slots[0].active);
}

static void the_offer_has_one_line_for_each_source_and_slot(void **state)
{
    (void)state;
    char text[TL_SEAT_OFFER_LIMIT + 1];
    struct tl_seat_offer most = offer;
    size_t size, lines = 0;
    most.audio_slots = 8;
    most.video_slots = 10;
    assert_int_equal(tl_seat_offer_write(&most, text, TL_SEAT_OFFER_LIMIT, &size), TL_OK);
    text[size] = 0;
    for (const char *at = text; (at = strstr(at, "\r\nm=")); at += 4)
        lines++;
    assert_int_equal(lines, 20);
    assert_non_null(strstr(text, "a=ssrc-group:FID 2 3\r\n"));
    most.video_slots = 11;
    assert_int_equal(tl_seat_offer_write(&most, text, TL_SEAT_OFFER_LIMIT, &size),
                     TL_ERROR_LIMIT);
    assert_int_equal(tl_seat_offer_write(&offer, text, 1000, &size), TL_ERROR_LIMIT);
}

/* ---- ICE ---- */

static struct tl_ice_client ice;
static struct tl_seat_answer ice_answer;

static void begin_ice(void)
{
    memset(&ice_answer, 0, sizeof ice_answer);
    strcpy(ice_answer.ufrag, "relay");
    strcpy(ice_answer.password, "secret");
    ice_answer.candidates[0] = tl_address_ipv4(192, 0, 2, 1, 4000);
    ice_answer.candidates[1] = tl_address_ipv4(192, 0, 2, 2, 4000);
    ice_answer.candidate_count = 2;
    tl_ice_client_init(&ice);
    tl_ice_client_start(&ice, 0, &ice_answer);
}

static struct tl_stun_message next_check(tl_time_us now, struct tl_address *ret_to)
{
    static uint8_t buffer[TL_STUN_MESSAGE_LIMIT];
    struct tl_stun_message message;
    size_t size;
    assert_true(tl_ice_client_next_output(&ice, now, buffer, &size, ret_to));
    assert_int_equal(tl_stun_read(tl_bytes(buffer, size), &message), TL_OK);
    assert_int_equal(tl_stun_verify(tl_bytes(buffer, size), &message, TL_TEXT("secret")),
                     TL_OK);
    assert_true(message.has_controlling && message.has_priority);
    return message;
}

static void reply(tl_time_us now, const struct tl_stun_message *request,
                  const struct tl_address *from, const char *password)
{
    uint8_t buffer[TL_STUN_MESSAGE_LIMIT];
    size_t size;
    struct tl_stun_message message = { .class_ = TL_STUN_SUCCESS,
                                       .method = TL_STUN_BINDING,
                                       .has_mapped = true,
                                       .mapped = *from };
    memcpy(message.transaction, request->transaction, sizeof message.transaction);
    assert_int_equal(tl_stun_write(&message, tl_text(password), buffer, sizeof buffer, &size),
                     TL_OK);
    tl_ice_client_input(&ice, now, from, tl_bytes(buffer, size));
}

static void the_first_candidate_that_answers_is_nominated_and_confirmed(void **state)
{
    (void)state;
    struct tl_address to;
    begin_ice();
    struct tl_stun_message first = next_check(0, &to);
    assert_false(first.use_candidate);
    struct tl_stun_message second = next_check(20000, &to);
    assert_true(tl_address_equal(&to, &ice_answer.candidates[1]));
    reply(30000, &second, &ice_answer.candidates[1], "secret");
    assert_null(tl_ice_client_address(&ice));
    struct tl_stun_message nomination = next_check(30000, &to);
    assert_true(nomination.use_candidate);
    assert_true(tl_address_equal(&to, &ice_answer.candidates[1]));
    reply(40000, &nomination, &ice_answer.candidates[1], "secret");
    assert_true(tl_address_equal(tl_ice_client_address(&ice), &ice_answer.candidates[1]));
    assert_int_equal(tl_ice_client_state(&ice, 40000), TL_ICE_CLIENT_CONNECTED);
    assert_int_equal(ice.rtt, 10000);
}

static void answers_with_a_wrong_key_address_or_transaction_count_for_nothing(void **state)
{
    (void)state;
    struct tl_address to;
    begin_ice();
    struct tl_stun_message check = next_check(0, &to);
    reply(1000, &check, &ice_answer.candidates[0], "wrong");
    reply(1000, &check, &ice_answer.candidates[1], "secret");
    struct tl_stun_message other = check;
    other.transaction[0] ^= 1;
    reply(1000, &other, &ice_answer.candidates[0], "secret");
    assert_int_equal(ice.chosen, -1);
    reply(1000, &check, &ice_answer.candidates[0], "secret");
    assert_int_equal(ice.chosen, 0);
}

static void without_consent_for_thirty_seconds_it_fails(void **state)
{
    (void)state;
    struct tl_address to;
    begin_ice();
    struct tl_stun_message check = next_check(0, &to);
    reply(0, &check, &ice_answer.candidates[0], "secret");
    check = next_check(0, &to);
    reply(0, &check, &ice_answer.candidates[0], "secret");
    assert_int_equal(tl_ice_client_state(&ice, 5 * TL_SECOND_US), TL_ICE_CLIENT_CONNECTED);
    assert_int_equal(tl_ice_client_state(&ice, 5 * TL_SECOND_US + 1), TL_ICE_CLIENT_SILENT);
    assert_int_equal(tl_ice_client_state(&ice, 30 * TL_SECOND_US), TL_ICE_CLIENT_SILENT);
    assert_int_equal(tl_ice_client_state(&ice, 30 * TL_SECOND_US + 1), TL_ICE_CLIENT_FAILED);
}

/* ---- mail ---- */

static void link_and_code_are_found_in_two_messages_for_this_address_only(void **state)
{
    (void)state;
    static const char link[] = "To: <a@exemple.fr>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                               /* Voici le lien : https://localhost:8443/visite#Ab-_9\n */
                               "Vm9pY2kgbGUgbGllbiA6IGh0dHBzOi8vbG9jYWxob3N0\r\n"
                               "Ojg0NDMvdmlzaXRlI0FiLV85Cg==\r\n";
    static const char code[] = "To: <a@exemple.fr>\n\nVotre code est 012345. Le 24/11/2026.\n";
    static const char other[] = "To: <b@exemple.fr>\n\nVotre code est 999999.\n";
    struct tl_mail_invitation invitation = { .token = "" };
    assert_true(tl_mail_read(tl_bytes(link, sizeof link - 1), "a@exemple.fr", &invitation));
    assert_string_equal(invitation.token, "Ab-_9");
    assert_string_equal(invitation.code, "");
    assert_true(tl_mail_read(tl_bytes(code, sizeof code - 1), "a@exemple.fr", &invitation));
    assert_false(tl_mail_read(tl_bytes(other, sizeof other - 1), "a@exemple.fr", &invitation));
    assert_string_equal(invitation.code, "012345");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tone_is_recognised_after_opus),
        cmocka_unit_test(silence_noise_and_mixtures_are_nobody),
        cmocka_unit_test(who_speaks_now_is_told_within_a_second_of_the_change),
        cmocka_unit_test(every_pattern_is_read_at_every_size),
        cmocka_unit_test(a_grained_picture_costs_what_it_was_asked_to_and_is_still_read),
        cmocka_unit_test(what_is_not_a_pattern_is_not_read),
        cmocka_unit_test(pieces_of_a_frame_are_even_and_make_the_frame_again),
        cmocka_unit_test(a_hole_is_waited_for_then_given_up_until_a_key_frame),
        cmocka_unit_test(a_frame_longer_than_the_ring_never_comes_and_does_not_harm),
        cmocka_unit_test(a_way_takes_its_own_candidates_and_no_others),
        cmocka_unit_test(an_answer_is_read),
        cmocka_unit_test(every_truncation_of_an_answer_is_refused_or_whole),
        cmocka_unit_test(answers_that_are_not_to_this_offer_are_refused),
        cmocka_unit_test(a_rejected_slot_is_not_active),
        cmocka_unit_test(the_offer_has_one_line_for_each_source_and_slot),
        cmocka_unit_test(the_first_candidate_that_answers_is_nominated_and_confirmed),
        cmocka_unit_test(answers_with_a_wrong_key_address_or_transaction_count_for_nothing),
        cmocka_unit_test(without_consent_for_thirty_seconds_it_fails),
        cmocka_unit_test(link_and_code_are_found_in_two_messages_for_this_address_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
