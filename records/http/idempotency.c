#include "http/idempotency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "http/policy.h"

/* SHA-256 of path, query and the body's digest: a key belongs to one request. */
static void request_digest(const struct tl_call *call, uint8_t ret_digest[TL_DIGEST_SIZE])
{
    uint8_t buffer[TL_REQUEST_PATH_LIMIT + 1 + TL_REQUEST_QUERY_LIMIT + TL_DIGEST_SIZE];
    uint8_t body[TL_DIGEST_SIZE];
    struct tl_writer w = tl_writer(buffer, sizeof buffer);
    tl_sha256(call->request->body, body);
    tl_write_bytes(&w, tl_bytes(call->request->path.data, call->request->path.size));
    tl_write_u8(&w, '?');
    tl_write_bytes(&w, tl_bytes(call->request->query.data, call->request->query.size));
    tl_write_bytes(&w, tl_bytes(body, sizeof body));
    tl_sha256(tl_writer_bytes(&w), ret_digest);
}

static void copy_id(char buffer[TL_UUID_SIZE], const char *text)
{
    (void)tl_text_copy(tl_text(text ? text : ""), buffer, TL_UUID_SIZE);
}

bool tl_once_begin(struct tl_call *call, struct tl_once *ret_once)
{
    struct tl_once once = { 0 };
    uint8_t digest[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows fresh = { 0 };
    tl_autorows struct tl_rows known = { 0 };
    struct tl_text key = call->request->idempotency_key;
    if (call->route->once == TL_ONCE_NO || !key.data || !key.size)
        return true;
    if (!tl_uuid_is_valid(key) || tl_text_copy(key, once.key, sizeof once.key))
        return tl_refuse(call, TL_PROBLEM_FIELD, "idempotency-key",
                         TL_SAY("Un UUID est attendu.", "A UUID is expected."));
    snprintf(once.owner, sizeof once.owner, "%s", call->who.id);
    request_digest(call, digest);
    /* Waits here while another request of the same key is under way. */
    if (!tl_call_ask(call, TL_SQL_IDEMPOTENCY_KEY_TAKE, &fresh, tl_value(once.owner),
                     tl_value(once.key), tl_value_raw(digest, sizeof digest)))
        return false;
    once.active = true;
    *ret_once = once;
    if (fresh.count)
        return true;
    if (!tl_call_ask(call, TL_SQL_IDEMPOTENCY_KEY_READ, &known, tl_value(once.owner),
                     tl_value(once.key), tl_value_raw(digest, sizeof digest)))
        return false;
    if (!known.count || !tl_rows_boolean(&known, 0, 0))
        return tl_refuse(call, TL_PROBLEM_STATE, "idempotency-key",
                         TL_SAY("Cette clé a servi à une autre demande.",
                                "This key was used for another request."));
    ret_once->answered = true;
    int status = (int)tl_rows_integer(&known, 0, 1);
    if (tl_rows_text(&known, 0, 2))
        tl_answer_json(call, status, tl_rows_text(&known, 0, 2));
    else
        tl_answer_empty(call, status);
    if (status >= 400)
        call->answer.media_type = "application/problem+json";
    copy_id(call->act.id, tl_rows_text(&known, 0, 3));
    copy_id(call->audit_patient, tl_rows_text(&known, 0, 4));
    copy_id(call->audit_object, tl_rows_text(&known, 0, 5));
    return true;
}

static struct tl_value id(const char *text)
{
    return tl_value(text[0] ? text : NULL);
}

bool tl_once_end(struct tl_call *call, const struct tl_once *once)
{
    char status[12];
    if (!once->active)
        return true;
    snprintf(status, sizeof status, "%d", call->answer.status);
    const struct tl_place place = { "idempotency_key.body", once->key, NULL, NULL };
    return tl_call_ask(call, TL_SQL_IDEMPOTENCY_KEY_ANSWER, NULL, tl_value(once->owner),
                       tl_value(once->key), tl_value(status),
                       tl_value_sealed(call->answer.body, &place), id(call->act.id),
                       id(call->audit_patient), id(call->audit_object));
}
