/* How good each link is: the relay's statistics and what the client itself sees, as one word for
 * people, and the numbers beside it. */
#include "base/memory.h"
#include "hub/state.h"

static const tl_time_us STATISTICS_OLD_US = 5 * TL_SECOND_US;
enum { GRADE_SEEN_TWICE = 2 };

const char *tl_grade_name(enum tl_grade grade)
{
    static const char *const names[] = { [TL_GRADE_NONE] = NULL,
                                         [TL_GRADE_GOOD] = "good",
                                         [TL_GRADE_FAIR] = "fair",
                                         [TL_GRADE_POOR] = "poor",
                                         [TL_GRADE_LOST] = "lost" };
    return names[grade];
}

/* ITU-T G.114: under 150 ms one way nobody notices, over 400 ms talk breaks down. Opus conceals a
 * few percent of loss; VP8 with repair bears a little more than that. */
enum tl_grade tl_grade_of(const struct tl_statistics *s, enum tl_media_state state)
{
    double loss = s->up_loss > s->down_loss ? s->up_loss : s->down_loss;
    if (state == TL_MEDIA_FAILED || state == TL_MEDIA_RECONNECTING)
        return TL_GRADE_LOST;
    if (loss > 0.08 || s->rtt_ms > 600 || s->up_jitter_ms > 80 ||
        s->pictures == TL_PICTURES_NONE)
        return TL_GRADE_POOR;
    if (loss > 0.02 || s->rtt_ms > 300 || s->up_jitter_ms > 40)
        return TL_GRADE_FAIR;
    return TL_GRADE_GOOD;
}

void tl_quality_statistics(struct tl_hub *hub, const struct tl_statistics *statistics)
{
    struct tl_peer *peer = tl_peer_find(hub, statistics->participant);
    if (!peer || peer->state == TL_MEDIA_NONE)
        return;
    peer->statistics = *statistics;
    peer->statistics.participant = (struct tl_text){ NULL, 0 };
    peer->statistics_at = hub->now.monotonic;
    if (peer->test)
        tl_test_statistics(hub, peer->test);
}

static enum tl_grade grade_seat(const struct tl_hub *hub, const struct tl_seat *seat)
{
    const struct tl_peer *peer = &seat->peer;
    if (peer->state == TL_MEDIA_NONE || peer->state == TL_MEDIA_OPENING || !peer->statistics_at)
        return TL_GRADE_NONE;
    if (hub->now.monotonic - peer->statistics_at > STATISTICS_OLD_US)
        return TL_GRADE_LOST;
    enum tl_grade grade = tl_grade_of(&peer->statistics, peer->state);
    if (seat->concealed_ms >= 1000 && grade < TL_GRADE_POOR)
        grade = TL_GRADE_POOR;
    else if (seat->freezes && grade < TL_GRADE_FAIR)
        grade = TL_GRADE_FAIR;
    return grade;
}

/* A worse or better word is shown once it was seen twice; none and lost at once. */
static bool follow_grade(struct tl_seat *seat, enum tl_grade grade)
{
    if (grade == seat->grade) {
        seat->grade_pending = 0;
        return false;
    }
    bool at_once = grade == TL_GRADE_LOST || grade == TL_GRADE_NONE ||
                   seat->grade == TL_GRADE_NONE || seat->grade == TL_GRADE_LOST;
    if (!at_once && ++seat->grade_pending < GRADE_SEEN_TWICE)
        return false;
    seat->grade = grade;
    seat->grade_pending = 0;
    return true;
}

static json_t *link_json(const struct tl_seat *seat)
{
    const struct tl_statistics *s = &seat->peer.statistics;
    return json_pack("{s:s, s:s, s:o, s:{s:f, s:f, s:f}, s:{s:f, s:f, s:o, s:s?}}",
                     "participant", seat->who.participant, "grade", tl_grade_name(seat->grade),
                     "rtt_ms", s->rtt_ms < 0 ? json_null() : json_real(s->rtt_ms), "up", "kbps",
                     s->up_kbps, "loss", s->up_loss, "jitter_ms", s->up_jitter_ms, "down",
                     "kbps", s->down_kbps, "loss", s->down_loss, "estimate_kbps",
                     s->down_estimate_kbps < 0 ? json_null() : json_real(s->down_estimate_kbps),
                     "video", tl_pictures_words[s->pictures]);
}

static void tick_session(struct tl_hub *hub, struct tl_session *session)
{
    json_t *links = json_array();
    for (unsigned i = 0; i < TL_HUB_SEATS_LIMIT; i++) {
        struct tl_seat *seat = &session->seats[i];
        if (seat->state != TL_SEAT_IN)
            continue;
        if (follow_grade(seat, grade_seat(hub, seat)))
            tl_session_mark(hub, session, true, false, false);
        if (seat->grade != TL_GRADE_NONE)
            json_array_append_new(links, link_json(seat));
    }
    if (json_array_size(links))
        tl_session_tell(hub, session,
                        json_pack("{s:s, s:O}", "type", "quality", "links", links), true);
    json_decref(links);
}

void tl_quality_tick(struct tl_hub *hub)
{
    struct tl_map_walk walk = tl_map_walk(&hub->sessions);
    struct tl_map_link *link;
    while ((link = tl_map_walk_next(&walk)))
        tick_session(hub, TL_CONTAINER(link, struct tl_session, link));
}
