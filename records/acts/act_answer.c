#include "acts/act_answer.h"

#include <string.h>

#include "acts/act_words.h"

static void say_events(json_t *events, enum tl_language language)
{
    size_t i;
    json_t *event;
    char label[TL_SENTENCE_SIZE];
    json_array_foreach(events, i, event)
    {
        tl_event_label(json_string_value(json_object_get(event, "type")),
                       json_string_value(json_object_get(event, "name")), language, label);
        json_object_set_new(event, "label", json_string(label));
        json_object_del(event, "name");
    }
}

static double number_or(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : -1;
}

static void say_incidents(json_t *incidents, enum tl_language language)
{
    size_t i;
    json_t *incident;
    char sentence[TL_SENTENCE_SIZE];
    json_array_foreach(incidents, i, incident)
    {
        tl_incident_sentence(json_string_value(json_object_get(incident, "kind")),
                             number_or(incident, "seconds"), number_or(incident, "measure"),
                             json_string_value(json_object_get(incident, "unit")),
                             json_string_value(json_object_get(incident, "name")), language,
                             sentence);
        json_object_set_new(incident, "sentence", json_string(sentence));
        json_object_del(incident, "name");
        json_object_del(incident, "seconds");
    }
}

static json_t *may(const struct tl_act_view *act, bool invited)
{
    bool own = act->relation == TL_RELATION_OWN;
    bool plans = own || act->relation == TL_RELATION_PLANNER;
    bool takes_part = own || act->relation == TL_RELATION_COLLEAGUE;
    bool deserted = act->state == TL_ACT_LIVE && !act->occupied;
    const struct {
        const char *word;
        bool yes;
    } all[] = {
        { "join", takes_part && tl_act_may(act->state, TL_ACT_JOIN) },
        { "close", own && (tl_act_may(act->state, TL_ACT_CLOSE) || deserted) },
        { "reschedule", plans && tl_act_may(act->state, TL_ACT_MOVE) },
        { "remind", plans && invited && tl_act_may(act->state, TL_ACT_MOVE) },
        { "renew_link", plans && tl_act_may(act->state, TL_ACT_JOIN) },
        { "hand_over", own && tl_act_may(act->state, TL_ACT_MOVE) },
        { "invite", own && tl_act_may(act->state, TL_ACT_JOIN) },
        { "document", takes_part && tl_act_may(act->state, TL_ACT_ADD) },
        { "cancel", plans && tl_act_may(act->state, TL_ACT_CANCEL) },
        { "not_done", own && tl_act_may(act->state, TL_ACT_NOT_HELD) },
        { "amend", own && tl_act_may(act->state, TL_ACT_AMEND) },
    };
    json_t *words = json_array();
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].yes)
            json_array_append_new(words, json_string(all[i].word));
    return words;
}

static void hide_clinical(json_t *act)
{
    json_object_set_new(act, "reason", json_string(""));
    json_object_set_new(act, "report", json_null());
    json_object_set_new(act, "documents", json_array());
    json_t *events = json_object_get(act, "events");
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event) json_object_set_new(event, "detail", json_object());
}

/* An act that was just made has a relation and no standing yet. */
static bool reads_clinical(const struct tl_call *call)
{
    struct tl_standing standing = call->standing;
    standing.relations |= TL_ONLY(call->act.relation);
    return tl_access_allows(TL_ACTION_ACT_READ_CLINICAL, &standing);
}

void tl_act_answer(struct tl_call *call, int status)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_ACT_FULL, &rows, tl_value(call->act.id)))
        return;
    json_t *act = rows.count ? json_loads(tl_rows_text(&rows, 0, 0), 0, NULL) : NULL;
    if (!act || tl_act_state_read(tl_text(tl_rows_text(&rows, 0, 1)), &call->act.state)) {
        json_decref(act);
        (void)tl_refuse_error(call, TL_ERROR_IO);
        return;
    }
    call->act.occupied = tl_rows_boolean(&rows, 0, 2);
    say_events(json_object_get(act, "events"), call->request->language);
    say_incidents(json_object_get(act, "incidents"), call->request->language);
    bool invited = json_is_object(json_object_get(act, "invitation"));
    json_object_set_new(act, "may", may(&call->act, invited));
    if (!reads_clinical(call))
        hide_clinical(act);
    tl_answer_object(call, status, act);
}

bool tl_act_changed(struct tl_call *call, const char *kind, json_t *detail)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_ACT_WATCHERS, &rows, tl_value(call->act.id))) {
        json_decref(detail);
        return false;
    }
    tl_call_notice(call, kind, json_loads(tl_rows_text(&rows, 0, 0), 0, NULL),
                   tl_rows_text(&rows, 0, 1), tl_rows_text(&rows, 0, 2), detail);
    return true;
}
