/* What changes around an act before it is held; each tells everyone it concerns. */
#include <stdio.h>
#include <string.h>

#include "acts/act_answer.h"
#include "acts/handlers.h"
#include "acts/tell.h"
#include "http/limits.h"
#include "http/time_text.h"
#include "outbox/outbox.h"
#include "people/people.h"
#include "visits/invitation.h"

enum { COMMENT_LIMIT = 1000 };

static bool may_now(struct tl_call *call, enum tl_act_event event)
{
    if (tl_act_may(call->act.state, event))
        return true;
    return tl_refuse(call, TL_PROBLEM_STATE, NULL,
                     TL_SAY("L'acte a déjà commencé, ou il est terminé.",
                            "The act has begun already, or it is over."));
}

void tl_post_act_cancel(struct tl_call *call)
{
    static const char *const reasons[] = { "patient", "professional", "technical", "other" };
    struct tl_fields f;
    if (!tl_call_body(call, &f))
        return;
    const char *reason = reasons[tl_field_word(&f, "reason", reasons, 4)];
    struct tl_text comment =
        tl_field_characters_or_none(&f, "comment", COMMENT_LIMIT, TL_SEVERAL_LINES);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    const struct tl_place place = { "act.not_done_comment", call->act.id, call->act.structure,
                                    NULL };
    if (may_now(call, TL_ACT_CANCEL) &&
        tl_call_ask(call, TL_SQL_ACT_NOT_DONE, NULL, tl_value(call->act.id), tl_value(reason),
                    tl_value_sealed(comment.data, &place), tl_value_boolean(true)) &&
        tl_call_event(call, "cancelled", json_pack("{s:s}", "reason", reason)) &&
        tl_invitation_tell_all(call, TL_TOPIC_CANCELLED) &&
        tl_tell_professionals(call, TL_TOPIC_PRO_CANCELLED, NULL) &&
        tl_act_changed(call, "act.cancelled", NULL))
        tl_act_answer(call, 200);
}

void tl_post_act_reschedule(struct tl_call *call)
{
    struct tl_fields f;
    char starts_at[TL_TIMESTAMP_SIZE], duration[12];
    if (!tl_call_body(call, &f))
        return;
    (void)tl_field_text(&f, "starts_at", 1, 40);
    tl_time_us time = tl_field_time_or_none(&f, "starts_at");
    if (time >= 0 && time < call->now - 60 * (tl_time_us)TL_SECOND_US)
        tl_field_is_wrong(&f, "starts_at", "past");
    else if (time > call->now + TL_ACT_FUTURE_LIMIT_US)
        tl_field_is_wrong(&f, "starts_at", "out of range");
    int minutes = (int)tl_field_integer_or(&f, "duration_min", 5, 480, 20);
    bool despite_absence = tl_field_boolean_or(&f, "despite_absence", false);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    tl_timestamp_write(time, starts_at);
    snprintf(duration, sizeof duration, "%d", minutes);
    if (may_now(call, TL_ACT_MOVE) &&
        tl_is_present(call, call->act.professional, starts_at, despite_absence) &&
        tl_limit_holds_for_act(call, TL_LIMIT_ACT_MOVES) &&
        tl_limit_holds(call, TL_LIMIT_PROFESSIONAL_DAY, call->act.professional, starts_at, 1) &&
        tl_call_ask(call, TL_SQL_ACT_MOVE, NULL, tl_value(call->act.id), tl_value(starts_at),
                    tl_value(duration)) &&
        tl_call_event(call, "rescheduled", json_pack("{s:s}", "starts_at", starts_at)) &&
        tl_invitation_tell_all(call, TL_TOPIC_RESCHEDULED) &&
        tl_tell_professionals(call, TL_TOPIC_PRO_RESCHEDULED, NULL) &&
        tl_act_changed(call, "act.rescheduled", json_pack("{s:s}", "starts_at", starts_at)))
        tl_act_answer(call, 200);
}

void tl_post_act_remind(struct tl_call *call)
{
    if (tl_call_empty_body(call) && may_now(call, TL_ACT_MOVE) &&
        tl_limit_holds_for_act(call, TL_LIMIT_ACT_REMINDERS) &&
        tl_call_ask(call, TL_SQL_ACT_TOUCH, NULL, tl_value(call->act.id)) &&
        tl_call_event(call, "reminded", NULL) &&
        tl_invitation_tell_all(call, TL_TOPIC_REMINDER) &&
        tl_tell_professionals(call, TL_TOPIC_PRO_REMINDER, NULL))
        tl_act_answer(call, 200);
}

void tl_post_act_renew_link(struct tl_call *call)
{
    struct tl_fields f;
    struct tl_invite invite = { .role = "patient", .language = "fr" };
    struct tl_known_contact known = { .email = NULL };
    if (!tl_call_body(call, &f))
        return;
    tl_contact_read(&f, &invite.email, &invite.phone);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!may_now(call, TL_ACT_JOIN) || !tl_limit_holds_for_act(call, TL_LIMIT_ACT_LINKS) ||
        !tl_known_contact_find(call, &known))
        return;
    /* Neither given: the same addresses as before. */
    if (!invite.email.size && !invite.phone.size) {
        invite.email = tl_text(known.email);
        invite.phone = tl_text(known.phone);
    }
    invite.language = known.language;
    if (!invite.email.size && !invite.phone.size)
        (void)tl_refuse(call, TL_PROBLEM_FIELD, "email",
                        TL_SAY("Une adresse ou un numéro est nécessaire.",
                               "An address or a number is needed."));
    else if (tl_invitation_replace(call) && tl_invitation_make(call, &invite) &&
             tl_call_ask(call, TL_SQL_ACT_TOUCH, NULL, tl_value(call->act.id)) &&
             tl_call_event(call, "link_renewed", NULL) &&
             tl_act_changed(call, "link.renewed", NULL))
        tl_act_answer(call, 200);
    tl_rows_release(&known.rows);
}

/* A professional who may hold acts, and is not the act's own already. */
static bool find_colleague(struct tl_call *call, const char *person, struct tl_rows *ret_rows)
{
    if (!tl_call_ask(call, TL_SQL_PERSON_FOR_ACT, ret_rows, tl_value(person)))
        return false;
    if (!ret_rows->count || !tl_rows_boolean(ret_rows, 0, 4))
        return tl_refuse(call, TL_PROBLEM_FIELD, "person",
                         TL_SAY("Ce professionnel n'est pas dans l'annuaire.",
                                "This professional is not in the directory."));
    if (strcmp(person, call->act.professional) == 0)
        return tl_refuse(call, TL_PROBLEM_FIELD, "person",
                         TL_SAY("C'est déjà le professionnel de cet acte.",
                                "This is the act's professional already."));
    return true;
}

/* The day of who takes it over has room for it. */
static bool may_take_over(struct tl_call *call, const char *person)
{
    struct tl_act_facts facts;
    if (!tl_limit_holds_for_act(call, TL_LIMIT_ACT_COLLEAGUES) ||
        !tl_act_facts_find(call, &facts))
        return false;
    bool may = tl_limit_holds(call, TL_LIMIT_PROFESSIONAL_DAY, person, facts.starts_at_text, 1);
    tl_rows_release(&facts.rows);
    return may;
}

void tl_post_act_hand_over(struct tl_call *call)
{
    struct tl_fields f;
    char person[TL_UUID_SIZE];
    tl_autorows struct tl_rows to = { 0 };
    if (!tl_call_body(call, &f))
        return;
    tl_field_uuid(&f, "person", false, person);
    struct tl_text comment =
        tl_field_characters_or_none(&f, "comment", COMMENT_LIMIT, TL_SEVERAL_LINES);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!may_now(call, TL_ACT_MOVE) || !find_colleague(call, person, &to) ||
        !may_take_over(call, person))
        return;
    /* Who hands over keeps reading it, as a colleague: they know why. */
    if (tl_call_ask(call, TL_SQL_COLLEAGUE_ADD, NULL, tl_value(call->act.id),
                    tl_value(call->who.id), tl_value(call->who.id), tl_value("")) &&
        tl_call_ask(call, TL_SQL_ACT_SET_PROFESSIONAL, NULL, tl_value(call->act.id),
                    tl_value(person)) &&
        tl_call_event(call, "handed_over",
                      json_pack("{s:s,s:s}", "person", person, "comment",
                                comment.data ? comment.data : "")) &&
        tl_tell_professional(call, TL_TOPIC_TAKEN_OVER, tl_rows_text(&to, 0, 1),
                             tl_rows_text(&to, 0, 2), tl_rows_text(&to, 0, 3)) &&
        tl_invitation_tell_all(call, TL_TOPIC_HANDED_OVER) &&
        tl_tell_professionals(call, TL_TOPIC_PRO_HANDED_OVER, person) &&
        tl_act_changed(call, "act.handed_over", NULL)) {
        call->act.relation = TL_RELATION_COLLEAGUE;
        tl_act_answer(call, 200);
    }
}

static bool invite_colleague(struct tl_call *call, const char *person, struct tl_text comment)
{
    tl_autorows struct tl_rows to = { 0 };
    const struct tl_place place = { "act_colleague.comment", person, call->act.structure,
                                    NULL };
    return find_colleague(call, person, &to) &&
           tl_call_ask(call, TL_SQL_COLLEAGUE_ADD, NULL, tl_value(call->act.id),
                       tl_value(person), tl_value(call->who.id),
                       tl_value_sealed(comment.data ? comment.data : "", &place)) &&
           tl_call_event(call, "colleague_invited", json_pack("{s:s}", "person", person)) &&
           tl_tell_professional(call, TL_TOPIC_COLLEAGUE, tl_rows_text(&to, 0, 1),
                                tl_rows_text(&to, 0, 2), tl_rows_text(&to, 0, 3));
}

void tl_post_act_invite(struct tl_call *call)
{
    static const char *const roles[] = { "helper", "interpreter", "nurse", "guardian" };
    struct tl_fields f;
    char person[TL_UUID_SIZE] = "";
    struct tl_text comment = { NULL, 0 };
    struct tl_invite invite = { .language = "fr" };
    if (!tl_call_body(call, &f))
        return;
    bool colleague = json_object_get(call->body, "person") != NULL;
    if (colleague) {
        tl_field_uuid(&f, "person", false, person);
        comment = tl_field_characters_or_none(&f, "comment", COMMENT_LIMIT, TL_SEVERAL_LINES);
    } else {
        invite.name = tl_field_characters(&f, "name", 1, 200, TL_ONE_LINE).data;
        invite.role = roles[tl_field_word(&f, "role", roles, 4)];
        tl_contact_read(&f, &invite.email, &invite.phone);
        if (!invite.email.size && !invite.phone.size)
            tl_field_is_wrong(&f, "email", "missing");
    }
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!may_now(call, TL_ACT_JOIN) ||
        !tl_limit_holds_for_act(call,
                                colleague ? TL_LIMIT_ACT_COLLEAGUES : TL_LIMIT_ACT_GUESTS))
        return;
    bool done = colleague ? invite_colleague(call, person, comment)
                          : tl_invitation_make(call, &invite) &&
                                tl_call_event(call, "guest_invited",
                                              json_pack("{s:s}", "role", invite.role));
    if (done && tl_call_ask(call, TL_SQL_ACT_TOUCH, NULL, tl_value(call->act.id)) &&
        tl_act_changed(call, "act.changed", NULL))
        tl_act_answer(call, 200);
}
