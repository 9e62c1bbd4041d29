/* Datagrams of one participant's transport: in through ICE, DTLS and SRTP; out to where ICE
 * points. */
#include "base/memory.h"
#include "base/secret.h"
#include "route/internal.h"

enum {
    REFUSALS_PER_S = 100,
    DTLS_KEPT_US = 5 * TL_SECOND_US, /* from the first packet under its keys */
    FAREWELL_US = 3 * TL_SECOND_US /* nothing heard for so long after an alert: it was meant */
};

void transport_send_as(struct tl_relay *relay, struct participant *participant, size_t size,
                       enum tl_traffic traffic)
{
    const struct tl_relay_output *output = &relay->config.output;
    if (traffic != TL_TRAFFIC_CONTROL && output->send_media)
        output->send_media(output->context, &participant->ice.destination, size, traffic);
    else
        output->send(output->context, &participant->ice.destination, size);
    relay->counters[TL_RELAY_PACKETS_SENT]++;
    relay->counters[TL_RELAY_BYTES_SENT] += size;
    participant->down_packets++;
    participant->down_bytes += (uint32_t)size;
}

void transport_send(struct tl_relay *relay, struct participant *participant, size_t size)
{
    transport_send_as(relay, participant, size, TL_TRAFFIC_CONTROL);
}

static uint8_t *begin(struct tl_relay *relay)
{
    uint8_t *buffer = relay->config.output.begin(relay->config.output.context);
    if (!buffer)
        count(relay, TL_RELAY_DROP_ROOM);
    return buffer;
}

void transport_heard(struct participant *participant, tl_time_us now)
{
    tl_ice_hear(&participant->ice, now);
    if (!participant->settle_at) /* it has our last flight, or it would send no media */
        participant->settle_at = now + DTLS_KEPT_US;
}

void transport_flush_dtls(struct tl_relay *relay, struct participant *participant,
                          tl_time_us now)
{
    struct tl_bytes datagram;
    while (tl_dtls_next_output(participant->dtls, &datagram)) {
        uint8_t *buffer = participant->ice.has_destination ? begin(relay) : NULL;
        if (!buffer || datagram.size > TL_RELAY_PACKET_ROOM)
            continue;
        memcpy(buffer, datagram.data, datagram.size);
        transport_send(relay, participant, datagram.size);
    }
    tl_time_us timeout = tl_dtls_timeout(participant->dtls);
    participant->dtls_tick_at = timeout < 0 ? INT64_MAX : now + timeout;
}

void transport_send_rtcp(struct tl_relay *relay, struct participant *participant,
                         struct tl_bytes compound)
{
    if (!participant->srtp || !participant->ice.has_destination || compound.size == 0)
        return;
    uint8_t *buffer = begin(relay);
    if (!buffer)
        return;
    size_t size = compound.size;
    memcpy(buffer, compound.data, size);
    if (tl_srtp_seal_rtcp(participant->srtp, buffer, TL_RELAY_PACKET_ROOM, &size))
        count(relay, TL_RELAY_DROP_SEAL);
    else
        transport_send(relay, participant, size);
}

uint16_t transport_note_sent(struct participant *participant, tl_time_us now, size_t size,
                             uint8_t step)
{
    uint16_t sequence = participant->transport_sequence++;
    participant->sent[sequence % SENT_LIMIT] = (struct sent){
        .at = (uint32_t)now,
        .size = (uint16_t)size,
        .step = step & 15u,
        .cluster = tl_bandwidth_sent(&participant->bandwidth, now,
                                     (uint16_t)(size + SEAL_OVERHEAD + UDP_OVERHEAD)),
    };
    return sequence;
}

void transport_note_behind(struct participant *participant, uint16_t number, size_t size)
{
    uint16_t weight = (uint16_t)(size + UDP_OVERHEAD);
    participant->sent[number % SENT_LIMIT].size += weight;
    tl_bandwidth_sent_behind(&participant->bandwidth, weight);
}

/* ---- in ---- */

static void send_reply(struct tl_relay *relay, const struct tl_address *to,
                       const struct tl_ice_result *result)
{
    uint8_t *buffer = result->reply_size ? begin(relay) : NULL;
    if (!buffer)
        return;
    memcpy(buffer, result->reply, result->reply_size);
    relay->config.output.send(relay->config.output.context, to, result->reply_size);
    relay->counters[TL_RELAY_PACKETS_SENT]++;
    relay->counters[TL_RELAY_BYTES_SENT] += result->reply_size;
}

/* Whom a username names: the place stands in the ufrag, and the whole ufrag must match. */
static struct participant *participant_of(const struct tl_relay *relay, struct tl_text username)
{
    struct tl_text rest = username, ufrag;
    if (!username.data || !tl_text_split(&rest, ':', &ufrag) || ufrag.size < 6)
        return NULL;
    uint8_t place[2];
    if (tl_hex_read((struct tl_text){ ufrag.data + 2, 4 }, place, sizeof place))
        return NULL;
    size_t index = (size_t)place[0] << 8 | place[1];
    struct participant *participant =
        index < TL_RELAY_PARTICIPANTS_LIMIT ? relay->participants[index] : NULL;
    return participant && tl_ice_owns(&participant->ice, ufrag) ? participant : NULL;
}

/* Refusals go to addresses nobody has vouched for: few, so that we are no amplifier. */
static bool may_refuse(struct tl_relay *relay, tl_time_us now)
{
    relay->refusal_tokens += (double)(now - relay->refusal_at) * REFUSALS_PER_S / TL_SECOND_US;
    relay->refusal_at = now;
    if (relay->refusal_tokens > REFUSALS_PER_S)
        relay->refusal_tokens = REFUSALS_PER_S;
    if (relay->refusal_tokens < 1)
        return false;
    relay->refusal_tokens -= 1;
    return true;
}

static void refuse(struct tl_relay *relay, tl_time_us now, const struct tl_address *from,
                   struct tl_ice_result *result)
{
    count(relay, TL_RELAY_DROP_STUN_AUTH);
    if (result->reply_size == 0)
        return;
    if (may_refuse(relay, now))
        send_reply(relay, from, result);
    else
        count(relay, TL_RELAY_DROP_STUN_RATE);
}

static void came_back(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    if (participant->state != TL_PARTICIPANT_RECONNECTING)
        return;
    incident_interruption(relay, now, participant, true);
    participant_event(relay, participant, TL_PARTICIPANT_CONNECTED, NULL);
    key_frames_ask(relay, now, participant);
}

static void receive_stun(struct tl_relay *relay, tl_time_us now, const struct tl_address *from,
                         struct tl_bytes datagram)
{
    struct tl_stun_message message;
    struct tl_ice_result result;
    if (tl_stun_read(datagram, &message)) {
        count(relay, TL_RELAY_DROP_STUN_FORMAT);
        return;
    }
    struct participant *participant = participant_of(relay, message.username);
    if (!participant || !participant->dtls) {
        tl_ice_refuse(&message, &result);
        refuse(relay, now, from, &result);
        return;
    }
    if (!ingress_has(relay, now, participant, INGRESS_STUN, 1))
        return;
    tl_ice_input(&participant->ice, now, from, datagram, &message, &result);
    if (!result.authenticated) {
        refuse(relay, now, from, &result);
        return;
    }
    ingress_take(participant, INGRESS_STUN, 1);
    if (result.removed)
        tuples_remove(&relay->tuples, &result.removed_address, participant->place);
    if (!result.error_code) {
        unsigned place;
        /* an address stays with who validated it first, for as long as that holds */
        bool taken = tuples_find(&relay->tuples, from, &place) && place != participant->place &&
                     tl_ice_is_validated(&relay->participants[place]->ice, from, now);
        if (!taken)
            tuples_put(&relay->tuples, from, participant->place);
    }
    if (!participant->checked_at && !result.error_code)
        participant->checked_at = now;
    send_reply(relay, from, &result);
    if (result.restarted)
        restart_done(relay, now, participant);
    came_back(relay, now, participant);
    /* a flight that was ready before there was an address to send it to */
    if (result.moved)
        transport_flush_dtls(relay, participant, now);
}

static void start_srtp(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    struct tl_srtp_keys keys = { .profile = TL_SRTP_NONE };
    enum tl_error error = tl_dtls_keys(participant->dtls, &keys);
    keys.library = relay->config.libsrtp;
    if (!error)
        error = tl_srtp_start(participant->reserved, &keys);
    count(relay, TL_RELAY_DTLS_HANDSHAKES);
    tl_secret_wipe(&keys, sizeof keys);
    if (!error) {
        participant->srtp = TL_TAKE(participant->reserved);
        error = tl_srtp_add_sender(participant->srtp, participant->rtcp_ssrc);
    }
    for (size_t i = 0; i < participant->parameters.receive_count && !error; i++) {
        error = tl_srtp_add_sender(participant->srtp, participant->slots[i].ssrc);
        if (!error && participant->slots[i].rtx_ssrc)
            error = tl_srtp_add_sender(participant->srtp, participant->slots[i].rtx_ssrc);
    }
    if (error) {
        participant_fail(relay, now, participant, "srtp");
        return;
    }
    participant_event(relay, participant, TL_PARTICIPANT_CONNECTED, NULL);
    key_frames_begin(relay, now, participant);
}

static void after_dtls(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    transport_flush_dtls(relay, participant, now);
    switch (tl_dtls_state(participant->dtls)) {
    case TL_DTLS_HANDSHAKING: break;
    case TL_DTLS_CONNECTED:
        if (!participant->srtp)
            start_srtp(relay, now, participant);
        break;
    case TL_DTLS_FAILED: {
        const char *reason = tl_dtls_reason(participant->dtls);
        bool fingerprint = reason && strcmp(reason, "fingerprint") == 0;
        participant_fail(relay, now, participant, fingerprint ? "fingerprint" : "dtls");
        break;
    }
    case TL_DTLS_CLOSED: participant_fail(relay, now, participant, "closed"); break;
    }
}

/* A settled association reads no alert, and anybody may write one. But who lives goes on sending, and
 * who closed falls silent: the alert is believed when nothing that is authenticated follows it. */
static void note_farewell(struct participant *participant, tl_time_us now,
                          struct tl_bytes datagram)
{
    enum { ALERT = 21, HEADER = 13 };
    if (participant->settle_at == INT64_MAX && datagram.size > HEADER &&
        datagram.data[0] == ALERT && !participant->farewell_at)
        participant->farewell_at = now;
}

static bool has_closed(struct participant *participant, tl_time_us now)
{
    enum { ON_THEIR_WAY_US = 200 * TL_MILLISECOND_US }; /* packets that were sent before it */
    if (!participant->farewell_at)
        return false;
    if (participant->ice.heard > participant->farewell_at + ON_THEIR_WAY_US)
        participant->farewell_at = 0;
    return participant->farewell_at && now - participant->farewell_at >= FAREWELL_US;
}

bool tl_relay_knows(const struct tl_relay *relay, tl_time_us now,
                    const struct tl_address *address)
{
    unsigned place;
    if (!tuples_find(&relay->tuples, address, &place))
        return false;
    const struct participant *participant = relay->participants[place];
    return participant && tl_ice_is_validated(&participant->ice, address, now);
}

void tl_relay_input(struct tl_relay *relay, tl_time_us now, const struct tl_address *from,
                    uint8_t *data, size_t size)
{
    struct tl_bytes datagram = tl_bytes(data, size);
    relay->now = now;
    relay->counters[TL_RELAY_PACKETS_RECEIVED]++;
    relay->counters[TL_RELAY_BYTES_RECEIVED] += size;
    enum tl_packet_kind kind = tl_packet_classify(datagram);
    if (kind == TL_PACKET_STUN) {
        receive_stun(relay, now, from, datagram);
        return;
    }
    if (kind == TL_PACKET_UNKNOWN) {
        count(relay, TL_RELAY_DROP_UNKNOWN);
        return;
    }
    /* nobody's path carries it in one piece, and we could not pass it on */
    if (size > TL_RELAY_PACKET_ROOM) {
        count(relay, TL_RELAY_DROP_TOO_LARGE);
        return;
    }
    /* nothing but STUN is looked at from an address ICE has not validated */
    unsigned place;
    struct participant *participant = NULL;
    if (tuples_find(&relay->tuples, from, &place))
        participant = relay->participants[place];
    if (!participant || !participant->dtls ||
        !tl_ice_is_validated(&participant->ice, from, now)) {
        count(relay, TL_RELAY_DROP_ADDRESS);
        return;
    }
    if (!ingress_media(relay, now, participant, kind == TL_PACKET_RTCP, size))
        return;
    if (kind == TL_PACKET_DTLS) {
        if (!participant->greeted_at) {
            participant->greeted_at = now;
            participant_busy(relay, now, participant);
        }
        tl_dtls_input(participant->dtls, datagram);
        note_farewell(participant, now, datagram);
        after_dtls(relay, now, participant);
        return;
    }
    if (!participant->srtp) {
        count(relay, TL_RELAY_DROP_NO_KEYS);
        return;
    }
    participant->up_bytes += (uint32_t)size;
    participant->up_packets++;
    participant_busy(relay, now, participant);
    if (kind == TL_PACKET_RTP)
        receive_rtp(relay, now, participant, data, size);
    else
        receive_rtcp(relay, now, participant, data, size);
    came_back(relay, now, participant);
}

/* ---- time ---- */

static void dtls_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    if (participant->settle_at && now >= participant->settle_at) {
        participant->settle_at = INT64_MAX;
        if (participant->dtls) {
            tl_dtls_settle(participant->dtls);
            count(relay, TL_RELAY_DTLS_SETTLED);
        }
    }
    if (now < participant->dtls_tick_at)
        return;
    tl_dtls_tick(participant->dtls);
    after_dtls(relay, now, participant);
}

static void participant_tick(struct tl_relay *relay, tl_time_us now,
                             struct participant *participant)
{
    enum { FAILED_KEPT_US = 120 * TL_SECOND_US };
    if (participant->state == TL_PARTICIPANT_FAILED) {
        if (now - participant->failed_at > FAILED_KEPT_US)
            participant_remove(relay, now, participant, "timeout");
        return;
    }
    dtls_tick(relay, now, participant);
    if (!participant->dtls)
        return;
    if (has_closed(participant, now)) {
        participant_fail(relay, now, participant, "closed");
        return;
    }
    path_follow(relay, now, participant);
    bool never = !participant->srtp && now - participant->opened >= TL_ICE_CONSENT_US;
    switch (tl_ice_state(&participant->ice, now)) {
    case TL_ICE_WAITING:
    case TL_ICE_CONNECTED: break;
    case TL_ICE_RECONNECTING:
        if (participant->state == TL_PARTICIPANT_CONNECTED) {
            incident_interruption(relay, now, participant, false);
            participant_event(relay, participant, TL_PARTICIPANT_RECONNECTING, NULL);
        }
        break;
    case TL_ICE_FAILED:
        participant_fail(relay, now, participant,
                         participant->ice.has_destination ? "consent" : "timeout");
        return;
    }
    if (never) {
        participant_fail(relay, now, participant, "timeout");
        return;
    }
    statistics_tick(relay, now, participant);
    if (!participant->srtp) {
        if (participant->greeted_at)
            key_frames_foresee(relay, now, participant);
        return;
    }
    fallback_tick(relay, now, participant);
    key_frame_tick(relay, now, participant);
    reports_tick(relay, now, participant);
    probe_tick(relay, now, participant);
    downlink_tick(relay, now, participant);
    pace_tick(relay, now, participant);
}

/* In steps of a tick, so that all who are due then are served by one waking. */
static tl_time_us due_after(const struct participant *participant, tl_time_us now)
{
    if (participant->probe.running || participant->bandwidth.cluster.running ||
        participant->pace.count)
        return now + PROBE_TICK_US;
    tl_time_us due = participant->busy_until > now ? now + TICK_US : now + IDLE_TICK_US;
    if (participant->dtls && participant->dtls_tick_at < due)
        due = participant->dtls_tick_at;
    return due / TICK_US * TICK_US;
}

void tl_relay_tick(struct tl_relay *relay, tl_time_us now)
{
    unsigned place;
    while (wheel_take(&relay->wheel, now, &place)) {
        struct participant *participant = relay->participants[place];
        relay->now = now;
        speaker_tick(relay, now, &relay->rooms[participant->room]);
        participant_tick(relay, now, participant);
        if (relay->participants[place] == participant) /* or it was given up */
            wheel_put(&relay->wheel, now, place, due_after(participant, now));
    }
}

tl_time_us tl_relay_next_deadline(const struct tl_relay *relay, tl_time_us now)
{
    (void)now;
    return wheel_next(&relay->wheel);
}
