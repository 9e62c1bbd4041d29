#include <opus.h>
#include <stdlib.h>

#include "client/source.h"

struct tl_voice {
    OpusEncoder *encoder;
    struct tl_tone tone;
    int16_t samples[TL_TONE_FRAME];
    uint8_t packet[TL_VOICE_PACKET_LIMIT];
};

struct tl_voice *tl_voice_free(struct tl_voice *voice)
{
    if (voice && voice->encoder)
        opus_encoder_destroy(voice->encoder);
    free(voice);
    return NULL;
}

struct tl_voice *tl_voice_new(int identity, double amplitude)
{
    struct tl_voice *voice = calloc(1, sizeof *voice);
    if (!voice)
        return NULL;
    int error;
    voice->encoder = opus_encoder_create(TL_TONE_RATE, 1, OPUS_APPLICATION_VOIP, &error);
    if (!voice->encoder)
        return tl_voice_free(voice);
    opus_encoder_ctl(voice->encoder, OPUS_SET_BITRATE(TL_VOICE_BITS_PER_S));
    opus_encoder_ctl(voice->encoder, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(voice->encoder, OPUS_SET_PACKET_LOSS_PERC(5));
    opus_encoder_ctl(voice->encoder, OPUS_SET_COMPLEXITY(3));
    tl_tone_init(&voice->tone, identity, amplitude);
    return voice;
}

struct tl_bytes tl_voice_encode(struct tl_voice *voice, const int16_t *samples)
{
    opus_int32 size = opus_encode(voice->encoder, samples, TL_TONE_FRAME, voice->packet,
                                  sizeof voice->packet);
    return tl_bytes(voice->packet, size > 0 ? (size_t)size : 0);
}

struct tl_bytes tl_voice_next(struct tl_voice *voice)
{
    tl_tone_make(&voice->tone, voice->samples, TL_TONE_FRAME);
    return tl_voice_encode(voice, voice->samples);
}
