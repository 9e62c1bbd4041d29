/* An RTP packet of a participant: open, find its source, note it, hand it to the slots. */
#include "route/internal.h"

static struct stream *stream_find(struct participant *participant, uint32_t ssrc)
{
    for (size_t i = 0; i < participant->stream_count; i++)
        if (participant->streams[i].ssrc == ssrc)
            return &participant->streams[i];
    return NULL;
}

static bool source_declares(const struct source *source, uint32_t ssrc)
{
    for (size_t i = 0; i < source->parameters->ssrc_count; i++)
        if (source->parameters->ssrcs[i] == ssrc)
            return true;
    return false;
}

static bool source_takes_type(const struct source *source, uint8_t type)
{
    const struct tl_payload_types *types = &source->parameters->types;
    return type == types->opus || type == types->red || type == types->vp8 ||
           type == types->rtx;
}

/* RFC 8843 section 9.2: by MID, by a declared SSRC, by a payload type only one m-line has. */
static struct source *source_of(struct participant *participant,
                                const struct tl_rtp_packet *packet)
{
    struct source *only = NULL;
    unsigned takers = 0;
    for (size_t i = 0; i < participant->parameters.send_count; i++) {
        struct source *source = &participant->sources[i];
        const struct tl_send_parameters *p = source->parameters;
        struct tl_bytes mid;
        if (tl_rtp_extension(packet, p->extensions.mid, &mid) &&
            tl_text_is((struct tl_text){ (const char *)mid.data, mid.size }, p->mid))
            return source;
        if (source_declares(source, packet->ssrc))
            return source;
        if (source_takes_type(source, packet->payload_type)) {
            only = source;
            takers++;
        }
    }
    return takers == 1 ? only : NULL;
}

static void layer_restart(struct layer *layer, uint32_t ssrc)
{
    struct tl_ring *ring = layer->ring;
    struct tl_nack_list *nack = layer->nack;
    if (ring) /* a number of the stream before must not answer for this one's */
        tl_ring_forget(ring);
    if (nack)
        *nack = (struct tl_nack_list){ 0 };
    *layer = (struct layer){ .active = true, .ssrc = ssrc, .ring = ring, .nack = nack };
}

/* RFC 8852: the layer a stream is, or repairs, stands in its first packets. */
static bool layer_of(const struct source *source, const struct tl_rtp_packet *packet, bool rtx,
                     unsigned *ret_layer)
{
    const struct tl_send_parameters *p = source->parameters;
    struct tl_bytes rid;
    *ret_layer = 0;
    if (p->rid_count == 0)
        return true;
    if (!(rtx && tl_rtp_extension(packet, p->extensions.repaired_rid, &rid)) &&
        !tl_rtp_extension(packet, p->extensions.rid, &rid))
        return false;
    for (unsigned i = 0; i < p->rid_count; i++) {
        *ret_layer = i;
        if (tl_text_is((struct tl_text){ (const char *)rid.data, rid.size }, p->rids[i]))
            return true;
    }
    return false;
}

static struct stream *stream_learn(struct participant *participant,
                                   const struct tl_rtp_packet *packet)
{
    struct source *source = source_of(participant, packet);
    if (!source || participant->stream_count == STREAMS_LIMIT)
        return NULL;
    bool rtx = source->parameters->types.rtx != TL_PAYLOAD_NONE &&
               packet->payload_type == source->parameters->types.rtx;
    unsigned layer;
    if (!layer_of(source, packet, rtx, &layer))
        return NULL;
    struct stream *stream = &participant->streams[participant->stream_count++];
    *stream = (struct stream){
        .ssrc = packet->ssrc, .source = source, .layer = (uint8_t)layer, .rtx = rtx
    };
    return stream;
}

/* A source whose SSRC changes begins a new stream under the old name. */
static void layer_take_ssrc(struct source *source, struct layer *layer, uint32_t ssrc)
{
    if (layer->active && layer->ssrc == ssrc)
        return;
    bool restarted = layer->active;
    layer_restart(layer, ssrc);
    if (restarted)
        source_restarted(source, layer);
}

static void copy_to_examiner(struct tl_relay *relay, tl_time_us now,
                             struct participant *participant, const struct media *media)
{
    enum tl_source_name name = media->source->parameters->source;
    if (now >= participant->copy_until || !relay->config.output.copy ||
        (name != TL_SOURCE_MICROPHONE && name != TL_SOURCE_CAMERA) || !media->payload.size)
        return;
    bool video = media->source->parameters->video;
    struct tl_bytes payload = media->payload;
    uint8_t type = media->payload_type;
    const struct tl_payload_types *types = &media->source->parameters->types;
    if (type == types->red && type != TL_PAYLOAD_NONE &&
        tl_red_primary(payload, &type, &payload))
        return;
    if (!video && type != types->opus)
        return;
    uint8_t datagram[TL_RELAY_COPY_HEADER_SIZE + TL_RTP_PACKET_LIMIT];
    struct tl_writer w = tl_writer(datagram, sizeof datagram);
    tl_write_u8(&w, 1);
    tl_write_u8(&w, video ? 2 : 1);
    tl_write_u16(&w, 0);
    tl_write_u32(&w, participant->copy_test);
    tl_write_u64(&w, (uint64_t)now);
    struct tl_rtp_packet packet = { .payload_type = type,
                                    .marker = media->marker,
                                    .sequence = media->sequence,
                                    .timestamp = media->timestamp,
                                    .ssrc = media->layer->ssrc };
    size_t header = 0;
    if (tl_rtp_write_header(&packet, NULL, 0, datagram + w.used, sizeof datagram - w.used, NULL,
                            &header))
        return;
    w.used += header;
    tl_write_bytes(&w, payload);
    if (!w.failed)
        relay->config.output.copy(relay->config.output.context, tl_writer_bytes(&w));
}

static void note_level(struct media *media, const struct tl_rtp_packet *packet, tl_time_us now)
{
    struct tl_bytes value;
    struct tl_audio_level level;
    if (!tl_rtp_extension(packet, media->source->parameters->extensions.audio_level, &value) ||
        tl_audio_level_read(value, &level))
        return;
    media->has_level = true;
    media->level = value.data[0];
    speaker_hear(media->source, now, level.level);
}

static void note_sound(struct media *media, tl_time_us now)
{
    const struct tl_payload_types *types = &media->source->parameters->types;
    struct tl_bytes primary = media->payload;
    uint8_t type;
    if (media->payload_type == types->red && types->red != TL_PAYLOAD_NONE)
        (void)tl_red_primary(media->payload, &type, &primary);
    sound_rate_add(media->layer, now, primary.size, media->payload.size - primary.size);
}

static void note_video(struct media *media, tl_time_us now, bool repaired)
{
    struct layer *layer = media->layer;
    bool filled = tl_nack_list_add(layer->nack, media->sequence);
    media->has_vp8 = tl_vp8_read(media->payload, &media->vp8) == TL_OK;
    if (media->has_vp8) {
        if (media->vp8.key_frame) {
            if (media->vp8.height)
                layer->height = media->vp8.height;
            layer->key_wanted = false;
            if (!filled && !repaired)
                tl_nack_list_forget_before(layer->nack, media->sequence);
        }
        if (media->sequence == layer->nack->highest) { /* a late one must not turn them back */
            layer->last.picture_id = media->vp8.picture_id;
            layer->last.tl0 = media->vp8.tl0;
        }
    }
    layer_rate_add(layer, now, media->has_vp8 ? media->vp8.temporal_layer : 0,
                   media->payload.size);
    if (media->marker)
        layer->second_frames++;
    tl_ring_add(layer->ring, now, media->sequence, media->timestamp, media->marker,
                media->payload);
}

static void take_media(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                       struct media *media, const struct tl_rtp_packet *packet, bool repaired)
{
    struct layer *layer = media->layer;
    const struct tl_send_parameters *p = media->source->parameters;
    tl_receive_stats_add(&layer->stats, now, media->sequence, media->timestamp,
                         p->video ? VIDEO_RATE : AUDIO_RATE, media->payload.size, repaired);
    layer->heard = now;
    layer->second_packets++;
    layer->second_bytes += (uint32_t)media->payload.size;
    if (!p->video)
        note_sound(media, now);
    /* the source is known to be muted by a host: counted above, never passed on */
    if (media->source->muted) {
        tl_flow_forget(&layer->flow);
        count(relay, TL_RELAY_DROP_MUTED);
        return;
    }
    if (p->video)
        note_video(media, now, repaired);
    else
        note_level(media, packet, now);
    gaps_hear(relay, now, participant, media);
    copy_to_examiner(relay, now, participant, media);
    for (struct slot *slot = media->source->first_subscriber; slot;
         slot = slot->next_subscriber)
        forward(relay, now, slot, media);
}

/* RFC 4588: the packet as it was before it was lost. */
static bool take_rtx(struct media *media, const struct tl_rtp_packet *packet)
{
    struct tl_bytes payload;
    uint16_t sequence;
    /* only padding, or a repeat of a stream that has not begun */
    if (!media->layer->active || tl_rtx_read(packet->payload, &sequence, &payload) ||
        payload.size == 0)
        return false;
    if (tl_ring_holds(media->layer->ring, sequence))
        return false; /* came already; senders repeat packets to probe */
    media->sequence = sequence;
    media->payload = payload;
    media->payload_type = media->source->parameters->types.vp8;
    return true;
}

void receive_rtp(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                 uint8_t *data, size_t size)
{
    enum tl_error error = tl_srtp_open_rtp(participant->srtp, data, &size);
    if (error) {
        count(relay, error == TL_ERROR_EXISTS  ? TL_RELAY_DROP_SRTP_REPLAY
                     : error == TL_ERROR_LIMIT ? TL_RELAY_DROP_SRTP_STREAMS
                                               : TL_RELAY_DROP_SRTP_AUTH);
        return;
    }
    transport_heard(participant, now);
    struct tl_rtp_packet packet;
    if (tl_rtp_read(tl_bytes(data, size), &packet)) {
        count(relay, TL_RELAY_DROP_RTP_FORMAT);
        return;
    }
    /* every packet of the transport, before anything is known about it */
    struct tl_bytes value;
    if (tl_rtp_extension(&packet, participant->transport_cc_in, &value) && value.size == 2)
        tl_arrivals_add(&participant->arrivals, now,
                        (uint16_t)(value.data[0] << 8 | value.data[1]));
    if (packet.ssrc)
        participant->last_media_ssrc = packet.ssrc;
    struct stream *stream = stream_find(participant, packet.ssrc);
    if (!stream)
        stream = stream_learn(participant, &packet);
    if (!stream) {
        count(relay, TL_RELAY_DROP_NO_SOURCE);
        return;
    }
    const struct tl_payload_types *types = &stream->source->parameters->types;
    bool rtx = types->rtx != TL_PAYLOAD_NONE && packet.payload_type == types->rtx;
    if (!source_takes_type(stream->source, packet.payload_type) || rtx != stream->rtx) {
        count(relay, TL_RELAY_DROP_PAYLOAD_TYPE);
        return;
    }
    struct media media = { .source = stream->source,
                           .layer = &stream->source->layers[stream->layer],
                           .sequence = packet.sequence,
                           .timestamp = packet.timestamp,
                           .payload_type = packet.payload_type,
                           .marker = packet.marker,
                           .payload = packet.payload };
    if (stream->rtx) {
        if (!stream->source->parameters->video || !take_rtx(&media, &packet)) {
            count(relay, TL_RELAY_DROP_RTX);
            return;
        }
    } else {
        layer_take_ssrc(stream->source, media.layer, packet.ssrc);
    }
    take_media(relay, now, participant, &media, &packet, stream->rtx);
}
