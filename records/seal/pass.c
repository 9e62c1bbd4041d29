#include "seal/pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "db/sealing.h"
#include "patients/identity.h"
#include "seal/sealed.h"
#include "sessions/event_words.h"

enum { ROWS_A_TRANSACTION = 200, PIECES_A_TRANSACTION = 8 };

struct row {
    const char *place, *at, *id, *structure;
};

/* The words of a column, whether sealed by an older key or still plain: malloc'ed. */
static enum tl_error open_content(struct tl_db *db, const struct row *row, char *content,
                                  size_t size, char **ret_plain)
{
    struct tl_text text = { content, size };
    if (tl_sealed_is_in(text))
        return tl_db_open_answer(db, text, ret_plain);
    if (tl_text_starts_with(text, TL_SEALED_PREFIX))
        return tl_db_open(db, row->place, row->id, text, ret_plain);
    *ret_plain = strndup(content, size);
    return *ret_plain ? TL_OK : TL_ERROR_MEMORY;
}

static enum tl_error write_patient(struct tl_db *db, const struct row *row, const char *plain)
{
    const struct tl_place place = { row->place, row->id, row->structure, NULL };
    tl_autojson json_t *object = NULL;
    struct tl_identity_indexes i;
    char *json = NULL;
    enum tl_error error =
        tl_json_read(tl_bytes(plain, strlen(plain)), TL_SEALED_PLAIN_LIMIT, &object);
    struct tl_identity who = tl_identity_read(object);
    if (!error)
        error = tl_identity_index(db, &who, &i);
    if (!error)
        error = tl_identity_write(&who, &json);
    if (error)
        return error;
    error = tl_db_query(db, TL_SQL_PATIENT_SEALED, NULL, tl_value(row->id),
                        tl_value_sealed(json, &place), tl_index_value(i.traits, i.has_traits),
                        tl_index_value(i.name, i.has_name), tl_index_value(i.ins, i.has_ins));
    tl_secret_free_text(json);
    return error;
}

static enum tl_error write_detail(struct tl_db *db, const struct row *row, const char *plain)
{
    tl_autojson json_t *detail = NULL;
    tl_autofree char *json = NULL;
    enum tl_error error =
        tl_json_read(tl_bytes(plain, strlen(plain)), TL_SEALED_PLAIN_LIMIT, &detail);
    if (!error)
        error = tl_event_detail_write(db, row->id, row->structure, NULL, detail, &json);
    return error ? error
                 : tl_db_query(db, TL_SQL_SEALED_ROW_WRITE, NULL, tl_value(row->place),
                               tl_value(row->at), tl_value_marked(json));
}

static enum tl_error write_text(struct tl_db *db, const struct row *row, const char *plain)
{
    const struct tl_place place = { row->place, row->id, row->structure, NULL };
    return tl_db_query(db, TL_SQL_SEALED_ROW_WRITE, NULL, tl_value(row->place),
                       tl_value(row->at), tl_value_sealed(plain, &place));
}

static enum tl_error seal_row(struct tl_db *db, const struct row *row,
                              const struct tl_rows *rows, size_t number)
{
    tl_autofree uint8_t *content = NULL;
    char *plain = NULL;
    size_t size = 0;
    enum tl_error error = tl_rows_bytes(rows, number, 3, &content, &size);
    if (!error)
        error = open_content(db, row, (char *)content, size, &plain);
    if (error) {
        fprintf(stderr, "%s of %s cannot be opened: %s\n", row->place, row->id,
                tl_error_name(error));
        return error;
    }
    if (strcmp(row->place, TL_PLACE_IDENTITY) == 0)
        error = write_patient(db, row, plain);
    else if (strcmp(row->place, "act_event.detail") == 0)
        error = write_detail(db, row, plain);
    else
        error = write_text(db, row, plain);
    tl_secret_free_text(plain);
    return error;
}

static enum tl_error some_rows(struct tl_db *db, const char *place, size_t *ret_count)
{
    tl_autorows struct tl_rows rows = { 0 };
    char most[12];
    snprintf(most, sizeof most, "%d", ROWS_A_TRANSACTION);
    enum tl_error error =
        tl_db_query(db, TL_SQL_SEALED_ROWS, &rows, tl_value(place), tl_value(most));
    for (size_t i = 0; !error && i < rows.count; i++) {
        struct row row = { place, tl_rows_text(&rows, i, 0), tl_rows_text(&rows, i, 1),
                           tl_rows_text(&rows, i, 2) };
        error = seal_row(db, &row, &rows, i);
    }
    if (!error)
        *ret_count = rows.count;
    return error;
}

static enum tl_error seal_piece(struct tl_db *db, const uint8_t legacy[32],
                                const struct tl_rows *rows, size_t number)
{
    enum {
        LEGACY = 2
    }; /* the version tl_seal_with begins with; no data key has such a number */
    const char *document = tl_rows_text(rows, number, 0),
               *piece = tl_rows_text(rows, number, 1);
    char id[64], before[64];
    tl_autofree uint8_t *sealed = NULL;
    tl_autofree uint8_t *anew = NULL;
    uint8_t *plain = NULL;
    size_t size = strlen(tl_rows_text(rows, number, 2)) / 2, plain_size = 0, anew_size = 0;
    snprintf(id, sizeof id, "%s %s", document, piece);
    snprintf(before, sizeof before, "document %s %s", document, piece);
    const struct tl_place place = { "document_piece.sealed", id, tl_rows_text(rows, number, 3),
                                    NULL };
    sealed = malloc(size);
    enum tl_error error =
        sealed ? tl_hex_read(tl_text(tl_rows_text(rows, number, 2)), sealed, size)
               : TL_ERROR_MEMORY;
    if (!error)
        error = sealed[0] == LEGACY
                    ? tl_unseal_with(legacy, tl_text(before), tl_bytes(sealed, size), &plain,
                                     &plain_size)
                    : tl_db_open_bytes(db, place.name, id, tl_bytes(sealed, size), &plain,
                                       &plain_size);
    if (!error)
        error = tl_db_seal_bytes(db, &place, tl_bytes(plain, plain_size), &anew, &anew_size);
    if (plain)
        tl_secret_wipe(plain, plain_size);
    free(plain);
    return error ? error
                 : tl_db_query(db, TL_SQL_PIECE_SEALED, NULL, tl_value(document),
                               tl_value(piece), tl_value_raw(anew, anew_size));
}

static enum tl_error some_pieces(struct tl_db *db, const uint8_t legacy[32], size_t *ret_count)
{
    tl_autorows struct tl_rows rows = { 0 };
    char most[12];
    snprintf(most, sizeof most, "%d", PIECES_A_TRANSACTION);
    enum tl_error error = tl_db_query(db, TL_SQL_PIECES_UNSEALED, &rows, tl_value(most));
    for (size_t i = 0; !error && i < rows.count; i++)
        error = seal_piece(db, legacy, &rows, i);
    if (!error)
        *ret_count = rows.count;
    return error;
}

/* One transaction after the other, until one finds nothing. */
static enum tl_error go_through(struct tl_db *db, const char *place, const uint8_t legacy[32],
                                size_t *count)
{
    for (;;) {
        size_t sealed = 0;
        enum tl_error error = tl_db_begin(db);
        if (error)
            return error;
        error = place ? some_rows(db, place, &sealed) : some_pieces(db, legacy, &sealed);
        if (error) {
            tl_db_rollback(db);
            return error;
        }
        error = tl_db_commit(db);
        if (error || !sealed)
            return error;
        *count += sealed;
    }
}

enum tl_error tl_seal_pass(struct tl_db *db, const uint8_t legacy[32], size_t *ret_count)
{
    tl_autorows struct tl_rows places = { 0 };
    size_t count = 0;
    enum tl_error error = tl_db_run(db, TL_SQL_SEALED_PLACES, NULL, 0, &places);
    for (size_t i = 0; !error && i < places.count; i++)
        error = go_through(db, tl_rows_text(&places, i, 0), legacy, &count);
    if (!error)
        error = go_through(db, NULL, legacy, &count);
    *ret_count = count;
    return error;
}

enum tl_error tl_seal_rotate(struct tl_db *db, const uint8_t legacy[32], size_t *ret_count)
{
    enum tl_error error = tl_db_query(db, TL_SQL_DATA_KEYS_RETIRE, NULL, tl_value(NULL));
    return error ? error : tl_seal_pass(db, legacy, ret_count);
}

static enum tl_error rewrap(struct tl_db *db, const struct tl_rows *rows, size_t i)
{
    const struct tl_keyring *ring = tl_db_keyring(db);
    tl_autofree uint8_t *wrapped = NULL;
    uint8_t key[TL_SEAL_KEY_SIZE], anew[TL_KEYRING_WRAPPED_SIZE];
    size_t size = 0;
    bool old;
    enum tl_error error = tl_rows_bytes(rows, i, 2, &wrapped, &size);
    if (!error)
        error = tl_keyring_unwrap(ring, tl_rows_text(rows, i, 1), tl_bytes(wrapped, size), key,
                                  &old);
    if (!error)
        error = tl_keyring_wrap(ring, tl_rows_text(rows, i, 1), key, anew);
    tl_secret_wipe(key, sizeof key);
    return error ? error
                 : tl_db_query(db, TL_SQL_DATA_KEY_REWRAP, NULL,
                               tl_value(tl_rows_text(rows, i, 0)),
                               tl_value_raw(anew, sizeof anew));
}

enum tl_error tl_seal_rewrap(struct tl_db *db, size_t *ret_count)
{
    tl_autorows struct tl_rows rows = { 0 };
    enum tl_error error = tl_db_begin(db);
    if (!error)
        error = tl_db_run(db, TL_SQL_DATA_KEYS_ALL, NULL, 0, &rows);
    for (size_t i = 0; !error && i < rows.count; i++)
        error = rewrap(db, &rows, i);
    if (error) {
        tl_db_rollback(db);
        return error;
    }
    *ret_count = rows.count;
    return tl_db_commit(db);
}
