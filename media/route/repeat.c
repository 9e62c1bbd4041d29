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

void sound_forget(struct tl_relay *relay, struct slot *slot)
{
    if (!slot->sound)
        return;
    relay->sound_pool[slot->sound - 1].next = relay->sound_free;
    relay->sound_free = slot->sound;
    slot->sound = 0;
}

/* A place plus 1; 0: all are taken. */
static uint16_t take_place(struct tl_relay *relay)
{
    uint16_t place = relay->sound_free;
    if (!place)
        return relay->sound_fresh < SOUND_POOL ? ++relay->sound_fresh : 0;
    relay->sound_free = relay->sound_pool[place - 1].next;
    return place;
}

static void keep(struct tl_relay *relay, struct slot *slot, const uint8_t *sealed, size_t size)
{
    if (!slot->sound)
        slot->sound = take_place(relay);
    if (!slot->sound)
        return;
    struct sound *sound = &relay->sound_pool[slot->sound - 1];
    memcpy(sound->data, sealed, size);
    sound->size = (uint16_t)size;
}

void sound_repeat(struct tl_relay *relay, tl_time_us now, struct slot *slot,
                  const uint8_t *sealed, size_t size, bool numbered, uint16_t number)
{
    struct participant *participant = slot->owner;
    uint8_t copy[SOUND_ROOM];
    uint16_t before = 0;
    if (slot->sound) {
        before = relay->sound_pool[slot->sound - 1].size;
        memcpy(copy, relay->sound_pool[slot->sound - 1].data, before);
    }
    if (now < participant->repeat_until && !slot->plain && size <= SOUND_ROOM)
        keep(relay, slot, sealed, size);
    else
        sound_forget(relay, slot);
    transport_send_as(relay, participant, size, TL_TRAFFIC_AUDIO);
    uint8_t *buffer = before ? relay->config.output.begin(relay->config.output.context) : NULL;
    if (!buffer)
        return;
    memcpy(buffer, copy, before);
    if (numbered)
        transport_note_behind(participant, number, before);
    transport_send_as(relay, participant, before, TL_TRAFFIC_AUDIO);
    count(relay, TL_RELAY_SOUND_REPEATED);
}
