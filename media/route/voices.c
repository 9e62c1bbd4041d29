/* Whose sound goes to a receiver, and whose twice: as much as its line carries. */
#include "media/simulcast.h"
#include "route/internal.h"

/* An instrument's sound is why the call is held; then who speaks, then the louder. Who is heard
 * now stays before somebody as loud. */
static uint32_t voice_rank_of(const struct tl_relay *relay, const struct slot *slot)
{
    enum { LOUDEST = 127, STAYS = 10 };
    const struct source *source = slot->source;
    if (source->name != TL_SOURCE_MICROPHONE)
        return 0;
    if (relay->rooms[slot->owner->room].speaker == source->owner)
        return 1;
    uint32_t quiet = source->has_level ? (uint32_t)(LOUDEST - source->loudness) : LOUDEST;
    return 2 + quiet + (slot->paused ? STAYS : 0);
}

/* RED costs what its older blocks weigh; without it, at the sender or at the receiver, datagrams go
 * again, and only when the receiver reports loss. */
static uint32_t spare_kbps(const struct slot *slot, const struct rate *rate, bool lossy)
{
    bool red = slot->parameters->types.red != TL_PAYLOAD_NONE && rate->temporals > 1;
    if (red)
        return rate->kbps[rate->temporals - 1] - rate->kbps[0];
    return lossy ? rate->kbps[0] : 0;
}

uint32_t voices_share(struct tl_relay *relay, tl_time_us now, struct participant *participant,
                      uint32_t target_kbps, uint32_t *ret_wanted_kbps)
{
    struct tl_allocation_voice voices[TL_ALLOCATION_VOICES_LIMIT] = { 0 };
    struct slot *slots[TL_ALLOCATION_VOICES_LIMIT];
    size_t found = 0;
    bool lossy = now < participant->repeat_until;
    for (size_t i = 0; i < participant->parameters.receive_count; i++) {
        struct slot *slot = &participant->slots[i];
        if (!slot->source || slot->parameters->video || slot->source->muted ||
            !layer_is_alive(&slot->source->layers[0], now))
            continue;
        const struct rate *rate = &slot->source->layers[0].rate;
        voices[found] = (struct tl_allocation_voice){
            .plain_kbps = rate->kbps[0],
            .spare_kbps = spare_kbps(slot, rate, lossy),
            .rank = voice_rank_of(relay, slot),
            .passes = !slot->paused,
            .doubled = !slot->plain,
        };
        slots[found++] = slot;
    }
    *ret_wanted_kbps = tl_allocation_voices_wanted(voices, found, lossy);
    uint32_t used = tl_allocate_voices(voices, found, target_kbps, lossy);
    for (size_t i = 0; i < found; i++) {
        slots[i]->paused = !voices[i].passes;
        slots[i]->plain = !voices[i].doubled;
    }
    return used;
}
