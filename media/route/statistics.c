/* Once a second for each participant: what went up and down, and the incidents that belong in the
 * register of acts. */
#include "route/internal.h"

enum { LOSSY_SECONDS = 3, CLEAN_SECONDS = 3, LOSS_STALE_SECONDS = 6, LEAST_PACKETS = 10 };
static const double lossy = 0.10, clean = 0.05;

static void tell_incident(struct tl_relay *relay, struct participant *participant,
                          struct tl_incident incident)
{
    struct tl_relay_event event = { .kind = TL_RELAY_EVENT_INCIDENT,
                                    .participant = participant->parameters.id,
                                    .incident = incident };
    relay->config.output.event(relay->config.output.context, &event);
}

void incident_reconnection(struct tl_relay *relay, struct participant *participant,
                           tl_time_us lasted)
{
    tell_incident(relay, participant,
                  (struct tl_incident){ .kind = TL_INCIDENT_RECONNECTION,
                                        .started_ago = lasted,
                                        .measure = (double)lasted / TL_MILLISECOND_US });
}

void incident_gap(struct tl_relay *relay, struct participant *participant, bool video,
                  tl_time_us lasted)
{
    tell_incident(
        relay, participant,
        (struct tl_incident){ .kind = video ? TL_INCIDENT_FREEZE : TL_INCIDENT_AUDIO_GAP,
                              .started_ago = lasted,
                              .measure = (double)lasted / TL_MILLISECOND_US });
}

void incident_fallback(struct tl_relay *relay, struct participant *participant,
                       enum tl_rung rung, tl_time_us lasted, bool over)
{
    tell_incident(relay, participant,
                  (struct tl_incident){ .kind = TL_INCIDENT_FALLBACK,
                                        .rung = rung,
                                        .started_ago = lasted,
                                        .ended_ago = over ? 0 : -1 });
}

/* Told when it is over, with both ends: one incident is one row. */
void incident_interruption(struct tl_relay *relay, tl_time_us now,
                           struct participant *participant, bool over)
{
    if (!over) {
        participant->interrupted_at = participant->ice.heard;
        return;
    }
    if (!participant->interrupted_at)
        return;
    tl_time_us lasted = now - participant->interrupted_at;
    tell_incident(relay, participant,
                  (struct tl_incident){ .kind = TL_INCIDENT_INTERRUPTION,
                                        .started_ago = lasted,
                                        .measure = (double)lasted / TL_MILLISECOND_US });
    participant->interrupted_at = 0;
    participant->back_at = now;
}

static void end_loss(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    if (participant->lossy_since && participant->lossy_seconds >= LOSSY_SECONDS)
        tell_incident(relay, participant,
                      (struct tl_incident){ .kind = TL_INCIDENT_LOSS,
                                            .started_ago = now - participant->lossy_since,
                                            .measure = participant->lossy_worst * 100 });
    participant->lossy_since = 0;
    participant->lossy_seconds = participant->clean_seconds = 0;
    participant->lossy_worst = 0;
}

static void judge_loss(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                       double loss)
{
    if (loss >= lossy) {
        if (!participant->lossy_since)
            participant->lossy_since = now - TL_SECOND_US;
        participant->lossy_seconds++;
        participant->clean_seconds = 0;
        if (loss > participant->lossy_worst)
            participant->lossy_worst = loss;
    } else if (participant->lossy_since && loss <= clean) {
        if (++participant->clean_seconds >= CLEAN_SECONDS)
            end_loss(relay, now, participant);
    }
}

void incidents_end(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    incident_interruption(relay, now, participant, true);
    end_loss(relay, now, participant);
    fallback_end(relay, now, participant);
}

static uint32_t kbps(uint64_t bytes, tl_time_us over)
{
    return over > 0 ? (uint32_t)(bytes * 8 * 1000 / (uint64_t)over) : 0;
}

/* Loss of one layer since the last second. */
static void layer_second(struct layer *layer, uint32_t clock_rate, tl_time_us over,
                         struct tl_source_statistics *source, int64_t *ret_expected,
                         int64_t *ret_lost)
{
    uint32_t expected_now =
        layer->stats.started ? tl_receive_stats_highest(&layer->stats) - layer->stats.base + 1
                             : 0;
    int64_t expected = (int64_t)expected_now - layer->prior_expected;
    int64_t received = (int64_t)(layer->stats.received - layer->prior_received);
    if (layer->stats.received < layer->prior_received)
        expected = received = 0; /* the stream began again */
    layer->prior_expected = expected_now;
    layer->prior_received = layer->stats.received;
    *ret_expected = expected > 0 ? expected : 0;
    *ret_lost = expected - received;
    source->kbps = kbps(layer->second_bytes, over);
    source->frames = layer->second_frames;
    source->jitter_ms = tl_receive_stats_jitter_ms(&layer->stats, clock_rate);
    source->loss = expected > 0 && *ret_lost > 0 ? (double)*ret_lost / (double)expected : 0;
    layer->second_bytes = layer->second_packets = layer->second_frames = 0;
}

/* All layers of it: their sum, and the frames of the one with most. */
static bool source_second(struct source *source, tl_time_us over,
                          struct tl_source_statistics *ret_sum, int64_t *ret_expected,
                          int64_t *ret_lost)
{
    uint32_t rate = source->parameters->video ? VIDEO_RATE : AUDIO_RATE;
    struct tl_source_statistics sum = { 0 };
    bool any = false;
    *ret_expected = *ret_lost = 0;
    for (unsigned l = 0; l < LAYERS_LIMIT; l++) {
        struct layer *layer = &source->layers[l];
        struct tl_source_statistics one = { 0 };
        int64_t expected, lost;
        if (!layer->active)
            continue;
        layer_second(layer, rate, over, &one, &expected, &lost);
        any = true;
        sum.kbps += one.kbps;
        if (one.frames > sum.frames)
            sum.frames = one.frames;
        if (one.jitter_ms > sum.jitter_ms)
            sum.jitter_ms = one.jitter_ms;
        *ret_expected += expected;
        *ret_lost += lost;
    }
    if (*ret_expected > 0 && *ret_lost > 0)
        sum.loss = (double)*ret_lost / (double)*ret_expected;
    *ret_sum = sum;
    return any;
}

static void sources_second(struct participant *participant, tl_time_us now, tl_time_us over,
                           struct tl_participant_statistics *s)
{
    int64_t expected_all = 0;
    for (size_t i = 0; i < participant->parameters.send_count; i++) {
        struct source *source = &participant->sources[i];
        struct tl_source_statistics *one = &s->sources[s->source_count];
        int64_t expected, lost;
        if (!source_second(source, over, one, &expected, &lost))
            continue;
        s->source_count++;
        one->source = source->parameters->source;
        bool heard = source->has_level && now - source->loudness_at < TL_SECOND_US;
        one->level = heard ? (int)(127 - source->loudness) : -1;
        expected_all += expected;
        s->up_lost += lost;
        if (one->jitter_ms > s->up_jitter_ms && expected > 0)
            s->up_jitter_ms = one->jitter_ms;
    }
    if (expected_all > 0 && s->up_lost > 0)
        s->up_loss = (double)s->up_lost / (double)expected_all;
}

/* Receivers report at their own pace: a value stays good for some seconds. */
static void down_second(struct participant *participant, struct tl_participant_statistics *s)
{
    s->down_lost = participant->down_lost;
    if (participant->down_expected > 0) {
        double loss = (double)participant->down_lost / (double)participant->down_expected;
        participant->down_loss = loss < 0 ? 0 : loss > 1 ? 1 : loss;
        participant->down_loss_stale = 0;
    } else if (++participant->down_loss_stale > LOSS_STALE_SECONDS) {
        participant->down_loss = 0;
    }
    s->down_loss = participant->down_loss;
}

void statistics_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    if (now < participant->statistics_at)
        return;
    tl_time_us over = now - participant->statistics_at + TL_SECOND_US;
    participant->statistics_at = now + TL_SECOND_US;
    struct tl_participant_statistics s = {
        .rtt_ms = participant->rtt ? (int)(participant->rtt / TL_MILLISECOND_US) : -1,
        .up_kbps = kbps(participant->up_bytes, over),
        .up_packets = participant->up_packets,
        .down_kbps = kbps(participant->down_bytes, over),
        .down_packets = participant->down_packets,
        .nacked = participant->nacked,
        .retransmitted = participant->retransmitted,
        .estimate_kbps = tl_bandwidth_kbps(&participant->bandwidth),
        .queue_ms = tl_bandwidth_queue_ms(&participant->bandwidth),
        .video = participant->video,
    };
    sources_second(participant, now, over, &s);
    down_second(participant, &s);
    sound_repeat_judge(participant, now);
    participant->up_bytes = participant->up_packets = 0;
    participant->down_bytes = participant->down_packets = 0;
    participant->nacked = participant->retransmitted = 0;
    participant->down_lost = participant->down_expected = 0;
    if (!participant->srtp)
        return;
    if (s.up_packets + s.down_packets >= LEAST_PACKETS)
        judge_loss(relay, now, participant, s.up_loss > s.down_loss ? s.up_loss : s.down_loss);
    struct tl_relay_event event = { .kind = TL_RELAY_EVENT_STATISTICS,
                                    .participant = participant->parameters.id,
                                    .statistics = &s };
    relay->config.output.event(relay->config.output.context, &event);
}
