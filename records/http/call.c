#include "http/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "http/time_text.h"
#include "sessions/event_words.h"

enum { COOKIE_LIMIT = 384 };

static void clear_answer(struct tl_answer *answer)
{
    free(answer->body);
    answer->body = NULL;
    free(answer->location);
    answer->location = NULL;
    answer->size = 0;
    answer->disposition[0] = 0;
    answer->retry_after_s = 0;
}

void tl_call_release(struct tl_call *call)
{
    clear_answer(&call->answer);
    tl_answer_no_cookies(call);
    json_decref(call->query);
    json_decref(call->body);
    for (size_t i = 0; i < call->notice_count; i++)
        json_decref(call->notices[i]);
    *call = (struct tl_call){ 0 };
}

/* ---- answers ---- */

static void set_body(struct tl_call *call, int status, const char *media_type, char *body)
{
    clear_answer(&call->answer);
    call->answer.status = body ? status : 500;
    call->answer.media_type = body ? media_type : NULL;
    call->answer.body = body;
    call->answer.size = body ? strlen(body) : 0;
    call->answer.no_store = true;
}

void tl_answer_json(struct tl_call *call, int status, const char *json)
{
    set_body(call, status, "application/json", strdup(json ? json : "null"));
}

void tl_answer_object(struct tl_call *call, int status, json_t *object)
{
    set_body(call, status, "application/json",
             object ? json_dumps(object, JSON_COMPACT) : NULL);
    json_decref(object);
}

void tl_answer_empty(struct tl_call *call, int status)
{
    clear_answer(&call->answer);
    call->answer.status = status;
    call->answer.media_type = NULL;
    call->answer.no_store = true;
}

/* One of its name: a later one takes its place. */
static void put_cookie(struct tl_call *call, const char *name, const char *value,
                       const char *same_site, const char *age)
{
    size_t at = 0, size = strlen(name);
    char **cookies = call->answer.cookies;
    while (at < TL_CALL_COOKIES - 1 && cookies[at] &&
           (strncmp(cookies[at], name, size) != 0 || cookies[at][size] != '='))
        at++;
    free(cookies[at]);
    cookies[at] = malloc(COOKIE_LIMIT);
    if (cookies[at])
        snprintf(cookies[at], COOKIE_LIMIT, "%s=%s; Path=/; Secure; HttpOnly; SameSite=%s%s",
                 name, value, same_site, age);
}

void tl_answer_cookie(struct tl_call *call, const char *name, const char *value)
{
    put_cookie(call, name, value, "Strict", value[0] ? "" : "; Max-Age=0");
}

void tl_answer_cookie_for(struct tl_call *call, const char *name, const char *value, int days)
{
    char age[32];
    snprintf(age, sizeof age, "; Max-Age=%d", days * 86400);
    put_cookie(call, name, value, "Strict", age);
}

void tl_answer_no_cookies(struct tl_call *call)
{
    for (size_t i = 0; i < TL_CALL_COOKIES; i++) {
        free(call->answer.cookies[i]);
        call->answer.cookies[i] = NULL;
    }
}

void tl_answer_cookie_lax(struct tl_call *call, const char *name, const char *value,
                          int seconds)
{
    char age[32];
    snprintf(age, sizeof age, "; Max-Age=%d", seconds);
    put_cookie(call, name, value, "Lax", age);
}

void tl_answer_redirect(struct tl_call *call, const char *location)
{
    tl_answer_empty(call, 303);
    call->answer.location = strdup(location);
    if (!call->answer.location)
        call->answer.status = 500;
}

static const struct {
    int status;
    const char *code;
    struct tl_words title;
} problems[TL_PROBLEM_COUNT] = {
    [TL_PROBLEM_FORMAT] = { 400, "format", { { "Demande illisible", "Unreadable request" } } },
    [TL_PROBLEM_FIELD] = { 400, "field", { { "Champ à corriger", "A field to correct" } } },
    [TL_PROBLEM_UNFINISHED] = { 422,
                                "field",
                                { { "Il manque quelque chose", "Something is missing" } } },
    [TL_PROBLEM_NOT_SIGNED_IN] = { 401,
                                   "not_signed_in",
                                   { { "Connexion nécessaire", "Please sign in" } } },
    [TL_PROBLEM_CREDENTIALS] = { 401,
                                 "credentials",
                                 { { "Identifiant ou mot de passe incorrect",
                                     "Wrong login or password" } } },
    [TL_PROBLEM_CODE] = { 401, "code", { { "Code incorrect", "Wrong code" } } },
    [TL_PROBLEM_FACTOR] = { 401,
                            "factor_needed",
                            { { "Second facteur nécessaire", "Second factor needed" } } },
    [TL_PROBLEM_STEP_UP] = { 403,
                             "step_up_needed",
                             { { "Confirmation nécessaire", "Please confirm" } } },
    [TL_PROBLEM_FORBIDDEN] = { 403, "forbidden", { { "Non autorisé", "Not allowed" } } },
    [TL_PROBLEM_CSRF] = { 403,
                          "forbidden",
                          { { "Page à recharger", "Please reload the page" } } },
    [TL_PROBLEM_MISSING] = { 404, "missing", { { "Introuvable", "Not found" } } },
    [TL_PROBLEM_METHOD] = { 405, "method", { { "Méthode inconnue", "Method not allowed" } } },
    [TL_PROBLEM_STATE] = { 409,
                           "state",
                           { { "Impossible à ce stade", "Not possible at this stage" } } },
    [TL_PROBLEM_EXISTS] = { 409, "exists", { { "Existe déjà", "Already exists" } } },
    [TL_PROBLEM_CONSENT] = { 409, "consent", { { "Accord nécessaire", "Consent needed" } } },
    [TL_PROBLEM_ABSENT] = { 409,
                            "absent",
                            { { "Professionnel absent", "Professional away" } } },
    [TL_PROBLEM_PRECONDITION] = { 412,
                                  "precondition",
                                  { { "Modifié entre-temps", "Changed meanwhile" } } },
    [TL_PROBLEM_TOO_BIG] = { 413, "too_big", { { "Trop volumineux", "Too big" } } },
    [TL_PROBLEM_MEDIA_TYPE] = { 415,
                                "format",
                                { { "Type de fichier refusé", "File type refused" } } },
    [TL_PROBLEM_LIMIT] = { 429, "limit", { { "Trop de demandes", "Too many requests" } } },
    [TL_PROBLEM_FULL] = { 409, "full", { { "Limite atteinte", "Limit reached" } } },
    [TL_PROBLEM_LOCKED] = { 429,
                            "locked",
                            { { "Bloqué pour un temps", "Locked for a while" } } },
    [TL_PROBLEM_INTERNAL] = { 500, "internal", { { "Erreur interne", "Internal error" } } },
    [TL_PROBLEM_AWAY] = { 503,
                          "away",
                          { { "Service momentanément indisponible",
                              "Service away for a moment" } } },
};

int tl_problem_status(enum tl_problem problem)
{
    return problems[problem].status;
}

bool tl_refuse_with(struct tl_call *call, enum tl_problem problem, const char *field,
                    struct tl_words detail, json_t *extra)
{
    enum tl_language language = call->request ? call->request->language : TL_FRENCH;
    char type[64];
    snprintf(type, sizeof type, "/problems/%s", problems[problem].code);
    json_t *object = json_pack("{s:s,s:s,s:i,s:s}", "type", type, "title",
                               problems[problem].title.in[language], "status",
                               problems[problem].status, "detail", detail.in[language]);
    if (object && field)
        json_object_set_new(object, "field", json_string(field));
    if (object && extra)
        json_object_update(object, extra);
    json_decref(extra);
    int retry = call->answer.retry_after_s;
    set_body(call, problems[problem].status, "application/problem+json",
             object ? json_dumps(object, JSON_COMPACT) : NULL);
    json_decref(object);
    call->answer.retry_after_s = problem == TL_PROBLEM_AWAY ? 2 : retry;
    return false;
}

bool tl_refuse(struct tl_call *call, enum tl_problem problem, const char *field,
               struct tl_words detail)
{
    return tl_refuse_with(call, problem, field, detail, NULL);
}

bool tl_refuse_fields(struct tl_call *call, const struct tl_fields *fields)
{
    static const struct {
        const char *reason;
        struct tl_words words;
    } table[] = {
        { "missing", { { "Ce champ est nécessaire.", "This field is needed." } } },
        { "unknown", { { "Champ inconnu.", "Unknown field." } } },
        { "too short", { { "Trop court.", "Too short." } } },
        { "too long", { { "Trop long.", "Too long." } } },
        { "out of range", { { "Valeur hors limites.", "Value out of range." } } },
        { "same", { { "C'est le même que l'ancien.", "It is the same as the old one." } } },
        { "key",
          { { "La clé de contrôle ne correspond pas.", "The check digits do not match." } } },
        { "mismatch",
          { { "Ne correspond pas aux traits d'identité.",
              "Does not match the identity traits." } } },
        { "future", { { "Cette date est dans le futur.", "This date is in the future." } } },
        { "past", { { "Cette date est passée.", "This date is past." } } },
        { "place",
          { { "Code de commune INSEE attendu.", "An INSEE commune code is expected." } } },
        { "address", { { "Adresse incorrecte.", "Not a valid address." } } },
        { "sign",
          { { "Contient un caractère invisible ou de commande.",
              "Holds a character that is invisible or a command." } } },
        { "phone", { { "Numéro de téléphone incorrect.", "Not a valid telephone number." } } },
    };
    struct tl_words words = TL_SAY("Valeur incorrecte.", "Wrong value.");
    for (size_t i = 0; i < TL_COUNT_OF(table); i++)
        if (strcmp(fields->wrong_reason, table[i].reason) == 0)
            words = table[i].words;
    return tl_refuse(call, TL_PROBLEM_FIELD, fields->wrong_field, words);
}

bool tl_refuse_error(struct tl_call *call, enum tl_error error)
{
    switch (error) {
    case TL_ERROR_AWAY:
    case TL_ERROR_TIMEOUT:
    case TL_ERROR_AGAIN:
        return tl_refuse(call, TL_PROBLEM_AWAY, NULL,
                         TL_SAY("Rien n'a été enregistré. Réessayez dans un instant.",
                                "Nothing was recorded. Try again in a moment."));
    case TL_ERROR_EXISTS:
        return tl_refuse(
            call, TL_PROBLEM_EXISTS, NULL,
            TL_SAY("Cet enregistrement existe déjà.", "This record exists already."));
    case TL_ERROR_STATE:
        return tl_refuse(
            call, TL_PROBLEM_STATE, NULL,
            TL_SAY("La base a refusé ce changement.", "The database refused this change."));
    case TL_ERROR_RANGE:
        return tl_refuse(call, TL_PROBLEM_FORMAT, NULL,
                         TL_SAY("Un signe de ce texte n'est pas accepté.",
                                "A sign in this text is not accepted."));
    default:
        return tl_refuse(call, TL_PROBLEM_INTERNAL, NULL,
                         TL_SAY("Une erreur de notre côté. Elle est consignée.",
                                "A fault of ours. It has been logged."));
    }
}

/* ---- reading ---- */

bool tl_call_body(struct tl_call *call, struct tl_fields *ret_fields)
{
    if (call->request->body.size &&
        !tl_text_starts_with(call->request->content_type, "application/json"))
        return tl_refuse(call, TL_PROBLEM_MEDIA_TYPE, NULL,
                         TL_SAY("JSON attendu.", "JSON is expected."));
    enum tl_error error =
        tl_json_read(call->request->body.size ? call->request->body : tl_bytes("{}", 2),
                     TL_JSON_BODY_LIMIT, &call->body);
    if (error == TL_ERROR_LIMIT)
        return tl_refuse(call, TL_PROBLEM_TOO_BIG, NULL,
                         TL_SAY("Texte trop long ou trop imbriqué.", "Too long or too deep."));
    if (error)
        return tl_refuse(call, TL_PROBLEM_FORMAT, NULL,
                         TL_SAY("Ce n'est pas un objet JSON.", "This is not a JSON object."));
    *ret_fields = tl_fields(call->body);
    return true;
}

bool tl_call_empty_body(struct tl_call *call)
{
    struct tl_fields f;
    if (!tl_call_body(call, &f))
        return false;
    return tl_fields_end(&f) ? tl_refuse_fields(call, &f) : true;
}

bool tl_call_query(struct tl_call *call, struct tl_fields *ret_fields)
{
    if (!call->query && tl_query_read(call->request->query, &call->query))
        return tl_refuse(call, TL_PROBLEM_FORMAT, NULL,
                         TL_SAY("Paramètres illisibles.", "Unreadable parameters."));
    *ret_fields = tl_fields(call->query);
    return true;
}

int tl_field_limit(struct tl_fields *fields, int otherwise)
{
    uint64_t limit;
    struct tl_text text = tl_field_text_or_none(fields, "limit", 8);
    if (!text.data)
        return otherwise;
    if (tl_text_u64(text, TL_CALL_MOST_ITEMS, &limit) || limit == 0) {
        tl_field_is_wrong(fields, "limit", "out of range");
        return otherwise;
    }
    return (int)limit;
}

bool tl_refuse_no_such_place(struct tl_call *call)
{
    return tl_refuse(call, TL_PROBLEM_FIELD, "after",
                     TL_SAY("Cette suite n'existe pas : recommencez la liste.",
                            "There is no such place to go on from: begin the list again."));
}

bool tl_answer_page(struct tl_call *call, const struct tl_rows *rows)
{
    if (!tl_rows_boolean(rows, 0, 1))
        return tl_refuse_no_such_place(call);
    tl_answer_json(call, 200, tl_rows_text(rows, 0, 0));
    return true;
}

void tl_field_uuid(struct tl_fields *fields, const char *name, bool optional,
                   char ret_id[TL_UUID_SIZE])
{
    struct tl_text text = optional ? tl_field_text_or_none(fields, name, TL_UUID_SIZE)
                                   : tl_field_text(fields, name, 1, TL_UUID_SIZE);
    ret_id[0] = 0;
    if (!text.data || (optional && !text.size))
        return;
    if (!tl_uuid_is_valid(text))
        tl_field_is_wrong(fields, name, "not an identifier");
    else
        (void)tl_text_copy(text, ret_id, TL_UUID_SIZE);
}

tl_time_us tl_field_time_or_none(struct tl_fields *fields, const char *name)
{
    struct tl_text text = tl_field_text_or_none(fields, name, 40);
    tl_time_us time = -1;
    if (text.data && tl_time_read(text, &time))
        tl_field_is_wrong(fields, name, "not a time");
    else if (text.data && time < 0) /* before 1970: not to be taken for one left out */
        tl_field_is_wrong(fields, name, "out of range");
    return time;
}

/* ---- asking ---- */

bool tl_call_run(struct tl_call *call, enum tl_sql sql, const struct tl_value *values,
                 size_t count, struct tl_rows *ret_rows)
{
    enum tl_error error = tl_db_run(call->db, sql, values, count, ret_rows);
    return error ? tl_refuse_error(call, error) : true;
}

bool tl_call_event(struct tl_call *call, const char *type, json_t *detail)
{
    tl_autofree char *text = NULL;
    char id[TL_UUID_SIZE];
    tl_random_uuid(id);
    enum tl_error error =
        tl_event_detail_write(call->db, id, call->act.structure[0] ? call->act.structure : NULL,
                              call->act.id, detail, &text);
    json_decref(detail);
    if (error)
        return tl_refuse_error(call, error);
    return tl_call_ask(call, TL_SQL_ACT_EVENT_ADD, NULL, tl_value(id), tl_value(call->act.id),
                       tl_value(type), tl_value(NULL), tl_value(NULL),
                       tl_value(call->who.kind == TL_PRINCIPAL_PERSON ? call->who.id : NULL),
                       tl_value_marked(text));
}

void tl_call_notice(struct tl_call *call, const char *kind, json_t *people,
                    const char *professional, const char *starts_at, json_t *detail)
{
    json_t *notice =
        json_pack("{s:s,s:s,s:o,s:s?,s:s?,s:o}", "act", call->act.id, "kind", kind, "people",
                  people ? people : json_array(), "professional", professional, "starts_at",
                  starts_at, "detail", detail ? detail : json_object());
    if (notice && call->notice_count < TL_CALL_NOTICES_LIMIT)
        call->notices[call->notice_count++] = notice;
    else
        json_decref(notice);
}
