#include "acts/tell.h"

#include <stdio.h>
#include <string.h>

#include "outbox/outbox.h"
#include "visits/invitation.h"

bool tl_tell_professional(struct tl_call *call, enum tl_message_topic topic, const char *email,
                          const char *phone, const char *language)
{
    struct tl_act_facts facts;
    char link[300];
    if (!tl_act_facts_find(call, &facts))
        return false;
    snprintf(link, sizeof link, "%s/", call->settings->public_url);
    struct tl_recipient recipient = { email, phone,
                                      language && strcmp(language, "en") == 0 ? TL_ENGLISH
                                                                              : TL_FRENCH };
    struct tl_message_facts message = { facts.professional, facts.structure, facts.starts_at,
                                        link, "" };
    bool done = tl_outbox_tell(call, topic, &recipient, &message);
    tl_rows_release(&facts.rows);
    return done;
}

bool tl_tell_professionals(struct tl_call *call, enum tl_message_topic topic,
                           const char *told_apart)
{
    tl_autorows struct tl_rows rows = { 0 };
    char but[2 * TL_UUID_SIZE];
    snprintf(but, sizeof but, "%s%s%s", call->who.id, told_apart ? " " : "",
             told_apart ? told_apart : "");
    if (!tl_call_ask(call, TL_SQL_ACT_PROFESSIONALS, &rows, tl_value(call->act.id),
                     tl_value(but)))
        return false;
    for (size_t i = 0; i < rows.count; i++)
        if (!tl_tell_professional(call, topic, tl_rows_text(&rows, i, 0),
                                  tl_rows_text(&rows, i, 1), tl_rows_text(&rows, i, 2)))
            return false;
    return true;
}
