#include "audit/checkpoint.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/secret.h"

enum { SIGNATURE_SIZE = 64, HEX_HASH = 2 * TL_AUDIT_HASH_SIZE, HEX_SIGNATURE = 128 };

enum tl_error tl_checkpoint_public_key(const uint8_t seed[TL_CHECKPOINT_KEY_SIZE],
                                       uint8_t ret_public[TL_CHECKPOINT_KEY_SIZE])
{
    size_t size = TL_CHECKPOINT_KEY_SIZE;
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, TL_CHECKPOINT_KEY_SIZE);
    bool good = key && EVP_PKEY_get_raw_public_key(key, ret_public, &size) == 1;
    EVP_PKEY_free(key);
    return good ? TL_OK : TL_ERROR_CRYPTO;
}

/* ---- writing ---- */

static json_t *to_json(const struct tl_checkpoint *checkpoint)
{
    char hex[HEX_HASH + 1], number[24], at[TL_TIMESTAMP_SIZE];
    json_t *heads = json_object();
    for (size_t i = 0; i < checkpoint->head_count; i++) {
        const struct tl_audit_head *head = &checkpoint->heads[i];
        tl_hex_write(tl_bytes(head->hash, sizeof head->hash), hex);
        snprintf(number, sizeof number, "%lld", (long long)head->number);
        json_object_set_new(heads, head->writer, json_pack("[s,s]", number, hex));
    }
    tl_hex_write(tl_bytes(checkpoint->previous, sizeof checkpoint->previous), hex);
    tl_timestamp_write(checkpoint->at, at);
    return json_pack("{s:s,s:I,s:I,s:o,s:s}", "at", at, "at_us", (json_int_t)checkpoint->at,
                     "checkpoint", (json_int_t)checkpoint->number, "heads", heads, "previous",
                     hex);
}

static enum tl_error sign(const uint8_t seed[TL_CHECKPOINT_KEY_SIZE], struct tl_text text,
                          uint8_t ret_signature[SIGNATURE_SIZE])
{
    size_t size = SIGNATURE_SIZE;
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, TL_CHECKPOINT_KEY_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = key && context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestSign(context, ret_signature, &size, (const uint8_t *)text.data,
                               text.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good ? TL_OK : TL_ERROR_CRYPTO;
}

enum tl_error tl_checkpoint_write(const struct tl_checkpoint *checkpoint,
                                  const uint8_t seed[TL_CHECKPOINT_KEY_SIZE], char **ret_line,
                                  size_t *ret_size)
{
    uint8_t signature[SIGNATURE_SIZE];
    tl_autojson json_t *object = to_json(checkpoint);
    tl_autofree char *text = object ? json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (!text)
        return TL_ERROR_MEMORY;
    size_t size = strlen(text), whole = size + 1 + HEX_SIGNATURE + 1;
    if (whole > TL_CHECKPOINT_LINE_LIMIT)
        return TL_ERROR_LIMIT;
    enum tl_error error = sign(seed, (struct tl_text){ text, size }, signature);
    char *line = error ? NULL : malloc(whole + 1);
    if (!line)
        return error ? error : TL_ERROR_MEMORY;
    memcpy(line, text, size);
    line[size] = '\t';
    tl_hex_write(tl_bytes(signature, sizeof signature), line + size + 1);
    line[whole - 1] = '\n';
    line[whole] = 0;
    *ret_line = line;
    *ret_size = whole;
    return TL_OK;
}

/* ---- reading ---- */

static enum tl_error verify(const uint8_t public_key[TL_CHECKPOINT_KEY_SIZE],
                            struct tl_text text, const uint8_t signature[SIGNATURE_SIZE])
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, TL_CHECKPOINT_KEY_SIZE);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, SIGNATURE_SIZE, (const uint8_t *)text.data,
                                 text.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good ? TL_OK : TL_ERROR_AUTH;
}

static bool read_head(const char *writer, json_t *value, struct tl_audit_head *ret_head)
{
    uint64_t number;
    const char *digits = json_string_value(json_array_get(value, 0));
    const char *hash = json_string_value(json_array_get(value, 1));
    if (json_array_size(value) != 2 || !digits || !hash || !*writer ||
        tl_text_copy(tl_text(writer), ret_head->writer, sizeof ret_head->writer) ||
        tl_text_u64(tl_text(digits), INT64_MAX, &number) ||
        tl_hex_read(tl_text(hash), ret_head->hash, sizeof ret_head->hash))
        return false;
    ret_head->number = (int64_t)number;
    return true;
}

static bool read_object(json_t *object, struct tl_checkpoint *ret_checkpoint)
{
    struct tl_fields fields = tl_fields(object);
    (void)tl_field_text(&fields, "at", 1, TL_TIMESTAMP_SIZE - 1);
    ret_checkpoint->at = tl_field_integer(&fields, "at_us", 0, INT64_MAX);
    struct tl_text previous = tl_field_text(&fields, "previous", HEX_HASH, HEX_HASH);
    ret_checkpoint->number = (uint64_t)tl_field_integer(&fields, "checkpoint", 1, INT64_MAX);
    json_t *heads = tl_field_object(&fields, "heads"), *value;
    const char *writer;
    if (tl_fields_end(&fields) || json_object_size(heads) > TL_CHECKPOINT_HEADS_LIMIT ||
        tl_hex_read(previous, ret_checkpoint->previous, sizeof ret_checkpoint->previous))
        return false;
    ret_checkpoint->head_count = 0;
    json_object_foreach(
        heads, writer,
        value) if (!read_head(writer, value,
                              &ret_checkpoint
                                   ->heads[ret_checkpoint->head_count++])) return false;
    return true;
}

enum tl_error tl_checkpoint_read(struct tl_text line,
                                 const uint8_t public_key[TL_CHECKPOINT_KEY_SIZE],
                                 struct tl_checkpoint *ret_checkpoint)
{
    uint8_t signature[SIGNATURE_SIZE];
    tl_autojson json_t *object = NULL;
    struct tl_text hex = line, text;
    if (line.size > TL_CHECKPOINT_LINE_LIMIT || !tl_text_split(&hex, '\t', &text) ||
        hex.size != HEX_SIGNATURE || tl_hex_read(hex, signature, sizeof signature))
        return TL_ERROR_FORMAT;
    if (public_key && verify(public_key, text, signature))
        return TL_ERROR_AUTH;
    if (tl_json_read(tl_bytes(text.data, text.size), TL_CHECKPOINT_LINE_LIMIT, &object) ||
        !read_object(object, ret_checkpoint))
        return TL_ERROR_FORMAT;
    return TL_OK;
}

void tl_checkpoint_digest(struct tl_text line, uint8_t ret_digest[TL_AUDIT_HASH_SIZE])
{
    tl_sha256(tl_bytes(line.data, line.size), ret_digest);
}
