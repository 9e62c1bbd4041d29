#include "visits/invitation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "outbox/outbox.h"
#include "records/identifiers.h"
#include "sign_in/tokens.h"

enum { LINK_SIZE = 400 };

bool tl_act_facts_find(struct tl_call *call, struct tl_act_facts *ret_facts)
{
    struct tl_act_facts facts = { 0 };
    if (!tl_call_ask(call, TL_SQL_ACT_FACTS, &facts.rows, tl_value(call->act.id)))
        return false;
    facts.professional = tl_rows_text(&facts.rows, 0, 0);
    facts.structure = tl_rows_text(&facts.rows, 0, 1);
    facts.starts_at = tl_rows_integer(&facts.rows, 0, 2);
    facts.patient = tl_rows_text(&facts.rows, 0, 4);
    facts.starts_at_text = tl_rows_text(&facts.rows, 0, 9);
    *ret_facts = facts;
    return true;
}

void tl_contact_read(struct tl_fields *fields, struct tl_text *ret_email,
                     struct tl_text *ret_phone)
{
    *ret_email = tl_field_text_or_none(fields, "email", 254);
    *ret_phone = tl_field_text_or_none(fields, "phone", 25);
    if (ret_email->size && tl_mail_address_check(*ret_email))
        tl_field_is_wrong(fields, "email", "address");
    if (ret_phone->size && tl_phone_check(*ret_phone))
        tl_field_is_wrong(fields, "phone", "phone");
}

/* In the fragment, which browsers send to no server (RFC 3986 section 3.5). */
static void write_link(const struct tl_call *call, const char *page, const char *kind,
                       const char *id, char buffer[LINK_SIZE])
{
    char token[TL_TOKEN_SIZE];
    tl_link_token(call->settings->link_key, kind, id, token);
    snprintf(buffer, LINK_SIZE, "%s/%s#%s", call->settings->public_url, page, token);
    tl_secret_wipe(token, sizeof token);
}

static enum tl_language read_language(const char *code)
{
    return code && strcmp(code, "en") == 0 ? TL_ENGLISH : TL_FRENCH;
}

/* What a new row of either table needs: its id, the digest of its link, its first code. */
struct secrets {
    char id[TL_UUID_SIZE], code[TL_CODE_SIZE];
    uint8_t token_digest[TL_DIGEST_SIZE], code_hash[TL_DIGEST_SIZE];
};

static struct secrets make_secrets(const struct tl_call *call, const char *kind)
{
    struct secrets secrets;
    char token[TL_TOKEN_SIZE];
    tl_random_uuid(secrets.id);
    tl_link_token(call->settings->link_key, kind, secrets.id, token);
    tl_token_digest(tl_text(token), secrets.token_digest);
    tl_secret_wipe(token, sizeof token);
    tl_code_make(secrets.code);
    tl_code_hash(call->settings->link_key, secrets.id, tl_text(secrets.code),
                 secrets.code_hash);
    return secrets;
}

/* Link and code in two messages, so that one stolen mailbox or glimpse is not enough. */
static bool send_both(struct tl_call *call, enum tl_message_topic topic, const char *page,
                      const char *kind, const struct secrets *secrets,
                      const struct tl_act_facts *facts, const struct tl_recipient *recipient)
{
    char link[LINK_SIZE];
    write_link(call, page, kind, secrets->id, link);
    struct tl_message_facts message = { facts->professional, facts->structure, facts->starts_at,
                                        link, secrets->code };
    return tl_outbox_tell(call, topic, recipient, &message) &&
           tl_outbox_tell(call, TL_TOPIC_CODE, recipient, &message);
}

/* A row's identity as JSON, sealed in its place: malloc'ed, NULL and answered on failure. */
static char *identity_json(struct tl_call *call, json_t *identity)
{
    char *json = json_dumps(identity, JSON_COMPACT);
    json_decref(identity);
    if (!json)
        (void)tl_refuse_error(call, TL_ERROR_MEMORY);
    return json;
}

/* The most of a name that the session's protocol takes, whole characters. */
static size_t fitting(const char *name)
{
    enum { SESSION_NAME_BYTES = 255 };
    size_t size = strlen(name);
    if (size > SESSION_NAME_BYTES)
        for (size = SESSION_NAME_BYTES; size && ((uint8_t)name[size] & 0xc0) == 0x80;)
            size--;
    return size;
}

static bool add_invitation(struct tl_call *call, const struct tl_invite *invite,
                           const struct secrets *secrets, const char *name)
{
    const struct tl_place place = { "invitation.identity", secrets->id,
                                    call->act.structure[0] ? call->act.structure : NULL,
                                    call->act.id };
    char *json = identity_json(
        call, json_pack("{s:s,s:s%,s:s?,s:s?}", "name", name, "session_name", name,
                        fitting(name), "email", invite->email.size ? invite->email.data : NULL,
                        "phone", invite->phone.size ? invite->phone.data : NULL));
    bool done =
        json &&
        tl_call_ask(call, TL_SQL_INVITATION_ADD, NULL, tl_value(secrets->id),
                    tl_value(call->act.id), tl_value(invite->role),
                    tl_value_sealed(json, &place), tl_value_boolean(invite->email.size != 0),
                    tl_value_boolean(invite->phone.size != 0), tl_value(invite->language),
                    tl_value_raw(secrets->token_digest, TL_DIGEST_SIZE),
                    tl_value_raw(secrets->code_hash, TL_DIGEST_SIZE));
    tl_secret_free_text(json);
    return done;
}

bool tl_known_contact_find(struct tl_call *call, struct tl_known_contact *ret_contact)
{
    struct tl_known_contact known = { .email = NULL };
    if (!tl_call_ask(call, TL_SQL_DELIVERY_CONTACT, &known.rows, tl_value(call->act.id)))
        return false;
    const char *own_email = tl_rows_text(&known.rows, 0, 0);
    const char *own_phone = tl_rows_text(&known.rows, 0, 1);
    known.email = own_email ? own_email : tl_rows_text(&known.rows, 0, 2);
    known.phone = own_phone ? own_phone : tl_rows_text(&known.rows, 0, 3);
    known.language = tl_rows_text(&known.rows, 0, 4);
    *ret_contact = known;
    return true;
}

bool tl_invitation_make(struct tl_call *call, const struct tl_invite *invite)
{
    struct tl_act_facts facts;
    if (!tl_act_facts_find(call, &facts))
        return false;
    struct secrets secrets = make_secrets(call, "invitation");
    struct tl_recipient recipient = { invite->email.data, invite->phone.data,
                                      read_language(invite->language) };
    bool done =
        add_invitation(call, invite, &secrets, invite->name ? invite->name : facts.patient) &&
        send_both(call, TL_TOPIC_LINK, "visite", "invitation", &secrets, &facts, &recipient);
    tl_secret_wipe(&secrets, sizeof secrets);
    tl_rows_release(&facts.rows);
    return done;
}

bool tl_invitation_replace(struct tl_call *call)
{
    return tl_call_ask(call, TL_SQL_INVITATION_REPLACE, NULL, tl_value(call->act.id));
}

bool tl_invitation_tell_all(struct tl_call *call, enum tl_message_topic topic)
{
    struct tl_act_facts facts;
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_act_facts_find(call, &facts))
        return false;
    bool done = tl_call_ask(call, TL_SQL_INVITATIONS_LIVING, &rows, tl_value(call->act.id));
    for (size_t i = 0; i < rows.count && done; i++) {
        char link[LINK_SIZE];
        write_link(call, "visite", "invitation", tl_rows_text(&rows, i, 0), link);
        struct tl_recipient recipient = { tl_rows_text(&rows, i, 1), tl_rows_text(&rows, i, 2),
                                          read_language(tl_rows_text(&rows, i, 3)) };
        struct tl_message_facts message = { facts.professional, facts.structure,
                                            facts.starts_at, link, "" };
        done = tl_outbox_tell(call, topic, &recipient, &message);
    }
    if (done && topic == TL_TOPIC_REMINDER)
        done = tl_call_ask(call, TL_SQL_INVITATIONS_SENT_NOW, NULL, tl_value(call->act.id));
    tl_rows_release(&facts.rows);
    return done;
}

static bool add_delivery(struct tl_call *call, const struct tl_known_contact *contact,
                         const struct secrets *secrets)
{
    const struct tl_place place = { "delivery.identity", secrets->id, NULL, call->act.id };
    char *json = identity_json(
        call, json_pack("{s:s?,s:s?}", "email", contact->email, "phone", contact->phone));
    bool done = json && tl_call_ask(call, TL_SQL_DELIVERY_ADD, NULL, tl_value(secrets->id),
                                    tl_value(call->act.id), tl_value_sealed(json, &place),
                                    tl_value(contact->language),
                                    tl_value_raw(secrets->token_digest, TL_DIGEST_SIZE),
                                    tl_value_raw(secrets->code_hash, TL_DIGEST_SIZE));
    tl_secret_free_text(json);
    return done;
}

static bool deliver(struct tl_call *call, const struct tl_known_contact *contact)
{
    struct tl_act_facts facts;
    if (!tl_act_facts_find(call, &facts))
        return false;
    struct secrets secrets = make_secrets(call, "delivery");
    struct tl_recipient recipient = { contact->email, contact->phone,
                                      read_language(contact->language) };
    bool done =
        add_delivery(call, contact, &secrets) &&
        send_both(call, TL_TOPIC_REPORT, "documents", "delivery", &secrets, &facts, &recipient);
    tl_secret_wipe(&secrets, sizeof secrets);
    tl_rows_release(&facts.rows);
    return done;
}

bool tl_delivery_make(struct tl_call *call, bool *ret_made)
{
    struct tl_known_contact contact;
    *ret_made = false;
    if (!tl_known_contact_find(call, &contact))
        return false;
    bool reachable = contact.email || contact.phone;
    bool done = !reachable || deliver(call, &contact);
    tl_rows_release(&contact.rows);
    *ret_made = reachable && done;
    return done;
}
