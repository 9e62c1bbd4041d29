/* Sound on a line that loses: where a receiver reports loss and cannot take RED, each packet is
 * followed by the one before it once more. The copy is the sealed datagram bit for bit, so that no
 * nonce serves two texts (RFC 7714 section 8.1); who has it already drops it as a replay. It comes a
 * packet later and not at once, for losses come in clusters. Costs what the sound costs once more. */
#include "route/internal.h"

enum { HELD_US = 60 * TL_SECOND_US }; /* what is repaired is not reported lost any longer */
static const double lossy = 0.02;

void sound_repeat_judge(struct participant *participant, tl_time_us now)
{
    if (participant->down_loss >= lossy)
        participant->repeat_until = now + HELD_US;
}

void sound_repeat(struct tl_relay *relay, tl_time_us now, struct slot *slot,
                  const uint8_t *sealed, size_t size)
{
    struct participant *participant = slot->owner;
    uint16_t before = slot->sound_size;
    uint8_t copy[SOUND_ROOM];
    if (before)
        memcpy(copy, slot->sound, before);
    slot->sound_size = 0;
    if (now < participant->repeat_until && !slot->plain && size <= SOUND_ROOM) {
        memcpy(slot->sound, sealed, size);
        slot->sound_size = (uint16_t)size;
    }
    transport_send_as(relay, participant, size, TL_TRAFFIC_AUDIO);
    uint8_t *buffer = before ? relay->config.output.begin(relay->config.output.context) : NULL;
    if (!buffer)
        return;
    memcpy(buffer, copy, before);
    transport_send_as(relay, participant, before, TL_TRAFFIC_AUDIO);
    count(relay, TL_RELAY_SOUND_REPEATED);
}
