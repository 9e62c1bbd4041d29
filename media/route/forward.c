/* From a source to a slot: the numbers of the slot's stream, the receiver's own extension ids,
 * sealed with the receiver's keys. */
#include "route/internal.h"

/* What is written in the header of every packet to a receiver, in this order. */
enum element { MID, AUDIO_LEVEL, ABS_SEND_TIME, TRANSPORT_CC, ELEMENTS };

static void fill_elements(struct slot *slot, tl_time_us now, const struct media *media,
                          struct tl_rtp_extension_value elements[ELEMENTS])
{
    const struct tl_extension_ids *ids = &slot->parameters->extensions;
    memset(elements, 0, ELEMENTS * sizeof elements[0]);
    if (ids->mid) {
        size_t size = strlen(slot->parameters->mid);
        elements[MID].id = ids->mid;
        elements[MID].size = (uint8_t)size;
        memcpy(elements[MID].data, slot->parameters->mid, size);
    }
    if (ids->audio_level && media && media->has_level) {
        elements[AUDIO_LEVEL] =
            (struct tl_rtp_extension_value){ ids->audio_level, 1, { media->level } };
    }
    if (ids->abs_send_time) {
        /* 24 bits, 6.18 fixed point seconds */
        uint32_t time = (uint32_t)(((uint64_t)now << 18) / TL_SECOND_US) & 0xffffff;
        elements[ABS_SEND_TIME] =
            (struct tl_rtp_extension_value){ ids->abs_send_time,
                                             3,
                                             { (uint8_t)(time >> 16), (uint8_t)(time >> 8),
                                               (uint8_t)time } };
    }
    if (ids->transport_cc)
        elements[TRANSPORT_CC] = (struct tl_rtp_extension_value){ ids->transport_cc, 2, { 0 } };
}

/* A packet being built in the output's buffer. */
struct building {
    uint8_t *buffer;
    size_t size;
    size_t offsets[ELEMENTS];
    bool numbered;  /* carries a transport-wide number */
    bool redundant; /* carries the sound before it too */
    enum tl_traffic traffic;
};

static bool build_header(struct tl_relay *relay, struct slot *slot, tl_time_us now,
                         const struct tl_rtp_packet *header, const struct media *media,
                         struct building *ret_building)
{
    struct tl_rtp_extension_value elements[ELEMENTS];
    struct building building = { .buffer =
                                     relay->config.output.begin(relay->config.output.context) };
    if (!building.buffer) {
        count(relay, TL_RELAY_DROP_ROOM);
        return false;
    }
    fill_elements(slot, now, media, elements);
    if (tl_rtp_write_header(header, elements, ELEMENTS, building.buffer, TL_RELAY_PACKET_ROOM,
                            building.offsets, &building.size))
        return false;
    building.numbered = elements[TRANSPORT_CC].id != 0;
    building.traffic = slot->parameters->video ? TL_TRAFFIC_VIDEO : TL_TRAFFIC_AUDIO;
    *ret_building = building;
    return true;
}

static bool add_payload(struct building *building, struct tl_bytes payload)
{
    if (payload.size > TL_RELAY_PACKET_ROOM - TL_SRTP_OVERHEAD - building->size)
        return false;
    if (payload.size)
        memcpy(building->buffer + building->size, payload.data, payload.size);
    building->size += payload.size;
    return true;
}

static bool seal_and_send(struct tl_relay *relay, struct slot *slot, tl_time_us now,
                          struct building *building, uint8_t probe_step)
{
    struct participant *participant = slot->owner;
    uint16_t number = 0;
    if (building->numbered) {
        number = transport_note_sent(participant, now, building->size, probe_step);
        uint8_t *at = building->buffer + building->offsets[TRANSPORT_CC];
        at[0] = (uint8_t)(number >> 8);
        at[1] = (uint8_t)number;
    }
    if (tl_srtp_seal_rtp(participant->srtp, building->buffer, TL_RELAY_PACKET_ROOM,
                         &building->size)) {
        count(relay, TL_RELAY_DROP_SEAL);
        return false;
    }
    bool sound = building->traffic == TL_TRAFFIC_AUDIO;
    if (sound && !building->redundant)
        sound_repeat(relay, now, slot, building->buffer, building->size, building->numbered,
                     number);
    else if (sound || !pace_defers(relay, now, participant, building->buffer, building->size,
                                   building->numbered, number))
        transport_send_as(relay, participant, building->size, building->traffic);
    return true;
}

/* The receiver's payload type for the packet; RED is unpacked for who did not negotiate it, whose
 * line does not carry it, and where it holds anything but Opus: a number means something else to
 * each of them. */
static uint8_t type_for(const struct slot *slot, const struct media *media,
                        struct tl_bytes *payload, bool *ret_red)
{
    const struct tl_payload_types *in = &media->source->parameters->types;
    const struct tl_payload_types *out = &slot->parameters->types;
    uint8_t type = media->payload_type;
    if (slot->parameters->video)
        return type == in->vp8 ? out->vp8 : TL_PAYLOAD_NONE;
    if (type == in->red && in->red != TL_PAYLOAD_NONE && !media->unpacked) {
        if (out->red != TL_PAYLOAD_NONE && !slot->plain && out->opus != TL_PAYLOAD_NONE &&
            tl_red_is_of(*payload, in->opus)) {
            *ret_red = true;
            return out->red;
        }
        if (tl_red_primary(*payload, &type, payload))
            return TL_PAYLOAD_NONE;
    }
    return type == in->opus ? out->opus : TL_PAYLOAD_NONE;
}

static void forward_one(struct tl_relay *relay, tl_time_us now, struct slot *slot,
                        const struct media *media)
{
    struct participant *participant = slot->owner;
    if (!participant->srtp || !participant->ice.has_destination ||
        !slot_shows(relay, slot, media))
        return;
    struct tl_bytes payload = media->payload;
    bool red = false;
    uint8_t type = type_for(slot, media, &payload, &red);
    if (type == TL_PAYLOAD_NONE) {
        count(relay, TL_RELAY_DROP_PAYLOAD_TYPE);
        return;
    }
    const struct tl_rewrite_numbers *last = &media->layer->last;
    struct tl_rewrite_numbers in = {
        .sequence = media->sequence,
        .timestamp = media->timestamp,
        .picture_id = media->has_vp8 ? media->vp8.picture_id : last->picture_id,
        .tl0 = media->has_vp8 ? media->vp8.tl0 : last->tl0,
    };
    struct tl_rewrite_numbers out;
    if (!tl_rewrite_apply(&slot->rewrite, now, &in, &out)) {
        count(relay, TL_RELAY_DROP_OLD);
        return;
    }
    struct tl_rtp_packet header = { .payload_type = type,
                                    .marker = media->marker,
                                    .sequence = out.sequence,
                                    .timestamp = out.timestamp,
                                    .ssrc = slot->ssrc };
    struct building building;
    if (!build_header(relay, slot, now, &header, media, &building))
        return;
    size_t payload_at = building.size;
    if (!add_payload(&building, payload)) {
        count(relay, TL_RELAY_DROP_RTP_FORMAT);
        return;
    }
    if (media->has_vp8)
        tl_vp8_rewrite(building.buffer + payload_at, &media->vp8, out.picture_id, out.tl0);
    if (red) {
        building.redundant = building.buffer[payload_at] & 0x80; /* not one sound alone */
        tl_red_retype(building.buffer + payload_at, slot->parameters->types.opus);
    }
    if (!seal_and_send(relay, slot, now, &building, 0))
        return;
    slot->packets++;
    slot->octets += (uint32_t)payload.size;
    count(relay, TL_RELAY_PACKETS_FORWARDED);
}

/* RED for who does not take it: when the packet before did not come, this one carries its sound.
 * Should it come late after all, it has the number of the one made here and is not sealed twice. */
static void forward_previous(struct tl_relay *relay, tl_time_us now, struct slot *slot,
                             const struct media *media)
{
    const struct tl_payload_types *in = &media->source->parameters->types;
    uint16_t previous = (uint16_t)(media->sequence - 1), older;
    struct media lost = *media;
    bool unpacked = slot->parameters->types.red == TL_PAYLOAD_NONE || slot->plain;
    if (!unpacked || slot->paused || media->payload_type != in->red || !slot->rewrite.started ||
        slot->rewrite.switching || !tl_sequence_newer(previous, slot->rewrite.newest_in) ||
        tl_red_previous(media->payload, &lost.payload_type, &older, &lost.payload))
        return;
    lost.sequence = previous;
    lost.timestamp -= older;
    lost.marker = false;
    lost.unpacked = true;
    forward_one(relay, now, slot, &lost);
}

void forward(struct tl_relay *relay, tl_time_us now, struct slot *slot,
             const struct media *media)
{
    if (!slot->parameters->video)
        forward_previous(relay, now, slot, media);
    forward_one(relay, now, slot, media);
}

static bool can_repeat(const struct slot *slot)
{
    return slot->rtx_ssrc && slot->source && slot->owner->srtp &&
           slot->owner->ice.has_destination;
}

/* RFC 4588: the packet once more on the RTX stream, its number in front. */
bool forward_again(struct tl_relay *relay, tl_time_us now, struct slot *slot,
                   const struct tl_ring_packet *packet, uint8_t probe_step, size_t *ret_size)
{
    struct tl_bytes payload = tl_bytes(packet->payload, packet->size);
    struct tl_vp8_descriptor vp8;
    bool has_vp8 = tl_vp8_read(payload, &vp8) == TL_OK;
    if (!can_repeat(slot))
        return false;
    struct tl_rewrite_numbers in = { .sequence = packet->sequence,
                                     .timestamp = packet->timestamp,
                                     .picture_id = has_vp8 ? vp8.picture_id : 0,
                                     .tl0 = has_vp8 ? vp8.tl0 : 0 };
    struct tl_rewrite_numbers out;
    if (!tl_rewrite_repeat(&slot->rewrite, &in, &out))
        return false;
    struct tl_rtp_packet header = { .payload_type = slot->parameters->types.rtx,
                                    .marker = packet->marker,
                                    .sequence = slot->rtx_sequence,
                                    .timestamp = out.timestamp,
                                    .ssrc = slot->rtx_ssrc };
    struct building building;
    if (!build_header(relay, slot, now, &header, NULL, &building))
        return false;
    uint8_t original[2] = { (uint8_t)(out.sequence >> 8), (uint8_t)out.sequence };
    size_t payload_at = building.size + sizeof original;
    if (!add_payload(&building, tl_bytes(original, sizeof original)) ||
        !add_payload(&building, payload))
        return false;
    if (has_vp8)
        tl_vp8_rewrite(building.buffer + payload_at, &vp8, out.picture_id, out.tl0);
    size_t size = building.size;
    slot->rtx_sequence++;
    if (!seal_and_send(relay, slot, now, &building, probe_step))
        return false;
    *ret_size = size;
    return true;
}

/* A packet of nothing but padding on the RTX stream: carries a transport-wide number and bytes. */
bool forward_padding(struct tl_relay *relay, tl_time_us now, struct slot *slot, uint8_t size,
                     uint8_t probe_step, size_t *ret_size)
{
    if (!slot->rtx_ssrc || !slot->owner->srtp || !slot->owner->ice.has_destination || size == 0)
        return false;
    struct tl_rtp_packet header = { .payload_type = slot->parameters->types.rtx,
                                    .sequence = slot->rtx_sequence,
                                    .timestamp = slot->rewrite.newest_out.timestamp,
                                    .ssrc = slot->rtx_ssrc,
                                    .padding = size };
    struct building building;
    uint8_t padding[255] = { 0 };
    padding[size - 1] = size;
    if (!build_header(relay, slot, now, &header, NULL, &building) ||
        !add_payload(&building, tl_bytes(padding, size)))
        return false;
    slot->rtx_sequence++;
    *ret_size = building.size;
    return seal_and_send(relay, slot, now, &building, probe_step);
}
