/* The estimate: cut when the queue grows or stands or too much is lost, raised slowly by what
 * arrives and in leaps by clusters. */
#include "bandwidth/cluster.h"

enum {
    CUT_INTERVAL_US = 200 * TL_MILLISECOND_US,
    STANDING_US = 300 * TL_MILLISECOND_US,
    AFTER_CUT_US = TL_SECOND_US, /* no growth and no cluster for so long */
    CLUSTER_INTERVAL_US = 2 * TL_SECOND_US,
    AFTER_CLUSTER_US = 400 * TL_MILLISECOND_US,
    CLUSTER_AGAIN_US = 50 * TL_MILLISECOND_US, /* after one that showed more */
    CLUSTER_LATE_US = 500 * TL_MILLISECOND_US, /* after one that we were too slow to send */
    FULL_US = 2 * TL_SECOND_US, /* a path found full so lately is asked with care */
    CAPACITY_KEPT_US = 15 * TL_SECOND_US,
    ROOM_INTERVAL_US = 60 * TL_SECOND_US, /* between questions nobody needs an answer to now */
    SILENCE_US = 1500 * TL_MILLISECOND_US,
    SILENCE_STEP_US = 500 * TL_MILLISECOND_US,
    SILENCE_PACKETS = 20
};
static const double cut = 0.85, growth_per_s = 1.08, growth_near_per_s = 1.02;
static const double first_leap = 1.5, leap = 2, more_room = 1.15, on_time = 0.9, room = 4;
static const double quiet_ms = 12, bursty_ms = 40, cluster_ms = 120;
static const double standing_ms = 60, calm_ms = 25, drain_ms = 50, drain_hard_ms = 200;

void tl_bandwidth_init(struct tl_bandwidth *bandwidth, tl_time_us now)
{
    *bandwidth = (struct tl_bandwidth){
        .kbps = TL_BANDWIDTH_START_KBPS, .grown_at = now, .heard = now, .cluster_next = now
    };
    tl_delay_init(&bandwidth->delay);
}

static void set(struct tl_bandwidth *bandwidth, double kbps)
{
    bandwidth->kbps = kbps < TL_BANDWIDTH_LEAST_KBPS  ? TL_BANDWIDTH_LEAST_KBPS
                      : kbps > TL_BANDWIDTH_MOST_KBPS ? TL_BANDWIDTH_MOST_KBPS
                                                      : kbps;
}

uint8_t tl_bandwidth_sent(struct tl_bandwidth *bandwidth, tl_time_us now, uint16_t size)
{
    bandwidth->sent_unheard++;
    if (!bandwidth->cluster.running)
        return 0;
    tl_cluster_sent(&bandwidth->cluster, now, size);
    return bandwidth->cluster.number;
}

void tl_bandwidth_sent_behind(struct tl_bandwidth *bandwidth, uint16_t size)
{
    if (bandwidth->cluster.running)
        tl_cluster_sent_behind(&bandwidth->cluster, size);
}

void tl_bandwidth_packet(struct tl_bandwidth *bandwidth,
                         const struct tl_bandwidth_packet *packet)
{
    if (packet->sent > bandwidth->cut_at) /* what was lost before the cut, the cut answered */
        tl_loss_add(&bandwidth->loss, packet);
    if (!packet->received)
        return;
    tl_delay_add(&bandwidth->delay, packet->sent, packet->arrived, packet->cluster == 0);
    tl_throughput_add(&bandwidth->throughput, packet->sent, packet->arrived, packet->size);
    tl_cluster_arrived(&bandwidth->cluster, packet);
}

/* A queue that stands still shows no trend. */
static bool queue_stands(struct tl_bandwidth *bandwidth, tl_time_us now)
{
    if (bandwidth->delay.queue_ms < standing_ms || bandwidth->delay.signal == TL_DELAY_UNDER) {
        bandwidth->standing_since = 0;
        if (bandwidth->delay.queue_ms < calm_ms)
            bandwidth->standing_cuts = 0;
        return false;
    }
    if (!bandwidth->standing_since)
        bandwidth->standing_since = now;
    return now - bandwidth->standing_since >= STANDING_US;
}

/* A trend without a queue is jitter, one with a short queue through which everything passes as fast
 * as it was sent is a larger picture's burst, and a queue just after a cluster is the cluster's. */
static bool queue_grows(const struct tl_bandwidth *bandwidth, tl_time_us now, tl_time_us rtt)
{
    double queue = bandwidth->delay.queue_ms;
    bool own = bandwidth->cluster.number &&
               now - bandwidth->cluster.last_sent < rtt + AFTER_CLUSTER_US &&
               queue < cluster_ms;
    bool squeezed = tl_throughput_view(&bandwidth->throughput).squeezed;
    return bandwidth->delay.signal == TL_DELAY_OVER && !own &&
           queue > (squeezed ? quiet_ms : bursty_ms);
}

/* Three cuts that did not make the queue shorter: it is no queue, the route became longer. */
static bool is_longer_route(struct tl_bandwidth *bandwidth)
{
    enum { VAIN_CUTS = 3 };
    double queue = bandwidth->delay.queue_ms;
    if (bandwidth->standing_cuts == 0 || queue < 0.8 * bandwidth->standing_before_ms) {
        bandwidth->standing_cuts = 0;
        bandwidth->standing_before_ms = queue;
    }
    if (++bandwidth->standing_cuts <= VAIN_CUTS)
        return false;
    tl_delay_rebase(&bandwidth->delay);
    bandwidth->standing_cuts = 0;
    bandwidth->standing_since = 0;
    return true;
}

static void cut_to(struct tl_bandwidth *bandwidth, tl_time_us now, double kbps)
{
    if (kbps < bandwidth->kbps)
        set(bandwidth, kbps);
    bandwidth->cut_at = now;
    bandwidth->cluster.running = false;
    bandwidth->cluster.judged = true;
    bandwidth->cluster_next = now + AFTER_CUT_US;
}

/* What arrives, the path carries: where more is sent than was asked for, cut after cut would else
 * end at nothing. */
static double at_least_arrived(double kbps, uint32_t arrived_kbps)
{
    return kbps < cut * arrived_kbps ? cut * arrived_kbps : kbps;
}

static void cut_for_delay(struct tl_bandwidth *bandwidth, tl_time_us now, tl_time_us rtt)
{
    if (bandwidth->cut_at && now - bandwidth->cut_at < rtt + CUT_INTERVAL_US)
        return;
    struct tl_throughput_view view = tl_throughput_view(&bandwidth->throughput);
    if (view.kbps && view.squeezed) { /* full: what arrived is what it carries */
        bandwidth->capacity_kbps = view.kbps;
        bandwidth->capacity_at = now;
        cut_to(bandwidth, now, cut * view.kbps);
        if (cut * view.kbps > bandwidth->kbps) /* more was sent than we thought it carries */
            set(bandwidth, cut * view.kbps);
    } else {
        cut_to(bandwidth, now, at_least_arrived(cut * bandwidth->kbps, view.kbps));
    }
    bandwidth->standing_since = 0;
}

/* Not far beyond what arrives: more is a guess, which clusters are for. */
static void grow(struct tl_bandwidth *bandwidth, tl_time_us now)
{
    double seconds = (double)(now - bandwidth->grown_at) / TL_SECOND_US;
    bandwidth->grown_at = now;
    if (seconds > 1)
        seconds = 1;
    if (bandwidth->cut_at && now - bandwidth->cut_at < AFTER_CUT_US)
        return;
    struct tl_throughput_view view = tl_throughput_view(&bandwidth->throughput);
    bool known =
        bandwidth->capacity_kbps > 0 && now - bandwidth->capacity_at < CAPACITY_KEPT_US;
    bool near = known && bandwidth->kbps > 0.9 * bandwidth->capacity_kbps;
    double step = bandwidth->kbps * ((near ? growth_near_per_s : growth_per_s) - 1) * seconds;
    double most = 1.1 * view.kbps + 10;
    if (bandwidth->kbps + step <= most)
        set(bandwidth, bandwidth->kbps + step);
}

static void judge_cluster(struct tl_bandwidth *bandwidth, tl_time_us now, tl_time_us rtt)
{
    uint32_t kbps;
    bool full;
    if (!tl_cluster_judge(&bandwidth->cluster, now, rtt, &kbps, &full))
        return;
    bool more = kbps > more_room * bandwidth->kbps;
    bool late = !full && kbps < on_time * bandwidth->cluster.kbps;
    bool no_room = full || (!more && bandwidth->cluster.kbps > more_room * bandwidth->kbps);
    if (kbps > bandwidth->kbps)
        set(bandwidth, kbps);
    if (full) {
        bandwidth->capacity_kbps = kbps;
        bandwidth->capacity_at = now;
    }
    bandwidth->leaping = more;
    if (no_room)
        bandwidth->room_next = now + ROOM_INTERVAL_US;
    else if (more && kbps > bandwidth->capacity_kbps) /* it was not full, we were late */
        bandwidth->room_next = now;
    bandwidth->cluster_next = now + (more   ? CLUSTER_AGAIN_US
                                     : late ? CLUSTER_LATE_US
                                            : CLUSTER_INTERVAL_US);
}

/* What happened meanwhile says nothing about the path as it is now: ask it at once. */
static void end_silence(struct tl_bandwidth *bandwidth, tl_time_us now)
{
    bandwidth->starved_at = 0;
    bandwidth->cut_at = now;
    bandwidth->loss = (struct tl_loss){ .inherent = bandwidth->loss.inherent };
    tl_delay_init(&bandwidth->delay);
    bandwidth->cluster_next = now;
    bandwidth->leaping = true;
}

void tl_bandwidth_feedback(struct tl_bandwidth *bandwidth, tl_time_us now, tl_time_us rtt)
{
    if (bandwidth->starved_at)
        end_silence(bandwidth, now);
    bandwidth->has_feedback = true;
    bandwidth->heard = now;
    bandwidth->sent_unheard = 0;
    uint32_t arrived = tl_throughput_view(&bandwidth->throughput).kbps;
    double factor = tl_loss_judge(&bandwidth->loss, now, rtt, arrived);
    if (factor < 1)
        cut_to(bandwidth, now, at_least_arrived(factor * bandwidth->kbps, arrived));
    bool stands = queue_stands(bandwidth, now);
    if (stands && is_longer_route(bandwidth))
        stands = false;
    if (stands || queue_grows(bandwidth, now, rtt))
        cut_for_delay(bandwidth, now, rtt);
    else if (bandwidth->delay.signal == TL_DELAY_NORMAL &&
             tl_loss_allows_growth(&bandwidth->loss) && bandwidth->delay.queue_ms < calm_ms)
        grow(bandwidth, now);
    else
        bandwidth->grown_at = now;
    judge_cluster(bandwidth, now, rtt);
}

void tl_bandwidth_remb(struct tl_bandwidth *bandwidth, tl_time_us now, uint64_t bits_per_s)
{
    if (bandwidth->has_feedback)
        return; /* transport-wide feedback says more */
    bandwidth->has_remb = true;
    bandwidth->heard = now;
    bandwidth->sent_unheard = 0;
    set(bandwidth, (double)bits_per_s / 1000);
}

void tl_bandwidth_tick(struct tl_bandwidth *bandwidth, tl_time_us now)
{
    if (!bandwidth->has_feedback || bandwidth->sent_unheard < SILENCE_PACKETS ||
        now - bandwidth->heard < SILENCE_US || now - bandwidth->starved_at < SILENCE_STEP_US)
        return;
    bandwidth->starved_at = now;
    cut_to(bandwidth, now, bandwidth->kbps / 2);
}

bool tl_bandwidth_is_known(const struct tl_bandwidth *bandwidth)
{
    return bandwidth->has_feedback || bandwidth->has_remb;
}

uint32_t tl_bandwidth_kbps(const struct tl_bandwidth *bandwidth)
{
    return (uint32_t)bandwidth->kbps;
}

double tl_bandwidth_queue_ms(const struct tl_bandwidth *bandwidth)
{
    return bandwidth->delay.queue_ms;
}

uint32_t tl_bandwidth_target_kbps(const struct tl_bandwidth *bandwidth)
{
    double queue = bandwidth->delay.queue_ms;
    bool recent = bandwidth->cut_at && bandwidth->heard - bandwidth->cut_at < 5 * TL_SECOND_US;
    double share = !recent || queue < drain_ms ? 1 : queue < drain_hard_ms ? 0.6 : 0.1;
    return (uint32_t)(bandwidth->kbps * share);
}

/* Room for more than is wanted now is asked for too, but seldom where there is little: pictures then
 * leave whole and at once, and who comes next need not wait for an answer. */
static bool is_of_use(const struct tl_bandwidth *bandwidth, tl_time_us now,
                      uint32_t wanted_kbps)
{
    return wanted_kbps > bandwidth->kbps ||
           (now >= bandwidth->room_next && room * wanted_kbps > bandwidth->kbps);
}

bool tl_bandwidth_cluster_begin(struct tl_bandwidth *bandwidth, tl_time_us now,
                                uint32_t wanted_kbps)
{
    if (bandwidth->cluster.running || now < bandwidth->cluster_next ||
        !is_of_use(bandwidth, now, wanted_kbps) || bandwidth->delay.signal != TL_DELAY_NORMAL ||
        bandwidth->delay.queue_ms > calm_ms || !tl_loss_allows_growth(&bandwidth->loss))
        return false;
    bool full = bandwidth->capacity_kbps > 0 && now - bandwidth->capacity_at < FULL_US;
    double kbps = (bandwidth->leaping && !full ? leap : first_leap) * bandwidth->kbps;
    double most = 1.3 * (wanted_kbps > bandwidth->kbps ? 1 : room) * wanted_kbps;
    if (kbps > most)
        kbps = most;
    if (++bandwidth->clusters == 0)
        bandwidth->clusters = 1;
    tl_cluster_begin(&bandwidth->cluster, now, bandwidth->clusters, (uint32_t)kbps);
    bandwidth->cluster_next = now + CLUSTER_INTERVAL_US;
    return true;
}

size_t tl_bandwidth_cluster_due(struct tl_bandwidth *bandwidth, tl_time_us now)
{
    return tl_cluster_due(&bandwidth->cluster, now);
}
