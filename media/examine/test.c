/* One equipment test: foreign Opus and VP8 are decoded here, and nowhere else in the house. */
#include <opus.h>
#include <stdlib.h>
#include <string.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include "examine/examine.h"
#include "examine/frames.h"
#include "media/rtp.h"

enum {
    SOUND_RATE = 48000,
    SOUND_FRAME_LIMIT = 5760, /* samples in 120 ms, the longest an Opus packet may hold */
    HOLE_PATIENCE_US = 300 * TL_MILLISECOND_US
};

struct tl_examine_test {
    OpusDecoder *opus;
    bool has_vp8;
    vpx_codec_ctx_t vp8;
    struct tl_frames *frames;
    struct tl_sound_judge sound;
    struct tl_picture_judge picture;
    unsigned sound_packets, picture_packets, pictures;
    float samples[SOUND_FRAME_LIMIT];
};

enum tl_error tl_examine_datagram_read(struct tl_bytes datagram,
                                       struct tl_examine_datagram *ret_datagram)
{
    struct tl_reader r = tl_reader(datagram);
    uint8_t version = tl_read_u8(&r);
    uint8_t kind = tl_read_u8(&r);
    uint16_t reserved = tl_read_u16(&r);
    uint32_t test = tl_read_u32(&r);
    uint64_t arrival = tl_read_u64(&r);
    struct tl_bytes packet = tl_read_bytes(&r, r.left);
    if (r.failed || version != 1 || reserved != 0 || arrival > INT64_MAX / 2 ||
        (kind != TL_EXAMINE_OPUS && kind != TL_EXAMINE_VP8) ||
        packet.size < TL_RTP_HEADER_SIZE || packet.size > TL_RTP_PACKET_LIMIT)
        return TL_ERROR_FORMAT;
    *ret_datagram = (struct tl_examine_datagram){ .kind = (enum tl_examine_kind)kind,
                                                  .test = test,
                                                  .arrival_us = (tl_time_us)arrival,
                                                  .packet = packet };
    return TL_OK;
}

struct tl_examine_test *tl_examine_test_free(struct tl_examine_test *test)
{
    if (!test)
        return NULL;
    if (test->opus)
        opus_decoder_destroy(test->opus);
    if (test->has_vp8)
        vpx_codec_destroy(&test->vp8);
    tl_frames_free(test->frames);
    free(test);
    return NULL;
}

struct tl_examine_test *tl_examine_test_new(bool opus, bool vp8)
{
    struct tl_examine_test *test = calloc(1, sizeof *test);
    if (!test)
        return NULL;
    tl_sound_judge_init(&test->sound);
    tl_picture_judge_init(&test->picture);
    int error = OPUS_OK;
    if (opus)
        test->opus = opus_decoder_create(SOUND_RATE, 1, &error);
    if (vp8) {
        /* One thread: the sandbox gives no more, and one test must not take both cores. */
        vpx_codec_dec_cfg_t config = { .threads = 1 };
        test->has_vp8 =
            vpx_codec_dec_init(&test->vp8, vpx_codec_vp8_dx(), &config, 0) == VPX_CODEC_OK;
        test->frames = tl_frames_new(HOLE_PATIENCE_US);
    }
    if ((opus && !test->opus) || (vp8 && (!test->has_vp8 || !test->frames)))
        return tl_examine_test_free(test);
    return test;
}

static enum tl_error hear(struct tl_examine_test *test, const struct tl_rtp_packet *packet)
{
    if (!test->opus)
        return TL_ERROR_MISSING;
    if (test->sound_packets >= TL_EXAMINE_SOUND_PACKETS_LIMIT)
        return TL_ERROR_LIMIT;
    test->sound_packets++;
    if (packet->payload.size == 0)
        return TL_ERROR_FORMAT;
    /* As float: the whole-number decoder rounds off what is clipped, and hides it. */
    int count =
        opus_decode_float(test->opus, packet->payload.data, (opus_int32)packet->payload.size,
                          test->samples, SOUND_FRAME_LIMIT, 0);
    if (count <= 0)
        return TL_ERROR_FORMAT;
    tl_sound_judge_add(&test->sound, test->samples, (size_t)count);
    return TL_OK;
}

static enum tl_error look(struct tl_examine_test *test, struct tl_bytes frame,
                          tl_time_us arrival)
{
    if (test->pictures >= TL_EXAMINE_PICTURES_LIMIT)
        return TL_ERROR_LIMIT;
    test->pictures++;
    /* The size is known before the decoder takes memory for it. */
    vpx_codec_stream_info_t info = { .sz = sizeof info };
    if (vpx_codec_peek_stream_info(vpx_codec_vp8_dx(), frame.data, (unsigned)frame.size,
                                   &info) == VPX_CODEC_OK &&
        info.is_kf && (info.w > TL_EXAMINE_WIDTH_LIMIT || info.h > TL_EXAMINE_HEIGHT_LIMIT))
        return TL_ERROR_LIMIT;
    if (vpx_codec_decode(&test->vp8, frame.data, (unsigned)frame.size, NULL, 0) != VPX_CODEC_OK)
        return TL_ERROR_FORMAT;
    vpx_codec_iter_t iterator = NULL;
    for (vpx_image_t *image; (image = vpx_codec_get_frame(&test->vp8, &iterator));)
        if (image->d_w <= TL_EXAMINE_WIDTH_LIMIT && image->d_h <= TL_EXAMINE_HEIGHT_LIMIT)
            tl_picture_judge_add(&test->picture, arrival, image->planes[0],
                                 (size_t)image->stride[0], image->d_w, image->d_h);
    return TL_OK;
}

static enum tl_error see(struct tl_examine_test *test, const struct tl_rtp_packet *packet,
                         tl_time_us arrival)
{
    if (!test->has_vp8)
        return TL_ERROR_MISSING;
    if (test->picture_packets >= TL_EXAMINE_PICTURE_PACKETS_LIMIT)
        return TL_ERROR_LIMIT;
    test->picture_packets++;
    enum tl_error error = tl_frames_add(test->frames, arrival, packet);
    struct tl_frame frame;
    while (tl_frames_next(test->frames, arrival, &frame)) {
        enum tl_error wrong = look(test, frame.data, arrival);
        if (wrong)
            error = wrong;
    }
    return error == TL_ERROR_EXISTS ? TL_OK : error;
}

enum tl_error tl_examine_test_input(struct tl_examine_test *test,
                                    const struct tl_examine_datagram *datagram)
{
    struct tl_rtp_packet packet;
    if (tl_rtp_read(datagram->packet, &packet))
        return TL_ERROR_FORMAT;
    return datagram->kind == TL_EXAMINE_OPUS ? hear(test, &packet)
                                             : see(test, &packet, datagram->arrival_us);
}

void tl_examine_test_report(struct tl_examine_test *test, tl_time_us now,
                            struct tl_examine_report *ret_report)
{
    tl_sound_judge_report(&test->sound, &ret_report->sound);
    tl_picture_judge_report(&test->picture, now, &ret_report->picture);
}

double tl_examine_test_level_dbfs(const struct tl_examine_test *test)
{
    return test->sound.last_dbfs;
}

double tl_examine_test_brightness(const struct tl_examine_test *test)
{
    return test->picture.last_brightness;
}
