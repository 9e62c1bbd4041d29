/* Pictures leave at a pace the way down can take: two and a half times what it carries, in bursts
 * of 5 ms of that. A key frame that came all at once would stand in the receiver's access line for
 * half a second, and the sound behind it. Sound never waits here. What waits is sealed already and
 * keeps its order; it counts as sent when it leaves, or the estimate would take our own waiting for
 * the path's. */
#include "route/internal.h"

enum {
    BURST_US = 5 * TL_MILLISECOND_US,
    LEAST_KBPS = 300,
    WAIT_MS = 250,    /* at most: the pace rises with what waits */
    PACE_LIMIT = 512, /* of one participant */
    NONE = UINT16_MAX
};

void pace_init(struct tl_relay *relay)
{
    relay->pace_free = NONE;
    relay->pace_fresh = 0;
}

static uint32_t pace_kbps(const struct participant *participant)
{
    uint32_t kbps = tl_bandwidth_target_kbps(&participant->bandwidth) * 5 / 2;
    uint32_t waiting = (uint32_t)(participant->pace.bytes * 8 / WAIT_MS);
    if (kbps < LEAST_KBPS)
        kbps = LEAST_KBPS;
    return kbps > waiting ? kbps : waiting;
}

static void spend(struct participant *participant, tl_time_us now, size_t size)
{
    struct pace *pace = &participant->pace;
    if (pace->ready_at < now - BURST_US)
        pace->ready_at = now - BURST_US;
    pace->ready_at += (tl_time_us)(size * 8000 / pace_kbps(participant));
}

static void take_first(struct tl_relay *relay, struct pace *pace)
{
    uint16_t at = pace->first;
    pace->first = relay->pace_pool[at].next;
    pace->bytes -= relay->pace_pool[at].size;
    pace->count--;
    relay->pace_pool[at].next = relay->pace_free;
    relay->pace_free = at;
}

static bool send_first(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    const struct paced *paced = &relay->pace_pool[participant->pace.first];
    uint8_t *buffer = relay->config.output.begin(relay->config.output.context);
    if (!buffer || !participant->ice.has_destination)
        return false;
    memcpy(buffer, paced->data, paced->size);
    struct sent *sent = &participant->sent[paced->number % SENT_LIMIT];
    if (paced->numbered && !sent->reported)
        sent->at = (uint32_t)now;
    spend(participant, now, paced->size);
    transport_send_as(relay, participant, paced->size, TL_TRAFFIC_VIDEO);
    take_first(relay, &participant->pace);
    return true;
}

static uint16_t room_to_wait(struct tl_relay *relay, struct participant *participant)
{
    if (participant->pace.count == PACE_LIMIT)
        return NONE;
    uint16_t at = relay->pace_free;
    if (at == NONE)
        return relay->pace_fresh < PACE_POOL ? relay->pace_fresh++ : NONE;
    relay->pace_free = relay->pace_pool[at].next;
    return at;
}

/* No more room: all that waits leaves, and the new one behind it. */
static void flush(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                  const uint8_t *datagram, size_t size)
{
    uint8_t
        newest[TL_RELAY_PACKET_ROOM]; /* stands in the buffer that is about to be used again */
    memcpy(newest, datagram, size);
    while (participant->pace.count && send_first(relay, now, participant))
        continue;
    uint8_t *buffer = participant->pace.count
                          ? NULL
                          : relay->config.output.begin(relay->config.output.context);
    if (!buffer) {
        count(relay, TL_RELAY_DROP_ROOM);
        return;
    }
    memcpy(buffer, newest, size);
    spend(participant, now, size);
    transport_send_as(relay, participant, size, TL_TRAFFIC_VIDEO);
}

bool pace_defers(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                 const uint8_t *datagram, size_t size, bool numbered, uint16_t number)
{
    struct pace *pace = &participant->pace;
    if (!participant->bandwidth.has_feedback)
        return false; /* nothing is known of the path */
    /* a test or a cluster keeps a pace of its own */
    bool own_pace = participant->probe.running || participant->bandwidth.cluster.running;
    if (pace->count == 0 && (pace->ready_at <= now || own_pace)) {
        spend(participant, now, size);
        return false;
    }
    uint16_t at = room_to_wait(relay, participant);
    if (at == NONE) {
        count(relay, TL_RELAY_PACE_FULL);
        flush(relay, now, participant, datagram, size);
        return true;
    }
    struct paced *paced = &relay->pace_pool[at];
    paced->next = NONE;
    paced->size = (uint16_t)size;
    paced->numbered = numbered;
    paced->number = number;
    memcpy(paced->data, datagram, size);
    if (pace->count++ == 0)
        pace->first = at;
    else
        relay->pace_pool[pace->last].next = at;
    pace->last = at;
    pace->bytes += size;
    wheel_hasten(&relay->wheel, now, participant->place, now + BURST_US);
    count(relay, TL_RELAY_PACED);
    return true;
}

void pace_drop(struct tl_relay *relay, struct participant *participant)
{
    while (participant->pace.count)
        take_first(relay, &participant->pace);
}

void pace_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    while (participant->pace.count && participant->pace.ready_at <= now &&
           send_first(relay, now, participant))
        continue;
}
