/* Seats: who holds which, how long when away, and finding them. */
#include "base/memory.h"
#include "hub/state.h"

static const struct tl_slot no_slot = { -1, TL_SOURCE_NONE };

bool tl_seat_is_taken(const struct tl_seat *seat)
{
    return seat->state != TL_SEAT_FREE;
}

struct tl_seat *tl_seat_find(struct tl_session *session, struct tl_text participant)
{
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++)
        if (session->seats[i].state != TL_SEAT_FREE &&
            tl_text_is(participant, session->seats[i].who.participant))
            return &session->seats[i];
    return NULL;
}

/* The seat asked for, else one nobody ever sat on, else one that is free again. */
static int choose(const struct tl_session *session, unsigned wanted)
{
    int again = -1;
    if (wanted && session->seats[wanted - 1].state == TL_SEAT_FREE)
        return (int)wanted - 1;
    for (int i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        if (session->seats[i].state != TL_SEAT_FREE)
            continue;
        if (!session->seat_used[i])
            return i;
        if (again < 0)
            again = i;
    }
    return again;
}

struct tl_seat *tl_seat_take(struct tl_hub *hub, struct tl_session *session,
                             const struct tl_identity *who)
{
    int index = choose(session, who->seat);
    if (index < 0)
        return NULL;
    char fresh[TL_PARTICIPANT_SIZE];
    struct tl_seat *seat = &session->seats[index];
    *seat = (struct tl_seat){ .state = TL_SEAT_JOINING, .session = session, .who = *who };
    tl_timestamp_write(hub->now.wall, seat->arrived);
    seat->who.seat = (unsigned)index + 1;
    seat->host = strcmp(who->role, "host") == 0;
    session->seat_used[index] = true;
    tl_hub_hex(hub, fresh);
    seat->peer.session = session;
    seat->peer.seat = (unsigned)index;
    for (unsigned i = 0; i < TL_SDP_RECEIVES_LIMIT; i++)
        seat->peer.slots[i] = no_slot;
    tl_peer_register(hub, &seat->peer, who->participant[0] ? who->participant : fresh);
    memcpy(seat->who.participant, seat->peer.participant, sizeof seat->who.participant);
    return seat;
}

static void forget_resume(struct tl_hub *hub, struct tl_resume *resume)
{
    if (resume->known)
        tl_map_remove(&hub->resumes, &resume->link);
    resume->known = false;
}

static void set_resume(struct tl_hub *hub, struct tl_seat *seat, struct tl_resume *resume,
                       const uint8_t digest[32])
{
    uint64_t hash;
    forget_resume(hub, resume);
    memcpy(resume->digest, digest, 32);
    memcpy(&hash, digest, sizeof hash);
    resume->seat = seat;
    resume->known = true;
    tl_map_add(&hub->resumes, &resume->link, hash);
}

void tl_seat_set_resume(struct tl_hub *hub, struct tl_seat *seat, const uint8_t digest[32])
{
    if (seat->resume.known)
        set_resume(hub, seat, &seat->before, seat->resume.digest);
    set_resume(hub, seat, &seat->resume, digest);
}

void tl_seat_forget_before(struct tl_hub *hub, struct tl_seat *seat)
{
    forget_resume(hub, &seat->before);
}

/* The token before the present one is taken only while the connection that got the present one
 * is gone and never showed that it had received it. */
struct tl_seat *tl_seat_by_resume(struct tl_hub *hub, const uint8_t digest[32])
{
    uint64_t hash;
    memcpy(&hash, digest, sizeof hash);
    for (struct tl_map_link *link = tl_map_first(&hub->resumes, hash); link;
         link = tl_map_next(link)) {
        struct tl_resume *resume = TL_CONTAINER(link, struct tl_resume, link);
        struct tl_seat *seat = resume->seat;
        if (!tl_secret_equal(tl_bytes(resume->digest, 32), tl_bytes(digest, 32)))
            continue;
        if (seat->state == TL_SEAT_FREE || seat->state == TL_SEAT_LEAVING ||
            seat->session->over || seat->session->ending)
            return NULL;
        return resume == &seat->before && seat->client ? NULL : seat;
    }
    return NULL;
}

void tl_seat_away(struct tl_hub *hub, struct tl_seat *seat)
{
    if (seat->state == TL_SEAT_FREE)
        return;
    seat->away_until = hub->now.monotonic + TL_HUB_SEAT_KEPT_US;
    tl_hub_wake_at(hub, seat->away_until);
    tl_session_mark(hub, seat->session, true, false, false);
}

void tl_seat_free(struct tl_hub *hub, struct tl_seat *seat)
{
    forget_resume(hub, &seat->resume);
    forget_resume(hub, &seat->before);
    tl_peer_close(hub, &seat->peer);
    tl_peer_unregister(hub, &seat->peer);
    tl_slots_forget_seat(seat->session, seat->peer.seat);
    seat->state = TL_SEAT_FREE;
    seat->client = NULL;
    tl_secret_wipe(seat->token, sizeof seat->token);
    tl_session_mark(hub, seat->session, true, true, true);
}
