/* Coming, going, and being replaced. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/secret.h"
#include "route/internal.h"

static size_t id_home(const struct tl_relay *relay, const char *id)
{
    return tl_hash(&relay->tuples.key, tl_bytes(id, strlen(id))) % IDS_TABLE_SIZE;
}

/* Where the id stands, or the free place where it would go. */
static size_t id_seek(const struct tl_relay *relay, const char *id)
{
    size_t i = id_home(relay, id);
    while (relay->ids[i] &&
           strcmp(relay->participants[relay->ids[i] - 1]->parameters.id, id) != 0)
        i = (i + 1) % IDS_TABLE_SIZE;
    return i;
}

/* By moving back, as tuples_remove. */
static void id_forget(struct tl_relay *relay, const char *id)
{
    size_t hole = id_seek(relay, id);
    for (size_t i = (hole + 1) % IDS_TABLE_SIZE; relay->ids[i]; i = (i + 1) % IDS_TABLE_SIZE) {
        size_t wanted = id_home(relay, relay->participants[relay->ids[i] - 1]->parameters.id);
        if ((i + IDS_TABLE_SIZE - wanted) % IDS_TABLE_SIZE <
            (i + IDS_TABLE_SIZE - hole) % IDS_TABLE_SIZE)
            continue;
        relay->ids[hole] = relay->ids[i];
        hole = i;
    }
    relay->ids[hole] = 0;
}

struct participant *participant_by_id(const struct tl_relay *relay, const char *id)
{
    uint16_t place = relay->ids[id_seek(relay, id)];
    return place ? relay->participants[place - 1] : NULL;
}

void participant_event(struct tl_relay *relay, struct participant *participant,
                       enum tl_participant_state state, const char *reason)
{
    if (participant->state == state && state != TL_PARTICIPANT_CONNECTING)
        return;
    participant->state = state;
    struct tl_relay_event event = { .kind = TL_RELAY_EVENT_STATE,
                                    .participant = participant->parameters.id,
                                    .state = state,
                                    .reason = reason };
    relay->config.output.event(relay->config.output.context, &event);
}

void participant_drop_transport(struct tl_relay *relay, struct participant *participant)
{
    for (size_t i = 0; i < participant->ice.tuple_count; i++)
        tuples_remove(&relay->tuples, &participant->ice.tuples[i].address, participant->place);
    participant->ice.tuple_count = 0;
    participant->ice.has_destination = false;
    participant->dtls = tl_dtls_free(participant->dtls);
    participant->srtp = tl_srtp_free(participant->srtp);
    participant->reserved = tl_srtp_free(participant->reserved);
    participant->probe.running = false;
    pace_drop(relay, participant);
}

void participant_fail(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                      const char *reason)
{
    incidents_end(relay, now, participant);
    participant_drop_transport(relay, participant);
    participant->failed_at = now;
    participant_event(relay, participant, TL_PARTICIPANT_FAILED, reason);
}

static void leave_room(struct tl_relay *relay, struct participant *participant)
{
    struct room *room = &relay->rooms[participant->room];
    speaker_leave(relay, participant);
    struct participant **link = &room->first;
    while (*link != participant)
        link = &(*link)->next_in_room;
    *link = participant->next_in_room;
    room->members--;
}

/* Everything that hangs on the parameters: sources with their rings, subscriptions, slots. */
static void release_streams(struct tl_relay *relay, struct participant *participant)
{
    for (size_t i = 0; i < participant->parameters.send_count; i++) {
        struct source *source = &participant->sources[i];
        while (source->first_subscriber)
            slot_disconnect(relay, source->first_subscriber);
        for (size_t l = 0; l < LAYERS_LIMIT; l++) {
            source->layers[l].ring = tl_ring_free(source->layers[l].ring);
            free(source->layers[l].nack);
            source->layers[l].nack = NULL;
        }
    }
    for (size_t i = 0; i < participant->parameters.receive_count; i++)
        slot_disconnect(relay, &participant->slots[i]);
}

static void free_streams(struct participant *participant)
{
    for (size_t i = 0; i < participant->parameters.receive_count; i++)
        free(participant->slots[i].rewrite.runs);
    free(participant->sources);
    free(participant->slots);
}

void participant_remove(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                        const char *reason)
{
    incidents_end(relay, now, participant);
    if (participant->dtls && tl_dtls_state(participant->dtls) == TL_DTLS_CONNECTED) {
        tl_dtls_close(participant->dtls);
        transport_flush_dtls(relay, participant, now);
    }
    participant_drop_transport(relay, participant);
    participant_event(relay, participant, TL_PARTICIPANT_CLOSED, reason);
    release_streams(relay, participant);
    leave_room(relay, participant);
    wheel_remove(&relay->wheel, participant->place);
    id_forget(relay, participant->parameters.id);
    relay->participants[participant->place] = NULL;
    relay->participant_count--;
    free_streams(participant);
    free(participant);
}

static bool parameters_hold(const struct tl_participant_parameters *p)
{
    for (size_t i = 0; i < p->send_count && i < TL_RELAY_SENDS_LIMIT; i++)
        if (p->sends[i].rid_count > TL_RELAY_LAYERS_LIMIT ||
            (p->sends[i].rid_count && !p->sends[i].video))
            return false;
    if (p->send_count > TL_RELAY_SENDS_LIMIT || p->receive_count > TL_RELAY_RECEIVES_LIMIT)
        return false;
    for (size_t i = 0; i < p->send_count; i++)
        for (size_t j = 0; j < i; j++)
            if (p->sends[i].source == p->sends[j].source ||
                strcmp(p->sends[i].mid, p->sends[j].mid) == 0)
                return false;
    for (size_t i = 0; i < p->receive_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(p->receives[i].mid, p->receives[j].mid) == 0)
                return false;
    return true;
}

static bool join_room(struct tl_relay *relay, const char *id, unsigned *ret_room)
{
    struct room *unused = NULL;
    for (size_t i = 0; i < TL_COUNT_OF(relay->rooms); i++) {
        struct room *room = &relay->rooms[i];
        if (room->members && strcmp(room->id, id) == 0) {
            room->members++;
            *ret_room = (unsigned)i;
            return true;
        }
        if (!room->members && !unused)
            unused = room;
    }
    if (!unused)
        return false;
    *unused = (struct room){ .members = 1 };
    memcpy(unused->id, id, TL_RELAY_ID_SIZE);
    *ret_room = (unsigned)(unused - relay->rooms);
    return true;
}

/* Random, not zero, and unlike any other of this participant. */
static uint32_t new_ssrc(const struct participant *participant)
{
    for (;;) {
        uint32_t ssrc;
        tl_random_bytes(&ssrc, sizeof ssrc);
        bool taken = ssrc == 0 || ssrc == participant->rtcp_ssrc;
        for (size_t i = 0; i < participant->parameters.receive_count && !taken; i++)
            taken =
                participant->slots[i].ssrc == ssrc || participant->slots[i].rtx_ssrc == ssrc;
        for (size_t i = 0; i < participant->parameters.send_count && !taken; i++)
            for (size_t s = 0; s < participant->parameters.sends[i].ssrc_count; s++)
                taken |= participant->parameters.sends[i].ssrcs[s] == ssrc;
        if (!taken)
            return ssrc;
    }
}

static enum tl_error set_up_sources(struct participant *participant)
{
    struct tl_participant_parameters *p = &participant->parameters;
    participant->transport_cc_in = 0;
    for (size_t i = 0; i < p->send_count; i++) {
        struct source *source = &participant->sources[i];
        source->owner = participant;
        source->name = p->sends[i].source;
        source->parameters = &p->sends[i];
        if (p->sends[i].extensions.transport_cc)
            participant->transport_cc_in = p->sends[i].extensions.transport_cc;
        size_t layers = p->sends[i].rid_count ? p->sends[i].rid_count : 1;
        for (size_t l = 0; p->sends[i].video && l < layers; l++)
            if (!(source->layers[l].ring = tl_ring_new()) ||
                !(source->layers[l].nack = calloc(1, sizeof *source->layers[l].nack)))
                return TL_ERROR_MEMORY;
    }
    return TL_OK;
}

static void set_up_slots(struct participant *participant)
{
    struct tl_participant_parameters *p = &participant->parameters;
    participant->transport_cc_out = 0;
    for (size_t i = 0; i < p->receive_count; i++) {
        struct slot *slot = &participant->slots[i];
        slot->owner = participant;
        slot->parameters = &p->receives[i];
        slot->ssrc = new_ssrc(participant);
        slot->rtx_ssrc = p->receives[i].video && p->receives[i].types.rtx != TL_PAYLOAD_NONE
                             ? new_ssrc(participant)
                             : 0;
        uint32_t random[2];
        tl_random_bytes(random, sizeof random);
        tl_rewrite_init(&slot->rewrite, p->receives[i].video ? VIDEO_RATE : AUDIO_RATE,
                        (uint16_t)random[0], random[1]);
        slot->rtx_sequence = (uint16_t)(random[0] >> 16 & 0x7fff);
        if (p->receives[i].extensions.transport_cc)
            participant->transport_cc_out = p->receives[i].extensions.transport_cc;
    }
}

/* iippppRRRRRRRRRR: the relay's index, the place in its table, ten random characters. */
void participant_credentials(const struct tl_relay *relay,
                             const struct participant *participant,
                             char ret_ufrag[TL_ICE_LOCAL_UFRAG_SIZE],
                             char ret_password[TL_ICE_LOCAL_PASSWORD_SIZE])
{
    char random[TL_ID_SIZE];
    tl_random_id(random);
    struct tl_writer w = tl_writer(ret_ufrag, TL_ICE_LOCAL_UFRAG_SIZE);
    tl_write_format(&w, "%02x%04x%.10s", relay->config.index, participant->place, random);
    ret_ufrag[w.used] = 0;
    tl_random_id(ret_password);
}

static enum tl_error set_up_ice(struct tl_relay *relay, struct participant *participant,
                                tl_time_us now)
{
    char ufrag[TL_ICE_LOCAL_UFRAG_SIZE], password[TL_ICE_LOCAL_PASSWORD_SIZE];
    participant_credentials(relay, participant, ufrag, password);
    return tl_ice_init(&participant->ice, tl_text(ufrag), tl_text(password),
                       tl_text(participant->parameters.remote_ufrag), now);
}

/* Room for what these parameters ask for; of what was there before stays who was muted and who looks
 * at whom. */
static enum tl_error renew_streams(struct participant *participant,
                                   const struct tl_participant_parameters *parameters)
{
    const struct tl_participant_parameters *old = &participant->parameters;
    /* and one more, for calloc may say of none that there is no memory */
    struct source *sources = calloc(parameters->send_count + 1, sizeof *sources);
    struct slot *slots = calloc(parameters->receive_count + 1, sizeof *slots);
    if (!sources || !slots) {
        free(sources);
        free(slots);
        return TL_ERROR_MEMORY;
    }
    for (size_t i = 0; i < parameters->send_count; i++)
        for (size_t j = 0; j < old->send_count; j++)
            if (parameters->sends[i].source == old->sends[j].source)
                sources[i].muted = participant->sources[j].muted;
    for (size_t i = 0; i < parameters->receive_count; i++)
        for (size_t j = 0; j < old->receive_count; j++)
            if (strcmp(participant->slots[j].wish.mid, parameters->receives[i].mid) == 0)
                slots[i].wish = participant->slots[j].wish;
    free_streams(participant);
    participant->sources = sources;
    participant->slots = slots;
    participant->parameters = *parameters;
    return TL_OK;
}

/* The old transport goes, the seat stays: who looks at whom is kept by mid and source. */
static void empty_for_reopening(struct tl_relay *relay, tl_time_us now,
                                struct participant *participant)
{
    incidents_end(relay, now, participant);
    release_streams(relay, participant);
    participant_drop_transport(relay, participant);
}

static enum tl_error fill(struct tl_relay *relay, tl_time_us now,
                          struct participant *participant,
                          const struct tl_participant_parameters *parameters)
{
    enum tl_error error = renew_streams(participant, parameters);
    if (error)
        return error;
    participant->opened = now;
    participant->stream_count = 0;
    participant->rtt = 0;
    participant->checked_at = participant->greeted_at = 0;
    participant->settle_at = participant->farewell_at = 0;
    participant->has_clock_offset = false;
    participant->dtls_tick_at = INT64_MAX;
    participant->retransmit_tokens = RETRANSMIT_RATE;
    participant->retransmit_at = now;
    participant->interrupted_at = participant->lossy_since = participant->back_at = 0;
    participant->fallback = 0;
    participant->fallback_told = false;
    participant->lossy_seconds = participant->clean_seconds = 0;
    participant->last_media_ssrc = 0;
    participant->copy_until = 0;
    participant->probe = (struct probe){ .running = false };
    participant->reference.known = false;
    participant->allocate_at = now;
    participant->wanted_kbps = 0;
    participant->video = TL_VIDEO_UNWANTED;
    participant->repeat_until = 0;
    participant->pace.ready_at = now;
    tl_bandwidth_init(&participant->bandwidth, now);
    /* the per-second work of many participants is spread over the second */
    participant->feedback_at = now;
    participant->reports_at = now + (participant->place % 50) * TICK_US;
    participant->statistics_at = now + TL_SECOND_US;
    tl_arrivals_init(&participant->arrivals);
    memset(participant->sent, 0, sizeof participant->sent);
    participant->rtcp_ssrc = 0;
    participant->rtcp_ssrc = new_ssrc(participant);
    set_up_slots(participant);
    error = set_up_sources(participant);
    if (!error)
        error = set_up_ice(relay, participant, now);
    if (!error) /* before the handshake: it stays when that is given back */
        error = tl_srtp_reserve(relay->config.libsrtp, 2 * parameters->receive_count + 1,
                                &participant->reserved);
    if (!error)
        error = tl_dtls_new(relay->config.identity, TL_DTLS_SERVER, parameters->fingerprint,
                            &participant->dtls);
    return error;
}

static enum tl_error add(struct tl_relay *relay, const struct tl_participant_parameters *p,
                         struct participant **ret_participant)
{
    if (relay->participant_count == relay->config.participants_limit)
        return TL_ERROR_LIMIT;
    struct participant *participant = calloc(1, sizeof *participant);
    if (!participant)
        return TL_ERROR_MEMORY;
    if (!join_room(relay, p->room, &participant->room)) {
        free(participant);
        return TL_ERROR_LIMIT;
    }
    while (relay->participants[participant->place])
        participant->place++;
    memcpy(participant->parameters.id, p->id, sizeof p->id);
    relay->ids[id_seek(relay, p->id)] = (uint16_t)(participant->place + 1);
    relay->participants[participant->place] = participant;
    participant->next_in_room = relay->rooms[participant->room].first;
    relay->rooms[participant->room].first = participant;
    relay->participant_count++;
    *ret_participant = participant;
    return TL_OK;
}

void participant_answer(const struct participant *participant,
                        struct tl_participant_answer *ret_answer)
{
    struct tl_participant_answer answer = { 0 };
    memcpy(answer.ufrag, participant->ice.local.ufrag, sizeof answer.ufrag);
    memcpy(answer.password, participant->ice.local.password, sizeof answer.password);
    for (size_t i = 0; i < participant->parameters.receive_count; i++) {
        answer.receives[i].ssrc = participant->slots[i].ssrc;
        answer.receives[i].rtx_ssrc = participant->slots[i].rtx_ssrc;
    }
    *ret_answer = answer;
}

enum tl_error tl_relay_open(struct tl_relay *relay, tl_time_us now,
                            const struct tl_participant_parameters *parameters,
                            struct tl_participant_answer *ret_answer)
{
    if (!parameters_hold(parameters))
        return TL_ERROR_RANGE;
    struct participant *participant = participant_by_id(relay, parameters->id);
    if (participant && strcmp(participant->parameters.room, parameters->room) != 0)
        return TL_ERROR_RANGE;
    if (relay->draining && !participant)
        return TL_ERROR_STATE;
    enum tl_error error = TL_OK;
    if (participant)
        empty_for_reopening(relay, now, participant);
    else
        error = add(relay, parameters, &participant);
    if (error)
        return error;
    error = fill(relay, now, participant, parameters);
    if (error) {
        participant_remove(relay, now, participant, "memory");
        return error;
    }
    slots_find_source(relay, now, participant);
    for (size_t i = 0; i < parameters->receive_count; i++)
        slot_connect(relay, now, &participant->slots[i]);
    participant_answer(participant, ret_answer);
    participant->busy_until = now;
    wheel_put(&relay->wheel, now, participant->place, now);
    participant_event(relay, participant, TL_PARTICIPANT_CONNECTING, NULL);
    return TL_OK;
}

enum tl_error tl_relay_close(struct tl_relay *relay, tl_time_us now, const char *id)
{
    struct participant *participant = participant_by_id(relay, id);
    if (!participant)
        return TL_ERROR_MISSING;
    participant_remove(relay, now, participant, NULL);
    return TL_OK;
}
