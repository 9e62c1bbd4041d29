/* Who is seen and heard where. A slot keeps its wish; it is connected to a source whenever the
 * participant wished for is here, in the same room, and sends it. */
#include <stdlib.h>

#include "route/internal.h"

void slot_disconnect(struct tl_relay *relay, struct slot *slot)
{
    sound_forget(relay, slot);
    if (!slot->source)
        return;
    struct slot **link = &slot->source->first_subscriber;
    while (*link != slot)
        link = &(*link)->next_subscriber;
    *link = slot->next_subscriber;
    slot->next_subscriber = NULL;
    slot->source = NULL;
    tl_rewrite_switch(&slot->rewrite);
}

static struct source *source_wished(const struct tl_relay *relay, const struct slot *slot)
{
    const struct participant *from =
        slot->wish.from[0] ? participant_by_id(relay, slot->wish.from) : NULL;
    if (!from || from->room != slot->owner->room)
        return NULL;
    for (size_t i = 0; i < from->parameters.send_count; i++) {
        const struct tl_send_parameters *send = &from->parameters.sends[i];
        if (send->source == slot->wish.source && send->video == slot->parameters->video)
            return (struct source *)&from->sources[i];
    }
    return NULL;
}

void slot_connect(struct tl_relay *relay, tl_time_us now, struct slot *slot)
{
    struct source *source = source_wished(relay, slot);
    if (source == slot->source)
        return;
    slot_disconnect(relay, slot);
    /* most slots never show anybody: they need not remember what they left out */
    if (source && !slot->rewrite.runs)
        slot->rewrite.runs = calloc(TL_REWRITE_RUNS, sizeof *slot->rewrite.runs);
    if (!source || !slot->rewrite.runs)
        return;
    slot->source = source;
    slot->next_subscriber = source->first_subscriber;
    source->first_subscriber = slot;
    tl_rewrite_switch(&slot->rewrite);
    /* the smallest layer comes soonest; the estimate then says what more */
    slot->layer = slot->target = 0;
    slot->temporal = slot->temporal_target = TEMPORAL_LIMIT - 1;
    slot->paused = slot->plain = false;
    /* another person's picture must not run on under a new name: nothing until a key frame */
    slot->waiting_key = slot->parameters->video;
    if (slot->waiting_key && slot->owner->srtp) /* before its keys it could not be sent one */
        key_frame_ask(relay, now, source, slot->target);
}

void slots_find_source(struct tl_relay *relay, tl_time_us now, struct participant *newcomer)
{
    for (struct participant *other = relay->rooms[newcomer->room].first; other;
         other = other->next_in_room) {
        if (other == newcomer)
            continue;
        for (size_t s = 0; s < other->parameters.receive_count; s++)
            if (strcmp(other->slots[s].wish.from, newcomer->parameters.id) == 0)
                slot_connect(relay, now, &other->slots[s]);
    }
}

void source_restarted(struct source *source, const struct layer *layer)
{
    for (struct slot *slot = source->first_subscriber; slot; slot = slot->next_subscriber) {
        if (layer && slot_layer(slot) != layer)
            continue;
        tl_rewrite_switch(&slot->rewrite);
        slot->waiting_key = slot->parameters->video;
    }
}

static struct slot *slot_by_mid(struct participant *participant, const char *mid)
{
    for (size_t i = 0; i < participant->parameters.receive_count; i++)
        if (strcmp(participant->parameters.receives[i].mid, mid) == 0)
            return &participant->slots[i];
    return NULL;
}

enum tl_error tl_relay_slots_set(struct tl_relay *relay, tl_time_us now, const char *id,
                                 const struct tl_slot_wish *wishes, size_t count)
{
    struct participant *participant = participant_by_id(relay, id);
    if (!participant)
        return TL_ERROR_MISSING;
    for (size_t i = 0; i < count; i++)
        if (!slot_by_mid(participant, wishes[i].mid))
            return TL_ERROR_MISSING;
    for (size_t i = 0; i < participant->parameters.receive_count; i++)
        participant->slots[i].wish.from[0] = 0;
    for (size_t i = 0; i < count; i++)
        slot_by_mid(participant, wishes[i].mid)->wish = wishes[i];
    for (size_t i = 0; i < participant->parameters.receive_count; i++)
        slot_connect(relay, now, &participant->slots[i]);
    return TL_OK;
}

enum tl_error tl_relay_source_mute(struct tl_relay *relay, tl_time_us now, const char *id,
                                   enum tl_source_name name, bool muted)
{
    struct participant *participant = participant_by_id(relay, id);
    if (!participant)
        return TL_ERROR_MISSING;
    for (size_t i = 0; i < participant->parameters.send_count; i++) {
        struct source *source = &participant->sources[i];
        if (source->parameters->source != name)
            continue;
        if (source->muted != muted) {
            source->muted = muted;
            source->loudness = 0;
            for (size_t l = 0; l < LAYERS_LIMIT; l++) /* nor be asked for again */
                if (source->layers[l].nack)
                    *source->layers[l].nack = (struct tl_nack_list){ 0 };
            /* what was dropped in between must not look like loss */
            source_restarted(source, NULL);
            for (struct slot *slot = source->first_subscriber; slot && !muted;
                 slot = slot->next_subscriber)
                if (slot->parameters->video)
                    key_frame_ask(relay, now, source, slot->target);
        }
        return TL_OK;
    }
    return TL_ERROR_MISSING;
}
