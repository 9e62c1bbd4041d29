/* What is due by time: transport-wide feedback, NACKs and key-frame requests to senders, receiver
 * reports, and sender reports of the slots. */
#include "route/internal.h"

enum { NACKS_PER_TICK = 64, MIN_NACK_INTERVAL_US = 20 * TL_MILLISECOND_US };
/* Of one receiver report (RFC 3550 section 6.4.2: five bits). */
enum { REPORTS_LIMIT = 31 };

static struct tl_writer compound(uint8_t *buffer)
{
    return tl_writer(buffer, RTCP_ROOM);
}

/* ---- key frames ---- */

static void send_pli(struct tl_relay *relay, tl_time_us now, struct source *source,
                     struct layer *layer)
{
    uint8_t buffer[RTCP_ROOM];
    struct tl_writer w = compound(buffer);
    tl_rtcp_write_pli(&w, source->owner->rtcp_ssrc, layer->ssrc);
    transport_send_rtcp(relay, source->owner, tl_writer_bytes(&w));
    layer->key_asked = now;
    layer->key_soon = false;
    count(relay, TL_RELAY_PLI_SENT);
}

static bool may_ask(const struct source *source, const struct layer *layer, tl_time_us now)
{
    tl_time_us apart = layer->key_soon ? PLI_SOON_US : PLI_INTERVAL_US;
    return source->owner->srtp && layer->active &&
           (layer->key_asked == 0 || now - layer->key_asked >= apart);
}

/* However many ask, the sender hears it once in half a second. */
void key_frame_ask(struct tl_relay *relay, tl_time_us now, struct source *source,
                   unsigned index)
{
    struct layer *layer = &source->layers[index];
    layer->key_wanted = true;
    if (may_ask(source, layer, now))
        send_pli(relay, now, source, layer);
    else
        count(relay, TL_RELAY_PLI_HELD);
    participant_busy(relay, now, source->owner);
}

static bool somebody_waits(const struct source *source, unsigned layer)
{
    for (const struct slot *slot = source->first_subscriber; slot; slot = slot->next_subscriber)
        if (slot->target == layer && (slot->waiting_key || slot->layer != layer) &&
            !slot->paused && slot->owner->srtp)
            return true;
    return false;
}

void key_frames_ask(struct tl_relay *relay, tl_time_us now, struct participant *receiver)
{
    for (size_t i = 0; i < receiver->parameters.receive_count; i++) {
        struct slot *slot = &receiver->slots[i];
        if (slot->source && slot->parameters->video)
            key_frame_ask(relay, now, slot->source, slot->target);
    }
}

/* Between its first DTLS and its keys lies one round trip of the receiver, as long as that between its
 * first check and its first DTLS; a key frame takes one of the sender. The sender is asked so much
 * later that a frame cannot be here first: one that is finds nobody who can open it. */
void key_frames_foresee(struct tl_relay *relay, tl_time_us now, struct participant *receiver)
{
    tl_time_us round = receiver->greeted_at - receiver->checked_at;
    for (size_t i = 0; i < receiver->parameters.receive_count; i++) {
        struct slot *slot = &receiver->slots[i];
        if (!slot->source || !slot->parameters->video || slot->foreseen)
            continue;
        tl_time_us asks = receiver->greeted_at, sender = slot->source->owner->rtt;
        if (round > sender)
            asks += round - sender;
        if (now < asks)
            continue;
        slot->foreseen = true;
        slot->source->layers[slot->target].key_soon = true;
        key_frame_ask(relay, now, slot->source, slot->target);
    }
}

static bool is_on_its_way(const struct slot *slot, tl_time_us now)
{
    const struct layer *layer = &slot->source->layers[slot->target];
    return slot->foreseen && layer->key_wanted &&
           now - layer->key_asked < slot->source->owner->rtt + PLI_SOON_US;
}

void key_frames_begin(struct tl_relay *relay, tl_time_us now, struct participant *receiver)
{
    for (size_t i = 0; i < receiver->parameters.receive_count; i++) {
        struct slot *slot = &receiver->slots[i];
        if (!slot->source || !slot->parameters->video || is_on_its_way(slot, now))
            continue;
        slot->source->layers[slot->target].key_soon = true;
        key_frame_ask(relay, now, slot->source, slot->target);
    }
}

void key_frame_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    for (size_t i = 0; i < participant->parameters.send_count; i++) {
        struct source *source = &participant->sources[i];
        if (!source->parameters->video || source->muted)
            continue;
        for (unsigned l = 0; l < LAYERS_LIMIT; l++) {
            struct layer *layer = &source->layers[l];
            bool alive = now - layer->heard < TL_SECOND_US;
            if (alive && may_ask(source, layer, now) &&
                (layer->key_wanted || somebody_waits(source, l)))
                send_pli(relay, now, source, layer);
        }
    }
}

/* ---- to senders ---- */

static void send_transport_feedback(struct tl_relay *relay, struct participant *participant)
{
    enum { PACKETS_PER_TICK = 4 };
    for (unsigned i = 0; i < PACKETS_PER_TICK && participant->arrivals.pending; i++) {
        uint8_t buffer[RTCP_ROOM];
        struct tl_writer w = compound(buffer);
        /* the media SSRC must be a real one: 0 is ignored */
        uint32_t media = participant->last_media_ssrc ? participant->last_media_ssrc : 1;
        if (tl_arrivals_write(&participant->arrivals, &w, participant->rtcp_ssrc, media))
            transport_send_rtcp(relay, participant, tl_writer_bytes(&w));
    }
}

static void send_layer_nacks(struct tl_relay *relay, tl_time_us now,
                             struct participant *participant, struct layer *layer)
{
    tl_time_us rtt = participant->rtt ? participant->rtt : DEFAULT_RTT_US;
    if (rtt < MIN_NACK_INTERVAL_US)
        rtt = MIN_NACK_INTERVAL_US;
    uint16_t sequences[NACKS_PER_TICK];
    size_t due = tl_nack_list_due(layer->nack, now, rtt, sequences, NACKS_PER_TICK);
    if (due == 0)
        return;
    uint8_t buffer[RTCP_ROOM];
    struct tl_writer w = compound(buffer);
    tl_rtcp_write_nack(&w, participant->rtcp_ssrc, layer->ssrc, sequences, due);
    transport_send_rtcp(relay, participant, tl_writer_bytes(&w));
}

static void send_nacks(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    for (size_t i = 0; i < participant->parameters.send_count; i++) {
        struct source *source = &participant->sources[i];
        /* without RTX a repeat would break the sequence the sender's encryption allows */
        if (!source->parameters->video || source->parameters->types.rtx == TL_PAYLOAD_NONE)
            continue;
        for (unsigned l = 0; l < LAYERS_LIMIT; l++)
            if (source->layers[l].active && source->layers[l].nack->count)
                send_layer_nacks(relay, now, participant, &source->layers[l]);
    }
}

static size_t collect_reports(struct participant *participant, tl_time_us now,
                              struct tl_rtcp_report *reports)
{
    size_t found = 0;
    for (size_t i = 0; i < participant->parameters.send_count * LAYERS_LIMIT; i++) {
        struct layer *layer = &participant->sources[i / LAYERS_LIMIT].layers[i % LAYERS_LIMIT];
        if (!layer->active || !layer->stats.started || found == REPORTS_LIMIT)
            continue;
        struct tl_rtcp_report *report = &reports[found++];
        tl_receive_stats_report(&layer->stats, layer->ssrc, report);
        if (layer->report.known) {
            report->last_sr = layer->report.middle;
            report->delay_since_sr =
                (uint32_t)((now - layer->report.arrived) * 65536 / TL_SECOND_US);
        }
    }
    return found;
}

static void send_receiver_report(struct tl_relay *relay, tl_time_us now,
                                 struct participant *participant)
{
    struct tl_rtcp_report reports[REPORTS_LIMIT];
    size_t found = collect_reports(participant, now, reports);
    uint8_t buffer[RTCP_ROOM];
    struct tl_writer w = compound(buffer);
    tl_rtcp_write_receiver_report(&w, participant->rtcp_ssrc, reports, found);
    tl_rtcp_write_sdes(&w, participant->rtcp_ssrc, TL_TEXT("relay"));
    transport_send_rtcp(relay, participant, tl_writer_bytes(&w));
}

/* ---- to receivers ---- */

/* The slot's stream at this instant on our clock: the source's last report, moved by the peer's
 * clock offset, drawn out to now, and shifted as the slot shifts every timestamp. */
static bool slot_report(const struct tl_relay *relay, tl_time_us now, const struct slot *slot,
                        struct tl_rtcp_sender_info *ret_info)
{
    const struct source *source = slot->source;
    if (!source || !slot->packets || slot->rewrite.switching || slot->waiting_key)
        return false;
    const struct layer *layer = slot_layer(slot);
    if (!layer->report.known || now - layer->heard > 5 * TL_SECOND_US)
        return false;
    tl_time_us wall = now + relay->config.wall_offset;
    tl_time_us since = wall - (layer->report.sender_us + source->owner->clock_offset);
    int64_t ticks = since * slot->rewrite.clock_rate / TL_SECOND_US;
    *ret_info = (struct tl_rtcp_sender_info){
        .ntp = tl_ntp_from_us(wall),
        .rtp_timestamp = layer->report.rtp + (uint32_t)ticks + slot->rewrite.timestamp_offset,
        .packets = slot->packets,
        .octets = slot->octets,
    };
    return true;
}

static void send_sender_reports(struct tl_relay *relay, tl_time_us now,
                                struct participant *participant)
{
    uint8_t buffer[RTCP_ROOM];
    struct tl_writer w = compound(buffer);
    for (size_t i = 0; i < participant->parameters.receive_count; i++) {
        struct tl_rtcp_sender_info info;
        if (slot_report(relay, now, &participant->slots[i], &info))
            tl_rtcp_write_sender_report(&w, participant->slots[i].ssrc, &info, NULL, 0);
    }
    transport_send_rtcp(relay, participant, tl_writer_bytes(&w));
}

void reports_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    if (now >= participant->feedback_at) {
        participant->feedback_at = now + FEEDBACK_INTERVAL_US;
        send_transport_feedback(relay, participant);
    }
    send_nacks(relay, now, participant);
    if (now >= participant->reports_at) {
        participant->reports_at = now + TL_SECOND_US;
        send_receiver_report(relay, now, participant);
        send_sender_reports(relay, now, participant);
    }
}
