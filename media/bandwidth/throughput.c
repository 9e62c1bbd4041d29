/* What arrived over the last half second before the newest arrival, and whether the path squeezed
 * it: packets that take longer to arrive than they took to leave met a full path, and then what
 * arrived is what the path carries. */
#include "media/bandwidth.h"

enum {
    WINDOW_US = 500 * TL_MILLISECOND_US,
    LEAST_US = 100 * TL_MILLISECOND_US,
    LEAST_PACKETS = 5,
    UNIT_US = 16,
    UNITS = 1 << 24,
    LOW_BITS = UNITS - 1
};

static uint32_t units(tl_time_us time)
{
    return (uint32_t)((uint64_t)time / UNIT_US);
}

/* Signed: packets overtake each other. */
static tl_time_us between(uint32_t earlier, uint32_t later)
{
    int32_t apart = (int32_t)((later - earlier) & LOW_BITS);
    return (tl_time_us)(apart < UNITS / 2 ? apart : apart - UNITS) * UNIT_US;
}

void tl_throughput_add(struct tl_throughput *throughput, tl_time_us sent, tl_time_us arrived,
                       uint16_t size)
{
    /* what is older than the window must not look recent when the bits come round again */
    if (arrived - throughput->newest_arrived > WINDOW_US)
        throughput->count = 0;
    throughput->newest_arrived = arrived;
    throughput->newest = (throughput->newest + 1) % TL_BANDWIDTH_THROUGHPUT_PACKETS;
    throughput->packets[throughput->newest].sent = units(sent) & LOW_BITS;
    throughput->packets[throughput->newest].arrived = units(arrived) & LOW_BITS;
    throughput->packets[throughput->newest].size = size;
    if (throughput->count < TL_BANDWIDTH_THROUGHPUT_PACKETS)
        throughput->count++;
}

struct tl_throughput_view tl_throughput_view(const struct tl_throughput *throughput)
{
    struct tl_throughput_view view = { 0 };
    if (throughput->count < LEAST_PACKETS)
        return view;
    uint32_t last_arrived = throughput->packets[throughput->newest].arrived;
    uint32_t last_sent = throughput->packets[throughput->newest].sent;
    tl_time_us arriving = 0, sending = 0;
    uint64_t bytes = 0;
    unsigned taken = 0, first_size = 0;
    for (unsigned i = 0; i < throughput->count; i++) {
        unsigned place = (throughput->newest + TL_BANDWIDTH_THROUGHPUT_PACKETS - i) %
                         TL_BANDWIDTH_THROUGHPUT_PACKETS;
        tl_time_us before = between(throughput->packets[place].arrived, last_arrived);
        if (before > WINDOW_US)
            break;
        arriving = before;
        sending = between(throughput->packets[place].sent, last_sent);
        first_size = throughput->packets[place].size;
        bytes += first_size;
        taken++;
    }
    if (taken < LEAST_PACKETS || arriving < LEAST_US)
        return view;
    bytes -= first_size; /* n packets span n - 1 intervals */
    view.kbps = (uint32_t)(bytes * 8000 / (uint64_t)arriving);
    view.squeezed = arriving > sending + sending / 10;
    return view;
}
