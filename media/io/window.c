#include "media/window.h"

#include "base/memory.h"

/* Share of a core to wait, straight lines between. A third of a millisecond gathers whole bursts
 * of pictures and is the most that added delay may be at half of what a core carries; beyond that
 * the wait is what keeps the socket from overflowing. */
static const struct {
    double load;
    double wait_us;
} steps[] = { { 0.06, 0 }, { 0.15, 350 }, { 0.60, 400 }, { 0.90, TL_WINDOW_LIMIT_US } };

static double wait_at(double load)
{
    if (load <= steps[0].load)
        return 0;
    for (size_t i = 1; i < TL_COUNT_OF(steps); i++)
        if (load < steps[i].load)
            return steps[i - 1].wait_us + (steps[i].wait_us - steps[i - 1].wait_us) *
                                              (load - steps[i - 1].load) /
                                              (steps[i].load - steps[i - 1].load);
    return TL_WINDOW_LIMIT_US;
}

bool tl_window_is_due(const struct tl_window *window, tl_time_us now)
{
    return !window->started || now - window->judged_at >= TL_WINDOW_JUDGE_US;
}

void tl_window_judge(struct tl_window *window, tl_time_us now, tl_time_us used)
{
    tl_time_us passed = now - window->judged_at;
    if (window->started && passed > 0) {
        double load = (double)(used - window->used) / (double)passed;
        /* waiting makes the load fall, which makes the wait fall: in small steps it settles. After
         * a pause the past says nothing. */
        double weight = passed > 10 * TL_WINDOW_JUDGE_US ? 1 : 0.125;
        window->load += weight * (load - window->load);
        window->wait = (tl_time_us)wait_at(window->load);
    }
    window->started = true;
    window->judged_at = now;
    window->used = used;
}

void tl_window_read(struct tl_window *window, tl_time_us now)
{
    window->read_at = now;
}

tl_time_us tl_window_left(const struct tl_window *window, tl_time_us now)
{
    tl_time_us since = now - window->read_at;
    return since < 0 || since >= window->wait ? 0 : window->wait - since;
}
