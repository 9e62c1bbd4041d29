#include "route/wheel.h"

void wheel_remove(struct wheel *wheel, unsigned place)
{
    if (!wheel->places[place].in)
        return;
    uint16_t next = wheel->places[place].next, previous = wheel->places[place].previous;
    uint8_t spoke = wheel->places[place].spoke;
    if (previous)
        wheel->places[previous - 1].next = next;
    else
        wheel->first[spoke] = next;
    if (next)
        wheel->places[next - 1].previous = previous;
    if (!wheel->first[spoke])
        wheel->filled &= ~((uint64_t)1 << spoke);
    wheel->places[place].in = false;
}

void wheel_put(struct wheel *wheel, tl_time_us now, unsigned place, tl_time_us due)
{
    wheel_remove(wheel, place);
    if (!wheel->filled)
        wheel->turned = now / WHEEL_SPOKE_US;
    int64_t last = wheel->turned + WHEEL_SPOKES - 1, spoke = last;
    if (due <= last * WHEEL_SPOKE_US)
        spoke = due <= wheel->turned * WHEEL_SPOKE_US
                    ? wheel->turned + 1
                    : (due + WHEEL_SPOKE_US - 1) / WHEEL_SPOKE_US;
    uint8_t at = (uint8_t)(spoke % WHEEL_SPOKES);
    uint16_t first = wheel->first[at];
    wheel->places[place].next = first;
    wheel->places[place].previous = 0;
    wheel->places[place].spoke = at;
    wheel->places[place].in = true;
    wheel->places[place].due = spoke * WHEEL_SPOKE_US;
    if (first)
        wheel->places[first - 1].previous = (uint16_t)(place + 1);
    wheel->first[at] = (uint16_t)(place + 1);
    wheel->filled |= (uint64_t)1 << at;
}

void wheel_hasten(struct wheel *wheel, tl_time_us now, unsigned place, tl_time_us due)
{
    if (!wheel->places[place].in || wheel->places[place].due > due + WHEEL_SPOKE_US)
        wheel_put(wheel, now, place, due);
}

bool wheel_take(struct wheel *wheel, tl_time_us now, unsigned *ret_place)
{
    int64_t current = now / WHEEL_SPOKE_US;
    if (current - wheel->turned >= WHEEL_SPOKES) /* late by a turn and more: all are due */
        wheel->turned = current - WHEEL_SPOKES + 1;
    while (wheel->filled && wheel->turned <= current) {
        uint16_t first = wheel->first[wheel->turned % WHEEL_SPOKES];
        if (first) {
            *ret_place = first - 1u;
            wheel_remove(wheel, first - 1u);
            return true;
        }
        if (wheel->turned == current)
            break;
        wheel->turned++;
    }
    return false;
}

tl_time_us wheel_next(const struct wheel *wheel)
{
    if (!wheel->filled)
        return INT64_MAX;
    unsigned by = (unsigned)(wheel->turned % WHEEL_SPOKES);
    uint64_t ahead =
        by ? wheel->filled >> by | wheel->filled << (WHEEL_SPOKES - by) : wheel->filled;
    return (wheel->turned + __builtin_ctzll(ahead)) * WHEEL_SPOKE_US;
}
