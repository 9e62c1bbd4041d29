/* How much of what we send arrives, and when, by the relay's transport-wide feedback; steps of a given
 * rate, filled up with repeats (RTX), which a relay acknowledges and otherwise ignores. The mirror of
 * media/route/probe.c. */
#include "peer_internal.h"

enum {
    HEADERS = 28,        /* of IPv4 and UDP: what a line carries counts them */
    LEAST_PAYLOAD = 300, /* of what is worth repeating */
    LOOK_BACK = 64,
    PACKETS_PER_TICK = 32
};
static const tl_time_us SETTLE_US = 100 * TL_MILLISECOND_US; /* after the last was judged */
static const tl_time_us SETTLE_MOST_US = 3000 * TL_MILLISECOND_US; /* what stands in buffers */
static const tl_time_us TICK_US = 2 * TL_MILLISECOND_US;

/* The number nearest to the newest that ends in these 16 bits. */
static int64_t extend(int64_t newest, uint16_t sequence)
{
    return newest + (int16_t)(sequence - (uint16_t)newest);
}

void transport_note_in(struct tl_peer *peer, uint16_t sequence)
{
    struct tl_peer_transport *down = &peer->transport_down;
    if (!down->arrived)
        down->newest = sequence;
    int64_t number = extend(down->newest, sequence);
    if (number > down->newest)
        down->newest = number;
    down->arrived++;
}

void transport_note_out(struct tl_peer *peer, tl_time_us now, uint16_t sequence, size_t size)
{
    struct probe *probe = &peer->probe;
    peer->sent[sequence % SENT_LIMIT] = (struct sent){
        .sequence = sequence,
        .size = (uint16_t)(size + HEADERS),
        .at = now,
        .used = true,
        .in_step = probe->stage == PROBE_SENDING,
    };
    if (probe->stage != PROBE_SENDING)
        return;
    probe->sent++;
    probe->last_sequence = sequence;
    probe->sent_bytes += size + HEADERS;
}

static void take_arrival(struct tl_peer *peer, const struct sent *sent, int64_t arrival_us)
{
    struct probe *probe = &peer->probe;
    if (!sent->in_step)
        return;
    if (!probe->received++) {
        probe->first_arrival = arrival_us;
        probe->first_arrival_sent = sent->at;
    }
    probe->received_bytes += sent->size;
    if (arrival_us >= probe->last_arrival) {
        probe->last_arrival = arrival_us;
        probe->last_arrival_sent = sent->at;
    }
}

void transport_feedback(struct tl_peer *peer, const struct tl_rtcp_packet *packet)
{
    struct tl_rtcp_transport_cc feedback;
    struct tl_rtcp_transport_status status;
    struct tl_peer_transport *up = &peer->transport_up;
    if (tl_rtcp_transport_cc_read(packet, &feedback))
        return;
    while (tl_rtcp_transport_cc_next(&feedback, &status) == TL_OK) {
        struct sent *sent = &peer->sent[status.sequence % SENT_LIMIT];
        if (!status.received || !sent->used || sent->sequence != status.sequence)
            continue;
        sent->used = false; /* a repeat of the news counts once */
        int64_t number = extend(up->newest, status.sequence);
        if (number > up->newest)
            up->newest = number;
        up->arrived++;
        take_arrival(peer, sent, status.arrival_us);
    }
}

enum tl_error tl_peer_probe(struct tl_peer *peer, tl_time_us now, unsigned kbps, unsigned ms)
{
    if (!peer->srtp || peer->reason || peer->probe.stage == PROBE_SENDING ||
        peer->probe.stage == PROBE_SETTLING || !peer->answer.transport_cc)
        return TL_ERROR_STATE;
    if (kbps == 0 || kbps > TL_PEER_PROBE_KBPS_LIMIT || ms == 0 || ms > TL_PEER_PROBE_MS_LIMIT)
        return TL_ERROR_RANGE;
    for (size_t i = 0; i < SENT_LIMIT; i++)
        peer->sent[i].in_step = false;
    peer->probe =
        (struct probe){ .stage = PROBE_SENDING, .kbps = kbps, .ms = ms, .began = now };
    return TL_OK;
}

static void fill_up(struct tl_peer *peer, tl_time_us now)
{
    struct probe *probe = &peer->probe;
    int64_t due = (now - probe->began) * (int64_t)probe->kbps / 8000; /* bytes by now */
    for (unsigned i = 0; i < PACKETS_PER_TICK && (int64_t)probe->sent_bytes < due; i++) {
        bool found = false;
        for (unsigned back = 0; back < LOOK_BACK && !found; back++) {
            uint16_t sequence =
                (uint16_t)(peer->picture.sequence - 1 - probe->replay++ % LOOK_BACK);
            struct tl_ring_packet packet;
            found =
                tl_ring_find(peer->ring, now, sequence, &packet) && packet.size > LEAST_PAYLOAD;
            if (found)
                outgoing_repeat(peer, now, sequence);
        }
        if (!found)
            return;
    }
}

static void judge(struct probe *probe)
{
    double seconds_us = (double)probe->ms * TL_MILLISECOND_US;
    double growth = (double)(probe->last_arrival - probe->first_arrival -
                             (probe->last_arrival_sent - probe->first_arrival_sent));
    if (growth < 0 || !probe->received)
        growth = 0;
    /* what queues on the way arrives over a longer time than it was sent in */
    probe->measure = (struct tl_peer_measure){
        .kbps = (double)probe->sent_bytes * 8000 / seconds_us,
        .received_kbps = (double)probe->received_bytes * 8000 / (seconds_us + growth),
        .loss = probe->sent ? 1 - (double)probe->received / (double)probe->sent : 0,
        .delay_ms = growth / TL_MILLISECOND_US,
    };
    probe->stage = PROBE_DONE;
}

void step_tick(struct tl_peer *peer, tl_time_us now)
{
    struct probe *probe = &peer->probe;
    if (probe->stage == PROBE_SENDING) {
        fill_up(peer, now);
        if (now - probe->began >= (tl_time_us)probe->ms * TL_MILLISECOND_US) {
            probe->stage = PROBE_SETTLING;
            probe->ended = now;
        }
    } else if (probe->stage == PROBE_SETTLING) {
        bool told = (int16_t)((uint16_t)peer->transport_up.newest - probe->last_sequence) >= 0;
        if (!told || !probe->sent)
            probe->told = 0;
        else if (!probe->told)
            probe->told = now;
        if ((probe->told && now - probe->told >= SETTLE_US) ||
            now - probe->ended >= SETTLE_MOST_US)
            judge(probe);
    }
}

tl_time_us step_deadline(const struct tl_peer *peer, tl_time_us now)
{
    bool runs = peer->probe.stage == PROBE_SENDING || peer->probe.stage == PROBE_SETTLING;
    return runs ? now + TICK_US : INT64_MAX;
}

bool tl_peer_probed(const struct tl_peer *peer, struct tl_peer_measure *ret_measure)
{
    if (peer->probe.stage != PROBE_DONE)
        return false;
    *ret_measure = peer->probe.measure;
    return true;
}

void tl_peer_transport(const struct tl_peer *peer, struct tl_peer_transport *ret_up,
                       struct tl_peer_transport *ret_down)
{
    *ret_up = peer->transport_up;
    *ret_down = peer->transport_down;
}
