/* Who speaks: the loudest smoothed audio level (RFC 6464) of a room, with some patience so that a
 * cough does not take the floor. */
#include "route/internal.h"

enum {
    JUDGE_US = 200 * TL_MILLISECOND_US, /* at most five changes a second */
    STALE_US = 400 * TL_MILLISECOND_US, /* longer than a DTX gap: silent */
    QUIET_US = 2 * TL_SECOND_US,
};
static const double speech_floor = 127 - 52; /* dBov */
static const double lead_needed = 5;

void speaker_hear(struct source *source, tl_time_us now, uint8_t level)
{
    double loud = 127 - level;
    /* quick to rise, slow to fall: words have gaps */
    double weight = loud > source->loudness ? 0.3 : 0.08;
    source->loudness += (loud - source->loudness) * weight;
    source->loudness_at = now;
    source->has_level = true;
}

static double loudness_of(const struct participant *participant, tl_time_us now)
{
    double loudest = 0;
    for (size_t i = 0; i < participant->parameters.send_count; i++) {
        const struct source *source = &participant->sources[i];
        if (source->has_level && !source->muted && now - source->loudness_at < STALE_US &&
            source->parameters->source == TL_SOURCE_MICROPHONE && source->loudness > loudest)
            loudest = source->loudness;
    }
    return loudest;
}

static void announce(struct tl_relay *relay, struct room *room)
{
    struct tl_relay_event event = { .kind = TL_RELAY_EVENT_SPEAKER,
                                    .room = room->id,
                                    .participant =
                                        room->speaker ? room->speaker->parameters.id : NULL };
    relay->config.output.event(relay->config.output.context, &event);
}

void speaker_tick(struct tl_relay *relay, tl_time_us now, struct room *room)
{
    if (now - room->judged_at < JUDGE_US)
        return;
    room->judged_at = now;
    struct participant *best = NULL;
    double best_loudness = speech_floor, present_loudness = 0;
    for (struct participant *participant = room->first; participant;
         participant = participant->next_in_room) {
        double loudness = loudness_of(participant, now);
        if (participant == room->speaker)
            present_loudness = loudness;
        if (loudness > best_loudness) {
            best = participant;
            best_loudness = loudness;
        }
    }
    if (best)
        room->spoke_at = now;
    bool takes_over = best && best != room->speaker &&
                      (!room->speaker || best_loudness > present_loudness + lead_needed);
    bool falls_silent = !best && room->speaker && now - room->spoke_at > QUIET_US;
    if (takes_over || falls_silent) {
        room->speaker = best;
        announce(relay, room);
    }
}

void speaker_leave(struct tl_relay *relay, struct participant *participant)
{
    struct room *room = &relay->rooms[participant->room];
    if (room->speaker != participant)
        return;
    room->speaker = NULL;
    announce(relay, room);
}
