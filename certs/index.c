/* The index, between its file and memory. A table searched from its start: a few hundred sites. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "base/json.h"
#include "base/memory.h"
#include "certs/issued.h"
#include "pair_private.h"

static const struct {
    const char *name;
    int code;
} reasons[TL_REVOKED_REASONS] = {
    [TL_REVOKED_UNSPECIFIED] = { "unspecified", CRL_REASON_UNSPECIFIED },
    [TL_REVOKED_KEY_COMPROMISE] = { "key_compromise", CRL_REASON_KEY_COMPROMISE },
    [TL_REVOKED_AFFILIATION_CHANGED] = { "affiliation_changed",
                                         CRL_REASON_AFFILIATION_CHANGED },
    [TL_REVOKED_SUPERSEDED] = { "superseded", CRL_REASON_SUPERSEDED },
    [TL_REVOKED_CESSATION] = { "cessation", CRL_REASON_CESSATION_OF_OPERATION },
};

const char *tl_revocation_reason_name(enum tl_revocation_reason reason)
{
    return reasons[reason].name;
}

int tl_revocation_reason_code(enum tl_revocation_reason reason)
{
    return reasons[reason].code;
}

enum tl_error tl_revocation_reason_read(const char *name, enum tl_revocation_reason *ret_reason)
{
    for (size_t i = 0; i < TL_REVOKED_REASONS; i++)
        if (strcmp(reasons[i].name, name) == 0) {
            *ret_reason = (enum tl_revocation_reason)i;
            return TL_OK;
        }
    return TL_ERROR_UNSUPPORTED;
}

void tl_index_free(struct tl_index *index)
{
    free(index->items);
    *index = (struct tl_index){ 0 };
}

struct tl_issued *tl_index_find(const struct tl_index *index, const char *serial)
{
    for (size_t i = 0; i < index->count; i++)
        if (strcmp(index->items[i].serial, serial) == 0)
            return &index->items[i];
    return NULL;
}

enum tl_error tl_index_add(struct tl_index *index, const struct tl_issued *issued)
{
    if (index->count == TL_ISSUED_LIMIT)
        return TL_ERROR_LIMIT;
    if (tl_index_find(index, issued->serial))
        return TL_ERROR_EXISTS;
    if (index->count == index->room) {
        size_t room = index->room ? 2 * index->room : 16;
        struct tl_issued *items = reallocarray(index->items, room, sizeof *items);
        if (!items)
            return TL_ERROR_MEMORY;
        index->items = items;
        index->room = room;
    }
    index->items[index->count++] = *issued;
    return TL_OK;
}

/* ---- reading ---- */

static bool is_hex(const char *text)
{
    size_t length = strlen(text);
    return length && length % 2 == 0 && strspn(text, "0123456789abcdef") == length;
}

static enum tl_error read_one(json_t *object, struct tl_issued *ret_issued)
{
    static const char *words[TL_REVOKED_REASONS];
    struct tl_issued issued = { .reason = TL_REVOKED_UNSPECIFIED };
    for (size_t i = 0; i < TL_REVOKED_REASONS; i++)
        words[i] = reasons[i].name;
    if (!json_is_object(object))
        return TL_ERROR_FORMAT;
    struct tl_fields f = tl_fields(object);
    struct tl_text serial = tl_field_text(&f, "serial", 2, sizeof issued.serial - 1);
    struct tl_text name = tl_field_text(&f, "name", 1, sizeof issued.name - 1);
    struct tl_text print = tl_field_text(&f, "fingerprint", sizeof issued.fingerprint - 1,
                                         sizeof issued.fingerprint - 1);
    issued.from_s = tl_field_integer(&f, "from", 0, INT32_MAX * 8LL);
    issued.until_s = tl_field_integer(&f, "until", 0, INT32_MAX * 8LL);
    issued.revoked_s = tl_field_integer_or(&f, "revoked", 1, INT32_MAX * 8LL, 0);
    if (issued.revoked_s)
        issued.reason =
            (enum tl_revocation_reason)tl_field_word(&f, "reason", words, TL_REVOKED_REASONS);
    if (tl_fields_end(&f) || tl_text_copy(serial, issued.serial, sizeof issued.serial) ||
        tl_text_copy(name, issued.name, sizeof issued.name) ||
        tl_text_copy(print, issued.fingerprint, sizeof issued.fingerprint) ||
        !is_hex(issued.serial) || !is_hex(issued.fingerprint))
        return TL_ERROR_FORMAT;
    *ret_issued = issued;
    return TL_OK;
}

enum tl_error tl_index_read(struct tl_bytes json, struct tl_index *ret_index)
{
    tl_autojson json_t *object = NULL;
    struct tl_index index = { 0 };
    enum tl_error error = tl_json_read(json, TL_ISSUED_FILE_LIMIT_BYTES, &object);
    if (error)
        return error;
    struct tl_fields f = tl_fields(object);
    index.list_number = tl_field_integer(&f, "list_number", 0, INT32_MAX);
    json_t *all = tl_field_array(&f, "certificates", TL_ISSUED_LIMIT);
    error = tl_fields_end(&f);
    for (size_t i = 0; !error && i < json_array_size(all); i++) {
        struct tl_issued issued;
        error = read_one(json_array_get(all, i), &issued);
        if (!error)
            error = tl_index_add(&index, &issued);
        if (error == TL_ERROR_EXISTS)
            error = TL_ERROR_FORMAT;
    }
    if (error)
        tl_index_free(&index);
    else
        *ret_index = index;
    return error;
}

/* ---- writing ---- */

static json_t *write_one(const struct tl_issued *issued)
{
    json_t *object =
        json_pack("{s:s,s:s,s:s,s:I,s:I}", "serial", issued->serial, "name", issued->name,
                  "fingerprint", issued->fingerprint, "from", (json_int_t)issued->from_s,
                  "until", (json_int_t)issued->until_s);
    if (object && issued->revoked_s) {
        json_object_set_new(object, "revoked", json_integer((json_int_t)issued->revoked_s));
        json_object_set_new(object, "reason", json_string(reasons[issued->reason].name));
    }
    return object;
}

enum tl_error tl_index_write(const struct tl_index *index, char **ret_text, size_t *ret_size)
{
    json_t *all = json_array();
    for (size_t i = 0; all && i < index->count; i++)
        if (json_array_append_new(all, write_one(&index->items[i])) != 0) {
            json_decref(all);
            return TL_ERROR_MEMORY;
        }
    tl_autojson json_t *object = json_pack("{s:I,s:o}", "list_number",
                                           (json_int_t)index->list_number, "certificates", all);
    return object ? tl_json_write(object, ret_text, ret_size) : TL_ERROR_MEMORY;
}

enum tl_error tl_issued_of(const struct tl_pair *pair, const char *name,
                           struct tl_issued *ret_issued)
{
    struct tl_pair_facts facts;
    struct tl_issued issued = { .revoked_s = 0 };
    const ASN1_INTEGER *serial = X509_get0_serialNumber(pair->certificate);
    size_t size = (size_t)ASN1_STRING_length(serial);
    enum tl_error error = tl_pair_read_facts(pair, &facts);
    if (error)
        return error;
    if (size > (TL_SERIAL_SIZE - 1) / 2 ||
        tl_text_copy(tl_text(name), issued.name, sizeof issued.name))
        return TL_ERROR_RANGE;
    tl_hex_write(tl_bytes(ASN1_STRING_get0_data(serial), size), issued.serial);
    tl_hex_write(tl_bytes(facts.fingerprint, sizeof facts.fingerprint), issued.fingerprint);
    issued.from_s = facts.not_before / TL_SECOND_US;
    issued.until_s = facts.not_after / TL_SECOND_US;
    *ret_issued = issued;
    return TL_OK;
}
