/* Tickets for a professional's WebSocket. */
#include "acts/handlers.h"
#include "sessions/tickets.h"

void tl_post_act_join(struct tl_call *call)
{
    char ticket[TL_TOKEN_SIZE];
    if (!tl_call_empty_body(call))
        return;
    if (!tl_act_may(call->act.state, TL_ACT_JOIN)) {
        (void)tl_refuse(
            call, TL_PROBLEM_STATE, NULL,
            TL_SAY("Cette consultation est terminée.", "This consultation is over."));
        return;
    }
    if (tl_ticket_make(call, "session", call->act.id, ticket))
        tl_answer_object(call, 200,
                         json_pack("{s:s,s:s}", "ticket", ticket, "session", call->act.id));
}

void tl_post_watch(struct tl_call *call)
{
    char ticket[TL_TOKEN_SIZE];
    if (tl_call_empty_body(call) && tl_ticket_make(call, "watch", NULL, ticket))
        tl_answer_object(call, 200, json_pack("{s:s}", "ticket", ticket));
}
