/* PROBE_DOWN: bursts at growing rates on an RTX stream, which a receiver acknowledges by
 * transport-wide feedback and otherwise ignores. Recent packets are sent again where there are
 * any; padding-only packets (at most 255 bytes each) where there are none. */
#include "route/internal.h"

enum {
    SETTLE_US = 700 * TL_MILLISECOND_US, /* for the last feedback to come back */
    PACKETS_PER_TICK = 64
};

static struct slot *probe_slot(struct participant *participant)
{
    struct slot *idle = NULL;
    for (size_t i = 0; i < participant->parameters.receive_count; i++) {
        struct slot *slot = &participant->slots[i];
        if (!slot->rtx_ssrc || !slot->parameters->extensions.transport_cc)
            continue;
        if (slot->source && slot->rewrite.started && !slot->rewrite.switching)
            return slot;
        if (!idle)
            idle = slot;
    }
    return idle;
}

enum tl_error tl_relay_probe(struct tl_relay *relay, tl_time_us now, const char *id,
                             const struct tl_probe_step *steps, size_t count_)
{
    struct participant *participant = participant_by_id(relay, id);
    if (!participant)
        return TL_ERROR_MISSING;
    uint64_t total_ms = 0;
    for (size_t i = 0; i < count_ && i < TL_RELAY_PROBE_STEPS_LIMIT; i++) {
        if (steps[i].kbps == 0 || steps[i].kbps > TL_RELAY_PROBE_KBPS_LIMIT || steps[i].ms == 0)
            return TL_ERROR_RANGE;
        total_ms += steps[i].ms;
    }
    if (count_ == 0 || count_ > TL_RELAY_PROBE_STEPS_LIMIT ||
        total_ms > TL_RELAY_PROBE_MS_LIMIT)
        return TL_ERROR_RANGE;
    if (!participant->srtp || participant->probe.running || !probe_slot(participant))
        return TL_ERROR_STATE;
    participant->probe =
        (struct probe){ .running = true, .count = count_, .step_started = now };
    memcpy(participant->probe.steps, steps, count_ * sizeof steps[0]);
    wheel_hasten(&relay->wheel, now, participant->place, now);
    return TL_OK;
}

static bool replayable(uint16_t *replay, const struct slot *slot, tl_time_us now,
                       struct tl_ring_packet *ret_packet)
{
    enum { BACK = 64 };
    if (!slot->source || slot->rewrite.switching || slot->waiting_key || slot->paused ||
        slot->source->muted)
        return false;
    const struct tl_ring *ring = slot_layer(slot)->ring;
    for (unsigned i = 0; i < BACK; i++) {
        uint16_t sequence = (uint16_t)(slot->rewrite.newest_in - (*replay)++ % BACK);
        if (tl_ring_find(ring, now, sequence, ret_packet) && ret_packet->size > 300 &&
            !tl_sequence_newer(slot->rewrite.first_in, sequence))
            return true;
    }
    return false;
}

bool probe_send(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                uint16_t *replay, uint8_t step, size_t *ret_size)
{
    struct slot *slot = probe_slot(participant);
    if (!slot)
        return false;
    struct tl_ring_packet packet;
    if (replayable(replay, slot, now, &packet) &&
        forward_again(relay, now, slot, &packet, step, ret_size))
        return true;
    return forward_padding(relay, now, slot, 255, step, ret_size);
}

static void send_burst(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    struct probe *probe = &participant->probe;
    const struct tl_probe_step *step = &probe->steps[probe->step];
    int64_t due = (now - probe->step_started) * step->kbps / 8000; /* bytes by now */
    for (unsigned i = 0; i < PACKETS_PER_TICK && probe->step_budget_bytes < due; i++) {
        size_t size;
        if (!probe_send(relay, now, participant, &probe->replay, (uint8_t)(probe->step + 1),
                        &size))
            return;
        probe->step_budget_bytes += (int64_t)size;
        if (!probe->measures[probe->step].sent++)
            probe->measures[probe->step].first_sent = now;
        probe->measures[probe->step].last_sent = now;
        probe->measures[probe->step].sent_bytes += size;
    }
}

void probe_feedback(struct participant *participant, tl_time_us now, const struct sent *sent,
                    bool received, int64_t arrival_us)
{
    struct probe *probe = &participant->probe;
    size_t step = sent->step - 1u;
    if (!probe->running || step >= probe->count || !received)
        return;
    if (!probe->measures[step].received++) {
        probe->measures[step].first_arrival = arrival_us;
        probe->measures[step].first_arrival_sent = sent_at(sent, now);
    }
    probe->measures[step].received_bytes += sent->size;
    if (arrival_us >= probe->measures[step].last_arrival) {
        probe->measures[step].last_arrival = arrival_us;
        probe->measures[step].last_arrival_sent = sent_at(sent, now);
    }
}

static void finish(struct tl_relay *relay, struct participant *participant)
{
    struct probe *probe = &participant->probe;
    struct tl_probe_measure measures[TL_RELAY_PROBE_STEPS_LIMIT] = { 0 };
    for (size_t i = 0; i < probe->count; i++) {
        struct tl_probe_measure *m = &measures[i];
        tl_time_us sending = (tl_time_us)probe->steps[i].ms * TL_MILLISECOND_US;
        int64_t growth = 0;
        if (probe->measures[i].received)
            growth =
                (probe->measures[i].last_arrival - probe->measures[i].first_arrival) -
                (probe->measures[i].last_arrival_sent - probe->measures[i].first_arrival_sent);
        if (growth < 0)
            growth = 0;
        m->kbps = (uint32_t)(probe->measures[i].sent_bytes * 8000 / (uint64_t)sending);
        /* what queues on the way arrives over a longer time than it was sent in */
        m->received_kbps =
            (uint32_t)(probe->measures[i].received_bytes * 8000 / (uint64_t)(sending + growth));
        if (probe->measures[i].sent)
            m->loss = 1.0 - (double)probe->measures[i].received / probe->measures[i].sent;
        m->delay_ms = (double)growth / TL_MILLISECOND_US;
    }
    probe->running = false;
    struct tl_relay_event event = { .kind = TL_RELAY_EVENT_PROBE,
                                    .participant = participant->parameters.id,
                                    .probe = measures,
                                    .probe_count = probe->count };
    relay->config.output.event(relay->config.output.context, &event);
}

void probe_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    struct probe *probe = &participant->probe;
    if (!probe->running)
        return;
    if (probe->step == probe->count) {
        if (now - probe->finished >= SETTLE_US)
            finish(relay, participant);
        return;
    }
    send_burst(relay, now, participant);
    tl_time_us lasts = (tl_time_us)probe->steps[probe->step].ms * TL_MILLISECOND_US;
    if (now - probe->step_started >= lasts) {
        probe->step++;
        probe->step_started = now;
        probe->step_budget_bytes = 0;
        probe->finished = now;
    }
}
