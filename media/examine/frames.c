#include "examine/frames.h"

#include <stdlib.h>
#include <string.h>

struct held {
    bool here;
    bool start, key_frame, marker;
    uint16_t sequence;
    uint16_t size;
    uint32_t timestamp;
    uint8_t data[TL_FRAMES_PAYLOAD_LIMIT];
};

struct tl_frames {
    tl_time_us patience;
    tl_time_us hole_since; /* 0: none */
    bool started;          /* next and highest mean something */
    bool needs_key;
    uint16_t next; /* the first packet of the next frame */
    uint16_t highest;
    struct held ring[TL_FRAMES_PACKETS_LIMIT];
    uint8_t frame[TL_FRAMES_BYTES_LIMIT];
};

struct tl_frames *tl_frames_new(tl_time_us patience_us)
{
    struct tl_frames *frames = calloc(1, sizeof *frames);
    if (frames) {
        frames->patience = patience_us;
        frames->needs_key = true;
    }
    return frames;
}

struct tl_frames *tl_frames_free(struct tl_frames *frames)
{
    free(frames);
    return NULL;
}

static struct held *slot_of(struct tl_frames *frames, uint16_t sequence)
{
    return &frames->ring[sequence % TL_FRAMES_PACKETS_LIMIT];
}

static const struct held *held_at(struct tl_frames *frames, uint16_t sequence)
{
    const struct held *held = slot_of(frames, sequence);
    return held->here && held->sequence == sequence ? held : NULL;
}

enum tl_error tl_frames_add(struct tl_frames *frames, tl_time_us now,
                            const struct tl_rtp_packet *packet)
{
    struct tl_vp8_descriptor descriptor;
    if (tl_vp8_read(packet->payload, &descriptor))
        return TL_ERROR_FORMAT;
    size_t size = packet->payload.size - descriptor.size;
    if (size > TL_FRAMES_PAYLOAD_LIMIT)
        return TL_ERROR_LIMIT;
    if (!frames->started) {
        frames->started = true;
        frames->next = frames->highest = packet->sequence;
    }
    uint16_t back = (uint16_t)(frames->highest - packet->sequence);
    if (tl_sequence_newer(packet->sequence, frames->highest))
        frames->highest = packet->sequence;
    else if (back >= TL_FRAMES_PACKETS_LIMIT || held_at(frames, packet->sequence) ||
             (!frames->needs_key && tl_sequence_newer(frames->next, packet->sequence)))
        return TL_ERROR_EXISTS;
    struct held *held = slot_of(frames, packet->sequence);
    held->here = true;
    held->start = descriptor.frame_start;
    held->key_frame = descriptor.key_frame;
    held->marker = packet->marker;
    held->sequence = packet->sequence;
    held->timestamp = packet->timestamp;
    held->size = (uint16_t)size;
    memcpy(held->data, packet->payload.data + descriptor.size, size);
    (void)now;
    return TL_OK;
}

/* The oldest sequence number the ring can still hold. */
static uint16_t oldest(const struct tl_frames *frames)
{
    return (uint16_t)(frames->highest - (TL_FRAMES_PACKETS_LIMIT - 1));
}

/* The last packet of the whole frame that begins at `from`. */
static bool whole_frame(struct tl_frames *frames, uint16_t from, uint16_t *ret_last)
{
    const struct held *first = held_at(frames, from);
    if (!first || !first->start)
        return false;
    for (unsigned i = 0; i < TL_FRAMES_PACKETS_LIMIT; i++) {
        const struct held *held = held_at(frames, (uint16_t)(from + i));
        if (!held || held->timestamp != first->timestamp)
            return false;
        if (held->marker) {
            *ret_last = held->sequence;
            return true;
        }
    }
    return false;
}

/* The newest whole key frame, from which decoding can begin again. */
static bool find_key_frame(struct tl_frames *frames, uint16_t *ret_first)
{
    for (unsigned i = 0; i < TL_FRAMES_PACKETS_LIMIT; i++) {
        const struct held *held = held_at(frames, (uint16_t)(frames->highest - i));
        uint16_t last;
        if (held && held->key_frame && whole_frame(frames, held->sequence, &last)) {
            *ret_first = held->sequence;
            return true;
        }
    }
    return false;
}

static void give_up(struct tl_frames *frames)
{
    frames->needs_key = true;
    frames->hole_since = 0;
}

bool tl_frames_next(struct tl_frames *frames, tl_time_us now, struct tl_frame *ret_frame)
{
    if (!frames->started)
        return false;
    if (frames->needs_key) {
        uint16_t first;
        if (!find_key_frame(frames, &first))
            return false;
        frames->next = first;
        frames->needs_key = false;
    }
    /* A burst overran the ring: what stood there is gone. */
    if (tl_sequence_newer(oldest(frames), frames->next)) {
        give_up(frames);
        return false;
    }
    uint16_t last;
    if (!whole_frame(frames, frames->next, &last)) {
        bool newer_waits = tl_sequence_newer(frames->highest, frames->next);
        if (!newer_waits)
            frames->hole_since = 0;
        else if (!frames->hole_since)
            frames->hole_since = now;
        else if (now - frames->hole_since > frames->patience)
            give_up(frames);
        return false;
    }
    frames->hole_since = 0;
    size_t size = 0;
    const struct held *first = held_at(frames, frames->next);
    *ret_frame =
        (struct tl_frame){ .timestamp = first->timestamp, .key_frame = first->key_frame };
    for (uint16_t sequence = frames->next;; sequence++) {
        struct held *held = slot_of(frames, sequence);
        memcpy(frames->frame + size, held->data, held->size);
        size += held->size;
        held->here = false;
        if (sequence == last)
            break;
    }
    frames->next = (uint16_t)(last + 1);
    ret_frame->data = tl_bytes(frames->frame, size);
    return true;
}

bool tl_frames_needs_key(const struct tl_frames *frames)
{
    return frames->needs_key;
}
