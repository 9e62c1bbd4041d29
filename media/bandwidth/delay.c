/* Is a queue growing on the way? Packets are grouped by when they were sent; between groups, what
 * arrival took longer than sending is queueing; the slope of its smoothed sum over the last 20
 * groups is compared with a threshold that adapts to the path's jitter (draft-ietf-rmcat-gcc-02,
 * sections 5.2 to 5.5, with the least-squares slope in place of the Kalman filter). */
#include <math.h>

#include "media/bandwidth.h"

enum {
    GROUP_US = 5 * TL_MILLISECOND_US,
    GAP_US = 3 * TL_SECOND_US, /* a pause: nothing can be compared across it */
    BASE_US = 10 * TL_SECOND_US,
    DELTAS_LIMIT = 60
};
static const double smoothing = 0.9, gain = 4, over_after_ms = 10;
static const double threshold_start = 12.5, threshold_least = 6, threshold_most = 600;
static const double threshold_up = 0.0087, threshold_down = 0.039; /* per ms */
static const double queue_smoothing = 0.8;

void tl_delay_init(struct tl_delay *delay)
{
    *delay = (struct tl_delay){ .threshold_ms = threshold_start };
}

static double ms(tl_time_us time)
{
    return (double)time / TL_MILLISECOND_US;
}

/* Least squares over the window. */
static double slope(const struct tl_delay *delay)
{
    double x = 0, y = 0, over = 0, under = 0;
    for (unsigned i = 0; i < TL_BANDWIDTH_TREND_WINDOW; i++) {
        x += delay->window[i].at_ms / TL_BANDWIDTH_TREND_WINDOW;
        y += delay->window[i].delay_ms / TL_BANDWIDTH_TREND_WINDOW;
    }
    for (unsigned i = 0; i < TL_BANDWIDTH_TREND_WINDOW; i++) {
        double dx = delay->window[i].at_ms - x;
        over += dx * (delay->window[i].delay_ms - y);
        under += dx * dx;
    }
    return under > 0 ? over / under : 0;
}

static void adapt_threshold(struct tl_delay *delay, double trend, double passed_ms)
{
    double size = fabs(trend);
    if (size > delay->threshold_ms + 15) /* a jump says nothing about jitter */
        return;
    double k = size < delay->threshold_ms ? threshold_down : threshold_up;
    if (passed_ms > 100)
        passed_ms = 100;
    delay->threshold_ms += k * (size - delay->threshold_ms) * passed_ms;
    delay->threshold_ms = fmin(fmax(delay->threshold_ms, threshold_least), threshold_most);
}

static void judge(struct tl_delay *delay, double passed_ms)
{
    unsigned deltas = delay->deltas < DELTAS_LIMIT ? delay->deltas : DELTAS_LIMIT;
    double raw = slope(delay);
    double trend = raw * deltas * gain;
    if (trend > delay->threshold_ms) {
        delay->over_ms += passed_ms;
        if (delay->over_ms > over_after_ms && raw >= delay->prior_trend) {
            delay->over_ms = 0;
            delay->signal = TL_DELAY_OVER;
        }
    } else {
        delay->over_ms = 0;
        delay->signal = trend < -delay->threshold_ms ? TL_DELAY_UNDER : TL_DELAY_NORMAL;
    }
    delay->prior_trend = raw;
    adapt_threshold(delay, trend, passed_ms);
}

static void close_group(struct tl_delay *delay)
{
    if (delay->has_previous) {
        tl_time_us sending = delay->group.last_sent - delay->previous.last_sent;
        tl_time_us arriving = delay->group.last_arrived - delay->previous.last_arrived;
        if (sending > GAP_US || arriving > GAP_US || arriving < -GAP_US) {
            tl_delay_init(delay);
            return;
        }
        if (delay->deltas == 0)
            delay->first_arrival = delay->previous.last_arrived;
        delay->accumulated_ms += ms(arriving - sending);
        delay->smoothed_ms =
            smoothing * delay->smoothed_ms + (1 - smoothing) * delay->accumulated_ms;
        unsigned place = delay->deltas % TL_BANDWIDTH_TREND_WINDOW;
        delay->window[place].at_ms = ms(delay->group.last_arrived - delay->first_arrival);
        delay->window[place].delay_ms = delay->smoothed_ms;
        delay->deltas++;
        if (delay->deltas >= TL_BANDWIDTH_TREND_WINDOW)
            judge(delay, ms(sending));
    }
    delay->previous = delay->group;
    delay->has_previous = true;
}

/* The least one-way delay of three spans of 10 s, the oldest thrown away: clocks drift, and routes
 * become shorter and longer. */
static void note_queue(struct tl_delay *delay, tl_time_us sent, tl_time_us arrived)
{
    tl_time_us one_way = arrived - sent;
    if (!delay->has_base) {
        for (unsigned i = 0; i < TL_BANDWIDTH_BASES; i++)
            delay->bases[i] = one_way;
        delay->base_started = sent;
        delay->has_base = true;
    }
    if (sent - delay->base_started >= BASE_US) {
        for (unsigned i = TL_BANDWIDTH_BASES - 1; i > 0; i--)
            delay->bases[i] = delay->bases[i - 1];
        delay->bases[0] = one_way;
        delay->base_started = sent;
    }
    if (one_way < delay->bases[0])
        delay->bases[0] = one_way;
    tl_time_us base = delay->bases[0];
    for (unsigned i = 1; i < TL_BANDWIDTH_BASES; i++)
        if (delay->bases[i] < base)
            base = delay->bases[i];
    delay->queue_ms =
        queue_smoothing * delay->queue_ms + (1 - queue_smoothing) * ms(one_way - base);
}

void tl_delay_rebase(struct tl_delay *delay)
{
    delay->has_base = false;
    delay->queue_ms = 0;
}

void tl_delay_add(struct tl_delay *delay, tl_time_us sent, tl_time_us arrived, bool trend)
{
    note_queue(delay, sent, arrived);
    if (!trend)
        return;
    if (!delay->has_group || sent - delay->group.first_sent > GROUP_US) {
        if (delay->has_group)
            close_group(delay);
        delay->group = (struct tl_delay_group){ sent, sent, arrived };
        delay->has_group = true;
    } else if (sent >= delay->group.first_sent) { /* an older one was reordered: left out */
        if (sent > delay->group.last_sent)
            delay->group.last_sent = sent;
        if (arrived > delay->group.last_arrived)
            delay->group.last_arrived = arrived;
    }
}
