/* Short bursts above the estimate: at least six packets over at least 35 ms. What arrives of a
 * burst, and over how long, says what the path carries without asking it for longer than half a
 * second, and on most paths a tenth of that. Media sent meanwhile counts as part of the burst. */
#include "bandwidth/cluster.h"

enum { LEAST_US = 35 * TL_MILLISECOND_US, MOST_US = 450 * TL_MILLISECOND_US };
enum { LEAST_PACKETS = 6, PACKET_BITS = 1100 * 8 };

void tl_cluster_begin(struct tl_cluster *cluster, tl_time_us now, uint8_t number, uint32_t kbps)
{
    tl_time_us lasts = (tl_time_us)LEAST_PACKETS * PACKET_BITS * TL_MILLISECOND_US / kbps;
    *cluster = (struct tl_cluster){ .number = number,
                                    .running = true,
                                    .kbps = kbps,
                                    .started = now,
                                    .lasts = lasts < LEAST_US  ? LEAST_US
                                             : lasts > MOST_US ? MOST_US
                                                               : lasts };
}

void tl_cluster_sent(struct tl_cluster *cluster, tl_time_us now, uint16_t size)
{
    if (!cluster->sent_packets++)
        cluster->first_sent = now;
    cluster->last_sent = now;
    cluster->last_sent_size = size;
    cluster->sent_bytes += size;
}

void tl_cluster_sent_behind(struct tl_cluster *cluster, uint16_t size)
{
    cluster->last_sent_size += size;
    cluster->sent_bytes += size;
}

size_t tl_cluster_due(struct tl_cluster *cluster, tl_time_us now)
{
    if (!cluster->running)
        return 0;
    tl_time_us passed = now - cluster->started;
    if (passed >= cluster->lasts) {
        passed = cluster->lasts;
        cluster->running = cluster->sent_bytes < (uint64_t)passed * cluster->kbps / 8000;
    }
    uint64_t due = (uint64_t)passed * cluster->kbps / 8000 + 1;
    return due > cluster->sent_bytes ? (size_t)(due - cluster->sent_bytes) : 0;
}

void tl_cluster_arrived(struct tl_cluster *cluster, const struct tl_bandwidth_packet *packet)
{
    if (cluster->number == 0 || packet->cluster != cluster->number || !packet->received)
        return;
    if (!cluster->received_packets++) {
        cluster->first_arrived = packet->arrived;
        cluster->first_arrived_size = packet->size;
    }
    if (packet->arrived > cluster->last_arrived || cluster->received_packets == 1)
        cluster->last_arrived = packet->arrived;
    cluster->received_bytes += packet->size;
}

bool tl_cluster_judge(struct tl_cluster *cluster, tl_time_us now, tl_time_us rtt,
                      uint32_t *ret_kbps, bool *ret_full)
{
    enum { WAIT_US = 200 * TL_MILLISECOND_US };
    if (cluster->number == 0 || cluster->running || cluster->judged)
        return false;
    bool all = cluster->received_packets >= cluster->sent_packets;
    if (!all && now - cluster->last_sent < rtt + WAIT_US)
        return false;
    cluster->judged = true;
    tl_time_us sending = cluster->last_sent - cluster->first_sent;
    tl_time_us arriving = cluster->last_arrived - cluster->first_arrived;
    if (cluster->received_packets < LEAST_PACKETS - 1 || sending <= 0 || arriving <= 0 ||
        cluster->received_packets * 10 < cluster->sent_packets * 7)
        return false;
    uint64_t sent = (cluster->sent_bytes - cluster->last_sent_size) * 8000 / (uint64_t)sending;
    uint64_t arrived =
        (cluster->received_bytes - cluster->first_arrived_size) * 8000 / (uint64_t)arriving;
    bool slower = arrived * 10 < sent * 9;
    uint64_t kbps = slower ? arrived * 95 / 100 : sent;
    /* by time too: a small packet behind a large one makes a rate of a few packets err */
    *ret_full = slower && sending * 51 < arriving * 50;
    /* more than was asked for is a receiver that was late to look, or a picture's burst */
    *ret_kbps = kbps < cluster->kbps ? (uint32_t)kbps : cluster->kbps;
    return true;
}
