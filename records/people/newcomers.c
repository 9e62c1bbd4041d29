/* A colleague is invited by mail: the link is in the fragment, lasts 72 h, opens once, and dies with
 * each new one. Whoever invites learns nothing of who has an account elsewhere: the answer is the
 * same. */
#include <stdio.h>
#include <string.h>

#include "http/limits.h"
#include "outbox/outbox.h"
#include "people/handlers.h"
#include "people/people.h"
#include "records/identifiers.h"
#include "sign_in/lock_out.h"
#include "sign_in/tokens.h"

enum { LINK_HOURS = 72, MOST_SENT = 10, LINK_SIZE = 800, PREFIXES = 5 };

const char *const tl_roles_given[TL_ROLES_GIVEN] = { "doctor", "nurse", "midwife", "secretary",
                                                     "manager" };
static const char *const prefixes[PREFIXES] = { "", "Dr", "Pr", "M.", "Mme" };

bool tl_newcomer_read(struct tl_call *call, const char *role, struct tl_newcomer *ret_newcomer)
{
    static const char *const languages[] = { "fr", "en" };
    struct tl_fields f;
    struct tl_newcomer n = { .prefix = "", .language = "fr", .role = role };
    if (!tl_call_body(call, &f))
        return false;
    struct tl_text email = tl_field_text(&f, "email", 3, TL_EMAIL_LIMIT);
    if (email.size && tl_mail_address_check(email))
        tl_field_is_wrong(&f, "email", "address");
    const char *prefix = json_string_value(json_object_get(call->body, "prefix"));
    if (prefix && !prefix[0])
        tl_field_ignore(&f, "prefix"); /* none */
    else if (json_object_get(call->body, "prefix"))
        n.prefix = prefixes[tl_field_word(&f, "prefix", prefixes, PREFIXES)];
    n.given_name =
        tl_field_characters(&f, "given_name", 1, TL_NEWCOMER_NAME_LIMIT, TL_ONE_LINE);
    n.family_name =
        tl_field_characters(&f, "family_name", 1, TL_NEWCOMER_NAME_LIMIT, TL_ONE_LINE);
    tl_field_check_name(&f, "given_name", n.given_name);
    tl_field_check_name(&f, "family_name", n.family_name);
    n.profession =
        tl_field_characters_or_none(&f, "profession", TL_NEWCOMER_NAME_LIMIT, TL_ONE_LINE);
    if (!role)
        n.role = tl_roles_given[tl_field_word(&f, "role", tl_roles_given, TL_ROLES_GIVEN)];
    n.rpps = tl_field_text_or_none(&f, "rpps", 11);
    enum tl_error rpps = n.rpps.size ? tl_rpps_check(n.rpps) : TL_OK;
    if (rpps)
        tl_field_is_wrong(&f, "rpps", rpps == TL_ERROR_RANGE ? "key" : "not a number");
    if (json_object_get(call->body, "language"))
        n.language = languages[tl_field_word(&f, "language", languages, 2)];
    if (tl_fields_end(&f))
        return tl_refuse_fields(call, &f);
    tl_login_lower(email, n.email, sizeof n.email);
    *ret_newcomer = n;
    return true;
}

static bool is_no_obstacle(struct tl_call *call, const char *structure,
                           const struct tl_newcomer *n)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_NEWCOMER_OBSTACLE, &rows, tl_value(structure),
                     tl_value(n->email), tl_value(n->role),
                     tl_value(n->rpps.size ? n->rpps.data : NULL)))
        return false;
    const char *why = tl_rows_text(&rows, 0, 0);
    if (!why)
        return true;
    if (strcmp(why, "rpps") == 0)
        return tl_refuse(call, TL_PROBLEM_FIELD, "rpps",
                         TL_SAY("Ce numéro RPPS est celui d'une personne connue à une autre "
                                "adresse.",
                                "This RPPS number belongs to a person known at another "
                                "address."));
    if (strcmp(why, "member") == 0)
        return tl_refuse(call, TL_PROBLEM_EXISTS, "email",
                         TL_SAY("Cette personne a déjà ce rôle dans la structure.",
                                "This person has this role in the structure already."));
    return tl_refuse(call, TL_PROBLEM_EXISTS, "email",
                     TL_SAY("Une invitation attend déjà cette personne : renvoyez-la.",
                            "An invitation awaits this person already: send it again."));
}

/* The mail with the link to what digest is of. */
static bool send_link(struct tl_call *call, const char *structure, const char *email,
                      const char *language, uint8_t ret_digest[TL_DIGEST_SIZE])
{
    char token[TL_TOKEN_SIZE], link[LINK_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_INVITER_FACTS, &rows, tl_value(structure),
                     tl_value(call->who.id)))
        return false;
    tl_random_token(TL_TOKEN_BYTES, token);
    tl_token_digest(tl_text(token), ret_digest);
    snprintf(link, sizeof link, "%s/arrivee#%s", call->settings->public_url, token);
    struct tl_recipient to = { email, NULL,
                               strcmp(language, "en") == 0 ? TL_ENGLISH : TL_FRENCH };
    struct tl_message_facts facts = { tl_rows_text(&rows, 0, 1), tl_rows_text(&rows, 0, 0),
                                      call->now + LINK_HOURS * 3600 * (tl_time_us)TL_SECOND_US,
                                      link, "" };
    bool done = tl_outbox_tell(call, TL_TOPIC_NEWCOMER, &to, &facts);
    tl_secret_wipe(token, sizeof token);
    tl_secret_wipe(link, sizeof link);
    return done;
}

static const char *text_or(struct tl_text text, const char *otherwise)
{
    return text.size ? text.data : otherwise;
}

void tl_newcomer_invite(struct tl_call *call, const char *structure,
                        const struct tl_newcomer *n)
{
    char id[TL_UUID_SIZE];
    uint8_t digest[TL_DIGEST_SIZE];
    tl_random_uuid(id);
    if (tl_people_lock(call, structure) &&
        tl_limit_holds(call, TL_LIMIT_STRUCTURE_NEWCOMERS, structure, NULL, 1) &&
        tl_limit_holds(call, TL_LIMIT_PERSON_NEWCOMERS, call->who.id, NULL, 1) &&
        is_no_obstacle(call, structure, n) &&
        send_link(call, structure, n->email, n->language, digest) &&
        tl_call_ask(call, TL_SQL_NEWCOMER_ADD, NULL, tl_value(id), tl_value(structure),
                    tl_value(n->email), tl_value(n->prefix), tl_value(n->given_name.data),
                    tl_value(n->family_name.data), tl_value(text_or(n->profession, "")),
                    tl_value(n->role), tl_value(text_or(n->rpps, NULL)), tl_value(n->language),
                    tl_value_raw(digest, sizeof digest), tl_value(call->who.id))) {
        memcpy(call->audit_object, id, sizeof id);
        tl_answer_object(call, 201, json_pack("{s:s}", "id", id));
    }
}

void tl_get_newcomers(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (tl_call_ask(call, TL_SQL_NEWCOMERS_OF_STRUCTURE, &rows, tl_value(call->ids[0])))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

void tl_post_newcomers(struct tl_call *call)
{
    struct tl_newcomer n;
    if (tl_newcomer_read(call, NULL, &n))
        tl_newcomer_invite(call, call->ids[0], &n);
}

/* The invitation the path names, locked: one that waits still. */
static bool find(struct tl_call *call, struct tl_rows *ret_rows)
{
    if (!tl_call_empty_body(call) ||
        !tl_call_ask(call, TL_SQL_NEWCOMER_OF_STRUCTURE, ret_rows, tl_value(call->ids[1]),
                     tl_value(call->ids[0])))
        return false;
    memcpy(call->audit_object, call->ids[1], sizeof call->audit_object);
    return ret_rows->count
               ? true
               : tl_refuse(call, TL_PROBLEM_MISSING, NULL,
                           TL_SAY("Cette invitation n'attend plus : elle a servi, ou a été "
                                  "retirée.",
                                  "This invitation waits no more: it was used or withdrawn."));
}

void tl_post_newcomer_again(struct tl_call *call)
{
    uint8_t digest[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    if (!find(call, &rows))
        return;
    if (tl_rows_integer(&rows, 0, 2) >= MOST_SENT) {
        (void)tl_refuse_with(
            call, TL_PROBLEM_FULL, NULL,
            TL_SAY("Cette invitation a été envoyée dix fois : vérifiez "
                   "l'adresse.",
                   "This invitation was sent ten times: check the address."),
            json_pack("{s:s,s:i}", "limit", "newcomer_sent", "most", (int)MOST_SENT));
        return;
    }
    if (tl_limit_holds(call, TL_LIMIT_PERSON_NEWCOMERS, call->who.id, NULL, 1) &&
        send_link(call, call->ids[0], tl_rows_text(&rows, 0, 0), tl_rows_text(&rows, 0, 1),
                  digest) &&
        tl_call_ask(call, TL_SQL_NEWCOMER_AGAIN, NULL, tl_value(call->ids[1]),
                    tl_value_raw(digest, sizeof digest)))
        tl_answer_empty(call, 204);
}

void tl_post_newcomer_withdraw(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (find(call, &rows) && tl_call_ask(call, TL_SQL_NEWCOMER_WITHDRAW, NULL,
                                         tl_value(call->ids[1]), tl_value(call->who.id)))
        tl_answer_empty(call, 204);
}
