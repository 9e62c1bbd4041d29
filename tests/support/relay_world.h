/* A relay core in a simulated network: time is a number, datagrams are function calls, peers are
 * real ICE, DTLS and SRTP from the library's client side. For unit tests and fuzzing. */
#ifndef TL_RELAY_WORLD_H
#define TL_RELAY_WORLD_H

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "media/relay.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/srtp.h"

#ifndef WORLD_PACKETS
#define WORLD_PACKETS 4096 /* a peer keeps; fuzzing needs few */
#endif

/* Around what the relay itself does, for who measures it. */
#ifndef WORLD_RELAY_BEGINS
#define WORLD_RELAY_BEGINS() ((void)0)
#define WORLD_RELAY_ENDS()   ((void)0)
#endif

/* What leaves the relay, as it leaves. */
#ifndef WORLD_SENT
#define WORLD_SENT(world, to, size) ((void)0)
#endif

enum {
    WORLD_PEERS = 10,
    WORLD_QUEUE = 512,
    PT_OPUS = 111,
    PT_RED = 63,
    PT_VP8 = 96,
    PT_RTX = 97,
    EXT_MID = 4,
    EXT_LEVEL = 1,
    EXT_CC = 3,
    EXT_AST = 2,
    SSRC_AUDIO = 1000,
    SSRC_VIDEO = 2000,
    SSRC_RTX = 2001
};

struct world_packet { /* RTP a peer got, opened */
    struct tl_rtp_packet header;
    uint8_t bytes[1600];
    size_t size;
};

struct world_peer {
    bool used, connected, deaf; /* deaf: what is sent to it is lost */
    struct tl_participant_parameters parameters;
    struct tl_participant_answer answer;
    struct tl_address address;
    struct tl_dtls_identity *identity;
    struct tl_dtls *dtls;
    struct tl_srtp *srtp;
    struct world_packet *got; /* WORLD_PACKETS of them, newest overwrite */
    size_t got_count;
    size_t repeated, repeated_bytes; /* datagrams that came once more, sealed */
    unsigned pli, nack_sequences, transport_feedback, sender_reports, receiver_reports,
        stun_errors;
    unsigned last_stun_error;
    uint16_t audio_sequence, video_sequence, rtx_sequence, transport_sequence, picture;
    struct tl_rtcp_sender_info last_sender_info;
    uint32_t last_sender_ssrc;
};

struct world {
    tl_time_us now;
    struct tl_dtls_identity *identity;
    struct tl_relay *relay;
    struct world_peer peers[WORLD_PEERS];
    uint8_t begun[TL_RELAY_PACKET_ROOM];
    struct {
        struct tl_address to;
        size_t size;
        uint8_t data[TL_RELAY_PACKET_ROOM];
    } queue[WORLD_QUEUE];
    size_t queued;
    bool full; /* begin() gives nothing */
    enum tl_participant_state states[WORLD_PEERS];
    const char *reasons[WORLD_PEERS];
    unsigned incidents[TL_INCIDENT_KIND_COUNT], statistics, speakers, copies;
    struct tl_incident last_incident;
    struct tl_participant_statistics last_statistics[WORLD_PEERS];
    char speaker[TL_RELAY_ID_SIZE];
    struct tl_probe_measure probe[TL_RELAY_PROBE_STEPS_LIMIT];
    size_t probe_count;
    uint8_t last_copy[2000];
    size_t last_copy_size;
};

static inline uint8_t *world_begin(void *context)
{
    struct world *world = context;
    return world->full ? NULL : world->begun;
}

static inline void world_send(void *context, const struct tl_address *to, size_t size)
{
    struct world *world = context;
    assert(size <= sizeof world->begun);
    WORLD_SENT(world, to, size);
    if (world->queued == WORLD_QUEUE)
        return; /* lost */
    world->queue[world->queued].to = *to;
    world->queue[world->queued].size = size;
    memcpy(world->queue[world->queued++].data, world->begun, size);
}

static inline int world_peer_of(const struct world *world, const char *id)
{
    for (int i = 0; i < WORLD_PEERS; i++)
        if (world->peers[i].used && strcmp(world->peers[i].parameters.id, id) == 0)
            return i;
    return -1;
}

static inline void world_event(void *context, const struct tl_relay_event *event)
{
    struct world *world = context;
    int peer = event->participant ? world_peer_of(world, event->participant) : -1;
    switch (event->kind) {
    case TL_RELAY_EVENT_STATE:
        if (peer >= 0) {
            world->states[peer] = event->state;
            world->reasons[peer] = event->reason;
        }
        break;
    case TL_RELAY_EVENT_STATISTICS:
        world->statistics++;
        if (peer >= 0)
            world->last_statistics[peer] = *event->statistics;
        break;
    case TL_RELAY_EVENT_SPEAKER:
        world->speakers++;
        (void)snprintf(world->speaker, sizeof world->speaker, "%s",
                       event->participant ? event->participant : "");
        break;
    case TL_RELAY_EVENT_INCIDENT:
        world->incidents[event->incident.kind]++;
        world->last_incident = event->incident;
        break;
    case TL_RELAY_EVENT_PROBE:
        memcpy(world->probe, event->probe, event->probe_count * sizeof world->probe[0]);
        world->probe_count = event->probe_count;
        break;
    }
}

static inline void world_copy(void *context, struct tl_bytes datagram)
{
    struct world *world = context;
    world->copies++;
    world->last_copy_size = datagram.size;
    memcpy(world->last_copy, datagram.data,
           datagram.size < sizeof world->last_copy ? datagram.size : sizeof world->last_copy);
}

static inline struct world *world_new_with(size_t limit, bool libsrtp)
{
    struct world *world = calloc(1, sizeof *world);
    world->now = 1000 * (tl_time_us)TL_SECOND_US;
    if (tl_dtls_identity_new(&world->identity))
        abort();
    struct tl_relay_config config = { .turn_hosts = { tl_address_ipv4(203, 0, 113, 1, 0) },
                                      .turn_host_count = 1,
                                      .turn_first_port = 41000,
                                      .turn_port_count = 512,
                                      .index = 5,
                                      .participants_limit = limit,
                                      .identity = world->identity,
                                      .wall_offset = 1700000000 * (tl_time_us)TL_SECOND_US,
                                      .libsrtp = libsrtp,
                                      .output = { world, world_begin, world_send, world_event,
                                                  world_copy } };
    if (tl_relay_new(&config, &world->relay))
        abort();
    return world;
}

static inline struct world *world_new(size_t limit)
{
    return world_new_with(limit, false);
}

static inline void world_free(struct world *world)
{
    world->relay = tl_relay_free(world->relay);
    for (int i = 0; i < WORLD_PEERS; i++) {
        tl_dtls_free(world->peers[i].dtls);
        tl_srtp_free(world->peers[i].srtp);
        tl_dtls_identity_free(world->peers[i].identity);
        free(world->peers[i].got);
    }
    tl_dtls_identity_free(world->identity);
    free(world);
}

/* ---- peers ---- */

static inline void world_input(struct world *world, struct world_peer *peer, const void *data,
                               size_t size)
{
    uint8_t copy[2048];
    if (size > sizeof copy)
        return;
    memcpy(copy, data, size);
    WORLD_RELAY_BEGINS();
    tl_relay_input(world->relay, world->now, &peer->address, copy, size);
    WORLD_RELAY_ENDS();
}

static inline void world_send_stun(struct world *world, struct world_peer *peer, bool nominate,
                                   const char *password)
{
    char username[400];
    int length = snprintf(username, sizeof username, "%s:%s", peer->answer.ufrag,
                          peer->parameters.remote_ufrag);
    struct tl_stun_message message = { .method = TL_STUN_BINDING,
                                       .username = { username, (size_t)length },
                                       .has_controlling = true,
                                       .use_candidate = nominate };
    uint8_t buffer[600];
    size_t size;
    if (tl_stun_write(&message, tl_text(password ? password : peer->answer.password), buffer,
                      sizeof buffer, &size) == TL_OK)
        world_input(world, peer, buffer, size);
}

static inline void world_flush_dtls(struct world *world, struct world_peer *peer)
{
    struct tl_bytes datagram;
    while (tl_dtls_next_output(peer->dtls, &datagram))
        world_input(world, peer, datagram.data, datagram.size);
    if (!peer->srtp && tl_dtls_state(peer->dtls) == TL_DTLS_CONNECTED) {
        struct tl_srtp_keys keys;
        if (tl_dtls_keys(peer->dtls, &keys) || tl_srtp_new(&keys, &peer->srtp))
            abort();
        static const uint32_t ssrcs[] = { SSRC_AUDIO, SSRC_VIDEO, SSRC_RTX, 1 };
        for (size_t i = 0; i < 4; i++)
            if (tl_srtp_add_sender(peer->srtp, ssrcs[i]))
                abort();
        peer->connected = true;
    }
}

static inline void world_take_rtcp(struct world_peer *peer, struct tl_bytes compound)
{
    struct tl_rtcp_packet packet;
    while (tl_rtcp_next(&compound, &packet) == TL_OK) {
        uint16_t sequences[256];
        peer->pli += packet.kind == TL_RTCP_PLI;
        peer->transport_feedback += packet.kind == TL_RTCP_TRANSPORT_CC;
        peer->receiver_reports += packet.kind == TL_RTCP_RECEIVER_REPORT;
        if (packet.kind == TL_RTCP_NACK)
            peer->nack_sequences += (unsigned)tl_rtcp_nack_sequences(&packet, sequences, 256);
        if (packet.kind == TL_RTCP_SENDER_REPORT) {
            peer->sender_reports++;
            peer->last_sender_ssrc = packet.sender_ssrc;
            (void)tl_rtcp_sender_info(&packet, &peer->last_sender_info);
        }
    }
}

static inline void world_deliver(struct world_peer *peer, uint8_t *data, size_t size)
{
    struct tl_stun_message message;
    switch (tl_packet_classify(tl_bytes(data, size))) {
    case TL_PACKET_STUN:
        if (tl_stun_read(tl_bytes(data, size), &message) == TL_OK &&
            message.class_ == TL_STUN_ERROR) {
            peer->stun_errors++;
            peer->last_stun_error = message.error_code;
        }
        break;
    case TL_PACKET_DTLS:
        if (peer->dtls)
            tl_dtls_input(peer->dtls, tl_bytes(data, size));
        break;
    case TL_PACKET_RTP:
        if (peer->srtp && tl_srtp_open_rtp(peer->srtp, data, &size) == TL_OK) {
            struct world_packet *got = &peer->got[peer->got_count++ % WORLD_PACKETS];
            memcpy(got->bytes, data, size);
            got->size = size;
            if (tl_rtp_read(tl_bytes(got->bytes, size), &got->header))
                peer->got_count--;
        } else if (peer->srtp) {
            peer->repeated++;
            peer->repeated_bytes += size;
        }
        break;
    case TL_PACKET_RTCP:
        if (peer->srtp && tl_srtp_open_rtcp(peer->srtp, data, &size) == TL_OK)
            world_take_rtcp(peer, tl_bytes(data, size));
        break;
    case TL_PACKET_UNKNOWN: break;
    }
}

/* Everything on the wire arrives, and what that causes too. */
static inline void world_settle(struct world *world)
{
    for (unsigned round = 0; round < 30; round++) {
        for (size_t i = 0; i < world->queued; i++)
            for (int p = 0; p < WORLD_PEERS; p++) {
                struct world_peer *peer = &world->peers[p];
                if (peer->used && !peer->deaf &&
                    tl_address_equal(&peer->address, &world->queue[i].to))
                    world_deliver(peer, world->queue[i].data, world->queue[i].size);
            }
        world->queued = 0;
        for (int p = 0; p < WORLD_PEERS; p++)
            if (world->peers[p].used && world->peers[p].dtls)
                world_flush_dtls(world, &world->peers[p]);
        if (world->queued == 0)
            return;
    }
}

static inline void world_tick(struct world *world)
{
    WORLD_RELAY_BEGINS();
    tl_relay_tick(world->relay, world->now);
    WORLD_RELAY_ENDS();
}

static inline void world_pass(struct world *world, tl_time_us us)
{
    tl_time_us end = world->now + us;
    while (world->now < end) {
        world->now += 10 * TL_MILLISECOND_US;
        world_tick(world);
        world_settle(world);
    }
}

/* Microphone mid "0", camera mid "1"; slots "a0".. and "v0".. of each kind. */
static inline void world_parameters(struct world_peer *peer, int number, const char *room,
                                    size_t slots)
{
    struct tl_participant_parameters *p = &peer->parameters;
    *p = (struct tl_participant_parameters){ .remote_ufrag = "peer" };
    (void)snprintf(p->id, sizeof p->id, "%032x", number + 1);
    (void)snprintf(p->room, sizeof p->room, "%.32s", room);
    struct tl_extension_ids ids = { .mid = EXT_MID,
                                    .audio_level = EXT_LEVEL,
                                    .transport_cc = EXT_CC,
                                    .abs_send_time = EXT_AST };
    struct tl_payload_types audio = { PT_OPUS, PT_RED, TL_PAYLOAD_NONE, TL_PAYLOAD_NONE };
    struct tl_payload_types video = { TL_PAYLOAD_NONE, TL_PAYLOAD_NONE, PT_VP8, PT_RTX };
    p->sends[0] = (struct tl_send_parameters){ "0", TL_SOURCE_MICROPHONE, false, audio,
                                               ids, { SSRC_AUDIO },       1 };
    p->sends[1] = (struct tl_send_parameters){ "1", TL_SOURCE_CAMERA,         true, video,
                                               ids, { SSRC_VIDEO, SSRC_RTX }, 2 };
    p->send_count = 2;
    /* the receiver's numbers differ from the sender's, so that a test sees them rewritten */
    struct tl_extension_ids slot_ids = {
        .mid = 9, .audio_level = 8, .transport_cc = 7, .abs_send_time = 6
    };
    audio = (struct tl_payload_types){ 101, TL_PAYLOAD_NONE, TL_PAYLOAD_NONE, TL_PAYLOAD_NONE };
    video = (struct tl_payload_types){ TL_PAYLOAD_NONE, TL_PAYLOAD_NONE, 102, 103 };
    for (size_t i = 0; i < slots; i++) {
        struct tl_receive_parameters *a = &p->receives[p->receive_count++];
        *a = (struct tl_receive_parameters){ "", false, audio, slot_ids };
        (void)snprintf(a->mid, sizeof a->mid, "a%zu", i);
        struct tl_receive_parameters *v = &p->receives[p->receive_count++];
        *v = (struct tl_receive_parameters){ "", true, video, slot_ids };
        (void)snprintf(v->mid, sizeof v->mid, "v%zu", i);
    }
}

static inline enum tl_error world_open(struct world *world, int number, const char *room,
                                       size_t slots)
{
    struct world_peer *peer = &world->peers[number];
    peer->dtls = tl_dtls_free(peer->dtls);
    peer->srtp = tl_srtp_free(peer->srtp);
    peer->connected = false;
    peer->used = true;
    if (!peer->got)
        peer->got = calloc(WORLD_PACKETS, sizeof *peer->got);
    if (!peer->identity && tl_dtls_identity_new(&peer->identity))
        abort();
    world_parameters(peer, number, room, slots);
    peer->address = tl_address_ipv4(198, 51, 100, (uint8_t)(number + 1), 4000);
    uint8_t fingerprint[TL_DTLS_FINGERPRINT_SIZE];
    if (tl_dtls_fingerprint_read(tl_text(tl_dtls_identity_fingerprint(peer->identity)),
                                 peer->parameters.fingerprint) ||
        tl_dtls_fingerprint_read(tl_text(tl_dtls_identity_fingerprint(world->identity)),
                                 fingerprint) ||
        tl_dtls_new(peer->identity, TL_DTLS_CLIENT, fingerprint, &peer->dtls))
        abort();
    return tl_relay_open(world->relay, world->now, &peer->parameters, &peer->answer);
}

/* ICE restart: the peer's next checks use what the relay answered. */
static inline enum tl_error world_restart(struct world *world, int number,
                                          const char *remote_ufrag)
{
    struct world_peer *peer = &world->peers[number];
    enum tl_error error = tl_relay_restart(world->relay, world->now, peer->parameters.id,
                                           tl_text(remote_ufrag), &peer->answer);
    if (!error)
        (void)snprintf(peer->parameters.remote_ufrag, sizeof peer->parameters.remote_ufrag,
                       "%s", remote_ufrag);
    return error;
}

static inline bool world_connect(struct world *world, int number)
{
    struct world_peer *peer = &world->peers[number];
    world_send_stun(world, peer, true, NULL);
    world_settle(world);
    tl_dtls_start(peer->dtls);
    world_settle(world);
    return peer->connected;
}

/* Opened, connected. */
static inline struct world_peer *world_join(struct world *world, int number, const char *room,
                                            size_t slots)
{
    if (world_open(world, number, room, slots) || !world_connect(world, number))
        abort();
    return &world->peers[number];
}

static inline void world_watch(struct world *world, int receiver, const char *mid, int from,
                               enum tl_source_name source)
{
    struct tl_slot_wish wish = { .source = source };
    (void)snprintf(wish.mid, sizeof wish.mid, "%s", mid);
    memcpy(wish.from, world->peers[from].parameters.id, sizeof wish.from);
    if (tl_relay_slots_set(world->relay, world->now, world->peers[receiver].parameters.id,
                           &wish, 1))
        abort();
    world_settle(world);
}

static inline void world_send_rtp(struct world *world, struct world_peer *peer,
                                  const struct tl_rtp_packet *header, const void *payload,
                                  size_t payload_size, bool numbered)
{
    uint8_t packet[1700];
    size_t size;
    bool video = header->payload_type == PT_VP8 || header->payload_type == PT_RTX;
    struct tl_rtp_extension_value values[3] = { { EXT_MID, 1, { video ? '1' : '0' } } };
    if (!video)
        values[1] = (struct tl_rtp_extension_value){ EXT_LEVEL, 1, { 0x80 | 30 } };
    if (numbered) {
        uint16_t number = peer->transport_sequence++;
        values[2] = (struct tl_rtp_extension_value){
            EXT_CC, 2, { (uint8_t)(number >> 8), (uint8_t)number }
        };
    }
    if (tl_rtp_write_header(header, values, 3, packet, sizeof packet, NULL, &size))
        abort();
    memcpy(packet + size, payload, payload_size);
    size += payload_size;
    if (tl_srtp_seal_rtp(peer->srtp, packet, sizeof packet, &size))
        return; /* fuzzing used the number before */
    world_input(world, peer, packet, size);
}

static inline void world_send_audio(struct world *world, int number)
{
    struct world_peer *peer = &world->peers[number];
    struct tl_rtp_packet header = { .payload_type = PT_OPUS,
                                    .sequence = peer->audio_sequence,
                                    .timestamp = peer->audio_sequence * 960u,
                                    .ssrc = SSRC_AUDIO };
    peer->audio_sequence++;
    world_send_rtp(world, peer, &header, "opus sound", 10, true);
    world_settle(world);
}

/* One frame in one packet; key or not. lost: only counted, never sent. */
static inline void world_send_video(struct world *world, int number, bool key, bool lost)
{
    struct world_peer *peer = &world->peers[number];
    uint8_t payload[60] = {
        0x90, 0xc0, 0x80, 0, 0, key ? 0x00 : 0x01, 0, 0, 'f', 'r', 'a', 'm'
    };
    peer->picture = (peer->picture + 1) & 0x7fff;
    payload[2] = (uint8_t)(0x80 | peer->picture >> 8);
    payload[3] = (uint8_t)peer->picture;
    payload[4] = (uint8_t)peer->picture; /* TL0PICIDX */
    payload[12] = (uint8_t)number;
    struct tl_rtp_packet header = { .payload_type = PT_VP8,
                                    .marker = true,
                                    .sequence = peer->video_sequence,
                                    .timestamp = peer->video_sequence * 3000u,
                                    .ssrc = SSRC_VIDEO };
    peer->video_sequence++;
    if (!lost)
        world_send_rtp(world, peer, &header, payload, sizeof payload, true);
    world_settle(world);
}

static inline void world_send_rtcp(struct world *world, int number,
                                   const struct tl_writer *writer)
{
    struct world_peer *peer = &world->peers[number];
    uint8_t packet[1500];
    size_t size = writer->used;
    memcpy(packet, writer->data, size);
    if (tl_srtp_seal_rtcp(peer->srtp, packet, sizeof packet, &size))
        abort();
    world_input(world, peer, packet, size);
    world_settle(world);
}

static inline const struct world_packet *world_last(const struct world_peer *peer)
{
    return peer->got_count ? &peer->got[(peer->got_count - 1) % WORLD_PACKETS] : NULL;
}

#endif
