/* Loss as a sign of too much: above a tenth the rate is cut, under a fiftieth it may grow
 * (draft-ietf-rmcat-gcc-02 section 6). But a bad radio link loses whatever the rate: when two cuts
 * in a row did not help, what is lost is taken as the line's own and the bar is set above it. */
#include "media/bandwidth.h"

enum {
    WINDOW_US = 800 * TL_MILLISECOND_US,
    LEAST_PACKETS = 30,
    CUT_INTERVAL_US = 300 * TL_MILLISECOND_US,
    VAIN_CUTS = 2
};
static const double too_much = 0.10, little = 0.02, margin = 0.08, heal = 0.1, full = 0.95,
                    worst_line = 0.3;

void tl_loss_add(struct tl_loss *loss, const struct tl_bandwidth_packet *packet)
{
    if (packet->first_word) {
        loss->expected++;
        loss->lost += !packet->received;
    } else if (packet->received && loss->lost) {
        loss->lost--; /* came late */
    }
}

bool tl_loss_allows_growth(const struct tl_loss *loss)
{
    return loss->fraction <= loss->inherent + (loss->inherent > little ? margin / 2 : little);
}

/* A full path carries as much after a cut as before it; a bad line less, and loses as much. */
static void note_vain(struct tl_loss *loss, uint32_t arrived_kbps)
{
    bool as_bad = loss->fraction > 0.7 * loss->before_cut;
    if (as_bad && loss->vain_cuts == 0)
        loss->before_kbps = loss->cut_kbps;
    loss->vain_cuts = as_bad ? loss->vain_cuts + 1 : 0;
    if (loss->vain_cuts < VAIN_CUTS)
        return;
    if (arrived_kbps > full * loss->before_kbps) {
        loss->vain_cuts = 0;
    } else {
        loss->inherent = loss->fraction < worst_line ? loss->fraction : worst_line;
        loss->vain_cuts = 0;
    }
}

double tl_loss_judge(struct tl_loss *loss, tl_time_us now, tl_time_us rtt,
                     uint32_t arrived_kbps)
{
    if (loss->window_started == 0)
        loss->window_started = now;
    if (now - loss->window_started < WINDOW_US || loss->expected < LEAST_PACKETS)
        return 1;
    loss->fraction = (double)loss->lost / loss->expected;
    loss->expected = loss->lost = 0;
    loss->window_started = now;
    if (loss->fraction < loss->inherent) /* a line may heal */
        loss->inherent += heal * (loss->fraction - loss->inherent);
    double bar = loss->inherent > 0 ? loss->inherent + margin : too_much;
    if (bar < too_much)
        bar = too_much;
    if (loss->fraction <= bar || now - loss->cut_at < rtt + CUT_INTERVAL_US)
        return 1;
    if (loss->cut_at && now - loss->cut_at < 5 * TL_SECOND_US)
        note_vain(loss, arrived_kbps);
    loss->before_cut = loss->fraction;
    loss->cut_at = now;
    loss->cut_kbps = arrived_kbps;
    return loss->fraction <= loss->inherent ? 1 : 1 - 0.5 * loss->fraction;
}
