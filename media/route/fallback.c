/* The rung of the ladder a participant's media goes by, as its nominated address tells: a connection
 * is TCP, an address of our own relays' TURN is TURN, any other is UDP. A browser may begin by a lower
 * rung and go over to the best: what does not last is not told. */
#include "route/internal.h"

static const tl_time_us least_us = 5 * TL_SECOND_US;

static bool is_turn(const struct tl_relay_config *config, const struct tl_address *address)
{
    if (address->port < config->turn_first_port ||
        address->port - config->turn_first_port >= (int)config->turn_port_count)
        return false;
    for (size_t i = 0; i < config->turn_host_count; i++)
        if (memcmp(config->turn_hosts[i].ip, address->ip, sizeof address->ip) == 0)
            return true;
    return false;
}

static unsigned rung_of(const struct tl_relay *relay, const struct participant *participant)
{
    const struct tl_address *address = &participant->ice.destination;
    if (address->stream)
        return TL_RUNG_TCP + 1;
    return is_turn(&relay->config, address) ? TL_RUNG_TURN + 1 : 0;
}

void fallback_end(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    if (participant->fallback && participant->fallback_told)
        incident_fallback(relay, participant, (enum tl_rung)(participant->fallback - 1),
                          now - participant->fallback_since, true);
    participant->fallback_told = false;
    participant->fallback = 0;
}

void fallback_tick(struct tl_relay *relay, tl_time_us now, struct participant *participant)
{
    unsigned rung =
        participant->ice.has_destination ? rung_of(relay, participant) : participant->fallback;
    if (rung != participant->fallback) {
        fallback_end(relay, now, participant);
        participant->fallback = rung;
        participant->fallback_since = now;
    }
    if (!rung || participant->fallback_told || now - participant->fallback_since < least_us)
        return;
    participant->fallback_told = true;
    incident_fallback(relay, participant, (enum tl_rung)(rung - 1),
                      now - participant->fallback_since, false);
}
