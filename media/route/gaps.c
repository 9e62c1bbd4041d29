/* Pictures that stood still and sound that was missing, of what a participant sends: incidents. */
#include "route/internal.h"

static const tl_time_us least_freeze = 400 * TL_MILLISECOND_US;
static const tl_time_us least_silence = 200 * TL_MILLISECOND_US;

void gaps_hear(struct tl_relay *relay, tl_time_us now, struct participant *participant,
               const struct media *media)
{
    struct layer *layer = media->layer;
    bool video = media->source->parameters->video;
    uint16_t first = media->sequence, last = first;
    if (video && !tl_frame_watch_add(&layer->frames, media->timestamp, media->sequence,
                                     media->has_vp8 && media->vp8.frame_start, media->marker,
                                     &first, &last))
        return;
    tl_time_us gap =
        tl_flow_add(&layer->flow, now, first, last, media->timestamp,
                    video ? VIDEO_RATE : AUDIO_RATE, video ? least_freeze : least_silence);
    /* When nothing at all came, that is an interruption, and told as one. */
    if (gap && !participant->interrupted_at && now - gap >= participant->back_at)
        incident_gap(relay, participant, video, gap);
}
