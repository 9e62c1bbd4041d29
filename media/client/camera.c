#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "client/source.h"

struct tl_camera {
    vpx_codec_ctx_t encoder;
    bool has_encoder;
    vpx_image_t *image;
    struct tl_picture picture;
    uint8_t identity, number, grain;
    unsigned fps;
    vpx_codec_pts_t time;
};

struct tl_camera *tl_camera_free(struct tl_camera *camera)
{
    if (!camera)
        return NULL;
    if (camera->has_encoder)
        vpx_codec_destroy(&camera->encoder);
    if (camera->image)
        vpx_img_free(camera->image);
    free(camera);
    return NULL;
}

static bool open_encoder(struct tl_camera *camera, unsigned width, unsigned height,
                         unsigned fps, unsigned kbps)
{
    vpx_codec_enc_cfg_t config;
    if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &config, 0) != VPX_CODEC_OK)
        return false;
    config.g_w = width;
    config.g_h = height;
    config.g_threads = 1;
    config.g_timebase.num = 1;
    config.g_timebase.den = (int)fps;
    config.g_lag_in_frames = 0;
    config.g_error_resilient = 1;
    config.rc_end_usage = VPX_CBR;
    config.rc_target_bitrate = kbps;
    config.rc_min_quantizer = 4;
    config.rc_max_quantizer = 56;
    config.rc_undershoot_pct = 50;
    config.rc_overshoot_pct = 50;
    config.rc_buf_sz = 1000;
    config.rc_buf_initial_sz = 500;
    config.rc_buf_optimal_sz = 600;
    config.rc_dropframe_thresh = 0;
    config.kf_mode = VPX_KF_DISABLED; /* key frames when asked for */
    if (vpx_codec_enc_init(&camera->encoder, vpx_codec_vp8_cx(), &config, 0) != VPX_CODEC_OK)
        return false;
    camera->has_encoder = true;
    vpx_codec_control(&camera->encoder, VP8E_SET_CPUUSED, -12);
    vpx_codec_control(&camera->encoder, VP8E_SET_STATIC_THRESHOLD, 100);
    return true;
}

struct tl_camera *tl_camera_new(uint8_t identity, unsigned width, unsigned height, unsigned fps,
                                unsigned kbps)
{
    struct tl_camera *camera = calloc(1, sizeof *camera);
    if (!camera)
        return NULL;
    camera->identity = identity;
    camera->fps = fps;
    camera->image = vpx_img_alloc(NULL, VPX_IMG_FMT_I420, width, height, 16);
    if (!camera->image || !open_encoder(camera, width, height, fps, kbps))
        return tl_camera_free(camera);
    camera->picture = (struct tl_picture){ .width = width, .height = height };
    for (unsigned i = 0; i < 3; i++) {
        camera->picture.planes[i] = camera->image->planes[i];
        camera->picture.strides[i] = (unsigned)camera->image->stride[i];
    }
    return camera;
}

void tl_camera_grain(struct tl_camera *camera, uint8_t amount)
{
    camera->grain = amount;
}

const struct tl_picture *tl_camera_picture(struct tl_camera *camera)
{
    return &camera->picture;
}

struct tl_bytes tl_camera_encode(struct tl_camera *camera, bool key_frame)
{
    struct tl_bytes nothing = { NULL, 0 };
    if (vpx_codec_encode(&camera->encoder, camera->image, camera->time++, 1,
                         key_frame ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME) != VPX_CODEC_OK)
        return nothing;
    vpx_codec_iter_t iterator = NULL;
    const vpx_codec_cx_pkt_t *packet;
    while ((packet = vpx_codec_get_cx_data(&camera->encoder, &iterator)))
        if (packet->kind == VPX_CODEC_CX_FRAME_PKT)
            return tl_bytes(packet->data.frame.buf, packet->data.frame.sz);
    return nothing;
}

struct tl_bytes tl_camera_next(struct tl_camera *camera, bool key_frame)
{
    tl_pattern_make(&camera->picture, camera->identity, camera->number);
    if (camera->grain)
        tl_pattern_grain(&camera->picture, camera->grain, camera->number);
    camera->number++;
    return tl_camera_encode(camera, key_frame);
}
