/* The way to a receiver: its feedback to the estimate, the estimate to the layers it gets, and
 * bursts that find out whether there is room for more. */
#include "media/simulcast.h"
#include "route/internal.h"

enum {
    ALLOCATE_US = 100 * TL_MILLISECOND_US,
    RATE_WINDOW_US = 500 * TL_MILLISECOND_US,
    ALIVE_US = TL_SECOND_US,
    /* RTP header with extensions, SRTP tag, UDP and IPv4 headers */
    PACKET_OVERHEAD = 70,
    CLUSTER_PACKETS_PER_TICK = 64
};

/* ---- feedback ---- */

static int64_t unwrap_reference(struct participant *participant, uint32_t reference)
{
    if (!participant->reference.known) {
        participant->reference.known = true;
        participant->reference.unwrapped = reference;
    } else {
        /* 24 bits, signed difference */
        uint32_t moved = (reference - participant->reference.last) & 0xffffff;
        participant->reference.unwrapped +=
            moved < 0x800000 ? (int64_t)moved : (int64_t)moved - 0x1000000;
    }
    participant->reference.last = reference;
    return participant->reference.unwrapped;
}

void downlink_feedback(struct participant *participant, tl_time_us now,
                       const struct tl_rtcp_packet *packet)
{
    enum { REFERENCE_US = 64 * TL_MILLISECOND_US };
    struct tl_rtcp_transport_cc feedback;
    struct tl_rtcp_transport_status status;
    if (tl_rtcp_transport_cc_read(packet, &feedback))
        return;
    int64_t moved = (unwrap_reference(participant, feedback.reference_time) -
                     (int64_t)feedback.reference_time) *
                    REFERENCE_US;
    while (tl_rtcp_transport_cc_next(&feedback, &status) == TL_OK) {
        uint16_t ago = (uint16_t)(participant->transport_sequence - 1 - status.sequence);
        struct sent *sent = &participant->sent[status.sequence % SENT_LIMIT];
        if (ago >= SENT_LIMIT || sent->size == 0 || sent->reported)
            continue;
        tl_bandwidth_packet(&participant->bandwidth,
                            &(struct tl_bandwidth_packet){
                                .sent = sent_at(sent, now),
                                .arrived = status.arrival_us + moved,
                                .size = (uint16_t)(sent->size + SEAL_OVERHEAD + UDP_OVERHEAD),
                                .cluster = sent->cluster,
                                .received = status.received,
                                .first_word = !sent->told });
        sent->told = true;
        sent->reported = status.received;
        if (sent->step)
            probe_feedback(participant, now, sent, status.received, status.arrival_us);
    }
    tl_bandwidth_feedback(&participant->bandwidth, now, participant->rtt);
}

/* ---- what layers cost ---- */

static void rate_add(struct layer *layer, tl_time_us now, uint8_t temporal, size_t size)
{
    struct rate *rate = &layer->rate;
    tl_time_us passed = now - rate->started;
    if (rate->started == 0 || passed > 4 * RATE_WINDOW_US) { /* begins, or after a pause */
        *rate = (struct rate){ .started = now };
    } else if (passed >= RATE_WINDOW_US) {
        bool known = rate->temporals != 0;
        uint64_t bytes = 0;
        rate->temporals = (uint8_t)(rate->highest + 1);
        for (unsigned i = 0; i < TEMPORAL_LIMIT; i++) {
            bytes += rate->bytes[i];
            uint32_t kbps = (uint32_t)(bytes * 8000 / (uint64_t)passed);
            rate->kbps[i] = known ? (3 * rate->kbps[i] + kbps) / 4 : kbps;
            rate->bytes[i] = 0;
        }
        rate->started = now;
        rate->highest = 0;
    }
    if (temporal > rate->highest)
        rate->highest = temporal;
    rate->bytes[temporal] += (uint32_t)size;
}

void layer_rate_add(struct layer *layer, tl_time_us now, uint8_t temporal, size_t payload)
{
    rate_add(layer, now, temporal, payload + PACKET_OVERHEAD);
}

void sound_rate_add(struct layer *layer, tl_time_us now, size_t primary, size_t older)
{
    rate_add(layer, now, 0, primary + PACKET_OVERHEAD);
    if (older)
        rate_add(layer, now, 1, older);
}

bool layer_is_alive(const struct layer *layer, tl_time_us now)
{
    return layer->active && layer->rate.temporals && now - layer->heard < ALIVE_US;
}

/* Senders do not keep to what a layer was meant to cost: Firefox's smallest may cost more than the
 * next. What is worse and costs no less is of no use, unless better is of no use either. */
static void add_step(struct tl_allocation_picture *picture, unsigned layer, unsigned temporal,
                     uint32_t kbps, bool enough)
{
    while (!enough && picture->count && picture->steps[picture->count - 1].kbps >= kbps)
        picture->count--;
    if (picture->count == TL_ALLOCATION_STEPS_LIMIT ||
        (picture->count && picture->steps[picture->count - 1].kbps >= kbps))
        return;
    picture->steps[picture->count++] =
        (struct tl_allocation_step){ (uint8_t)layer, (uint8_t)temporal, kbps };
}

/* Enough is the smallest layer nearly as high as it is shown; hidden is the least there is. */
static bool is_enough(const struct layer *layer, uint16_t shown)
{
    return shown && layer->height && layer->height * 5u >= shown * 4u;
}

static void fill_picture(const struct slot *slot, tl_time_us now, uint32_t rank,
                         struct tl_allocation_picture *ret_picture)
{
    struct tl_allocation_picture picture = { .current = -1, .rank = rank };
    bool enough = false;
    for (unsigned l = 0; l < LAYERS_LIMIT; l++) {
        const struct layer *layer = &slot->source->layers[l];
        if (!layer_is_alive(layer, now))
            continue;
        unsigned last = layer->rate.temporals - 1u;
        /* of larger layers only the upper half: a smooth small picture is better before that */
        for (unsigned t = picture.count && last ? last - 1 : 0; t <= last; t++) {
            add_step(&picture, l, t, layer->rate.kbps[t], enough);
            if (!enough)
                picture.most = picture.count - 1;
        }
        enough |= is_enough(layer, slot->wish.height);
    }
    if (slot->wish.hidden)
        picture.most = 0;
    for (size_t s = 0; s < picture.count && !slot->paused && !slot->waiting_key; s++)
        if (picture.steps[s].layer == slot->layer &&
            picture.steps[s].temporal <= slot->temporal)
            picture.current = (int)s;
    *ret_picture = picture;
}

/* ---- what a slot shows ---- */

static void resume(struct tl_relay *relay, tl_time_us now, struct slot *slot)
{
    slot->paused = false;
    slot->waiting_key = true;
    tl_rewrite_switch(&slot->rewrite);
    key_frame_ask(relay, now, slot->source, slot->target);
}

static void choose(struct tl_relay *relay, tl_time_us now, struct slot *slot,
                   const struct tl_allocation_picture *picture)
{
    if (picture->ret_step < 0) {
        slot->paused = picture->count > 0; /* nothing comes: what may come first is welcome */
        return;
    }
    const struct tl_allocation_step *step = &picture->steps[picture->ret_step];
    bool other = slot->target != step->layer;
    slot->target = step->layer;
    slot->temporal_target = step->temporal;
    if (slot->paused)
        resume(relay, now, slot);
    else if (other && (slot->target != slot->layer || slot->waiting_key))
        key_frame_ask(relay, now, slot->source, slot->target);
}

/* A change takes effect where a picture begins; upwards only where the sender says that a decoder
 * may (RFC 7741: the layer synchronization bit). */
static bool passes_temporal(struct slot *slot, const struct media *media)
{
    if (!media->has_vp8 || !media->vp8.has_temporal)
        return true;
    uint8_t own = media->vp8.temporal_layer;
    if (media->vp8.frame_start && media->vp8.picture_id != slot->picture) {
        slot->picture = media->vp8.picture_id;
        if (slot->temporal > slot->temporal_target)
            slot->temporal = slot->temporal_target;
        else if (own > slot->temporal && own <= slot->temporal_target && media->vp8.layer_sync)
            slot->temporal = own;
    }
    return own <= slot->temporal;
}

bool slot_shows(struct tl_relay *relay, struct slot *slot, const struct media *media)
{
    unsigned layer = (unsigned)(media->layer - slot->source->layers);
    if (slot->paused) {
        count(relay, TL_RELAY_NOT_CHOSEN);
        if (!slot->parameters->video) /* to the receiver it is a pause in the sound, no loss */
            tl_rewrite_skip(&slot->rewrite,
                            &(struct tl_rewrite_numbers){ .sequence = media->sequence });
        return false;
    }
    if (!slot->parameters->video)
        return true;
    bool moves = (slot->waiting_key || layer != slot->layer) && layer == slot->target;
    if (moves && media->has_vp8 && media->vp8.key_frame) {
        slot->waiting_key = false;
        slot->layer = (uint8_t)layer;
        slot->temporal = slot->temporal_target;
        tl_rewrite_switch(&slot->rewrite);
    } else if (slot->waiting_key || layer != slot->layer) {
        count(relay, slot->waiting_key && layer == slot->target ? TL_RELAY_DROP_WAITING_KEY
                                                                : TL_RELAY_NOT_CHOSEN);
        return false;
    }
    if (passes_temporal(slot, media))
        return true;
    count(relay, TL_RELAY_NOT_CHOSEN);
    tl_rewrite_skip(&slot->rewrite,
                    &(struct tl_rewrite_numbers){ .sequence = media->sequence,
                                                  .picture_id = media->vp8.picture_id });
    return false;
}

/* ---- sharing ---- */

/* Screens and instruments are looked at for their detail; then who speaks, then the larger. */
static uint32_t rank_of(const struct tl_relay *relay, const struct slot *slot)
{
    const struct source *source = slot->source;
    if (source->name != TL_SOURCE_CAMERA)
        return 0;
    if (relay->rooms[slot->owner->room].speaker == source->owner)
        return 1;
    if (slot->wish.hidden)
        return 3u + TL_RELAY_HEIGHT_LIMIT;
    return 2u + (slot->wish.height ? (uint32_t)TL_RELAY_HEIGHT_LIMIT - slot->wish.height : 0u);
}

static enum tl_video_choice judge(const struct tl_allocation_picture *pictures, size_t count)
{
    bool some = false, all = true, wanted = false;
    for (size_t i = 0; i < count; i++) {
        if (!pictures[i].count)
            continue;
        wanted = true;
        some |= pictures[i].ret_step >= 0;
        all &= pictures[i].ret_step >= (int)pictures[i].most;
    }
    return !wanted ? TL_VIDEO_UNWANTED
           : all   ? TL_VIDEO_ALL
           : some  ? TL_VIDEO_REDUCED
                   : TL_VIDEO_NONE;
}

static void share(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    struct tl_allocation_picture pictures[TL_ALLOCATION_PICTURES_LIMIT];
    struct slot *slots[TL_ALLOCATION_PICTURES_LIMIT];
    size_t found = 0;
    for (size_t i = 0; i < participant->parameters.receive_count; i++) {
        struct slot *slot = &participant->slots[i];
        if (!slot->source || !slot->parameters->video || slot->source->muted)
            continue;
        fill_picture(slot, now, rank_of(relay, slot), &pictures[found]);
        slots[found++] = slot;
    }
    uint32_t target = tl_bandwidth_is_known(&participant->bandwidth)
                          ? tl_bandwidth_target_kbps(&participant->bandwidth)
                          : TL_BANDWIDTH_MOST_KBPS;
    uint32_t wanted;
    uint32_t audio = voices_share(relay, now, participant, target, &wanted);
    (void)tl_allocate(pictures, found, target > audio ? target - audio : 0);
    for (size_t i = 0; i < found; i++)
        choose(relay, now, slots[i], &pictures[i]);
    participant->wanted_kbps = wanted + tl_allocation_wanted(pictures, found);
    participant->video = judge(pictures, found);
}

static void send_cluster(struct tl_relay *relay, tl_time_us now,
                         struct participant *participant)
{
    size_t due = tl_bandwidth_cluster_due(&participant->bandwidth, now), size;
    for (unsigned i = 0; i < CLUSTER_PACKETS_PER_TICK && due > 0; i++) {
        if (!probe_send(relay, now, participant, &participant->probe.replay, 0, &size))
            return;
        size += SEAL_OVERHEAD + UDP_OVERHEAD;
        due = due > size ? due - size : 0;
    }
}

void downlink_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    if (participant->probe.running) /* the equipment test fills the line by itself */
        return;
    if (now >= participant->allocate_at) {
        participant->allocate_at = now + ALLOCATE_US;
        tl_bandwidth_tick(&participant->bandwidth, now);
        share(relay, now, participant);
        if (participant->bandwidth.has_feedback)
            (void)tl_bandwidth_cluster_begin(&participant->bandwidth, now,
                                             participant->wanted_kbps);
    }
    send_cluster(relay, now, participant);
}
