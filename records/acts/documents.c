#include "acts/documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts/act_answer.h"
#include "acts/handlers.h"
#include "acts/report_pdf.h"
#include "base/memory.h"
#include "base/secret.h"
#include "db/sealing.h"
#include "http/limits.h"
#include "http/policy.h"

const char *tl_document_type(struct tl_bytes content)
{
    static const struct {
        const char *type, *magic;
        size_t size;
    } types[] = {
        { "image/jpeg", "\xff\xd8\xff", 3 },
        { "image/png", "\x89PNG\r\n\x1a\n", 8 },
        { "application/pdf", "%PDF-", 5 },
    };
    for (size_t i = 0; i < TL_COUNT_OF(types); i++)
        if (content.size > types[i].size &&
            memcmp(content.data, types[i].magic, types[i].size) == 0)
            return types[i].type;
    return NULL;
}

void tl_document_name_clean(struct tl_text name, char ret_name[256])
{
    size_t used = 0, characters = 0;
    for (size_t i = 0; i < name.size && used < 250; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (c < ' ' || c == 0x7f || strchr("/\\\"<>|:*?", c) || (c == '.' && used == 0))
            continue;
        if ((c & 0xc0) != 0x80 && characters++ == 120)
            break;
        ret_name[used++] = (char)c;
    }
    ret_name[used] = 0;
    if (!used)
        memcpy(ret_name, "document", sizeof "document");
}

#define PIECE "document_piece.sealed"

/* A piece opens only in its place: the document and its number are bound to it. */
static void write_piece_id(const char *document, size_t number, char id[64])
{
    snprintf(id, 64, "%s %zu", document, number);
}

bool tl_document_store(struct tl_call *call, const char *kind, const char *name,
                       const char *media_type, struct tl_bytes content, bool made,
                       char ret_id[TL_UUID_SIZE])
{
    char id[TL_UUID_SIZE], size[24], number[24], piece_id[64];
    uint8_t digest[TL_DIGEST_SIZE];
    tl_random_uuid(id);
    tl_sha256(content, digest);
    snprintf(size, sizeof size, "%zu", content.size);
    const char *structure = call->act.structure[0] ? call->act.structure : NULL;
    const struct tl_place name_place = { "document.name", id, structure, call->act.id };
    const struct tl_place piece_place = { PIECE, piece_id, structure, call->act.id };
    if (!tl_call_ask(call, TL_SQL_DOCUMENT_ADD, NULL, tl_value(id), tl_value(call->act.id),
                     tl_value(kind), tl_value_sealed(name, &name_place), tl_value(media_type),
                     tl_value(size), tl_value_raw(digest, sizeof digest),
                     tl_value(call->who.kind == TL_PRINCIPAL_PERSON ? call->who.id : NULL),
                     tl_value_boolean(made)))
        return false;
    for (size_t at = 0, piece = 0; at < content.size; at += TL_DOCUMENT_PIECE, piece++) {
        tl_autofree uint8_t *sealed = NULL;
        size_t sealed_size, left = content.size - at;
        write_piece_id(id, piece, piece_id);
        snprintf(number, sizeof number, "%zu", piece);
        enum tl_error error = tl_db_seal_bytes(
            call->db, &piece_place,
            tl_bytes(content.data + at, left < TL_DOCUMENT_PIECE ? left : TL_DOCUMENT_PIECE),
            &sealed, &sealed_size);
        if (error)
            return tl_refuse_error(call, error);
        if (!tl_call_ask(call, TL_SQL_DOCUMENT_PIECE_ADD, NULL, tl_value(id), tl_value(number),
                         tl_value_raw(sealed, sealed_size)))
            return false;
    }
    memcpy(ret_id, id, sizeof id);
    return true;
}

static bool open_pieces(struct tl_call *call, const char *document,
                        const struct tl_rows *pieces, struct tl_writer *writer)
{
    char id[64];
    for (size_t i = 0; i < pieces->count; i++) {
        tl_autofree uint8_t *sealed = NULL;
        uint8_t *plain = NULL;
        size_t sealed_size, plain_size = 0;
        write_piece_id(document, i, id);
        enum tl_error error = tl_rows_bytes(pieces, i, 0, &sealed, &sealed_size);
        if (!error)
            error = tl_db_open_bytes(call->db, PIECE, id, tl_bytes(sealed, sealed_size), &plain,
                                     &plain_size);
        if (error)
            return tl_refuse_error(call, error);
        tl_write_bytes(writer, tl_bytes(plain, plain_size));
        tl_secret_wipe(plain, plain_size);
        free(plain);
    }
    return true;
}

/* RFC 6266 with RFC 8187: an ASCII name, and the true one beside it. */
static void write_disposition(const char *name, char *buffer, size_t size)
{
    struct tl_writer w = tl_writer(buffer, size - 1);
    tl_write_format(&w, "attachment; filename=\"");
    for (const char *c = name; *c && w.used < 90; c++)
        tl_write_u8(&w, (*c & 0x80) ? '_' : (uint8_t)*c);
    tl_write_format(&w, "\"; filename*=UTF-8''");
    for (const char *c = name; *c && w.used + 4 < w.size; c++)
        tl_percent_write(&w, (struct tl_text){ c, 1 });
    buffer[w.used] = 0;
}

bool tl_document_answer(struct tl_call *call, const char *act, const char *document)
{
    tl_autorows struct tl_rows head = { 0 };
    tl_autorows struct tl_rows pieces = { 0 };
    (void)tl_text_copy(tl_text(document), call->audit_object, sizeof call->audit_object);
    if (!tl_call_ask(call, TL_SQL_DOCUMENT_HEAD, &head, tl_value(document), tl_value(act)))
        return false;
    if (!head.count)
        return tl_refuse_missing(call);
    size_t size = (size_t)tl_rows_integer(&head, 0, 2);
    if (!tl_call_ask(call, TL_SQL_DOCUMENT_PIECES, &pieces, tl_value(document)))
        return false;
    tl_autofree char *body = malloc(size ? size : 1);
    struct tl_writer writer = tl_writer(body, body ? size : 0);
    if (!body || !open_pieces(call, document, &pieces, &writer))
        return body ? false : tl_refuse_error(call, TL_ERROR_MEMORY);
    if (writer.failed || writer.used != size)
        return tl_refuse_error(call, TL_ERROR_IO);
    static const char *const types[] = { "image/jpeg", "image/png", "application/pdf",
                                         "text/plain" };
    tl_answer_empty(call, 200);
    for (size_t i = 0; i < TL_COUNT_OF(types); i++)
        if (strcmp(tl_rows_text(&head, 0, 1), types[i]) == 0)
            call->answer.media_type = types[i];
    call->answer.body = TL_TAKE(body);
    call->answer.size = size;
    write_disposition(tl_rows_text(&head, 0, 0), call->answer.disposition,
                      sizeof call->answer.disposition);
    return true;
}

/* ---- calls ---- */

void tl_post_act_documents(struct tl_call *call)
{
    static const char *const kinds[] = { "photo", "prescription", "report", "other" };
    struct tl_fields f;
    char given[400], name[256], id[TL_UUID_SIZE];
    size_t given_size = 0;
    tl_autorows struct tl_rows made = { 0 };
    if (!tl_call_query(call, &f))
        return;
    const char *kind = kinds[tl_field_word(&f, "kind", kinds, 4)];
    if (tl_percent_read(call->request->name, given, sizeof given, &given_size))
        tl_field_is_wrong(&f, "x-teleloire-name", "not a name");
    tl_document_name_clean((struct tl_text){ given, given_size }, name);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    const char *type = tl_document_type(call->request->body);
    if (!type) {
        (void)tl_refuse(call, TL_PROBLEM_MEDIA_TYPE, NULL,
                        TL_SAY("Seuls les fichiers JPEG, PNG et PDF sont acceptés.",
                               "Only JPEG, PNG and PDF files are taken."));
        return;
    }
    if (!tl_act_may(call->act.state, TL_ACT_ADD)) {
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("L'acte est déjà clos.", "The act is closed already."));
        return;
    }
    if (!tl_limit_holds_for_act(call, TL_LIMIT_ACT_DOCUMENTS) ||
        !tl_limit_holds(call, TL_LIMIT_ACT_DOCUMENT_BYTES, call->act.id, NULL,
                        (int64_t)call->request->body.size) ||
        !tl_document_store(call, kind, name, type, call->request->body, false, id) ||
        !tl_call_event(call, "document_added",
                       json_pack("{s:s,s:s}", "document", id, "kind", kind)) ||
        !tl_call_ask(call, TL_SQL_DOCUMENT_SHOW, &made, tl_value(id)) ||
        !tl_act_changed(call, "act.changed", NULL))
        return;
    (void)tl_text_copy(tl_text(id), call->audit_object, sizeof call->audit_object);
    tl_answer_json(call, 201, tl_rows_text(&made, 0, 0));
}

void tl_get_act_document(struct tl_call *call)
{
    (void)tl_document_answer(call, call->act.id, call->ids[1]);
}

void tl_delete_act_document(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_empty_body(call))
        return;
    (void)tl_text_copy(tl_text(call->ids[1]), call->audit_object, sizeof call->audit_object);
    if (!tl_act_may(call->act.state, TL_ACT_ADD)) {
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("L'acte est clos : ses documents restent.",
                               "The act is closed: its documents stay."));
        return;
    }
    if (!tl_call_ask(call, TL_SQL_DOCUMENT_DELETE, &rows, tl_value(call->ids[1]),
                     tl_value(call->act.id)))
        return;
    if (!rows.count)
        (void)tl_refuse_missing(call);
    else if (tl_call_event(call, "document_deleted",
                           json_pack("{s:s}", "document", call->ids[1])))
        tl_answer_empty(call, 204);
}

bool tl_report_document_make(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    char id[TL_UUID_SIZE];
    uint8_t *pdf = NULL;
    size_t size = 0;
    if (!tl_call_ask(call, TL_SQL_REPORT_FACTS, &rows, tl_value(call->act.id)) ||
        !tl_call_ask(call, TL_SQL_DOCUMENT_WITHDRAW_REPORTS, NULL, tl_value(call->act.id)))
        return false;
    struct tl_report_facts facts = {
        .professional = tl_rows_text(&rows, 0, 0),
        .structure = tl_rows_text(&rows, 0, 1),
        .date = tl_rows_text(&rows, 0, 10),
        .text = tl_rows_text(&rows, 0, 3),
        .conclusion = tl_rows_text(&rows, 0, 4),
        .version = (int)tl_rows_integer(&rows, 0, 5),
        .patient = tl_rows_text(&rows, 0, 6),
        .birth_date = tl_rows_text(&rows, 0, 7),
        .profession = tl_rows_text(&rows, 0, 8),
        .rpps = tl_rows_text(&rows, 0, 9),
    };
    enum tl_error error = tl_report_pdf(&facts, &pdf, &size);
    if (error)
        return tl_refuse_error(call, error);
    bool done = tl_document_store(call, "report", "compte-rendu.pdf", "application/pdf",
                                  tl_bytes(pdf, size), true, id);
    free(pdf);
    return done;
}
