/* The relay itself: made, asked, ended; and the words of its enums. */
#include "media/relay.h"

#include <stdlib.h>

#include "route/internal.h"

const char *const tl_source_words[TL_SOURCE_COUNT] = { "microphone", "camera", "screen",
                                                       "instrument", "instrument_audio" };
const char *const tl_incident_words[TL_INCIDENT_KIND_COUNT] = { "interruption", "loss",
                                                                "reconnection", "freeze",
                                                                "audio_gap",    "fallback" };
const char *const tl_participant_state_words[TL_PARTICIPANT_STATE_COUNT] = {
    "connecting", "connected", "reconnecting", "failed", "closed"
};

const char *const tl_video_choice_words[TL_VIDEO_CHOICE_COUNT] = { NULL, "all", "reduced",
                                                                   "none" };

#define COUNTER_WORD(name, word) word,
const char *const tl_relay_counter_words[TL_RELAY_COUNTER_COUNT] = { TL_RELAY_COUNTERS(
    COUNTER_WORD) };

enum tl_error tl_relay_new(const struct tl_relay_config *config, struct tl_relay **ret_relay)
{
    if (config->participants_limit > TL_RELAY_PARTICIPANTS_LIMIT || config->index > 255)
        return TL_ERROR_RANGE;
    struct tl_relay *relay = calloc(1, sizeof *relay);
    if (!relay)
        return TL_ERROR_MEMORY;
    relay->config = *config;
    if (relay->config.participants_limit == 0)
        relay->config.participants_limit = TL_RELAY_PARTICIPANTS_LIMIT;
    tuples_init(&relay->tuples);
    pace_init(relay);
    *ret_relay = relay;
    return TL_OK;
}

struct tl_relay *tl_relay_free(struct tl_relay *relay)
{
    if (!relay)
        return NULL;
    for (size_t i = 0; i < TL_RELAY_PARTICIPANTS_LIMIT; i++)
        if (relay->participants[i])
            participant_remove(relay, relay->now, relay->participants[i], NULL);
    free(relay);
    return NULL;
}

void tl_relay_drain(struct tl_relay *relay)
{
    relay->draining = true;
}

bool tl_relay_is_drained(const struct tl_relay *relay)
{
    return relay->draining && relay->participant_count == 0;
}

enum tl_error tl_relay_test_copy(struct tl_relay *relay, tl_time_us now, const char *id,
                                 uint32_t test, unsigned seconds)
{
    struct participant *participant = participant_by_id(relay, id);
    if (!participant)
        return TL_ERROR_MISSING;
    if (seconds > TL_RELAY_COPY_SECONDS_LIMIT)
        return TL_ERROR_RANGE;
    participant->copy_until = now + (tl_time_us)seconds * TL_SECOND_US;
    participant->copy_test = test;
    /* a decoder starts at a key frame */
    for (size_t i = 0; i < participant->parameters.send_count; i++)
        if (participant->sources[i].parameters->source == TL_SOURCE_CAMERA)
            key_frame_ask(relay, now, &participant->sources[i], 0);
    return TL_OK;
}

size_t tl_relay_ring_bytes(const struct tl_relay *relay)
{
    size_t bytes = 0;
    for (size_t i = 0; i < TL_RELAY_PARTICIPANTS_LIMIT; i++) {
        const struct participant *participant = relay->participants[i];
        for (size_t s = 0; participant && s < participant->parameters.send_count; s++)
            for (size_t l = 0; l < LAYERS_LIMIT; l++) {
                const struct tl_ring *ring = participant->sources[s].layers[l].ring;
                bytes += ring ? tl_ring_bytes(ring) : 0;
            }
    }
    return bytes;
}

size_t tl_relay_participant_count(const struct tl_relay *relay)
{
    return relay->participant_count;
}

uint64_t tl_relay_counter(const struct tl_relay *relay, enum tl_relay_counter counter)
{
    return relay->counters[counter];
}

const struct tl_participant_parameters *tl_relay_parameters(const struct tl_relay *relay,
                                                            const char *id)
{
    const struct participant *participant = participant_by_id(relay, id);
    return participant ? &participant->parameters : NULL;
}

bool tl_relay_list(const struct tl_relay *relay, size_t index,
                   struct tl_relay_listing *ret_listing)
{
    for (size_t i = 0; i < TL_RELAY_PARTICIPANTS_LIMIT; i++) {
        const struct participant *participant = relay->participants[i];
        if (!participant || index-- > 0)
            continue;
        *ret_listing =
            (struct tl_relay_listing){ participant->parameters.id, participant->parameters.room,
                                       participant->state, &participant->parameters, 0 };
        for (size_t s = 0; s < participant->parameters.send_count; s++)
            ret_listing->muted |= (unsigned)participant->sources[s].muted << s;
        return true;
    }
    return false;
}

enum tl_error tl_relay_index_of(struct tl_text username, unsigned *ret_index)
{
    uint8_t index;
    if (username.size < 2 || tl_hex_read((struct tl_text){ username.data, 2 }, &index, 1))
        return TL_ERROR_FORMAT;
    *ret_index = index;
    return TL_OK;
}
