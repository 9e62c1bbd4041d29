/* A new act, and its patient's invitation. */
#include <stdio.h>
#include <string.h>

#include "acts/act_answer.h"
#include "acts/handlers.h"
#include "acts/tell.h"
#include "http/limits.h"
#include "http/time_text.h"
#include "patients/handlers.h"
#include "people/people.h"
#include "visits/invitation.h"

enum { PAST_LIMIT_S = 3600 };

struct plan {
    char patient[TL_UUID_SIZE], structure[TL_UUID_SIZE], professional[TL_UUID_SIZE];
    char duration[12];
    char starts_at[TL_TIMESTAMP_SIZE];
    struct tl_text reason;
    bool invited, despite_absence;
    struct tl_invite invite;
};

static bool read_invite(struct tl_call *call, json_t *object, struct tl_invite *ret_invite)
{
    static const char *const languages[] = { "fr", "en" };
    struct tl_fields f = tl_fields(object);
    struct tl_invite invite = { .role = "patient", .language = "fr" };
    tl_contact_read(&f, &invite.email, &invite.phone);
    if (json_object_get(object, "language"))
        invite.language = languages[tl_field_word(&f, "language", languages, 2)];
    if (!invite.email.size && !invite.phone.size)
        tl_field_is_wrong(&f, "email", "missing");
    if (tl_fields_end(&f))
        return tl_refuse_fields(call, &f);
    *ret_invite = invite;
    return true;
}

static void check_start(struct tl_fields *f, tl_time_us starts_at, tl_time_us now)
{
    if (starts_at < 0)
        return;
    if (starts_at < now - (tl_time_us)PAST_LIMIT_S * TL_SECOND_US)
        tl_field_is_wrong(f, "starts_at", "past");
    else if (starts_at > now + TL_ACT_FUTURE_LIMIT_US)
        tl_field_is_wrong(f, "starts_at", "out of range");
}

static bool read_plan(struct tl_call *call, struct plan *ret_plan)
{
    struct tl_fields f;
    struct plan plan = { .invited = false };
    if (!tl_call_body(call, &f))
        return false;
    tl_field_uuid(&f, "patient", false, plan.patient);
    tl_field_uuid(&f, "structure", false, plan.structure);
    /* Who practises plans for themselves unless they say otherwise. */
    tl_field_uuid(&f, "professional", call->who.cares, plan.professional);
    if (call->who.cares && !plan.professional[0])
        memcpy(plan.professional, call->who.id, sizeof plan.professional);
    tl_time_us starts_at = tl_field_time_or_none(&f, "starts_at");
    check_start(&f, starts_at, call->now);
    snprintf(plan.duration, sizeof plan.duration, "%d",
             (int)tl_field_integer_or(&f, "duration_min", 5, 480, 20));
    plan.reason = tl_field_characters_or_none(&f, "reason", 1000, TL_SEVERAL_LINES);
    plan.despite_absence = tl_field_boolean_or(&f, "despite_absence", false);
    json_t *invite = tl_field_object_or_none(&f, "invite");
    if (tl_fields_end(&f))
        return tl_refuse_fields(call, &f);
    if (starts_at >= 0)
        tl_timestamp_write(starts_at, plan.starts_at);
    if (invite && !read_invite(call, invite, &plan.invite))
        return false;
    plan.invited = invite != NULL;
    *ret_plan = plan;
    return true;
}

static bool may_plan(struct tl_call *call, const struct plan *plan)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_ACT_MAY_BE_PLANNED, &rows, tl_value(plan->patient),
                     tl_value(plan->structure), tl_value(call->who.id),
                     tl_value(plan->professional)))
        return false;
    if (!tl_rows_boolean(&rows, 0, 0))
        return tl_refuse(
            call, TL_PROBLEM_FIELD, "patient",
            TL_SAY("Ce patient n'est pas connu de cette structure, ou vous n'y exercez "
                   "pas.",
                   "This structure does not know this patient, or you do not work "
                   "there."));
    if (!tl_rows_boolean(&rows, 0, 1))
        return tl_refuse(
            call, TL_PROBLEM_FIELD, "professional",
            TL_SAY("Ce professionnel n'exerce pas dans cette structure, ou vous n'y "
                   "tenez pas son agenda.",
                   "This professional does not practise in this structure, or you do not "
                   "keep their diary there."));
    return true;
}

static bool invite_patient(struct tl_call *call, const struct plan *plan)
{
    return tl_patient_keep_contact(call, plan->patient, plan->invite.email,
                                   plan->invite.phone) &&
           tl_invitation_make(call, &plan->invite);
}

static bool day_has_room(struct tl_call *call, const struct plan *plan)
{
    char now[TL_TIMESTAMP_SIZE];
    tl_timestamp_write(call->now, now);
    return tl_limit_holds(call, TL_LIMIT_PROFESSIONAL_DAY, plan->professional,
                          plan->starts_at[0] ? plan->starts_at : now, 1);
}

void tl_post_acts(struct tl_call *call)
{
    struct plan plan;
    if (!read_plan(call, &plan) || !may_plan(call, &plan) ||
        !tl_is_present(call, plan.professional, plan.starts_at[0] ? plan.starts_at : NULL,
                       plan.despite_absence) ||
        !day_has_room(call, &plan))
        return;
    tl_random_uuid(call->act.id);
    memcpy(call->act.structure, plan.structure, sizeof call->act.structure);
    const struct tl_place place = { "act.reason", call->act.id, plan.structure, NULL };
    if (!tl_call_ask(call, TL_SQL_ACT_ADD, NULL, tl_value(plan.professional),
                     tl_value(plan.patient), tl_value(plan.structure),
                     tl_value(plan.starts_at[0] ? plan.starts_at : NULL),
                     tl_value(plan.duration),
                     tl_value_sealed(plan.reason.data ? plan.reason.data : "", &place),
                     tl_value(call->who.id), tl_value(call->act.id)))
        return;
    (void)tl_text_copy(tl_text(plan.patient), call->audit_patient, sizeof call->audit_patient);
    bool own = strcmp(plan.professional, call->who.id) == 0;
    call->act.relation = own ? TL_RELATION_OWN : TL_RELATION_PLANNER;
    if (tl_call_event(call, "created", NULL) &&
        (!plan.invited || invite_patient(call, &plan)) &&
        (own || tl_tell_professionals(call, TL_TOPIC_PRO_PLANNED, NULL)) &&
        tl_act_changed(call, "act.changed", NULL))
        tl_act_answer(call, 201);
}
