#include "sessions/tickets.h"

#include <string.h>

#include "audit/audit.h"
#include "http/limits.h"
#include "sign_in/tokens.h"

bool tl_ticket_make(struct tl_call *call, const char *kind, const char *act,
                    char ret_ticket[TL_TOKEN_SIZE])
{
    uint8_t digest[TL_DIGEST_SIZE];
    bool person = call->who.kind == TL_PRINCIPAL_PERSON;
    tl_random_token(TL_TOKEN_BYTES, ret_ticket);
    tl_token_digest(tl_text(ret_ticket), digest);
    if (!tl_limit_holds(call, TL_LIMIT_TICKETS, call->who.id, NULL, 1))
        return false;
    if (person)
        return tl_call_ask(call, TL_SQL_TICKET_ADD_OF_BROWSER, NULL,
                           tl_value_raw(digest, sizeof digest), tl_value(kind), tl_value(act),
                           tl_value(call->who.id));
    return tl_call_ask(call, TL_SQL_TICKET_ADD, NULL, tl_value_raw(digest, sizeof digest),
                       tl_value(kind), tl_value(act), tl_value(NULL), tl_value(call->who.id));
}

bool tl_ticket_make_probe(struct tl_call *call, char ret_ticket[TL_TOKEN_SIZE])
{
    uint8_t digest[TL_DIGEST_SIZE];
    tl_random_token(TL_TOKEN_BYTES, ret_ticket);
    tl_token_digest(tl_text(ret_ticket), digest);
    return tl_limit_holds(call, TL_LIMIT_PROBES, "test", NULL, 1) &&
           tl_call_ask(call, TL_SQL_TICKET_ADD, NULL, tl_value_raw(digest, sizeof digest),
                       tl_value("test"), tl_value(NULL), tl_value(NULL), tl_value(NULL));
}

static enum tl_error find(struct tl_db *db, json_t *body, struct tl_rows *ret_rows)
{
    uint8_t digest[TL_DIGEST_SIZE];
    struct tl_fields f = tl_fields(body);
    struct tl_text ticket = tl_field_text_or_none(&f, "ticket", 200);
    struct tl_text resume = tl_field_text_or_none(&f, "resume", 200);
    if (tl_fields_end(&f) || (ticket.size == 0) == (resume.size == 0))
        return TL_ERROR_FORMAT;
    tl_token_digest(ticket.size ? ticket : resume, digest);
    return tl_db_query(db, ticket.size ? TL_SQL_TICKET_REDEEM : TL_SQL_RESUME_REDEEM, ret_rows,
                       tl_value_raw(digest, sizeof digest));
}

static enum tl_error redeem(struct tl_db *db, const char *writer, json_t *body,
                            json_t **ret_answer)
{
    tl_autorows struct tl_rows rows = { 0 };
    enum tl_error error = find(db, body, &rows);
    if (error)
        return error;
    if (!rows.count)
        return TL_ERROR_MISSING;
    struct tl_audit audit = { .writer = writer,
                              .actor_kind = tl_rows_text(&rows, 0, 1),
                              .actor = tl_rows_text(&rows, 0, 2),
                              .action = "session.enter",
                              .act = tl_rows_text(&rows, 0, 3) };
    error = audit.act ? tl_audit_add(db, &audit) : TL_OK;
    if (error)
        return error;
    json_t *answer = json_loads(tl_rows_text(&rows, 0, 0), 0, NULL);
    if (!answer)
        return TL_ERROR_IO;
    *ret_answer = answer;
    return TL_OK;
}

enum tl_error tl_ticket_redeem(struct tl_db *db, const char *writer, json_t *body,
                               json_t **ret_answer)
{
    json_t *answer = NULL;
    enum tl_error error = tl_db_begin_as(db, TL_DB_DOOR);
    if (error)
        return error;
    error = redeem(db, writer, body, &answer);
    if (error)
        tl_db_rollback(db);
    else
        error = tl_db_commit(db);
    if (error)
        json_decref(answer);
    else
        *ret_answer = answer;
    return error;
}
