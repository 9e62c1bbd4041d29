/* The examiner, fed with what libopus and libvpx make of sound and pictures, in the relay's
 * datagrams. */
#include "testing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "client/packetizer.h"
#include "client/source.h"
#include "examine/examine.h"
#include "examine/frames.h"
#include "examine/messages.h"
#include "media/rtp.h"

enum { TEST_NUMBER = 7, FPS = 15, SECONDS = 4 };

struct feed {
    struct tl_examiner *examiner;
    tl_time_us now;
    uint16_t sequence[3];
    struct tl_examine_event verdict;
    unsigned progress;
    unsigned drop_every, swap; /* damage on the way */
    uint8_t kept[2048];
    size_t kept_size;
};

static size_t write_datagram(struct feed *feed, uint8_t *buffer, enum tl_examine_kind kind,
                             uint32_t timestamp, bool marker, struct tl_bytes payload)
{
    struct tl_writer w = tl_writer(buffer, 2048);
    tl_write_u8(&w, 1);
    tl_write_u8(&w, (uint8_t)kind);
    tl_write_u16(&w, 0);
    tl_write_u32(&w, TEST_NUMBER);
    tl_write_u64(&w, (uint64_t)feed->now);
    tl_write_u8(&w, 0x80);
    tl_write_u8(&w, (uint8_t)((marker ? 0x80 : 0) | (kind == TL_EXAMINE_OPUS ? 111 : 96)));
    tl_write_u16(&w, feed->sequence[kind]++);
    tl_write_u32(&w, timestamp);
    tl_write_u32(&w, 1000u + (uint32_t)kind);
    tl_write_bytes(&w, payload);
    assert_false(w.failed);
    return w.used;
}

static void deliver(struct feed *feed, const uint8_t *datagram, size_t size)
{
    /* Each second datagram overtakes the one before it. */
    if (feed->swap && !feed->kept_size) {
        memcpy(feed->kept, datagram, size);
        feed->kept_size = size;
        return;
    }
    tl_examiner_datagram(feed->examiner, feed->now, tl_bytes(datagram, size));
    if (feed->kept_size)
        tl_examiner_datagram(feed->examiner, feed->now, tl_bytes(feed->kept, feed->kept_size));
    feed->kept_size = 0;
}

static void send_sound(struct feed *feed, struct tl_bytes packet)
{
    uint8_t datagram[2048];
    size_t size = write_datagram(feed, datagram, TL_EXAMINE_OPUS,
                                 (uint32_t)(feed->now * 48 / 1000), false, packet);
    deliver(feed, datagram, size);
}

static void send_frame(struct feed *feed, struct tl_bytes frame, uint16_t picture)
{
    struct tl_vp8_packetizer packetizer;
    uint8_t payload[TL_VP8_PAYLOAD_LIMIT], datagram[2048];
    size_t size;
    bool last;
    tl_vp8_packetizer_init(&packetizer, frame, picture);
    while (tl_vp8_packetizer_next(&packetizer, payload, &size, &last)) {
        size_t whole = write_datagram(feed, datagram, TL_EXAMINE_VP8, picture * 6000u, last,
                                      tl_bytes(payload, size));
        if (!feed->drop_every || feed->sequence[TL_EXAMINE_VP8] % feed->drop_every)
            deliver(feed, datagram, whole);
    }
}

static void hear_events(struct feed *feed)
{
    struct tl_examine_event event;
    while (tl_examiner_next_event(feed->examiner, feed->now, &event)) {
        if (event.kind == TL_EXAMINE_PROGRESS)
            feed->progress++;
        else
            feed->verdict = event;
    }
}

static struct feed begin(void)
{
    struct feed feed = { .examiner = tl_examiner_new(), .now = 5 * TL_SECOND_US };
    assert_non_null(feed.examiner);
    assert_int_equal(
        tl_examiner_begin(feed.examiner, feed.now, TEST_NUMBER, true, true, SECONDS), TL_OK);
    return feed;
}

static void finish(struct feed *feed)
{
    while (tl_examiner_count(feed->examiner)) {
        feed->now = tl_examiner_next_deadline(feed->examiner);
        hear_events(feed);
    }
    tl_examiner_free(feed->examiner);
}

/* ---- sound ---- */

typedef void sound_maker(int16_t *samples, uint64_t first);

static struct tl_sound_report examine_sound(double amplitude, sound_maker *maker)
{
    struct feed feed = begin();
    struct tl_voice *voice = tl_voice_new(5, amplitude);
    int16_t samples[TL_TONE_FRAME];
    for (unsigned i = 0; i < 50 * SECONDS; i++, feed.now += 20 * TL_MILLISECOND_US) {
        if (maker)
            maker(samples, (uint64_t)i * TL_TONE_FRAME);
        send_sound(&feed, maker ? tl_voice_encode(voice, samples) : tl_voice_next(voice));
        hear_events(&feed);
    }
    finish(&feed);
    tl_voice_free(voice);
    return feed.verdict.report.sound;
}

static void speech_like_sound_is_good(void **state)
{
    (void)state;
    struct tl_sound_report report = examine_sound(0.3, NULL);
    assert_int_equal(report.verdict, TL_SOUND_GOOD);
    assert_true(report.level_dbfs > -25 && report.level_dbfs < -8);
    assert_true(report.decoded_ms >= 3900);
}

static void make_silence(int16_t *samples, uint64_t first)
{
    (void)first;
    memset(samples, 0, TL_TONE_FRAME * sizeof *samples);
}

static void a_dead_microphone_is_silent(void **state)
{
    (void)state;
    assert_int_equal(examine_sound(0, make_silence).verdict, TL_SOUND_SILENT);
}

static void hiss_alone_is_silent(void **state)
{
    (void)state;
    assert_int_equal(examine_sound(0.0012, NULL).verdict, TL_SOUND_SILENT);
}

static void a_whisper_is_too_quiet(void **state)
{
    (void)state;
    assert_int_equal(examine_sound(0.008, NULL).verdict, TL_SOUND_TOO_QUIET);
}

static void an_overdriven_microphone_is_clipped(void **state)
{
    (void)state;
    struct tl_sound_report report = examine_sound(5, NULL);
    assert_int_equal(report.verdict, TL_SOUND_CLIPPED);
    assert_true(report.clipped_share > 0.05);
    assert_true(report.peak_dbfs > -0.5);
}

/* ---- pictures ---- */

typedef void painter(const struct tl_picture *picture, unsigned number);

static void paint_flat(const struct tl_picture *picture, uint8_t luma)
{
    for (unsigned y = 0; y < picture->height; y++)
        memset(picture->planes[0] + (size_t)y * picture->strides[0], luma, picture->width);
    for (unsigned plane = 1; plane < 3; plane++)
        for (unsigned y = 0; y < picture->height / 2; y++)
            memset(picture->planes[plane] + (size_t)y * picture->strides[plane], 128,
                   picture->width / 2);
}

static uint32_t noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

/* A wall with sensor noise, and a head that sways before it by a few pixels. */
static void paint_person(const struct tl_picture *picture, unsigned number, unsigned wall,
                         unsigned face)
{
    uint32_t seed = number * 7919 + 1;
    paint_flat(picture, 128);
    int middle = (int)picture->width / 2 + (int)(8 * sin(number * 0.35));
    for (unsigned y = 0; y < picture->height; y++)
        for (unsigned x = 0; x < picture->width; x++) {
            int dx = (int)x - middle, dy = (int)y - (int)picture->height / 2;
            unsigned luma = dx * dx + dy * dy < 70 * 70 ? face : wall + x / 16;
            picture->planes[0][(size_t)y * picture->strides[0] + x] =
                (uint8_t)(luma + noise(&seed) % 5);
        }
}

static void person(const struct tl_picture *picture, unsigned number)
{
    paint_person(picture, number, 90, 160);
}
static void person_in_the_dark(const struct tl_picture *picture, unsigned number)
{
    paint_person(picture, number, 18, 55);
}
static void lens_cover(const struct tl_picture *picture, unsigned number)
{
    uint32_t seed = number + 1;
    paint_flat(picture, 16);
    for (unsigned y = 0; y < picture->height; y++)
        for (unsigned x = 0; x < picture->width; x++)
            picture->planes[0][(size_t)y * picture->strides[0] + x] =
                (uint8_t)(16 + noise(&seed) % 3);
}
static void against_the_window(const struct tl_picture *picture, unsigned number)
{
    paint_flat(picture, 234);
    for (unsigned y = 100; y < 250; y++)
        memset(picture->planes[0] + (size_t)y * picture->strides[0] + 250 + number % 9, 150,
               60);
}
static void same_person_for_ever(const struct tl_picture *picture, unsigned number)
{
    (void)number;
    paint_person(picture, 3, 90, 160);
}

static struct tl_picture_report examine_pictures(painter *paint, struct feed feed,
                                                 unsigned pictures)
{
    struct tl_camera *camera = tl_camera_new(3, 640, 360, FPS, 500);
    assert_non_null(camera);
    for (unsigned i = 0; i < pictures; i++, feed.now += TL_SECOND_US / FPS) {
        bool key_frame = i % 20 == 0;
        if (paint)
            paint(tl_camera_picture(camera), i);
        send_frame(&feed,
                   paint ? tl_camera_encode(camera, key_frame)
                         : tl_camera_next(camera, key_frame),
                   (uint16_t)(i + 1));
        hear_events(&feed);
    }
    finish(&feed);
    tl_camera_free(camera);
    return feed.verdict.report.picture;
}

static void a_moving_pattern_is_good(void **state)
{
    (void)state;
    struct tl_picture_report report = examine_pictures(NULL, begin(), FPS * SECONDS);
    assert_int_equal(report.verdict, TL_PICTURE_GOOD);
    assert_int_equal(report.width, 640);
    assert_int_equal(report.height, 360);
    assert_true(report.frames >= FPS * SECONDS - 2);
}

static void a_person_who_hardly_moves_is_good(void **state)
{
    (void)state;
    assert_int_equal(examine_pictures(person, begin(), FPS * SECONDS).verdict, TL_PICTURE_GOOD);
}

static void a_covered_lens_is_black(void **state)
{
    (void)state;
    assert_int_equal(examine_pictures(lens_cover, begin(), FPS * SECONDS).verdict,
                     TL_PICTURE_BLACK);
}

static void a_dim_room_is_too_dark(void **state)
{
    (void)state;
    assert_int_equal(examine_pictures(person_in_the_dark, begin(), FPS * SECONDS).verdict,
                     TL_PICTURE_TOO_DARK);
}

static void a_window_behind_is_too_bright(void **state)
{
    (void)state;
    assert_int_equal(examine_pictures(against_the_window, begin(), FPS * SECONDS).verdict,
                     TL_PICTURE_TOO_BRIGHT);
}

static void the_same_picture_again_and_again_is_frozen(void **state)
{
    (void)state;
    assert_int_equal(examine_pictures(same_person_for_ever, begin(), FPS * SECONDS).verdict,
                     TL_PICTURE_FROZEN);
}

static void pictures_that_stop_coming_are_frozen(void **state)
{
    (void)state;
    assert_int_equal(examine_pictures(NULL, begin(), FPS).verdict, TL_PICTURE_FROZEN);
}

static void packets_out_of_order_make_the_same_pictures(void **state)
{
    (void)state;
    struct feed feed = begin();
    feed.swap = 1;
    struct tl_picture_report report = examine_pictures(NULL, feed, FPS * SECONDS);
    assert_int_equal(report.verdict, TL_PICTURE_GOOD);
    assert_true(report.frames >= FPS * SECONDS - 3);
}

static void after_loss_pictures_go_on_from_a_key_frame(void **state)
{
    (void)state;
    struct feed feed = begin();
    feed.drop_every = 40;
    struct tl_picture_report report = examine_pictures(NULL, feed, FPS * SECONDS);
    assert_true(report.frames > 5);
    assert_true(report.frames < FPS * SECONDS);
}

/* ---- the table ---- */

static void nothing_that_comes_gives_none_after_the_patience(void **state)
{
    (void)state;
    struct feed feed = begin();
    finish(&feed);
    assert_int_equal(feed.verdict.kind, TL_EXAMINE_VERDICT);
    assert_int_equal(feed.verdict.report.sound.verdict, TL_SOUND_NONE);
    assert_int_equal(feed.verdict.report.picture.verdict, TL_PICTURE_NONE);
    assert_true(feed.now - 5 * TL_SECOND_US <= (SECONDS + 3) * TL_SECOND_US);
}

static void the_65th_test_is_refused_and_counted(void **state)
{
    (void)state;
    struct tl_examiner *examiner = tl_examiner_new();
    for (uint32_t i = 0; i < TL_EXAMINE_TESTS_LIMIT; i++)
        assert_int_equal(tl_examiner_begin(examiner, 0, i, true, false, 5), TL_OK);
    assert_int_equal(tl_examiner_begin(examiner, 0, 1000, true, false, 5), TL_ERROR_LIMIT);
    assert_int_equal(tl_examiner_begin(examiner, 0, 3, true, false, 5), TL_ERROR_EXISTS);
    assert_int_equal(tl_examiner_counters(examiner)->refused, 2);
    struct tl_examine_event event;
    assert_int_equal(tl_examiner_end(examiner, 0, 3), TL_OK);
    assert_false(tl_examiner_next_event(examiner, 0, &event));
    assert_int_equal(tl_examiner_next_deadline(examiner), TL_EXAMINE_LAST_US);
    assert_true(tl_examiner_next_event(examiner, TL_EXAMINE_LAST_US, &event));
    assert_int_equal(event.test, 3);
    assert_int_equal(tl_examiner_begin(examiner, 0, 1000, true, false, 5), TL_OK);
    tl_examiner_free(examiner);
}

static void a_test_lasts_five_seconds_at_most(void **state)
{
    (void)state;
    struct tl_examiner *examiner = tl_examiner_new();
    assert_int_equal(tl_examiner_begin(examiner, 0, 1, true, false, 6), TL_ERROR_LIMIT);
    assert_int_equal(tl_examiner_begin(examiner, 0, 1, true, false, 0), TL_ERROR_LIMIT);
    assert_int_equal(tl_examiner_begin(examiner, 0, 1, true, false, 5), TL_OK);
    tl_examiner_free(examiner);
}

static void progress_comes_at_most_four_times_a_second(void **state)
{
    (void)state;
    struct feed feed = begin();
    struct tl_voice *voice = tl_voice_new(1, 0.3);
    for (unsigned i = 0; i < 150; i++, feed.now += 20 * TL_MILLISECOND_US) {
        send_sound(&feed, tl_voice_next(voice));
        hear_events(&feed);
    }
    assert_true(feed.progress >= 9 && feed.progress <= 12);
    tl_voice_free(voice);
    finish(&feed);
}

static void a_flood_is_cut_at_what_five_seconds_hold(void **state)
{
    (void)state;
    struct feed feed = begin();
    struct tl_voice *voice = tl_voice_new(1, 0.3);
    for (unsigned i = 0; i < TL_EXAMINE_SOUND_PACKETS_LIMIT + 10; i++)
        send_sound(&feed, tl_voice_next(voice));
    assert_int_equal(tl_examiner_counters(feed.examiner)->bad_datagrams, 10);
    tl_voice_free(voice);
    finish(&feed);
}

/* A key frame says how large it is in its first bytes: 4096 by 2160 here. */
static void a_picture_larger_than_allowed_is_not_decoded(void **state)
{
    (void)state;
    struct feed feed = begin();
    struct tl_camera *camera = tl_camera_new(3, 640, 360, FPS, 500);
    uint8_t frame[65536];
    struct tl_bytes made = tl_camera_next(camera, true);
    assert_true(made.size < sizeof frame);
    memcpy(frame, made.data, made.size);
    frame[6] = 0x00, frame[7] = 0x10, frame[8] = 0x70, frame[9] = 0x08;
    send_frame(&feed, tl_bytes(frame, made.size), 1);
    assert_int_equal(tl_examiner_counters(feed.examiner)->bad_datagrams, 1);
    tl_camera_free(camera);
    finish(&feed);
    assert_int_equal(feed.verdict.report.picture.frames, 0);
}

static void a_picture_of_1920_by_1080_is_decoded_and_the_next_larger_is_not(void **state)
{
    (void)state;
    static const struct {
        int width, height;
        bool allowed;
    } sizes[] = { { TL_EXAMINE_WIDTH_LIMIT, TL_EXAMINE_HEIGHT_LIMIT, true },
                  { TL_EXAMINE_WIDTH_LIMIT + 2, TL_EXAMINE_HEIGHT_LIMIT, false },
                  { TL_EXAMINE_WIDTH_LIMIT, TL_EXAMINE_HEIGHT_LIMIT + 2, false } };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct feed feed = begin();
        struct tl_camera *camera = tl_camera_new(3, sizes[i].width, sizes[i].height, FPS, 2000);
        assert_non_null(camera);
        send_frame(&feed, tl_camera_next(camera, true), 1);
        tl_camera_free(camera);
        assert_int_equal(tl_examiner_counters(feed.examiner)->bad_datagrams, !sizes[i].allowed);
        finish(&feed);
        assert_int_equal(feed.verdict.report.picture.frames, sizes[i].allowed);
    }
}

static void pictures_and_their_packets_are_cut_at_what_five_seconds_hold(void **state)
{
    (void)state;
    /* frames are counted whether they can be decoded or not: so many of a real one */
    struct feed feed = begin();
    struct tl_camera *camera = tl_camera_new(3, 64, 36, FPS, 50);
    struct tl_bytes frame = tl_camera_next(camera, true);
    assert_true(frame.size < TL_VP8_PAYLOAD_LIMIT);
    for (unsigned i = 0; i < TL_EXAMINE_PICTURES_LIMIT; i++)
        send_frame(&feed, frame, (uint16_t)i);
    assert_int_equal(tl_examiner_counters(feed.examiner)->bad_datagrams, 0);
    send_frame(&feed, frame, TL_EXAMINE_PICTURES_LIMIT);
    assert_int_equal(tl_examiner_counters(feed.examiner)->bad_datagrams, 1);
    tl_camera_free(camera);
    finish(&feed);
    /* and packets that never end a picture */
    feed = begin();
    static const uint8_t piece[20] = { 0 };
    for (unsigned i = 0; i <= TL_EXAMINE_PICTURE_PACKETS_LIMIT; i++) {
        uint8_t datagram[2048];
        assert_int_equal(tl_examiner_counters(feed.examiner)->bad_datagrams, 0);
        deliver(&feed, datagram,
                write_datagram(&feed, datagram, TL_EXAMINE_VP8, 1, false,
                               tl_bytes(piece, sizeof piece)));
    }
    assert_int_equal(tl_examiner_counters(feed.examiner)->bad_datagrams, 1);
    finish(&feed);
}

static void garbage_and_cut_bitstreams_give_no_verdict_but_none(void **state)
{
    (void)state;
    struct feed feed = begin();
    uint8_t bytes[1000];
    uint32_t seed = 42;
    for (unsigned round = 0; round < 200; round++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)noise(&seed);
        bytes[0] |= 1; /* never a key frame */
        send_frame(&feed, tl_bytes(bytes, 1 + noise(&seed) % 999), (uint16_t)round);
        uint8_t datagram[2048];
        size_t size = write_datagram(&feed, datagram, TL_EXAMINE_VP8, round, true,
                                     tl_bytes(bytes, noise(&seed) % 4));
        for (size_t cut = 0; cut < size; cut++)
            tl_examiner_datagram(feed.examiner, feed.now, tl_bytes(datagram, cut));
        hear_events(&feed);
    }
    assert_true(tl_examiner_counters(feed.examiner)->bad_datagrams > 1000);
    finish(&feed);
    assert_int_equal(feed.verdict.report.picture.verdict, TL_PICTURE_NONE);
}

static void truncated_key_frames_do_not_harm(void **state)
{
    (void)state;
    struct feed feed = begin();
    struct tl_camera *camera = tl_camera_new(3, 320, 180, FPS, 300);
    uint8_t frame[65536];
    struct tl_bytes made = tl_camera_next(camera, true);
    memcpy(frame, made.data, made.size);
    for (size_t cut = 1; cut < made.size; cut += 37)
        send_frame(&feed, tl_bytes(frame, cut), (uint16_t)cut);
    send_frame(&feed, tl_bytes(frame, made.size), 20000);
    tl_camera_free(camera);
    finish(&feed);
    assert_true(feed.verdict.report.picture.frames >= 1);
}

static void datagrams_of_other_versions_kinds_and_tests_are_counted(void **state)
{
    (void)state;
    struct feed feed = begin();
    uint8_t good[2048], bad[2048];
    size_t size =
        write_datagram(&feed, good, TL_EXAMINE_OPUS, 1, false, tl_bytes("\xf8\xff", 2));
    const struct {
        size_t at;
        uint8_t value;
    } changes[] = { { 0, 2 }, { 1, 0 }, { 1, 3 }, { 2, 1 }, { 3, 1 }, { 7, 8 }, { 8, 0xff } };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        memcpy(bad, good, size);
        bad[changes[i].at] = changes[i].value;
        tl_examiner_datagram(feed.examiner, feed.now, tl_bytes(bad, size));
        assert_int_equal(tl_examiner_counters(feed.examiner)->bad_datagrams, i + 1);
    }
    tl_examiner_datagram(feed.examiner, feed.now, tl_bytes(good, size));
    assert_int_equal(tl_examiner_counters(feed.examiner)->bad_datagrams, 7);
    finish(&feed);
}

/* ---- messages ---- */

static enum tl_error read_begin(const char *json, struct tl_examine_begin *ret_begin)
{
    return tl_examine_begin_read(tl_bytes(json, strlen(json)), ret_begin);
}

static void test_begin_is_read_strictly(void **state)
{
    (void)state;
    struct tl_examine_begin begin_message;
    assert_int_equal(
        read_begin("{\"test\":4294967295,\"opus\":true,\"vp8\":false,\"seconds\":5}",
                   &begin_message),
        TL_OK);
    assert_int_equal(begin_message.test, UINT32_MAX);
    assert_true(begin_message.opus && !begin_message.vp8);
    const char *const wrong[] = {
        "{}",
        "[]",
        "{\"test\":1,\"opus\":true,\"vp8\":true,\"seconds\":6}",
        "{\"test\":1,\"opus\":true,\"vp8\":true,\"seconds\":0}",
        "{\"test\":-1,\"opus\":true,\"vp8\":true,\"seconds\":5}",
        "{\"test\":4294967296,\"opus\":true,\"vp8\":true,\"seconds\":5}",
        "{\"test\":1,\"opus\":1,\"vp8\":true,\"seconds\":5}",
        "{\"test\":1,\"opus\":true,\"vp8\":true,\"seconds\":5,\"more\":1}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_not_equal(read_begin(wrong[i], &begin_message), TL_OK);
    char text[1030];
    for (int size = 1024; size <= 1025; size++) {
        (void)snprintf(text, sizeof text, "%-*s", size,
                       "{\"test\":1,\"opus\":true,\"vp8\":true,\"seconds\":5}");
        assert_int_equal(read_begin(text, &begin_message),
                         size > 1024 ? TL_ERROR_LIMIT : TL_OK);
    }
}

static void the_verdict_message_has_every_field(void **state)
{
    (void)state;
    struct tl_examine_event event = { .kind = TL_EXAMINE_VERDICT, .test = 3 };
    event.report.sound =
        (struct tl_sound_report){ TL_SOUND_TOO_QUIET, -48.04, -30, 0.00001, 20 };
    event.report.picture =
        (struct tl_picture_report){ TL_PICTURE_TOO_DARK, 31.26, 8, 2, 60, 640, 360 };
    json_t *json = tl_examine_event_write(&event);
    assert_non_null(json);
    json_t *audio = json_object_get(json, "audio"), *video = json_object_get(json, "video");
    assert_string_equal(json_string_value(json_object_get(audio, "verdict")), "too_quiet");
    assert_string_equal(json_string_value(json_object_get(video, "verdict")), "too_dark");
    assert_int_equal(json_object_size(audio), 5);
    assert_int_equal(json_object_size(video), 7);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speech_like_sound_is_good),
        cmocka_unit_test(a_dead_microphone_is_silent),
        cmocka_unit_test(hiss_alone_is_silent),
        cmocka_unit_test(a_whisper_is_too_quiet),
        cmocka_unit_test(an_overdriven_microphone_is_clipped),
        cmocka_unit_test(a_moving_pattern_is_good),
        cmocka_unit_test(a_person_who_hardly_moves_is_good),
        cmocka_unit_test(a_covered_lens_is_black),
        cmocka_unit_test(a_dim_room_is_too_dark),
        cmocka_unit_test(a_window_behind_is_too_bright),
        cmocka_unit_test(the_same_picture_again_and_again_is_frozen),
        cmocka_unit_test(pictures_that_stop_coming_are_frozen),
        cmocka_unit_test(packets_out_of_order_make_the_same_pictures),
        cmocka_unit_test(after_loss_pictures_go_on_from_a_key_frame),
        cmocka_unit_test(nothing_that_comes_gives_none_after_the_patience),
        cmocka_unit_test(the_65th_test_is_refused_and_counted),
        cmocka_unit_test(a_test_lasts_five_seconds_at_most),
        cmocka_unit_test(progress_comes_at_most_four_times_a_second),
        cmocka_unit_test(a_flood_is_cut_at_what_five_seconds_hold),
        cmocka_unit_test(a_picture_larger_than_allowed_is_not_decoded),
        cmocka_unit_test(a_picture_of_1920_by_1080_is_decoded_and_the_next_larger_is_not),
        cmocka_unit_test(pictures_and_their_packets_are_cut_at_what_five_seconds_hold),
        cmocka_unit_test(garbage_and_cut_bitstreams_give_no_verdict_but_none),
        cmocka_unit_test(truncated_key_frames_do_not_harm),
        cmocka_unit_test(datagrams_of_other_versions_kinds_and_tests_are_counted),
        cmocka_unit_test(test_begin_is_read_strictly),
        cmocka_unit_test(the_verdict_message_has_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
