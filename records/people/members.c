/* The members of a structure: roles given and taken back, leaving. A structure is never without a
 * manager, and nobody leaves acts behind. */
#include <stdio.h>
#include <string.h>

#include "http/limits.h"
#include "outbox/outbox.h"
#include "people/handlers.h"
#include "people/people.h"
#include "sign_in/handlers.h"

enum { ITEMS = 50, CARING_ROLES = 3, MANAGER = 4 };

bool tl_people_lock(struct tl_call *call, const char *structure)
{
    return tl_call_ask(call, TL_SQL_LIMIT_LOCK, NULL, tl_value("people"), tl_value(structure));
}

void tl_get_people(struct tl_call *call)
{
    struct tl_fields f;
    char after[TL_UUID_SIZE], limit[12];
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_query(call, &f))
        return;
    tl_field_uuid(&f, "after", true, after);
    snprintf(limit, sizeof limit, "%d", tl_field_limit(&f, ITEMS));
    if (tl_fields_end(&f))
        (void)tl_refuse_fields(call, &f);
    else if (tl_call_ask(call, TL_SQL_PEOPLE_OF_STRUCTURE, &rows, tl_value(call->ids[0]),
                         tl_value(limit), tl_value(after[0] ? after : NULL)))
        (void)tl_answer_page(call, &rows);
}

/* The roles of the person of the path, a bit each as in tl_roles_given; those of other kinds are
 * let be. False (and answered) when they are no member. */
static bool find_roles(struct tl_call *call, unsigned *ret_roles)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_MEMBER_ROLES, &rows, tl_value(call->ids[0]),
                     tl_value(call->ids[1])))
        return false;
    struct tl_text all = tl_text(tl_rows_text(&rows, 0, 0)), word;
    if (!all.size)
        return tl_refuse(call, TL_PROBLEM_MISSING, NULL,
                         TL_SAY("Cette personne ne travaille pas dans cette structure.",
                                "This person does not work in this structure."));
    *ret_roles = 0;
    for (bool more = true; more;) {
        more = tl_text_split(&all, ' ', &word);
        for (unsigned i = 0; i < TL_ROLES_GIVEN; i++)
            if (tl_text_is(word, tl_roles_given[i]))
                *ret_roles |= 1u << i;
    }
    memcpy(call->audit_object, call->ids[1], sizeof call->audit_object);
    return true;
}

static bool keeps_a_manager(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_OTHER_MANAGERS, &rows, tl_value(call->ids[0]),
                     tl_value(call->ids[1])))
        return false;
    if (tl_rows_boolean(&rows, 0, 0))
        return true;
    return tl_refuse_with(
        call, TL_PROBLEM_STATE, NULL,
        TL_SAY("C'est le dernier gestionnaire de la structure : nommez-en un autre d'abord.",
               "This is the structure's last manager: name another first."),
        json_pack("{s:b}", "last_manager", 1));
}

bool tl_people_leaves_no_acts(struct tl_call *call, const char *structure, const char *person)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_OPEN_ACTS_COUNT, &rows, tl_value(structure),
                     tl_value(person)))
        return false;
    int64_t planned = tl_rows_integer(&rows, 0, 0), live = tl_rows_integer(&rows, 0, 1),
            to_close = tl_rows_integer(&rows, 0, 2);
    if (planned + live + to_close == 0)
        return true;
    return tl_refuse_with(
        call, TL_PROBLEM_STATE, NULL,
        TL_SAY("Des actes de cette personne sont ouverts : confiez-les à un collègue, ou "
               "prévenez les patients qu'ils sont annulés.",
               "This person has open acts: hand them to a colleague, or have the patients told "
               "that they are cancelled."),
        json_pack("{s:{s:I,s:I,s:I}}", "open_acts", "planned", (json_int_t)planned, "live",
                  (json_int_t)live, "to_close", (json_int_t)to_close));
}

static bool read_roles(struct tl_call *call, unsigned *ret_roles)
{
    struct tl_fields f;
    unsigned roles = 0;
    size_t i;
    json_t *item;
    if (!tl_call_body(call, &f))
        return false;
    json_t *array = tl_field_array(&f, "roles", TL_ROLES_GIVEN);
    json_array_foreach(array, i, item)
    {
        unsigned role = 0;
        while (role < TL_ROLES_GIVEN &&
               (!json_is_string(item) ||
                strcmp(json_string_value(item), tl_roles_given[role]) != 0))
            role++;
        if (role == TL_ROLES_GIVEN || roles & 1u << role)
            tl_field_is_wrong(&f, "roles", "not one of the words allowed");
        else
            roles |= 1u << role;
    }
    if (!f.wrong_field && !roles)
        tl_field_is_wrong(&f, "roles", "missing");
    *ret_roles = roles;
    return tl_fields_end(&f) ? tl_refuse_fields(call, &f) : true;
}

void tl_post_people_roles(struct tl_call *call)
{
    const unsigned caring = (1u << CARING_ROLES) - 1;
    unsigned wanted, had = 0;
    if (!read_roles(call, &wanted) || !tl_people_lock(call, call->ids[0]) ||
        !find_roles(call, &had))
        return;
    if (had & ~wanted & 1u << MANAGER && !keeps_a_manager(call))
        return;
    if (had & caring && !(wanted & caring) &&
        !tl_people_leaves_no_acts(call, call->ids[0], call->ids[1]))
        return;
    /* Given before any is taken back: between the two nobody is without a place. */
    for (unsigned i = 0; i < TL_ROLES_GIVEN; i++)
        if (wanted & ~had & 1u << i &&
            (!tl_limit_holds(call, TL_LIMIT_STRUCTURE_ROLES, call->ids[0], NULL, 1) ||
             !tl_call_ask(call, TL_SQL_MEMBERSHIP_ADD, NULL, tl_value(call->ids[1]),
                          tl_value(call->ids[0]), tl_value(tl_roles_given[i]),
                          tl_value(call->who.id))))
            return;
    for (unsigned i = 0; i < TL_ROLES_GIVEN; i++)
        if (had & ~wanted & 1u << i &&
            !tl_call_ask(call, TL_SQL_MEMBERSHIP_END, NULL, tl_value(call->ids[1]),
                         tl_value(call->ids[0]), tl_value(tl_roles_given[i]),
                         tl_value(call->who.id)))
            return;
    tl_answer_empty(call, 204);
}

static bool tell_leaver(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_LEAVER_FACTS, &rows, tl_value(call->ids[0]),
                     tl_value(call->ids[1])))
        return false;
    const char *language = tl_rows_text(&rows, 0, 1);
    struct tl_recipient to = { tl_rows_text(&rows, 0, 0), NULL,
                               language && strcmp(language, "en") == 0 ? TL_ENGLISH
                                                                       : TL_FRENCH };
    struct tl_message_facts facts = { call->who.name, tl_rows_text(&rows, 0, 2), call->now, "",
                                      "" };
    return tl_outbox_tell(call, TL_TOPIC_LEFT, &to, &facts);
}

/* By a manager, or by the one who leaves. What rests on the place ends with it, in the database. */
void tl_post_people_leave(struct tl_call *call)
{
    unsigned had = 0;
    if (!tl_call_empty_body(call))
        return;
    if (!(call->standing.roles_there & TL_ONLY(TL_ROLE_MANAGER)) &&
        strcmp(call->ids[1], call->who.id) != 0) {
        (void)tl_refuse(
            call, TL_PROBLEM_FORBIDDEN, NULL,
            TL_SAY("Votre rôle ne permet pas cette action.", "Your role does not allow this."));
        return;
    }
    if (tl_people_lock(call, call->ids[0]) && find_roles(call, &had) &&
        (!(had & 1u << MANAGER) || keeps_a_manager(call)) &&
        tl_people_leaves_no_acts(call, call->ids[0], call->ids[1]) && tell_leaver(call) &&
        tl_call_ask(call, TL_SQL_NEWCOMERS_WITHDRAW_OF, NULL, tl_value(call->ids[0]),
                    tl_value(call->ids[1]), tl_value(call->who.id)) &&
        tl_call_ask(call, TL_SQL_MEMBERSHIP_END, NULL, tl_value(call->ids[1]),
                    tl_value(call->ids[0]), tl_value(NULL), tl_value(call->who.id)) &&
        tl_sessions_tell_ended(call))
        tl_answer_empty(call, 204);
}
