/* What a seat tells: states at once; what is heard and seen, twice a second. */
#include <math.h>

#include "base/json.h"
#include "seat_internal.h"

const char *peer_state_word(enum tl_peer_state state)
{
    static const char *const words[] = { "new", "connecting", "connected", "reconnecting",
                                         "failed" };
    return words[state];
}

void seat_tell(struct tl_seat *seat, json_t *event)
{
    tl_autojson json_t *owned = event;
    if (owned)
        seat->config.output.event(seat->config.output.context, owned);
}

void seat_tell_state(struct tl_seat *seat, const char *state)
{
    seat_tell(seat, json_pack("{s:s,s:s,s:s}", "event", "state", "state", state, "participant",
                              seat->participant));
}

static double tenths(double value)
{
    return round(value * 10) / 10;
}

static json_t *participant_or_null(const struct tl_seat *seat, unsigned mid)
{
    const char *participant = tl_seat_slot_participant(seat, mid);
    return *participant ? json_string(participant) : json_null();
}

static json_t *identity_or_null(int identity)
{
    return identity >= 0 ? json_integer(identity) : json_null();
}

static json_t *describe(const struct tl_seat *seat, tl_time_us now,
                        const struct tl_peer_slot *slot)
{
    char mid[8];
    struct tl_writer w = tl_writer(mid, sizeof mid);
    tl_write_format(&w, "%u", slot->mid);
    json_t *object = json_pack(
        "{s:s%,s:o,s:o,s:I,s:I,s:I,s:f}", "mid", mid, w.used, "participant",
        participant_or_null(seat, slot->mid), "identity", identity_or_null(slot->identity),
        "packets", (json_int_t)slot->packets, "lost", (json_int_t)slot->lost, "silent_ms",
        (json_int_t)((now - slot->heard) / TL_MILLISECOND_US), "jitter_ms",
        tenths(slot->jitter_ms));
    if (slot->video) {
        json_object_set_new(object, "frames", json_integer((json_int_t)slot->decoded));
        json_object_set_new(object, "moved", json_integer((json_int_t)slot->moved));
        json_object_set_new(object, "unreadable", json_integer((json_int_t)slot->unreadable));
        json_object_set_new(object, "width", json_integer((json_int_t)slot->width));
        json_object_set_new(object, "height", json_integer((json_int_t)slot->height));
    } else {
        json_object_set_new(object, "decoded", json_integer((json_int_t)slot->decoded));
        json_object_set_new(object, "level_dbfs", json_real(tenths(slot->level_dbfs)));
    }
    return object;
}

void seat_tell_media(struct tl_seat *seat, tl_time_us now)
{
    const struct tl_peer *peer = seat->current.peer;
    json_t *heard = json_array(), *seen = json_array();
    for (size_t i = 0; i < tl_peer_slot_count(peer); i++) {
        struct tl_peer_slot slot;
        tl_peer_slot(peer, i, &slot);
        if (slot.heard)
            json_array_append_new(slot.video ? seen : heard, describe(seat, now, &slot));
    }
    seat_tell(seat, json_pack("{s:s,s:o}", "event", "heard", "slots", heard));
    seat_tell(seat, json_pack("{s:s,s:o}", "event", "seen", "slots", seen));
    struct tl_peer_statistics s;
    tl_peer_statistics(peer, &s);
    seat_tell(seat,
              json_pack("{s:s,s:s,s:f,s:I,s:I,s:I,s:I,s:f,s:f,s:I,s:I,s:I,s:I,s:I,s:I}",
                        "event", "link", "state", peer_state_word(tl_peer_state(peer, now)),
                        "rtt_ms", tenths((double)s.rtt / TL_MILLISECOND_US), "packets_out",
                        (json_int_t)s.packets_out, "packets_in", (json_int_t)s.packets_in,
                        "lost_in", (json_int_t)s.lost_in, "bad_in", (json_int_t)s.bad_in,
                        "loss_in", s.loss_in, "loss_out", s.loss_out, "nacks_out",
                        (json_int_t)s.nacks_out, "nacks_in", (json_int_t)s.nacks_in,
                        "retransmitted_in", (json_int_t)s.retransmitted_in, "retransmitted_out",
                        (json_int_t)s.retransmitted_out, "feedback_in",
                        (json_int_t)s.feedback_in, "srtp_profile", (json_int_t)s.srtp_profile));
}
