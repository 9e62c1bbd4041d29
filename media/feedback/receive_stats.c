/* RFC 3550 appendix A.1, A.3 and A.8. */
#include "media/feedback.h"
#include "media/rtp.h"

enum { DROPOUT_LIMIT = 3000 };

static void restart(struct tl_receive_stats *stats, uint16_t sequence)
{
    *stats = (struct tl_receive_stats){
        .started = true, .highest = sequence, .base = sequence, .bytes = stats->bytes
    };
}

static void note_jitter(struct tl_receive_stats *stats, tl_time_us now, uint32_t timestamp,
                        uint32_t clock_rate)
{
    /* packets of one frame share a timestamp and are no measure of the network's spread */
    if (stats->has_transit && timestamp == stats->last_timestamp)
        return;
    int64_t arrival = now * (int64_t)clock_rate / TL_SECOND_US;
    int64_t transit = (int32_t)((uint32_t)arrival - timestamp);
    if (stats->has_transit) {
        int64_t difference = (int32_t)(transit - stats->transit);
        if (difference < 0)
            difference = -difference;
        if (difference < (int64_t)clock_rate * 10) /* a timestamp that jumps is not jitter */
            stats->jitter_q4 =
                (uint32_t)(stats->jitter_q4 + difference - ((stats->jitter_q4 + 8) >> 4));
    }
    stats->transit = transit;
    stats->has_transit = true;
    stats->last_timestamp = timestamp;
}

void tl_receive_stats_add(struct tl_receive_stats *stats, tl_time_us now, uint16_t sequence,
                          uint32_t timestamp, uint32_t clock_rate, size_t bytes, bool repaired)
{
    uint16_t ahead = (uint16_t)(sequence - stats->highest);
    uint16_t behind = (uint16_t)(stats->highest - sequence);
    if (!stats->started || (ahead > DROPOUT_LIMIT && behind > DROPOUT_LIMIT)) {
        restart(stats, sequence);
    } else if (ahead < 0x8000 && ahead != 0) {
        if (sequence < stats->highest)
            stats->cycles += 0x10000;
        stats->highest = sequence;
    }
    stats->received++;
    stats->bytes += bytes;
    if (!repaired)
        note_jitter(stats, now, timestamp, clock_rate);
}

uint32_t tl_receive_stats_highest(const struct tl_receive_stats *stats)
{
    return stats->cycles + stats->highest;
}

static uint32_t expected(const struct tl_receive_stats *stats)
{
    return stats->started ? tl_receive_stats_highest(stats) - stats->base + 1 : 0;
}

int64_t tl_receive_stats_lost(const struct tl_receive_stats *stats)
{
    return (int64_t)expected(stats) - (int64_t)stats->received;
}

double tl_receive_stats_jitter_ms(const struct tl_receive_stats *stats, uint32_t clock_rate)
{
    return clock_rate ? (double)(stats->jitter_q4 >> 4) * 1000.0 / clock_rate : 0;
}

void tl_receive_stats_report(struct tl_receive_stats *stats, uint32_t ssrc,
                             struct tl_rtcp_report *ret_report)
{
    int64_t lost = tl_receive_stats_lost(stats);
    uint32_t expected_now = expected(stats);
    int64_t expected_interval = (int64_t)expected_now - stats->expected_prior;
    int64_t received_interval = (int64_t)(stats->received - stats->received_prior);
    int64_t lost_interval = expected_interval - received_interval;
    stats->expected_prior = expected_now;
    stats->received_prior = stats->received;
    /* 24 bits, signed: clamp, never wrap (section 6.4.1) */
    if (lost > 0x7fffff)
        lost = 0x7fffff;
    if (lost < -0x800000)
        lost = -0x800000;
    *ret_report = (struct tl_rtcp_report){
        .ssrc = ssrc,
        .lost = (int32_t)lost,
        .highest_sequence = tl_receive_stats_highest(stats),
        .jitter = stats->jitter_q4 >> 4,
    };
    if (expected_interval > 0 && lost_interval > 0) {
        int64_t fraction = (lost_interval << 8) / expected_interval;
        ret_report->fraction_lost = (uint8_t)(fraction > 255 ? 255 : fraction);
    }
}
