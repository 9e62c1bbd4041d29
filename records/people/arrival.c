/* Who opens the link of an invitation: a newcomer chooses a password and arrives signed in; who has
 * an account signs in with it and accepts. The link alone never opens an account that is in use. */
#include <string.h>

#include "http/limits.h"
#include "people/handlers.h"
#include "people/people.h"
#include "sign_in/handlers.h"
#include "sign_in/password.h"
#include "sign_in/tokens.h"

/* A row of newcomer_by_token. */
struct arrival {
    struct tl_rows rows;
    const char *id, *structure, *state, *person, *login;
    bool in_use; /* they are known, and work somewhere */
};

static bool find(struct tl_call *call, struct tl_text token, struct arrival *ret_arrival)
{
    uint8_t digest[TL_DIGEST_SIZE];
    struct arrival a = { 0 };
    tl_token_digest(token, digest);
    if (!tl_call_ask(call, TL_SQL_NEWCOMER_BY_TOKEN, &a.rows,
                     tl_value_raw(digest, sizeof digest)))
        return false;
    if (!a.rows.count) {
        tl_rows_release(&a.rows);
        return tl_refuse(call, TL_PROBLEM_MISSING, "token",
                         TL_SAY("Ce lien n'existe pas, ou un plus récent l'a remplacé.",
                                "This link does not exist, or a newer one replaced it."));
    }
    a.id = tl_rows_text(&a.rows, 0, 0);
    a.structure = tl_rows_text(&a.rows, 0, 1);
    a.state = tl_rows_text(&a.rows, 0, 2);
    a.person = tl_rows_text(&a.rows, 0, 9);
    a.in_use = tl_rows_boolean(&a.rows, 0, 10);
    a.login = tl_rows_text(&a.rows, 0, 12);
    (void)tl_text_copy(tl_text(a.id), call->audit_object, sizeof call->audit_object);
    *ret_arrival = a;
    return true;
}

static bool is_open(struct tl_call *call, const struct arrival *a)
{
    if (strcmp(a->state, "open") == 0)
        return true;
    return tl_refuse_with(call, TL_PROBLEM_STATE, "token",
                          TL_SAY("Ce lien ne sert plus : demandez-en un autre.",
                                 "This link works no more: ask for another."),
                          json_pack("{s:s}", "state", a->state));
}

void tl_post_arrival_open(struct tl_call *call)
{
    struct tl_fields f;
    struct arrival a;
    if (!tl_call_body(call, &f))
        return;
    struct tl_text token = tl_field_text(&f, "token", 1, 200);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!find(call, token, &a))
        return;
    bool open = strcmp(a.state, "open") == 0;
    tl_answer_object(call, 200,
                     json_pack("{s:s,s:s,s:s,s:s,s:s?,s:b,s:s,s:s}", "state", a.state,
                               "structure", tl_rows_text(&a.rows, 0, 3), "invited_by",
                               tl_rows_text(&a.rows, 0, 8), "role", tl_rows_text(&a.rows, 0, 6),
                               "name", open ? tl_rows_text(&a.rows, 0, 4) : NULL, "known",
                               (int)a.in_use, "language", tl_rows_text(&a.rows, 0, 7),
                               "expires_at", tl_rows_text(&a.rows, 0, 13)));
    if (open && call->answer.status == 200) {
        json_t *object = json_loads(call->answer.body, 0, NULL);
        json_object_set_new(object, "login", json_string(a.login));
        tl_answer_object(call, 200, object);
    }
    tl_rows_release(&a.rows);
}

/* Comes in: with a password (hashed) or as who is signed in. False, and answered, when the link may
 * not be used after all. */
static bool come(struct tl_call *call, struct tl_text token, const char *hash,
                 char ret_person[TL_UUID_SIZE], char ret_account[TL_UUID_SIZE])
{
    uint8_t digest[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    tl_token_digest(token, digest);
    if (!tl_call_ask(call, TL_SQL_NEWCOMER_COMES, &rows, tl_value_raw(digest, sizeof digest),
                     tl_value(hash)))
        return false;
    if (!rows.count)
        return tl_refuse_with(call, TL_PROBLEM_STATE, "token",
                              TL_SAY("Ce lien ne sert plus : demandez-en un autre.",
                                     "This link works no more: ask for another."),
                              json_pack("{s:s}", "state", "withdrawn"));
    (void)tl_text_copy(tl_text(tl_rows_text(&rows, 0, 0)), ret_person, TL_UUID_SIZE);
    (void)tl_text_copy(tl_text(tl_rows_text(&rows, 0, 1)), ret_account, TL_UUID_SIZE);
    return true;
}

/* Counted by whom sees who works there: the newcomer, who is one of them now. */
static bool has_room(struct tl_call *call, const struct arrival *a)
{
    return tl_limit_holds(call, TL_LIMIT_STRUCTURE_PEOPLE, a->structure, NULL, 0);
}

void tl_post_arrival_accept(struct tl_call *call)
{
    struct tl_fields f;
    struct arrival a;
    uint8_t login[TL_DIGEST_SIZE];
    char person[TL_UUID_SIZE], account[TL_UUID_SIZE], hash[TL_PASSWORD_HASH_SIZE];
    if (!tl_call_body(call, &f))
        return;
    struct tl_text token = tl_field_text(&f, "token", 1, 200);
    struct tl_text password =
        tl_field_characters(&f, "password", TL_PASSWORD_LEAST, TL_PASSWORD_LIMIT, TL_ONE_LINE);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!find(call, token, &a))
        return;
    if (a.in_use) {
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("Vous avez déjà un compte : connectez-vous avec lui pour "
                               "accepter.",
                               "You have an account already: sign in with it to accept."));
    } else if (is_open(call, &a)) {
        enum tl_error error = tl_password_hash(password, hash);
        if (error)
            (void)tl_refuse_error(call, error);
        else if (come(call, token, hash, person, account)) {
            call->who.kind = TL_PRINCIPAL_PERSON;
            memcpy(call->who.id, person, sizeof person);
            tl_sha256(tl_bytes(a.login, strlen(a.login)), login);
            tl_session_begin(call, account, login, TL_STRENGTH_PASSWORD);
            if (call->answer.status < 400)
                (void)has_room(call, &a);
        }
    }
    tl_rows_release(&a.rows);
}

void tl_post_arrival_join(struct tl_call *call)
{
    struct tl_fields f;
    struct arrival a;
    char person[TL_UUID_SIZE], account[TL_UUID_SIZE];
    if (!tl_call_body(call, &f))
        return;
    struct tl_text token = tl_field_text(&f, "token", 1, 200);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (!find(call, token, &a))
        return;
    if (!a.person || strcmp(a.person, call->who.id) != 0)
        (void)tl_refuse(call, TL_PROBLEM_FORBIDDEN, NULL,
                        TL_SAY("Cette invitation est adressée à une autre personne.",
                               "This invitation is for another person."));
    else if (is_open(call, &a) && come(call, token, NULL, person, account) &&
             has_room(call, &a))
        tl_get_me(call);
    tl_rows_release(&a.rows);
}
