/* What one recorded event changes: the people of the act, its incidents, its state. Each effect
 * stands once and bows to a newer one, so that events may be applied again, in order. */
#include <stdio.h>

#include "acts/act_state.h"
#include "sessions/events.h"

static struct tl_value text(struct tl_text t)
{
    return tl_value(t.data && t.size ? t.data : NULL);
}

static enum tl_error participant_state(struct tl_db *db, const struct tl_session_event *e,
                                       const char *state)
{
    return tl_db_query(db, TL_SQL_SESSION_PARTICIPANT_STATE, NULL, text(e->participant),
                       tl_value(state), text(e->at));
}

static enum tl_error take_seat(struct tl_db *db, const struct tl_session_event *e)
{
    char seat[12], participant[40], act[TL_UUID_SIZE];
    snprintf(seat, sizeof seat, "%d", e->seat);
    if (tl_text_copy(e->participant, participant, sizeof participant) ||
        tl_text_copy(e->act, act, sizeof act))
        return TL_ERROR_FORMAT;
    const struct tl_place place = { "participant.name", participant, NULL, act };
    enum tl_error error =
        tl_db_query(db, TL_SQL_SESSION_SEAT_TAKEN, NULL, text(e->participant), text(e->act),
                    tl_value(seat), text(e->person), tl_value_sealed(e->name.data, &place),
                    tl_value(e->title.data ? e->title.data : ""), text(e->role), text(e->at),
                    text(e->resume_sha256));
    return error ? error
                 : tl_db_query(db, TL_SQL_SESSION_ROOM, NULL, text(e->act), text(e->room));
}

static enum tl_error add_incident(struct tl_db *db, const struct tl_session_event *e)
{
    char measure[40];
    snprintf(measure, sizeof measure, "%.6g", e->measure);
    return tl_db_query(db, TL_SQL_SESSION_INCIDENT, NULL, text(e->id), text(e->act),
                       text(e->participant), text(e->kind), text(e->started_at),
                       text(e->ended_at), tl_value(e->has_measure ? measure : NULL),
                       tl_value(e->unit.data ? e->unit.data : ""));
}

static enum tl_error apply_to_people(struct tl_db *db, const struct tl_session_event *e)
{
    switch (e->type) {
    case TL_EVENT_SEAT_TAKEN: return take_seat(db, e);
    case TL_EVENT_RESUME_CHANGED:
        return tl_db_query(db, TL_SQL_SESSION_RESUME_CHANGED, NULL, text(e->participant),
                           text(e->resume_sha256), text(e->at));
    case TL_EVENT_ADMITTED: return participant_state(db, e, "in");
    case TL_EVENT_REFUSED:
    case TL_EVENT_REMOVED: return participant_state(db, e, "removed");
    case TL_EVENT_LEFT: return participant_state(db, e, "left");
    case TL_EVENT_ENDED:
        return tl_db_query(db, TL_SQL_SESSION_EVERYBODY_LEFT, NULL, text(e->act), text(e->at));
    case TL_EVENT_IDENTITY_CHECKED:
        return tl_db_query(db, TL_SQL_SESSION_IDENTITY_CHECKED, NULL, text(e->other),
                           text(e->at));
    case TL_EVENT_IDENTITY_UNCHECKED:
        return tl_db_query(db, TL_SQL_SESSION_IDENTITY_UNCHECKED, NULL, text(e->other),
                           text(e->at));
    case TL_EVENT_INCIDENT: return add_incident(db, e);
    case TL_EVENT_TEST_RESULT:
        return tl_db_query(db, TL_SQL_SESSION_TESTED, NULL, text(e->act), text(e->at));
    default: return TL_OK;
    }
}

/* What the event moves the act to; where the state machine says no, the event stays on record and
 * the act where it is (a session's last words may come after its end). */
static enum tl_act_state next_state(enum tl_act_state state, const struct tl_session_event *e,
                                    bool met)
{
    if (e->type == TL_EVENT_SEAT_TAKEN || e->type == TL_EVENT_ADMITTED)
        (void)tl_act_next(state, TL_ACT_ARRIVE, &state);
    if (met)
        (void)tl_act_next(state, TL_ACT_MEET, &state);
    if (e->type == TL_EVENT_ENDED)
        (void)tl_act_next(state, TL_ACT_END, &state);
    return state;
}

static enum tl_error apply_to_act(struct tl_db *db, const struct tl_session_event *e)
{
    tl_autorows struct tl_rows rows = { 0 };
    enum tl_act_state state;
    enum tl_error error = tl_db_query(db, TL_SQL_SESSION_ACT, &rows, text(e->act));
    if (error)
        return error;
    if (!rows.count || tl_act_state_read(tl_text(tl_rows_text(&rows, 0, 0)), &state))
        return TL_ERROR_STATE;
    bool met = (e->type == TL_EVENT_SEAT_TAKEN || e->type == TL_EVENT_ADMITTED) &&
               tl_rows_boolean(&rows, 0, 1);
    enum tl_act_state next = next_state(state, e, met);
    /* Told after the end that they had met before it: since when is on record all the same. */
    if (met && next != TL_ACT_LIVE && tl_act_is_over(next))
        return tl_db_query(db, TL_SQL_SESSION_MET, NULL, text(e->act), text(e->at));
    if (next == state)
        return TL_OK;
    return tl_db_query(db, TL_SQL_SESSION_MOVE_ACT, NULL, text(e->act),
                       tl_value(tl_act_state_word(next)), text(e->at));
}

enum tl_error tl_session_event_apply(struct tl_db *db, const struct tl_session_event *event)
{
    enum tl_error error = apply_to_people(db, event);
    return error ? error : apply_to_act(db, event);
}
