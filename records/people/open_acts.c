/* What somebody who leaves would leave behind: listed without a word of what it is about, handed to
 * a colleague, or given up with everybody told. */
#include <string.h>

#include "acts/act_answer.h"
#include "acts/tell.h"
#include "audit/audit.h"
#include "http/limits.h"
#include "http/policy.h"
#include "people/handlers.h"
#include "people/people.h"
#include "visits/invitation.h"

enum { COMMENT_LIMIT = 1000, AT_ONCE = 50 };

void tl_get_people_open_acts(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (tl_call_ask(call, TL_SQL_OPEN_ACTS, &rows, tl_value(call->ids[0]),
                    tl_value(call->ids[1])))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

struct order {
    char to[TL_UUID_SIZE]; /* "": they are cancelled */
    struct tl_text comment;
    struct tl_rows colleague; /* of person_for_act */
};

static bool read_order(struct tl_call *call, struct order *ret_order)
{
    struct tl_fields f;
    struct order order = { .to = "" };
    if (!tl_call_body(call, &f))
        return false;
    tl_field_uuid(&f, "to", true, order.to);
    bool cancel = tl_field_boolean_or(&f, "cancel", false);
    order.comment = tl_field_characters_or_none(&f, "comment", COMMENT_LIMIT, TL_SEVERAL_LINES);
    if (!f.wrong_field && cancel == (order.to[0] != 0))
        tl_field_is_wrong(&f, "to", cancel ? "out of range" : "missing");
    *ret_order = order;
    return tl_fields_end(&f) ? tl_refuse_fields(call, &f) : true;
}

/* Who takes them over practises in the same structure. */
static bool find_colleague(struct tl_call *call, struct order *order)
{
    tl_autorows struct tl_rows may = { 0 };
    if (!order->to[0])
        return true;
    if (!tl_call_ask(call, TL_SQL_DELEGATION_MAY, &may, tl_value(call->ids[0]),
                     tl_value(order->to), tl_value(NULL)))
        return false;
    if (!tl_rows_boolean(&may, 0, 0) || strcmp(order->to, call->ids[1]) == 0)
        return tl_refuse(call, TL_PROBLEM_FIELD, "to",
                         TL_SAY("Choisissez un autre professionnel de cette structure.",
                                "Choose another professional of this structure."));
    return tl_call_ask(call, TL_SQL_PERSON_FOR_ACT, &order->colleague, tl_value(order->to));
}

static bool hand_over(struct tl_call *call, const struct order *order, const char *starts_at)
{
    const struct tl_rows *to = &order->colleague;
    bool planned = call->act.state == TL_ACT_PLANNED;
    if (planned && !tl_limit_holds(call, TL_LIMIT_PROFESSIONAL_DAY, order->to, starts_at, 1))
        return false;
    return tl_call_ask(call, TL_SQL_ACT_SET_PROFESSIONAL, NULL, tl_value(call->act.id),
                       tl_value(order->to)) &&
           tl_call_event(call, "handed_over",
                         json_pack("{s:s,s:s}", "person", order->to, "comment",
                                   order->comment.data ? order->comment.data : "")) &&
           tl_tell_professional(call, TL_TOPIC_TAKEN_OVER, tl_rows_text(to, 0, 1),
                                tl_rows_text(to, 0, 2), tl_rows_text(to, 0, 3)) &&
           (!planned || tl_invitation_tell_all(call, TL_TOPIC_HANDED_OVER)) &&
           tl_tell_professionals(call, TL_TOPIC_PRO_HANDED_OVER, order->to) &&
           tl_act_changed(call, "act.handed_over", NULL);
}

static bool cancel(struct tl_call *call, const struct order *order)
{
    return tl_call_ask(call, TL_SQL_ACT_NOT_DONE, NULL, tl_value(call->act.id),
                       tl_value("professional"), tl_value_text(order->comment),
                       tl_value_boolean(true)) &&
           tl_call_event(call, "cancelled", json_pack("{s:s}", "reason", "professional")) &&
           tl_invitation_tell_all(call, TL_TOPIC_CANCELLED) &&
           tl_tell_professionals(call, TL_TOPIC_PRO_CANCELLED, NULL) &&
           tl_act_changed(call, "act.cancelled", NULL);
}

static bool take_act(struct tl_call *call, const struct tl_rows *rows, size_t row)
{
    struct tl_act_view *act = &call->act;
    *act = (struct tl_act_view){ .relation = TL_RELATION_NONE };
    return !tl_text_copy(tl_text(tl_rows_text(rows, row, 0)), act->id, sizeof act->id) &&
           !tl_text_copy(tl_text(tl_rows_text(rows, row, 1)), act->professional,
                         sizeof act->professional) &&
           !tl_text_copy(tl_text(tl_rows_text(rows, row, 2)), act->patient,
                         sizeof act->patient) &&
           !tl_text_copy(tl_text(tl_rows_text(rows, row, 3)), act->structure,
                         sizeof act->structure) &&
           !tl_act_state_read(tl_text(tl_rows_text(rows, row, 4)), &act->state);
}

/* Each act has its own line of the audit. */
static bool trace(struct tl_call *call, const char *action)
{
    struct tl_audit audit = { .writer = call->settings->writer,
                              .actor_kind = "person",
                              .actor = call->who.id,
                              .action = action,
                              .act = call->act.id,
                              .patient = call->act.patient,
                              .object = call->ids[1] };
    enum tl_error error = tl_audit_add(call->db, &audit);
    return error ? tl_refuse_error(call, error) : true;
}

void tl_post_people_hand_over(struct tl_call *call)
{
    struct order order;
    tl_autorows struct tl_rows acts = { 0 };
    tl_autorows struct tl_rows left = { 0 };
    if (!read_order(call, &order) || !tl_people_lock(call, call->ids[0]) ||
        !find_colleague(call, &order))
        return;
    bool moves = order.to[0] != 0;
    bool done = tl_call_ask(call, TL_SQL_LEAVING_BEGIN, &left, tl_value(call->ids[0]),
                            tl_value(call->ids[1]));
    if (done && !left.count)
        done = tl_refuse_missing(call);
    tl_rows_release(&left);
    done = done && tl_call_ask(call, TL_SQL_OPEN_ACTS_NEXT, &acts, tl_value(call->ids[0]),
                               tl_value(call->ids[1]), tl_value_boolean(moves));
    for (size_t i = 0; i < acts.count && done; i++)
        done = take_act(call, &acts, i) &&
               (moves ? hand_over(call, &order, tl_rows_text(&acts, i, 5))
                      : cancel(call, &order)) &&
               trace(call, moves ? "act.hand_over" : "act.cancel");
    call->act = (struct tl_act_view){ .relation = TL_RELATION_NONE };
    memcpy(call->audit_object, call->ids[1], sizeof call->audit_object);
    if (done && tl_call_ask(call, TL_SQL_OPEN_ACTS_COUNT, &left, tl_value(call->ids[0]),
                            tl_value(call->ids[1])))
        tl_answer_object(call, 200,
                         json_pack("{s:I,s:b,s:{s:I,s:I,s:I}}", "moved", (json_int_t)acts.count,
                                   "more", acts.count == AT_ONCE, "open_acts", "planned",
                                   (json_int_t)tl_rows_integer(&left, 0, 0), "live",
                                   (json_int_t)tl_rows_integer(&left, 0, 1), "to_close",
                                   (json_int_t)tl_rows_integer(&left, 0, 2)));
    tl_rows_release(&order.colleague);
}
