#include "db/sealing.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "db/cells.h"
#include "seal/sealed.h"

/* A key that was wrapped: kept, and its number with it. */
static enum tl_error keep(struct tl_db *db, uint32_t id, const char *owner,
                          const struct tl_rows *rows, size_t column)
{
    struct tl_keyring *ring = tl_db_keyring(db);
    tl_autofree uint8_t *wrapped = NULL;
    size_t size = 0;
    uint8_t key[TL_SEAL_KEY_SIZE];
    bool old;
    enum tl_error error = tl_rows_bytes(rows, 0, column, &wrapped, &size);
    if (!error)
        error = tl_keyring_unwrap(ring, owner, tl_bytes(wrapped, size), key, &old);
    if (error)
        tl_log(TL_LOG_ERROR, "seal.key_refused", TL_INTEGER("key", id),
               TL_WORD("error", tl_error_name(error)));
    else
        error = tl_keyring_keep(ring, id, owner, key, false);
    tl_secret_wipe(key, sizeof key);
    return error;
}

static enum tl_error find_key(void *context, uint32_t id, uint8_t ret_key[TL_SEAL_KEY_SIZE])
{
    struct tl_db *db = context;
    struct tl_keyring *ring = tl_db_keyring(db);
    if (!ring)
        return TL_ERROR_STATE;
    const uint8_t *key = tl_keyring_find(ring, id);
    if (!key) {
        tl_autorows struct tl_rows rows = { 0 };
        char number[12];
        snprintf(number, sizeof number, "%u", id);
        if (id > INT32_MAX)
            return TL_ERROR_FORMAT;
        enum tl_error error = tl_db_query(db, TL_SQL_DATA_KEY_BY_ID, &rows, tl_value(number));
        if (!error && !rows.count)
            error = TL_ERROR_AUTH;
        if (!error)
            error = keep(db, id, tl_rows_text(&rows, 0, 0), &rows, 1);
        if (error)
            return error;
        key = tl_keyring_find(ring, id);
    }
    memcpy(ret_key, key, TL_SEAL_KEY_SIZE);
    return TL_OK;
}

/* The owner's first key. Another transaction may make one at the same moment: then that is it. */
static enum tl_error make_key(struct tl_db *db, const char *owner)
{
    struct tl_keyring *ring = tl_db_keyring(db);
    uint8_t key[TL_SEAL_KEY_SIZE], wrapped[TL_KEYRING_WRAPPED_SIZE];
    tl_autorows struct tl_rows made = { 0 };
    tl_random_bytes(key, sizeof key);
    enum tl_error error = tl_keyring_wrap(ring, owner, key, wrapped);
    if (!error)
        error = tl_db_query(db, TL_SQL_DATA_KEY_ADD, &made, tl_value(owner),
                            tl_value_raw(wrapped, sizeof wrapped));
    if (!error && made.count)
        error = tl_keyring_keep(ring, (uint32_t)tl_rows_integer(&made, 0, 0), owner, key, true);
    tl_secret_wipe(key, sizeof key);
    return error;
}

static enum tl_error current_key(struct tl_db *db, const char *owner, uint32_t *ret_id,
                                 uint8_t ret_key[TL_SEAL_KEY_SIZE])
{
    struct tl_keyring *ring = tl_db_keyring(db);
    uint32_t id;
    if (!ring)
        return TL_ERROR_STATE;
    tl_time_us now = tl_clock_monotonic();
    if (!tl_keyring_current(ring, owner, now, &id)) {
        tl_autorows struct tl_rows rows = { 0 };
        enum tl_error error = tl_db_query(db, TL_SQL_DATA_KEY_CURRENT, &rows, tl_value(owner));
        if (!error && !rows.count) {
            error = make_key(db, owner);
            tl_rows_release(&rows);
            if (!error)
                error = tl_db_query(db, TL_SQL_DATA_KEY_CURRENT, &rows, tl_value(owner));
            if (!error && !rows.count)
                error = TL_ERROR_AGAIN;
        }
        if (error)
            return error;
        id = (uint32_t)tl_rows_integer(&rows, 0, 0);
        if (!tl_keyring_find(ring, id))
            error = keep(db, id, owner, &rows, 1);
        if (error)
            return error;
        tl_keyring_set_current(ring, id, now);
    }
    memcpy(ret_key, tl_keyring_find(ring, id), TL_SEAL_KEY_SIZE);
    *ret_id = id;
    return TL_OK;
}

/* Whose key: the structure named, or that of the act named, or the one of no structure. */
static enum tl_error key_of_place(struct tl_db *db, const struct tl_place *place,
                                  uint32_t *ret_id, uint8_t ret_key[TL_SEAL_KEY_SIZE])
{
    tl_autorows struct tl_rows rows = { 0 };
    const char *owner = place->structure ? place->structure : "";
    if (!place->structure && place->act) {
        enum tl_error error =
            tl_db_query(db, TL_SQL_ACT_STRUCTURE, &rows, tl_value(place->act));
        if (error)
            return error;
        if (rows.count)
            owner = tl_rows_text(&rows, 0, 0);
    }
    return current_key(db, owner, ret_id, ret_key);
}

enum tl_error tl_db_seal(struct tl_db *db, const struct tl_place *place, struct tl_text plain,
                         char **ret_text)
{
    uint8_t key[TL_SEAL_KEY_SIZE];
    uint32_t id;
    enum tl_error error = key_of_place(db, place, &id, key);
    if (!error)
        error = tl_sealed_write(id, key, place->name, place->id, plain, ret_text);
    tl_secret_wipe(key, sizeof key);
    return error;
}

enum tl_error tl_db_open(struct tl_db *db, const char *place, const char *id,
                         struct tl_text column, char **ret_plain)
{
    uint8_t key[TL_SEAL_KEY_SIZE];
    uint32_t key_id;
    size_t size;
    enum tl_error error = tl_sealed_key(column, &key_id);
    if (!error)
        error = find_key(db, key_id, key);
    if (!error)
        error = tl_sealed_read(column, key, place, id, ret_plain, &size);
    tl_secret_wipe(key, sizeof key);
    return error;
}

enum tl_error tl_db_open_answer(struct tl_db *db, struct tl_text json, char **ret_plain)
{
    size_t size;
    return tl_sealed_open(json, true, find_key, db, ret_plain, &size);
}

enum tl_error tl_db_seal_members(struct tl_db *db, const struct tl_place *place, json_t *words,
                                 json_t **ret_sealed)
{
    tl_autofree char *column = NULL;
    tl_autofree char *answer = NULL;
    char name[64];
    char *plain = json_dumps(words, JSON_COMPACT);
    json_decref(words);
    if (!plain)
        return TL_ERROR_MEMORY;
    enum tl_error error = tl_db_seal(db, place, tl_text(plain), &column);
    tl_secret_free_text(plain);
    snprintf(name, sizeof name, "%s/", place->name);
    if (!error)
        error = tl_sealed_write_answer(tl_text(column), name, place->id, &answer);
    if (error)
        return error;
    *ret_sealed = json_pack("{s:s}", "$", answer);
    return *ret_sealed ? TL_OK : TL_ERROR_MEMORY;
}

enum tl_error tl_db_seal_bytes(struct tl_db *db, const struct tl_place *place,
                               struct tl_bytes plain, uint8_t **ret_sealed, size_t *ret_size)
{
    uint8_t key[TL_SEAL_KEY_SIZE];
    uint32_t id;
    char buffer[TL_SEALED_CONTEXT_SIZE];
    tl_autofree uint8_t *sealed = NULL;
    size_t size = 0;
    struct tl_text context = tl_sealed_context(place->name, place->id, buffer);
    enum tl_error error = context.size ? key_of_place(db, place, &id, key) : TL_ERROR_LIMIT;
    if (!error)
        error = tl_seal_with(key, context, plain, &sealed, &size);
    tl_secret_wipe(key, sizeof key);
    uint8_t *whole = error ? NULL : malloc(sizeof id + size);
    if (!whole)
        return error ? error : TL_ERROR_MEMORY;
    struct tl_writer w = tl_writer(whole, sizeof id + size);
    tl_write_u32(&w, id);
    tl_write_bytes(&w, tl_bytes(sealed, size));
    *ret_sealed = whole;
    *ret_size = w.used;
    return TL_OK;
}

enum tl_error tl_db_open_bytes(struct tl_db *db, const char *place, const char *id,
                               struct tl_bytes sealed, uint8_t **ret_plain, size_t *ret_size)
{
    uint8_t key[TL_SEAL_KEY_SIZE];
    char buffer[TL_SEALED_CONTEXT_SIZE];
    struct tl_reader reader = tl_reader(sealed);
    uint32_t key_id = tl_read_u32(&reader);
    struct tl_text context = tl_sealed_context(place, id, buffer);
    if (reader.failed || !context.size)
        return TL_ERROR_FORMAT;
    enum tl_error error = find_key(db, key_id, key);
    if (!error)
        error = tl_unseal_with(key, context, tl_bytes(reader.next, reader.left), ret_plain,
                               ret_size);
    tl_secret_wipe(key, sizeof key);
    return error;
}

enum tl_error tl_db_blind_index(struct tl_db *db, const char *use, const struct tl_text *parts,
                                size_t count, uint8_t ret_index[TL_BLIND_SIZE])
{
    uint8_t key[TL_SEAL_KEY_SIZE];
    uint32_t id;
    enum tl_error error = current_key(db, "index", &id, key);
    if (!error)
        error = tl_blind_index(key, use, parts, count, ret_index);
    tl_secret_wipe(key, sizeof key);
    return error;
}

enum tl_error tl_db_check_keys(struct tl_db *db)
{
    tl_autorows struct tl_rows rows = { 0 };
    tl_autofree uint8_t *wrapped = NULL;
    uint8_t key[TL_SEAL_KEY_SIZE];
    size_t size = 0;
    bool old;
    enum tl_error error = tl_db_run(db, TL_SQL_DATA_KEY_LAST, NULL, 0, &rows);
    if (error || !rows.count)
        return error;
    error = tl_rows_bytes(&rows, 0, 1, &wrapped, &size);
    if (!error)
        error = tl_keyring_unwrap(tl_db_keyring(db), tl_rows_text(&rows, 0, 0),
                                  tl_bytes(wrapped, size), key, &old);
    tl_secret_wipe(key, sizeof key);
    return error;
}

/* ---- called by db.c ---- */

enum tl_error tl_db_seal_values(struct tl_db *db, const struct tl_value *values, size_t count,
                                char **ret_texts)
{
    for (size_t i = 0; i < count; i++) {
        if (!values[i].data || values[i].raw || values[i].marked)
            continue;
        struct tl_text plain = tl_text(values[i].data);
        /* The signs an answer marks its sealed texts with are nobody's to write. */
        if (tl_sealed_is_in(plain))
            return TL_ERROR_RANGE;
        if (!values[i].place)
            continue;
        /* What says nothing needs no seal: a column that is empty shows as much. */
        enum tl_error error =
            plain.size ? tl_db_seal(db, values[i].place, plain, &ret_texts[i]) : TL_OK;
        if (error)
            return error;
    }
    return TL_OK;
}

enum tl_error tl_db_open_cell(struct tl_db *db, struct tl_text cell, bool json, char **ret_text)
{
    size_t size;
    enum tl_error error = tl_sealed_open(cell, json, find_key, db, ret_text, &size);
    if (error)
        tl_log(TL_LOG_ERROR, "seal.not_opened", TL_WORD("error", tl_error_name(error)));
    return error;
}
