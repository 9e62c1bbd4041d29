/* A microphone and a camera that are made, not recorded: the tone in Opus, the pattern in VP8. */
#ifndef TL_CLIENT_SOURCE_H
#define TL_CLIENT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "client/pattern.h"
#include "client/tone.h"

/* ---- Opus, 20 ms a packet, with in-band FEC ---- */

enum { TL_VOICE_PACKET_LIMIT = 400, TL_VOICE_BITS_PER_S = 32000 };

struct tl_voice;
/* identity as in tl_tone. NULL when out of memory. */
struct tl_voice *tl_voice_new(int identity, double amplitude);
struct tl_voice *tl_voice_free(struct tl_voice *voice);
/* The next 20 ms; valid until the next call. Empty if the encoder fails. */
struct tl_bytes tl_voice_next(struct tl_voice *voice);
/* The same with samples of the caller's: TL_TONE_FRAME of them. */
struct tl_bytes tl_voice_encode(struct tl_voice *voice, const int16_t *samples);

/* ---- VP8 ---- */

struct tl_camera;
/* NULL when out of memory, or when the encoder refuses the size. */
struct tl_camera *tl_camera_new(uint8_t identity, unsigned width, unsigned height, unsigned fps,
                                unsigned kbps);
struct tl_camera *tl_camera_free(struct tl_camera *camera);
/* Grain of so much over each pattern from now on; 0, as at first: none. */
void tl_camera_grain(struct tl_camera *camera, uint8_t amount);
/* The next picture of the pattern; valid until the next call. Empty when the encoder left it out. */
struct tl_bytes tl_camera_next(struct tl_camera *camera, bool key_frame);
/* The picture that tl_camera_encode takes: planes may be painted at will. */
const struct tl_picture *tl_camera_picture(struct tl_camera *camera);
struct tl_bytes tl_camera_encode(struct tl_camera *camera, bool key_frame);

#endif
