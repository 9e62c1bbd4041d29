/* Opening a link and giving its code: the same for a session's invitation and a report's delivery.
 * Every way a link can be dead has its own state, so that the page can say which. */
#include <stdio.h>
#include <string.h>

#include "http/policy.h"
#include "outbox/outbox.h"
#include "sign_in/tokens.h"
#include "visits/handlers.h"
#include "visits/invitation.h"
#include "visits/visit_answer.h"

enum { LOCKED_RETRY_S = 3600 };

/* What differs between the two kinds of link. */
struct kind {
    enum tl_sql by_token, opened, wrong_code, verified, new_code;
    bool delivery;
};
static const struct kind invitation = {
    TL_SQL_INVITATION_BY_TOKEN, TL_SQL_INVITATION_OPENED,   TL_SQL_INVITATION_WRONG_CODE,
    TL_SQL_INVITATION_VERIFIED, TL_SQL_INVITATION_NEW_CODE, false
};
static const struct kind delivery = { TL_SQL_DELIVERY_BY_TOKEN,   TL_SQL_DELIVERY_OPENED,
                                      TL_SQL_DELIVERY_WRONG_CODE, TL_SQL_DELIVERY_VERIFIED,
                                      TL_SQL_DELIVERY_NEW_CODE,   true };

struct link {
    struct tl_rows rows;
    char id[TL_UUID_SIZE];
    const char *state, *email, *phone, *language;
    int tries, codes_this_hour;
    bool early, elsewhere;
};

static bool find_link(struct tl_call *call, const struct kind *kind, struct tl_text token,
                      struct link *ret_link)
{
    uint8_t digest[TL_DIGEST_SIZE];
    struct link link = { .tries = 0 };
    tl_token_digest(token, digest);
    if (!tl_call_become(call, TL_DB_STRANGER, digest) ||
        !tl_call_ask(call, kind->by_token, &link.rows, tl_value_raw(digest, sizeof digest)))
        return false;
    if (!link.rows.count) {
        tl_rows_release(&link.rows);
        return tl_refuse(call, TL_PROBLEM_MISSING, "token",
                         TL_SAY("Ce lien n'existe pas. Vérifiez qu'il est complet.",
                                "This link does not exist. Check that it is complete."));
    }
    const struct tl_rows *r = &link.rows;
    (void)tl_text_copy(tl_text(tl_rows_text(r, 0, 0)), link.id, sizeof link.id);
    (void)tl_text_copy(tl_text(tl_rows_text(r, 0, 1)), call->act.id, sizeof call->act.id);
    link.state = tl_rows_text(r, 0, 2);
    link.tries = (int)tl_rows_integer(r, 0, 3);
    link.email = tl_rows_text(r, 0, 4);
    link.phone = tl_rows_text(r, 0, 5);
    link.language = tl_rows_text(r, 0, 6);
    link.early = tl_rows_boolean(r, 0, 11);
    link.elsewhere = tl_rows_boolean(r, 0, 12);
    (void)tl_text_copy(tl_text(tl_rows_text(r, 0, 13)), call->audit_patient,
                       sizeof call->audit_patient);
    link.codes_this_hour = (int)tl_rows_integer(r, 0, 14);
    *ret_link = link;
    return true;
}

/* Enough to recognise one's own address, too little to learn it: j•••@exemple.fr, ••••••42. */
static void hide_contact(const char *email, const char *phone, char *buffer, size_t size)
{
    const char *at = email ? strchr(email, '@') : NULL;
    size_t length = phone ? strlen(phone) : 0;
    buffer[0] = 0;
    if (length >= 2)
        snprintf(buffer, size, "•• •• •• •• %s", phone + length - 2);
    else if (at)
        snprintf(buffer, size, "%.1s•••%s", email, at);
}

/* The cookie of this browser belongs to this link already. */
static bool is_here(struct tl_call *call, const char *id)
{
    struct tl_text token;
    uint8_t digest[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    if (tl_cookie_read(call->request->cookie, TL_COOKIE_VISIT, &token))
        return false;
    tl_token_digest(token, digest);
    if (!tl_call_ask(call, TL_SQL_VISIT_FIND, &rows, tl_value_raw(digest, sizeof digest)) ||
        !rows.count)
        return false;
    const char *own = tl_rows_text(&rows, 0, 0) ? tl_rows_text(&rows, 0, 0)  /* an invitation */
                                                : tl_rows_text(&rows, 0, 1); /* or a delivery */
    return own && strcmp(own, id) == 0;
}

static const char *state_shown(struct tl_call *call, const struct link *link)
{
    static const char *const dead[] = { "replaced", "cancelled", "not_held",
                                        "ended",    "locked",    "expired" };
    for (size_t i = 0; i < sizeof dead / sizeof dead[0]; i++)
        if (strcmp(link->state, dead[i]) == 0)
            return dead[i];
    if (link->elsewhere && !is_here(call, link->id))
        return "elsewhere";
    if (link->early)
        return "early";
    return tl_rows_text(&link->rows, 0, 10) ? "code_needed" : "code_used";
}

static bool read_token(struct tl_call *call, bool with_code, struct tl_text *ret_token,
                       struct tl_text *ret_code)
{
    struct tl_fields f;
    if (!tl_call_body(call, &f))
        return false;
    struct tl_text token = tl_field_text(&f, "token", 1, 200);
    struct tl_text code = with_code ? tl_field_text(&f, "code", 1, 20) : (struct tl_text){ 0 };
    if (tl_fields_end(&f))
        return tl_refuse_fields(call, &f);
    *ret_token = token;
    if (ret_code)
        *ret_code = code;
    return true;
}

static void open_link(struct tl_call *call, const struct kind *kind)
{
    struct tl_text token;
    struct link link;
    char contact[300];
    if (!read_token(call, false, &token, NULL) || !find_link(call, kind, token, &link))
        return;
    const char *state = state_shown(call, &link);
    hide_contact(link.email, link.phone, contact, sizeof contact);
    bool first = strcmp(link.state, "sent") == 0;
    if (call->answer.status == 0 && first) {
        if (tl_call_ask(call, kind->opened, NULL, tl_value(link.id)) && !kind->delivery)
            (void)tl_call_event(call, "link_opened", NULL);
    }
    if (call->answer.status == 0)
        tl_answer_object(call, 200,
                         json_pack("{s:s,s:s,s:s,s:s?,s:s,s:s,s:i,s:s}", "state", state,
                                   "professional", tl_rows_text(&link.rows, 0, 7), "structure",
                                   tl_rows_text(&link.rows, 0, 8), "structure_phone",
                                   tl_rows_text(&link.rows, 0, 15), "starts_at",
                                   tl_rows_text(&link.rows, 0, 9), "contact", contact,
                                   "tries_left", TL_CODE_TRIES - link.tries, "language",
                                   link.language));
    tl_rows_release(&link.rows);
}

/* A link that is dead answers so before any code is looked at. */
static bool is_alive(struct tl_call *call, const struct link *link)
{
    const char *state = state_shown(call, link);
    if (call->answer.status)
        return false;
    if (strcmp(state, "locked") == 0) {
        call->answer.retry_after_s = LOCKED_RETRY_S;
        return tl_refuse_with(
            call, TL_PROBLEM_LOCKED, "code",
            TL_SAY("Cinq codes faux : ce lien est bloqué. Demandez-en un autre à "
                   "votre professionnel.",
                   "Five wrong codes: this link is locked. Ask your "
                   "professional for another."),
            json_pack("{s:i}", "tries_left", 0));
    }
    if (strcmp(state, "code_needed") == 0 || strcmp(state, "code_used") == 0 ||
        strcmp(state, "elsewhere") == 0)
        return true;
    return tl_refuse_with(
        call, TL_PROBLEM_STATE, "token",
        TL_SAY("Ce lien n'est pas utilisable maintenant.", "This link cannot be used now."),
        json_pack("{s:s}", "state", state));
}

static bool code_is_right(struct tl_call *call, const struct kind *kind,
                          const struct link *link, struct tl_text code)
{
    uint8_t hash[TL_DIGEST_SIZE], known[TL_DIGEST_SIZE] = { 0 };
    const char *hex = tl_rows_text(&link->rows, 0, 10);
    if (!hex)
        return tl_refuse_with(
            call, TL_PROBLEM_CODE, "code",
            TL_SAY("Ce code a déjà servi. Demandez-en un autre : il arrive en "
                   "quelques instants.",
                   "This code was used already. Ask for another: it comes in "
                   "a moment."),
            json_pack("{s:i}", "tries_left", TL_CODE_TRIES - link->tries));
    if (strlen(hex) == 2 + 2 * TL_DIGEST_SIZE)
        (void)tl_hex_read(tl_text(hex + 2), known, sizeof known);
    tl_code_hash(call->settings->link_key, link->id, code, hash);
    if (tl_secret_equal(tl_bytes(hash, sizeof hash), tl_bytes(known, sizeof known)))
        return true;
    if (!tl_call_ask(call, kind->wrong_code, NULL, tl_value(link->id)))
        return false;
    call->keep = true;
    int left = TL_CODE_TRIES - link->tries - 1;
    if (left == 0) {
        call->answer.retry_after_s = LOCKED_RETRY_S;
        return tl_refuse_with(
            call, TL_PROBLEM_LOCKED, "code",
            TL_SAY("Cinq codes faux : ce lien est bloqué. Demandez-en un autre à "
                   "votre professionnel.",
                   "Five wrong codes: this link is locked. Ask your "
                   "professional for another."),
            json_pack("{s:i}", "tries_left", 0));
    }
    return tl_refuse_with(call, TL_PROBLEM_CODE, "code",
                          TL_SAY("Ce n'est pas le code envoyé.", "This is not the code sent."),
                          json_pack("{s:i}", "tries_left", left));
}

static void answer_visit(struct tl_call *call, const struct kind *kind, const char *csrf)
{
    if (!kind->delivery) {
        struct tl_visit visit = { 0 };
        if (tl_visit_find(call, &visit)) {
            json_object_set_new(visit.object, "csrf", json_string(csrf));
            tl_answer_object(call, 200,
                             json_pack("{s:s,s:o}", "csrf", csrf, "visit", visit.object));
        }
        return;
    }
    tl_autorows struct tl_rows rows = { 0 };
    if (tl_call_ask(call, TL_SQL_DELIVERY_FACTS, &rows, tl_value(call->act.id)))
        tl_answer_object(call, 200,
                         json_pack("{s:s,s:o}", "csrf", csrf, "delivery",
                                   json_loads(tl_rows_text(&rows, 0, 0), 0, NULL)));
}

static void give_code(struct tl_call *call, const struct kind *kind)
{
    struct tl_text token, code;
    struct link link;
    char cookie[TL_TOKEN_SIZE], csrf[TL_TOKEN_SIZE];
    uint8_t digest[TL_DIGEST_SIZE];
    if (!read_token(call, true, &token, &code) || !find_link(call, kind, token, &link))
        return;
    if (is_alive(call, &link) && code_is_right(call, kind, &link, code)) {
        tl_random_token(TL_TOKEN_BYTES, cookie);
        tl_token_digest(tl_text(cookie), digest);
        tl_csrf_write(tl_text(cookie), csrf);
        call->who.kind = kind->delivery ? TL_PRINCIPAL_RECIPIENT : TL_PRINCIPAL_VISITOR;
        (void)tl_text_copy(tl_text(link.id), call->who.id, sizeof call->who.id);
        (void)tl_text_copy(tl_text(call->act.id), call->who.act, sizeof call->who.act);
        if (tl_call_ask(call, kind->verified, NULL, tl_value(link.id),
                        tl_value_raw(digest, sizeof digest)) &&
            tl_call_event(call, kind->delivery ? "report_read" : "code_verified", NULL) &&
            tl_call_become(call, TL_DB_VISITOR, digest))
            answer_visit(call, kind, csrf);
        if (call->answer.status < 400)
            tl_answer_cookie(call, TL_COOKIE_VISIT, cookie);
        tl_secret_wipe(cookie, sizeof cookie);
    }
    tl_rows_release(&link.rows);
}

static bool send_code(struct tl_call *call, const struct kind *kind, const struct link *link)
{
    char code[TL_CODE_SIZE];
    uint8_t hash[TL_DIGEST_SIZE];
    tl_code_make(code);
    tl_code_hash(call->settings->link_key, link->id, tl_text(code), hash);
    struct tl_recipient recipient = { link->email, link->phone,
                                      strcmp(link->language, "en") == 0 ? TL_ENGLISH
                                                                        : TL_FRENCH };
    struct tl_message_facts message = { tl_rows_text(&link->rows, 0, 7),
                                        tl_rows_text(&link->rows, 0, 8), call->now, "", code };
    bool done = tl_call_ask(call, kind->new_code, NULL, tl_value(link->id),
                            tl_value_raw(hash, sizeof hash)) &&
                tl_outbox_tell(call, TL_TOPIC_CODE, &recipient, &message);
    tl_secret_wipe(code, sizeof code);
    return done;
}

static void renew_code(struct tl_call *call, const struct kind *kind)
{
    struct tl_text token;
    struct link link;
    if (!read_token(call, false, &token, NULL) || !find_link(call, kind, token, &link))
        return;
    if (is_alive(call, &link)) {
        if (link.codes_this_hour >= TL_CODES_AN_HOUR) {
            call->answer.retry_after_s = 3600;
            (void)tl_refuse(
                call, TL_PROBLEM_LIMIT, NULL,
                TL_SAY("Trois codes ont été envoyés en une heure. Patientez un peu.",
                       "Three codes were sent within an hour. Please wait a little."));
        } else if (send_code(call, kind, &link)) {
            tl_answer_empty(call, 204);
        }
    }
    tl_rows_release(&link.rows);
}

void tl_post_invitation_open(struct tl_call *call)
{
    open_link(call, &invitation);
}

void tl_post_invitation_code(struct tl_call *call)
{
    give_code(call, &invitation);
}

void tl_post_invitation_new_code(struct tl_call *call)
{
    renew_code(call, &invitation);
}

void tl_post_delivery_open(struct tl_call *call)
{
    open_link(call, &delivery);
}

void tl_post_delivery_code(struct tl_call *call)
{
    give_code(call, &delivery);
}

void tl_post_delivery_new_code(struct tl_call *call)
{
    renew_code(call, &delivery);
}
