#include "outbox/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/seal.h"

enum { MESSAGE_ID_SIZE = 160 };

static bool is_set(const char *text)
{
    return text && text[0];
}

/* RFC 5322 section 3.6.4: an identifier and the name of who made it; the same at each try. */
static void write_message_id(const char *public_url, const char *id,
                             char buffer[MESSAGE_ID_SIZE])
{
    const char *slashes = strstr(public_url, "//"), *host = slashes ? slashes + 2 : public_url;
    snprintf(buffer, MESSAGE_ID_SIZE, "%s@%.*s", id, (int)strcspn(host, ":/"), host);
}

static bool put(struct tl_call *call, const char *kind, const char *to, const char *subject,
                const char *text)
{
    char id[TL_UUID_SIZE], message_id[MESSAGE_ID_SIZE];
    tl_autofree char *payload = NULL;
    tl_autofree uint8_t *sealed = NULL;
    size_t payload_size = 0, sealed_size = 0;
    tl_random_uuid(id);
    write_message_id(call->settings->public_url, id, message_id);
    bool sms = strcmp(kind, "sms") == 0;
    tl_autojson json_t *object =
        json_pack("{s:s,s:s,s:s*,s:s,s:s}", "kind", kind, "to", to, "subject",
                  sms ? NULL : subject, "text", text, "message_id", message_id);
    enum tl_error error =
        object ? tl_json_write(object, &payload, &payload_size) : TL_ERROR_MEMORY;
    if (!error)
        error = tl_seal_to(call->settings->outbox_key, tl_text(id),
                           tl_bytes(payload, payload_size), &sealed, &sealed_size);
    if (payload)
        tl_secret_wipe(payload, payload_size);
    if (error)
        return tl_refuse_error(call, error);
    return tl_call_ask(call, TL_SQL_OUTBOX_ADD, NULL, tl_value(id), tl_value(kind),
                       tl_value_raw(sealed, sealed_size));
}

bool tl_outbox_tell(struct tl_call *call, enum tl_message_topic topic,
                    const struct tl_recipient *recipient, const struct tl_message_facts *facts)
{
    char subject[TL_SUBJECT_SIZE], text[TL_TEXT_SIZE];
    bool prefers_sms = topic == TL_TOPIC_CODE;
    bool sms = is_set(recipient->phone) && (prefers_sms || !is_set(recipient->email));
    if (!sms && !is_set(recipient->email))
        return true; /* nowhere to write to: the page shows it */
    enum tl_error error =
        tl_message_compose(topic, recipient->language, sms, facts, subject, text);
    if (error)
        return tl_refuse_error(call, error);
    bool put_it = put(call, sms ? "sms" : "mail", sms ? recipient->phone : recipient->email,
                      subject, text);
    tl_secret_wipe(text, sizeof text);
    return put_it;
}
